//! The metrics of a run: lends what happens to everything that counts.

use crate::engine::{Flow, Observer, Record, What};
use crate::metric::{Gauge, Metric};
use crate::protocol::Protocol;
use crate::world::World;

/// What a run is measured by.
pub struct Metrics<P: Protocol> {
    metrics: Vec<Box<dyn Metric<P>>>,
}

impl<P: Protocol> Metrics<P> {
    /// Counts by these.
    pub fn new(metrics: Vec<Box<dyn Metric<P>>>) -> Self {
        Metrics { metrics }
    }

    /// All numbers that are told, in the order of [`Metrics::read`].
    pub fn gauges(&self) -> Vec<Gauge> {
        self.metrics.iter().flat_map(|metric| metric.gauges()).copied().collect()
    }

    /// What they are at this moment.
    pub fn read(&self, world: &World) -> Vec<Option<u64>> {
        self.metrics.iter().flat_map(|metric| metric.read(world)).collect()
    }
}

impl<P: Protocol> Observer<P> for Metrics<P> {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, P>, world: &World) -> Flow {
        let node = record.node;
        for metric in &mut self.metrics {
            match &record.what {
                // A message that is lost, cut or held has left its sender all the same.
                What::Sent { message, copy: false, .. }
                | What::Held { message, arrived: false, .. }
                | What::Dropped { message, arrived: false, .. } => {
                    metric.on_sent(node, message, world);
                }
                What::Observed { observation, .. } => {
                    metric.on_observation(node, observation, world);
                }
                What::Viewed(view) => metric.on_view(node, Some(view), world),
                What::Crashed { .. } => {
                    metric.on_view(node, None, world);
                    metric.on_world(world);
                }
                What::Booted { .. }
                | What::Paused
                | What::Resumed
                | What::Struck { .. }
                | What::Ended { .. }
                | What::Flapped { .. }
                | What::Healed => metric.on_world(world),
                _ => {}
            }
        }
        Flow::Continue
    }
}

impl<P: Protocol> std::fmt::Debug for Metrics<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("gauges", &self.gauges()).finish()
    }
}
