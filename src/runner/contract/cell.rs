//! A cell of the contract: what the seeds of one row came to, held against what is declared.
//!
//! The declaration is applied run by run. A run that went beyond nothing that the algorithm assumes
//! has to be safe, and to be live where the world is as its progress needs it; whatever breaks
//! there is a broken promise, however many other runs went beyond.

use super::axis::Axis;
use crate::assumption::Assumption;
use crate::catalog::{Experiment, Options};
use crate::fault::FaultReport;
use crate::invariant::{Kind, Violation};
use crate::metric;
use crate::observe::{Outcome, Remainder, Standstill, Verdict};
use crate::runner::{Plan, Stop, Told, sweep};
use crate::scenario::Seeds;
use rayon::ThreadPool;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::convert::Infallible;

/// Something that broke in some of the runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// `violation`, `stall` or `panic`.
    pub verdict: &'static str,
    /// The invariant or property; of a panic, `panic`.
    pub name: String,
    /// In how many runs.
    pub runs: u64,
    /// In how many of them although nothing had gone beyond what is assumed.
    pub inside: u64,
    /// The first seed; if there is one inside, the first of those.
    pub first: u64,
    /// The seed of the run with the fewest faults that struck, one inside before all others.
    pub simplest: u64,
    /// Whether it tells of what is believed, or of what comes of that: columns of their own do.
    pub is_told: bool,
    rank: (bool, usize),
}

impl Breach {
    /// Its name and the first seed.
    pub fn seeded(&self) -> String {
        format!("{} ({})", self.name, self.first)
    }
}

/// In how many runs something was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// In how many.
    pub runs: u64,
    /// The first seed.
    pub first: u64,
}

impl Seen {
    fn add(&mut self, seed: u64, is_seen: bool) {
        if is_seen && self.runs == 0 {
            self.first = seed;
        }
        self.runs += u64::from(is_seen);
    }
}

/// Where a run tells of beliefs and of effects, whether or not the algorithm promises anything of
/// them.
#[derive(Default)]
struct Sights {
    /// The place of the metric that tells how long two believed at once what one may believe.
    overlap: Option<usize>,
    /// Who judges what comes of that.
    effects: Vec<&'static str>,
    /// Who judges beliefs.
    beliefs: Vec<&'static str>,
}

impl Sights {
    fn of(experiment: &dyn Experiment) -> Self {
        let gauges = experiment.gauges();
        let judges = experiment.invariants();
        let of = |kind| {
            let of_kind = judges.iter().filter(move |judge| judge.kind == kind);
            of_kind.map(|judge| judge.name).collect()
        };
        Sights {
            overlap: gauges.iter().position(|gauge| gauge.name == metric::OVERLAP),
            effects: of(Kind::Effect),
            beliefs: of(Kind::Belief),
        }
    }

    fn tell(&self, invariant: &str) -> bool {
        self.effects.contains(&invariant) || self.beliefs.contains(&invariant)
    }
}

/// What the runs of a row came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The runs.
    pub runs: u64,
    /// How many of them a fault did something in.
    pub touched: u64,
    /// What broke.
    pub breaches: Vec<Breach>,
    /// The runs in which two believed at once what one may believe; `None` where that is not
    /// measured.
    pub overlap: Option<Seen>,
    /// The runs in which that had an effect; `None` where no effect is judged.
    pub effect: Option<Seen>,
    /// The runs that stood still where the world was not as progress needs it.
    pub starved: u64,
    /// The runs that a budget broke off.
    pub broken_off: u64,
    /// The runs that went beyond anything that is assumed.
    pub beyond: u64,
    /// What they went beyond.
    pub outside: BTreeSet<Assumption>,
    /// The required milestones that were missing in some run.
    pub missing: BTreeSet<String>,
    /// Whether somebody stopped it before the last seed.
    pub is_cut_short: bool,
}

