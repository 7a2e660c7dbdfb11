//! What servers say to one another.

use super::ballot::Ballot;
use serde::{Deserialize, Serialize};

/// What servers say to one another, once in every round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Who are you, and how are you?
    Request {
        /// The round of the asker, to be repeated in the answer.
        round: u64,
    },
    /// The answer.
    Reply {
        /// The round of the asker: an answer to an earlier one is too late.
        round: u64,
        /// What is answered.
        reply: Reply,
    },
}

/// How a server sees the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Its own ballot.
    pub ballot: Ballot,
    /// The ballot of its leader; its own if it leads.
    pub leader: Ballot,
    /// Whether it has a leader that works, as far as it can see.
    pub happy: bool,
}

crate::words!(Message {
    Request => "heartbeat-request",
    Reply => "heartbeat-reply",
});
