//! `sweep --keep-regressions`: the smallest file of each new finding, for `regress` to watch.

use super::Workers;
use crate::catalog::Options;
use crate::cli::files::{Opened, quoted};
use crate::cli::{Exit, Host};
use crate::fingerprint::Fingerprint;
use crate::observe::Outcome;
use crate::report::{Failed, write_whole};
use crate::runner::shrink::{Shrink, Shrunk, Signature, shrink};
use crate::scenario::Source;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// So many different findings of a scenario are kept.
const KEPT_MAX: usize = 5;
/// How long the search for each may take.
const BUDGET: Duration = Duration::from_secs(60);
/// Under so many seeds of the luck that is left a candidate may show it.
const SALTS: u64 = 6;
/// So many characters of a file's name are words: with the rest of it a scenario can be called so.
const WORDS_MAX: usize = 43;

/// What a sweep found that its scenario does not expect: each once, with the first seed.
#[derive(Debug, Default)]
pub(super) struct Found(Vec<(u64, Signature)>);

impl Found {
    /// Remembers what a run shows, if it is another thing.
    pub fn push(&mut self, outcome: &Outcome) {
        let is_known = self.0.iter().any(|(_, known)| known.is_shown_by(outcome));
        if let (false, Some(signature)) = (is_known, Signature::of(outcome)) {
            if self.0.len() < KEPT_MAX {
                self.0.push((outcome.seed, signature));
            }
        }
    }
}

/// What a file is called: the algorithm, with its family before it, the invariant, and a number
/// that is the same for the same signature.
fn stem(algorithm: &str, signature: &Signature) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let words: String = format!("{algorithm}-{}", signature.name).chars().map(plain).collect();
    let words: String = words.chars().take(WORDS_MAX).collect();
    let mut digest = Fingerprint::EMPTY;
    let Signature { verdict, name, witnesses, nodes, outside, is_met: _, judges_on: _ } = signature;
    // A smaller run goes beyond fewer assumptions; whether beyond any is another matter.
    digest.fold_value(&(verdict, name, witnesses, nodes, outside.is_empty()));
    format!("{}-{:08x}", words.trim_end_matches('-'), digest.value() >> 32)
}

/// The shrunken file as one that watches: it expects that all holds.
fn watching(shrunk: &Shrunk, name: &str) -> String {
    let head = shrunk.text.lines().position(|line| !line.starts_with('#')).unwrap_or(0);
    let mut lines: Vec<String> = shrunk.text.lines().map(str::to_owned).collect();
    let key = |line: &str, key: &str| line.split('=').next().is_some_and(|k| k.trim() == key);
    let top = lines.iter().position(|line| line.starts_with('[')).unwrap_or(lines.len());
    let mut known = None;
    for line in &mut lines[head..top] {
        if key(line, "name") {
            *line = format!("name     = \"{name}\"");
        } else if key(line, "expect") {
            let all_holds = "expect   = { holds = true }".to_owned();
            known = Some(std::mem::replace(line, all_holds));
        }
    }
    let mut said = vec![
        "#".to_owned(),
        "# Kept by `sweep --keep-regressions`, since it was new. It expects that all holds: it is"
            .to_owned(),
        "# red while the bug is there, and green when it is mended; then it watches that the bug"
            .to_owned(),
        "# stays away. Is it a known bug that stays? Expect it, and it is red when the bug is gone:"
            .to_owned(),
    ];
    match known {
        Some(known) => said.push(format!("# {known}")),
        None => said.truncate(1),
    }
    lines.splice(head..head, said);
    lines.join("\n") + "\n"
}

impl Host<'_> {
    /// Shrinks what was found and writes each into its own file, unless it is there already.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub(super) fn keep(
        &mut self,
        folder: &Path,
        one: &Opened,
        found: &Found,
        workers: &Workers,
    ) -> Result<Exit, Failed> {
        for (seed, signature) in &found.0 {
            let path = self.file_of(folder, one, signature);
            if self.is_kept(&path) {
                continue;
            }
            let stop = workers.stop.clone().within(Some(BUDGET));
            let how = Shrink {
                catalog: self.catalog,
                pool: &workers.pool,
                stop: &stop,
                salts: SALTS,
                weighed: 0,
                by: None,
            };
            match shrink(&how, &*one.experiment, *seed, &mut |_| ()) {
                Ok(shrunk) => {
                    if let Some(exit) = self.keep_one(folder, one, &shrunk)? {
                        return Ok(exit);
                    }
                }
                Err(sentence) => self.terminal.warn(&format!("it is not kept: {sentence}")),
            }
            if let Some(stopped) = stop.asked().filter(|stopped| stopped.is_signal()) {
                return Ok(stopped.into());
            }
        }
        Ok(Exit::AsExpected)
    }

    fn file_of(&self, folder: &Path, one: &Opened, signature: &Signature) -> PathBuf {
        let stem = stem(one.experiment.scenario().algorithm(), signature);
        folder.join(format!("{stem}.toml"))
    }

    /// Whether there is such a file, which is then told.
    fn is_kept(&mut self, path: &Path) -> bool {
        let is_there = path.exists();
        if is_there {
            self.terminal.say(&format!("{} has it already", quoted(path)));
        }
        is_there
    }

    /// Writes a shrunken file; an exit if it is not what it should be.
    fn keep_one(
        &mut self,
        folder: &Path,
        one: &Opened,
        shrunk: &Shrunk,
    ) -> Result<Option<Exit>, Failed> {
        if let Some(exit) = self.is_unsteady(one, shrunk) {
            return Ok(Some(exit));
        }
        // What is small may go beyond fewer assumptions than what was found.
        let small = self.catalog.open(Source::new("the shrunken file", &shrunk.text)).ok();
        let shows =
            small.and_then(|small| Signature::of(&small.run(shrunk.salt, &Options::default())));
        let path = self.file_of(folder, one, shows.as_ref().unwrap_or(&shrunk.signature));
        if self.is_kept(&path) {
            return Ok(None);
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = watching(shrunk, &format!("regressions/{stem}"));
        if let Err(errors) = self.catalog.open(Source::new("the kept file", &text)) {
            self.terminal.say(&errors.render(self.terminal.talks_in_color()));
            return Ok(Some(Exit::Internal));
        }
        if let Err(error) = std::fs::create_dir_all(folder) {
            return Err(Failed { path: folder.to_path_buf(), error });
        }
        write_whole(path.clone(), text.as_bytes())?;
        self.terminal.say(&format!("kept: {}", quoted(&path)));
        Ok(None)
    }
}
