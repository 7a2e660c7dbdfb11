//! Every key has an owner.

use super::node::Directory;
use super::said::Said;
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::world::World;

/// A node that knows a member names an owner of every key.
#[derive(Clone, Copy, Debug, Default)]
pub struct EveryKeyOwned;

impl Invariant<Directory> for EveryKeyOwned {
    fn name(&self) -> &'static str {
        "every-key-owned"
    }

    fn explains(&self) -> &'static str {
        "every key has an owner, as long as there is a member (H-TOTAL)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        let Said::Named(named) = said else { return Ok(()) };
        let nobodys = named.owners.iter().filter(|owner| owner.is_none()).count();
        let Some(first) = named.owners.iter().position(Option::is_none) else { return Ok(()) };
        let what = format!(
            "names no owner of {nobodys} of {} keys in {}, key {first} among them",
            named.owners.len(),
            named.epoch
        );
        Err(Violation {
            invariant: "every-key-owned",
            message: format!("{node} {what}"),
            witnesses: vec![Witness::now(world, node, what)],
        })
    }
}
