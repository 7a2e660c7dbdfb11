//! The arbiter: what a peer is to those who ask it. It grants one request at a time.

use super::message::Message;
use super::rules::Rules;
use crate::id::NodeId;
use crate::lock::spec::Stamp;
use std::collections::BTreeSet;

/// What an arbiter says: to whom, and what.
pub(super) type Say = (NodeId, Message);

/// One who grants one request at a time, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Arbiter {
    /// The request that it has granted.
    locked: Option<Stamp>,
    /// Whether it has asked for that grant back.
    has_inquired: bool,
    /// The requests that wait, the oldest first.
    queue: BTreeSet<Stamp>,
}

impl Arbiter {
    /// Somebody asks.
    pub fn on_request(&mut self, rules: Rules, stamp: Stamp, say: &mut Vec<Say>) {
        let Some(locked) = self.locked else { return self.grant(stamp, say) };
        let first = self.queue.first().copied();
        self.queue.insert(stamp);
        if stamp > locked || first.is_some_and(|first| stamp > first) {
            return say.push((stamp.node, Message::Failed { stamp }));
        }
        // It comes before all that are here. Who came first in the queue must know that it does no
        // longer, or it would keep what it has from others (Sanders 1987).
        let overtaken = first.filter(|first| *first < locked && rules.tells_the_overtaken);
        if let Some(stamp) = overtaken {
            say.push((stamp.node, Message::Failed { stamp }));
        }
        if rules.inquires && !self.has_inquired {
            self.has_inquired = true;
            say.push((locked.node, Message::Inquire { stamp: locked }));
        }
    }

    /// Whom it has granted its permission gives it back, before it has had all others.
    pub fn on_relinquish(&mut self, stamp: Stamp, say: &mut Vec<Say>) {
        if self.locked == Some(stamp) {
            self.queue.insert(stamp);
            self.grant_next(say);
        }
    }

    /// Whom it has granted its permission has left the critical section.
    pub fn on_release(&mut self, stamp: Stamp, say: &mut Vec<Say>) {
        if self.locked == Some(stamp) {
            self.grant_next(say);
        }
    }

    fn grant_next(&mut self, say: &mut Vec<Say>) {
        self.locked = None;
        self.has_inquired = false;
        if let Some(next) = self.queue.pop_first() {
            self.grant(next, say);
        }
    }

    fn grant(&mut self, stamp: Stamp, say: &mut Vec<Say>) {
        self.locked = Some(stamp);
        say.push((stamp.node, Message::Locked { stamp }));
    }

    /// The request that it has granted.
    pub const fn granted(&self) -> Option<Stamp> {
        self.locked
    }

    /// Which requests wait until which has released the lock, whatever is under way: all that are
    /// in the queue, but those that come before a grant that it wants back.
    pub fn held_back(&self) -> impl Iterator<Item = (Stamp, Stamp)> + '_ {
        self.locked.into_iter().flat_map(move |locked| {
            let is_held = move |stamp: &&Stamp| **stamp > locked || !self.has_inquired;
            self.queue.iter().filter(is_held).map(move |stamp| (*stamp, locked))
        })
    }
}
