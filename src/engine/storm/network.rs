//! Faults of the network: links are cut, and what is on the way across them is kept back.

use crate::conditions::InFlight;
use crate::engine::simulation::Simulation;
use crate::id::FaultId;
use crate::protocol::Protocol;
use crate::topology::Cut;

impl<P: Protocol> Simulation<P> {
    pub(super) fn cut(&mut self, fault: FaultId, cut: &Cut) {
        self.world.links.cut(fault, cut);
        self.world.connectivity_changed = self.world.now;
        if self.conditions.network.in_flight == InFlight::Drop {
            let links = &self.world.links;
            for (slot, flight) in self.messages.iter_mut() {
                let leg = self.roads.as_ref().and_then(|roads| roads.leg(slot));
                let (from, to) = leg.map_or((flight.from, flight.to), |leg| (leg.from, leg.to));
                if flight.cut_by.is_none() && links.closed_by(fault, from, to) {
                    flight.cut_by = Some(fault);
                }
            }
        }
    }
}
