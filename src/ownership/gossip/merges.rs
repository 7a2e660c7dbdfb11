//! The metric of merges: which acknowledged writes are gone for good where two copies of a shard
//! were written to.
//!
//! That the later of two writes is kept is what a register does, whether it knew of the other or
//! not. A write is lost if what is kept instead had been applied before the lost one was asked for:
//! whoever was told that it is done reads something older from then on.

use super::node::GossipStore;
use super::said::Said;
use crate::id::NodeId;
use crate::metric::{Gauge, Metric};
use crate::ownership::spec::Observation;
use crate::ownership::store::{OperationId, Reply};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// What is told of every store whose copies are merged.
const GAUGES: &[Gauge] = &[Gauge {
    name: "overruled-writes",
    meaning: "acknowledged writes that the merge of two copies gave up for an older one",
}];

/// Watches what becomes of writes where two copies meet.
#[derive(Debug, Default)]
pub struct Merges {
    /// By their events: when a write was asked for, and first applied.
    asked: BTreeMap<OperationId, u64>,
    applied: BTreeMap<OperationId, u64>,
    done: BTreeSet<OperationId>,
    /// Writes that were not kept, and those that were kept instead.
    overruled: BTreeSet<(OperationId, OperationId)>,
}

impl Merges {
    fn is_lost(&self, lost: OperationId, kept: OperationId) -> bool {
        let was_before = match (self.applied.get(&kept), self.asked.get(&lost)) {
            (Some(applied), Some(asked)) => applied < asked,
            _ => false,
        };
        was_before && self.done.contains(&lost)
    }
}

impl Metric<GossipStore> for Merges {
    fn gauges(&self) -> &'static [Gauge] {
        GAUGES
    }

    fn read(&self, _: &World) -> Vec<Option<u64>> {
        let lost = self.overruled.iter().filter(|(lost, kept)| self.is_lost(*lost, *kept));
        let lost: BTreeSet<OperationId> = lost.map(|(lost, _)| *lost).collect();
        vec![Some(lost.len() as u64)]
    }

    fn on_observation(&mut self, _: NodeId, said: &Said, world: &World) {
        match *said {
            Said::Store(Observation::Invoked { id, .. }) => {
                self.asked.insert(id, world.event());
            }
            Said::Store(Observation::Applied { id, wrote: Some(_), .. }) => {
                self.applied.entry(id).or_insert(world.event());
            }
            Said::Store(Observation::Answered { id, reply: Reply::Done, .. }) => {
                self.done.insert(id);
            }
            Said::Overruled { kept, lost, .. } => {
                self.overruled.insert((lost, kept));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::shard::ShardId;
    use crate::ownership::store::{Ask, Version, Writer};
    use crate::time::Clock;

    fn operation(number: u64) -> OperationId {
        OperationId { writer: Writer { node: NodeId::new(4), life: 0 }, number }
    }

    /// What is said of a write until its client is told that it is done.
    fn write(number: u64) -> [Observation; 3] {
        let (id, key, shard, command) = (operation(number), 0, ShardId(0), 0);
        let (version, wrote) = (Version(number), Some(number));
        [
            Observation::Invoked { id, key, ask: Ask::Put(number) },
            Observation::Applied { id, shard, key, version, wrote },
            Observation::Answered { id, command, key, reply: Reply::Done },
        ]
    }

    #[test]
    fn a_write_is_lost_if_what_is_kept_instead_is_older() {
        let mut world = World::new(vec![Clock::default(); 5]);
        let mut merges = Merges::default();
        let overruled =
            |(kept, lost)| Said::Overruled { key: 0, kept: operation(kept), lost: operation(lost) };
        let said = [1, 2, 3].into_iter().flat_map(write).chain(write(4).into_iter().take(2));
        let met = [(1, 2), (1, 2), (3, 1), (1, 4)].into_iter().map(overruled);
        for (event, said) in (1..).zip(said.map(Said::Store).chain(met)) {
            world.event = event;
            merges.on_observation(NodeId::new(1), &said, &world);
        }
        let read = merges.read(&world);
        assert_eq!(read, [Some(1)], "2 for 1; 3 is later than 1, and of 4 nobody was told");
    }
}
