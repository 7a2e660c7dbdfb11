//! Where messages wait that a fault holds back: a list a fault, in the order of sending.
//!
//! A message that waits has no entry in the queue. It keeps the time at which it would have
//! arrived: to be held never makes a message faster.

use crate::id::FaultId;
use crate::time::SimTime;

/// A message that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// Its place among the messages.
    pub slot: u32,
    /// When it would have arrived.
    pub due: SimTime,
    /// Its tie, should that be later than its release.
    pub tie: u32,
    /// The fault that has spoilt it.
    pub spoilt_by: Option<FaultId>,
    /// Whether it was on the way when the fault struck, and has come to the end of its link.
    pub has_arrived: bool,
}

#[derive(Debug)]
struct Pen {
    fault: FaultId,
    /// Whether it takes what is sent, or only what was on the way.
    takes_sent: bool,
    /// What was on the way when the fault struck; it was sent before all others.
    on_the_way: Vec<Kept>,
    sent: Vec<Kept>,
}

/// Everything that waits.
#[derive(Debug, Default)]
pub(super) struct Keep {
    pens: Vec<Pen>,
    waiting: u64,
    released: u32,
}

impl Keep {
    /// From now on a fault holds messages.
    pub fn open(&mut self, fault: FaultId, takes_sent: bool) {
        let (on_the_way, sent) = (Vec::new(), Vec::new());
        self.pens.push(Pen { fault, takes_sent, on_the_way, sent });
    }

    /// Whether a fault holds what is sent now.
    pub fn takes(&self, fault: FaultId) -> bool {
        self.pens.iter().any(|pen| pen.fault == fault && pen.takes_sent)
    }

    /// Whether a fault holds what was on the way when it struck.
    pub fn is_open(&self, fault: FaultId) -> bool {
        self.pens.iter().any(|pen| pen.fault == fault)
    }

    /// Puts a message where a fault holds it.
    pub fn put(&mut self, fault: FaultId, kept: Kept) {
        let pen = self.pens.iter_mut().find(|pen| pen.fault == fault);
        let pen = pen.expect("a fault that holds messages has a pen for them");
        if kept.has_arrived {
            pen.on_the_way.push(kept);
        } else {
            pen.sent.push(kept);
        }
        self.waiting += 1;
    }

    /// The fault holds nothing any more: what it held.
    pub fn close(&mut self, fault: FaultId) -> Vec<Kept> {
        let Some(place) = self.pens.iter().position(|pen| pen.fault == fault) else {
            return Vec::new();
        };
        let Pen { mut on_the_way, mut sent, .. } = self.pens.remove(place);
        on_the_way.append(&mut sent);
        self.waiting -= on_the_way.len() as u64;
        on_the_way
    }

    /// The faults that hold messages.
    pub fn faults(&self) -> Vec<FaultId> {
        self.pens.iter().map(|pen| pen.fault).collect()
    }

    /// How many messages wait.
    #[inline]
    pub const fn waiting(&self) -> u64 {
        self.waiting
    }

    /// The tie of the next message that is released: they arrive in the order of release, before
    /// all else that happens at that instant but for the plan and a disk that takes no time.
    pub const fn next_tie(&mut self) -> u32 {
        self.released += 1;
        self.released
    }
}
