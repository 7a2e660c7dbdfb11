//! The event queue: a total order on (time, keyed tie, slot), in the shape that its size wants.
//!
//! An entry is 16 bytes. Ties at one instant are broken by a value that the event's own identity
//! gives, so that unrelated traffic does not reorder them. Below [`LARGE`] pending entries a binary
//! heap is fastest; above it a [`Wheel`] keeps what is far away unsorted and hands out a *window*
//! of the entries that are next. Both pop in exactly the same order: the switch cannot be seen.

use super::wheel::Wheel;
use crate::time::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// From here on the wheel wins (5 % of workload w1 with 500 nodes and 1,100 pending entries).
/// Below, neither a sorted list nor a heap with its keys' words in two arrays beat the heap of std.
const LARGE: usize = 512;

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

#[derive(Debug)]
pub(super) struct Queue {
    /// Everything while the queue is small; afterwards only what was pushed at or before `horizon`.
    heap: BinaryHeap<Reverse<u128>>,
    /// The entries that the wheel handed out last, the next one at the end.
    window: Vec<u128>,
    wheel: Option<Box<Wheel>>,
    /// The time of the window's last entry; while there is no wheel, the end of time.
    horizon: u64,
    /// The time of the last entry popped.
    now: u64,
    /// How many entries there are, wherever they lie.
    pending: usize,
}

impl Default for Queue {
    fn default() -> Self {
        let (heap, window) = (BinaryHeap::with_capacity(64), Vec::new());
        Queue { heap, window, wheel: None, horizon: u64::MAX, now: 0, pending: 0 }
    }
}

#[inline(always)]
pub(super) const fn time_of(key: u128) -> u64 {
    (key >> 64) as u64
}

impl Queue {
    #[inline]
    pub const fn len(&self) -> usize {
        self.pending
    }

    /// Adds an entry. Its time must not lie before the last one popped.
    #[inline]
    pub fn push(&mut self, entry: Entry) {
        let key = entry.key();
        assert!(time_of(key) >= self.now, "nothing is scheduled in the past");
        self.pending += 1;
        if time_of(key) > self.horizon {
            self.wheel.as_mut().expect("only a wheel has a horizon").push(key);
            return;
        }
        self.heap.push(Reverse(key));
        if self.heap.len() > LARGE && self.wheel.is_none() {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.horizon = self.now;
        let mut wheel = Box::new(Wheel::new(self.now));
        for Reverse(key) in std::mem::take(&mut self.heap).into_vec() {
            if time_of(key) > self.horizon {
                wheel.push(key);
            } else {
                self.heap.push(Reverse(key));
            }
        }
        self.wheel = Some(wheel);
    }

    /// All entries, in no order; for those who look into a run.
    pub fn entries(&self) -> Vec<Entry> {
        let heap = self.heap.iter().map(|key| key.0);
        let far = self.wheel.iter().flat_map(|wheel| wheel.keys());
        heap.chain(self.window.iter().copied()).chain(far).map(Entry::of).collect()
    }

    /// The entries that come next, latest first, as far as they are known.
    pub fn window(&self) -> impl Iterator<Item = Entry> + '_ {
        self.window.iter().map(|&key| Entry::of(key))
    }

    /// Takes out the least entry if it lies at or before `limit`.
    #[inline]
    pub fn pop_until(&mut self, limit: SimTime) -> Option<Entry> {
        let in_heap = self.heap.peek().map(|least| least.0);
        let in_window = self.window.last().copied();
        let least = match (in_heap, in_window) {
            (None, None) => return None,
            (Some(key), None) | (None, Some(key)) => key,
            (Some(a), Some(b)) => a.min(b),
        };
        if time_of(least) > limit.as_nanos() {
            return None;
        }
        self.now = time_of(least);
        self.pending -= 1;
        if in_window == Some(least) {
            self.window.pop();
        } else {
            self.heap.pop();
        }
        Some(Entry::of(least))
    }

    /// Whether the next entries are still unsorted: [`Queue::open_window`] before the next pop.
    #[inline]
    pub fn wants_window(&self) -> bool {
        self.window.is_empty() && self.wheel.is_some() && self.heap.is_empty()
    }

    #[inline(never)]
    pub fn open_window(&mut self) {
        let Some(wheel) = &mut self.wheel else { return };
        wheel.next_window(&mut self.window);
        if let Some(&latest) = self.window.first() {
            self.horizon = time_of(latest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Keyed, Luck64, below};

    fn pop(queue: &mut Queue, limit: SimTime) -> Option<Entry> {
        if queue.wants_window() {
            queue.open_window();
        }
        queue.pop_until(limit)
    }

    /// The order that is promised, told apart from the key that keeps it.
    const fn order(entry: &Entry) -> (u64, u32, u32) {
        (entry.time.as_nanos(), entry.tie, entry.slot)
    }

    /// Holds `size` entries, pops one and pushes one; compares with a sorted list at every step.
    fn hold(size: u64, spread: u64, rounds: u64) {
        let mut luck = Keyed::new(size ^ spread);
        let mut queue = Queue::default();
        let mut sorted = std::collections::BTreeSet::new();
        let mut now = 0;
        for slot in 0..size + rounds {
            if slot >= size {
                let entry = pop(&mut queue, SimTime::MAX).expect("entries are held");
                assert_eq!(Some(order(&entry)), sorted.pop_first());
                if slot % 1000 == 0 {
                    let held: std::collections::BTreeSet<_> =
                        queue.entries().iter().map(order).collect();
                    assert_eq!(held, sorted, "all entries are known, wherever they lie");
                }
                now = entry.time.as_nanos();
            }
            let time = SimTime::from_nanos(now + below(&mut luck, spread));
            let entry = Entry { time, tie: luck.next() as u32, slot: slot as u32 };
            queue.push(entry);
            sorted.insert(order(&entry));
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
    fn times_of_all_magnitudes_leave_in_order() {
        for bits in [1, 6, 12, 13, 31, 50] {
            hold(3_000, 1 << bits, 5_000);
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
        assert_eq!(pop(&mut queue, SimTime::from_nanos(999_999)), None);
        let early = Entry { time: SimTime::from_nanos(999_999 + 1), tie: 9, slot: 77 };
        queue.push(early);
        assert_eq!(pop(&mut queue, SimTime::MAX).map(|e| e.slot), Some(0));
        assert_eq!(pop(&mut queue, SimTime::MAX), Some(early));
    }
}
