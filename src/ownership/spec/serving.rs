//! The metrics of serving: how long a shard has nobody who serves it, and how long two.

use super::{Observation, View};
use crate::id::NodeId;
use crate::metric::{Gauge, Metric};
use crate::ownership::shard::ShardId;
use crate::protocol::Protocol;
use crate::time::{Duration, SimTime};
use crate::world::World;
use std::cmp::Ordering;

/// What is told of every store, in this order.
const GAUGES: &[Gauge] = &[
    Gauge {
        name: "unserved-mean-ns",
        meaning: "for how long a shard was served by nobody who was not down, on average over all",
    },
    Gauge { name: "unserved-max-ns", meaning: "the longest time without a break of any shard" },
    Gauge { name: "splits", meaning: "times that two or more came to serve a shard at once" },
    Gauge {
        name: "split-ns",
        meaning: "for how long two or more served a shard at once, the sum over all shards",
    },
];

/// How many serve a shard, and since when it is not one.
#[derive(Clone, Debug, Default)]
struct Shard {
    servers: Vec<NodeId>,
    since: SimTime,
    unserved: Duration,
    unserved_max: Duration,
    splits: u64,
    split: Duration,
}

impl Shard {
    /// What has gone on since the last change is over.
    fn close(&mut self, now: SimTime) {
        let lasted = now.since(self.since);
        match self.servers.len().cmp(&1) {
            Ordering::Less => {
                self.unserved = self.unserved + lasted;
                self.unserved_max = self.unserved_max.max(lasted);
            }
            Ordering::Equal => {}
            Ordering::Greater => self.split = self.split + lasted,
        }
        self.since = now;
    }

    fn change(&mut self, node: NodeId, serves: bool, now: SimTime) {
        let was = self.servers.contains(&node);
        if was == serves {
            return;
        }
        // From two to three is no change of what is told.
        self.close(now);
        match serves {
            true => self.servers.push(node),
            false => self.servers.retain(|server| *server != node),
        }
        self.splits += u64::from(serves && self.servers.len() == 2);
    }
}

/// Watches who serves what.
#[derive(Clone, Debug)]
pub struct Serving {
    shards: Vec<Shard>,
}

impl Serving {
    /// Of so many shards.
    pub fn of(shards: u32) -> Self {
        Serving { shards: vec![Shard::default(); shards as usize] }
    }

    fn change(&mut self, node: NodeId, shard: ShardId, serves: bool, now: SimTime) {
        if let Some(shard) = self.shards.get_mut(shard.index()) {
            shard.change(node, serves, now);
        }
    }
}

impl<P> Metric<P> for Serving
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn gauges(&self) -> &'static [Gauge] {
        GAUGES
    }

    fn read(&self, world: &World) -> Vec<Option<u64>> {
        let mut shards = self.shards.clone();
        shards.iter_mut().for_each(|shard| shard.close(world.now()));
        let sum =
            |of: fn(&Shard) -> Duration| shards.iter().map(|it| of(it).as_nanos()).sum::<u64>();
        let longest = shards.iter().map(|shard| shard.unserved_max.as_nanos()).max();
        vec![
            Some(sum(|shard| shard.unserved) / (shards.len() as u64).max(1)),
            longest,
            Some(shards.iter().map(|shard| shard.splits).sum()),
            Some(sum(|shard| shard.split)),
        ]
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) {
        match *said {
            Observation::Serves { shard, .. } => self.change(node, shard, true, world.now()),
            Observation::Stops { shard, .. } => self.change(node, shard, false, world.now()),
            _ => {}
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) {
        if view.is_none() {
            self.shards.iter_mut().for_each(|shard| shard.change(node, false, world.now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Silent, serves, stops};
    use super::*;
    use crate::time::Clock;

    #[test]
    fn times_without_a_server_and_with_two_are_measured_apart() {
        let mut world = World::new(vec![Clock::default(); 3]);
        let mut serving = Serving::of(2);
        let metric: &mut dyn Metric<Silent> = &mut serving;
        let mut hears = |at: u64, node: u32, said: Observation| {
            world.now = SimTime::from_nanos(at);
            metric.on_observation(NodeId::new(node), &said, &world);
        };
        hears(10, 0, serves(0, 0));
        hears(30, 1, serves(0, 0));
        hears(35, 0, stops(0));
        hears(40, 1, stops(0));
        hears(40, 0, serves(1, 0));
        world.now = SimTime::from_nanos(100);
        let read = Metric::<Silent>::read(&serving, &world);
        // Shard 0: 10, and 60 at the end; shard 1: 40. Two served shard 0 from 30 to 35.
        assert_eq!(read, [Some((70 + 40) / 2), Some(60), Some(1), Some(5)]);
        world.now = SimTime::from_nanos(110);
        Metric::<Silent>::on_view(&mut serving, NodeId::new(0), None, &world);
        world.now = SimTime::from_nanos(120);
        let read = Metric::<Silent>::read(&serving, &world);
        assert_eq!(read[0], Some((90 + 50) / 2), "who is down serves nothing");
    }
}
