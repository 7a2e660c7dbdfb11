//! The keys that everybody is asked for.

use stormseed::hashing::hash;

/// So many different words, none of them zero: of ten, eight spread evenly, and one at each end of
/// the range, where libraries err.
pub fn words(count: u64) -> Vec<u64> {
    let word = |n: u64| match n % 10 {
        8 => n,
        9 => u64::MAX - n,
        _ => hash::pair(0x5eed, n),
    };
    (1..=count).map(word).collect()
}

/// So many words, all spread evenly: for libraries that cut a part out of a hash.
pub fn spread(count: u64) -> Vec<u64> {
    (1..=count).map(|n| hash::pair(0x5eed, n)).collect()
}
