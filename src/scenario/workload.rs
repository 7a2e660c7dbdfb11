//! Commands: single ones, and those that come again and again.
//!
//! Every command is made unique by a number: the position of its word among the algorithm's words,
//! and its place among the commands of that word. A line of the workload that is taken out moves no
//! other.

use super::check::Scenario;
use super::file::instant;
use super::words::Who;
use crate::algorithm::Algorithm;
use crate::id::NodeId;
use crate::protocol::Words;
use crate::rng::{Stream, choose};
use crate::schedule::{Planned, Recipient};
use crate::time::{Duration, SimTime};

use super::draw::length;

/// How many commands one line of the workload, or the probes, may ask for.
pub(super) const COMMANDS_MAX: u64 = 1_000_000;

impl Scenario {
    /// The commands in the order of time.
    pub(super) fn commands<A: Algorithm>(
        &self,
        seed: u64,
        end: SimTime,
    ) -> Vec<Planned<A::Command>> {
        let mut commands = Vec::new();
        let words = A::Command::words();
        for (nth, entry) in self.file.command.iter().enumerate() {
            let mut luck = Stream::new(seed, &format!("command/{nth}"));
            let at = instant(length(&mut luck, *entry.at));
            let to = self.asked(&entry.to).draw(&mut luck);
            commands.push(planned::<A>(at, to, &entry.word, unique(&words, &entry.word, 0, nth)));
        }
        for (word, work) in &self.file.workload {
            let mut luck = Stream::new(seed, &format!("workload/{}", **word));
            let from = work.from.as_ref().map_or(Duration::ZERO, |from| **from);
            let until = work.until.as_ref().map_or(end, |until| instant(**until));
            let mut at = instant(from) + length(&mut luck, *work.every);
            let asked = self.asked(&work.to);
            let mut nth = 0;
            while at <= until {
                let to = asked.draw(&mut luck);
                commands.push(planned::<A>(at, to, word, unique(&words, word, 1, nth)));
                nth += 1;
                at += length(&mut luck, *work.every);
            }
        }
        commands.sort_by_key(|command| command.at);
        commands
    }

    pub(super) fn asked(&self, to: &Who) -> Asked {
        let nodes = self.nodes();
        match to {
            Who::Nodes(nodes) => Asked::OneOf(nodes.clone()),
            Who::Role(role) | Who::Random(_, Some(role)) => match nodes.role(role) {
                Some(nodes) => Asked::OneOf(nodes),
                None => Asked::Role(role.clone()),
            },
            _ => Asked::OneOf(nodes.all()),
        }
    }
}

/// Who is asked: whoever plays a role of the algorithm then, or one node of those named.
pub(super) enum Asked {
    OneOf(Vec<NodeId>),
    Role(String),
}

impl Asked {
    pub(super) fn draw(&self, luck: &mut Stream) -> Recipient {
        match self {
            Asked::Role(role) => Recipient::Role(role.clone()),
            Asked::OneOf(nodes) => {
                let node = choose(luck, nodes).copied();
                Recipient::Node(node.expect("a checked scenario asks a role that has nodes"))
            }
        }
    }
}

/// A number that no other command of the run has: the word's position, whether the workload asks,
/// and the place.
fn unique(words: &[&str], word: &str, by_workload: u64, nth: usize) -> u64 {
    let position = words.iter().position(|known| *known == word).unwrap_or(words.len()) as u64;
    (position * 2 + by_workload) << 32 | nth as u64
}

fn planned<A: Algorithm>(
    at: SimTime,
    to: Recipient,
    word: &str,
    unique: u64,
) -> Planned<A::Command> {
    let command = A::command(word, unique).expect("commands are checked against their algorithm");
    Planned { at, to, command }
}
