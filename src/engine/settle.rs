//! Settling a step: carrying out, one by one, what a node wants.

use super::digest::Tag;
use super::disk::Held;
use super::network::travel;
use super::record::{Flow, Observer, Promised, Record, What};
use super::simulation::{Simulation, note};
use crate::conditions::Latency;
use crate::id::NodeId;
use crate::protocol::{Effect, Input, Now, Protocol, Synced, Words};
use crate::rng::{Keyed, Luck64, mix};
use crate::time::Duration;

impl<P: Protocol> Simulation<P> {
    /// Carries out the effects of a step in their order; a crash may fall behind any of them.
    pub(super) fn settle<O: Observer<P>>(
        &mut self,
        node: NodeId,
        now: Now,
        effects: &mut Vec<Effect<P>>,
        observer: &mut O,
    ) {
        for effect in effects.drain(..) {
            if self.nodes[node.index()].is_doomed() && self.dies_here(node, true, observer) {
                return;
            }
            match effect {
                Effect::Send { to, message, urgent } => {
                    let size = self.world.size();
                    assert!(to.index() < size, "{node} sends to {to}, one of {size} nodes");
                    if urgent || !self.nodes[node.index()].awaits_disk() {
                        self.transmit(node, to, message, observer);
                    } else {
                        self.nodes[node.index()].disk().hold(Held::Message { to, message });
                    }
                }
                Effect::SetTimer { timer, after } => self.set_timer(node, now, timer, after),
                Effect::CancelTimer(timer) => self.cancel_timer(node, timer),
                Effect::Persist(write) => {
                    self.digests.head(Tag::Persisted, self.world.now, node, 0);
                    self.digests.trace.fold_value(&write);
                    note!(self, observer, node, What::Persisted(&write));
                    self.nodes[node.index()].disk().write(write);
                }
                Effect::Sync => self.sync(node),
                Effect::Observe(observation) => {
                    self.observed(node, &observation, Promised::Belief, observer);
                }
                Effect::Promise(observation) => {
                    if self.nodes[node.index()].awaits_disk() {
                        self.nodes[node.index()].disk().hold(Held::Promise(observation));
                    } else {
                        self.observed(node, &observation, Promised::Promise, observer);
                    }
                }
            }
        }
        if self.nodes[node.index()].is_doomed() {
            self.dies_here(node, false, observer);
        }
    }

    /// Asks the disk. One that takes no time is done before the next effect; the node is told by
    /// an event of its own all the same.
    fn sync(&mut self, node: NodeId) {
        let disk = self.nodes[node.index()].disk();
        if self.conditions.sync == Latency::ZERO && !disk.is_waiting() {
            disk.flush();
            self.queue_sync(node, self.world.now, 0);
            return;
        }
        let nth = disk.next_sync();
        let key = mix(self.disk_seed, u64::from(node.number()) << 32 ^ nth);
        let mut luck = Keyed::new(key);
        let tie = luck.clone().next() as u32;
        let at = disk.ask(self.world.now + travel(self.conditions.sync, &mut luck));
        self.queue_sync(node, at, tie);
    }

    /// Tells a node that a sync is done, after what had waited for it has left.
    pub(super) fn synced<O: Observer<P>>(&mut self, node: NodeId, observer: &mut O) {
        self.event();
        self.digests.head(Tag::Synced, self.world.now, node, 0);
        note!(self, observer, node, What::Synced(Synced::Done));
        while let Some(held) = self.nodes[node.index()].disk().release() {
            // What leaves late is an effect too: a crash may fall between two of these.
            if self.nodes[node.index()].is_doomed() && self.dies_here(node, true, observer) {
                return;
            }
            match held {
                Held::Message { to, message } => self.transmit(node, to, message, observer),
                Held::Promise(observation) => {
                    self.observed(node, &observation, Promised::Promise, observer);
                }
            }
        }
        self.step(node, Input::Synced(Synced::Done), observer);
    }

    fn observed<O: Observer<P>>(
        &mut self,
        node: NodeId,
        observation: &P::Observation,
        promised: Promised,
        observer: &mut O,
    ) {
        self.digests.head(Tag::Observed, self.world.now, node, promised as u32);
        self.digests.trace.fold_value(observation);
        self.digests.observed(node, observation);
        note!(self, observer, node, What::Observed { observation, promised });
        if self.plan.has_triggers() {
            self.milestone(observation.word());
        }
    }

    fn set_timer(&mut self, node: NodeId, now: Now, timer: P::Timer, after: Duration) {
        self.timers.note(after);
        let slot = self.timers.find_or_add(&mut self.nodes, node, timer);
        let due_at = now.monotonic + after;
        // The clock's reading is rounded down, so the first instant that shows it may be past.
        let due = self.world.nodes[node.index()].clock.true_time(due_at).max(self.world.now);
        let entry = self.timers.at(&mut self.nodes, slot);
        entry.armed = true;
        entry.deadline = due_at;
        entry.due = due;
        // A timer set to a later time keeps its entry, which is put back when it surfaces.
        if due < entry.queued {
            self.queue_timer(slot);
        }
    }

    fn cancel_timer(&mut self, node: NodeId, timer: P::Timer) {
        if let Some(slot) = self.timers.find(&mut self.nodes, node, timer) {
            self.timers.at(&mut self.nodes, slot).armed = false;
        }
    }
}
