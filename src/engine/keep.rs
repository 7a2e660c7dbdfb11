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
    pub fn put(&mut self, fault: FaultId, kept: Kept, was_on_the_way: bool) {
        let pen = self.pens.iter_mut().find(|pen| pen.fault == fault);
        let pen = pen.expect("a fault that holds messages has a pen for them");
        if was_on_the_way {
            pen.on_the_way.push(kept);
        } else {
            pen.sent.push(kept);
        }
        self.waiting += 1;
    }

    /// The fault holds nothing any more: what it held, in the order of sending, and whether each
    /// was on the way when the fault struck.
    pub fn close(&mut self, fault: FaultId) -> impl Iterator<Item = (Kept, bool)> + use<> {
        let place = self.pens.iter().position(|pen| pen.fault == fault);
        let (on_the_way, sent) = match place.map(|place| self.pens.remove(place)) {
            Some(Pen { on_the_way, sent, .. }) => (on_the_way, sent),
            None => (Vec::new(), Vec::new()),
        };
        self.waiting -= (on_the_way.len() + sent.len()) as u64;
        let on_the_way = on_the_way.into_iter().map(|kept| (kept, true));
        on_the_way.chain(sent.into_iter().map(|kept| (kept, false)))
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
