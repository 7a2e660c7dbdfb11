//! Whoever is outside the core when the storm ends is broken, and stays so for good.
//!
//! Faults that all go away hide livelocks: a node that can be heard but hears nobody deposes one
//! leader after another for as long as it is there. So nothing that holds such a node is taken
//! back, and one that happens to be whole is broken by the faults that wait for the heal
//! ([`When::Heal`]).

use crate::engine::plan::Active;
use crate::engine::record::Observer;
use crate::engine::simulation::Simulation;
use crate::fault::{Fault, Severed, Unfired, When};
use crate::id::{NodeId, NodeSet};
use crate::protocol::Protocol;

impl<P: Protocol> Simulation<P> {
    /// Strikes the faults that wait for the heal, in the order of the schedule, before anything is
    /// taken back. Each finds whole whom none before it has broken.
    pub(super) fn break_remainder<O: Observer<P>>(&mut self, core: &NodeSet, observer: &mut O) {
        for place in 0..self.plan.schedule().faults.len() {
            if self.plan.fault(place).when == When::Heal {
                let mut nodes = self.aimed_at(place);
                // What struck once strikes the same nodes again, whole or not.
                let is_again = self.plan.fault(place).struck.is_some();
                let is_struck = |node| is_again || self.is_whole(node, core);
                nodes.retain(|&node| !core.contains(node) && is_struck(node));
                match nodes.is_empty() {
                    true => self.plan.withheld(place, Unfired::NotWhole),
                    false => self.strike_nodes(place, nodes, observer),
                }
            }
        }
    }

    /// Whether a node outside the core takes steps and is joined, in both directions, to more than
    /// half of those of the core with which it would be if no link were cut. A wrong clock does not
    /// make it broken: it may do as well as any other.
    fn is_whole(&self, node: NodeId, core: &NodeSet) -> bool {
        let links = &self.world.links;
        if !self.world.is_up(node) || !links.any_cut() {
            return self.world.is_up(node);
        }
        let are_neighbours = |other: NodeId| links.has(node, other) && links.has(other, node);
        let friends = || core.iter().filter(|other| links.hands_on() || are_neighbours(*other));
        let parted = friends().filter(|other| !links.connected(node, *other)).count();
        parted == 0 || parted * 2 < friends().count()
    }

    /// Whether a cut stays for good: it closes or slows a link with an end outside the core, and is
    /// not the failure of nodes that are all healed.
    pub(super) fn stays_severed(&self, active: &Active, core: &NodeSet) -> bool {
        let Fault { id, action, .. } = self.plan.fault(active.fault);
        let Some((links, _)) = action.severs() else { return false };
        let is_of_nodes = !matches!(links, Severed::Between(_));
        if is_of_nodes && active.nodes.iter().all(|node| core.contains(*node)) {
            return false;
        }
        let is_severed = |from, to| {
            self.world.links.closed_by(*id, from, to) || self.weather.harms.slows(*id, from, to)
        };
        let mut outside = self.world.nodes().filter(|node| !core.contains(*node));
        outside.any(|out| {
            let mut others = self.world.nodes();
            others.any(|other| is_severed(out, other) || is_severed(other, out))
        })
    }

    /// Opens the links of a cut that does not stay, before anybody looks at them.
    pub(super) fn mend_links(&mut self, active: &Active) {
        let Fault { id, action, .. } = self.plan.fault(active.fault);
        let id = *id;
        if action.severs().is_some() {
            self.weather.harms.end(id);
            self.world.links.mend(id);
        }
    }
}
