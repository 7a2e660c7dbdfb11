//! The fingerprint: a rolling 64-bit digest of all that happened, with a frozen definition.
//!
//! Every integer, length and variant index of a record is folded in as one little-endian word, by a
//! folded multiply chained over the digest so far. The digest is the same on every platform, word
//! size and byte order, because nothing in it depends on them. Floats and maps are refused: a float
//! may differ between CPUs, and a map may be iterated in an order that differs between processes.

mod canonical;

use crate::rng::mum;
use serde::Serialize;

const WORD: u64 = 0x9216_d5d9_8979_fb1b;
const TAIL: u64 = 0xd131_0ba6_98df_b5ac;

/// A rolling digest. Equal histories give equal digests; a flipped bit gives another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The digest of nothing.
    pub const EMPTY: Fingerprint = Fingerprint(0x4528_21e6_38d0_1377);

    /// Folds in one word.
    #[inline(always)]
    pub const fn fold(&mut self, word: u64) {
        self.0 = mum(self.0 ^ word, WORD) ^ self.0.rotate_left(29);
    }

    /// Folds in two words with one multiplication: for the fixed head of a record.
    #[inline(always)]
    pub const fn fold2(&mut self, a: u64, b: u64) {
        self.0 = mum(self.0 ^ a, b ^ TAIL) ^ self.0.rotate_left(29);
    }

    /// Folds in a value by its serde data model.
    ///
    /// # Panics
    /// If the value holds a float or a map, or fails to serialise: such a type cannot promise the
    /// same digest everywhere, and its author must hear of it at the first run.
    #[inline]
    pub fn fold_value<T: Serialize + ?Sized>(&mut self, value: &T) {
        if let Err(refusal) = value.serialize(canonical::Folder(self)) {
            panic!("{refusal}");
        }
    }

    /// The digest as a number.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
