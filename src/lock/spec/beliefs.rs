//! Who believes to hold which lock, as nodes declare it: what is judged and measured of beliefs.

use super::said::Said;
use super::{LockId, Observation};
use crate::id::NodeId;
use crate::world::World;
use std::collections::BTreeMap;

/// The holders of each lock, each with the words in which it said so. A crash ends what a node
/// believes; a pause does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Beliefs {
    holders: BTreeMap<LockId, Vec<Said>>,
}

impl Beliefs {
    /// Takes note of what a node declares.
    pub(super) fn hear(&mut self, node: NodeId, said: &Observation, world: &World) {
        match *said {
            Observation::Acquired { lock, .. } => {
                self.drop_holder(node, Some(lock));
                let holders = self.holders.entry(lock).or_default();
                holders.push(Said::now(world, node, *said));
            }
            Observation::Released { lock, .. } | Observation::Lost { lock, .. } => {
                self.drop_holder(node, Some(lock));
            }
            _ => {}
        }
    }

    /// A node has crashed: it holds nothing any more.
    pub(super) fn crash(&mut self, node: NodeId) {
        self.drop_holder(node, None);
    }

    /// Who holds the lock, in the order in which they began to.
    pub(super) fn holders(&self, lock: LockId) -> &[Said] {
        self.holders.get(&lock).map_or(&[], Vec::as_slice)
    }

    /// Whether two nodes hold the same lock.
    pub(super) fn overlap(&self) -> bool {
        self.holders.values().any(|holders| holders.len() > 1)
    }

    fn drop_holder(&mut self, node: NodeId, lock: Option<LockId>) {
        let of = self.holders.iter_mut().filter(|(of, _)| lock.is_none_or(|lock| lock == **of));
        of.for_each(|(_, holders)| holders.retain(|said| said.node != node));
    }
}
