//! Commands: single ones, and those that come again and again.
//!
//! Every command is made unique by a number: the position of its word among the algorithm's words,
//! its client if that waits for answers, and its place among the commands of that word and client.
//! A line of the workload that is taken out moves no other, nor does a client.

use super::check::Scenario;
use super::file::{WorkEntry, instant};
use super::words::Who;
use crate::algorithm::Algorithm;
use crate::id::NodeId;
use crate::protocol::Words;
use crate::rng::{Stream, choose};
use crate::schedule::{Client, Operation, Planned, Recipient};
use crate::time::{Duration, SimTime};
use crate::units::Span;

use super::draw::length;

/// How long a client waits for an answer if the file does not say.
const TIMEOUT: Duration = Duration::from_secs(1);
/// The place of a client stands above the places of its commands.
const CLIENT_SHIFT: u32 = 20;

impl Scenario {
    /// The commands in the order of time.
    pub(super) fn commands<A: Algorithm>(&self, seed: u64) -> Vec<Planned<A::Command>> {
        let mut commands = Vec::new();
        let words = A::Command::words();
        for (nth, entry) in self.file.command.iter().enumerate() {
            let mut luck = Stream::new(seed, &format!("command/{nth}"));
            let at = instant(length(&mut luck, *entry.at));
            let to = self.asked(&entry.to).draw(&mut luck);
            commands.push(planned::<A>(at, to, &entry.word, unique(&words, &entry.word, 0, nth)));
        }
        for (word, work) in &self.file.workload {
            if work.clients.is_some() {
                continue;
            }
            let mut luck = Stream::new(seed, &format!("workload/{}", **word));
            let asked = self.asked(&work.to);
            self.pace(work, &mut luck, |luck, at, nth| {
                let to = asked.draw(luck);
                commands.push(planned::<A>(at, to, word, unique(&words, word, 1, nth)));
            });
        }
        commands.sort_by_key(|command| command.at);
        commands
    }

    /// The clients that wait for answers, each with its commands in their order.
    pub(super) fn clients<A: Algorithm>(&self, seed: u64) -> Vec<Client<A::Command>> {
        let words = A::Command::words();
        let mut clients = Vec::new();
        for (word, work) in &self.file.workload {
            let asked = self.asked(&work.to);
            let think = work.think.as_ref().map_or(Span::default(), |think| **think);
            for client in 0..work.clients.as_ref().map_or(0, |count| **count as usize) {
                let mut luck = Stream::new(seed, &format!("workload/{}/{client}", **word));
                let mut operations = Vec::new();
                self.pace(work, &mut luck, |luck, not_before, nth| {
                    let to = asked.draw(luck);
                    let unique = unique(&words, word, 1, client << CLIENT_SHIFT | nth);
                    operations.push(Operation {
                        not_before,
                        think: length(luck, think),
                        to,
                        command: command::<A>(word, unique),
                    });
                });
                let timeout = work.timeout.as_ref().map_or(TIMEOUT, |timeout| **timeout);
                clients.push(Client { timeout, operations });
            }
        }
        clients
    }

    /// The times of a line of the workload, with the place of each.
    fn pace(
        &self,
        work: &WorkEntry,
        luck: &mut Stream,
        mut each: impl FnMut(&mut Stream, SimTime, usize),
    ) {
        let from = work.from.as_ref().map_or(Duration::ZERO, |from| **from);
        let until = work.until.as_ref().map_or(self.end(), |until| instant(**until));
        let mut at = instant(from) + length(luck, *work.every);
        let mut nth = 0;
        while at <= until {
            each(luck, at, nth);
            nth += 1;
            at += length(luck, *work.every);
        }
    }

    fn asked(&self, to: &Who) -> Asked {
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
enum Asked {
    OneOf(Vec<NodeId>),
    Role(String),
}

impl Asked {
    fn draw(&self, luck: &mut Stream) -> Recipient {
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
    Planned { at, to, command: command::<A>(word, unique) }
}

fn command<A: Algorithm>(word: &str, unique: u64) -> A::Command {
    A::command(word, unique).expect("commands are checked against their algorithm")
}
