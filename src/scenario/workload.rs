//! Commands: single ones, and those that come again and again.
//!
//! Every command is made unique by a number: the position of its word among the algorithm's words,
//! its client if that waits for answers, and its place among the commands of that word and client.
//! A line of the workload that is taken out moves no other, nor does a client.

use super::check::Scenario;
use super::draw::length;
use super::error::{Errors, Finding};
use super::file::{CommandEntry, WorkEntry, instant};
use super::numbering::Numbering;
use super::words::Who;
use crate::algorithm::{Algorithm, Arguments};
use crate::calibration::Calibration;
use crate::fault::{Choice, Take, When};
use crate::id::NodeId;
use crate::rng::{Stream, choose};
use crate::schedule::{Client, Operation, Planned, Recipient};
use crate::time::{Duration, SimTime};
use crate::units::Span;

/// The repeats of one entry of the file are so far apart in their numbers.
const REPEAT: u64 = 1 << 20;
/// The commands of one client too.
const CLIENT: u64 = 1 << 20;
/// How long a client waits for an answer if the file does not say.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A command as it is drawn, before the algorithm makes it.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    pub when: When,
    pub to: Recipient,
    pub word: &'a str,
    pub arguments: Arguments,
}

/// What a client asks, before the algorithm makes commands of it.
#[derive(Clone, Debug)]
pub(super) struct Queue<'a> {
    pub timeout: Duration,
    pub turns: Vec<Turn<'a>>,
}

/// One command of a client, before the algorithm makes it.
#[derive(Clone, Debug)]
pub(super) struct Turn<'a> {
    pub not_before: SimTime,
    pub think: Duration,
    pub to: Recipient,
    pub word: &'a str,
    pub unique: u64,
    pub key: u64,
}

/// How many commands one line of the workload, or the probes, may ask for.
pub(super) const COMMANDS_MAX: u64 = 1_000_000;

impl Scenario {
    /// The commands in the order of time.
    pub(super) fn commands<A: Algorithm>(
        &self,
        seed: u64,
        speed: Option<&Calibration>,
        end: SimTime,
    ) -> Vec<Planned<A::Command>> {
        let asks = self.asks::<A>(seed, speed, end).into_iter();
        let planned = asks.map(|Ask { when, to, word, arguments }| Planned {
            when,
            to,
            command: made::<A>(word, &arguments),
        });
        planned.collect()
    }

    /// Checks what the file says of its commands against the algorithm.
    ///
    /// # Errors
    /// What the algorithm says of arguments that are missing or wrong, each at its command.
    pub fn expect_commands<A: Algorithm>(&self) -> Result<(), Errors> {
        let mut findings = Vec::new();
        for entry in &self.file.command {
            if let Some(Err(sentence)) = A::command(&entry.word, &self.arguments(entry, 0)) {
                findings.push(Finding::new(entry.word.place(), sentence));
            }
        }
        let listed = self.file.client.iter().flat_map(|client| &client.operations);
        let listed = listed.map(|operation| {
            let key = operation.key.as_ref().map_or(0, |key| **key);
            (&operation.word, key)
        });
        let worked = self.file.workload.keys().map(|word| (word, 0));
        for (word, key) in worked.chain(listed) {
            if let Some(Err(sentence)) = A::command(word, &Arguments { key, ..numbered(0) }) {
                let finding = Finding::new(word.place(), sentence);
                findings.push(finding.help("give it by `[[command]]`, with what it needs"));
            }
        }
        if findings.is_empty() { Ok(()) } else { Err(Errors::new(self.source.clone(), findings)) }
    }

    fn arguments(&self, entry: &CommandEntry, unique: u64) -> Arguments {
        let nodes = entry.nodes.as_ref().map_or_else(Vec::new, |who| self.nodes().fixed(who));
        let args = entry.args.as_ref().map_or_else(Vec::new, |args| (**args).clone());
        let key = entry.key.as_ref().map_or(0, |key| **key);
        let unique = entry.unique.as_ref().map_or(unique, |unique| **unique);
        Arguments { unique, key, nodes, args }
    }

