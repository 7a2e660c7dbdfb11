//! A node's disk: a synced base, the writes after it, and what waits for them.
//!
//! Messages and promises wait, in order, for every sync asked for so far - not only for their own
//! step's. Otherwise a duplicate of a request would be answered with a promise that is not yet on
//! disk.

use crate::id::NodeId;
use crate::protocol::{Durable, Protocol};
use crate::time::SimTime;
use std::collections::VecDeque;

/// What waits for the disk.
#[derive(Debug)]
pub(super) enum Held<P: Protocol> {
    Message { to: NodeId, message: P::Message },
    Promise(P::Observation),
}

#[derive(Debug)]
pub(super) struct Disk<P: Protocol> {
    /// What a crash leaves.
    base: P::Durable,
    /// Writes that are not synced, oldest first.
    pending: VecDeque<<P::Durable as Durable>::Write>,
    /// The syncs under way: how many writes there were before each, and when it will be done.
    syncs: VecDeque<(u64, SimTime)>,
    written: u64,
    synced: u64,
    asked: u64,
    done: u64,
    /// Syncs that took no time and of which the node is still to be told.
    to_tell: u32,
    held: VecDeque<(u64, Held<P>)>,
}

impl<P: Protocol> Disk<P> {
    /// A disk that holds this already.
    pub fn holding(base: P::Durable) -> Self {
        Disk {
            base,
            pending: VecDeque::new(),
            syncs: VecDeque::new(),
            written: 0,
            synced: 0,
            asked: 0,
            done: 0,
            to_tell: 0,
            held: VecDeque::new(),
        }
    }

    pub const fn base(&self) -> &P::Durable {
        &self.base
    }

    /// Whether anything that was written to it is durable.
    pub const fn holds_something(&self) -> bool {
        self.synced > 0
    }

    pub fn write(&mut self, write: <P::Durable as Durable>::Write) {
        self.pending.push_back(write);
        self.written += 1;
    }

    /// Notes a sync that would be done at this time, and returns when it is: syncs end in order.
    pub fn ask(&mut self, at: SimTime) -> SimTime {
        let at = self.syncs.back().map_or(at, |&(_, last)| at.max(last));
        self.asked += 1;
        self.syncs.push_back((self.written, at));
        at
    }

    /// The number of the next sync, from 0.
    pub const fn next_sync(&self) -> u64 {
        self.asked
    }

    /// Whether a message or a promise has to wait: for a sync, or for others that waited and have
    /// not left yet, because the node stands still and has not been told.
    pub fn is_waiting(&self) -> bool {
        self.asked > self.done || !self.held.is_empty()
    }

    pub fn hold(&mut self, held: Held<P>) {
        self.held.push_back((self.asked, held));
    }

    /// The oldest sync under way is done: its writes are durable from now on.
    fn complete(&mut self) {
        let (upto, _) = self.syncs.pop_front().expect("a sync that ends was asked for");
        self.done += 1;
        self.make_durable(upto);
    }

    /// All writes so far are durable at once: a disk that takes no time. The node is told later.
    pub fn flush(&mut self) {
        self.make_durable(self.written);
        self.to_tell += 1;
    }

    /// Ends the oldest sync of which the node has not been told; `false` if there is none by now,
    /// because the node crashed while it was under way.
    pub fn end_sync(&mut self, now: SimTime) -> bool {
        if self.to_tell > 0 {
            self.to_tell -= 1;
            return true;
        }
        let is_due = self.syncs.front().is_some_and(|&(_, at)| at <= now);
        if is_due {
            self.complete();
        }
        is_due
    }

    fn make_durable(&mut self, upto: u64) {
        while self.synced < upto {
            let write = self.pending.pop_front().expect("a write is synced once");
            self.base.apply(&write);
            self.synced += 1;
        }
    }

    /// The next thing that no longer has to wait.
    pub fn release(&mut self) -> Option<Held<P>> {
        let (barrier, _) = self.held.front()?;
        if *barrier > self.done {
            return None;
        }
        self.held.pop_front().map(|(_, held)| held)
    }

    /// What was not synced is lost, and so is what waited for it. Returns how many writes.
    pub fn crash(&mut self) -> u64 {
        let lost = self.pending.len() as u64;
        self.pending.clear();
        self.syncs.clear();
        self.held.clear();
        self.written = self.synced;
        self.done = self.asked;
        self.to_tell = 0;
        lost
    }

    /// The disk itself is lost. Returns how many writes were on it.
    pub fn wipe(&mut self) -> u64 {
        let lost = self.written;
        self.crash();
        self.base = P::Durable::default();
        (self.written, self.synced) = (0, 0);
        lost
    }
}
