//! Whether the invariants of an algorithm see a lie: the same seeds with it and without.

use super::stop::Stop;
use super::zoo::{Seen, look};
use crate::assumption::Assumption;
use crate::catalog::{Experiment, Lie, Options, Told};
use rayon::ThreadPool;
use std::collections::BTreeSet;

/// What came of telling a lie.
#[derive(Clone, Debug)]
pub struct Blindness {
    /// Which.
    pub lie: Lie,
    /// The assumptions that it takes away; none if the algorithm has to live with it.
    pub outside: Vec<Assumption>,
    /// How often it was told, and in how many runs.
    pub told: (u64, u64),
    /// What was found where it was told.
    pub seen: Seen,
    /// What was found in the control.
    pub control: Seen,
    /// What noticed it: what the control never found.
    pub noticed: BTreeSet<String>,
    /// In how many runs, and the first.
    pub runs: u64,
    /// The first seed of these.
    pub first: Option<u64>,
}

/// What that says of the invariants, or of the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// They see it.
    Noticed,
    /// There is nothing to see: the algorithm lives with it, as it says.
    LivedWith,
    /// The algorithm rests on what the lie takes away, and nothing was noticed.
    Blind,
    /// The lie had no effect in any run.
    NeverTold,
    /// The algorithm says that it lives with it, and it does not.
    Broken,
}

impl Sight {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Sight::Noticed => "noticed",
            Sight::LivedWith => "lived with",
            Sight::Blind => "BLIND",
            Sight::NeverTold => "never told",
            Sight::Broken => "BROKEN",
        }
    }
}

impl Blindness {
    /// What it says.
    pub fn sight(&self) -> Sight {
        match (self.told.0, self.noticed.is_empty(), self.outside.is_empty()) {
            (0, ..) => Sight::NeverTold,
            (_, false, false) => Sight::Noticed,
            (_, false, true) => Sight::Broken,
            (_, true, false) => Sight::Blind,
            (_, true, true) => Sight::LivedWith,
        }
    }
}

fn options(told: Told) -> Options {
    Options { judge_on: true, lie: Some(told), ..Options::default() }
}

/// The control of a lie: all that goes with it, and nothing untrue.
pub fn honest(
    experiment: &dyn Experiment,
    lie: Lie,
    seeds: u64,
    pool: &ThreadPool,
    stop: &Stop,
) -> Seen {
    look(experiment, seeds, options(Told { lie, is_told: false }), pool, stop, |_, _| {})
}

/// Tells a lie, given what is found without it.
pub fn tell_lie(
    experiment: &dyn Experiment,
    lie: Lie,
    control: Seen,
    seeds: u64,
    pool: &ThreadPool,
    stop: &Stop,
) -> Blindness {
    let mut told = (0, 0);
    let (mut runs, mut first, mut noticed) = (0, None, BTreeSet::new());
    let lying = options(Told { lie, is_told: true });
    let seen = look(experiment, seeds, lying, pool, stop, |outcome, findings| {
        let lies = outcome.faults.iter().filter(|fault| lie.is_told_by(fault.id, fault.family));
        let count: u64 = lies.map(|fault| fault.effects).sum();
        told = (told.0 + count, told.1 + u64::from(count > 0));
        // A run that a budget broke off has judged nobody.
        let is_news =
            |name: &&String| *name != "inconclusive" && !control.findings.contains_key(*name);
        let news: Vec<&String> = findings.iter().filter(is_news).collect();
        if count > 0 && !news.is_empty() {
            runs += 1;
            first = first.or(Some(outcome.seed));
            noticed.extend(news.into_iter().cloned());
        }
    });
    let outside = experiment.broken_by(lie);
    Blindness { lie, outside, told, seen, control, noticed, runs, first }
}
