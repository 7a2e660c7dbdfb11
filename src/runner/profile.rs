//! The causality profile of a violation: how likely it was at each moment of its run.
//!
//! The run is repeated up to a moment and goes on with other luck; how many of such continuations
//! violate the same is its probability at that moment. Where the curve rises the bug was decided.

use crate::catalog::{Experiment, Options};
use crate::observe::Verdict;
use crate::rng::mix;
use crate::runner::Stop;
use crate::time::SimTime;
use rayon::ThreadPool;
use rayon::prelude::*;

/// One moment of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub at: SimTime,
    /// How many of the continuations from here violate the same.
    pub found: u64,
    /// How many there were.
    pub runs: u64,
}

/// How likely a violation was at each moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What is violated.
    pub invariant: &'static str,
    /// When it was.
    pub violated_at: SimTime,
    /// The moments, ascending; the last one is that of the violation.
    pub points: Vec<Point>,
}

/// The moments at which it was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    /// Between which two it became more likely by most, and by how many continuations.
    pub jump: (Point, Point),
    /// From which on at least half violate it.
    pub half: SimTime,
    /// From which on all do.
    pub certain: SimTime,
}

/// The profile of the run of a seed, over so many moments and continuations from each; `None` if
/// it was told to stop. Whenever a moment is done, `told` hears how many there are
/// and how many of its continuations violate the same.
///
/// # Errors
/// If the run violates nothing, in a sentence.
pub fn profile(
    experiment: &dyn Experiment,
    seed: u64,
    (moments, salts): (u64, u64),
    pool: &ThreadPool,
    stop: &Stop,
    told: &(dyn Fn(u64, u64) + Sync),
) -> Result<Option<Profile>, String> {
    let outcome = experiment.run(seed, &Options::default());
    let Verdict::Violation(violation) = &outcome.verdict else {
        let word = outcome.verdict.word();
        return Err(format!("the run of seed {seed} came to `{word}`: nothing was violated"));
    };
    let invariant = violation.invariant;
    let end = outcome.ended_at.as_nanos();
    let at = |nth: u64| (u128::from(end) * u128::from(nth) / u128::from(moments)) as u64;
    let mut times: Vec<u64> = (0..=moments).map(at).collect();
    // What a fault decides, it decides between the moment before it and its own.
    for struck in outcome.faults.iter().filter_map(|fault| fault.struck.as_ref()).take(200) {
        let at = struck.at.as_nanos();
        times.extend([at.saturating_sub(1), at]);
    }
    times.retain(|at| *at <= end);
    times.sort();
    times.dedup();
    let count = times.len() as u64;
    let point = |at: &u64| {
        let at = SimTime::from_nanos(*at);
        let mut found = 0;
        for salt in 1..=salts {
            if stop.asked().is_some() {
                return None;
            }
            found += u64::from(experiment.continued(seed, at, mix(seed, salt)) == Some(invariant));
        }
        told(count, found);
        Some(Point { at, found, runs: salts })
    };
    let points: Option<Vec<Point>> = pool.install(|| times.par_iter().map(point).collect());
    Ok(points.map(|points| Profile { invariant, violated_at: outcome.ended_at, points }))
}

impl Profile {
    /// Where it was decided.
    pub fn moments(&self) -> Moments {
        let last = *self.points.last().expect("the violation is a moment of its own");
        let pairs = self.points.windows(2).map(|pair| (pair[0], pair[1]));
        // Of equal jumps the first.
        let rise = |pair: &(Point, Point)| pair.1.found.saturating_sub(pair.0.found);
        let jump = pairs.rev().max_by_key(rise).unwrap_or((last, last));
        let from = |is_so: fn(&Point) -> bool| {
            let run = self.points.iter().rev().take_while(|point| is_so(point));
            run.last().unwrap_or(&last).at
        };
        let half = from(|point| point.found * 2 >= point.runs);
        let certain = from(|point| point.found == point.runs);
        Moments { jump, half, certain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rises_and_falls_again_is_decided_where_it_stays() {
        let found = [0, 6, 2, 3, 9, 10, 10];
        let points = (0..).zip(found).map(|(at, found)| {
            let at = SimTime::from_nanos(at);
            Point { at, found, runs: 10 }
        });
        let violated_at = SimTime::from_nanos(6);
        let profile = Profile { invariant: "x", violated_at, points: points.collect() };
        let Moments { jump, half, certain } = profile.moments();
        let at = |time: SimTime| time.as_nanos();
        assert_eq!((at(jump.0.at), at(jump.1.at)), (0, 1));
        assert_eq!((at(half), at(certain)), (4, 5));
    }
}
