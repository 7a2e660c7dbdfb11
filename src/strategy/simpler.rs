//! What is simpler: fewer things; and numbers of fewer digits, then smaller ones.

use crate::time::Duration;
use std::collections::BTreeSet;

/// The shortest length that is tried.
const UNIT: u64 = 1_000_000;

/// The places of a list that are taken out at once: all, each half, each quarter, down to one.
pub(super) fn cuts(length: usize) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut size = length;
    while size > 0 {
        let begins = (0..length).step_by(size);
        found.extend(begins.map(|begin| begin..(begin + size).min(length)));
        size /= 2;
    }
    found
}

/// A list without some of its places.
pub(super) fn without<T: Clone>(list: &[T], gone: &std::ops::Range<usize>) -> Vec<T> {
    let kept = list.iter().enumerate().filter(|(place, _)| !gone.contains(place));
    kept.map(|(_, item)| item.clone()).collect()
}

/// A list with one of its places changed.
pub(super) fn with<T: Clone>(list: &[T], place: usize, changed: T) -> Vec<T> {
    let mut list = list.to_vec();
    list[place] = changed;
    list
}

/// The digits of a number up to its last that is not zero, and the number: how simple it is.
fn rank(number: u64) -> (u32, u64) {
    let mut digits = number;
    while digits > 0 && digits % 10 == 0 {
        digits /= 10;
    }
    (digits.checked_ilog10().map_or(0, |log| log + 1), number)
}

/// Simpler numbers from `least` on: the powers of ten below it, times a unit; about half of it, and
/// one less in its first digit; and those next to it that have fewer digits.
pub(super) fn numbers(number: u64, least: u64, unit: u64) -> Vec<u64> {
    let powers = (0..20).map_while(|power| 10u64.checked_pow(power)?.checked_mul(unit));
    let powers = powers.take_while(|power| *power < number);
    let mut found: Vec<u64> = std::iter::once(0).chain(powers).collect();
    let place = number.checked_ilog10().map_or(1, |log| 10u64.pow(log));
    found.extend([number / place / 2 * place, number.saturating_sub(place)]);
    let mut step = place;
    while step > 0 {
        let below = number - number % step;
        found.extend([below, below.saturating_add(step)]);
        step /= 10;
    }
    let mut seen = BTreeSet::new();
    found.retain(|other| *other >= least && rank(*other) < rank(number) && seen.insert(*other));
    found
}

/// Shorter and rounder lengths, zero among them if it may be.
pub(super) fn lengths(length: Duration, may_be_zero: bool) -> Vec<Duration> {
    let least = if may_be_zero { 0 } else { UNIT };
    let found = numbers(length.as_nanos(), least, UNIT);
    found.into_iter().map(Duration::from_nanos).collect()
}
