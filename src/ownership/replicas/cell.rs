//! What a replica holds of a key, and which of two is the later one.

use crate::ownership::store::{OperationId, Version};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The place of a write in the order of all writes of its key: between equal versions the name of
/// the operation decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// One more than the highest that its writer has found.
    pub version: Version,
    /// Whose write it is.
    pub by: OperationId,
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.version, self.by)
    }
}

/// A write of a key, as replicas keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The key.
    pub key: u64,
    /// The value.
    pub value: u64,
    /// When, in the order of all writes of the key.
    pub stamp: Stamp,
}

impl Cell {
    /// How many bytes it takes to send it: 8 a number, 4 a node.
    pub const BYTES: u64 = 44;
}
