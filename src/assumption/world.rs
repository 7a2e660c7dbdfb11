//! Which assumptions a world breaks before any fault strikes: lossy links, long latencies, fast
//! clocks.

use super::{Assumption, Assumptions};
use crate::conditions::{Conditions, Latency};
use crate::schedule::ClockPlan;
use crate::time::Duration;

impl Assumptions {
    /// Those of them that hold in no run in this world, on nodes with these clocks.
    pub fn broken_by_world(&self, world: &Conditions, clocks: &[ClockPlan]) -> Vec<Assumption> {
        let network = &world.network;
        let latencies = || {
            let links = network.links.iter().filter_map(|link| link.latency);
            let zones = network.zones.latency.iter().map(|zone| zone.latency);
            std::iter::once(network.latency).chain(zones).chain(links)
        };
        let drift = clocks.iter().map(|clock| clock.drift.ppm().unsigned_abs()).max();
        let offset = clocks.iter().map(|clock| clock.wall_offset.unsigned_abs()).max();
        let exceeds = |assumption: &Assumption| match assumption {
            Assumption::ReliableLinks => {
                let own = network.links.iter().filter_map(|link| link.loss);
                std::iter::once(network.loss).chain(own).any(|loss| !loss.is_zero())
            }
            Assumption::FifoLinks => {
                !network.fifo && latencies().any(|l| !matches!(l, Latency::Constant(_)))
            }
            Assumption::DelayBound => {
                let bound = self.delay_bound.unwrap_or(Duration::MAX);
                latencies().any(|latency| longest(latency).is_none_or(|most| most > bound))
            }
            Assumption::DriftBound => {
                self.drift_bound.is_some_and(|b| drift.unwrap_or(0) > b.ppm().unsigned_abs())
            }
            Assumption::OffsetBound => {
                self.offset_bound.is_some_and(|b| offset.unwrap_or(0) > b.as_nanos())
            }
            _ => false,
        };
        let all = Assumption::WORDS.iter().map(|(assumption, _)| *assumption);
        all.filter(|assumption| self.include(*assumption)).filter(exceeds).collect()
    }
}

/// The longest that this may be; `None` if there is no end to it.
const fn longest(latency: Latency) -> Option<Duration> {
    match latency {
        Latency::Constant(length) => Some(length),
        Latency::Uniform { max, .. } | Latency::LogUniform { max, .. } => Some(max),
        Latency::Exponential { .. } | Latency::LogNormal { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Ratio;
    use crate::time::Drift;

    const STRICT: Assumptions = Assumptions {
        untrusted_links: false,
        fifo_links: true,
        reliable_links: true,
        delay_bound: Some(Duration::from_millis(10)),
        drift_bound: Some(Drift::from_ppm(100)),
        offset_bound: Some(Duration::from_millis(5)),
        no_partition: true,
        no_pause: true,
        crash_stop: true,
        honest_disk: true,
        static_membership: true,
        ordered_writes: true,
        no_disk_errors: true,
    };

    fn broken(
        assumes: Assumptions,
        change: impl FnOnce(&mut Conditions, &mut ClockPlan),
    ) -> Vec<Assumption> {
        let mut world = Conditions::default();
        world.network.fifo = true;
        let mut clock = ClockPlan::default();
        change(&mut world, &mut clock);
        assumes.broken_by_world(&world, &[ClockPlan::default(), clock])
    }

    #[test]
    fn a_world_within_the_bounds_breaks_nothing() {
        let within = broken(STRICT, |_, clock| {
            *clock = ClockPlan { wall_offset: -5_000_000, drift: Drift::from_ppm(-100) };
        });
        assert_eq!(within, []);
    }

    #[test]
    fn each_condition_breaks_its_assumption_and_only_where_it_is_made() {
        let long = Latency::Uniform { min: Duration::ZERO, max: Duration::from_millis(11) };
        let mean = Duration::from_millis(2);
        let tail = Latency::Exponential { min: Duration::ZERO, mean };
        type Change = fn(&mut Conditions, &mut ClockPlan, Latency);
        let changes: [(Change, Latency, Assumption); 6] = [
            (|w, _, _| w.network.loss = Ratio::from_ppm(1), tail, Assumption::ReliableLinks),
            (|w, _, _| w.network.fifo = false, tail, Assumption::FifoLinks),
            (|w, _, latency| w.network.latency = latency, long, Assumption::DelayBound),
            (|w, _, latency| w.network.latency = latency, tail, Assumption::DelayBound),
            (|_, c, _| c.drift = Drift::from_ppm(101), tail, Assumption::DriftBound),
            (|_, c, _| c.wall_offset = -5_000_001, tail, Assumption::OffsetBound),
        ];
        for (change, latency, assumption) in changes {
            let found = broken(STRICT, |world, clock| change(world, clock, latency));
            assert_eq!(found, [assumption]);
            let lax = broken(Assumptions::default(), |w, clock| change(w, clock, latency));
            assert_eq!(lax, []);
        }
    }
}
