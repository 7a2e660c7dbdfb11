//! What a server keeps on its disk (figure 2, "persistent state"): its term, its vote, its log.

use super::log::{Entry, Log};
use crate::election::spec::{LogIndex, Term};
use crate::id::NodeId;
use crate::protocol::{Data, Durable as OnDisk};
use serde::{Deserialize, Serialize};

/// A term and the vote given in it. They are written together: a vote without its term is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    /// The latest term the server has seen.
    pub term: Term,
    /// Whom it voted for in that term.
    pub vote: Option<NodeId>,
}

/// The disk of a server.
#[derive(Clone, Debug, Serialize)]
pub struct Durable<C> {
    pub(super) ballot: Ballot,
    pub(super) log: Log<C>,
}

impl<C> Default for Durable<C> {
    fn default() -> Self {
        Durable { ballot: Ballot::default(), log: Log::default() }
    }
}

impl<C> Durable<C> {
    /// The term and the vote.
    pub const fn ballot(&self) -> Ballot {
        self.ballot
    }

    /// The log.
    pub const fn log(&self) -> &Log<C> {
        &self.log
    }
}

/// One write to the disk of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write<C> {
    /// A new term, a new vote, or both.
    Ballot(Ballot),
    /// Entries behind `after`, in place of whatever stood there: one write, so that no crash
    /// falls between dropping the old tail and having the new one.
    Append {
        /// The position before the first of the entries.
        after: LogIndex,
        /// The entries.
        entries: Vec<Entry<C>>,
    },
}

impl<C: Data> OnDisk for Durable<C> {
    type Write = Write<C>;

    fn apply(&mut self, write: &Write<C>) {
        match write {
            Write::Ballot(ballot) => self.ballot = *ballot,
            Write::Append { after, entries } => self.log.put(*after, entries),
        }
    }
}
