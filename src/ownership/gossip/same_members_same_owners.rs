//! Who knows the same members names the same owners.
//!
//! Views of the members differ for a while, and then the owners do; that is measured. When the
//! views are the same and the owners are not, no time mends it.

use super::node::GossipStore;
use super::said::Said;
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::ownership::spec::{Observation, OwnersOfMembers};
use crate::world::World;
use std::collections::BTreeMap;

/// The owners follow from the members and their weights: for all nodes, and for good.
#[derive(Clone, Debug, Default)]
pub struct SameMembersSameOwners {
    /// Of each node the members that it sees.
    seen: BTreeMap<NodeId, Vec<(NodeId, u32)>>,
    named: OwnersOfMembers<NodeId>,
}

impl Invariant<GossipStore> for SameMembersSameOwners {
    fn name(&self) -> &'static str {
        OwnersOfMembers::<NodeId>::NAME
    }

    fn explains(&self) -> &'static str {
        OwnersOfMembers::<NodeId>::EXPLAINS
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        if let Said::Viewed { members, .. } = said {
            self.seen.insert(node, members.clone());
        }
        let Said::Store(Observation::Adopted { owners, .. }) = said else { return Ok(()) };
        let Some(members) = self.seen.get(&node) else { return Ok(()) };
        self.named.hear(node, members, owners, world)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::shard::Epoch;
    use crate::time::Clock;

    #[test]
    fn the_same_members_with_other_owners_are_caught() {
        let mut judge = SameMembersSameOwners::default();
        let world = World::new(vec![Clock::default(); 4]);
        let mut sees = |node: u32, members: &[(u32, u32)], owners: [u32; 4]| {
            let members = members.iter().map(|(node, weight)| (NodeId::new(*node), *weight));
            let (epoch, owners) = (Epoch::FIRST, owners.map(NodeId::new).to_vec());
            let viewed = Said::Viewed { view: epoch, members: members.collect() };
            let adopted = Said::Store(Observation::Adopted { epoch, owners });
            judge.on_observation(NodeId::new(node), &viewed, &world)?;
            judge.on_observation(NodeId::new(node), &adopted, &world)
        };
        assert!(sees(1, &[(1, 1), (2, 1)], [1, 2, 1, 2]).is_ok());
        assert!(sees(2, &[(2, 1)], [2, 2, 2, 2]).is_ok(), "another view");
        assert!(sees(2, &[(1, 1), (2, 3)], [2, 2, 1, 2]).is_ok(), "other weights");
        assert!(sees(2, &[(1, 1), (2, 1)], [1, 2, 1, 2]).is_ok());
        let violation = sees(3, &[(1, 1), (2, 1)], [1, 2, 2, 2]).expect_err("not the same");
        assert_eq!(
            violation.message,
            "n1 and n3 see the same members and name different owners of 25 % of the shards"
        );
        assert_eq!(violation.witnesses[0].what, "sees n1, n2");
    }
}
