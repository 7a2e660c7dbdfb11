//! Measuring: what a family counts of its runs beside what it judges.
//!
//! An invariant says yes or no. How often the lead changed hands and why, how long two nodes acted
//! at once where nobody promised that they would not: those are numbers, and stand in the row of
//! the run.

use crate::id::NodeId;
use crate::protocol::Protocol;
use crate::world::World;

/// What a metric is called that tells for how long, in nanoseconds, two believed at once what one
/// at a time may believe: that it leads, that it holds a lock.
pub const OVERLAP: &str = "overlap-ns";

/// A number that a metric tells of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge {
    /// Its name: `leader-changes`. Its column is `metric_leader_changes`.
    pub name: &'static str,
    /// What it says, with its unit.
    pub meaning: &'static str,
}

/// What is counted of a run. It watches as an invariant does, and never ends anything.
///
/// All methods but two have empty defaults; a metric fills in what it needs to see.
pub trait Metric<P: Protocol> {
    /// Its numbers, the same for every run.
    fn gauges(&self) -> &'static [Gauge];

    /// What they are at this moment, in the same order; `None` where there is nothing to tell.
    fn read(&self, world: &World) -> Vec<Option<u64>>;

    /// A node declared something.
    fn on_observation(&mut self, node: NodeId, observation: &P::Observation, world: &World) {
        let _ = (node, observation, world);
    }

    /// A node's summary changed; `None` when it crashed.
    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, world: &World) {
        let _ = (node, view, world);
    }

    /// A message left its sender, whatever became of it.
    fn on_sent(&mut self, node: NodeId, message: &P::Message, world: &World) {
        let _ = (node, message, world);
    }

    /// Somebody went up or down, or a link was cut or mended.
    fn on_world(&mut self, world: &World) {
        let _ = world;
    }
}
