//! Availability by probes: a service that shows in no node's state is asked again and again, and is
//! there as far as it answers.
//!
//! Each probe has a number of its own and a window. It is served if its own number is answered
//! within the window; an answer to another probe, however prompt, is none. An outage begins when
//! the first probe that is not served is asked, and ends with the answer to the next that is.

use super::figures::{Figures, Presence, Probed};
use crate::time::{Duration, SimTime};

/// The probes of one run.
#[derive(Clone, Debug)]
pub struct Probes {
    window: Duration,
    /// When each was asked and first answered, in the order of their numbers, which is that of
    /// time.
    probes: Vec<(SimTime, Option<SimTime>)>,
    healed_at: Option<SimTime>,
}

impl Probes {
    /// Probes that are asked at these times, in order, and must be answered within a window.
    pub fn new(asked: impl IntoIterator<Item = SimTime>, window: Duration) -> Self {
        let probes: Vec<_> = asked.into_iter().map(|at| (at, None)).collect();
        assert!(probes.is_sorted(), "probes are numbered in the order of time");
        Probes { window, probes, healed_at: None }
    }

    pub(super) fn answer(&mut self, number: u64, now: SimTime) {
        let probe = usize::try_from(number).ok().and_then(|at| self.probes.get_mut(at));
        // Nobody answers before being asked: such an answer is a guess.
        if let Some((_, answer)) = probe.filter(|(asked, _)| *asked <= now) {
            answer.get_or_insert(now);
        }
    }

    pub(super) const fn heal(&mut self, now: SimTime) {
        self.healed_at = Some(now);
    }

    /// The figures of a run that ends now. A probe that waits yet tells nothing.
    pub(super) fn figures(&self, end: SimTime) -> Figures {
        let mut presence = Presence::new();
        let mut ahead = self.healed_at;
        let mut probed = Probed::default();
        let mut last = SimTime::ZERO;
        for &(asked, answer) in &self.probes {
            let closes = asked + self.window;
            let served = answer.filter(|at| *at <= closes);
            if closes <= end {
                probed.asked += 1;
                probed.served += u64::from(served.is_some());
            } else if served.is_none() {
                continue;
            }
            // An answer to an earlier probe may have come after this one was asked.
            last = served.unwrap_or(asked).max(last);
            if let Some(healed) = ahead.filter(|healed| *healed <= last) {
                presence.heal(healed);
                ahead = None;
            }
            presence.note(last, served.is_some());
        }
        if let Some(healed) = ahead {
            presence.heal(healed);
        }
        Figures { probed: Some(probed), ..presence.figures(end) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::Stretch;
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    const fn at(millis: u64) -> SimTime {
        SimTime::from_nanos(millis * 1_000_000)
    }

    /// Probes every 100 ms from 100 to 1,000 ms with a window of 50 ms, answered so long after they
    /// were asked, in a run of 1,020 ms that is healed at 550 ms.
    fn figures(answers: [Option<u64>; 10]) -> Figures {
        let mut probes = Probes::new((1..=10).map(|nth| at(nth * 100)), ms(50));
        for (number, answer) in (0..).zip(answers) {
            if let Some(after) = answer {
                probes.answer(number, at((number + 1) * 100 + after));
            }
        }
        probes.heal(at(550));
        probes.figures(at(1_020))
    }

    #[test]
    fn outages_reach_from_a_probe_without_an_answer_to_the_next_answer() {
        let (ok, no) = (Some(5), None);
        let figures = figures([no, ok, ok, no, no, no, ok, ok, no, ok]);
        assert_eq!(figures.first, Some(ms(205)));
        assert_eq!(figures.failovers, [ms(305), ms(105)]);
        assert_eq!(figures.unavailable, ms(205 + 305 + 105));
        let stretch = |from, until| Stretch { from: ms(from), until: ms(until) };
        assert_eq!(figures.stretches, [stretch(155, 350), stretch(455, 470)]);
        assert_eq!(figures.down_at_end, None);
        // The last window was still open: it is no part of the share.
        assert_eq!(figures.probed, Some(Probed { asked: 9, served: 4 }));
        assert_eq!(figures.availability_ppm(ms(1_020)), 444_444);
    }

    #[test]
    fn an_answer_that_is_late_or_to_another_probe_is_none() {
        let all = [Some(50); 10];
        assert_eq!(figures(all).probed, Some(Probed { asked: 9, served: 9 }));
        let mut late = all;
        late[4] = Some(51);
        assert_eq!(figures(late).probed, Some(Probed { asked: 9, served: 8 }));
        let mut probes = Probes::new([at(100), at(200)], ms(50));
        probes.answer(0, at(110));
        probes.answer(0, at(210));
        probes.answer(1, at(150)); // before it was asked
        probes.answer(7, at(210)); // nobody asked that
        assert_eq!(probes.figures(at(1_000)).probed, Some(Probed { asked: 2, served: 1 }));
    }

    #[test]
    fn a_service_that_is_there_at_the_heal_recovers_at_once() {
        let figures = figures([Some(1); 10]);
        assert_eq!((figures.recovery(), figures.visits()), (Some(ms(0)), (1, ms(470))));
        assert_eq!(figures.back_within(ms(400), ms(100)), Some(ms(0)));
    }
}
