//! Faults of links: they close, they open, they are slow, and what is on the way across them is
//! kept back or lost.

use super::is_cut;
use crate::conditions::InFlight;
use crate::engine::digest::Tag;
use crate::engine::flight::Snag;
use crate::engine::plan::Act;
use crate::engine::record::{Flow, Observer, Record, What};
use crate::engine::simulation::{Simulation, note};
use crate::fault::{Action, CutKind, Harm, Manner};
use crate::id::{FaultId, NodeId};
use crate::protocol::Protocol;
use crate::rng::{Keyed, choose};
use crate::topology::{Cut, Shape};

impl<P: Protocol> Simulation<P> {
    /// A cut strikes.
    pub(super) fn sever(&mut self, place: usize, struck: &[NodeId]) {
        let fault = self.plan.fault(place);
        let Some((links, manner)) = fault.action.severs() else { return };
        let (id, cuts) = (fault.id, links.cuts(struck, self.world.size() as u32));
        let cuts: Vec<Cut> = cuts.into_iter().flat_map(|cut| self.found_out(cut)).collect();
        match manner.kind {
            CutKind::Slow(by) => {
                let shape = |cut: &Cut| Shape::of(cut, self.world.size());
                let shapes = cuts.iter().map(shape).collect();
                self.weather.harms.slow(id, shapes, Harm::Delay(by));
            }
            CutKind::Drop | CutKind::Hold => self.close(id, &cuts, &manner),
        }
    }

    /// A cut as it is now: of a bridge, the link that is one.
    fn found_out(&self, cut: Cut) -> Vec<Cut> {
        let Cut::BridgeLink { dice } = cut else { return vec![cut] };
        let bridges = self.world.bridges();
        let chosen = choose(&mut Keyed::new(u64::from(dice)), &bridges);
        let ways = chosen.into_iter().flat_map(|&(a, b)| [(a, b), (b, a)]);
        ways.map(|(from, to)| Cut::OneWay { from: vec![from], to: vec![to] }).collect()
    }

    fn close(&mut self, fault: FaultId, cuts: &[Cut], manner: &Manner) {
        for cut in cuts {
            self.world.links.cut(fault, cut);
        }
        self.world.connectivity_changed = self.world.now;
        let in_flight = manner.in_flight(self.conditions.network.in_flight);
        let holds = manner.kind == CutKind::Hold;
        if holds || in_flight == InFlight::Hold {
            self.keep.open(fault, holds);
        }
        let links = &self.world.links;
        for (slot, flight) in self.messages.iter_mut() {
            let snag = match (in_flight, flight.snag) {
                (InFlight::Deliver, _) | (_, Some(Snag::Cut(_) | Snag::Kept)) => continue,
                (InFlight::Drop, _) => Snag::Cut(fault),
                (InFlight::Hold, None) => Snag::Held(fault),
                (InFlight::Hold, Some(_)) => continue,
            };
            let leg = self.roads.as_ref().and_then(|roads| roads.leg(slot));
            let (from, to) = leg.map_or((flight.from, flight.to), |leg| (leg.from, leg.to));
            if links.closed_by(fault, from, to) {
                flight.snag = Some(snag);
            }
        }
    }

    /// A fault of the network is taken back, or opens its links for a while.
    pub(super) fn mend(&mut self, fault: FaultId, is_cut: bool) {
        self.weather.harms.end(fault);
        if is_cut {
            self.world.links.mend(fault);
            self.world.connectivity_changed = self.world.now;
        }
        self.release(fault);
    }

    /// What becomes of messages on the way that come to links which a fault cuts.
    pub(super) fn in_flight(&self, fault: FaultId) -> InFlight {
        let otherwise = self.conditions.network.in_flight;
        let manner = self.plan.named(fault).and_then(|fault| fault.action.severs());
        manner.map_or(otherwise, |(_, manner)| manner.in_flight(otherwise))
    }

    /// Plans the n-th change of a cut that flaps.
    pub(super) fn plan_flap(&mut self, place: usize, nth: u32) {
        let Action::Sever { manner: Manner { flap, .. }, .. } = &self.plan.fault(place).action
        else {
            return;
        };
        if flap.is_empty() {
            return;
        }
        let length = flap[(nth - 1) as usize % flap.len()];
        let slot = self.plan.add_late(Act::Flap(place, nth));
        self.queue_plan(self.world.now + length, slot, slot);
    }

    /// A cut that flaps opens its links, or closes them again.
    pub(super) fn flap<O: Observer<P>>(&mut self, place: usize, nth: u32, observer: &mut O) {
        let Some(struck) = self.plan.struck(place) else { return };
        let (struck, fault) = (struck.to_vec(), self.plan.fault(place).id);
        self.event();
        self.digests.head(Tag::Flapped, self.world.now, NodeId::new(fault.0), nth);
        let closed = nth % 2 == 0;
        if closed {
            self.sever(place, &struck);
        } else {
            self.mend(fault, is_cut(&self.plan.fault(place).action));
        }
        note!(self, observer, struck[0], What::Flapped { fault, closed });
        self.plan_flap(place, nth.wrapping_add(1));
    }
}
