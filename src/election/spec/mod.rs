//! The words of the election family: what its algorithms declare, and what they show of themselves.

mod members;
mod said;
mod service;

mod election_safety;
mod one_life_per_ballot;
mod one_vote_per_term;
mod term_monotonic;

mod configuration_matching;
mod declared_log;
mod leader_completeness;
mod log_matching;
mod stale_read;
mod state_machine_safety;

mod agreement;
mod leadership;
mod lying_observer;
mod one_acting_leader;
mod one_coordinator_a_group;
mod same_coordinator;

#[cfg(test)]
mod court;

pub use agreement::{GroupAgreement, HighestLeads, OneCoordinator};
pub use configuration_matching::ConfigurationMatching;
pub use election_safety::ElectionSafety;
pub use leader_completeness::LeaderCompleteness;
pub use leadership::Leadership;
pub use log_matching::LogMatching;
pub use lying_observer::LyingObserver;
pub use members::{Configuration, Members};
pub use one_acting_leader::OneActingLeader;
pub use one_coordinator_a_group::OneCoordinatorAGroup;
pub use one_life_per_ballot::OneLifePerBallot;
pub use one_vote_per_term::OneVotePerTerm;
pub use same_coordinator::SameCoordinator;
pub use service::{AcceptedLeader, ActingLeader};
pub use stale_read::StaleRead;
pub use state_machine_safety::StateMachineSafety;
pub use term_monotonic::TermMonotonic;

use crate::id::NodeId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A term, epoch, ballot round or view: the number of a reign. Algorithms that persist it promise
/// that it never goes back on a node; Bully only labels its reigns with it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Term(pub u64);

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A position in a replicated log, from 1; 0 lies before the first entry.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct LogIndex(pub u64);

impl fmt::Display for LogIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a node of an election declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observation {
    /// Belief: it stands for election. Algorithms without terms count their own attempts.
    ElectionStarted {
        /// The term it stands for.
        term: Term,
    },
    /// Belief: it leads.
    LeaderElected {
        /// The term it leads.
        term: Term,
    },
    /// Belief: it no longer leads.
    LeaderStepped {
        /// The term it led.
        term: Term,
    },
    /// Belief: it accepts a leader other than itself.
    LeaderAccepted {
        /// Whose lead it accepts.
        leader: NodeId,
        /// In which term.
        term: Term,
    },
    /// Promise: its term is now this one.
    TermAdopted {
        /// The new term.
        term: Term,
    },
    /// Promise: it gave its vote.
    VoteGranted {
        /// To whom; itself included.
        candidate: NodeId,
        /// In which term.
        term: Term,
    },
    /// Promise: it holds this entry. `prefix` is a digest of the log up to and with it, so that
    /// log matching is one look-up. Declared again at boot for every entry that the disk then
    /// holds: a crash ends what judges know of a log.
    EntryAppended {
        /// Where.
        index: LogIndex,
        /// The entry's term.
        term: Term,
        /// The digest of all entries up to this one.
        prefix: u64,
    },
    /// Promise: it dropped all entries from this one on.
    LogTruncated {
        /// The first that is gone.
        from: LogIndex,
    },
    /// Promise: it knows this entry, and all before it, to be committed, and applies it.
    EntryCommitted {
        /// Where.
        index: LogIndex,
        /// The entry's own term.
        term: Term,
        /// The digest of all entries up to this one.
        prefix: u64,
        /// The term of the node that learns it.
        learned_in: Term,
    },
    /// Belief: it was asked for the state, and will answer if it can.
    ReadAsked {
        /// Which read.
        number: u64,
    },
    /// Promise: it answers with the state as of this entry.
    ReadServed {
        /// Which read.
        number: u64,
        /// The last entry in that state.
        index: LogIndex,
    },
    /// Belief: it does what only the leader may.
    LeaderActed {
        /// The term that it believes to lead.
        term: Term,
    },
    /// Belief: from now on it acts by this configuration, the last one in its log.
    MembersAdopted {
        /// The entry that holds it; 0 for the one that the group began with.
        index: LogIndex,
        /// The digest of all entries up to that one.
        prefix: u64,
        /// The digest of the configuration.
        members: u64,
        /// How many have a vote.
        voters: u32,
        /// How many only learn.
        learners: u32,
    },
}

/// How deep a run of an election gets: its highest term, and the positions up to which anybody's
/// log was filled and committed.
pub const DEPTHS: [&str; 3] = ["term", "log", "commit"];

impl Observation {
    /// How far this shows that the run got: which of [`DEPTHS`], and the value.
    pub const fn depth(&self) -> Option<(usize, u64)> {
        match self {
            Observation::ElectionStarted { term }
            | Observation::LeaderElected { term }
            | Observation::TermAdopted { term } => Some((0, term.0)),
            Observation::EntryAppended { index, .. } => Some((1, index.0)),
            Observation::EntryCommitted { index, .. } => Some((2, index.0)),
            _ => None,
        }
    }
}

crate::words!(Observation {
    ElectionStarted => "election-started",
    LeaderElected => "leader-elected",
    LeaderStepped => "leader-stepped-down",
    LeaderAccepted => "leader-accepted",
    TermAdopted => "term-adopted",
    VoteGranted => "vote-granted",
    EntryAppended => "entry-appended",
    LogTruncated => "log-truncated",
    EntryCommitted => "entry-committed",
    ReadAsked => "read-asked",
    ReadServed => "read-served",
    LeaderActed => "leader-acted",
    MembersAdopted => "members-adopted",
});

/// The part that a node plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// It follows, or looks for, somebody else.
    Follower,
    /// It stands for election.
    Candidate,
    /// It believes that it leads.
    Leader,
}

/// What a node of an election shows of itself after every step.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// Its part.
    pub role: Role,
    /// Its term.
    pub term: Term,
    /// Whose lead it accepts; itself when it leads.
    pub leader: Option<NodeId>,
    /// The configuration by which it acts; `None` for the one that the group began with, and where
    /// members never change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Configuration>,
}

/// Most groups never change: their views say nothing of members.
impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("View");
        shown.field("role", &self.role).field("term", &self.term).field("leader", &self.leader);
        if let Some(configuration) = &self.members {
            shown.field("members", &configuration.members);
        }
        shown.finish()
    }
}
