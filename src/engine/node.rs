//! A node: its process, its disk, its timers, and what keeps it from taking steps.
//!
//! With 50,000 nodes an event finds nothing of its node in the cache, so what every step needs lies
//! side by side in [`Node`], and what most nodes never need is behind a pointer that stays empty.

use super::disk::Disk;
use super::occurrence::Occurrences;
use super::under_way::{Pace, UnderWay};
use crate::id::NodeId;
use crate::protocol::{Effect, Process, Protocol, Synced};
use crate::time::{Duration, LocalTime, SimTime};
use crate::units::{Span, Spread};
use std::collections::VecDeque;
use std::num::NonZeroU32;

/// What came for a node while it could not take it up.
#[derive(Debug)]
pub(super) enum Mail<P: Protocol> {
    Message {
        from: NodeId,
        message: P::Message,
    },
    Command(P::Command),
    Synced(Synced),
    /// A timer that came due then; it may have been cancelled or set again since.
    Timer {
        slot: u32,
        due: SimTime,
    },
}

/// Begins with a cache line: what every step needs lies in two of them then, and not in three.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Node<P: Protocol> {
    pub process: Process<P>,
    /// The first of its timers; others are linked to it.
    pub timer: TimerSlot<P::Timer>,
    pub occurrences: Occurrences,
    /// Empty until it holds something or the node syncs.
    disk: Option<Box<Disk<P>>>,
    /// Empty until a fault strikes the node.
    trouble: Option<Box<Trouble<P>>>,
}

/// What faults have done to a node.
#[derive(Debug)]
pub(super) struct Trouble<P: Protocol> {
    /// What waits for it, in the order in which it will be taken up.
    pub mailbox: VecDeque<Mail<P>>,
    /// Timers that came due while it stood still, in that order.
    pub overdue: VecDeque<Mail<P>>,
    /// The faults that hold it down, and those that hold its process still, by their places.
    pub held_down: Vec<usize>,
    pub held_paused: Vec<usize>,
    /// A crash that strikes after so many effects from the next step on, and a stall that does.
    pub doom: Option<CutPoint>,
    pub stall: Option<CutPoint>,
    /// How long its steps take.
    pub pace: Option<Pace>,
    /// The step that has not ended, and what is left of its effects.
    pub under_way: Option<UnderWay>,
    pub rest: Vec<Effect<P>>,
    pub clocks: BentClocks,
}

impl<P: Protocol> Trouble<P> {
    /// The fault by which the node stands still before its next effect, if it does so here.
    pub fn stalls_here(&mut self) -> Option<usize> {
        let stall = self.stall.as_mut()?;
        if stall.effects_left > 0 {
            stall.effects_left -= 1;
            return None;
        }
        self.stall.take().map(|stall| stall.fault)
    }
}

/// Why a node's clocks say what they do: the faults to which a reading of them is put down.
#[derive(Clone, Debug, Default)]
pub(super) struct BentClocks {
    /// The drift that rules now.
    pub drift: Option<usize>,
    /// The faults for which the monotonic clock stands still.
    pub frozen: Vec<usize>,
    /// The jumps of the wall clock in force, and how far they have moved it in all.
    pub jumps: Vec<usize>,
    pub jumped: i64,
    /// The last jump that is being undone.
    pub slewed: Option<usize>,
}

/// Where a fault strikes within a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct CutPoint {
    pub effects_left: u32,
    pub fault: usize,
}

impl<P: Protocol> Node<P> {
    /// A node whose disk holds this, or nothing.
    pub fn new(id: NodeId, disk: Option<P::Durable>) -> Self {
        Node {
            process: Process::new(id, disk.clone().unwrap_or_default()),
            timer: TimerSlot::new(),
            occurrences: Occurrences::default(),
            disk: disk.map(|disk| Box::new(Disk::holding(disk))),
            trouble: None,
        }
    }

    /// How much waits for it while it stands still.
    pub fn mail(&self) -> usize {
        self.trouble.as_ref().map_or(0, |trouble| trouble.mailbox.len() + trouble.overdue.len())
    }

