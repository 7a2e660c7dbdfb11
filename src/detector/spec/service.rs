//! The service of a membership: everybody sees everybody as they are.

use super::View;
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::protocol::Protocol;
use crate::world::{Condition, World};

/// Whoever is up takes all who are down to be gone, and nobody else whom it is connected to.
///
/// What is missing of it is how late and how wrong the detector was.
#[derive(Clone, Debug)]
pub struct TrueMembership {
    members: Vec<NodeId>,
}

impl TrueMembership {
    /// The service of these members.
    pub const fn of(members: Vec<NodeId>) -> Self {
        TrueMembership { members }
    }

    fn is_right(&self, node: NodeId, view: &View, world: &World) -> bool {
        self.members.iter().filter(|other| **other != node).all(|&other| {
            let is_gone = view.gone.contains(other);
            match world.node(other).condition {
                Condition::Down => is_gone,
                Condition::Up => !is_gone || !world.links().connected(node, other),
                Condition::Paused => true,
            }
        })
    }
}

impl<P: Protocol<View = View>> Service<P> for TrueMembership {
    fn property(&self) -> &'static str {
        "true-membership"
    }

    fn name(&self) -> &'static str {
        "everybody sees who is there"
    }

    fn is_up(&self, views: &[Option<View>], world: &World) -> Option<bool> {
        let mut up = self.members.iter().filter(|node| world.is_up(**node)).peekable();
        let is_somebody = up.peek().is_some();
        let sees = |node: &NodeId| {
            views[node.index()].as_ref().is_some_and(|view| self.is_right(*node, view, world))
        };
        Some(is_somebody && up.all(sees))
    }
}
