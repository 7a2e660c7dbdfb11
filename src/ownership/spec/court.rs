//! A court for tests: an invariant, and nodes that say to it what the test makes them say. All
//! operations are those of n4, on key 0.

use super::{Observation, Part, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::store::{Ask, OperationId, Reply, Version, Writer};
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
        View::of(Part::Server, Epoch::FIRST)
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

    /// Each event is a nanosecond later than the one before.
    fn next(&mut self) {
        self.world.event += 1;
        self.world.now = crate::time::SimTime::from_nanos(self.world.event);
    }

    pub(super) fn hears(&mut self, node: u32, said: Observation) -> Verdict {
        self.next();
        self.judge.on_observation(NodeId::new(node), &said, &self.world)
    }

    pub(super) fn overhears(&mut self, node: u32, claim: Observation) -> Verdict {
        self.next();
        self.judge.on_claim(NodeId::new(node), &claim, &self.world)
    }

    pub(super) fn sees(&mut self, node: u32, serves: &[u32]) -> Verdict {
        self.next();
        let serves = serves.iter().map(|shard| ShardId(*shard)).collect();
        let view = View { serves, ..View::of(Part::Server, Epoch::FIRST) };
        self.judge.on_view(NodeId::new(node), Some(&view), &self.world)
    }

    pub(super) fn sees_crash(&mut self, node: u32) -> Verdict {
        self.next();
        self.judge.on_view(NodeId::new(node), None, &self.world)
    }

    pub(super) fn ends(&mut self) -> Verdict {
        self.judge.on_end(&self.world)
    }
}

pub(super) const fn operation(number: u64) -> OperationId {
    OperationId { writer: Writer { node: NodeId::new(4), life: 0 }, number }
}

pub(super) const fn serves(shard: u32, version: u64) -> Observation {
    let version = Version(version);
    Observation::Serves { shard: ShardId(shard), epoch: Epoch::FIRST, version }
}

pub(super) const fn stops(shard: u32) -> Observation {
    Observation::Stops { shard: ShardId(shard), epoch: Epoch::FIRST }
}

pub(super) const fn writes(shard: u32, number: u64, version: u64) -> Observation {
    Observation::Applied {
        id: operation(number),
        shard: ShardId(shard),
        key: 0,
        version: Version(version),
        wrote: Some(number),
    }
}

pub(super) const fn reads(shard: u32, number: u64, version: u64) -> Observation {
    Observation::Applied {
        id: operation(number),
        shard: ShardId(shard),
        key: 0,
        version: Version(version),
        wrote: None,
    }
}

pub(super) const fn repeats(number: u64, version: u64) -> Observation {
    Observation::Repeated { id: operation(number), version: Version(version) }
}

pub(super) const fn wants(number: u64, ask: Ask) -> Observation {
    Observation::Invoked { id: operation(number), key: 0, ask }
}

pub(super) const fn done(number: u64) -> Observation {
    Observation::Answered { id: operation(number), command: 0, key: 0, reply: Reply::Done }
}

pub(super) const fn found(number: u64, value: Option<u64>) -> Observation {
    let reply = Reply::Value(value);
    Observation::Answered { id: operation(number), command: 0, key: 0, reply }
}

pub(super) const fn abandons(number: u64) -> Observation {
    Observation::Abandoned { id: operation(number), command: 0, key: 0 }
}