    /// What is asked in the run of a seed, in the order of time; what waits for a milestone last.
    /// The load is drawn for an algorithm of this speed, or not at all.
    pub(super) fn asks<A: Algorithm>(
        &self,
        seed: u64,
        speed: Option<&Calibration>,
        end: SimTime,
    ) -> Vec<Ask<'_>> {
        let numbering = Numbering::of::<A>();
        let mut asks = Vec::new();
        for (nth, entry) in (0..).zip(&self.file.command) {
            let mut luck = Stream::new(seed, &format!("command/{nth}"));
            let timing = entry.timing(entry.place());
            let times = timing.draw(self.nodes(), Duration::MAX, &mut luck);
            let asked = self.asked(&entry.to);
            for (repeat, when) in (0..).zip(times) {
                let unique = numbering.of_word(&entry.word, false, nth + REPEAT * repeat);
                let (to, arguments) = (asked.draw(&mut luck), self.arguments(entry, unique));
                asks.push(Ask { when, to, word: &entry.word, arguments });
            }
        }
        for (word, work) in &self.file.workload {
            if work.clients.is_some() {
                continue;
            }
            let mut luck = Stream::new(seed, &format!("workload/{}", **word));
            let asked = self.asked(&work.to);
            pace(work, end, &mut luck, |luck, at, nth| {
                let (to, arguments) =
                    (asked.draw(luck), numbered(numbering.of_word(word, true, nth)));
                asks.push(Ask { when: When::At(at), to, word, arguments });
            });
        }
        let load = speed.and_then(|speed| self.load::<A>(seed, speed));
        asks.extend(load.iter().flat_map(|load| self.load_asks::<A>(load, seed, end)));
        asks.sort_by_key(|ask| match ask.when {
            When::At(at) => at,
            _ => SimTime::MAX,
        });
        asks
    }

    /// The clients that wait for answers, each with its commands in their order.
    pub(super) fn clients<A: Algorithm>(
        &self,
        seed: u64,
        speed: Option<&Calibration>,
        end: SimTime,
    ) -> Vec<Client<A::Command>> {
        let operation = |turn: Turn<'_>| Operation {
            not_before: turn.not_before,
            think: turn.think,
            to: turn.to,
            command: made::<A>(turn.word, &Arguments { key: turn.key, ..numbered(turn.unique) }),
        };
        let client = |Queue { timeout, turns }| Client {
            timeout,
            operations: turns.into_iter().map(operation).collect(),
        };
        self.queues::<A>(seed, speed, end).into_iter().map(client).collect()
    }

    /// What each client asks in the run of a seed: those that the file lists, those of the
    /// workload, those of the load.
    pub(super) fn queues<A: Algorithm>(
        &self,
        seed: u64,
        speed: Option<&Calibration>,
        end: SimTime,
    ) -> Vec<Queue<'_>> {
        let numbering = Numbering::of::<A>();
        let mut queues = Vec::new();
        for (nth, entry) in self.file.client.iter().enumerate() {
            let mut luck = Stream::new(seed, &format!("client/{nth}"));
            let turns = entry.operations.iter().map(|operation| Turn {
                not_before: instant(*operation.not_before),
                think: operation.think.as_deref().copied().unwrap_or_default(),
                to: self.asked(&operation.to).draw(&mut luck),
                word: &operation.word,
                unique: *operation.unique,
                key: operation.key.as_ref().map_or(0, |key| **key),
            });
            let turns = turns.collect();
            queues.push(Queue { timeout: *entry.timeout, turns });
        }
        for (word, work) in &self.file.workload {
            let asked = self.asked(&work.to);
            let think = work.think.as_ref().map_or(Span::default(), |think| **think);
            for client in 0..work.clients.as_ref().map_or(0, |count| **count) {
                let mut luck = Stream::new(seed, &format!("workload/{}/{client}", **word));
                let mut turns = Vec::new();
                pace(work, end, &mut luck, |luck, not_before, nth| {
                    let to = asked.draw(luck);
                    let think = length(luck, think);
                    let unique = numbering.of_word(word, true, CLIENT * client + nth);
                    turns.push(Turn { not_before, think, to, word, unique, key: 0 });
                });
                let timeout = work.timeout.as_ref().map_or(TIMEOUT, |timeout| **timeout);
                queues.push(Queue { timeout, turns });
            }
        }
        let load = speed.and_then(|speed| self.load::<A>(seed, speed));
        queues.extend(load.iter().flat_map(|load| self.load_queues::<A>(load, seed, end)));
        queues
    }

    pub(super) fn asked(&self, to: &Who) -> Asked {
        let nodes = self.nodes();
        match nodes.choice(to) {
            Some(Choice { role, take: Take::Everyone }) => Asked::AtRun(Recipient::Role(role)),
            Some(choice) => Asked::AtRun(Recipient::Chosen(choice)),
            None => Asked::OneOf(match to {
                Who::Random(_, Some(role)) => nodes.role(role).unwrap_or_default(),
                to => nodes.fixed(to),
            }),
        }
    }
}

/// The times of a line of the workload up to the end of the run, with the place of each.
fn pace(
    work: &WorkEntry,
    end: SimTime,
    luck: &mut Stream,
    mut each: impl FnMut(&mut Stream, SimTime, u64),
) {
    let from = work.from.as_ref().map_or(Duration::ZERO, |from| **from);
    let until = work.until.as_ref().map_or(end, |until| instant(**until));
    let mut at = instant(from) + length(luck, *work.every);
    let mut nth = 0;
    while at <= until {
        each(luck, at, nth);
        nth += 1;
        at += length(luck, *work.every);
    }
}

/// Who is asked: somebody whom only the run can tell, or one node of those named.
pub(super) enum Asked {
    OneOf(Vec<NodeId>),
    AtRun(Recipient),
}

impl Asked {
    pub(super) fn draw(&self, luck: &mut Stream) -> Recipient {
        match self {
            Asked::AtRun(recipient) => recipient.clone(),
            Asked::OneOf(nodes) => {
                let node = choose(luck, nodes).copied();
                Recipient::Node(node.expect("a checked scenario asks a role that has nodes"))
            }
        }
    }
}

fn numbered(unique: u64) -> Arguments {
    Arguments { unique, ..Arguments::default() }
}

fn made<A: Algorithm>(word: &str, arguments: &Arguments) -> A::Command {
    let command = A::command(word, arguments).and_then(Result::ok);
    command.expect("commands are checked against their algorithm")
}
