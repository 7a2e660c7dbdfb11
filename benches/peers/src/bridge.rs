//! Two algorithms once more, as their papers explain them and with the hash left open: where a
//! library's hash cannot be chosen, ours and theirs are each compared with this.

use crate::functions::{LookUp, each};

/// AnchorHash as sets: what was left after each removal is written down whole.
///
/// Among the buckets that remained when `b` left, a key of `b` draws one; the order within each
/// set is that of the paper, where the last takes the place of the one that leaves.
pub struct Sets {
    room: u32,
    /// By bucket: the set that was left when it was removed.
    left: Vec<Option<Vec<u32>>>,
}

impl Sets {
    /// So many buckets of which the first so many are in use, then these leave.
    pub fn new(room: u32, count: u32, leave: &[u32]) -> Self {
        let mut sets = Sets { room, left: vec![None; room as usize] };
        let mut working: Vec<u32> = (0..room).collect();
        for bucket in (count..room).rev().chain(leave.iter().copied()) {
            let place = working.iter().position(|one| *one == bucket).expect("it is in use");
            working.swap_remove(place);
            sets.left[bucket as usize] = Some(working.clone());
        }
        sets
    }

    /// The owner of each key: `start` draws among so many buckets, `again` in the set of a bucket.
    pub fn look_up(
        self,
        start: impl Fn(u64, u64) -> u64 + 'static,
        again: impl Fn(u64, u32, u64) -> u64 + 'static,
    ) -> LookUp {
        each(move |key| {
            let mut bucket = start(key, u64::from(self.room)) as u32;
            while let Some(set) = &self.left[bucket as usize] {
                bucket = set[again(key, bucket, set.len() as u64) as usize];
            }
            bucket
        })
    }
}

/// The hash of a bucket and a key in `anchorhash` without SIMD: FNV-1a of four bytes, the key as
/// the offset, cut to 32 bits.
pub fn fnv(key: u32, bucket: u32) -> u32 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bucket.to_le_bytes().into_iter().fold(u64::from(key), step) as u32
}

/// A word of 32 bits as a number below a bound: the upper half of their product.
pub fn scaled(word: u32, bound: u64) -> u64 {
    (u64::from(word) * bound) >> 32
}

/// Multi-probe by walking through all the points: the owner of the nearest one after any probe,
/// the earliest probe among equals.
pub fn nearest<P: Iterator<Item = u64>>(
    points: Vec<(u64, u32)>,
    probes: impl Fn(u64) -> P + 'static,
) -> LookUp {
    each(move |key| {
        let pairs = probes(key).flat_map(|probe| points.iter().map(move |point| (probe, point)));
        // The first of the least.
        let nearest = pairs.min_by_key(|(probe, (at, _))| at.wrapping_sub(*probe));
        nearest.map_or(u32::MAX, |(_, (_, owner))| *owner)
    })
}
