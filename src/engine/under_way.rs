//! Steps that have not ended: a slow node takes its time, a stalled one stands still half way.
//!
//! A handler runs at the beginning of its step, so that what it reads of time and of its disk is
//! what was there then; its effects leave when the step ends, or when the node goes on. Meanwhile
//! the node takes up nothing else: what comes for it waits, in order, and is taken up one step
//! after the other. A crash loses what had not left.

use super::luck::SLOT;
use super::network::travel;
use super::node::{Mail, Trouble};
use super::plan::Act;
use super::record::Observer;
use super::simulation::Simulation;
use crate::conditions::Latency;
use crate::id::NodeId;
use crate::protocol::{Effect, Now, Protocol, Synced};
use crate::rng::{Keyed, Luck64, mix};
use crate::time::{Duration, SimTime};

/// How long the steps of a node take, and the fault that makes them so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub step: Latency,
    pub fault: usize,
    /// The weather slot of the last step, and how many there were in it.
    slot: u64,
    in_slot: u64,
}

impl Pace {
    pub const fn new(step: Latency, fault: usize) -> Self {
        Pace { step, fault, slot: u64::MAX, in_slot: 0 }
    }

    /// Counts a step; which of its slot it is.
    fn count(&mut self, slot: u64) -> u64 {
        self.in_slot = if self.slot == slot { self.in_slot + 1 } else { 0 };
        self.slot = slot;
        self.in_slot
    }
}

/// A step that has not ended; the node keeps the effects that have not left.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnderWay {
    pub part: Part,
    /// When it ends; `None` once only a pause or a stall keeps it back.
    pub until: Option<SimTime>,
    /// The fault that makes it slow.
    pub slowed_by: Option<usize>,
}

/// What of a step is left.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// Effects of a handler for which the node's clocks said this.
    Step(Now),
    /// What had waited for the disk, and then the node is told this.
    LettingGo(Synced),
}

impl<P: Protocol> Simulation<P> {
    /// Whether a node can take up what comes for it.
    #[inline]
    pub(super) fn is_free(&self, node: NodeId) -> bool {
        self.world.is_up(node) && !self.nodes[node.index()].is_busy()
    }

    /// What faults make of a step of a node that they have struck: it may have read clocks that are
    /// wrong, and take its time. Whether it goes on.
    #[inline(never)]
    pub(super) fn is_held_up(
        &mut self,
        node: NodeId,
        now: Now,
        effects: &mut Vec<Effect<P>>,
    ) -> bool {
        let own = &self.nodes[node.index()];
        let (reads, is_slow) = (own.process.reads(), own.is_slow());
        if reads.wall || reads.monotonic {
            self.misread(node, reads);
        }
        is_slow && self.takes_time(node, now, effects)
    }

    /// Begins a step that takes time; `false` if it takes none.
    fn takes_time(&mut self, node: NodeId, now: Now, effects: &mut Vec<Effect<P>>) -> bool {
        let seed = self.pace_seed;
        let slot = self.world.now.as_nanos() / SLOT;
        let trouble = self.nodes[node.index()].trouble();
        let Some(pace) = &mut trouble.pace else { return false };
        let key = mix(mix(seed, u64::from(node.number()) << 32 ^ pace.count(slot)), slot);
        let mut luck = Keyed::new(key);
        let tie = luck.clone().next() as u32;
        let length = travel(pace.step, &mut luck);
        if length == Duration::ZERO {
            return false;
        }
        let until = self.world.now + length;
        let fault = pace.fault;
        trouble.rest.append(effects);
        let kept_back = trouble.rest.len() as u64;
        let (part, slowed_by) = (Part::Step(now), Some(fault));
        trouble.under_way = Some(UnderWay { part, until: Some(until), slowed_by });
        self.plan.did(fault, kept_back);
        self.queue_step_end(node, until, tie);
        true
    }

    /// A node stands still inside a step, what is left of it pending: a pause from here on.
    pub(super) fn stand_still<O: Observer<P>>(
        &mut self,
        node: NodeId,
        fault: usize,
        part: Part,
        observer: &mut O,
    ) {
        let own = &mut self.nodes[node.index()];
        own.trouble().under_way = Some(UnderWay { part, until: None, slowed_by: None });
        let kept_back = match part {
            Part::Step(_) => own.trouble().rest.len() as u64,
            Part::LettingGo(_) => own.disk().released(),
        };
        self.plan.did(fault, kept_back);
        self.pause(node, fault, observer);
        if let Some(length) = self.plan.fault(fault).lasts {
            let slot = self.plan.add_late(Act::Wake(fault, node));
            self.queue_plan(self.world.now + length, slot, slot);
        }
    }

