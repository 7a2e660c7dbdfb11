//! Every quorum of a read has each write that is done: what all that clients see rests on.
//!
//! The judge looks at disks, not at answers: it does not wait until somebody reads.

use super::cell::Stamp;
use super::layout::Quorums;
use super::node::ReplicaStore;
use super::said::Said;
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::ownership::shard::ShardId;
use crate::world::World;
use std::collections::BTreeMap;

/// Of the replicas that reads ask, N - R + 1 have the last write of a key that a client knows to be
/// done, or that it has read.
#[derive(Clone, Debug)]
pub struct QuorumHoldsWrite {
    quorums: Quorums,
    /// By the latest epoch.
    reads: Vec<Vec<NodeId>>,
    /// What is on whose disk.
    held: BTreeMap<u64, BTreeMap<NodeId, Stamp>>,
    done: BTreeMap<u64, (Stamp, Witness)>,
}

impl QuorumHoldsWrite {
    const NAME: &'static str = "quorum-holds-write";

    /// With these quorums.
    pub const fn with(quorums: Quorums) -> Self {
        QuorumHoldsWrite {
            quorums,
            reads: Vec::new(),
            held: BTreeMap::new(),
            done: BTreeMap::new(),
        }
    }

    fn shard_of(&self, key: u64) -> ShardId {
        ShardId::of(key, self.reads.len() as u32)
    }

    fn store(&mut self, node: NodeId, key: u64, stamp: Stamp) {
        let held = self.held.entry(key).or_default().entry(node).or_insert(stamp);
        *held = (*held).max(stamp);
    }

    fn check(&self, key: u64, node: NodeId, world: &World) -> Verdict {
        let Some((stamp, done)) = self.done.get(&key) else { return Ok(()) };
        let Some(reads) = self.reads.get(self.shard_of(key).index()) else { return Ok(()) };
        let held = self.held.get(&key);
        let has = |node: &&NodeId| held.and_then(|it| it.get(*node)).is_some_and(|it| it >= stamp);
        let count = reads.iter().filter(has).count();
        if count >= self.quorums.meet_reads() {
            return Ok(());
        }
        let lacks: Vec<String> =
            reads.iter().filter(|node| !has(node)).map(ToString::to_string).collect();
        let message = format!(
            "a read may ask {} replicas of {} that do not have the last write of key {key}: {}",
            self.quorums.read,
            self.shard_of(key),
            lacks.join(", ")
        );
        let what = format!("{count} of {} replicas have {stamp} of key {key}", reads.len());
        let witnesses = vec![done.clone(), Witness::now(world, node, what)];
        Err(Violation { invariant: Self::NAME, message, witnesses })
    }

    fn check_all(&self, node: NodeId, world: &World) -> Verdict {
        self.done.keys().try_for_each(|key| self.check(*key, node, world))
    }
}

impl Invariant<ReplicaStore> for QuorumHoldsWrite {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "whichever R replicas a read asks, one of them has the last write that is done on its disk"
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        match said {
            Said::Stored { key, stamp } => self.store(node, *key, *stamp),
            Said::Taken { held, .. } | Said::Found { held } => {
                held.iter().for_each(|(key, stamp)| self.store(node, *key, *stamp));
            }
            Said::Settled { id, key, stamp } => {
                if self.done.get(key).is_none_or(|(done, _)| done < stamp) {
                    let what = format!("{id} is done: key {key} is at {stamp}");
                    self.done.insert(*key, (*stamp, Witness::now(world, node, what)));
                }
                return self.check(*key, node, world);
            }
            Said::Placed { reads, .. } => {
                self.reads.clone_from(reads);
                return self.check_all(node, world);
            }
            Said::Dropped { shard } => {
                let shards = self.reads.len() as u32;
                for (key, held) in &mut self.held {
                    if ShardId::of(*key, shards) == *shard {
                        held.remove(&node);
                    }
                }
                return self.check_all(node, world);
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::Court;
    use super::*;
    use crate::ownership::replicas::Quorums;
    use crate::ownership::shard::Epoch;

    const QUORUMS: Quorums = Quorums { replicas: 3, read: 2, write: 2 };

    fn placed(nodes: [u32; 3]) -> Said {
        Said::Placed { epoch: Epoch::FIRST, reads: vec![nodes.map(NodeId::new).to_vec()] }
    }

    #[test]
    fn a_write_that_is_done_is_with_so_many_that_every_read_meets_it() {
        let mut court = Court::of(QuorumHoldsWrite::with(QUORUMS));
        assert!(court.hears(0, placed([1, 2, 3])).is_ok());
        assert!(court.hears(1, Court::stored(1)).is_ok());
        assert!(court.hears(2, Court::stored(1)).is_ok());
        assert!(court.hears(9, Court::settled(1)).is_ok());
        assert!(court.hears(1, Court::stored(2)).is_ok());
        let violation = court.hears(9, Court::settled(2)).expect_err("n1 alone has it");
        assert!(violation.message.ends_with("of key 0: n2, n3"), "{}", violation.message);
        assert_eq!(violation.witnesses.len(), 2);
    }

    #[test]
    fn what_a_crash_has_left_on_a_disk_counts_when_it_is_found_there() {
        let mut court = Court::of(QuorumHoldsWrite::with(QUORUMS));
        assert!(court.hears(0, placed([1, 2, 3])).is_ok());
        assert!(court.hears(1, Court::stored(1)).is_ok());
        assert!(court.hears(2, Said::Found { held: vec![(0, Court::stamp(1))] }).is_ok());
        assert!(court.hears(9, Court::settled(1)).is_ok());
    }

    #[test]
    fn it_is_with_those_whom_reads_ask_from_now_on() {
        let mut court = Court::of(QuorumHoldsWrite::with(QUORUMS));
        assert!(court.hears(0, placed([1, 2, 3])).is_ok());
        for node in [1, 2] {
            assert!(court.hears(node, Court::stored(1)).is_ok());
        }
        assert!(court.hears(9, Court::settled(1)).is_ok());
        assert!(court.hears(0, placed([2, 3, 4])).is_err(), "n2 alone of them has it");
        let held = vec![(0, Court::stamp(1))];
        assert!(court.hears(4, Said::Taken { shard: ShardId(0), held }).is_ok());
        assert!(court.hears(0, placed([2, 3, 4])).is_ok());
        assert!(court.hears(4, Said::Dropped { shard: ShardId(0) }).is_err());
    }
}
