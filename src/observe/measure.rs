//! Measuring a run: how long the service was not there, how it came back, and how far it got.

use crate::algorithm;
use crate::engine::{Flow, Observer, Record, What};
use crate::protocol::{Protocol, Words};
use crate::time::{Duration, SimTime};
use crate::world::World;
use serde::Serialize;

/// The figures of a service over a run. All times are true times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// How long it was not there, from the beginning to the end of the run.
    pub unavailable: Duration,
    /// How long after the beginning it was first there.
    pub first: Option<Duration>,
    /// The lengths of the outages after that which ended, in the order in which they did.
    pub failovers: Vec<Duration>,
    /// How long after the heal it was there; zero if it was there at the heal.
    pub recovery: Option<Duration>,
    /// How long it had been gone at the end; `None` if it was there.
    pub down_at_end: Option<Duration>,
}

impl Figures {
    /// Whether the service came back within a bound after the heal, and stayed: it is not enough
    /// to be seen once, so it must not be gone at the end for half of the bound or longer.
    pub fn recovers_within(&self, bound: Duration) -> bool {
        let stays = self.down_at_end.is_none_or(|gone| gone.saturating_mul(2) < bound);
        self.recovery.is_some_and(|recovery| recovery <= bound) && stays
    }

    /// The share of a run of this length during which the service was there, in millionths.
    pub fn availability_ppm(&self, length: Duration) -> u64 {
        let up = length.saturating_sub(self.unavailable).as_nanos();
        let ppm = u128::from(up) * 1_000_000 / u128::from(length.as_nanos().max(1));
        ppm as u64
    }

    /// The failover time that so many in a hundred do not exceed (nearest rank).
    pub fn failover_percentile(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.failovers.clone();
        sorted.sort();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    }
}

/// Watches a run and measures it.
pub struct Measure<P: Protocol> {
    service: Option<Box<dyn algorithm::Service<P>>>,
    views: Vec<Option<P::View>>,
    words: Vec<u64>,
    figures: Figures,
    down_since: Option<SimTime>,
    healed_at: Option<SimTime>,
}

impl<P: Protocol> Measure<P> {
    /// Measures a service of so many nodes; without one, only observations are counted.
    pub fn new(nodes: usize, service: Option<Box<dyn algorithm::Service<P>>>) -> Self {
        Measure {
            service,
            views: vec![None; nodes],
            words: vec![0; usize::from(P::Observation::COUNT)],
            figures: Figures::default(),
            down_since: Some(SimTime::ZERO),
            healed_at: None,
        }
    }

    /// How often each word of the family was observed, in the order of its words.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Whether there is a service that can be measured.
    pub const fn has_service(&self) -> bool {
        self.service.is_some()
    }

    /// The figures of the whole run.
    pub fn figures(&self, world: &World) -> Figures {
        let mut figures = self.figures.clone();
        if let Some(since) = self.down_since {
            let gone = world.now().since(since);
            figures.unavailable = figures.unavailable + gone;
            figures.down_at_end = Some(gone);
        }
        figures
    }

    fn sample(&mut self, world: &World) {
        let Some(service) = &self.service else { return };
        let Some(is_up) = service.is_up(&self.views, world) else { return };
        let now = world.now();
        match (self.down_since, is_up) {
            (Some(since), true) => {
                self.down_since = None;
                self.came_back(since, now);
            }
            (None, false) => self.down_since = Some(now),
            _ => {}
        }
    }

    fn came_back(&mut self, since: SimTime, now: SimTime) {
        let outage = now.since(since);
        self.figures.unavailable = self.figures.unavailable + outage;
        if self.figures.first.is_none() {
            self.figures.first = Some(outage);
        } else if outage > Duration::ZERO {
            self.figures.failovers.push(outage);
        }
        if let (Some(healed), None) = (self.healed_at, self.figures.recovery) {
            self.figures.recovery = Some(now.since(healed));
        }
    }
}

impl<P: Protocol> Observer<P> for Measure<P> {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, P>, world: &World) -> Flow {
        match &record.what {
            What::Observed { observation, .. } => {
                self.words[usize::from(observation.word())] += 1;
            }
            What::Viewed(view) => {
                self.views[record.node.index()] = Some((*view).clone());
                self.sample(world);
            }
            What::Crashed { .. } => {
                self.views[record.node.index()] = None;
                self.sample(world);
            }
            What::Healed => {
                self.healed_at = Some(world.now());
                self.sample(world);
                if self.down_since.is_none() && self.figures.recovery.is_none() {
                    self.figures.recovery = Some(Duration::ZERO);
                }
            }
            What::Booted { .. }
            | What::Paused
            | What::Resumed
            | What::Struck { .. }
            | What::Flapped { .. }
            | What::Ended { .. } => self.sample(world),
            _ => {}
        }
        Flow::Continue
    }
}

impl<P: Protocol> std::fmt::Debug for Measure<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Measure").field("figures", &self.figures).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank_and_none_of_nothing() {
        let secs = [5, 1, 3].map(Duration::from_secs);
        let service = Figures { failovers: secs.to_vec(), ..Figures::default() };
        assert_eq!(service.failover_percentile(50), Some(Duration::from_secs(3)));
        assert_eq!(service.failover_percentile(99), Some(Duration::from_secs(5)));
        assert_eq!(service.failover_percentile(1), Some(Duration::from_secs(1)));
        assert_eq!(Figures::default().failover_percentile(50), None);
    }

    #[test]
    fn a_service_that_is_seen_once_and_goes_again_has_not_recovered() {
        let bound = Duration::from_secs(4);
        let seen = Figures { recovery: Some(Duration::ZERO), ..Figures::default() };
        let gone = |secs| Figures { down_at_end: Some(Duration::from_secs(secs)), ..seen.clone() };
        assert!(seen.recovers_within(bound) && gone(1).recovers_within(bound));
        assert!(!gone(2).recovers_within(bound) && !Figures::default().recovers_within(bound));
        let late = Figures { recovery: Some(Duration::from_secs(5)), ..seen };
        assert!(!late.recovers_within(bound));
    }

    #[test]
    fn availability_is_a_share_in_millionths() {
        let service = Figures { unavailable: Duration::from_millis(250), ..Figures::default() };
        assert_eq!(service.availability_ppm(Duration::from_secs(1)), 750_000);
        assert_eq!(service.availability_ppm(Duration::ZERO), 0);
    }
}
