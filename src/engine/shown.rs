//! What a simulation shows of itself, to judges, tests and those who drive it.

use super::counts::Counts;
use super::digest::Digests;
use super::simulation::Simulation;
use crate::assumption::Assumption;
use crate::conditions::Conditions;
use crate::fault::{Fault, FaultReport};
use crate::id::{FaultId, NodeId};
use crate::protocol::Protocol;
use crate::schedule::{ClockPlan, Override};
use crate::time::Duration;
use crate::units::Span;
use crate::world::World;
use std::fmt;

impl<P: Protocol> Simulation<P> {
    /// The world as judges may see it.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The nodes' views; `None` for one that is down.
    pub fn views(&self) -> &[Option<P::View>] {
        &self.views
    }

    /// A node's algorithm; `None` while it is down.
    pub fn state(&self, node: NodeId) -> Option<&P> {
        self.nodes[node.index()].process.state()
    }

    /// What a node's disk holds if it crashes now.
    pub fn on_disk(&self, node: NodeId) -> &P::Durable {
        self.nodes[node.index()].used_disk().map_or(&self.blank_disk, |disk| disk.base())
    }

    /// What was counted so far.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The digests so far.
    pub const fn digests(&self) -> &Digests {
        &self.digests
    }

    /// What became of each fault of the schedule so far.
    pub fn faults(&self) -> Vec<FaultReport> {
        self.plan.reports()
    }

    /// The world without faults.
    pub const fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// How the clocks stood at the beginning.
    pub fn first_clocks(&self) -> &[ClockPlan] {
        &self.plan.schedule().clocks
    }

    /// The faults of the schedule, in its order, which is that of [`Simulation::faults`].
    pub fn planned(&self) -> &[Fault] {
        &self.plan.schedule().faults
    }

    /// The shortest and the longest timer that a node has set so far, those apart that were due at
    /// once; `None` if there was none.
    pub fn timer_lengths(&self) -> Option<Span<Duration>> {
        self.timers.lengths()
    }

    /// What assumptions exclude and the run alone can tell, so far: good copies were given up on
    /// purpose, nodes were left without a way to each other, somebody came back from a crash.
    pub fn outside(&self) -> Vec<Assumption> {
        let mut outside = Vec::new();
        if self.disks.is_exceeded() {
            outside.push(Assumption::HonestDisk);
        }
        if self.counts.unroutable > 0 {
            outside.extend([Assumption::ReliableLinks, Assumption::NoPartition]);
        }
        // The heal restarts the core, those included whose crash was to last for good.
        if self.world.nodes.iter().any(|node| node.boots > 1) {
            outside.push(Assumption::CrashStop);
        }
        outside
    }

    /// From now on it keeps what luck decides. It must not have begun.
    pub fn keep_decisions(&mut self) {
        self.luck.keep_decisions();
        self.draws.drawn = Some(Vec::new());
    }

    /// What luck has decided, if it was kept: first of messages, each by itself, then of draws.
    /// A message that a fault kept, cut or harmed is none of them, nor one that is handed on.
    pub fn decisions(&self) -> Vec<Override> {
        let drawn = self.draws.drawn.as_deref().unwrap_or_default();
        [self.luck.decided(), drawn].concat()
    }

    /// What faults did to messages when they were sent, message by message: one that was lost, or
    /// was late, as if that had been fixed by hand. Only if what luck decides was kept.
    pub fn harmed(&self) -> &[(FaultId, Override)] {
        self.luck.harmed()
    }

    /// How many events are pending, messages that a fault holds included.
    pub fn pending(&self) -> usize {
        self.queue.len() + self.keep.waiting() as usize
    }
}

impl<P: Protocol> fmt::Debug for Simulation<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("now", &self.world.now)
            .field("counts", &self.counts)
            .field("views", &self.views)
            .finish_non_exhaustive()
    }
}
