//! Garcia-Molina's first assertion, to the letter: connected nodes never have two coordinators.

use super::agreement::Views;
use super::{Observation, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Verdict, Violation, Witness};
use crate::protocol::Protocol;
use crate::world::World;

/// `same-coordinator`: of two members that are up and connected, and that have a coordinator, both
/// have the same one - at every instant.
///
/// For algorithms that take a node's coordinator away before they name another. A node that shows
/// no leader (`Down` or `Election` in the paper) is in nobody's way. Judged whenever a view changes
/// and whenever somebody comes up or a link is mended; nodes that stand still are not up.
#[derive(Clone, Debug)]
pub struct SameCoordinator {
    views: Views,
}

impl SameCoordinator {
    /// The judge of these members.
    pub fn new(members: Vec<NodeId>) -> Self {
        SameCoordinator { views: Views::of(members) }
    }

    /// The coordinator of a member that is up.
    fn coordinator(&self, node: NodeId, world: &World) -> Option<NodeId> {
        self.views.leader(node).filter(|_| world.is_up(node))
    }

    fn judge(&self, node: NodeId, world: &World) -> Verdict {
        let Some(coordinator) = self.coordinator(node, world) else { return Ok(()) };
        for &other in &self.views.members {
            let Some(of_other) = self.coordinator(other, world) else { continue };
            if of_other == coordinator || !world.links().connected(node, other) {
                continue;
            }
            let witness =
                |node, its| Witness::now(world, node, format!("its coordinator is {its}"));
            return Err(Violation {
                invariant: "same-coordinator",
                message: format!(
                    "{other} and {node} are connected, but the coordinator of {other} is \
                     {of_other} and that of {node} is {coordinator}"
                ),
                witnesses: vec![witness(other, of_other), witness(node, coordinator)],
            });
        }
        Ok(())
    }
}

impl<P> Invariant<P> for SameCoordinator
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        "same-coordinator"
    }

    fn explains(&self) -> &'static str {
        "two members that are up and connected, and have a coordinator, have the same one at every \
         instant (Garcia-Molina 1982, assertion 1)"
    }

    fn kind(&self) -> Kind {
        Kind::Belief
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) -> Verdict {
        self.views.replace(node, view);
        self.judge(node, world)
    }

    fn on_world(&mut self, world: &World) -> Verdict {
        self.views.members.iter().try_for_each(|&node| self.judge(node, world))
    }
}

#[cfg(test)]
#[path = "same_coordinator/tests.rs"]
mod tests;
