//! The zoo: known bugs, each with the storm in which it is hunted. A simulator that does not find
//! them proves nothing by finding nothing.

use super::{Catalog, Entry};
use crate::algorithm::Mutant;
use crate::scenario::Source;

/// The storm of each algorithm.
const STORMS: &[(&str, &str)] = &[
    ("election-bully", include_str!("../../scenarios/zoo/election-bully.toml")),
    ("election-raft", include_str!("../../scenarios/zoo/election-raft.toml")),
];

/// Scenarios for bugs that a storm of everything does not find, or not soon.
const DIRECTED: &[(&str, &str, &str)] = &[(
    "election-bully",
    "merge-does-not-re-elect",
    include_str!("../../scenarios/zoo/election-bully_merge.toml"),
)];

/// A known bug and where it is hunted.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// The algorithm that has it.
    pub algorithm: &'static str,
    /// What it is, what it breaks, and where it was seen.
    pub mutant: Mutant,
    /// Whether the scenario was written for this bug.
    pub is_directed: bool,
    text: &'static str,
}

impl Bug {
    /// The scenario with the bug switched on.
    pub fn source(&self) -> Source {
        let section = format!("[algorithm.{}]", self.algorithm);
        let switch = format!("{section}\nmutant = \"{}\"", self.mutant.name);
        let name = format!("zoo {} {}", self.algorithm, self.mutant.name);
        Source::new(&name, &self.text.replacen(&section, &switch, 1))
    }

    /// The same scenario without it.
    pub fn control(&self) -> Source {
        Source::new(&format!("zoo {}", self.algorithm), self.text)
    }
}

impl Catalog {
    /// All known bugs for which there is a storm, algorithm by algorithm.
    pub fn zoo(&self) -> Vec<Bug> {
        self.entries().iter().flat_map(bugs).collect()
    }
}

fn bugs(entry: &Entry) -> impl Iterator<Item = Bug> {
    let algorithm = entry.name;
    entry.mutants.iter().filter_map(move |mutant| {
        let directed =
            DIRECTED.iter().find(|(of, name, _)| *of == algorithm && *name == mutant.name);
        let storm = STORMS.iter().find(|(of, _)| *of == algorithm);
        let text = directed.map(|(_, _, text)| *text).or(storm.map(|(_, text)| *text))?;
        Some(Bug { algorithm, mutant: *mutant, is_directed: directed.is_some(), text })
    })
}
