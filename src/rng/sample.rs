//! Uniform samplers on integers: ranges without bias, chances by ratio, shuffles and choices.
//!
//! Ranges follow Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019:
//! one widening multiply, and a rejection that is hardly ever taken.

use super::Luck64;
use std::ops::RangeInclusive;

/// A uniform value below `bound`. The bound must be above zero.
#[inline]
pub fn below(luck: &mut impl Luck64, bound: u64) -> u64 {
    assert!(bound > 0, "no value lies below zero");
    let mut product = u128::from(luck.next()) * u128::from(bound);
    if (product as u64) < bound {
        let rejected = bound.wrapping_neg() % bound;
        while (product as u64) < rejected {
            product = u128::from(luck.next()) * u128::from(bound);
        }
    }
    (product >> 64) as u64
}

/// A uniform value of an inclusive range. The range must not be empty.
#[inline]
pub fn range(luck: &mut impl Luck64, range: RangeInclusive<u64>) -> u64 {
    let (low, high) = range.into_inner();
    assert!(low <= high, "a range has its smaller end first");
    match (high - low).checked_add(1) {
        Some(width) => low + below(luck, width),
        None => luck.next(),
    }
}

/// A chance as a ratio of integers: exact, and the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// How many of ...
    pub numerator: u32,
    /// ... so many. Above zero.
    pub denominator: u32,
}

impl Ratio {
    /// Never.
    pub const ZERO: Ratio = Ratio { numerator: 0, denominator: 1 };

    /// So many parts in a million.
    pub const fn from_ppm(ppm: u32) -> Self {
        Ratio { numerator: ppm, denominator: 1_000_000 }
    }

    /// Whether it never happens.
    pub const fn is_zero(self) -> bool {
        self.numerator == 0
    }
}

/// True with the given chance. One word is drawn (a second one once in 2^32), whatever the answer.
#[inline]
pub fn bernoulli(luck: &mut impl Luck64, chance: Ratio) -> bool {
    below(luck, u64::from(chance.denominator)) < u64::from(chance.numerator)
}

/// Puts the items in a uniformly random order (Fisher and Yates, from the last place down).
pub fn shuffle<T>(luck: &mut impl Luck64, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let place = below(luck, last as u64 + 1) as usize;
        items.swap(last, place);
    }
}

/// A uniformly chosen item; `None` of nothing.
pub fn choose<'a, T>(luck: &mut impl Luck64, items: &'a [T]) -> Option<&'a T> {
    if items.is_empty() {
        return None;
    }
    items.get(below(luck, items.len() as u64) as usize)
}
