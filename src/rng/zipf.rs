//! Zipf's law: the k-th most popular of n items is asked for as often as `1 / k^s` says.

use super::Luck64;
use super::fixed::{log2, scale_exp2};

/// The weight of the first rank; the others are rounded to its unit.
const FIRST_WEIGHT: u64 = 1 << 62;

/// A popularity of items by rank, as a table of eight bytes an item; a draw is a binary search.
///
/// The definition is frozen. Rank k, from one, weighs `2^62 / k^s` rounded to nearest, where the
/// logarithm of `k^s` is `log2(k) * s` by [`log2`](super::fixed::log2). The items up to and with
/// rank k own the words up to `floor(2^64 * sum(k) / sum(n)) - 1`, and the last one all the rest.
#[derive(Clone, Debug)]
pub struct Zipf {
    /// For every rank the first word that belongs to a later one; none for the last rank.
    ends: Vec<u64>,
}

impl Zipf {
    /// The most items a table is made for: 128 MiB.
    pub const ITEMS_MAX: u32 = 1 << 24;

    /// The popularity of so many items with this exponent in parts per million: 0 is uniform,
    /// 1,000,000 is Zipf's own law. `None` for no items or more than [`Zipf::ITEMS_MAX`].
    pub fn new(items: u32, exponent_ppm: u32) -> Option<Zipf> {
        if items == 0 || items > Zipf::ITEMS_MAX {
            return None;
        }
        let sum = (1..=items).map(|rank| u128::from(weight(rank, exponent_ppm))).sum();
        let mut so_far = 0;
        let ends = (1..items)
            .map(|rank| {
                so_far += u128::from(weight(rank, exponent_ppm));
                share(so_far, sum)
            })
            .collect();
        Some(Zipf { ends })
    }

    /// How many items there are.
    pub fn items(&self) -> u32 {
        self.ends.len() as u32 + 1
    }

    /// An item by its rank, 0 the most popular. One word is drawn.
    #[inline]
    pub fn draw(&self, luck: &mut impl Luck64) -> u32 {
        let word = luck.next();
        self.ends.partition_point(|&end| end <= word) as u32
    }
}

/// `2^62 / rank^s`; ranks count from one.
fn weight(rank: u32, exponent_ppm: u32) -> u64 {
    let log = u128::from(log2(u64::from(rank))) * u128::from(exponent_ppm) / 1_000_000;
    scale_exp2(FIRST_WEIGHT, -i64::try_from(log).unwrap_or(i64::MAX))
}

/// `floor(2^64 * part / whole)`, or the largest word where the part is the whole. Both are below
/// 2^87, since at most 2^24 weights of at most 2^62 are added: 32 bits at a time fit.
fn share(part: u128, whole: u128) -> u64 {
    if part >= whole {
        return u64::MAX;
    }
    let (high, rest) = ((part << 32) / whole, (part << 32) % whole);
    let low = (rest << 32) / whole;
    ((high << 32) | low) as u64
}

#[cfg(test)]
mod tests {
    use super::super::Keyed;
    use super::*;

    #[test]
    fn no_items_and_too_many_have_no_popularity() {
        assert!(Zipf::new(0, 1_000_000).is_none());
        assert!(Zipf::new(Zipf::ITEMS_MAX + 1, 1_000_000).is_none());
    }

    #[test]
    fn an_exponent_of_zero_is_uniform_and_a_huge_one_knows_the_first_item_only() {
        assert_eq!(Zipf::new(4, 0).unwrap().ends, [1 << 62, 2 << 62, 3 << 62]);
        let one_sided = Zipf::new(1_000, u32::MAX).unwrap();
        let mut luck = Keyed::new(3);
        assert!((0..1_000).all(|_| one_sided.draw(&mut luck) == 0));
    }

    #[test]
    fn the_second_item_is_half_as_popular_by_zipfs_own_law() {
        let ends = Zipf::new(2, 1_000_000).unwrap().ends;
        assert_eq!(ends[0] >> 16, (u64::MAX / 3 * 2) >> 16);
        assert_eq!(Zipf::new(1, 1_000_000).unwrap().draw(&mut Keyed::new(1)), 0);
    }
}
