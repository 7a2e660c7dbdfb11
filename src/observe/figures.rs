//! The figures of a service: how long it was not there, how it came back, and whether it stayed.
//!
//! What is asked of a service after the storm is "eventually always", as far as a finite run can
//! show it: it must come back within a bound and then be there *without a break* for some time.
//! Nodes that elect a leader again and again, and depose each, come back all the time and never
//! stay.

use crate::time::{Duration, SimTime};
use serde::Serialize;

/// A time during which the service was there, counted from the heal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// When it begins.
    pub from: Duration,
    /// When it ends, at the latest with the run.
    pub until: Duration,
}

/// How many probes there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Probed {
    /// Those whose window was over before the run was.
    pub asked: u64,
    /// Those of them that were answered within it.
    pub served: u64,
}

/// The figures of a service over a run. All times are true times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// How long it was not there, from the beginning to the end of the run.
    pub unavailable: Duration,
    /// How long after the beginning it was first there.
    pub first: Option<Duration>,
    /// The lengths of the outages after that which ended, in the order in which they did.
    pub failovers: Vec<Duration>,
    /// When it was there after the heal.
    pub stretches: Vec<Stretch>,
    /// How long the run went on after the heal; `None` if it was all storm.
    pub after_heal: Option<Duration>,
    /// How long it had been gone at the end; `None` if it was there.
    pub down_at_end: Option<Duration>,
    /// The probes behind all this; `None` if the service was seen in the state of the nodes.
    pub probed: Option<Probed>,
}

impl Figures {
    /// How long after the heal it was there; zero if it was there at the heal.
    pub fn recovery(&self) -> Option<Duration> {
        self.stretches.first().map(|stretch| stretch.from)
    }

    /// When after the heal the service was back for good, as far as this run can show it; `None`
    /// if it was not.
    ///
    /// It must have come within the bound and been there for `steady` without a break, and at the
    /// end it must not have been gone for half of the bound or longer, shorter visits not counted.
    /// A service that came once and never went is given the benefit of the doubt.
    pub fn back_within(&self, bound: Duration, steady: Duration) -> Option<Duration> {
        let never_went = self.stretches.len() == 1 && self.down_at_end.is_none();
        let is_steady = |s: &&Stretch| never_went || s.until.saturating_sub(s.from) >= steady;
        let first = self.stretches.iter().find(is_steady)?;
        let last = self.stretches.iter().rfind(is_steady)?;
        let gone = self.after_heal?.saturating_sub(last.until);
        (first.from <= bound && gone.saturating_mul(2) < bound).then_some(first.from)
    }

    /// How often it came after the heal, and the longest time for which it stayed.
    pub fn visits(&self) -> (u64, Duration) {
        let stays = self.stretches.iter().map(|s| s.until.saturating_sub(s.from));
        (self.stretches.len() as u64, stays.max().unwrap_or_default())
    }

    /// The share of a run of this length during which the service was there - of the probes, that
    /// were served - in millionths.
    pub fn availability_ppm(&self, length: Duration) -> u64 {
        let (part, whole) = match self.probed {
            Some(probed) => (probed.served, probed.asked),
            None => (length.saturating_sub(self.unavailable).as_nanos(), length.as_nanos()),
        };
        (u128::from(part) * 1_000_000 / u128::from(whole.max(1))) as u64
    }

    /// The failover time that so many in a hundred do not exceed (nearest rank).
    pub fn failover_percentile(&self, percent: usize) -> Option<Duration> {
        let mut sorted = self.failovers.clone();
        sorted.sort();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    }
}

/// The coming and going of a service, noted in the order of time.
#[derive(Clone, Debug)]
pub(super) struct Presence {
    figures: Figures,
    down_since: Option<SimTime>,
    up_since: SimTime,
    healed_at: Option<SimTime>,
}

impl Presence {
    /// Before the beginning nothing is there.
    pub fn new() -> Self {
        Presence {
            figures: Figures::default(),
            down_since: Some(SimTime::ZERO),
            up_since: SimTime::ZERO,
            healed_at: None,
        }
    }

    /// The service is there now, or it is not.
    #[inline]
    pub fn note(&mut self, now: SimTime, is_up: bool) {
        match (self.down_since, is_up) {
            (Some(since), true) => {
                self.down_since = None;
                self.up_since = now;
                self.came_back(now.since(since));
            }
            (None, false) => {
                self.down_since = Some(now);
                self.figures.stretches.extend(self.stretch(now));
            }
            _ => {}
        }
    }

