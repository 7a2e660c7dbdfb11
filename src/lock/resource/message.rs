//! What is said to a resource, and what it says.

use crate::id::NodeId;
use crate::lock::spec::{Token, Version};
use serde::{Deserialize, Serialize};

/// What is said to a resource, and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A holder asks for the state.
    Read {
        /// The number of its request for the lock.
        request: u64,
        /// The token of its grant, where there are tokens.
        token: Option<Token>,
    },
    /// This is the state.
    State {
        /// The holder's number.
        request: u64,
        /// The state.
        version: Version,
    },
    /// A holder has changed what it read.
    Write {
        /// The number of its request for the lock: each holder writes once.
        request: u64,
        /// The token of its grant, where there are tokens.
        token: Option<Token>,
        /// What it read.
        read: Version,
    },
    /// That is now the state.
    Written {
        /// The holder's number.
        request: u64,
        /// The new state.
        version: Version,
    },
    /// Nothing is read or written: somebody else holds the lock.
    Refused {
        /// The holder's number.
        request: u64,
    },
    /// The resource asks the authority: does this client hold the lock?
    Check {
        /// The number of the question.
        number: u64,
        /// The client.
        client: NodeId,
        /// The number of its request.
        request: u64,
    },
    /// The authority answers.
    Checked {
        /// The number of the question.
        number: u64,
        /// Whether the client holds the lock.
        holds: bool,
    },
}

crate::words!(Message {
    Read => "read",
    State => "state",
    Write => "write",
    Written => "written",
    Refused => "refused",
    Check => "check",
    Checked => "checked",
});
