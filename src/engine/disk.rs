//! A node's disk: a synced base, the writes after it, and what waits for them.
//!
//! Messages and promises wait, in order, for every sync asked for so far - not only for their own
//! step's. Otherwise a duplicate of a request would be answered with a promise that is not yet on
//! disk.

use crate::fault::DiskFate;
use crate::id::NodeId;
use crate::protocol::{Durable, Protocol, Synced};
use crate::rng::{Keyed, Luck64, range};
use crate::time::SimTime;
use std::collections::VecDeque;

/// What waits for the disk.
#[derive(Debug)]
pub(super) enum Held<P: Protocol> {
    Message { to: NodeId, message: P::Message },
    Promise(P::Observation),
}

/// The number of a sync that is never done.
const NEVER: u64 = u64::MAX;

/// What a disk says when a sync is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// That it is done, which is true.
    Honest,
    /// That it is done, which this fault says.
    Lie { by: usize },
    /// That it failed; so many of the writes that no sync has saved are on disk all the same.
    Failed { kept: u64 },
}

#[derive(Debug)]
pub(super) struct Disk<P: Protocol> {
    /// What every crash leaves.
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
    /// Whether a sync has failed and its node, which stands still, is still to hear of it.
    failed_unheard: bool,
    /// The faults that trouble it, oldest first, by their places.
    pub faults: Vec<usize>,
    /// Up to which write a sync that was reported as done saved nothing, and the fault that lied.
    lies: VecDeque<(u64, usize)>,
    /// For each write that was lost though it was reported as saved, the fault that lied.
    pub betrayed: Vec<usize>,
    /// Whether the write after the last that is on disk is torn.
    is_torn: bool,
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
            failed_unheard: false,
            faults: Vec::new(),
            lies: VecDeque::new(),
            betrayed: Vec::new(),
            is_torn: false,
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

    /// The number of the oldest sync under way, from 0.
    pub const fn oldest_sync(&self) -> u64 {
        self.done
    }

    /// How many writes the oldest sync under way is to save.
    pub fn saves(&self) -> u64 {
        self.syncs.front().map_or(0, |&(upto, _)| upto.saturating_sub(self.synced))
    }

    /// How many writes no sync has saved.
    pub const fn unsaved(&self) -> u64 {
        self.written - self.synced
    }

    /// Whether a message or a promise has to wait: for a sync, or for others that waited and have
    /// not left yet, because the node stands still and has not been told.
    pub fn is_waiting(&self) -> bool {
        self.asked > self.done || !self.held.is_empty() || self.failed_unheard
    }

    /// What is done between a failure and the node's hearing of it rests on what is not on disk:
    /// it waits for a sync that nobody will see.
    pub fn hold(&mut self, held: Held<P>) {
        let barrier = if self.failed_unheard { NEVER } else { self.asked };
        self.held.push_back((barrier, held));
    }

    /// A sync has failed of which the node will hear when it goes on.
    pub const fn fail_unheard(&mut self) {
        self.failed_unheard = true;
    }

    /// The node hears now that a sync has failed: what it has said since never leaves, and the
    /// syncs that it has asked for since have failed with that one. What they saved stays on disk.
    pub fn hear_of_failure(&mut self) {
        if std::mem::replace(&mut self.failed_unheard, false) {
            self.held.retain(|(barrier, _)| *barrier != NEVER);
            self.syncs.clear();
            self.done = self.asked;
        }
    }

    /// All writes so far are durable at once: a disk that takes no time. The node is told later.
    pub fn flush(&mut self) {
        self.make_durable(self.written);
        self.to_tell += 1;
    }

    /// Whether an answer is due of which the node has not been told.
    pub fn is_due(&self, now: SimTime) -> bool {
        self.to_tell == 0 && self.syncs.front().is_some_and(|&(_, at)| at <= now)
    }

    /// How many syncs would be done by now.
    pub fn overdue(&self, now: SimTime) -> usize {
        self.syncs.iter().take_while(|&&(_, at)| at <= now).count()
    }

