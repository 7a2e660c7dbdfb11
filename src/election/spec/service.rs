//! The service of an election: a leader that a majority accepts, or one that acts.

use super::{Observation, Role, View};
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::protocol::Protocol;
use crate::world::World;

/// A node that is up and leads, whom a majority of the members - itself included, all of them up
/// and connected to it in both directions - accepts in the same term.
#[derive(Clone, Debug)]
pub struct AcceptedLeader {
    members: Vec<NodeId>,
}

impl AcceptedLeader {
    /// The service of these members.
    pub const fn of(members: Vec<NodeId>) -> Self {
        AcceptedLeader { members }
    }

    fn accepts(&self, leader: NodeId, lead: &View, views: &[Option<View>], world: &World) -> bool {
        let followers = self.members.iter().filter(|&&node| {
            world.is_up(node)
                && world.links().connected(node, leader)
                && views[node.index()]
                    .is_some_and(|view| view.leader == Some(leader) && view.term == lead.term)
        });
        followers.count() > self.members.len() / 2
    }
}

impl<P> Service<P> for AcceptedLeader
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn property(&self) -> &'static str {
        "accepted-leader"
    }

    fn name(&self) -> &'static str {
        "a leader that a majority accepts"
    }

    fn is_up(&self, views: &[Option<View>], world: &World) -> Option<bool> {
        Some(self.members.iter().any(|&node| {
            world.is_up(node)
                && views[node.index()].is_some_and(|view| {
                    view.role == Role::Leader && self.accepts(node, &view, views, world)
                })
        }))
    }
}

/// A node that is up and leads, whoever knows of it: the service of an election whose leaders owe
/// their lead to a store and not to their followers.
#[derive(Clone, Debug)]
pub struct ActingLeader {
    members: Vec<NodeId>,
}

impl ActingLeader {
    /// The service of these members.
    pub const fn of(members: Vec<NodeId>) -> Self {
        ActingLeader { members }
    }
}

impl<P> Service<P> for ActingLeader
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn property(&self) -> &'static str {
        "acting-leader"
    }

    fn name(&self) -> &'static str {
        "a leader that acts"
    }

    fn is_up(&self, views: &[Option<View>], world: &World) -> Option<bool> {
        let leads = |node: &NodeId| views[node.index()].is_some_and(|v| v.role == Role::Leader);
        Some(self.members.iter().any(|node| world.is_up(*node) && leads(node)))
    }
}
