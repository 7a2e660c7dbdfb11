//! The gate: faults that wait for the service. The next strikes only when the service is there and
//! the one before is over, which reaches states that a storm without a pause never does: a cluster
//! that is never left in peace never gets anywhere.
//!
//! What the service is the algorithm says; the engine asks it, as it asks who plays a role.

use super::plan::{Act, Plan};
use super::simulation::Simulation;
use crate::algorithm::Service;
use crate::fault::{Fault, Unfired, When};
use crate::id::NodeId;
use crate::protocol::Protocol;

/// The faults that wait for the service, in groups that strike together.
pub(super) struct Gate<P: Protocol> {
    service: Option<Box<dyn Service<P>>>,
    /// Number and place of each that waits; the next ones last.
    waiting: Vec<(u32, usize)>,
    /// Those that were let through and are not over.
    pending: Vec<usize>,
    /// Whether a node's view has changed since the service was last looked for.
    is_stirred: bool,
}

impl<P: Protocol> Gate<P> {
    pub fn new(faults: &[Fault]) -> Self {
        // What strikes again where it struck waits for nothing.
        let gated = faults.iter().enumerate().filter_map(|(place, fault)| match fault.when {
            When::Service { nth, .. } if fault.struck.is_none() => Some((nth, place)),
            _ => None,
        });
        let mut waiting: Vec<(u32, usize)> = gated.collect();
        waiting.sort();
        waiting.reverse();
        Gate { service: None, waiting, pending: Vec::new(), is_stirred: true }
    }

    /// Whether anything waits behind it.
    #[inline]
    pub fn holds_something(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What came of a fault that was let through is waited for as well.
    pub fn also_waits_for(&mut self, own: usize, parent: usize) {
        if self.pending.contains(&parent) {
            self.pending.push(own);
        }
    }

    /// A node's view has changed.
    #[inline]
    pub const fn stir(&mut self) {
        self.is_stirred = true;
    }
}

impl<P: Protocol> Simulation<P> {
    /// Lets the service hear what a node has said.
    #[inline]
    pub(super) fn service_hears(&mut self, node: NodeId, said: &P::Observation) {
        if let Some(service) = &mut self.gate.service {
            service.on_observation(node, said, &self.views, &self.world);
        }
    }

    /// Says what the service is that faults wait for.
    pub fn gate(&mut self, service: Box<dyn Service<P>>) {
        self.gate.service = Some(service);
    }

    /// Lets the next faults through if the service is there and those before are over.
    pub(super) fn look_for_service(&mut self) {
        if self.world.healed {
            self.gate.waiting.clear();
            return;
        }
        if !self.gate.pending.is_empty() {
            let plan = &self.plan;
            self.gate.pending.retain(|place| !is_over(plan, *place));
            if !self.gate.pending.is_empty() {
                return;
            }
            self.gate.is_stirred = true;
        }
        let has_moved = self.world.connectivity_changed == self.world.now;
        if !std::mem::take(&mut self.gate.is_stirred) && !has_moved {
            return;
        }
        let service = self.gate.service.as_ref();
        let is_up = service.and_then(|service| service.is_up(&self.views, &self.world));
        if is_up == Some(true) {
            self.open_gate();
        }
    }

    fn open_gate(&mut self) {
        let Some(&(next, _)) = self.gate.waiting.last() else { return };
        while let Some(&(nth, place)) = self.gate.waiting.last() {
            if nth != next {
                break;
            }
            self.gate.waiting.pop();
            let When::Service { after, .. } = self.plan.fault(place).when else { continue };
            self.plan.withheld(place, Unfired::Ahead);
            self.gate.pending.push(place);
            let slot = self.plan.add_late(Act::Strike(place));
            self.queue_plan(self.world.now + after, slot, slot);
        }
    }
}

/// Whether a fault that was let through needs no waiting for: it has ended, has no end, or did not
/// strike.
fn is_over<C>(plan: &Plan<C>, place: usize) -> bool {
    let (fault, report) = (plan.fault(place), plan.report(place));
    match (&report.struck, report.unfired) {
        (None, why) => why != Some(Unfired::Ahead),
        (Some(_), _) => {
            fault.action.is_instant() || fault.lasts.is_none() || report.ended.is_some()
        }
    }
}
