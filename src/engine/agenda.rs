//! What is put into the queue: for when, and before or after what else happens at that instant.

use super::digest::Tag;
use super::queue::Entry;
use super::simulation::Simulation;
use crate::id::{NodeId, hash_name};
use crate::protocol::Protocol;
use crate::rng::{mix, mum};
use crate::schedule::{Override, Tied};
use crate::time::SimTime;
use std::collections::BTreeMap;

/// What a queue entry stands for is in the top bits of its slot.
const KIND_SHIFT: u32 = 30;
pub(super) const SLOT_MASK: u32 = (1 << KIND_SHIFT) - 1;
pub(super) const MESSAGE: u32 = 0;
pub(super) const TIMER: u32 = 1 << KIND_SHIFT;
pub(super) const PLANNED: u32 = 2 << KIND_SHIFT;
const SYNC: u32 = 3 << KIND_SHIFT;
/// Nodes have small numbers, so that one kind serves for their syncs and the ends of their steps.
pub(super) const STEP_END: u32 = SYNC | 1 << (KIND_SHIFT - 1);

/// Ties of everything but the plan have this bit, so that the plan acts first at an instant.
const LATER: u32 = 1 << 31;
/// The highest tie that can be fixed by hand: the one above it is left for a second copy.
pub(super) const TIE_MAX: u32 = LATER - 2;

/// The ties of timers, and of what is fixed by hand beside messages.
#[derive(Debug)]
pub(super) struct Ties {
    seed: u64,
    fixed: BTreeMap<(u32, NodeId, SimTime), u32>,
}

impl Ties {
    pub fn new(seed: u64, overrides: &[Override]) -> Self {
        let mut fixed = BTreeMap::new();
        for one in overrides {
            match one {
                Override::Tie { of: Tied::Timer { node, at }, tie } => {
                    fixed.insert((TIMER, *node, *at), (*tie).min(TIE_MAX));
                }
                Override::Tie { of: Tied::Sync { node, at }, tie } => {
                    fixed.insert((SYNC, *node, *at), (*tie).min(TIE_MAX));
                }
                _ => {}
            }
        }
        Ties { seed: mix(seed, hash_name("tie")), fixed }
    }

    /// The tie that is fixed for this, or else the one that it would have.
    #[inline]
    fn of(&self, kind: u32, node: NodeId, at: SimTime, tie: u32) -> u32 {
        if self.fixed.is_empty() {
            return tie;
        }
        self.fixed.get(&(kind, node, at)).copied().unwrap_or(tie)
    }

    #[inline]
    fn timer(&self, node: NodeId, place: u32, due: SimTime) -> u32 {
        let tie = mum(
            due.as_nanos() ^ self.seed,
            u64::from(node.number()) << 32 ^ u64::from(place) ^ 0x9e6c_63d0_676a_9a99,
        ) as u32;
        self.of(TIMER, node, due, tie)
    }
}

impl<P: Protocol> Simulation<P> {
    /// Puts the arrival of a message into the queue.
    #[inline(always)]
    pub(super) fn queue_message(
        &mut self,
        (from, to): (NodeId, NodeId),
        slot: u32,
        at: SimTime,
        tie: u32,
    ) {
        self.digests.head(Tag::Sent, at, from, to.number());
        assert!(slot <= SLOT_MASK, "no more than 2^30 messages are on the way");
        self.queue.push(Entry { time: at, tie: tie | LATER, slot: MESSAGE | slot });
    }

    /// Puts the entry of an armed timer into the queue.
    #[inline]
    pub(super) fn queue_timer(&mut self, slot: u32) {
        let (node, place) = self.timers.owner(slot);
        let timer = self.timers.at(&mut self.nodes, slot);
        timer.queued = timer.due;
        if timer.due != SimTime::MAX {
            let tie = self.ties.timer(node, place, timer.due);
            self.queue.push(Entry { time: timer.due, tie: tie | LATER, slot: TIMER | slot });
        }
    }

    /// Puts the end of a sync into the queue; the lowest tie is the next thing to happen.
    pub(super) fn queue_sync(&mut self, node: NodeId, at: SimTime, tie: u32) {
        let tie = self.ties.of(SYNC, node, at, tie);
        self.queue.push(Entry { time: at, tie: tie | LATER, slot: SYNC | node.number() });
    }

    /// Puts the end of a step that takes time into the queue.
    pub(super) fn queue_step_end(&mut self, node: NodeId, at: SimTime, tie: u32) {
        self.queue.push(Entry { time: at, tie: tie | LATER, slot: STEP_END | node.number() });
    }

    /// Puts an act of the plan into the queue; at one instant these come first, in their order.
    pub(super) fn queue_plan(&mut self, at: SimTime, order: u32, slot: u32) {
        let time = at.max(self.world.now);
        self.queue.push(Entry { time, tie: order & !LATER, slot: PLANNED | slot });
    }
}
