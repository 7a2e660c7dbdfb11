//! What a resource keeps on its disk: every state that it ever had, and the highest token that it
//! has seen.

use crate::id::NodeId;
use crate::lock::spec::{LockId, Observation, Token, Version};
use crate::protocol::Durable;
use serde::{Deserialize, Serialize};

/// A write that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Who wrote.
    pub client: NodeId,
    /// Under which request.
    pub request: u64,
    /// Under which token, where there are tokens.
    pub token: Option<Token>,
    /// What the writer had read.
    pub read: Version,
    /// The state that it made of it.
    pub written: Version,
}

impl Accepted {
    /// The words for it.
    pub(super) const fn declared(self) -> Observation {
        let Accepted { client, request, token, read, written } = self;
        Observation::WriteAccepted { lock: LockId(0), client, request, token, read, written }
    }
}

/// What a resource keeps on its disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// All writes, the oldest first.
    pub accepted: Vec<Accepted>,
    /// The highest token of each client that has read or written.
    pub seen: Vec<(NodeId, Token)>,
}

/// A change of the contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// A new state.
    Accept(Accepted),
    /// Somebody came with this token, which is higher than its last.
    See(NodeId, Token),
}

impl Durable for Contents {
    type Write = Write;

    fn apply(&mut self, write: &Write) {
        match *write {
            Write::Accept(accepted) => self.accepted.push(accepted),
            Write::See(client, token) => {
                self.seen.retain(|(seen, _)| *seen != client);
                self.seen.push((client, token));
            }
        }
    }
}

impl Contents {
    /// The present state.
    pub fn version(&self) -> Version {
        self.accepted.last().map_or(Version(0), |accepted| accepted.written)
    }

    /// What became of the write of this request, if it came before.
    pub(super) fn written_under(&self, client: NodeId, request: u64) -> Option<Version> {
        let mut same = self.accepted.iter().rev();
        same.find(|it| it.client == client && it.request == request).map(|it| it.written)
    }

    /// The highest token that anybody has come with, or that one client has.
    pub(super) fn highest(&self, of: Option<NodeId>) -> Option<Token> {
        let seen = self.seen.iter().filter(|(client, _)| of.is_none_or(|of| of == *client));
        seen.map(|(_, token)| *token).max()
    }
}