    /// Reads a little of every part that a step needs; see `Simulation::read_ahead`.
    #[inline]
    pub fn glance(&self) -> u32 {
        let (process, timer) = (self.process.id().number(), self.timer.queued.as_nanos() as u32);
        process ^ timer ^ self.occurrences.glance() ^ u32::from(self.disk.is_some())
    }

    /// The disk, if it ever held anything.
    #[inline]
    pub fn used_disk(&self) -> Option<&Disk<P>> {
        self.disk.as_deref()
    }

    #[inline]
    pub fn disk(&mut self) -> &mut Disk<P> {
        self.disk.get_or_insert_with(|| Box::new(Disk::holding(P::Durable::default())))
    }

    /// Whether what it sends has to wait for the disk.
    #[inline]
    pub fn awaits_disk(&self) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.is_waiting())
    }

    /// Whether a fault ever struck it.
    #[inline]
    pub const fn is_troubled(&self) -> bool {
        self.trouble.is_some()
    }

    /// Whether a crash or a stall is to fall between two of its effects.
    #[inline]
    pub fn is_cut_short(&self) -> bool {
        let has_cut = |trouble: &Trouble<P>| trouble.doom.is_some() || trouble.stall.is_some();
        self.trouble.as_deref().is_some_and(has_cut)
    }

    /// Whether its steps take time.
    #[inline]
    pub fn is_slow(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.pace.is_some())
    }

    /// Whether a step of it has not ended.
    #[inline]
    pub fn is_busy(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.under_way.is_some())
    }

    pub fn trouble(&mut self) -> &mut Trouble<P> {
        self.trouble.get_or_insert_with(|| {
            Box::new(Trouble {
                mailbox: VecDeque::new(),
                overdue: VecDeque::new(),
                held_down: Vec::new(),
                held_paused: Vec::new(),
                doom: None,
                stall: None,
                pace: None,
                under_way: None,
                rest: Vec::new(),
                clocks: BentClocks::default(),
            })
        })
    }
}

/// A timer of some node. At most one queue entry stands for it: a timer that is set again to a
/// later time keeps the entry, which is put back when it surfaces.
#[derive(Debug)]
pub(super) struct TimerSlot<T> {
    /// Which one it is, or was last.
    pub timer: Option<T>,
    /// The slot of the node's next timer.
    pub next: Option<NonZeroU32>,
    pub armed: bool,
    pub deadline: LocalTime,
    /// The true time of the deadline as the node's clock runs now.
    pub due: SimTime,
    /// The time of the entry in the queue; [`SimTime::MAX`] if there is none.
    pub queued: SimTime,
}

impl<T> TimerSlot<T> {
    pub const fn new() -> Self {
        TimerSlot {
            timer: None,
            next: None,
            armed: false,
            deadline: LocalTime::ZERO,
            due: SimTime::MAX,
            queued: SimTime::MAX,
        }
    }

    /// Whether it may become another timer.
    fn is_idle(&self) -> bool {
        !self.armed && self.queued == SimTime::MAX
    }
}

/// All timers: the first of node n, which lies with the node, has the slot n; others come after.
#[derive(Debug)]
pub(super) struct Timers<T> {
    nodes: u32,
    more: Vec<More<T>>,
    /// The shortest and the longest that was set, of those that are not due at once.
    lengths: Span<Duration>,
}

/// A timer that is not its node's first.
#[derive(Debug)]
struct More<T> {
    timer: TimerSlot<T>,
    node: NodeId,
    place: u32,
}

impl<T: Copy + Eq> Timers<T> {
    pub const fn new(nodes: u32) -> Self {
        let lengths = Span { min: Duration::MAX, max: Duration::ZERO, spread: Spread::Even };
        Timers { nodes, more: Vec::new(), lengths }
    }

    /// Notes the length of a timer that is set.
    #[inline]
    pub fn note(&mut self, length: Duration) {
        if length > Duration::ZERO {
            self.lengths.min = self.lengths.min.min(length);
            self.lengths.max = self.lengths.max.max(length);
        }
    }

