//! Settling a step: carrying out, one by one, what a node wants.

use super::digest::Tag;
use super::disk::Held;
use super::record::{Flow, Observer, Promised, Record, What};
use super::simulation::{Simulation, note};
use super::under_way::Part;
use crate::id::NodeId;
use crate::protocol::{Effect, Now, Protocol, Words};
use crate::time::Duration;

impl<P: Protocol> Simulation<P> {
    /// Carries out the effects of a step in their order; a crash or a stall may fall behind any of
    /// them. Whether the step is over.
    #[inline(always)]
    pub(super) fn settle<O: Observer<P>>(
        &mut self,
        node: NodeId,
        now: Now,
        effects: &mut Vec<Effect<P>>,
        observer: &mut O,
    ) -> bool {
        let mut effects = effects.drain(..);
        while let Some(effect) = effects.next() {
            let own = &self.nodes[node.index()];
            let (is_cut_short, awaits_disk) = (own.is_cut_short(), own.awaits_disk());
            if is_cut_short {
                if let Some(fault) = self.nodes[node.index()].trouble().stalls_here() {
                    let rest = &mut self.nodes[node.index()].trouble().rest;
                    rest.push(effect);
                    rest.extend(effects);
                    self.stand_still(node, fault, Part::Step(now), observer);
                    return false;
                }
                if self.dies_here(node, true, observer) {
                    return false;
                }
            }
            match effect {
                Effect::Send { to, message, urgent } => {
                    let size = self.world.size();
                    assert!(to.index() < size, "{node} sends to {to}, one of {size} nodes");
                    if urgent || !awaits_disk {
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
                    if awaits_disk {
                        self.nodes[node.index()].disk().hold(Held::Promise(observation));
                    } else {
                        self.observed(node, &observation, Promised::Promise, observer);
                    }
                }
            }
        }
        drop(effects);
        !self.nodes[node.index()].is_cut_short() || !self.dies_here(node, false, observer)
    }

    pub(super) fn observed<O: Observer<P>>(
        &mut self,
        node: NodeId,
        observation: &P::Observation,
        promised: Promised,
        observer: &mut O,
    ) {
        self.digests.head(Tag::Observed, self.world.now, node, promised as u32);
        self.digests.trace.fold_value(observation);
        self.digests.observed(node, observation);
        self.service_hears(node, observation);
        note!(self, observer, node, What::Observed { observation, promised });
        if self.plan.milestones.any() {
            self.milestone(node, observation.word());
        }
        if self.clients.are_waiting() {
            self.answered(node, observation, observer);
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
