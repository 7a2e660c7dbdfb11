//! `zoo --shrink`: what shrinking is worth, judged on known bugs: how small their runs become, held
//! against the scenarios that people wrote for them, and whether any search ended on another bug.

use super::arguments::Zoo;
use super::files::Opened;
use super::progress::now;
use super::zoo_shrunk::{Judged, Total, json_line, line, table_line};
use super::{Exit, Host};
use crate::catalog::{Bug, Experiment, Options};
use crate::observe::{Outcome, Verdict};
use crate::runner::Stop;
use crate::runner::shrink::{Shrink, Shrunk, Signature, Size, shrink, size_when_found};
use crate::scenario::Source;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::path::PathBuf;
use std::time::Duration;

/// How long the search for each seed may take.
const BUDGET: Duration = Duration::from_secs(60);

impl Host<'_> {
    /// Shrinks the first seeds that find each bug.
    pub(super) fn zoo_shrink(
        &mut self,
        (zoo, most): (&Zoo, u64),
        bugs: &[Bug],
        pool: &ThreadPool,
        stop: &Stop,
    ) -> Exit {
        let written = self.find(&[PathBuf::from("scenarios")]).unwrap_or_default();
        let written: Vec<Opened> =
            written.iter().filter_map(|path| self.open_one(path).ok()).collect();
        if !zoo.json {
            let cells = ["bug", "shows", "size", "luck", "by hand", "nodes", "at ms", "runs", "s"];
            self.terminal.print(&line(cells.map(str::to_owned)));
        }
        let mut exit = Exit::AsExpected;
        let mut total = Total::default();
        for bug in bugs {
            let Ok(experiment) = self.catalog.open(bug.source()) else { return Exit::Internal };
            let Ok(sound) = self.catalog.open(bug.control()) else { return Exit::Internal };
            let found = Found { bug, with: &*experiment, without: &*sound, by: None };
            let judged = self.judged((zoo, most), found, &written, pool, stop);
            if let Some(stopped) = stop.asked() {
                return exit.and(stopped.into());
            }
            let text = match zoo.json {
                true => json_line(bug, &judged),
                false => table_line(bug, &judged),
            };
            self.terminal.print(&text);
            for sentence in judged.failed.iter().chain(&judged.astray) {
                self.terminal.error(&format!("{}: {sentence}", bug.mutant.name));
                exit = exit.and(Exit::Failed);
            }
            total.add(bug, &judged);
        }
        self.terminal.print(&total.told(zoo.json));
        exit
    }

    fn judged(
        &self,
        (zoo, most): (&Zoo, u64),
        found: Found<'_>,
        written: &[Opened],
        pool: &ThreadPool,
        stop: &Stop,
    ) -> Judged {
        let mut judged = Judged::default();
        let (seeds, found) = found.seeds((zoo.seeds, most), pool, stop);
        for seed in seeds {
            let (stop, begun) = (stop.clone().within(Some(BUDGET)), now());
            let catalog = self.catalog;
            let how = Shrink { catalog, pool, stop: &stop, salts: 6, weighed: 0, by: found.by };
            match shrink(&how, found.with, seed, &mut |_| ()) {
                Ok(shrunk) => {
                    let took = begun.elapsed();
                    let astray = self.astray(found, &shrunk);
                    judged.astray.extend(astray.map(|why| format!("seed {seed}: {why}")));
                    judged.shrunk.push((shrunk, took));
                }
                Err(sentence) => judged.failed.push(format!("seed {seed}: {sentence}")),
            }
        }
        let Found { bug, .. } = found;
        judged.directed = directed(bug, written).map(Size::schedule);
        judged
    }

    /// Why what is left shows something else than this bug; `None` if it shows the bug.
    fn astray(&self, found: Found<'_>, shrunk: &Shrunk) -> Option<String> {
        let options = found.options();
        let run = |text: &str| {
            let opened = self.catalog.open(Source::new("what is left", text)).ok()?;
            Some(opened.run(shrunk.salt, &options))
        };
        let outcome = found.with.run(shrunk.seed, &options);
        let sought = match found.by {
            Some(invariant) => Signature::by(invariant, &outcome)?,
            None => Signature::of(&outcome)?,
        };
        let Some(left) = run(&shrunk.text) else {
            return Some("what is left is no scenario".to_owned());
        };
        if !sought.is_shown_by(&left) || found.shown_by(&left).is_none() {
            let shown = left.verdict.detail();
            return Some(format!("it was to show {}, and what is left shows {shown}", sought.name));
        }
        // What is expected may name an assumption that it does without when it has no bug.
        let is_kept = |line: &&str| !line.starts_with("expect ");
        let mended = found.bug.mended(&shrunk.text)?;
        let mended: Vec<&str> = mended.lines().filter(is_kept).collect();
        let mended = run(&mended.join("\n"));
        let is_another = mended.is_none_or(|mended| sought.is_shown_by(&mended));
        is_another.then(|| format!("what is left shows {} without the bug too", sought.name))
    }
}

