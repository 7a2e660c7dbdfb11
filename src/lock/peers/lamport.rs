//! Lamport's lock: everybody keeps the same queue of requests, ordered by logical clocks.
//!
//! Leslie Lamport, "Time, clocks, and the ordering of events in a distributed system", CACM 21(7),
//! 1978, in the form of `LamportMutex.tla` (Merz; tlaplus/Examples), whose states are these.
//!
//! Who wants the lock puts a request with the time of its logical clock into its queue and sends
//! it to all (REQUEST). A request that comes moves the clock beyond its own time, is put into the
//! queue and is acknowledged (ACK). A peer holds the lock when all have acknowledged its request
//! and no other in its queue comes before it; of two with the same time the lower node's comes
//! first. Who releases the lock takes its request out of its queue and tells all to do so
//! (RELEASE).
//!
//! # Why the order of messages matters
//! An acknowledgement says: whatever I asked for before this, you have heard of. That is so only
//! where messages of one peer to another do not overtake each other.
//!
//! # Messages
//! 3(n-1) each time: n-1 REQUEST, n-1 ACK and n-1 RELEASE.

#[cfg(test)]
mod states;

use super::section::{Command, LOCK, Section, Timer};
use super::served::RequestServed;
use super::settings::{Peers, Settings, assumptions, rules_of};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::lock::spec::{Fifo, LyingObserver, MutualExclusion, Observation, Stamp, Tenure, View};
use crate::metric::Metric;
use crate::protocol::{Context, Protocol};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What peers say to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// The sender wants the lock.
    Request {
        /// When, on its logical clock.
        clock: u64,
    },
    /// The sender has put the request into its queue.
    Ack,
    /// The sender's request is done with.
    Release,
}
crate::words!(Message { Request => "request", Ack => "ack", Release => "release" });

/// The decisions that make it safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rules {
    /// Whom all have acknowledged waits until its request is the first in its queue.
    waits_for_its_turn: bool,
}

impl Rules {
    /// As in the paper, section "Ordering the events totally", rule 5.
    const SOUND: Rules = Rules { waits_for_its_turn: true };

    fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "acks-are-enough" => Some(Rules { waits_for_its_turn: false }),
            _ => None,
        }
    }
}

const MUTANTS: &[Mutant] = &[Mutant {
    name: "acks-are-enough",
    summary: "who is acknowledged by all enters, whoever comes before it in the queue",
    breaks: &["mutual-exclusion", "fifo"],
    source: "Lamport 1978, rule 5 (i): the own request comes before all others in the queue",
}];

/// Settings that are complete.
#[derive(Clone, Debug)]
pub struct Config {
    peers: Peers,
    rules: Rules,
}

/// A peer of Lamport's lock.
#[derive(Debug)]
pub struct Lamport {
    id: NodeId,
    section: Section,
    /// Its logical clock. It moves when a request arrives: that is all that the order of requests
    /// rests on.
    clock: u64,
    /// The queue: whose requests are not done with, its own included, and of when they are.
    requests: BTreeMap<NodeId, u64>,
    /// Who has acknowledged its own request.
    acks: BTreeSet<NodeId>,
}

impl Lamport {
    fn request(&mut self, ctx: &mut Context<'_, Self>) {
        let (clock, request) = (self.clock, self.section.request());
        let stamp = Stamp { clock, node: self.id };
        ctx.observe(Observation::Stamped { lock: LOCK, request, stamp });
        self.requests.insert(self.id, clock);
        self.acks.clear();
        ctx.broadcast(ctx.config().peers.members.iter().copied(), &Message::Request { clock });
        self.enter_if_first(ctx);
    }

    fn enter_if_first(&mut self, ctx: &mut Context<'_, Self>) {
        let Config { peers, rules } = ctx.config();
        if !self.section.waits() || self.acks.len() < peers.others() {
            return;
        }
        if self.is_first() || !rules.waits_for_its_turn {
            self.section.enter(ctx);
        }
    }

    /// Whether its own request comes before all others that it knows of.
    fn is_first(&self) -> bool {
        let first = self.requests.iter().map(|(node, clock)| (clock, node)).min();
        first.is_some_and(|(_, node)| *node == self.id)
    }
}

impl Protocol for Lamport {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        Lamport {
            id: ctx.id(),
            section: Section::new(&ctx.config().peers),
            clock: 1,
            requests: BTreeMap::new(),
            acks: BTreeSet::new(),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Request { clock } => {
                self.clock = self.clock.max(clock) + 1;
                self.requests.insert(from, clock);
                ctx.send(from, Message::Ack);
            }
            Message::Ack => {
                self.acks.insert(from);
                self.enter_if_first(ctx);
            }
            Message::Release => {
                self.requests.remove(&from);
                self.enter_if_first(ctx);
            }
        }
    }

    fn on_timer(&mut self, _: Timer, ctx: &mut Context<'_, Self>) {
        self.section.leave(ctx);
        self.requests.remove(&self.id);
        self.acks.clear();
        ctx.broadcast(ctx.config().peers.members.iter().copied(), &Message::Release);
        if self.section.begins(ctx) {
            self.request(ctx);
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Context<'_, Self>) {
        if self.section.is_asked(command, ctx) {
            self.request(ctx);
        }
    }

    fn view(&self) -> View {
        self.section.view()
    }

    fn plays(&self, role: &str) -> bool {
        self.section.plays(role)
    }

    fn answers(&self, command: &Command, said: &Observation, (): &()) -> bool {
        command.is_answered_by(said)
    }
}

impl Algorithm for Lamport {
    type Settings = Settings;

    const NAME: &'static str = "lock-lamport";
    const SUMMARY: &'static str =
        "Lamport: all see all requests in one order (CACM 1978; as in LamportMutex.tla)";
    const ROLES: &'static [&'static str] = &["nodes"];
    const TARGETS: &'static [&'static str] = &["holder", "waiter"];
    const ANSWERED: &'static [&'static str] = &["acquire"];
    const MUTANTS: &'static [Mutant] = MUTANTS;

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        let rules = rules_of(settings.mutant.as_deref(), Rules::SOUND, Rules::of_mutant, MUTANTS)?;
        Ok(Config { peers: Peers::new(&settings, roles)?, rules })
    }

    fn assumes(_: &Config) -> Assumptions {
        Assumptions { fifo_links: true, ..assumptions() }
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::AllConnected
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![
            Box::new(MutualExclusion::default()),
            Box::new(Fifo::default()),
            Box::new(LyingObserver::default()),
        ]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Tenure::default())]
    }

    fn services(_: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(RequestServed)]
    }

    fn command(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        Command::of(word, arguments)
    }
}
