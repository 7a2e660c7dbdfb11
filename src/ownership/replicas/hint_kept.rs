//! What a server keeps for a replica it keeps until the replica has it.

use super::cell::Stamp;
use super::node::ReplicaStore;
use super::said::Said;
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::spec::Observation;
use crate::world::World;
use std::collections::BTreeMap;

/// Who drops a hint does so when its target has the write, or is no replica any more by the epoch
/// that it goes by.
#[derive(Clone, Debug, Default)]
pub struct HintKept {
    /// The replicas of all epochs.
    placed: BTreeMap<Epoch, Vec<Vec<NodeId>>>,
    /// Who goes by which.
    epochs: BTreeMap<NodeId, Epoch>,
    /// What is on whose disk.
    held: BTreeMap<(NodeId, u64), Stamp>,
    /// Who keeps what for whom.
    hints: BTreeMap<(NodeId, NodeId, u64), Witness>,
}

impl HintKept {
    const NAME: &'static str = "hint-kept";

    fn store(&mut self, node: NodeId, key: u64, stamp: Stamp) {
        let held = self.held.entry((node, key)).or_insert(stamp);
        *held = (*held).max(stamp);
    }

    /// Whether a node is a replica of a key by the epoch that another goes by.
    fn is_replica(&self, node: NodeId, key: u64, by: NodeId) -> bool {
        let reads = self.epochs.get(&by).and_then(|epoch| self.placed.get(epoch));
        reads.is_some_and(|reads| {
            reads[ShardId::of(key, reads.len() as u32).index()].contains(&node)
        })
    }
}

impl Invariant<ReplicaStore> for HintKept {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "who keeps a write for a replica that does not answer keeps it until the replica has it"
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        match said {
            Said::Placed { epoch, reads } => drop(self.placed.insert(*epoch, reads.clone())),
            Said::Store(Observation::Adopted { epoch, .. }) => {
                self.epochs.insert(node, *epoch);
            }
            Said::Stored { key, stamp } => self.store(node, *key, *stamp),
            Said::Taken { held, .. } | Said::Found { held } => {
                held.iter().for_each(|(key, stamp)| self.store(node, *key, *stamp));
            }
            Said::Hinted { target, key, stamp } => {
                let what = format!("keeps {stamp} of key {key} for {target}");
                let kept = Witness::now(world, node, what);
                self.hints.entry((node, *target, *key)).or_insert(kept);
            }
            Said::HandedOff { target, key, stamp } => {
                let Some(kept) = self.hints.remove(&(node, *target, *key)) else {
                    return Ok(());
                };
                let has = self.held.get(&(*target, *key)).is_some_and(|it| it >= stamp);
                if !has && self.is_replica(*target, *key, node) {
                    let what = format!("drops what it keeps of key {key} for {target}");
                    let message = format!("{node} {what}, which does not have it");
                    let witnesses = vec![kept, Witness::now(world, node, what)];
                    return Err(Violation { invariant: Self::NAME, message, witnesses });
                }
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

    #[test]
    fn who_drops_a_hint_that_has_not_come_is_caught() {
        let placed = |epoch, nodes: [u32; 2]| {
            let reads = vec![nodes.map(NodeId::new).to_vec()];
            Said::Placed { epoch: Epoch(epoch), reads }
        };
        let goes_by = |epoch| {
            let (epoch, owners) = (Epoch(epoch), Vec::new());
            Said::Store(Observation::Adopted { epoch, owners })
        };
        let (target, stamp) = (NodeId::new(2), Court::stamp(1));
        let kept = || Said::Hinted { target, key: 0, stamp };
        let dropped = || Said::HandedOff { target, key: 0, stamp };
        let mut court = Court::of(HintKept::default());
        assert!(court.hears(0, placed(1, [1, 2])).is_ok());
        assert!(court.hears(3, goes_by(1)).is_ok());
        assert!(court.hears(3, kept()).is_ok());
        assert!(court.hears(2, Court::stored(1)).is_ok());
        assert!(court.hears(3, dropped()).is_ok());
        let mut court = Court::of(HintKept::default());
        assert!(court.hears(0, placed(1, [1, 2])).is_ok());
        assert!(court.hears(3, goes_by(1)).is_ok());
        assert!(court.hears(3, kept()).is_ok());
        assert!(court.hears(3, dropped()).is_err());
        assert!(court.hears(3, kept()).is_ok());
        assert!(court.hears(0, placed(2, [1, 4])).is_ok());
        assert!(court.hears(3, goes_by(2)).is_ok());
        assert!(court.hears(3, dropped()).is_ok(), "its target is no replica any more");
    }
}
