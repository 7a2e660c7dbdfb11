//! Our hashes, handed to libraries that let their user choose one: whatever they ask the hash of,
//! they get the value that ours would use there, so that owners can be compared key by key.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher};
use stormseed::hashing::hash;

/// A member as the peers see it: its hash is that of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    pub name: u64,
    pub index: u32,
}

impl Node {
    /// The members `m0`, `m1`, ...
    pub fn all(count: u32) -> Vec<Node> {
        (0..count).map(|index| Node { name: hash::name(&format!("m{index}")), index }).collect()
    }
}

impl Hash for Node {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.name);
    }
}

/// A key that is a hash already, told apart from every other word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key(pub u64);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_i64(self.0 as i64);
    }
}

/// What was hashed together.
#[derive(Clone, Copy, Default)]
pub struct Asked {
    words: [u64; 2],
    count: usize,
    seed: u32,
    is_key: bool,
}

/// What to make of that; a type of its own each, so that a look-up pays for no choice.
pub trait Rule: Copy {
    fn answer(self, asked: &Asked) -> u64;
}

/// The word itself.
#[derive(Clone, Copy)]
pub struct Word;

/// The n-th point of a member on our ring.
#[derive(Clone, Copy)]
pub struct RingPoint;

/// The draw of a member for a key; a member with the number 0 counts as the member.
#[derive(Clone, Copy)]
pub struct Draw;

/// Where a member's permutation begins, how it steps, and a key, as the `maglev` crate asks.
#[derive(Clone, Copy)]
pub struct Permutation;

/// From a member's name to its first point, and from each point to its next.
#[derive(Clone, Copy)]
pub struct Chain(pub &'static BTreeMap<u64, u64>);

impl Rule for Word {
    #[inline]
    fn answer(self, asked: &Asked) -> u64 {
        asked.words[0]
    }
}

impl Rule for RingPoint {
    #[inline]
    fn answer(self, asked: &Asked) -> u64 {
        let [name, nth] = asked.words;
        if asked.count == 2 { hash::pair(name, nth) } else { name }
    }
}

impl Rule for Draw {
    #[inline]
    fn answer(self, asked: &Asked) -> u64 {
        let [name, key] = asked.words;
        if asked.count == 2 && key != 0 { hash::pair(key, name) } else { name }
    }
}

impl Rule for Permutation {
    #[inline]
    fn answer(self, asked: &Asked) -> u64 {
        let word = asked.words[0];
        if asked.is_key {
            return word;
        }
        hash::pair(word, if asked.seed == 0xdead_babe { 1 } else { 2 })
    }
}

impl Rule for Chain {
    #[inline]
    fn answer(self, asked: &Asked) -> u64 {
        let word = asked.words[0];
        if asked.is_key {
            return word;
        }
        // Behind a member's last point comes a word at which nobody has one.
        self.0.get(&word).copied().unwrap_or(!word)
    }
}

/// A hasher by such a rule.
#[derive(Clone, Copy)]
pub struct Words<R> {
    rule: R,
    asked: Asked,
}

/// Makes them.
#[derive(Clone, Copy)]
pub struct By<R>(pub R);

impl<R: Rule> BuildHasher for By<R> {
    type Hasher = Words<R>;

    #[inline]
    fn build_hasher(&self) -> Words<R> {
        Words { rule: self.0, asked: Asked::default() }
    }
}

// The libraries want a default where no hasher is given.
impl Default for By<RingPoint> {
    fn default() -> Self {
        By(RingPoint)
    }
}

impl<R: Rule> Hasher for Words<R> {
    fn write(&mut self, _: &[u8]) {
        unreachable!("nodes, keys and numbers are whole words");
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.asked.words[self.asked.count] = word;
        self.asked.count += 1;
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    #[inline]
    fn write_u32(&mut self, seed: u32) {
        self.asked.seed = seed;
    }

    #[inline]
    fn write_i64(&mut self, word: i64) {
        self.asked.is_key = true;
        self.write_u64(word as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.rule.answer(&self.asked)
    }
}
