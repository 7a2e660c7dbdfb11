//! Replicas are distinct members, and as many as there should be.

use super::node::Directory;
use super::said::Said;
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::world::World;
use std::collections::BTreeSet;

/// A list of replicas has so many members, all of them where there are fewer, and none twice.
#[derive(Clone, Copy, Debug)]
pub struct ReplicasDistinct {
    pub(super) count: u32,
}

impl Invariant<Directory> for ReplicasDistinct {
    fn name(&self) -> &'static str {
        "replicas-distinct"
    }

    fn explains(&self) -> &'static str {
        "the replicas of a key are distinct members, and as many as there should be (H-REP)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        let Said::Named(named) = said else { return Ok(()) };
        let right = (self.count as usize).min(named.members.len());
        let is_wrong = |list: &Vec<NodeId>| {
            let distinct: BTreeSet<&NodeId> = list.iter().collect();
            list.len() != right || distinct.len() != right
        };
        // A key without an owner has no replicas, and that is another matter.
        let owned = named.replicas.iter().zip(&named.owners);
        let wrong = owned.enumerate().find(|(_, (list, owner))| owner.is_some() && is_wrong(list));
        let Some((key, (list, _))) = wrong else { return Ok(()) };
        let names: Vec<String> = list.iter().map(ToString::to_string).collect();
        let what = format!(
            "names {} replicas of key {key} in {}, not {right} members: {}",
            list.len(),
            named.epoch,
            names.join(", ")
        );
        Err(Violation {
            invariant: "replicas-distinct",
            message: format!("{node} {what}"),
            witnesses: vec![Witness::now(world, node, what)],
        })
    }
}
