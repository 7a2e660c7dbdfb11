//! What clients and the server say to one another.

use crate::lock::resource;
use crate::lock::spec::Token;
use serde::{Deserialize, Serialize};

/// What clients and the server say to one another, and both to the resource. A request is the
/// client's number; whoever releases or renews shows it. An attempt is the number of the question,
/// which the answer repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A client wants the lock.
    Acquire {
        /// Its number.
        request: u64,
        /// How often it has asked.
        attempt: u64,
    },
    /// It has the lock, for `ttl` from some time since it asked.
    Granted {
        /// The client's number.
        request: u64,
        /// Which question is answered.
        attempt: u64,
        /// The token of the grant.
        token: Token,
    },
    /// Somebody else has the lock.
    Busy {
        /// The client's number.
        request: u64,
        /// Which question is answered.
        attempt: u64,
    },
    /// The holder wants to hold it longer.
    Renew {
        /// Its number.
        request: u64,
        /// How often it has asked.
        attempt: u64,
    },
    /// It does, for `ttl` from some time since it asked.
    Renewed {
        /// The client's number.
        request: u64,
        /// Which question is answered.
        attempt: u64,
    },
    /// It does not hold the lock any more.
    NotYours {
        /// The client's number.
        request: u64,
    },
    /// The holder has done with it. Nobody answers.
    Release {
        /// Its number.
        request: u64,
    },
    /// Between the resource and whoever uses it.
    Resource(resource::Message),
}

crate::words!(Message {
    Acquire => "acquire",
    Granted => "granted",
    Busy => "busy",
    Renew => "renew",
    Renewed => "renewed",
    NotYours => "not-yours",
    Release => "release";
    in Resource(resource::Message)
});
