//! Where a search has been: which operations have taken effect, and the state that they led to.
//!
//! Lowe's memory: two orders of the same operations that lead to the same state have the same
//! future, so the second is not followed. Whole configurations are compared, never their hashes: a
//! collision would hide an order, and call a good history bad.

use std::collections::{BTreeMap, BTreeSet};

/// How much a check may use. It depends on no clock: the same history gives up at the same place on
/// every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// So many configurations, over all objects.
    pub configurations: u64,
    /// So many bytes to remember them, about, for one object at a time.
    pub bytes: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { configurations: 2_000_000, bytes: 1 << 30 }
    }
}

/// What an entry of an ordered set costs beside its words, about.
const ENTRY_BYTES: u64 = 48;

/// Which operations have taken effect.
pub(super) struct Taken {
    words: Vec<u64>,
    /// Of the operations that were answered, which come first, with words of their own.
    answered: usize,
}

impl Taken {
    /// None of them, of which so many were answered and so many not.
    pub fn none(answered: usize, unknown: usize) -> Self {
        let words = answered.div_ceil(64) + unknown.div_ceil(64);
        Taken { words: vec![0; words], answered }
    }

    pub fn contains(&self, operation: usize) -> bool {
        let (word, bit) = self.place(operation);
        self.words[word] & bit != 0
    }

    pub fn insert(&mut self, operation: usize) {
        let (word, bit) = self.place(operation);
        self.words[word] |= bit;
    }

    pub fn remove(&mut self, operation: usize) {
        let (word, bit) = self.place(operation);
        self.words[word] &= !bit;
    }

    fn place(&self, operation: usize) -> (usize, u64) {
        match operation.checked_sub(self.answered) {
            None => (operation / 64, 1 << (operation % 64)),
            Some(unknown) => (self.answered.div_ceil(64) + unknown / 64, 1 << (unknown % 64)),
        }
    }

    /// The set and a state as a key: the state, the words of unknown operations, the number of full
    /// words at the front, and the words behind these up to the last that is not empty. Operations
    /// take effect roughly in their order, so this is short however long the history.
    fn key(&self, state: u64) -> Box<[u64]> {
        let (answered, unknown) = self.words.split_at(self.answered.div_ceil(64));
        let full = answered.iter().take_while(|word| **word == u64::MAX).count();
        let empty = answered[full..].iter().rev().take_while(|word| **word == 0).count();
        let window = &answered[full..answered.len() - empty];
        let mut key = Vec::with_capacity(2 + unknown.len() + window.len());
        key.push(state);
        key.extend(unknown);
        key.push(full as u64);
        key.extend(window);
        key.into_boxed_slice()
    }
}

/// All configurations that a search has seen.
pub(super) struct Memory<S> {
    seen: BTreeSet<Box<[u64]>>,
    states: BTreeMap<S, u64>,
    bytes: u64,
}

impl<S: Ord + Clone> Memory<S> {
    /// Nothing was seen yet.
    pub fn new() -> Self {
        Memory { seen: BTreeSet::new(), states: BTreeMap::new(), bytes: 0 }
    }

    /// Remembers a configuration; whether it is new.
    pub fn insert(&mut self, taken: &Taken, state: &S) -> bool {
        let state = match self.states.get(state) {
            Some(number) => *number,
            None => {
                let number = self.states.len() as u64;
                self.states.insert(state.clone(), number);
                self.bytes += ENTRY_BYTES + size_of::<S>() as u64;
                number
            }
        };
        let key = taken.key(state);
        let bytes = ENTRY_BYTES + 8 * key.len() as u64;
        let is_new = self.seen.insert(key);
        self.bytes += if is_new { bytes } else { 0 };
        is_new
    }

    /// How many were seen.
    pub fn len(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Whether it holds more than it may.
    pub fn is_beyond(&self, budget: &Budget) -> bool {
        self.len() > budget.configurations || self.bytes > budget.bytes
    }
}
