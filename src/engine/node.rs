//! A node: its process, its disk, its timers, and what keeps it from taking steps.

use super::disk::Disk;
use super::luck::DrawCounts;
use crate::id::NodeId;
use crate::protocol::{Process, Protocol};
use crate::time::{LocalTime, SimTime};
use std::collections::VecDeque;

/// What came for a node while it stood still.
#[derive(Debug)]
pub(super) enum Mail<P: Protocol> {
    Message { from: NodeId, message: P::Message },
    Command(P::Command),
    Synced,
}

#[derive(Debug)]
pub(super) struct Node<P: Protocol> {
    pub process: Process<P>,
    pub disk: Disk<P>,
    pub draws: DrawCounts,
    /// The slots of this node's timers, one for each it ever had armed at once.
    pub timers: Vec<(P::Timer, u32)>,
    pub mailbox: VecDeque<Mail<P>>,
    /// Timers that came due while it stood still, in that order.
    pub overdue: Vec<u32>,
    /// The faults that hold it down, and those that hold its process still, by their places.
    pub held_down: Vec<usize>,
    pub held_paused: Vec<usize>,
    /// A crash that strikes after so many effects from the next step on.
    pub doom: Option<Doom>,
}

/// A crash at a cut point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doom {
    pub effects_left: u32,
    pub fault: usize,
}

impl<P: Protocol> Node<P> {
    pub fn new(id: NodeId, disk: P::Durable) -> Self {
        Node {
            process: Process::new(id, disk.clone()),
            disk: Disk::holding(disk),
            draws: DrawCounts::default(),
            timers: Vec::new(),
            mailbox: VecDeque::new(),
            overdue: Vec::new(),
            held_down: Vec::new(),
            held_paused: Vec::new(),
            doom: None,
        }
    }
}

/// A timer of some node. At most one queue entry stands for it: a timer that is set again to a
/// later time keeps the entry, which is put back when it surfaces.
#[derive(Debug)]
pub(super) struct TimerSlot<T> {
    pub timer: T,
    pub node: NodeId,
    /// Its place among the timers of its node.
    pub place: u32,
    pub armed: bool,
    pub deadline: LocalTime,
    /// The true time of the deadline as the node's clock runs now.
    pub due: SimTime,
    /// The time of the entry in the queue; [`SimTime::MAX`] if there is none.
    pub queued: SimTime,
}

/// Typed payloads by index, with indexes reused: last freed, first taken.
#[derive(Debug)]
pub(super) struct Slab<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub const fn new() -> Self {
        Slab { slots: Vec::new(), free: Vec::new() }
    }

    #[inline]
    pub fn insert(&mut self, value: T) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(value);
                slot
            }
            None => {
                self.slots.push(Some(value));
                self.slots.len() as u32 - 1
            }
        }
    }

    #[inline]
    pub fn remove(&mut self, slot: u32) -> Option<T> {
        let value = self.slots[slot as usize].take();
        if value.is_some() {
            self.free.push(slot);
        }
        value
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().flatten()
    }
}
