//! A court for tests: an invariant, and nodes that say to it what the test makes them say.

use super::{LogIndex, Observation, Role, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::{Context, Never, Protocol};
use crate::time::Clock;
use crate::world::World;

/// An algorithm of the family that never does anything.
#[derive(Debug)]
pub(super) struct Silent;

impl Protocol for Silent {
    type Config = ();
    type Message = Never;
    type Timer = ();
    type Command = Never;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Silent
    }
    fn on_message(&mut self, _: NodeId, _: Never, _: &mut Context<'_, Self>) {}
    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
    fn view(&self) -> View {
        View { role: Role::Follower, term: Term(0), leader: None, members: None }
    }
}

/// A judge and the world it sees; each hearing is an event of its own.
pub(super) struct Court {
    judge: Box<dyn Invariant<Silent>>,
    world: World,
}

impl Court {
    pub(super) fn of(judge: impl Invariant<Silent> + 'static) -> Self {
        Court { judge: Box::new(judge), world: World::new(vec![Clock::default(); 5]) }
    }

    pub(super) fn hears(&mut self, node: u32, said: Observation) -> Verdict {
        self.world.event += 1;
        self.judge.on_observation(n(node), &said, &self.world)
    }

    pub(super) fn overhears(&mut self, node: u32, claim: Observation) -> Verdict {
        self.world.event += 1;
        self.judge.on_claim(n(node), &claim, &self.world)
    }

    pub(super) fn sees_leader(&mut self, node: u32, term: u64) -> Verdict {
        self.world.event += 1;
        let view =
            View { role: Role::Leader, term: Term(term), leader: Some(n(node)), members: None };
        self.judge.on_view(n(node), Some(&view), &self.world)
    }

    pub(super) fn sees_crash(&mut self, node: u32) -> Verdict {
        self.world.event += 1;
        self.judge.on_view(n(node), None, &self.world)
    }
}

pub(super) const fn n(node: u32) -> NodeId {
    NodeId::new(node)
}

pub(super) const fn leads(term: u64) -> Observation {
    Observation::LeaderElected { term: Term(term) }
}

pub(super) const fn stands(term: u64) -> Observation {
    Observation::ElectionStarted { term: Term(term) }
}

pub(super) const fn votes(candidate: u32, term: u64) -> Observation {
    Observation::VoteGranted { candidate: n(candidate), term: Term(term) }
}

pub(super) const fn appends(index: u64, term: u64, prefix: u64) -> Observation {
    Observation::EntryAppended { index: LogIndex(index), term: Term(term), prefix }
}

pub(super) const fn commits(index: u64, term: u64, prefix: u64, learned_in: u64) -> Observation {
    Observation::EntryCommitted {
        index: LogIndex(index),
        term: Term(term),
        prefix,
        learned_in: Term(learned_in),
    }
}
