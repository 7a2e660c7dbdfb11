//! The requester: what a peer is to its arbiters. It needs the permission of all of them at once.

use super::arbiter::Say;
use super::message::Message;
use crate::id::NodeId;
use crate::lock::spec::Stamp;
use std::collections::BTreeSet;

/// One request, from when it is made until its critical section is left.
#[derive(Debug)]
pub(super) struct Requester {
    stamp: Stamp,
    quorum: BTreeSet<NodeId>,
    /// The arbiters whose permission it has.
    locked: BTreeSet<NodeId>,
    /// The arbiters who put others first, or who have their permission back.
    failed: BTreeSet<NodeId>,
    /// The arbiters who want their permission back and have no answer yet.
    inquiring: BTreeSet<NodeId>,
}

impl Requester {
    /// A request, and the question to each arbiter.
    pub fn ask(stamp: Stamp, quorum: &BTreeSet<NodeId>, say: &mut Vec<Say>) -> Self {
        quorum.iter().for_each(|arbiter| say.push((*arbiter, Message::Request { stamp })));
        Requester {
            stamp,
            quorum: quorum.clone(),
            locked: BTreeSet::new(),
            failed: BTreeSet::new(),
            inquiring: BTreeSet::new(),
        }
    }

    /// Which request it is.
    pub const fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Whether it has the permission of all.
    pub fn is_locked_by_all(&self) -> bool {
        self.locked == self.quorum
    }

    pub fn on_locked(&mut self, arbiter: NodeId) {
        self.failed.remove(&arbiter);
        self.locked.insert(arbiter);
    }

    pub fn on_failed(&mut self, arbiter: NodeId, say: &mut Vec<Say>) {
        self.failed.insert(arbiter);
        for inquirer in std::mem::take(&mut self.inquiring) {
            self.relinquish(inquirer, say);
        }
    }

    pub fn on_inquire(&mut self, arbiter: NodeId, say: &mut Vec<Say>) {
        if self.is_locked_by_all() {
            // It is in the critical section, and will say so when it leaves it.
        } else if self.failed.is_empty() {
            self.inquiring.insert(arbiter);
        } else {
            self.relinquish(arbiter, say);
        }
    }

    fn relinquish(&mut self, arbiter: NodeId, say: &mut Vec<Say>) {
        self.locked.remove(&arbiter);
        self.failed.insert(arbiter);
        say.push((arbiter, Message::Relinquish { stamp: self.stamp }));
    }

    /// It has left the critical section.
    pub fn release(self, say: &mut Vec<Say>) {
        let stamp = self.stamp;
        self.quorum.iter().for_each(|arbiter| say.push((*arbiter, Message::Release { stamp })));
    }
}
