//! Scenario files by path, folder or stdin, each with the words that name it in a command.

use super::Host;
use super::exit::Exit;
use crate::catalog::Experiment;
use crate::report::terminal;
use crate::scenario::{MAX_BYTES, Source};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A scenario that was read, with the path to paste.
pub(super) struct Opened {
    pub path: String,
    pub experiment: Box<dyn Experiment>,
}

impl Host<'_> {
    /// Opens all scenarios; what is wrong with any of them is said.
    pub fn open(&mut self, paths: &[PathBuf]) -> Result<Vec<Opened>, Exit> {
        let mut opened = Vec::new();
        let mut is_good = true;
        for path in self.find(paths)? {
            match self.open_one(&path) {
                Ok(one) => opened.push(one),
                Err(said) => {
                    is_good = false;
                    self.terminal.say(&said);
                }
            }
        }
        match (is_good, opened.is_empty()) {
            (false, _) => Err(Exit::Usage),
            (true, true) => {
                self.terminal.error("there is no scenario here: nothing ran");
                Err(Exit::Vacuous)
            }
            (true, false) => Ok(opened),
        }
    }

    /// Opens one; what is wrong comes as text.
    pub fn open_one(&self, path: &Path) -> Result<Opened, String> {
        let source = self.source(path)?;
        let opened = self.catalog.open(source);
        match opened {
            Ok(experiment) => Ok(Opened { path: quoted(path), experiment }),
            Err(errors) => Err(errors.render(self.terminal.talks_in_color())),
        }
    }

    /// The text of a scenario and of what it names; what is wrong comes as text.
    pub fn source(&self, path: &Path) -> Result<Source, String> {
        read(path).map_err(|error| match error {
            Unread::Host(sentence) => format!("error: {sentence}"),
            Unread::Text(errors) => errors.render(self.terminal.talks_in_color()),
        })
    }

    /// The files that these paths mean. A folder means every `*.toml` below it, by name.
    pub fn find(&mut self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Exit> {
        let mut found = Vec::new();
        for path in paths {
            if !path.is_dir() {
                found.push(path.clone());
            } else if let Err(error) = below(path, &mut found) {
                let path = terminal(&path.display().to_string()).into_owned();
                self.terminal.error(&format!("cannot read the folder {path}: {error}"));
                return Err(Exit::Usage);
            }
        }
        Ok(found)
    }
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries: io::Result<Vec<PathBuf>> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut entries = entries?;
    entries.sort();
    for path in entries {
        let is_link = fs::symlink_metadata(&path)?.is_symlink();
        if path.is_dir() {
            // A link to a folder may lead back up.
            if !is_link {
                below(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    Ok(())
}

/// Why there is no text.
enum Unread {
    /// The host has none, in a sentence.
    Host(String),
    /// It is no text.
    Text(crate::scenario::Errors),
}

fn read(path: &Path) -> Result<Source, Unread> {
    if path == Path::new("-") {
        return Source::read("<stdin>", io::stdin().lock()).map_err(Unread::Text);
    }
    let name = path.display().to_string();
    let tame = terminal(&name).into_owned();
    let refused = |error: io::Error| {
        let cure = match error.kind() {
            io::ErrorKind::NotFound => "; `list scenarios` shows those that are there",
            _ => "",
        };
        Unread::Host(format!("cannot read the scenario {tame}: {error}{cure}"))
    };
    let kind = fs::metadata(path).map_err(refused)?;
    if !kind.is_file() {
        let sentence = format!("{tame} is not a regular file; give `-` to read from stdin");
        return Err(Unread::Host(sentence));
    }
    if kind.len() > MAX_BYTES as u64 {
        return Err(Unread::Text(Source::too_large(&name)));
    }
    let file = fs::File::open(path).map_err(refused)?;
    let mut source = Source::read(&name, file).map_err(Unread::Text)?;
    for named in source.files() {
        let text = beside(path, &named);
        source = source.attach(&named, text);
    }
    Ok(source)
}

/// The text of a file that a scenario names, or why there is none.
fn beside(scenario: &Path, name: &str) -> Result<String, String> {
    let path = scenario.parent().unwrap_or(Path::new("")).join(name);
    let is_file = fs::metadata(&path).map_err(|error| error.to_string())?.is_file();
    if !is_file {
        return Err("it is not a regular file".to_owned());
    }
    let file = fs::File::open(&path).map_err(|error| error.to_string())?;
    let source =
        Source::read(name, file).map_err(|errors| errors.findings()[0].problem().to_owned())?;
    Ok(source.text().to_owned())
}

/// The path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./-+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    terminal(&format!("'{}'", text.replace('\'', "'\\''"))).into_owned()
}
