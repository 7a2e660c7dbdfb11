//! Who belongs: the configuration of a group whose members change while it works (Ongaro's thesis,
//! chapter 4).

use super::LogIndex;
use crate::id::NodeId;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// A configuration: whose votes count, and who only learns what the others decide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    voters: Vec<NodeId>,
    learners: Vec<NodeId>,
}

impl Members {
    /// These vote, and nobody only learns.
    pub fn of(voters: impl IntoIterator<Item = NodeId>) -> Self {
        let mut members = Members::default();
        voters.into_iter().for_each(|voter| insert(&mut members.voters, voter));
        members
    }

    /// Whose votes elect and commit, in ascending order.
    pub fn voters(&self) -> &[NodeId] {
        &self.voters
    }

    /// Who gets the log and has no vote, in ascending order.
    pub fn learners(&self) -> &[NodeId] {
        &self.learners
    }

    /// Whether this node has a vote.
    pub fn is_voter(&self, node: NodeId) -> bool {
        self.voters.binary_search(&node).is_ok()
    }

    /// Whether this node only learns.
    pub fn is_learner(&self, node: NodeId) -> bool {
        self.learners.binary_search(&node).is_ok()
    }

    /// Everybody who gets the log: the voters, then the learners.
    pub fn iter(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.voters.iter().chain(&self.learners).copied()
    }

    /// Whether this node belongs and is not the last that votes.
    pub fn may_do_without(&self, node: NodeId) -> bool {
        self.is_learner(node) || (self.is_voter(node) && self.voters.len() > 1)
    }

    /// The same with this node as a learner; a voter loses its vote.
    #[must_use]
    pub fn with_learner(&self, node: NodeId) -> Self {
        let mut members = self.without(node);
        insert(&mut members.learners, node);
        members
    }

    /// The same with this node as a voter.
    #[must_use]
    pub fn with_voter(&self, node: NodeId) -> Self {
        let mut members = self.without(node);
        insert(&mut members.voters, node);
        members
    }

    /// The same without this node.
    #[must_use]
    pub fn without(&self, node: NodeId) -> Self {
        let mut members = self.clone();
        members.voters.retain(|other| *other != node);
        members.learners.retain(|other| *other != node);
        members
    }
}

fn insert(nodes: &mut Vec<NodeId>, node: NodeId) {
    if let Err(place) = nodes.binary_search(&node) {
        nodes.insert(place, node);
    }
}

/// A configuration that a log holds, and where: shared, since a view is made after every step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Configuration {
    /// The entry that made it.
    pub index: LogIndex,
    /// Who belongs.
    #[serde(serialize_with = "as_itself")]
    pub members: Arc<Members>,
}

fn as_itself<S: Serializer>(members: &Arc<Members>, serializer: S) -> Result<S::Ok, S::Error> {
    members.as_ref().serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::super::court::n;
    use super::*;

    #[test]
    fn a_node_is_a_voter_or_a_learner_or_neither() {
        let members = Members::of([n(2), n(0), n(2)]).with_learner(n(1));
        assert_eq!((members.voters(), members.learners()), (&[n(0), n(2)][..], &[n(1)][..]));
        assert_eq!(members.iter().collect::<Vec<_>>(), [n(0), n(2), n(1)]);
        let promoted = members.with_voter(n(1));
        assert!(promoted.is_voter(n(1)) && !promoted.is_learner(n(1)));
        assert_eq!(promoted.without(n(1)), Members::of([n(0), n(2)]));
    }

    #[test]
    fn all_members_but_the_last_voter_may_go() {
        let members = Members::of([n(0), n(2)]).with_learner(n(1));
        assert_eq!([0, 1, 2, 3].map(|it| members.may_do_without(n(it))), [true, true, true, false]);
        assert!(!members.without(n(2)).may_do_without(n(0)));
    }
}
