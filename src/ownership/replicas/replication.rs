//! The metrics of replicas: what reads have missed, and what it takes that they miss nothing.

use super::cell::Stamp;
use super::node::ReplicaStore;
use super::said::Said;
use crate::id::NodeId;
use crate::metric::{Gauge, Metric};
use crate::ownership::shard::ShardId;
use crate::ownership::spec::Observation;
use crate::ownership::store::{Ask, OperationId, Reply};
use crate::world::World;
use std::collections::BTreeMap;

/// What is told of stores with replicas, in this order.
const GAUGES: &[Gauge] = &[
    Gauge {
        name: "stale-reads",
        meaning: "reads that did not see a write that was done before they were asked for",
    },
    Gauge {
        name: "lost-writes",
        meaning: "keys whose last write that is done none of their replicas has at the end",
    },
    Gauge { name: "write-backs", meaning: "reads that wrote back what they had found" },
    Gauge { name: "hints", meaning: "writes that a server kept for a replica" },
    Gauge { name: "handed-off", meaning: "those of them that it needs to keep no more" },
];

/// Watches clients, and what replicas store.
#[derive(Debug, Default)]
pub struct Replication {
    reads: Vec<Vec<NodeId>>,
    held: BTreeMap<(u64, NodeId), Stamp>,
    /// What a client knows to be written, of each key.
    done: BTreeMap<u64, Stamp>,
    /// Reads that go on: what was done when they were asked for.
    open: BTreeMap<OperationId, Option<Stamp>>,
    /// Writes that go on.
    written: BTreeMap<OperationId, Stamp>,
    stale: u64,
    write_backs: u64,
    hints: u64,
    handed_off: u64,
}

impl Replication {
    fn store(&mut self, node: NodeId, key: u64, stamp: Stamp) {
        let held = self.held.entry((key, node)).or_insert(stamp);
        *held = (*held).max(stamp);
    }

    fn lost(&self) -> u64 {
        let is_lost = |(key, stamp): &(&u64, &Stamp)| {
            let shard = ShardId::of(**key, self.reads.len() as u32);
            let mut reads = self.reads[shard.index()].iter();
            !reads.any(|node| self.held.get(&(**key, *node)).is_some_and(|held| held >= stamp))
        };
        self.done.iter().filter(is_lost).count() as u64
    }

    fn answered(&mut self, id: OperationId, key: u64, reply: Reply) {
        match reply {
            // Something is found by what was said before this.
            Reply::Value(None) => {
                self.stale += u64::from(self.open.remove(&id).flatten().is_some());
            }
            Reply::Value(Some(_)) => drop(self.open.remove(&id)),
            Reply::Done => {
                if let Some(stamp) = self.written.remove(&id) {
                    let done = self.done.entry(key).or_insert(stamp);
                    *done = (*done).max(stamp);
                }
            }
        }
    }
}

impl Metric<ReplicaStore> for Replication {
    fn gauges(&self) -> &'static [Gauge] {
        GAUGES
    }

    fn read(&self, _: &World) -> Vec<Option<u64>> {
        let counts = [self.stale, self.lost(), self.write_backs, self.hints, self.handed_off];
        counts.map(Some).to_vec()
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, _: &World) {
        match said {
            Said::Placed { reads, .. } => self.reads.clone_from(reads),
            Said::Stored { key, stamp } => self.store(node, *key, *stamp),
            Said::Taken { held, .. } | Said::Found { held } => {
                held.iter().for_each(|(key, stamp)| self.store(node, *key, *stamp));
            }
            Said::Dropped { shard } => {
                let shards = self.reads.len() as u32;
                self.held.retain(|(key, holder), _| {
                    *holder != node || ShardId::of(*key, shards) != *shard
                });
            }
            Said::Stamped { id, stamp, .. } => drop(self.written.insert(*id, *stamp)),
            Said::Settled { id, stamp, .. } => {
                let before = self.open.get(id).copied().flatten();
                self.stale += u64::from(before.is_some_and(|before| *stamp < before));
            }
            Said::WritesBack { .. } => self.write_backs += 1,
            Said::Hinted { .. } => self.hints += 1,
            Said::HandedOff { .. } => self.handed_off += 1,
            Said::Store(Observation::Invoked { id, key, ask: Ask::Get }) => {
                self.open.insert(*id, self.done.get(key).copied());
            }
            Said::Store(Observation::Answered { id, key, reply, .. }) => {
                self.answered(*id, *key, *reply);
            }
            Said::Store(_) => {}
        }
    }
}
