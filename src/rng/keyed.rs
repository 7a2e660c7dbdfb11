//! Luck as a pure function of a key: a counter-based generator from two folded multiplies.
//!
//! The primitive is the 64 x 64 -> 128 bit multiply whose halves are folded by exclusive or, as in
//! wyhash (Wang Yi) and its kin. A key is mixed once; the draws made for it are its lanes.

use super::Luck64;

/// Constants without structure: the digits of pi after the point, made odd.
const K0: u64 = 0x243f_6a88_85a3_08d3;
const K1: u64 = 0x1319_8a2e_0370_7345;
const K2: u64 = 0xa409_3822_299f_31d1;

/// Multiplies to 128 bits and folds the halves.
#[inline(always)]
pub const fn mum(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    (product as u64) ^ ((product >> 64) as u64)
}

/// Mixes two words into one; every input bit moves every output bit.
#[inline(always)]
pub const fn mix(a: u64, b: u64) -> u64 {
    let first = mum(a ^ K0, b ^ K1);
    mum(first ^ a.rotate_left(32) ^ b, K2)
}

/// The luck of one key: lane 0, lane 1, ... Each lane is a function of the key and its number.
#[derive(Clone, Debug)]
pub struct Keyed {
    key: u64,
    lane: u64,
}

impl Keyed {
    /// The luck of this key, from its first lane.
    #[inline(always)]
    pub const fn new(key: u64) -> Self {
        Keyed { key, lane: 0 }
    }

    /// The same key from another lane on: for a decision that must not move the others.
    #[inline(always)]
    pub const fn lane(key: u64, lane: u64) -> Self {
        Keyed { key, lane }
    }
}

impl Luck64 for Keyed {
    #[inline(always)]
    fn next(&mut self) -> u64 {
        let word = mix(self.key, self.lane);
        self.lane = self.lane.wrapping_add(1);
        word
    }
}
