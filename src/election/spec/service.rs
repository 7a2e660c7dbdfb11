//! The service of an election: a leader that a majority accepts, or one that acts.

use super::{Observation, Role, View};
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::protocol::Protocol;
use crate::world::World;

/// A node that is up and leads, whom a majority of the members - itself included, all of them up
/// and connected to it in both directions - accepts in the same term.
///
/// Where members change, the majority is one of those who vote by the leader's own configuration:
/// it can commit nothing without them. A leader that has removed itself is none of them.
#[derive(Clone, Debug)]
pub struct AcceptedLeader {
    members: Vec<NodeId>,
}

impl AcceptedLeader {
    /// The service of these members, who vote as long as no view says otherwise.
    pub const fn of(members: Vec<NodeId>) -> Self {
        AcceptedLeader { members }
    }

    fn accepts(&self, leader: NodeId, lead: &View, views: &[Option<View>], world: &World) -> bool {
        let voters = lead.members.as_ref().map_or(&self.members[..], |now| now.members.voters());
        let followers = voters.iter().filter(|&&node| {
            world.is_up(node)
                && world.links().connected(node, leader)
                && views[node.index()]
                    .as_ref()
                    .is_some_and(|view| view.leader == Some(leader) && view.term == lead.term)
        });
        followers.count() > voters.len() / 2
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
        Some(world.nodes().zip(views).any(|(node, view)| {
            world.is_up(node)
                && view.as_ref().is_some_and(|view| {
                    view.role == Role::Leader && self.accepts(node, view, views, world)
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
        let leads =
            |node: &NodeId| views[node.index()].as_ref().is_some_and(|v| v.role == Role::Leader);
        Some(self.members.iter().any(|node| world.is_up(*node) && leads(node)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Silent, n};
    use super::super::{Configuration, LogIndex, Members, Term};
    use super::*;
    use crate::time::Clock;
    use crate::world::Condition;
    use std::sync::Arc;

    /// n0 leads by a configuration with these voters, and these follow; the group began with n0
    /// to n2.
    fn is_up(voters: Option<&[u32]>, followers: &[u32]) -> bool {
        let mut world = World::new(vec![Clock::default(); 5]);
        world.nodes.iter_mut().for_each(|node| node.condition = Condition::Up);
        let members = voters.map(|voters| Configuration {
            index: LogIndex(7),
            members: Arc::new(Members::of(voters.iter().copied().map(n))),
        });
        let follower = |leader| View { role: Role::Follower, term: Term(1), leader, members: None };
        let leads = View { role: Role::Leader, members, ..follower(Some(n(0))) };
        let mut views = vec![Some(leads)];
        views.extend((1..5).map(|node| Some(follower(followers.contains(&node).then_some(n(0))))));
        let service = AcceptedLeader::of((0..3).map(n).collect());
        Service::<Silent>::is_up(&service, &views, &world).expect("views are enough")
    }

    #[test]
    fn a_majority_is_one_of_the_first_members_until_the_leader_says_otherwise() {
        assert!(is_up(None, &[1]));
        assert!(!is_up(None, &[3, 4]), "spares have no say");
        assert!(is_up(Some(&[0, 1, 2, 3, 4]), &[3, 4]));
        assert!(!is_up(Some(&[0, 1, 2, 3, 4]), &[1]));
    }

    #[test]
    fn a_leader_that_has_removed_itself_does_not_accept_itself() {
        assert!(!is_up(Some(&[1, 2]), &[1]));
        assert!(is_up(Some(&[1, 2]), &[1, 2]));
    }
}