/// How what happened stands to what is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds where it must; where it is not to hold, it breaks.
    AsDeclared,
    /// It broke where it must hold.
    BrokenPromise,
    /// It is assumed that this never happens, and as far as was seen nothing breaks when it does.
    NotNeeded,
    /// No fault did anything: nothing was shown.
    NoEffect,
    /// Budgets broke runs off that might have shown something.
    Unclear,
}

impl Standing {
    /// In a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Standing::AsDeclared => "as declared",
            Standing::BrokenPromise => "BROKEN PROMISE",
            Standing::NotNeeded => "not needed as far as seen",
            Standing::NoEffect => "no effect",
            Standing::Unclear => "unclear",
        }
    }
}

impl Cell {
    /// How it stands to what is declared.
    pub fn standing(&self) -> Standing {
        if self.breaches.iter().any(|breach| breach.inside > 0) {
            Standing::BrokenPromise
        } else if self.broken_off > 0 || self.runs == 0 {
            Standing::Unclear
        } else if self.touched == 0 {
            Standing::NoEffect
        } else if self.outside.is_empty() || !self.breaches.is_empty() || self.starved > 0 {
            Standing::AsDeclared
        } else {
            Standing::NotNeeded
        }
    }

    /// What broke that never may: an invariant, or a panic. Broken promises before others, and
    /// what broke more often before what broke less.
    pub fn unsafe_by(&self) -> Option<&Breach> {
        self.first(|breach| breach.verdict != "stall")
    }

    /// The invariant that broke and is neither of beliefs nor of effects: what is beneath them.
    pub fn beneath(&self) -> Option<&Breach> {
        self.first(|breach| breach.verdict != "stall" && !breach.is_told)
    }

    /// What did not come back.
    pub fn stalled(&self) -> Option<&Breach> {
        self.first(|breach| breach.verdict == "stall")
    }

    fn first(&self, is_meant: impl Fn(&Breach) -> bool) -> Option<&Breach> {
        let meant = self.breaches.iter().filter(|breach| is_meant(breach));
        meant.min_by_key(|breach| (breach.inside == 0, Reverse(breach.runs)))
    }

    /// In how many runs an invariant or a panic ended it, so that progress was not looked at.
    pub fn ended(&self) -> u64 {
        let ended = self.breaches.iter().filter(|breach| breach.verdict != "stall");
        ended.map(|breach| breach.runs).sum()
    }

    /// The breach that says most: a broken promise before others, safety before progress.
    pub fn worst(&self) -> Option<&Breach> {
        let both = [self.unsafe_by(), self.stalled()].into_iter().flatten();
        both.min_by_key(|breach| breach.inside == 0)
    }

    fn add(&mut self, outcome: &Outcome, is_touched: bool, sights: &Sights) {
        self.look(outcome, sights);
        self.runs += 1;
        self.touched += u64::from(is_touched);
        self.beyond += u64::from(!outcome.outside.is_empty());
        self.outside.extend(&outcome.outside);
        self.missing.extend(outcome.missing.iter().cloned());
        let is_starved = outcome.standstill.as_ref().is_some_and(is_starved);
        match &outcome.verdict {
            Verdict::Inconclusive { .. } => self.broken_off += 1,
            Verdict::Pass | Verdict::Stall { .. } if is_starved => self.starved += 1,
            Verdict::Pass => {}
            Verdict::Panic { .. } => self.breach(outcome, "panic", sights),
            verdict => self.breach(outcome, verdict.detail(), sights),
        }
    }

    fn look(&mut self, outcome: &Outcome, sights: &Sights) {
        if let Some(place) = sights.overlap {
            let is_seen = outcome.metrics.get(place).is_some_and(|length| *length > Some(0));
            self.overlap.get_or_insert_default().add(outcome.seed, is_seen);
        }
        if !sights.effects.is_empty() {
            let is_effect = |violation: &Violation| sights.effects.contains(&violation.invariant);
            let is_seen = outcome.violations.iter().any(is_effect);
            self.effect.get_or_insert_default().add(outcome.seed, is_seen);
        }
    }

