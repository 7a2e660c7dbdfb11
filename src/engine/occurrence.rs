//! Occurrences: which message of its link and kind, and which draw of its name, a node has come to
//! in the present weather slot.
//!
//! The counts lie with the node that sends or draws, because its cache lines are at hand then. One
//! table for all messages cost a cache miss each: 65 of 190 ns an event with 50,000 nodes.

use crate::id::NodeId;
use crate::rng::mum;

/// So many links and kinds are counted in the node itself, which then has 128 bytes beside what the
/// protocol keeps; what goes beyond is counted in the [`Crowd`].
const NEAR: usize = 4;

/// What the luck of one node has to count.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    /// The slot of the last message, times 256, and how many of `sent` are in use in that slot.
    slot_and_used: u64,
    /// Receiver, kind and count of messages sent in this slot, in 32, 16 and 16 bits.
    sent: [u64; NEAR],
    /// The draw that was asked for last; the others are behind a pointer.
    latest: DrawCount,
    #[expect(clippy::box_collection, reason = "most nodes have none, and each byte is 50,000")]
    others: Option<Box<Vec<DrawCount>>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct DrawCount {
    label: u64,
    slot: u64,
    in_slot: u32,
    total: u32,
}

/// Counts on; after 65,535 messages of one kind on one link within a slot their luck repeats.
#[inline]
const fn next(count: u16) -> u16 {
    if count == u16::MAX { 1 } else { count + 1 }
}

impl Occurrences {
    /// Counts a message that leaves in this slot; how many of its link and kind did so before.
    #[inline]
    pub fn message(
        &mut self,
        slot: u64,
        (from, to, kind): (NodeId, NodeId, u16),
        crowd: &mut Crowd,
    ) -> u16 {
        let is_same_slot = self.slot_and_used >> 8 == slot;
        let used = if is_same_slot { self.slot_and_used as usize & 0xff } else { 0 };
        let link = u64::from(to.number()) << 32 | u64::from(kind) << 16;
        for sent in self.sent.iter_mut().take(used) {
            if *sent >> 16 == link >> 16 {
                let before = *sent as u16;
                *sent = link | u64::from(next(before));
                return before;
            }
        }
        if used == NEAR {
            return crowd.count(slot, from, to, kind);
        }
        self.sent[used] = link | 1;
        self.slot_and_used = slot << 8 | (used as u64 + 1);
        0
    }

    /// Counts a draw; its occurrence in this slot, from 0, and its number in the run, from 1.
    #[inline]
    pub fn draw(&mut self, slot: u64, label: u64) -> (u32, u32) {
        if self.latest.label != label {
            self.make_latest(label);
        }
        let count = &mut self.latest;
        count.in_slot = if count.slot == slot { count.in_slot + 1 } else { 1 };
        count.slot = slot;
        count.total += 1;
        (count.in_slot - 1, count.total)
    }

    #[cold]
    fn make_latest(&mut self, label: u64) {
        let others = self.others.get_or_insert_default();
        match others.iter_mut().find(|count| count.label == label) {
            Some(count) => std::mem::swap(&mut self.latest, count),
            None => {
                let new = DrawCount { label, ..DrawCount::default() };
                let last = std::mem::replace(&mut self.latest, new);
                if last.total > 0 {
                    others.push(last);
                }
            }
        }
    }

    /// Reads a little of it; see `Simulation::read_ahead`.
    #[inline]
    pub const fn glance(&self) -> u32 {
        self.latest.total ^ self.slot_and_used as u32
    }
}

/// The counts of nodes that send to many within a slot: an open-addressing table by link and kind.
/// What is of another slot counts as empty, so that a new slot empties it without touching it.
#[derive(Debug)]
pub(super) struct Crowd {
    table: Vec<Entry>,
    slot: u64,
    live: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    slot: u64,
    link: u64,
    kind: u16,
    count: u16,
}

impl Entry {
    const fn is_empty(&self, slot: u64) -> bool {
        self.slot != slot || self.count == 0
    }

    const fn place(&self, mask: usize) -> usize {
        mum(self.link ^ 0x452_821e_638d_0137, 0xbe54_66cf_34e9_0c6d ^ self.kind as u64) as usize
            & mask
    }
}

impl Default for Crowd {
    fn default() -> Self {
        Crowd { table: vec![Entry::default(); 64], slot: 0, live: 0 }
    }
}

impl Crowd {
    fn count(&mut self, slot: u64, from: NodeId, to: NodeId, kind: u16) -> u16 {
        if self.slot != slot {
            self.slot = slot;
            self.live = 0;
        }
        let link = u64::from(from.number()) << 32 | u64::from(to.number());
        let entry = self.find(Entry { slot, link, kind, count: 0 });
        let before = entry.count;
        entry.count = next(before);
        if before == 0 {
            self.live += 1;
            if self.live * 2 > self.table.len() {
                self.grow();
            }
        }
        before
    }

    /// The entry of this link and kind, which takes an empty place if there was none.
    fn find(&mut self, entry: Entry) -> &mut Entry {
        let mask = self.table.len() - 1;
        let mut place = entry.place(mask);
        loop {
            let here = &self.table[place];
            if here.is_empty(entry.slot) {
                self.table[place] = entry;
                break;
            }
            if here.link == entry.link && here.kind == entry.kind {
                break;
            }
            place = (place + 1) & mask;
        }
        &mut self.table[place]
    }

    #[cold]
    fn grow(&mut self) {
        let wider = vec![Entry::default(); self.table.len() * 2];
        let slot = self.slot;
        for entry in std::mem::replace(&mut self.table, wider) {
            if !entry.is_empty(slot) {
                *self.find(Entry { count: 0, ..entry }) = entry;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_kinds_are_counted_apart_near_and_in_the_crowd() {
        let mut crowd = Crowd::default();
        let mut nodes = [Occurrences::default(), Occurrences::default()];
        for slot in [0, 1, 7] {
            for round in 0..3 {
                for to in 0..500 {
                    for kind in [0, 3] {
                        for (from, node) in (0..).zip(&mut nodes) {
                            let link = (NodeId::new(from), NodeId::new(to), kind);
                            assert_eq!(node.message(slot, link, &mut crowd), round, "{link:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn draws_are_counted_by_name_in_the_slot_and_in_the_run() {
        let mut node = Occurrences::default();
        for total in 0..3 {
            for label in [5, 0, 9] {
                assert_eq!(node.draw(3, label), (total, total + 1));
            }
        }
        assert_eq!(node.draw(4, 5), (0, 4));
        assert_eq!((node.draw(4, 5), node.draw(4, 9)), ((1, 5), (0, 4)));
    }
}
