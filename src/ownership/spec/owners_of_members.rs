//! Owners follow from the members: for all nodes, and for good.

use crate::id::NodeId;
use crate::invariant::{Verdict, Violation, Witness};
use crate::world::World;
use std::collections::BTreeMap;

type Members = Vec<(NodeId, u32)>;

/// Who has named the owners of which members first. `O` is an owner as it is named.
#[derive(Clone, Debug)]
pub struct OwnersOfMembers<O> {
    first: BTreeMap<Members, (Vec<O>, Witness)>,
}

impl<O> Default for OwnersOfMembers<O> {
    fn default() -> Self {
        OwnersOfMembers { first: BTreeMap::new() }
    }
}

impl<O: Clone + PartialEq> OwnersOfMembers<O> {
    /// What it judges.
    pub const NAME: &'static str = "same-members-same-owners";
    /// That in words.
    pub const EXPLAINS: &'static str = "owners follow from the members and their weights alone, \
                                        and not from how a node has come to know them (H-DET)";

    /// A node sees these members and names these owners.
    ///
    /// # Errors
    /// If somebody has named others for the same members.
    pub fn hear(
        &mut self,
        node: NodeId,
        members: &[(NodeId, u32)],
        owners: &[O],
        world: &World,
    ) -> Verdict {
        let names: Vec<String> = members.iter().map(|(node, _)| node.to_string()).collect();
        let now = Witness::now(world, node, format!("sees {}", names.join(", ")));
        let Some((known, first)) = self.first.get(members) else {
            self.first.insert(members.to_vec(), (owners.to_vec(), now));
            return Ok(());
        };
        let differ = known.iter().zip(owners).filter(|(one, other)| one != other).count();
        if differ == 0 {
            return Ok(());
        }
        Err(Violation {
            invariant: Self::NAME,
            message: format!(
                "{} and {node} see the same members and name different owners of {} % of the \
                 shards",
                first.node,
                differ * 100 / owners.len().max(1)
            ),
            witnesses: vec![first.clone(), now],
        })
    }
}