    /// The shortest and the longest so far; `None` if there was none.
    pub fn lengths(&self) -> Option<Span<Duration>> {
        (self.lengths.min <= self.lengths.max).then_some(self.lengths)
    }

    #[inline]
    pub fn at<'a, P: Protocol<Timer = T>>(
        &'a mut self,
        nodes: &'a mut [Node<P>],
        slot: u32,
    ) -> &'a mut TimerSlot<T> {
        match slot.checked_sub(self.nodes) {
            None => &mut nodes[slot as usize].timer,
            Some(more) => &mut self.more[more as usize].timer,
        }
    }

    /// All timers that a node ever had.
    pub fn of<'a, P: Protocol<Timer = T>>(
        &'a self,
        nodes: &'a [Node<P>],
        node: NodeId,
    ) -> Vec<&'a TimerSlot<T>> {
        let mut slots = vec![&nodes[node.index()].timer];
        while let Some(next) = slots.last().and_then(|slot| slot.next) {
            slots.push(&self.more[(next.get() - self.nodes) as usize].timer);
        }
        slots
    }

    /// The node of a timer, and the timer's place among all that it ever had.
    #[inline]
    pub fn owner(&self, slot: u32) -> (NodeId, u32) {
        match slot.checked_sub(self.nodes) {
            None => (NodeId::new(slot), 0),
            Some(more) => {
                let More { node, place, .. } = self.more[more as usize];
                (node, place)
            }
        }
    }

    /// The slot of a timer of this node that has this name.
    #[inline]
    pub fn find<P: Protocol<Timer = T>>(
        &mut self,
        nodes: &mut [Node<P>],
        node: NodeId,
        timer: T,
    ) -> Option<u32> {
        let mut slot = node.number();
        loop {
            let here = self.at(nodes, slot);
            if here.timer == Some(timer) {
                return Some(slot);
            }
            slot = here.next?.get();
        }
    }

    /// The slot of this timer: one that had it before, an idle one, or a new one.
    #[inline]
    pub fn find_or_add<P: Protocol<Timer = T>>(
        &mut self,
        nodes: &mut [Node<P>],
        node: NodeId,
        timer: T,
    ) -> u32 {
        match self.find(nodes, node, timer) {
            Some(slot) => slot,
            None => self.add(nodes, node, timer),
        }
    }

    #[cold]
    fn add<P: Protocol<Timer = T>>(
        &mut self,
        nodes: &mut [Node<P>],
        node: NodeId,
        timer: T,
    ) -> u32 {
        let new = self.nodes + self.more.len() as u32;
        let mut slot = node.number();
        let mut place = 0;
        loop {
            let here = self.at(nodes, slot);
            if here.is_idle() {
                here.timer = Some(timer);
                return slot;
            }
            place += 1;
            match here.next {
                Some(next) => slot = next.get(),
                None => {
                    here.next = NonZeroU32::new(new);
                    self.more.push(More { timer: TimerSlot::new(), node, place });
                    slot = new;
                }
            }
        }
    }
}

/// Typed payloads by index, with indexes reused: last freed, first taken.
#[derive(Debug)]
pub(super) struct Slab<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub fn new() -> Self {
        Slab { slots: Vec::with_capacity(64), free: Vec::with_capacity(64) }
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
                self.free.reserve(self.slots.capacity());
                self.slots.len() as u32 - 1
            }
        }
    }

    #[inline]
    pub fn get(&self, slot: u32) -> Option<&T> {
        self.slots.get(slot as usize)?.as_ref()
    }

    pub fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    #[inline]
    pub fn remove(&mut self, slot: u32) -> Option<T> {
        let value = self.slots[slot as usize].take();
        if value.is_some() {
            self.free.push(slot);
        }
        value
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(&self.slots).filter_map(|(slot, value)| Some((slot, value.as_ref()?)))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut T)> {
        (0..).zip(&mut self.slots).filter_map(|(slot, value)| Some((slot, value.as_mut()?)))
    }
}
