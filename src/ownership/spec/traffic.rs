//! The metrics of operations: what was asked and answered, how even the load is, what was lost.

use super::Observation;
use crate::id::NodeId;
use crate::metric::{Gauge, Metric};
use crate::ownership::shard::ShardId;
use crate::ownership::store::{OperationId, Reply, Version};
use crate::protocol::Protocol;
use crate::time::{Duration, SimTime};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// What is told of every store, in this order.
const GAUGES: &[Gauge] = &[
    Gauge { name: "operations", meaning: "operations that were answered" },
    Gauge { name: "messages", meaning: "messages that were sent, for whatever reason" },
    Gauge { name: "refused", meaning: "times that a server sent a client away" },
    Gauge { name: "repeated", meaning: "writes that were asked for again and not applied again" },
    Gauge {
        name: "unknown-operations",
        meaning: "operations of which their clients never learned what became",
    },
    Gauge { name: "answer-mean-ns", meaning: "from a wish until its answer, on average" },
    Gauge { name: "answer-max-ns", meaning: "the longest of them" },
    Gauge {
        name: "load-max-over-mean-ppm",
        meaning: "the operations that the busiest server applied over the mean of all that did any",
    },
    Gauge { name: "stale-reads", meaning: "reads that did not see a write that was accepted" },
    Gauge {
        name: "lost-writes",
        meaning: "acknowledged writes that a later state of their shard does not have",
    },
    Gauge { name: "duplicated-writes", meaning: "writes that were applied again" },
];

/// Watches clients, and what servers apply for them.
#[derive(Debug, Default)]
pub struct Traffic {
    operations: u64,
    messages: u64,
    refused: u64,
    repeated: u64,
    unknown: u64,
    open: BTreeMap<NodeId, SimTime>,
    answers: Duration,
    answer_max: Duration,
    load: BTreeMap<NodeId, u64>,
    applied: BTreeMap<OperationId, (ShardId, Version)>,
    /// The version of each shard as it was declared last: one that goes back has lost writes.
    newest: BTreeMap<ShardId, Version>,
    acknowledged: BTreeSet<(ShardId, Version)>,
    stale: u64,
    lost: u64,
    duplicated: u64,
}

impl Traffic {
    /// A shard is at this version now: what was acknowledged of it from there on is lost.
    fn goes_on(&mut self, shard: ShardId, version: Version, is_write: bool) {
        let from = Version(version.0 + u64::from(!is_write));
        let gone: Vec<_> =
            self.acknowledged.range((shard, from)..=(shard, Version(u64::MAX))).copied().collect();
        self.lost += gone.len() as u64;
        self.acknowledged.retain(|write| !gone.contains(write));
        self.newest.insert(shard, version);
    }

    fn apply(&mut self, id: OperationId, shard: ShardId, version: Version, is_write: bool) {
        if !is_write {
            let newest = self.newest.get(&shard).copied().unwrap_or_default();
            self.stale += u64::from(version < newest);
            return;
        }
        self.goes_on(shard, version, true);
        self.duplicated += u64::from(self.applied.insert(id, (shard, version)).is_some());
    }

    fn answer(&mut self, node: NodeId, now: SimTime) {
        self.operations += 1;
        if let Some(since) = self.open.remove(&node) {
            let took = now.since(since);
            self.answers = self.answers + took;
            self.answer_max = self.answer_max.max(took);
        }
    }
}

impl<P> Metric<P> for Traffic
where
    P: Protocol<Observation = Observation>,
{
    fn gauges(&self) -> &'static [Gauge] {
        GAUGES
    }

    fn read(&self, _: &World) -> Vec<Option<u64>> {
        let was_answered = self.operations > 0;
        let busiest = self.load.values().copied().max();
        let all: u64 = self.load.values().sum();
        let even = busiest.map(|max| max * 1_000_000 * self.load.len() as u64 / all.max(1));
        vec![
            Some(self.operations),
            Some(self.messages),
            Some(self.refused),
            Some(self.repeated),
            Some(self.unknown + self.open.len() as u64),
            was_answered.then(|| self.answers.as_nanos() / self.operations),
            was_answered.then(|| self.answer_max.as_nanos()),
            even,
            Some(self.stale),
            Some(self.lost),
            Some(self.duplicated),
        ]
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) {
        match *said {
            Observation::Invoked { .. } => drop(self.open.insert(node, world.now())),
            Observation::Answered { id, reply, .. } => {
                self.answer(node, world.now());
                let written = self.applied.get(&id).filter(|_| reply == Reply::Done);
                self.acknowledged.extend(written);
            }
            Observation::Abandoned { .. } => {
                self.open.remove(&node);
                self.unknown += 1;
            }
            Observation::Serves { shard, version, .. } => self.goes_on(shard, version, false),
            Observation::Applied { id, shard, version, wrote, .. } => {
                *self.load.entry(node).or_default() += 1;
                self.apply(id, shard, version, wrote.is_some());
            }
            Observation::Repeated { .. } => self.repeated += 1,
            Observation::Refused { .. } => self.refused += 1,
            _ => {}
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, _: &World) {
        if view.is_none() && self.open.remove(&node).is_some() {
            self.unknown += 1;
        }
    }

    fn on_sent(&mut self, _: NodeId, _: &P::Message, _: &World) {
        self.messages += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Silent, done, reads, serves, wants, writes};
    use super::*;
    use crate::ownership::store::Ask;
    use crate::time::Clock;

    #[test]
    fn what_is_lost_stale_and_applied_again_is_counted() {
        let mut world = World::new(vec![Clock::default(); 5]);
        let mut traffic = Traffic::default();
        let said = [
            (4, wants(1, Ask::Put(1))),
            (1, writes(0, 1, 1)),
            (4, done(1)),
            (4, wants(2, Ask::Put(2))),
            (1, writes(0, 2, 2)),
            (4, done(2)),
            (2, reads(0, 3, 1)),
            (2, serves(0, 1)),
            (2, writes(0, 2, 2)),
            (4, wants(4, Ask::Get)),
        ];
        for (at, (node, said)) in (1..).zip(said) {
            world.now = SimTime::from_nanos(at * 10);
            let metric: &mut dyn Metric<Silent> = &mut traffic;
            metric.on_observation(NodeId::new(node), &said, &world);
        }
        let read = Metric::<Silent>::read(&traffic, &world);
        let of = |name: &str| {
            let place = GAUGES.iter().position(|gauge| gauge.name == name);
            read[place.expect("it is among them")]
        };
        assert_eq!((of("operations"), of("unknown-operations")), (Some(2), Some(1)));
        assert_eq!((of("answer-mean-ns"), of("answer-max-ns")), (Some(20), Some(20)));
        assert_eq!(of("stale-reads"), Some(1), "n2 reads behind version 2");
        assert_eq!(of("lost-writes"), Some(1), "version 2, when n2 serves from version 1");
        assert_eq!(of("duplicated-writes"), Some(1));
        assert_eq!(of("load-max-over-mean-ppm"), Some(1_000_000), "two each");
    }
}
