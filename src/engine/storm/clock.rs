//! Faults of clocks: timers are bent with the clock on which they run.

use crate::engine::simulation::Simulation;
use crate::id::{FaultId, NodeId};
use crate::protocol::Protocol;
use crate::time::Drift;
use std::num::NonZeroU32;

impl<P: Protocol> Simulation<P> {
    pub(super) fn set_drift(&mut self, fault: FaultId, node: NodeId, drift: Drift) {
        let now = self.world.now;
        let clock = &mut self.world.nodes[node.index()].clock;
        clock.set_drift(now, drift);
        let clock = *clock;
        let mut next = Some(node.number());
        while let Some(slot) = next {
            let timer = self.timers.at(&mut self.nodes, slot);
            next = timer.next.map(NonZeroU32::get);
            // One that is overdue waits for its node, not for its clock.
            if timer.armed && timer.due > now {
                let due = clock.true_time(timer.deadline).max(now);
                self.plan.acted(fault, u64::from(due != timer.due));
                timer.due = due;
                if timer.due < timer.queued {
                    self.queue_timer(slot);
                }
            }
        }
    }
}