    fn breach(&mut self, outcome: &Outcome, name: &str, sights: &Sights) {
        let verdict = outcome.verdict.word();
        let is_outside = !outcome.outside.is_empty();
        let struck = outcome.faults.iter().filter(|fault| fault.struck.is_some()).count();
        let (seed, rank) = (outcome.seed, (is_outside, struck));
        let is_it = |breach: &&mut Breach| breach.verdict == verdict && breach.name == name;
        match self.breaches.iter_mut().find(is_it) {
            None => self.breaches.push(Breach {
                verdict,
                name: name.to_owned(),
                runs: 1,
                inside: u64::from(!is_outside),
                first: seed,
                simplest: seed,
                is_told: sights.tell(name),
                rank,
            }),
            Some(breach) => {
                breach.runs += 1;
                if !is_outside && breach.inside == 0 {
                    breach.first = seed;
                }
                breach.inside += u64::from(!is_outside);
                if rank < breach.rank {
                    (breach.rank, breach.simplest) = (rank, seed);
                }
            }
        }
    }
}

/// Whether a fault did something that the row is about.
pub(super) fn is_touched(
    experiment: &dyn Experiment,
    axis: Option<&Axis>,
    outcome: &Outcome,
) -> bool {
    let acted = |report: &FaultReport| report.effects > 0;
    match axis.filter(|axis| axis.is_mixed()) {
        None => outcome.faults.iter().any(acted),
        Some(axis) => {
            let planned = experiment.faults(outcome.seed);
            let told = planned.iter().zip(&outcome.faults);
            told.into_iter().any(|(fault, report)| axis.is_about(&fault.action) && acted(report))
        }
    }
}

/// Whether progress needs what the world is not, and nothing shows that it would not do there
/// either. A death is never taken back, so that no run can show it of one.
fn is_starved(late: &Standstill) -> bool {
    !late.is_met && late.remainder != Remainder::Blameless
}

/// Runs a scenario over these seeds: the row of this axis, or what comes before all rows. A run is
/// judged to its end, since two that believe the same do harm later, if they do. `each` is told
/// after every run how many there were, and how many of them broke something.
pub fn cell(
    experiment: &dyn Experiment,
    axis: Option<&Axis>,
    seeds: u64,
    pool: &ThreadPool,
    stop: &Stop,
    mut each: impl FnMut(u64, u64),
) -> Cell {
    let (mut cell, sights) = (Cell::default(), Sights::of(experiment));
    let plan = Plan {
        seeds: Seeds::Range(0..seeds),
        max_fail: None,
        stop: stop.clone(),
        options: Options { judge_on: true, ..Options::default() },
        repeats: false,
        told: Told::None,
    };
    let swept = sweep::<Infallible>(experiment, &plan, pool, |outcome, _, _| {
        cell.add(outcome, is_touched(experiment, axis, outcome), &sights);
        each(cell.runs, cell.breaches.iter().map(|breach| breach.runs).sum());
        Ok(())
    });
    drop(swept);
    cell.is_cut_short = cell.runs < seeds;
    cell
}

/// Why a base is no control: where nothing goes wrong nothing may break, and what is required must
/// happen. `None` if it is one.
pub fn control(calm: &Cell) -> Option<String> {
    let words = |words: Vec<&str>| words.join(", ");
    if let Some(breach) = calm.worst() {
        let (name, first) = (&breach.name, breach.first);
        return Some(format!("without any fault {name} breaks in seed {first}"));
    }
    if !calm.outside.is_empty() {
        let beyond = words(calm.outside.iter().map(|assumption| assumption.word()).collect());
        return Some(format!(
            "its own world goes beyond what the algorithm assumes ({beyond}); give it one that \
             does not, by --in"
        ));
    }
    if calm.broken_off > 0 {
        return Some("a budget broke it off without any fault; raise `[budget]`".to_owned());
    }
    let missing = words(calm.missing.iter().map(String::as_str).collect());
    (!missing.is_empty()).then(|| format!("{missing} never happened without any fault"))
}