/// So many seeds are looked at before it is asked whether enough have been found.
const AT_ONCE: u64 = 32;

/// A bug in its storm, and the same storm without it.
#[derive(Clone, Copy)]
struct Found<'a> {
    bug: &'a Bug,
    with: &'a dyn Experiment,
    without: &'a dyn Experiment,
    /// The invariant by which it is found, where the first that is violated is no sign of it.
    by: Option<&'a str>,
}

impl Found<'_> {
    /// The first seeds that find it, `most` of them, of so many: by what is violated first, or
    /// else by something that it may break besides.
    fn seeds(mut self, of: (u64, u64), pool: &ThreadPool, stop: &Stop) -> (Vec<u64>, Self) {
        let mut seeds = self.seeds_by(of, pool, stop);
        let mut others = self.bug.mutant.breaks.iter();
        while let (true, Some(invariant)) = (seeds.is_empty(), others.next()) {
            self.by = Some(*invariant);
            seeds = self.seeds_by(of, pool, stop);
        }
        (seeds, self)
    }

    fn seeds_by(self, (seeds, most): (u64, u64), pool: &ThreadPool, stop: &Stop) -> Vec<u64> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let options = Options { interrupt: Some(stop.signal()), ..self.options() };
        let finds = |seed: &u64| {
            let shown = self.shown_by(&self.with.run(*seed, &options));
            // What the same seed shows without it is no sign of it.
            let is_no_sign = |shown| match self.by {
                Some(_) => self.shown_by(&self.without.run(*seed, &options)) == Some(shown),
                None => self.without.run(*seed, &options).verdict.detail() == shown,
            };
            shown.is_some_and(|shown| !is_no_sign(shown))
        };
        let mut found: Vec<u64> = Vec::new();
        let mut from = 0;
        while from < seeds && found.len() < most && stop.asked().is_none() {
            let until = seeds.min(from.saturating_add(AT_ONCE));
            let these: Vec<u64> =
                pool.install(|| (from..until).into_par_iter().filter(finds).collect());
            found.extend(these);
            from = until;
        }
        found.truncate(most);
        found
    }

    fn options(self) -> Options {
        Options { judge_on: self.by.is_some(), ..Options::default() }
    }

    /// By what a run shows it.
    fn shown_by(self, outcome: &Outcome) -> Option<String> {
        match self.by {
            Some(by) => Signature::by(by, outcome).map(|found| found.name),
            None => found_by(self.bug, outcome).then(|| outcome.verdict.detail().to_owned()),
        }
    }
}

/// Whether a run finds a bug by what it may break. What breaks nothing may leave a service away for
/// good.
fn found_by(bug: &Bug, outcome: &Outcome) -> bool {
    let breaks = bug.mutant.breaks;
    match &outcome.verdict {
        Verdict::Pass | Verdict::Inconclusive { .. } => false,
        Verdict::Stall { .. } if breaks.is_empty() => true,
        verdict => {
            let name = verdict.detail();
            breaks.iter().any(|breaks| *breaks == name || *breaks == verdict.word())
        }
    }
}

/// The size of the smallest scenario that has this bug, up to what it finds.
fn directed(bug: &Bug, written: &[Opened]) -> Option<Size> {
    let sizes = written.iter().filter_map(|one| {
        let scenario = one.experiment.scenario();
        let text = scenario.source().text();
        let seeds = bug.is_in(scenario.algorithm(), text).then(|| scenario.seeds())?;
        let finds = |seed: &u64| found_by(bug, &one.experiment.run(*seed, &Options::default()));
        let mut seeds = seeds.iter().take(50).filter(finds);
        seeds.find_map(|seed| size_when_found(&*one.experiment, seed))
    });
    sizes.min_by_key(|size| size.schedule())
}
