//! The metrics of operations: what was asked and answered, and how soon.

use super::Observation;
use crate::id::NodeId;
use crate::metric::{Gauge, Metric};
use crate::protocol::Protocol;
use crate::time::{Duration, SimTime};
use crate::world::World;
use std::collections::BTreeMap;

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
];

/// Watches clients.
#[derive(Debug, Default)]
pub struct Operations {
    answered: u64,
    messages: u64,
    refused: u64,
    repeated: u64,
    unknown: u64,
    open: BTreeMap<NodeId, SimTime>,
    answers: Duration,
    answer_max: Duration,
}

impl Operations {
    fn answer(&mut self, node: NodeId, now: SimTime) {
        self.answered += 1;
        if let Some(since) = self.open.remove(&node) {
            let took = now.since(since);
            self.answers = self.answers + took;
            self.answer_max = self.answer_max.max(took);
        }
    }
}

impl<P> Metric<P> for Operations
where
    P: Protocol<Observation = Observation>,
{
    fn gauges(&self) -> &'static [Gauge] {
        GAUGES
    }

    fn read(&self, _: &World) -> Vec<Option<u64>> {
        let was_answered = self.answered > 0;
        vec![
            Some(self.answered),
            Some(self.messages),
            Some(self.refused),
            Some(self.repeated),
            Some(self.unknown + self.open.len() as u64),
            was_answered.then(|| self.answers.as_nanos() / self.answered),
            was_answered.then(|| self.answer_max.as_nanos()),
        ]
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) {
        match *said {
            Observation::Invoked { .. } => drop(self.open.insert(node, world.now())),
            Observation::Answered { .. } => self.answer(node, world.now()),
            Observation::Abandoned { .. } => {
                self.open.remove(&node);
                self.unknown += 1;
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
    use super::super::court::{Silent, done, wants};
    use super::*;
    use crate::ownership::store::Ask;
    use crate::time::Clock;

    #[test]
    fn what_is_answered_and_how_soon_is_counted_and_what_is_left_open() {
        let mut world = World::new(vec![Clock::default(); 5]);
        let mut operations = Operations::default();
        let said =
            [wants(1, Ask::Put(1)), done(1), wants(2, Ask::Put(2)), done(2), wants(3, Ask::Get)];
        for (at, said) in [10, 30, 40, 80, 90].into_iter().zip(said) {
            world.now = SimTime::from_nanos(at);
            let metric: &mut dyn Metric<Silent> = &mut operations;
            metric.on_observation(NodeId::new(4), &said, &world);
        }
        let read = Metric::<Silent>::read(&operations, &world);
        assert_eq!((read[0], read[4]), (Some(2), Some(1)));
        assert_eq!(read[5..], [Some(30), Some(40)]);
    }
}
