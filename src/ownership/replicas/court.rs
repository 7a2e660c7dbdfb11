//! A court for tests: a judge, and nodes that say to it what the test makes them say. All writes
//! are those of n9, of key 0.

use super::cell::Stamp;
use super::node::ReplicaStore;
use super::said::Said;
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::ownership::store::{OperationId, Version, Writer};
use crate::time::Clock;
use crate::world::World;

pub(super) struct Court {
    judge: Box<dyn Invariant<ReplicaStore>>,
    world: World,
}

impl Court {
    pub fn of(judge: impl Invariant<ReplicaStore> + 'static) -> Self {
        Court { judge: Box::new(judge), world: World::new(vec![Clock::default(); 10]) }
    }

    pub fn hears(&mut self, node: u32, said: Said) -> Verdict {
        self.world.event += 1;
        self.judge.on_observation(NodeId::new(node), &said, &self.world)
    }

    pub fn overhears(&mut self, node: u32, claim: Said) -> Verdict {
        self.world.event += 1;
        self.judge.on_claim(NodeId::new(node), &claim, &self.world)
    }

    /// The stamp of an operation that is written as the version of its number.
    pub fn stamp(number: u64) -> Stamp {
        Court::stamp_at(number, number)
    }

    pub fn stamp_at(version: u64, number: u64) -> Stamp {
        let by = OperationId { writer: Writer { node: NodeId::new(9), life: 0 }, number };
        Stamp { version: Version(version), by }
    }

    pub fn stored(number: u64) -> Said {
        Said::Stored { key: 0, stamp: Court::stamp(number) }
    }

    pub fn settled(number: u64) -> Said {
        let stamp = Court::stamp(number);
        Said::Settled { id: stamp.by, key: 0, stamp }
    }
}
