//! The metrics of an election: how often the lead changed hands and why, what that cost in
//! messages, and how long two nodes led at once.
//!
//! Two leaders at once are a violation only where an algorithm promises that there are never two.
//! Raft does not: an isolated leader goes on believing until it hears of another term. How long
//! that lasts is what its users want to know.

use super::{Observation, Role, Term, View};
use crate::id::NodeId;
use crate::metric::{Gauge, Metric, OVERLAP};
use crate::protocol::Protocol;
use crate::time::{Duration, SimTime};
use crate::world::{Condition, World};
use std::collections::{BTreeMap, BTreeSet};

/// What is told of every election, in this order.
const GAUGES: &[Gauge] = &[
    Gauge { name: "leader-changes", meaning: "reigns that began after another" },
    Gauge {
        name: "changes-crash",
        meaning: "leader changes for which the winner stood when the old leader was down, or had \
                  crashed since its reign began",
    },
    Gauge { name: "changes-pause", meaning: "the same when the old leader stood still" },
    Gauge {
        name: "changes-cut",
        meaning: "the same when no message could pass between the two, or only one way",
    },
    Gauge {
        name: "changes-resigned",
        meaning: "the same when the old leader had stepped down while nobody stood",
    },
    Gauge {
        name: "changes-deposed",
        meaning: "the same when the old leader was up, in reach, and had not resigned; a lead that \
                  was handed over is among them",
    },
    Gauge {
        name: "elections",
        meaning: "times in which somebody stood until somebody led; empty where nobody stands",
    },
    Gauge {
        name: "election-messages",
        meaning: "messages that were sent meanwhile, those of all other business included",
    },
    Gauge {
        name: "split-votes",
        meaning: "terms for which two or more stood and that nobody led; empty for algorithms \
                  whose terms are no votes",
    },
    Gauge { name: OVERLAP, meaning: "how long two or more nodes that were up led at once" },
];

/// Why the lead changed hands: what had become of the old leader when the new one stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Crash,
    Pause,
    Cut,
    Resigned,
    Deposed,
}

/// The last reign that began.
#[derive(Clone, Copy, Debug)]
struct Reign {
    leader: NodeId,
    /// How often the leader had booted by then.
    boots: u32,
    has_resigned: bool,
}

/// Watches who leads.
#[derive(Debug, Default)]
pub struct Leadership {
    /// Whether a term is a vote.
    has_votes: bool,
    /// Whether somebody stands before somebody leads.
    has_candidates: bool,
    last: Option<Reign>,
    changes: [u64; 5],
    /// What each node found of the leader when it last stood.
    found: BTreeMap<NodeId, Cause>,
    /// What was sent since the first stood, if nobody has led since then.
    under_way: Option<u64>,
    elections: u64,
    messages: u64,
    /// Who stood for the terms that nobody has led.
    stood: BTreeMap<Term, BTreeSet<NodeId>>,
    led: BTreeSet<Term>,
    /// The nodes whose state says that they lead.
    leaders: BTreeSet<NodeId>,
    overlap: Duration,
    /// Since when two of them are up.
    overlapping: Option<SimTime>,
}

impl Leadership {
    /// For algorithms that elect by votes of a term.
    pub fn by_votes() -> Self {
        Leadership { has_votes: true, ..Leadership::without_votes() }
    }

    /// For algorithms in which somebody stands, and terms are no votes.
    pub fn without_votes() -> Self {
        Leadership { has_candidates: true, ..Leadership::default() }
    }

    /// For algorithms in which nobody stands: who leads comes out of what all say or find.
    pub fn without_candidates() -> Self {
        Leadership::default()
    }

    /// What has become of the last leader, as somebody who stands now finds it.
    fn cause(&self, by: NodeId, world: &World) -> Cause {
        let Some(reign) = self.last else { return Cause::Deposed };
        let leader = world.node(reign.leader);
        match leader.condition {
            Condition::Down => Cause::Crash,
            _ if leader.boots != reign.boots => Cause::Crash,
            Condition::Paused => Cause::Pause,
            Condition::Up if !world.links().connected(by, reign.leader) => Cause::Cut,
            Condition::Up if reign.has_resigned => Cause::Resigned,
            Condition::Up => Cause::Deposed,
        }
    }

    fn stands(&mut self, node: NodeId, term: Term, world: &World) {
        self.found.insert(node, self.cause(node, world));
        self.under_way.get_or_insert(0);
        if self.has_votes && !self.led.contains(&term) {
            self.stood.entry(term).or_default().insert(node);
        }
    }

    fn leads(&mut self, node: NodeId, term: Term, world: &World) {
        let found = self.found.remove(&node);
        if self.last.is_some() {
            let cause = found.unwrap_or_else(|| self.cause(node, world));
            self.changes[cause as usize] += 1;
        }
        let boots = world.node(node).boots;
        self.last = Some(Reign { leader: node, boots, has_resigned: false });
        if let Some(sent) = self.under_way.take() {
            self.elections += 1;
            self.messages += sent;
        }
        if self.has_votes {
            self.led.insert(term);
            self.stood.remove(&term);
        }
    }

    fn sent(&mut self) {
        if let Some(sent) = &mut self.under_way {
            *sent += 1;
        }
    }

    /// Whether two of those who lead are up.
    fn look(&mut self, world: &World) {
        let overlaps = self.leaders.len() > 1
            && self.leaders.iter().filter(|node| world.is_up(**node)).count() > 1;
        match (self.overlapping, overlaps) {
            (None, true) => self.overlapping = Some(world.now()),
            (Some(since), false) => {
                self.overlap = self.overlap + world.now().since(since);
                self.overlapping = None;
            }
            _ => {}
        }
    }

    fn split_votes(&self) -> Option<u64> {
        let split = self.stood.values().filter(|candidates| candidates.len() > 1);
        self.has_votes.then(|| split.count() as u64)
    }
}

impl<P> Metric<P> for Leadership
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn gauges(&self) -> &'static [Gauge] {
        GAUGES
    }

    fn read(&self, world: &World) -> Vec<Option<u64>> {
        let going_on = self.overlapping.map_or(Duration::ZERO, |since| world.now().since(since));
        let mut values = vec![Some(self.changes.iter().sum())];
        values.extend(self.changes.map(Some));
        let of_candidates = |count| self.has_candidates.then_some(count);
        values.extend([of_candidates(self.elections), of_candidates(self.messages)]);
        values.push(self.split_votes());
        values.push(Some((self.overlap + going_on).as_nanos()));
        values
    }

    fn on_observation(&mut self, node: NodeId, observation: &Observation, world: &World) {
        match *observation {
            Observation::ElectionStarted { term } => self.stands(node, term, world),
            Observation::LeaderElected { term } => self.leads(node, term, world),
            Observation::LeaderStepped { .. } => {
                // Who steps down because somebody stands for a higher term has not resigned.
                let by_itself = self.under_way.is_none();
                if let Some(reign) = self.last.as_mut().filter(|reign| reign.leader == node) {
                    reign.has_resigned = by_itself;
                }
            }
            _ => {}
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) {
        let leads = view.is_some_and(|view| view.role == Role::Leader);
        let has_changed =
            if leads { self.leaders.insert(node) } else { self.leaders.remove(&node) };
        if has_changed {
            self.look(world);
        }
    }

    fn on_sent(&mut self, _: NodeId, _: &P::Message, _: &World) {
        self.sent();
    }

    fn on_world(&mut self, world: &World) {
        self.look(world);
    }
}

#[cfg(test)]
#[path = "leadership/tests.rs"]
mod tests;
