//! A moment of a run, for those who look into it: what each node waits for, and what is on its way.

use super::agenda::{MESSAGE, SLOT_MASK};
use super::simulation::Simulation;
use crate::id::NodeId;
use crate::protocol::Protocol;
use crate::time::SimTime;

/// A message on its way.
#[derive(Clone, Copy, Debug)]
pub struct OnTheWay<'a, M> {
    /// Its sender.
    pub from: NodeId,
    /// Its receiver.
    pub to: NodeId,
    /// What it says.
    pub message: &'a M,
    /// When it arrives, or comes to the end of its present link; `None` while a fault keeps it.
    pub arrives: Option<SimTime>,
}

impl<P: Protocol> Simulation<P> {
    /// The timers of a node that are set, each with the true time at which it is due as its clock
    /// runs now.
    pub fn timers_of(&self, node: NodeId) -> Vec<(P::Timer, SimTime)> {
        let slots = self.timers.of(&self.nodes, node);
        let armed = slots.into_iter().filter(|slot| slot.armed);
        armed.filter_map(|slot| Some((slot.timer?, slot.due))).collect()
    }

    /// How many of a node's writes no sync has saved.
    pub fn unsaved(&self, node: NodeId) -> u64 {
        self.nodes[node.index()].used_disk().map_or(0, |disk| disk.unsaved())
    }

    /// How much waits for a node that stands still, timers included.
    pub fn mail_of(&self, node: NodeId) -> usize {
        self.nodes[node.index()].mail()
    }

    /// The messages on their way, in the order of their arrival; those that are kept stand last.
    pub fn on_the_way(&self) -> Vec<OnTheWay<'_, P::Message>> {
        let entries = self.queue.entries().into_iter();
        let due = entries.filter(|entry| entry.slot & !SLOT_MASK == MESSAGE);
        let mut arrivals: Vec<(u32, SimTime)> =
            due.map(|entry| (entry.slot & SLOT_MASK, entry.time)).collect();
        arrivals.sort();
        let flights = self.messages.iter().map(|(slot, flight)| {
            let found = arrivals.binary_search_by_key(&slot, |(slot, _)| *slot).ok();
            OnTheWay {
                from: flight.from,
                to: flight.to,
                message: &flight.message,
                arrives: found.map(|place| arrivals[place].1),
            }
        });
        let mut flights: Vec<_> = flights.collect();
        flights.sort_by_key(|flight| (flight.arrives.unwrap_or(SimTime::MAX), flight.to));
        flights
    }
}
