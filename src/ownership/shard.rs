//! Shards: keys are dealt to a fixed number of them, and move together.

use crate::hashing::hash;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A shard, numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShardId(pub u32);

impl ShardId {
    /// The shard that a key is in, of so many.
    pub fn of(key: u64, shards: u32) -> Self {
        ShardId((hash::key(&key.to_le_bytes()) % u64::from(shards)) as u32)
    }

    /// All of so many.
    pub fn all(shards: u32) -> impl Iterator<Item = ShardId> {
        (0..shards).map(ShardId)
    }

    /// Its place in tables.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ShardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {}", self.0)
    }
}

/// The number of a configuration: each follows from the one before by one change.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch in which the first members own everything.
    pub const FIRST: Epoch = Epoch(1);

    /// The one behind it.
    #[must_use]
    pub const fn next(self) -> Epoch {
        Epoch(self.0 + 1)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}", self.0)
    }
}

/// A set of shards, kept as bits, so that a node can show after each step what it serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardSet([u64; 4]);

impl ShardSet {
    /// No shard.
    pub const NONE: ShardSet = ShardSet([0; 4]);
    /// The most shards that there may be.
    pub const CAPACITY: u32 = 256;

    /// Adds a shard.
    pub fn insert(&mut self, shard: ShardId) {
        self.0[shard.index() / 64] |= 1 << (shard.index() % 64);
    }

    /// Takes a shard out.
    pub fn remove(&mut self, shard: ShardId) {
        self.0[shard.index() / 64] &= !(1 << (shard.index() % 64));
    }

    /// Whether the shard is in it.
    pub fn contains(&self, shard: ShardId) -> bool {
        self.0[shard.index() / 64] & (1 << (shard.index() % 64)) != 0
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: &ShardSet) {
        self.0.iter_mut().zip(other.0).for_each(|(word, more)| *word |= more);
    }
}

impl FromIterator<ShardId> for ShardSet {
    fn from_iter<I: IntoIterator<Item = ShardId>>(shards: I) -> Self {
        let mut set = ShardSet::default();
        shards.into_iter().for_each(|shard| set.insert(shard));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_not_taken_out() {
        let mut set: ShardSet = [0, 63, 64, 255].map(ShardId).into_iter().collect();
        assert_eq!(set.len(), 4);
        set.remove(ShardId(63));
        assert!(!set.contains(ShardId(63)) && set.contains(ShardId(255)));
        let mut other = ShardSet::default();
        assert!(other.is_empty());
        other.extend(&set);
        assert_eq!(other, set);
    }

    #[test]
    fn every_key_is_in_one_of_the_shards_and_none_is_left_empty() {
        let used: ShardSet = (0..1_000).map(|key| ShardId::of(key, 64)).collect();
        assert_eq!(used.len(), 64);
    }
}