    /// Ends the oldest sync of which the node has not been told, with this answer; `None` if there
    /// is none by now, because the node crashed while it was under way or it failed with another.
    pub fn end_sync(&mut self, now: SimTime, answer: Answer) -> Option<Synced> {
        if self.to_tell > 0 {
            self.to_tell -= 1;
            return Some(Synced::Done);
        }
        if !self.is_due(now) {
            return None;
        }
        let (upto, _) = self.syncs.pop_front()?;
        // What was asked behind a failure has failed, as the node will hear, whatever it did.
        let is_heard = !self.failed_unheard;
        match answer {
            Answer::Failed { kept } => {
                self.keep(kept);
                self.lose_the_rest();
                // What waited for it, or for those behind it, waited for what is not on disk.
                let done = self.done;
                self.held.retain(|(barrier, _)| *barrier <= done || *barrier == NEVER);
                self.syncs.clear();
                self.done = self.asked;
                return is_heard.then_some(Synced::Failed);
            }
            Answer::Lie { by } if upto > self.synced => self.lies.push_back((upto, by)),
            Answer::Honest | Answer::Lie { .. } => self.make_durable(upto),
        }
        self.done += 1;
        is_heard.then_some(Synced::Done)
    }

    fn make_durable(&mut self, upto: u64) {
        self.keep(upto.saturating_sub(self.synced));
    }

    /// So many of the oldest writes that are not synced are on disk from now on.
    fn keep(&mut self, count: u64) {
        for _ in 0..count {
            let write = self.pending.pop_front().expect("a write is synced once");
            self.base.apply(&write);
            self.synced += 1;
        }
        while self.lies.front().is_some_and(|(upto, _)| *upto <= self.synced) {
            self.lies.pop_front();
        }
    }

    /// What is not synced is lost. Returns how many writes.
    fn lose_the_rest(&mut self) -> u64 {
        let lost = self.pending.len() as u64;
        for write in self.synced..self.written {
            self.blame(write);
        }
        self.pending.clear();
        self.lies.clear();
        self.written = self.synced;
        lost
    }

    /// A write is lost: if a sync was reported that should have saved it, that was a lie.
    fn blame(&mut self, write: u64) {
        let lie = self.lies.iter().find(|(upto, _)| write < *upto);
        self.betrayed.extend(lie.map(|(_, fault)| *fault));
    }

    /// Whether something no longer has to wait.
    pub fn has_released(&self) -> bool {
        self.held.front().is_some_and(|(barrier, _)| *barrier <= self.done)
    }

    /// How much no longer has to wait.
    pub fn released(&self) -> u64 {
        self.held.iter().take_while(|(barrier, _)| *barrier <= self.done).count() as u64
    }

    /// The next thing that no longer has to wait.
    pub fn release(&mut self) -> Option<Held<P>> {
        if !self.has_released() {
            return None;
        }
        self.held.pop_front().map(|(_, held)| held)
    }

    /// The node crashes: what waited for the disk is lost, and of what was not synced so much as
    /// its fate and luck say. Returns how many writes.
    pub fn crash(&mut self, fate: DiskFate, luck: &mut Keyed) -> u64 {
        self.syncs.clear();
        self.held.clear();
        self.failed_unheard = false;
        self.done = self.asked;
        self.to_tell = 0;
        let unsaved = self.unsaved();
        match fate {
            DiskFate::Synced => {}
            DiskFate::Amnesia => return self.wipe(),
            DiskFate::Prefix => self.keep(range(luck, 0..=unsaved)),
            DiskFate::Torn => {
                let kept = range(luck, 0..=unsaved);
                self.keep(kept);
                self.is_torn |= kept < unsaved;
            }
            DiskFate::Subset => return self.keep_some(luck),
        }
        self.lose_the_rest()
    }

    /// Each write that is not synced is on disk or lost, whatever became of those before it.
    fn keep_some(&mut self, luck: &mut Keyed) -> u64 {
        let mut lost = 0;
        for place in self.synced..self.written {
            let write = self.pending.pop_front().expect("every write is pending or synced");
            if luck.next() & 1 == 0 {
                self.base.apply(&write);
            } else {
                self.blame(place);
                lost += 1;
            }
        }
        self.synced = self.written;
        self.lies.clear();
        lost
    }

    /// The disk itself is lost. Returns how many writes were on it.
    fn wipe(&mut self) -> u64 {
        let lost = self.written;
        self.pending.clear();
        self.lies.clear();
        self.base = P::Durable::default();
        (self.written, self.synced, self.is_torn) = (0, 0, false);
        lost
    }

    /// Whether the next boot finds a torn write.
    pub const fn is_torn(&self) -> bool {
        self.is_torn
    }

    /// The node has found the torn write: whatever it writes next stands in its place.
    pub const fn take_torn(&mut self) -> bool {
        std::mem::replace(&mut self.is_torn, false)
    }
}