    /// Something came for a node that cannot take it up.
    pub(super) fn wait(&mut self, node: NodeId, mail: Mail<P>) {
        self.keeps_waiting(node).mailbox.push_back(mail);
    }

    /// The same of a timer that came due. Where the node stands still it waits apart: whether the
    /// timers or the mail come first is drawn.
    pub(super) fn wait_overdue(&mut self, slot: u32) {
        let (node, _) = self.timers.owner(slot);
        let due = self.timers.at(&mut self.nodes, slot).due;
        let stands_still = !self.world.is_up(node);
        let trouble = self.keeps_waiting(node);
        let line = if stands_still { &mut trouble.overdue } else { &mut trouble.mailbox };
        line.push_back(Mail::Timer { slot, due });
    }

    /// The faults that hold a node or slow it keep one thing more waiting.
    fn keeps_waiting(&mut self, node: NodeId) -> &mut Trouble<P> {
        let trouble = self.nodes[node.index()].trouble();
        let slowed_by = trouble.under_way.and_then(|step| step.slowed_by);
        for &fault in trouble.held_paused.iter().chain(&slowed_by) {
            self.plan.did(fault, 1);
        }
        trouble
    }

    /// How long the steps of a node take from its next one on.
    pub(super) fn set_pace(&mut self, node: NodeId) {
        self.nodes[node.index()].trouble().pace = self.plan.pace_of(node);
    }

    /// The time of a slow step is over.
    #[inline(never)]
    pub(super) fn step_ends<O: Observer<P>>(&mut self, node: NodeId, observer: &mut O) {
        let now = self.world.now;
        let Some(under_way) = &mut self.nodes[node.index()].trouble().under_way else { return };
        if under_way.until != Some(now) {
            return; // of a process that has died since
        }
        under_way.until = None;
        if self.world.is_up(node) {
            self.go_on(node, observer);
            self.work(node, observer);
        }
    }

    /// Ends a step that nothing keeps back any more.
    pub(super) fn go_on<O: Observer<P>>(&mut self, node: NodeId, observer: &mut O) {
        let trouble = self.nodes[node.index()].trouble();
        let Some(step) = trouble.under_way.filter(|step| step.until.is_none()) else { return };
        trouble.under_way = None;
        let mut rest = std::mem::take(&mut trouble.rest);
        self.event();
        match step.part {
            Part::Step(now) => {
                if self.settle_rest(node, now, &mut rest, observer) {
                    self.nodes[node.index()].trouble().rest = rest; // its memory serves again
                    self.sample_view(node, observer);
                }
            }
            Part::LettingGo(synced) => self.release_held(node, synced, observer),
        }
    }

    /// [`Simulation::settle`], off the way that most steps go.
    #[cold]
    #[inline(never)]
    fn settle_rest<O: Observer<P>>(
        &mut self,
        node: NodeId,
        now: Now,
        effects: &mut Vec<Effect<P>>,
        observer: &mut O,
    ) -> bool {
        self.settle(node, now, effects, observer)
    }

    /// Takes up what waits, in order, for as long as the node can.
    #[inline(never)]
    pub(super) fn work<O: Observer<P>>(&mut self, node: NodeId, observer: &mut O) {
        // A crash on the way empties the mailbox; a stall or a slow step leaves it as it is.
        while self.is_free(node) {
            let Some(mail) = self.nodes[node.index()].trouble().mailbox.pop_front() else { return };
            match mail {
                Mail::Message { from, message } => self.deliver(node, from, message, observer),
                Mail::Command(command) => self.give(node, command, observer),
                Mail::Synced(synced) => self.tell_synced(node, synced, observer),
                Mail::Timer { slot, due } => {
                    let timer = self.timers.at(&mut self.nodes, slot);
                    let is_that_one = timer.armed && timer.due == due;
                    if is_that_one && timer.queued == SimTime::MAX {
                        self.fire(slot, observer);
                    }
                }
            }
        }
    }
}
