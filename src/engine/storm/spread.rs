//! Faults that strike several nodes one after another: each node gets a fault of its own, so that
//! each is told, taken back and judged by itself.

use crate::engine::plan::Act;
use crate::engine::simulation::Simulation;
use crate::fault::{Action, Fault, Target, When};
use crate::id::{FaultId, NodeId, NodeSet};
use crate::protocol::Protocol;
use crate::time::Duration;

impl<P: Protocol> Simulation<P> {
    /// Strikes these nodes each at its own time. What they are was found just now, whatever the
    /// first of the strikes changes.
    pub(super) fn strike_apart(
        &mut self,
        place: usize,
        fault: &Fault,
        action: &Action,
        offsets: &[Duration],
        nodes: &[NodeId],
    ) {
        let mut seen = NodeSet::new();
        for &node in nodes.iter().filter(|node| seen.insert(**node)) {
            let at = self.world.now + offsets[node.index()];
            let own = self.plan.adopt(Fault {
                id: FaultId(fault.id.0 + 1 + node.number()),
                when: When::At(at),
                who: Target::Nodes(vec![node]),
                action: action.clone(),
                lasts: fault.lasts,
                struck: None,
            });
            self.gate.also_waits_for(own, place);
            let slot = self.plan.add_late(Act::Strike(own));
            self.queue_plan(at, slot, slot);
            self.plan.did(place, 1);
        }
    }
}
