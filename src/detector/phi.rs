//! Phi-accrual: the patience of the detector follows the messages that it has seen.
//!
//! Naohiro Hayashibara, Xavier Defago, Rami Yared and Takuya Katayama, "The phi Accrual Failure
//! Detector", SRDS 2004. The times between the latest messages are taken as drawn from a normal
//! distribution; phi is the number of nines of the chance that the next message would have come by
//! now, and a node is suspected when phi exceeds a threshold.
//!
//! The tail of the distribution is that of a logistic one in a cubic of the standard score, as Akka
//! takes it: the odds that a message is still to come are `exp(-y (1.5976 + 0.070566 y^2))` for a
//! silence that is `y` standard deviations above the mean. So phi exceeds the threshold F exactly
//! when that cubic exceeds `ln(10^F - 1)`: the score at which it does is found once, and all that
//! is left is `mean + score * deviation`. Neither floats nor exponentials are needed.

use super::Detector;
use crate::rng::fixed::{FRACTION_BITS, log2};
use crate::time::{Duration, LocalTime};
use std::collections::VecDeque;

/// How patient a [`PhiAccrual`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhiSettings {
    /// When phi exceeds this, the node is suspected: 8 is wrong once in 10^8 messages, if their
    /// times are as the model has them. From 1 to 18.
    pub threshold: u32,
    /// How many of the latest times between messages count.
    pub window: usize,
    /// The least deviation that is believed: steady messages are no promise.
    pub deviation_min: Duration,
    /// How much later than expected a message may come without any suspicion.
    pub acceptable_pause: Duration,
    /// The time between messages that is expected before any has been seen.
    pub first_interval: Duration,
}

/// Suspects a node whose silence is improbable, by the times between its latest messages.
#[derive(Clone, Debug)]
pub struct PhiAccrual {
    settings: PhiSettings,
    /// The standard score at which phi exceeds the threshold, in millionths.
    score_ppm: u64,
    intervals: VecDeque<u64>,
    /// The sum of the intervals, and that of their squares.
    sum: u128,
    squares: u128,
    heard: LocalTime,
}

/// A millionth: scores are counted in them.
const MILLION: u128 = 1_000_000;
/// ln 2 in units of 10^-18.
const LN_2_ATTO: u128 = 693_147_180_559_945_309;

impl PhiAccrual {
    /// A detector that begins to wait now.
    ///
    /// # Panics
    /// If the threshold is not from 1 to 18, or the window holds fewer than two intervals.
    pub fn new(settings: PhiSettings, now: LocalTime) -> Self {
        assert!((1..=18).contains(&settings.threshold), "phi is counted from 1 to 18");
        assert!(settings.window > 1, "one interval has no deviation");
        let first = settings.first_interval.as_nanos();
        let spread = first / 4;
        let mut detector = PhiAccrual {
            settings,
            score_ppm: score_ppm(settings.threshold),
            intervals: VecDeque::with_capacity(settings.window + 1),
            sum: 0,
            squares: 0,
            heard: now,
        };
        // Two intervals with the deviation of a quarter stand for what is not known yet.
        detector.take_in(first - spread);
        detector.take_in(first.saturating_add(spread));
        detector
    }

    fn take_in(&mut self, interval: u64) {
        self.intervals.push_back(interval);
        self.sum += u128::from(interval);
        self.squares = self.squares.saturating_add(square(interval));
        if self.intervals.len() > self.settings.window {
            let oldest = self.intervals.pop_front().expect("a window is not empty");
            self.sum -= u128::from(oldest);
            self.squares = self.squares.saturating_sub(square(oldest));
        }
    }

    /// The silence after which the node is suspected.
    pub fn patience(&self) -> Duration {
        let count = self.intervals.len() as u128;
        let mean = self.sum / count;
        let variance = (self.squares / count).saturating_sub(mean.saturating_mul(mean));
        let least = u128::from(self.settings.deviation_min.as_nanos());
        let deviation = variance.isqrt().max(least);
        let late = deviation.saturating_mul(u128::from(self.score_ppm)) / MILLION;
        let patience = u64::try_from(mean.saturating_add(late)).unwrap_or(u64::MAX);
        Duration::from_nanos(patience) + self.settings.acceptable_pause
    }
}

fn square(interval: u64) -> u128 {
    u128::from(interval) * u128::from(interval)
}

impl Detector for PhiAccrual {
    fn hear(&mut self, now: LocalTime) {
        self.take_in(now.since(self.heard).as_nanos());
        self.heard = now;
    }

    fn suspects_from(&self) -> LocalTime {
        self.heard + self.patience()
    }
}

/// The least score, in millionths, whose cubic exceeds `ln(10^threshold - 1)`.
fn score_ppm(threshold: u32) -> u64 {
    let odds = 10u64.pow(threshold) - 1;
    let logarithm = (u128::from(log2(odds)) * (LN_2_ATTO / MILLION)) >> FRACTION_BITS;
    // Both sides in units of 10^-12.
    let cubic = |y: u128| y * 1_597_600 + y * y / MILLION * y / MILLION * 70_566;
    let (mut below, mut above) = (0u64, 20_000_000);
    while below < above {
        let middle = (below + above) / 2;
        match cubic(u128::from(middle)) > logarithm {
            true => above = middle,
            false => below = middle + 1,
        }
    }
    above
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn detector(threshold: u32) -> PhiAccrual {
        let settings = PhiSettings {
            threshold,
            window: 100,
            deviation_min: ms(1),
            acceptable_pause: Duration::ZERO,
            first_interval: ms(100),
        };
        PhiAccrual::new(settings, LocalTime::ZERO)
    }

    #[test]
    fn the_score_of_a_threshold_solves_the_cubic() {
        // ln 9 = 2.197225, ln(10^8 - 1) = 18.420681, ln(10^18 - 1) = 41.446532.
        for (threshold, logarithm) in [(1, 2.197_225), (8, 18.420_681), (18, 41.446_532)] {
            let y = score_ppm(threshold) as f64 / 1e6;
            let cubic = y * (1.5976 + 0.070_566 * y * y);
            assert!((cubic - logarithm).abs() < 1e-4, "{threshold}: {y} gives {cubic}");
        }
    }

    #[test]
    fn patience_follows_the_messages_and_the_threshold() {
        let (mut steady, mut unsteady) = (detector(8), detector(8));
        let before = steady.patience();
        let (mut at, mut late) = (LocalTime::ZERO, LocalTime::ZERO);
        for number in 0..200 {
            at += ms(100);
            steady.hear(at);
            late += if number % 2 == 0 { ms(50) } else { ms(150) };
            unsteady.hear(late);
        }
        assert!(steady.patience() < before, "what is steady is soon missed");
        assert!(steady.patience() >= ms(105) && steady.patience() < ms(106), "5.2 times 1 ms");
        assert!(unsteady.patience() > ms(350), "{}", unsteady.patience());
        assert!(detector(12).patience() > detector(3).patience());
        assert!(!steady.suspects(at + ms(105)) && steady.suspects(at + ms(106)));
    }

    #[test]
    fn what_is_accepted_as_a_pause_is_added() {
        let settings = PhiSettings { acceptable_pause: ms(500), ..detector(8).settings };
        let patient = PhiAccrual::new(settings, LocalTime::ZERO);
        assert_eq!(patient.patience(), detector(8).patience() + ms(500));
    }
}