    fn came_back(&mut self, outage: Duration) {
        self.figures.unavailable = self.figures.unavailable + outage;
        if self.figures.first.is_none() {
            self.figures.first = Some(outage);
        } else if outage > Duration::ZERO {
            self.figures.failovers.push(outage);
        }
    }

    /// The storm is over.
    pub const fn heal(&mut self, now: SimTime) {
        self.healed_at = Some(now);
    }

    /// The time up to now during which it was there after the heal.
    fn stretch(&self, now: SimTime) -> Option<Stretch> {
        let healed = self.healed_at?;
        let from = self.up_since.max(healed).since(healed);
        Some(Stretch { from, until: now.since(healed) })
    }

    /// The figures of a run that ends now.
    pub fn figures(&self, end: SimTime) -> Figures {
        let mut figures = self.figures.clone();
        figures.after_heal = self.healed_at.map(|healed| end.since(healed));
        match self.down_since {
            Some(since) => {
                let gone = end.since(since);
                figures.unavailable = figures.unavailable + gone;
                figures.down_at_end = Some(gone);
            }
            None => figures.stretches.extend(self.stretch(end)),
        }
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    const fn at(secs: u64) -> SimTime {
        SimTime::from_nanos(secs * 1_000_000_000)
    }

    /// A run of 20 seconds, healed at 10, in which the service comes and goes at these times.
    fn run(turns: &[u64]) -> Figures {
        let mut presence = Presence::new();
        let mut is_up = false;
        let mut is_healed = false;
        for &turn in turns {
            if turn >= 10 && !std::mem::replace(&mut is_healed, true) {
                presence.heal(at(10));
            }
            is_up = !is_up;
            presence.note(at(turn), is_up);
        }
        if !is_healed {
            presence.heal(at(10));
        }
        presence.figures(at(20))
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank_and_none_of_nothing() {
        let service = Figures { failovers: [5, 1, 3].map(secs).to_vec(), ..Figures::default() };
        assert_eq!(service.failover_percentile(50), Some(secs(3)));
        assert_eq!(service.failover_percentile(99), Some(secs(5)));
        assert_eq!(service.failover_percentile(1), Some(secs(1)));
        assert_eq!(Figures::default().failover_percentile(50), None);
    }

    #[test]
    fn outages_failovers_and_stretches_add_up_to_the_run() {
        let figures = run(&[1, 4, 6, 12, 13]);
        assert_eq!((figures.unavailable, figures.first), (secs(4), Some(secs(1))));
        assert_eq!(figures.failovers, [2, 1].map(secs));
        let stretch = |from, until| Stretch { from: secs(from), until: secs(until) };
        assert_eq!(figures.stretches, [stretch(0, 2), stretch(3, 10)]);
        assert_eq!((figures.recovery(), figures.down_at_end), (Some(secs(0)), None));
        assert_eq!(figures.visits(), (2, secs(7)));
        let figures = run(&[2, 8]);
        assert_eq!((figures.recovery(), figures.down_at_end), (None, Some(secs(12))));
    }

    #[test]
    fn a_service_must_come_back_in_time_and_stay_for_a_while_without_a_break() {
        let back = |turns: &[u64]| run(turns).back_within(secs(10), secs(3));
        assert_eq!(back(&[1]), Some(secs(0)));
        assert_eq!(back(&[14]), Some(secs(4)));
        assert_eq!(back(&[]), None);
        // Two seconds there, one away, again and again: it never stays.
        assert_eq!(back(&[1, 12, 13, 15, 16, 18, 19]), None);
        // It settles at last.
        assert_eq!(back(&[1, 12, 13, 15, 16]), Some(secs(6)));
        // Seen once and gone for half of the bound; a little less is borne.
        assert_eq!((back(&[11, 15]), back(&[11, 16])), (None, Some(secs(1))));
        // It came at last and has not gone since.
        assert_eq!(back(&[19]), Some(secs(9)));
        // ... too late for a tighter bound.
        assert_eq!(run(&[19]).back_within(secs(8), secs(3)), None);
    }

    #[test]
    fn availability_is_a_share_in_millionths_of_the_time_or_of_the_probes() {
        let service = Figures { unavailable: Duration::from_millis(250), ..Figures::default() };
        assert_eq!(service.availability_ppm(secs(1)), 750_000);
        assert_eq!(service.availability_ppm(Duration::ZERO), 0);
        let probed = Some(Probed { asked: 3, served: 2 });
        assert_eq!(Figures { probed, ..service }.availability_ppm(secs(1)), 666_666);
    }
}
