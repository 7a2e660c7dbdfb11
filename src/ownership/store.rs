//! What a shard holds: values, and which operations of which clients have been applied.

use crate::id::NodeId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A client in one of its lives: a restarted client is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Writer {
    /// The node.
    pub node: NodeId,
    /// Its life: a number that no other life of the node has.
    pub life: u64,
}

/// One operation of a client: it counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OperationId {
    /// Whose operation.
    pub writer: Writer,
    /// Its number, higher than those of all before.
    pub number: u64,
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "operation {} of {}", self.number, self.writer.node)
    }
}

/// How many writes a shard has seen. Whoever holds it after another holds all that the other had.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {}", self.0)
    }
}

/// What is asked of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// Its value.
    Get,
    /// To hold this from now on.
    Put(u64),
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// To a read: this, or nothing was written yet.
    Value(Option<u64>),
    /// To a write: it is done.
    Done,
}

/// A write of a key, as a shard applies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Put {
    /// The key.
    pub key: u64,
    /// Its new value.
    pub value: u64,
    /// Whose operation it is.
    pub by: OperationId,
}

/// What a shard holds. Lists are sorted, so that equal contents are equal bits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    version: Version,
    values: Vec<(u64, u64)>,
    /// The dedup table: the last operation of each writer that was applied here.
    applied: Vec<(Writer, Applied)>,
}

/// An operation that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Its number.
    pub number: u64,
    /// The version that it made.
    pub version: Version,
}

impl Contents {
    /// How many writes it has seen.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The value of a key.
    pub fn value(&self, key: u64) -> Option<u64> {
        let place = self.values.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        Some(self.values[place].1)
    }

    /// The last operation of a writer that was applied here.
    pub fn last_of(&self, writer: Writer) -> Option<Applied> {
        let place = self.applied.binary_search_by_key(&writer, |(writer, _)| *writer).ok()?;
        Some(self.applied[place].1)
    }

    /// Applies a write.
    pub fn put(&mut self, put: &Put) {
        self.version = Version(self.version.0 + 1);
        set(&mut self.values, put.key, put.value);
        let applied = Applied { number: put.by.number, version: self.version };
        set(&mut self.applied, put.by.writer, applied);
    }

    /// The same without the dedup table.
    #[must_use]
    pub fn without_applied(self) -> Contents {
        Contents { applied: Vec::new(), ..self }
    }

    /// How many bytes it takes to send it: 8 a number, 4 a node.
    pub fn bytes(&self) -> u64 {
        8 + 16 * self.values.len() as u64 + 28 * self.applied.len() as u64
    }
}

fn set<K: Ord + Copy, V>(list: &mut Vec<(K, V)>, key: K, value: V) {
    match list.binary_search_by_key(&key, |(key, _)| *key) {
        Ok(place) => list[place].1 = value,
        Err(place) => list.insert(place, (key, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_remembers_values_and_who_wrote_last() {
        let writer = |node| Writer { node: NodeId::new(node), life: 0 };
        let mut contents = Contents::default();
        for (node, number, key, value) in [(2, 1, 9, 90), (1, 4, 3, 30), (2, 2, 9, 91)] {
            let by = OperationId { writer: writer(node), number };
            contents.put(&Put { key, value, by });
        }
        assert_eq!((contents.value(9), contents.value(3)), (Some(91), Some(30)));
        let last = Applied { number: 2, version: Version(3) };
        assert_eq!((contents.last_of(writer(2)), contents.last_of(writer(3))), (Some(last), None));
        assert_eq!((contents.version(), contents.bytes()), (Version(3), 8 + 32 + 56));
        let bare = contents.clone().without_applied();
        assert_eq!((bare.version(), bare.last_of(writer(1))), (Version(3), None));
    }
}
