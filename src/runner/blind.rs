//! Whether the invariants of an algorithm see a lie: the same seeds with it and without.

use super::stop::Stop;
use super::zoo::{GO_ON, Seen, look};
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
    /// The runs that a budget broke off: nobody judged them to the end, and none counts.
    pub broken_off: u64,
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
    /// Nothing new was found, but the control is not clean or no run came to its end: who speaks
    /// without a lie cannot show that it hears one.
    Unclear,
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
            Sight::Unclear => "unclear",
            Sight::Broken => "BROKEN",
        }
    }
}

impl Blindness {
    /// What it says.
    pub fn sight(&self) -> Sight {
        let is_clear = self.control.findings.is_empty() && self.broken_off < self.seen.runs;
        match (self.told.0, self.noticed.is_empty(), self.outside.is_empty()) {
            (_, false, false) => Sight::Noticed,
            (_, false, true) => Sight::Broken,
            _ if !is_clear => Sight::Unclear,
            (0, ..) => Sight::NeverTold,
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
    look(experiment, seeds, options(Told { lie, is_told: false }), pool, stop, |_, _| GO_ON)
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
    let (mut told, mut broken_off) = ((0, 0), 0);
    let (mut runs, mut first, mut noticed) = (0, None, BTreeSet::new());
    let lying = options(Told { lie, is_told: true });
    let seen = look(experiment, seeds, lying, pool, stop, |outcome, findings| {
        if findings.contains("inconclusive") {
            broken_off += 1;
            return GO_ON;
        }
        let count: u64 = outcome.faults.iter().map(|fault| lie.times_told(fault)).sum();
        told = (told.0 + count, told.1 + u64::from(count > 0));
        let is_news = |name: &&String| !control.findings.contains_key(*name);
        let news: Vec<&String> = findings.iter().filter(is_news).collect();
        if count > 0 && !news.is_empty() {
            runs += 1;
            first = first.or(Some(outcome.seed));
            noticed.extend(news.into_iter().cloned());
        }
        GO_ON
    });
    let outside = experiment.broken_by(lie);
    Blindness { lie, outside, told, seen, control, noticed, runs, first, broken_off }
}
