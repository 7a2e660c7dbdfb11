//! The metrics of a lock: how often it was held and waited for, what that cost in messages, how
//! long two held it at once, and what was lost by that.

use super::beliefs::Beliefs;
use super::updates::Updates;
use super::{LockId, Observation};
use crate::id::NodeId;
use crate::metric::{Gauge, Metric, OVERLAP};
use crate::protocol::Protocol;
use crate::time::{Duration, SimTime};
use crate::world::World;
use std::collections::BTreeMap;

/// What is told of every lock, in this order.
const GAUGES: &[Gauge] = &[
    Gauge { name: "acquisitions", meaning: "times that somebody came to hold a lock" },
    Gauge { name: "messages", meaning: "messages that were sent, for whatever reason" },
    Gauge { name: "abandoned", meaning: "requests that were given up" },
    Gauge { name: "lost-locks", meaning: "times that a holder had to stop against its will" },
    Gauge { name: "wait-mean-ns", meaning: "from a request until its lock was held, on average" },
    Gauge { name: "wait-max-ns", meaning: "the longest of them" },
    Gauge { name: "overlaps", meaning: "times that two or more came to hold a lock at once" },
    Gauge { name: OVERLAP, meaning: "how long they did so, who stood still included" },
    Gauge { name: "acknowledged", meaning: "writes that the clients know to be done" },
    Gauge { name: "refused-writes", meaning: "writes that the resource refused" },
    Gauge {
        name: "lost-updates",
        meaning: "acknowledged writes that the last state of the resource does not have",
    },
];

/// Watches who holds locks, who waits for them, and what is written under them.
#[derive(Debug, Default)]
pub struct Tenure {
    beliefs: Beliefs,
    updates: Updates,
    acquisitions: u64,
    messages: u64,
    abandoned: u64,
    lost: u64,
    refused: u64,
    /// Since when each client waits.
    waiting: BTreeMap<(NodeId, LockId), SimTime>,
    waits: u64,
    wait_sum: Duration,
    wait_max: Duration,
    overlaps: u64,
    overlap: Duration,
    overlapping: Option<SimTime>,
}

impl Tenure {
    fn acquire(&mut self, node: NodeId, lock: LockId, now: SimTime) {
        self.acquisitions += 1;
        if let Some(since) = self.waiting.remove(&(node, lock)) {
            let wait = now.since(since);
            self.waits += 1;
            self.wait_sum = self.wait_sum + wait;
            self.wait_max = self.wait_max.max(wait);
        }
    }

    fn look(&mut self, now: SimTime) {
        match (self.overlapping, self.beliefs.overlap()) {
            (None, true) => {
                self.overlaps += 1;
                self.overlapping = Some(now);
            }
            (Some(since), false) => {
                self.overlap = self.overlap + now.since(since);
                self.overlapping = None;
            }
            _ => {}
        }
    }
}

impl<P> Metric<P> for Tenure
where
    P: Protocol<Observation = Observation>,
{
    fn gauges(&self) -> &'static [Gauge] {
        GAUGES
    }

    fn read(&self, world: &World) -> Vec<Option<u64>> {
        let going_on = self.overlapping.map_or(Duration::ZERO, |since| world.now().since(since));
        let has_waited = self.waits > 0;
        vec![
            Some(self.acquisitions),
            Some(self.messages),
            Some(self.abandoned),
            Some(self.lost),
            has_waited.then(|| self.wait_sum.as_nanos() / self.waits),
            has_waited.then(|| self.wait_max.as_nanos()),
            Some(self.overlaps),
            Some((self.overlap + going_on).as_nanos()),
            Some(self.updates.acknowledged()),
            Some(self.refused),
            Some(self.updates.losses().count() as u64),
        ]
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) {
        self.beliefs.hear(node, said, world);
        self.updates.hear(node, said, world);
        match *said {
            Observation::Requested { lock, .. } => {
                self.waiting.insert((node, lock), world.now());
            }
            Observation::Acquired { lock, .. } => self.acquire(node, lock, world.now()),
            Observation::Abandoned { lock, .. } => {
                self.waiting.remove(&(node, lock));
                self.abandoned += 1;
            }
            Observation::Lost { .. } => self.lost += 1,
            Observation::WriteRefused { .. } => self.refused += 1,
            _ => {}
        }
        self.look(world.now());
    }

    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, world: &World) {
        if view.is_none() {
            self.beliefs.crash(node);
            self.waiting.retain(|(waits, _), _| *waits != node);
            self.look(world.now());
        }
    }

    fn on_sent(&mut self, _: NodeId, _: &P::Message, _: &World) {
        self.messages += 1;
    }
}

#[cfg(test)]
#[path = "tenure/tests.rs"]
mod tests;
