//! The metrics of views: how often the members change, what that moves, and how far the nodes'
//! views of the owners part meanwhile.

use super::Observation;
use crate::id::NodeId;
use crate::metric::{Gauge, Metric};
use crate::protocol::Protocol;
use crate::time::SimTime;
use crate::world::World;
use std::collections::BTreeMap;

/// What is told of every store, in this order.
const GAUGES: &[Gauge] = &[
    Gauge { name: "epochs", meaning: "changes of the members" },
    Gauge {
        name: "moved-ppm",
        meaning: "the shares of the shards that they moved, in millionths, summed up",
    },
    Gauge {
        name: "ideal-moved-ppm",
        meaning: "what a function that moves no more than it must would have moved",
    },
    Gauge { name: "moved-bytes", meaning: "bytes of shards that were sent, again and again too" },
    Gauge {
        name: "disagreement-mean-ppm",
        meaning: "of how many keys two nodes name different owners, over all pairs and all time",
    },
    Gauge { name: "disagreement-max-ppm", meaning: "the same when it was most" },
];

/// Watches by what owners the nodes go.
#[derive(Debug, Default)]
pub struct Views {
    epochs: u64,
    moved: u64,
    ideal: u64,
    bytes: u64,
    owners: BTreeMap<NodeId, Vec<NodeId>>,
    /// How far they part now, since when, and what has been before.
    now_ppm: u64,
    since: SimTime,
    ppm_nanos: u128,
    max_ppm: u64,
}

impl Views {
    fn parted(&self, now: SimTime) -> u128 {
        self.ppm_nanos + u128::from(self.now_ppm) * u128::from(now.since(self.since).as_nanos())
    }

    fn look(&mut self, now: SimTime) {
        self.ppm_nanos = self.parted(now);
        self.since = now;
        self.now_ppm = disagreement(self.owners.values().map(Vec::as_slice));
        self.max_ppm = self.max_ppm.max(self.now_ppm);
    }
}

/// The share of the keys of which two nodes name different owners, the mean over all pairs: of
/// each shard the pairs of those who do not name the same one.
fn disagreement<'a>(views: impl Iterator<Item = &'a [NodeId]> + Clone) -> u64 {
    let nodes = views.clone().count() as u64;
    let shards = views.clone().map(<[NodeId]>::len).min().unwrap_or(0);
    if nodes < 2 || shards == 0 {
        return 0;
    }
    let mut agree = 0;
    let mut named: BTreeMap<NodeId, u64> = BTreeMap::new();
    for shard in 0..shards {
        named.clear();
        views.clone().for_each(|owners| *named.entry(owners[shard]).or_default() += 1);
        agree += named.values().map(|count| count * (count - 1)).sum::<u64>();
    }
    let pairs = nodes * (nodes - 1) * shards as u64;
    (pairs - agree) * 1_000_000 / pairs
}

impl<P> Metric<P> for Views
where
    P: Protocol<Observation = Observation>,
{
    fn gauges(&self) -> &'static [Gauge] {
        GAUGES
    }

    fn read(&self, world: &World) -> Vec<Option<u64>> {
        let lasted = u128::from(world.now().as_nanos()).max(1);
        vec![
            Some(self.epochs),
            Some(self.moved),
            Some(self.ideal),
            Some(self.bytes),
            Some((self.parted(world.now()) / lasted) as u64),
            Some(self.max_ppm),
        ]
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) {
        match said {
            Observation::Configured { moved_ppm, ideal_ppm, .. } => {
                self.epochs += 1;
                self.moved += moved_ppm;
                self.ideal += ideal_ppm;
            }
            Observation::Sent { bytes, .. } => self.bytes += bytes,
            Observation::Adopted { owners, .. } => {
                self.owners.insert(node, owners.clone());
                self.look(world.now());
            }
            _ => {}
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, world: &World) {
        if view.is_none() && self.owners.remove(&node).is_some() {
            self.look(world.now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::Silent;
    use super::*;
    use crate::ownership::shard::Epoch;
    use crate::time::Clock;

    #[test]
    fn views_part_by_the_share_of_shards_over_all_pairs_and_time() {
        let owners = |of: [u32; 4]| of.map(NodeId::new).to_vec();
        let (one, two) = (owners([0, 0, 1, 1]), owners([0, 2, 1, 2]));
        assert_eq!(disagreement([&one[..], &one[..]].into_iter()), 0);
        assert_eq!(disagreement([&one[..], &two[..]].into_iter()), 500_000);
        // One of the three pairs agrees.
        assert_eq!(disagreement([&one[..], &one[..], &two[..]].into_iter()), 333_333);
        let mut world = World::new(vec![Clock::default(); 2]);
        let mut views = Views::default();
        for (at, node, owners) in [(0, 0, &one), (0, 1, &one), (50, 1, &two), (75, 0, &two)] {
            world.now = SimTime::from_nanos(at);
            let said = Observation::Adopted { epoch: Epoch::FIRST, owners: owners.clone() };
            Metric::<Silent>::on_observation(&mut views, NodeId::new(node), &said, &world);
        }
        world.now = SimTime::from_nanos(100);
        let read = Metric::<Silent>::read(&views, &world);
        assert_eq!(
            read[4..],
            [Some(125_000), Some(500_000)],
            "half of the keys, a quarter of the time"
        );
    }
}
