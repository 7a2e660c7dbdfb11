//! The world without faults: what the file says, and what its profile does within what the
//! algorithm assumes.
//!
//! A profile is for any algorithm, so its world gives way: where messages must take no longer than
//! 10 ms they do not, and links that must lose nothing lose nothing. What the file itself says is
//! meant.

use super::check::Scenario;
use super::source::Placed;
use super::words;
use crate::assumption::{Assumption, Assumptions};
use crate::conditions::{Budgets, Conditions, Latency, Network};
use crate::rng::Ratio;
use crate::time::{Drift, Duration};
use crate::units::Span;

impl Scenario {
    /// The world of a seed as it is without faults, for an algorithm that assumes this.
    pub fn conditions(&self, seed: u64, assumes: &Assumptions) -> Conditions {
        let calm = Conditions::default();
        let disk = self.file.disk.clone().unwrap_or_default();
        let budget = self.file.budget.clone().unwrap_or_default();
        let most = |limit: Option<Placed<u64>>, otherwise| limit.map_or(otherwise, |l| *l);
        Conditions {
            network: self.network(seed, &calm.network, assumes),
            sync: latency(&disk.sync, calm.sync),
            restart_resets_clock: disk.restart_resets_clock.unwrap_or(false),
            budgets: Budgets {
                events: most(budget.events, calm.budgets.events),
                pending: most(budget.pending, calm.budgets.pending),
                instant: most(budget.instant, calm.budgets.instant),
            },
            disk_budget: calm.disk_budget,
        }
    }

    fn network(&self, seed: u64, calm: &Network, assumes: &Assumptions) -> Network {
        let entry = self.file.network.clone().unwrap_or_default();
        let written = self.written.network.clone().unwrap_or_default();
        let keeps = |assumption| self.keeps(assumes, assumption);
        let ratio = |whole: &Option<Placed<Ratio>>| whole.as_deref().map_or(Ratio::ZERO, |r| *r);
        let (topology, drawn) = self.links(seed);
        let mut network = Network {
            topology,
            latency: latency(&entry.latency, calm.latency),
            zones: self.zone_latencies(),
            links: entry.links.iter().map(|link| link.link()).chain(drawn).collect(),
            loss: ratio(&entry.loss),
            bandwidth: entry.bandwidth.map(|bandwidth| (*bandwidth).into()),
            duplication: ratio(&entry.duplication),
            fifo: entry.fifo.unwrap_or(false),
            in_flight: entry.in_flight.map(Into::into).unwrap_or_default(),
        };
        if self.file.profile.is_none() {
            return network;
        }
        if written.loss.is_none() && keeps(Assumption::ReliableLinks) {
            network.loss = Ratio::ZERO;
        }
        if written.fifo.is_none() && keeps(Assumption::FifoLinks) {
            network.fifo = true;
        }
        let bound = assumes.delay_bound.filter(|_| keeps(Assumption::DelayBound));
        if let (None, Some(bound)) = (written.latency, bound) {
            network.latency = within(network.latency, bound);
        }
        network
    }

    /// Whether the algorithm assumes this, and the scenario does not mean to go beyond.
    fn keeps(&self, assumes: &Assumptions, assumption: Assumption) -> bool {
        assumes.include(assumption) && !self.exceeded().contains(&assumption)
    }

    /// The rate errors that clocks begin with, drawn for each node.
    pub(super) fn first_drift(&self, assumes: &Assumptions) -> Span<Drift> {
        let whole = self.file.clocks.as_ref().and_then(|clocks| clocks.drift).unwrap_or_default();
        let written = self.written.clocks.as_ref().and_then(|clocks| clocks.drift);
        let bound = assumes.drift_bound.filter(|_| self.keeps(assumes, Assumption::DriftBound));
        match (written, bound) {
            (None, Some(bound)) => {
                let most = bound.ppm().unsigned_abs() as i32;
                let within = |drift: Drift| Drift::from_ppm(drift.ppm().clamp(-most, most));
                Span { min: within(whole.min), max: within(whole.max), spread: whole.spread }
            }
            _ => whole,
        }
    }
}

/// A latency of the same kind that never exceeds a bound.
fn within(latency: Latency, bound: Duration) -> Latency {
    match latency {
        Latency::Constant(length) => Latency::Constant(length.min(bound)),
        Latency::Uniform { min, max } => {
            Latency::Uniform { min: min.min(bound), max: max.min(bound) }
        }
        Latency::LogUniform { min, max } => {
            Latency::LogUniform { min: min.min(bound), max: max.min(bound) }
        }
        Latency::Exponential { min, .. } => Latency::Uniform { min: min.min(bound), max: bound },
        Latency::LogNormal { median, .. } => {
            let min = Duration::from_nanos(median.min(bound).as_nanos() / 2);
            Latency::Uniform { min, max: bound }
        }
    }
}

fn latency(written: &Option<Placed<words::Latency>>, otherwise: Latency) -> Latency {
    written.as_ref().map_or(otherwise, |latency| (**latency).into())
}
