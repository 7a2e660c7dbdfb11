//! The metrics of what servers apply: how even the load is, what was stale, lost and applied again.

use super::Observation;
use crate::id::NodeId;
use crate::metric::{Gauge, Metric};
use crate::ownership::shard::ShardId;
use crate::ownership::store::{OperationId, Reply, Version};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// What is told of every store, in this order.
const GAUGES: &[Gauge] = &[
    Gauge {
        name: "load-max-over-mean-ppm",
        meaning: "the operations that the busiest server applied over the mean of all that did any",
    },
    Gauge { name: "stale-reads", meaning: "reads that did not see a write that was accepted" },
    Gauge {
        name: "lost-writes",
        meaning: "acknowledged writes that a later state of their shard does not have",
    },
    Gauge { name: "duplicated-writes", meaning: "writes that were applied again" },
];

/// Watches what servers apply for clients.
#[derive(Debug, Default)]
pub struct Traffic {
    load: BTreeMap<NodeId, u64>,
    applied: BTreeMap<OperationId, (ShardId, Version)>,
    /// The version of each shard as it was declared last: one that goes back has lost writes.
    newest: BTreeMap<ShardId, Version>,
    acknowledged: BTreeSet<(ShardId, Version)>,
    stale: u64,
    lost: u64,
    duplicated: u64,
}

impl Traffic {
    /// A shard is at this version now: what was acknowledged of it from there on is lost.
    fn goes_on(&mut self, shard: ShardId, version: Version, is_write: bool) {
        let from = Version(version.0 + u64::from(!is_write));
        let gone: Vec<_> =
            self.acknowledged.range((shard, from)..=(shard, Version(u64::MAX))).copied().collect();
        self.lost += gone.len() as u64;
        self.acknowledged.retain(|write| !gone.contains(write));
        self.newest.insert(shard, version);
    }

    fn apply(&mut self, id: OperationId, shard: ShardId, version: Version, is_write: bool) {
        if !is_write {
            let newest = self.newest.get(&shard).copied().unwrap_or_default();
            self.stale += u64::from(version < newest);
            return;
        }
        self.goes_on(shard, version, true);
        self.duplicated += u64::from(self.applied.insert(id, (shard, version)).is_some());
    }
}

impl<P> Metric<P> for Traffic
where
    P: Protocol<Observation = Observation>,
{
    fn gauges(&self) -> &'static [Gauge] {
        GAUGES
    }

    fn read(&self, _: &World) -> Vec<Option<u64>> {
        let busiest = self.load.values().copied().max();
        let all: u64 = self.load.values().sum();
        let even = busiest.map(|max| max * 1_000_000 * self.load.len() as u64 / all.max(1));
        vec![even, Some(self.stale), Some(self.lost), Some(self.duplicated)]
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, _: &World) {
        match *said {
            Observation::Answered { id, reply, .. } => {
                let written = self.applied.get(&id).filter(|_| reply == Reply::Done);
                self.acknowledged.extend(written);
            }
            Observation::Serves { shard, version, .. } => self.goes_on(shard, version, false),
            Observation::Applied { id, shard, version, wrote, .. } => {
                *self.load.entry(node).or_default() += 1;
                self.apply(id, shard, version, wrote.is_some());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Silent, done, reads, serves, wants, writes};
    use super::*;
    use crate::ownership::store::Ask;
    use crate::time::{Clock, SimTime};

    #[test]
    fn what_is_lost_stale_and_applied_again_is_counted() {
        let mut world = World::new(vec![Clock::default(); 5]);
        let mut traffic = Traffic::default();
        let said = [
            (4, wants(1, Ask::Put(1))),
            (1, writes(0, 1, 1)),
            (4, done(1)),
            (4, wants(2, Ask::Put(2))),
            (1, writes(0, 2, 2)),
            (4, done(2)),
            (2, reads(0, 3, 1)),
            (2, serves(0, 1)),
            (2, writes(0, 2, 2)),
            (4, wants(4, Ask::Get)),
        ];
        for (at, (node, said)) in (1..).zip(said) {
            world.now = SimTime::from_nanos(at * 10);
            let metric: &mut dyn Metric<Silent> = &mut traffic;
            metric.on_observation(NodeId::new(node), &said, &world);
        }
        let read = Metric::<Silent>::read(&traffic, &world);
        let of = |name: &str| {
            let place = GAUGES.iter().position(|gauge| gauge.name == name);
            read[place.expect("it is among them")]
        };
        assert_eq!(of("stale-reads"), Some(1), "n2 reads behind version 2");
        assert_eq!(of("lost-writes"), Some(1), "version 2, when n2 serves from version 1");
        assert_eq!(of("duplicated-writes"), Some(1));
        assert_eq!(of("load-max-over-mean-ppm"), Some(1_000_000), "two each");
    }
}
