//! Scenario files: what shall happen, as written, checked, and drawn by a seed.
//!
//! [`Source`] is the text, [`ScenarioFile`] what it says, [`Scenario`] the same checked and
//! complete; [`Scenario::schedule`] draws what happens in the run of one seed. Nothing here knows
//! the engine or any algorithm: the words that an algorithm brings are a [`Vocabulary`], its
//! settings stay unread until somebody names their type ([`Scenario::settings`]).

mod attach;
mod baseline;
mod canonical;
mod check;
mod commands;
mod draw;
mod error;
mod fault;
mod faults;
mod file;
mod freeze;
mod heal;
mod lengths;
mod load;
mod nemesis;
mod numbering;
mod pick;
mod pinned;
mod profile;
mod read;
mod recorded;
mod schema;
mod seeds;
mod service;
mod source;
mod spread;
mod timing;
mod topology;
mod who;
mod whom;
mod words;
mod workload;
mod world;
mod zones;

pub use baseline::MEASURED;
pub use check::Scenario;
pub use error::{Errors, Finding};
pub use file::ScenarioFile;
pub use freeze::Ran;
pub use nemesis::known_families;
pub use profile::{PROFILES, Profile};
pub use schema::schema;
pub use source::{MAX_BYTES, Placed, Source};
pub use words::Seeds;

/// The types that scenario files are written in, for those who write files.
pub mod entries {
    pub use super::baseline::{BaselineEntry, Pin};
    pub use super::fault::*;
    pub use super::file::*;
    pub use super::heal::{CoreEntry, HealEntry, RemainderEntry};
    pub use super::lengths::Lengths;
    pub use super::load::{Burst, BurstsEntry, LoadEntry, LoopEntry, Skew};
    pub use super::nemesis::{Density, Nemesis, Pace, Pinned, Progress};
    pub use super::pinned::*;
    pub use super::recorded::{Digest, RecordedEntry};
    pub use super::service::{ProbeEntry, ServiceEntry};
    pub use super::topology::*;
    pub use super::words::*;
    pub use super::zones::*;
}

use crate::algorithm::{Algorithm, Arguments};
use crate::protocol::Words;

/// What a scenario is to come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The verdict over the seeds.
    pub verdict: Expected,
    /// Invariants that may be violated besides.
    pub also: Vec<String>,
    /// The assumptions of the algorithm that the scenario breaks on purpose.
    pub outside: Vec<String>,
}

/// The verdict that a scenario expects over its seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Every seed passes.
    Holds,
    /// At least one seed violates this invariant, and none violates another.
    Violates(String),
    /// At least one seed makes no progress after heal, in this property.
    Stalls(String),
}

/// The words that an algorithm brings to scenario files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// Its name: `<family>-<name>`.
    pub algorithm: String,
    /// The keys of `[nodes]`, in the order in which nodes are dealt.
    pub roles: Vec<String>,
    /// The roles that faults and commands can be aimed at during a run.
    pub targets: Vec<String>,
    /// The words that can be commanded.
    pub commands: Vec<String>,
    /// Those of them that need nothing but their word.
    pub plain: Vec<String>,
    /// Those of them for whose answer a client can wait.
    pub answered: Vec<String>,
    /// The words of its messages.
    pub messages: Vec<String>,
    /// The words of its observations.
    pub observations: Vec<String>,
}

impl Vocabulary {
    /// Whether a role can be aimed at during a run. One with an argument, `owner-of(k17)`, is
    /// known as `owner-of(*)`.
    pub fn is_target(&self, role: &str) -> bool {
        let is_it = |known: &String| match known.strip_suffix("*)") {
            Some(word) => {
                let argument = role.strip_prefix(word).and_then(|rest| rest.strip_suffix(')'));
                argument.is_some_and(|argument| !argument.trim().is_empty())
            }
            None => known == role,
        };
        self.targets.iter().any(is_it)
    }
}

impl Vocabulary {
    /// The words of an algorithm.
    pub fn of<A: Algorithm>() -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let mut commands = A::Command::words();
        commands.retain(|word| A::command(word, &Arguments::default()).is_some());
        let mut plain = commands.clone();
        plain.retain(|word| matches!(A::command(word, &Arguments::default()), Some(Ok(_))));
        Vocabulary {
            algorithm: A::NAME.to_owned(),
            roles: owned(A::ROLES),
            targets: owned(A::TARGETS),
            commands: owned(&commands),
            plain: owned(&plain),
            answered: owned(A::ANSWERED),
            messages: owned(&A::Message::words()),
            observations: owned(&A::Observation::words()),
        }
    }
}
