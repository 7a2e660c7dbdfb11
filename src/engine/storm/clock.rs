//! Faults of clocks: timers are bent with the clock on which they run, and whoever reads a clock
//! that is wrong is misled. A clock that nobody reads has done nothing.

use crate::engine::simulation::Simulation;
use crate::id::NodeId;
use crate::protocol::{Protocol, Reads};
use crate::time::{Clock, Drift};
use std::num::NonZeroU32;

impl<P: Protocol> Simulation<P> {
    /// A drift has begun, changed or ended: the clock runs as the newest in force says.
    pub(super) fn set_drift(&mut self, fault: usize, node: NodeId) {
        let (ruling, rate) = self.plan.drift_of(node);
        self.nodes[node.index()].trouble().clocks.drift = ruling;
        let now = self.world.now;
        self.clock(node).set_drift(now, rate);
        self.bend_timers(fault, node);
    }

    /// One fault more for which the monotonic clock stands still.
    pub(super) fn freeze(&mut self, fault: usize, node: NodeId) {
        let frozen = &mut self.nodes[node.index()].trouble().clocks.frozen;
        frozen.push(fault);
        if frozen.len() == 1 {
            let now = self.world.now;
            self.clock(node).set_frozen(now, true);
            self.bend_timers(fault, node);
        }
    }

    /// One fault fewer; the last one lets it go on.
    pub(super) fn thaw(&mut self, fault: usize, node: NodeId) {
        let frozen = &mut self.nodes[node.index()].trouble().clocks.frozen;
        let before = frozen.len();
        frozen.retain(|by| *by != fault);
        if frozen.is_empty() && before > 0 {
            let now = self.world.now;
            self.clock(node).set_frozen(now, false);
            self.bend_timers(fault, node);
        }
    }

    /// The wall clock jumps, for good.
    pub(super) fn jump(&mut self, fault: usize, node: NodeId, by: i64) {
        let bent = &mut self.nodes[node.index()].trouble().clocks;
        bent.jumps.push(fault);
        bent.jumped = bent.jumped.saturating_add(by);
        let now = self.world.now;
        self.clock(node).jump(now, by);
    }

    /// A jump is taken back.
    pub(super) fn jump_back(&mut self, fault: usize, node: NodeId, by: i64) {
        let bent = &mut self.nodes[node.index()].trouble().clocks;
        bent.jumps.retain(|jump| *jump != fault);
        bent.jumped = bent.jumped.saturating_sub(by);
        let now = self.world.now;
        self.clock(node).jump(now, by.saturating_neg());
    }

    /// The wall clock jumps and is bent back.
    pub(super) fn jump_and_slew(&mut self, fault: usize, node: NodeId, by: i64, slew: Drift) {
        self.nodes[node.index()].trouble().clocks.slewed = Some(fault);
        let now = self.world.now;
        self.clock(node).jump_and_slew(now, by, slew);
    }

    /// A node has read clocks that faults have bent: those to which it is put down have acted.
    #[cold]
    pub(in crate::engine) fn misread(&mut self, node: NodeId, reads: Reads) {
        let is_slewing = self.world.node(node).clock.to_slew(self.world.now) != 0;
        let bent = &self.nodes[node.index()].trouble().clocks;
        let reads_drift = reads.wall || (reads.monotonic && bent.frozen.is_empty());
        let jump = bent.jumps.last().filter(|_| reads.wall && bent.jumped != 0);
        let slewed = bent.slewed.filter(|_| reads.wall && is_slewing);
        let drift = bent.drift.filter(|_| reads_drift);
        let frozen = bent.frozen.iter().filter(|_| reads.monotonic);
        for &fault in frozen.chain(jump).chain(&slewed).chain(&drift) {
            self.plan.did(fault, 1);
        }
    }

    fn clock(&mut self, node: NodeId) -> &mut Clock {
        &mut self.world.nodes[node.index()].clock
    }

    /// The timers that run come due when the clock, as it runs now, will say so.
    fn bend_timers(&mut self, fault: usize, node: NodeId) {
        let now = self.world.now;
        let clock = *self.clock(node);
        let mut next = Some(node.number());
        while let Some(slot) = next {
            let timer = self.timers.at(&mut self.nodes, slot);
            next = timer.next.map(NonZeroU32::get);
            // One that is overdue waits for its node, not for its clock.
            if timer.armed && timer.due > now {
                let due = clock.true_time(timer.deadline).max(now);
                self.plan.did(fault, u64::from(due != timer.due));
                timer.due = due;
                if timer.due < timer.queued {
                    self.queue_timer(slot);
                }
            }
        }
    }
}
