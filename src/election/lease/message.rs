//! What candidates and the store say to one another.

use super::record::{Record, Version, Versioned};
use serde::{Deserialize, Serialize};

/// What candidates and the store say to one another. Each request of a life has a number, which
/// the answer repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// What does the record say?
    Get {
        /// The number of the request.
        request: u64,
    },
    /// It says this.
    Got {
        /// The number of the request.
        request: u64,
        /// The record and its version.
        found: Versioned,
    },
    /// Write this, if nobody has written since.
    Update {
        /// The number of the request.
        request: u64,
        /// The version that the candidate has read.
        expected: Version,
        /// What it shall say.
        record: Record,
    },
    /// It is written.
    Updated {
        /// The number of the request.
        request: u64,
        /// What it says now.
        written: Versioned,
    },
    /// Somebody has written since.
    Conflict {
        /// The number of the request.
        request: u64,
    },
}

crate::words!(Message {
    Get => "get",
    Got => "got",
    Update => "update",
    Updated => "updated",
    Conflict => "conflict",
});
