//! The event queue: a total order on (time, keyed tie, slot), in the shape that its size wants.
//!
//! An entry is 16 bytes. Ties at one instant are broken by a value that the event's own identity
//! gives, so that unrelated traffic does not reorder them. Below [`LARGE`] pending entries a binary
//! heap is fastest; above it a monotone radix heap on the time, whose cost hardly grows. Both pop
//! in exactly the same order, so the switch cannot be seen.

use crate::time::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// From here on the radix heap wins (measured on workload w1 of the speed harness).
const LARGE: usize = 2048;

/// What waits in the queue: when, which of those at that instant, and where its payload lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub time: SimTime,
    pub tie: u32,
    pub slot: u32,
}

impl Entry {
    #[inline(always)]
    const fn key(self) -> u128 {
        (self.time.as_nanos() as u128) << 64 | (self.tie as u128) << 32 | self.slot as u128
    }

    #[inline(always)]
    const fn of(key: u128) -> Self {
        Entry {
            time: SimTime::from_nanos((key >> 64) as u64),
            tie: (key >> 32) as u32,
            slot: key as u32,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Everything while the queue is small; afterwards only what lies at `radix.last`.
    heap: BinaryHeap<Reverse<u128>>,
    radix: Option<Box<Radix>>,
    /// The time of the last entry popped.
    now: u64,
}

/// Buckets by the highest bit in which a time differs from the last one popped (Ahuja, Mehlhorn,
/// Orlin, Tarjan, "Faster algorithms for the shortest path problem", JACM 37(2), 1990).
#[derive(Debug)]
struct Radix {
    last: u64,
    len: usize,
    occupied: u64,
    buckets: Vec<Vec<u128>>,
}

#[inline(always)]
const fn time_of(key: u128) -> u64 {
    (key >> 64) as u64
}

impl Queue {
    pub fn len(&self) -> usize {
        self.heap.len() + self.radix.as_ref().map_or(0, |radix| radix.len)
    }

    /// Adds an entry. Its time must not lie before the last one popped.
    #[inline]
    pub fn push(&mut self, entry: Entry) {
        let key = entry.key();
        match &mut self.radix {
            None => {
                self.heap.push(Reverse(key));
                if self.heap.len() > LARGE {
                    self.grow();
                }
            }
            Some(radix) if time_of(key) == radix.last => self.heap.push(Reverse(key)),
            Some(radix) => radix.push(key),
        }
    }

    #[cold]
    fn grow(&mut self) {
        let last = self.now;
        let mut radix =
            Radix { last, len: 0, occupied: 0, buckets: (0..64).map(|_| Vec::new()).collect() };
        for Reverse(key) in std::mem::take(&mut self.heap).into_vec() {
            if time_of(key) == last {
                self.heap.push(Reverse(key));
            } else {
                radix.push(key);
            }
        }
        self.radix = Some(Box::new(radix));
    }

    /// Takes out the least entry if it lies at or before `limit`.
    #[inline]
    pub fn pop_until(&mut self, limit: SimTime) -> Option<Entry> {
        if self.heap.is_empty() {
            self.radix.as_mut()?.refill(limit.as_nanos(), &mut self.heap);
        }
        let least = self.heap.peek()?;
        if time_of(least.0) > limit.as_nanos() {
            return None;
        }
        self.now = time_of(least.0);
        self.heap.pop().map(|least| Entry::of(least.0))
    }
}

impl Radix {
    #[inline]
    fn push(&mut self, key: u128) {
        let differs = time_of(key) ^ self.last;
        assert!(time_of(key) > self.last, "nothing is scheduled in the past");
        let bucket = 63 - differs.leading_zeros();
        self.occupied |= 1 << bucket;
        self.buckets[bucket as usize].push(key);
        self.len += 1;
    }

    /// Moves the entries of the next instant to `now`, if it does not lie beyond the limit.
    #[inline]
    fn refill(&mut self, limit: u64, now: &mut BinaryHeap<Reverse<u128>>) {
        if self.occupied == 0 {
            return;
        }
        let bucket = self.occupied.trailing_zeros() as usize;
        let next = self.buckets[bucket].iter().map(|&key| time_of(key)).min();
        let next = next.expect("an occupied bucket holds an entry");
        if next > limit {
            return;
        }
        self.last = next;
        self.occupied &= self.occupied - 1;
        let mut moving = std::mem::take(&mut self.buckets[bucket]);
        for key in moving.drain(..) {
            let differs = time_of(key) ^ next;
            if differs == 0 {
                now.push(Reverse(key));
                self.len -= 1;
            } else {
                let to = 63 - differs.leading_zeros();
                self.occupied |= 1 << to;
                self.buckets[to as usize].push(key);
            }
        }
        self.buckets[bucket] = moving;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Keyed, Luck64, below};

    /// Holds `size` entries, pops one and pushes one; compares with a sorted list at every step.
    fn hold(size: u64, spread: u64, rounds: u64) {
        let mut luck = Keyed::new(size ^ spread);
        let mut queue = Queue::default();
        let mut sorted = std::collections::BTreeSet::new();
        let mut now = 0;
        for slot in 0..size + rounds {
            if slot >= size {
                let entry = queue.pop_until(SimTime::MAX).expect("entries are held");
                assert_eq!(Some(entry.key()), sorted.pop_first());
                now = entry.time.as_nanos();
            }
            let time = SimTime::from_nanos(now + below(&mut luck, spread));
            let entry = Entry { time, tie: luck.next() as u32, slot: slot as u32 };
            queue.push(entry);
            sorted.insert(entry.key());
        }
        assert_eq!(queue.len() as u64, size);
    }

    #[test]
    fn small_and_large_queues_pop_in_the_same_order() {
        for size in [1, 10, LARGE as u64 - 1, LARGE as u64 + 1, 10_000] {
            hold(size, 10_000_000, 5_000);
        }
    }

    #[test]
    fn thousands_of_entries_at_one_instant_leave_in_the_order_of_their_ties() {
        hold(5_000, 3, 20_000);
    }

    #[test]
    fn nothing_leaves_before_its_time_and_later_pushes_may_still_come_first() {
        let mut queue = Queue::default();
        for slot in 0..3_000u32 {
            let time = SimTime::from_nanos(1_000_000 + u64::from(slot));
            queue.push(Entry { time, tie: 0, slot });
        }
        assert_eq!(queue.pop_until(SimTime::from_nanos(999_999)), None);
        let early = Entry { time: SimTime::from_nanos(999_999 + 1), tie: 9, slot: 77 };
        queue.push(early);
        assert_eq!(queue.pop_until(SimTime::MAX).map(|e| e.slot), Some(0));
        assert_eq!(queue.pop_until(SimTime::MAX), Some(early));
    }
}
