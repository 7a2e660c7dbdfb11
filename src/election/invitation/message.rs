//! What nodes say to one another.

use super::group::Group;
use crate::election::spec::Observation;
use crate::id::NodeId;
use serde::{Deserialize, Serialize};

/// What nodes say to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// From a coordinator to all others, again and again.
    AreYouCoordinator,
    /// Answer to `AreYouCoordinator`; who is none keeps silent.
    IAmCoordinator,
    /// Join this group of mine: to a coordinator and to the sender's old members. The invited
    /// coordinator hands it on to its own members.
    Invitation {
        /// Whose group it is.
        coordinator: NodeId,
        /// The group.
        group: Group,
    },
    /// To the coordinator of a group: I join it.
    Accept {
        /// The group.
        group: Group,
    },
    /// From the coordinator to all who joined: the group works.
    Ready {
        /// The group.
        group: Group,
    },
    /// Answer to `Ready`.
    Working {
        /// The group that was asked for.
        group: Group,
        /// Whether the sender is in it.
        is_in_it: bool,
    },
    /// To the coordinator of a silent group: am I still one of you?
    AreYouThere {
        /// The group.
        group: Group,
    },
    /// Answer to `AreYouThere`.
    There {
        /// The group that was asked for.
        group: Group,
        /// Whether the sender coordinates it and counts the asker among its members.
        is_there: bool,
    },
}

impl Message {
    /// Who lets a group work coordinates it.
    pub(super) const fn claim(&self) -> Option<Observation> {
        match self {
            Message::Ready { group } => Some(Observation::LeaderElected { term: group.term() }),
            _ => None,
        }
    }
}

crate::words!(Message {
    AreYouCoordinator => "are-you-coordinator",
    IAmCoordinator => "i-am-coordinator",
    Invitation => "invitation",
    Accept => "accept",
    Ready => "ready",
    Working => "working",
    AreYouThere => "are-you-there",
    There => "there",
});
