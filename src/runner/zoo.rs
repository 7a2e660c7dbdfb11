//! Hunting known bugs: how many seeds until one is found, by what, how often - and whether the
//! same storm is silent where there is no bug.

use super::stop::Stop;
use super::sweep::{Plan, Told, sweep};
use crate::catalog::{Experiment, Options};
use crate::observe::{Outcome, Verdict};
use crate::scenario::Seeds;
use crate::time::Duration;
use rayon::ThreadPool;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Nobody has seen enough yet.
pub(super) const GO_ON: ControlFlow<()> = ControlFlow::Continue(());

/// What violated over so many seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The runs.
    pub runs: u64,
    /// By invariant, property, or `panic`: the first seed and the number of runs.
    pub findings: BTreeMap<String, (u64, u64)>,
    /// The sums of the failovers, in number and in nanoseconds, for bugs that only delay.
    pub failovers: (u64, u128),
    /// For how long the service was not there in all, in nanoseconds.
    pub unavailable: u128,
    /// The longest that it was not there in one run, and the longest failover.
    pub longest: Times,
}

/// For how long the service was not there in a run, and its longest failover.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// For how long the service was not there.
    pub unavailable: Duration,
    /// The longest failover.
    pub failover: Duration,
}

impl Times {
    fn of(outcome: &Outcome) -> Self {
        let figures = outcome.service.as_ref();
        let failovers = figures.into_iter().flat_map(|figures| &figures.failovers);
        Times {
            unavailable: figures.map_or(Duration::ZERO, |figures| figures.unavailable),
            failover: failovers.max().copied().unwrap_or_default(),
        }
    }

    fn at_least(self, other: Times) -> Self {
        Times {
            unavailable: self.unavailable.max(other.unavailable),
            failover: self.failover.max(other.failover),
        }
    }

    /// Whether one of the two is longer than all of these runs had it.
    fn exceeds(self, longest: Times) -> bool {
        self.unavailable > longest.unavailable || self.failover > longest.failover
    }
}

/// What a hunt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunt {
    /// With the bug.
    pub bug: Seen,
    /// Without it.
    pub control: Seen,
    /// What it may break, and the control never did.
    pub expected: BTreeSet<String>,
    /// The seeds that found it by one of these.
    pub found: u64,
    /// The first of them.
    pub first: Option<u64>,
    /// By which it was found first.
    pub by: Vec<String>,
    /// The seeds whose run was without service for longer than any run of the control, or had a
    /// longer failover.
    pub longer: u64,
    /// The first of them.
    pub first_longer: Option<u64>,
}

fn findings(outcome: &Outcome) -> BTreeSet<String> {
    let mut found: BTreeSet<String> =
        outcome.violations.iter().map(|violation| violation.invariant.to_owned()).collect();
    match &outcome.verdict {
        Verdict::Stall { property } => drop(found.insert(property.clone())),
        Verdict::Panic { .. } => drop(found.insert("panic".to_owned())),
        Verdict::Inconclusive { .. } => drop(found.insert("inconclusive".to_owned())),
        _ => {}
    }
    found
}

/// Every invariant judges on.
fn judging_on() -> Options {
    Options { judge_on: true, ..Options::default() }
}

/// Runs seeds from 0, and hands on what each finds, until somebody has seen enough.
pub(super) fn look(
    experiment: &dyn Experiment,
    seeds: u64,
    options: Options,
    pool: &ThreadPool,
    stop: &Stop,
    mut each: impl FnMut(&Outcome, &BTreeSet<String>) -> ControlFlow<()>,
) -> Seen {
    let mut seen = Seen::default();
    let plan = Plan {
        seeds: Seeds::Range(0..seeds),
        max_fail: None,
        stop: stop.clone(),
        options,
        repeats: false,
        told: Told::None,
    };
    let swept = sweep(experiment, &plan, pool, |outcome, _, _| {
        seen.runs += 1;
        let found = findings(outcome);
        for name in &found {
            seen.findings.entry(name.clone()).or_insert((outcome.seed, 0)).1 += 1;
        }
        for failover in outcome.service.iter().flat_map(|figures| &figures.failovers) {
            seen.failovers.0 += 1;
            seen.failovers.1 += u128::from(failover.as_nanos());
        }
        let unavailable = outcome.service.iter().map(|figures| figures.unavailable.as_nanos());
        seen.unavailable += unavailable.map(u128::from).sum::<u128>();
        seen.longest = seen.longest.at_least(Times::of(outcome));
        match each(outcome, &found) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Enough),
        }
    });
    drop(swept);
    seen
}

/// Somebody has seen enough.
struct Enough;

/// Runs a storm without a bug.
pub fn control(experiment: &dyn Experiment, seeds: u64, pool: &ThreadPool, stop: &Stop) -> Seen {
    look(experiment, seeds, judging_on(), pool, stop, |_, _| GO_ON)
}

/// How long a bug is hunted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Over so many seeds.
    pub seeds: u64,
    /// Or until the first that finds it by an invariant.
    pub until_found: bool,
}

/// Hunts a bug that may break these invariants, given what the same storm shows without it.
pub fn hunt(
    experiment: &dyn Experiment,
    breaks: &[&str],
    control: Seen,
    patience: Patience,
    pool: &ThreadPool,
    stop: &Stop,
) -> Hunt {
    let Patience { seeds, until_found } = patience;
    let breaks = breaks.iter().map(|name| (*name).to_owned());
    let expected: BTreeSet<String> =
        breaks.filter(|name| !control.findings.contains_key(name)).collect();
    let (mut found, mut first, mut by) = (0, None, Vec::new());
    let (mut longer, mut first_longer) = (0, None);
    let bug = look(experiment, seeds, judging_on(), pool, stop, |outcome, findings| {
        if Times::of(outcome).exceeds(control.longest) {
            longer += 1;
            first_longer.get_or_insert(outcome.seed);
        }
        let hits: Vec<String> = findings.intersection(&expected).cloned().collect();
        if hits.is_empty() {
            return GO_ON;
        }
        found += 1;
        if first.is_none() {
            (first, by) = (Some(outcome.seed), hits);
        }
        if until_found { ControlFlow::Break(()) } else { GO_ON }
    });
    Hunt { bug, control, expected, found, first, by, longer, first_longer }
}
