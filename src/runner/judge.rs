//! What many runs come to: their verdicts counted, and whether that is what the scenario expects.

use super::stop::Stopped;
use super::twin::Twin;
use crate::observe::{Outcome, Verdict};
use crate::scenario::{Expected, Scenario};
use std::collections::{BTreeMap, BTreeSet};

/// How many kinds of findings are told apart; messages of panics may differ from seed to seed.
const KINDS_MAX: usize = 100;

/// Whether runs came to what their scenario expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// All as expected.
    AsExpected,
    /// A safety or liveness expectation failed.
    Failed,
    /// A budget or the time was used up before it could be told.
    Inconclusive,
    /// Nothing ran, nobody said or heard anything, or a required milestone never happened.
    Vacuous,
    /// The same seed gave two different runs.
    NotDeterministic,
}

impl Judgement {
    /// The word for summaries.
    pub const fn word(self) -> &'static str {
        match self {
            Judgement::AsExpected => "as-expected",
            Judgement::Failed => "failed",
            Judgement::Inconclusive => "inconclusive",
            Judgement::Vacuous => "vacuous",
            Judgement::NotDeterministic => "not-deterministic",
        }
    }
}

/// Runs that share verdict and detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// `violation`, `stall`, ...
    pub verdict: &'static str,
    /// The invariant, property, budget or message.
    pub detail: String,
    /// How many.
    pub runs: u64,
    /// The first seeds, ascending in the order in which they ran.
    pub seeds: Vec<u64>,
}

/// Runs, counted.
#[derive(Clone, Debug)]
pub struct Tally {
    expected: Expected,
    also: Vec<String>,
    /// The assumptions outside of which it is expected.
    outside: Vec<String>,
    /// Those of them that a run went beyond in which it was found.
    went_outside: BTreeSet<&'static str>,
    required: Vec<String>,
    words: Vec<&'static str>,
    observed: Vec<u64>,
    /// How many runs had nothing to judge.
    silent: u64,
    /// How many runs there were.
    pub runs: u64,
    /// How many of them passed.
    pub passed: u64,
    /// How many of these without a required milestone.
    pub vacuous: u64,
    /// How many passed only because the world was not as the algorithm needs it.
    pub excused: u64,
    /// How many came to something that the scenario does not expect.
    pub unexpected: u64,
    /// The first seed that did.
    pub first_unexpected: Option<u64>,
    /// The first seed that did not pass.
    pub first_failing: Option<u64>,
    /// How many were run twice.
    pub repeated: u64,
    /// The first that was not the same again.
    pub differing: Option<Twin>,
    /// What the runs that did not pass came to.
    pub kinds: Vec<Kind>,
    /// How many faults had an effect, and how many struck, by family.
    pub faults: BTreeMap<&'static str, (u64, u64)>,
    /// How many faults were planned in runs that passed.
    pub planned: u64,
}

impl Tally {
    /// Nothing yet, of a scenario of a family with these words.
    pub fn new(scenario: &Scenario, words: Vec<&'static str>) -> Self {
        let expect = scenario.expect();
        Tally {
            expected: expect.verdict,
            also: expect.also,
            outside: expect.outside,
            went_outside: BTreeSet::new(),
            required: scenario.milestones().into_iter().map(str::to_owned).collect(),
            observed: vec![0; words.len()],
            silent: 0,
            words,
            runs: 0,
            passed: 0,
            vacuous: 0,
            excused: 0,
            unexpected: 0,
            first_unexpected: None,
            first_failing: None,
            repeated: 0,
            differing: None,
            kinds: Vec::new(),
            faults: BTreeMap::new(),
            planned: 0,
        }
    }

    /// Counts a run.
    pub fn add(&mut self, outcome: &Outcome) {
        self.runs += 1;
        self.silent += u64::from(outcome.has_said_nothing());
        for (sum, n) in self.observed.iter_mut().zip(&outcome.words) {
            *sum += n;
        }
        for fault in outcome.faults.iter().filter(|fault| fault.struck.is_some()) {
            let (acted, struck) = self.faults.entry(fault.family).or_default();
            *acted += u64::from(fault.effects > 0);
            *struck += 1;
        }
        self.vacuous += u64::from(outcome.is_vacuous());
        self.excused += u64::from(outcome.is_excused());
        if outcome.verdict == Verdict::Pass {
            self.passed += 1;
            self.planned += outcome.faults.len() as u64;
            return;
        }
        self.first_failing.get_or_insert(outcome.seed);
        if self.is_expected(outcome) {
            self.went_outside.extend(outcome.outside.iter().map(|assumption| assumption.word()));
        } else {
            self.unexpected += 1;
            self.first_unexpected.get_or_insert(outcome.seed);
        }
        self.add_kind(outcome);
    }

    fn add_kind(&mut self, outcome: &Outcome) {
        let (verdict, detail) = (outcome.verdict.word(), outcome.verdict.detail());
        let is_it = |kind: &Kind| kind.verdict == verdict && kind.detail == detail;
        match self.kinds.iter().position(is_it) {
            Some(at) => {
                let kind = &mut self.kinds[at];
                kind.runs += 1;
                if kind.seeds.len() < 10 {
                    kind.seeds.push(outcome.seed);
                }
            }
            None if self.kinds.len() < KINDS_MAX => self.kinds.push(Kind {
                verdict,
                detail: detail.to_owned(),
                runs: 1,
                seeds: vec![outcome.seed],
            }),
            None => {}
        }
    }

    /// Whether a single run may come to this: what is found is what is expected, where it is.
    pub fn is_expected(&self, outcome: &Outcome) -> bool {
        match (&outcome.verdict, &self.expected) {
            (Verdict::Pass | Verdict::Inconclusive { .. }, _) => true,
            (Verdict::Violation(found), Expected::Violates(name)) => {
                let named = |also: &String| also == found.invariant;
                let is_named = found.invariant == *name || self.also.iter().any(named);
                is_named && self.is_where_expected(outcome)
            }
            (Verdict::Stall { property }, Expected::Stalls(name)) => {
                property == name && self.is_where_expected(outcome)
            }
            _ => false,
        }
    }

    /// Inside of all that the algorithm assumes, or outside of nothing but what is named: a finding
    /// inside would be a bug, and one outside of something else is another finding.
    fn is_where_expected(&self, outcome: &Outcome) -> bool {
        let is_named = |word: &str| self.outside.iter().any(|outside| outside == word);
        let is_outside = !outcome.outside.is_empty();
        is_outside != self.outside.is_empty()
            && outcome.outside.iter().all(|assumption| is_named(assumption.word()))
    }

    /// The assumptions outside of which something is expected, and nothing was found.
    pub fn never_outside(&self) -> Vec<&str> {
        let is_missing = |word: &&str| !self.went_outside.contains(word);
        self.outside.iter().map(String::as_str).filter(is_missing).collect()
    }

    /// The required milestones that happened in no run at all.
    pub fn never_happened(&self) -> Vec<&str> {
        let is_missing = |required: &&String| {
            let mut seen = self.words.iter().zip(&self.observed);
            seen.any(|(word, n)| *word == required.as_str() && *n == 0)
        };
        self.required.iter().filter(is_missing).map(String::as_str).collect()
    }

    /// Whether faults were planned and none of them struck in any run: the storm never came.
    pub fn has_no_storm(&self) -> bool {
        self.planned > 0 && self.faults.is_empty()
    }

    /// Whether no node said or heard anything in any run: then nothing was judged.
    pub fn has_said_nothing(&self) -> bool {
        self.runs > 0 && self.silent == self.runs
    }

    /// Whether so many runs are excused that the others say little: more than a fifth.
    pub const fn is_mostly_excused(&self) -> bool {
        self.excused * 5 > self.runs
    }

    /// Whether no run came to anything on its own: nothing was shown.
    pub const fn has_only_excuses(&self) -> bool {
        self.excused > 0 && self.excused == self.runs
    }

    fn any(&self, verdict: &str) -> bool {
        self.kinds.iter().any(|kind| kind.verdict == verdict)
    }

    /// What the runs come to; `stopped` says why these are not all.
    pub fn judge(&self, stopped: Option<Stopped>) -> Judgement {
        let is_found = match &self.expected {
            Expected::Holds => true,
            Expected::Violates(name) => {
                self.kinds.iter().any(|kind| kind.verdict == "violation" && kind.detail == *name)
            }
            Expected::Stalls(_) => self.any("stall"),
        };
        let is_found = is_found && self.never_outside().is_empty();
        if self.differing.is_some() {
            Judgement::NotDeterministic
        } else if self.unexpected > 0 {
            Judgement::Failed
        } else if self.runs == 0 {
            if stopped.is_none() { Judgement::Vacuous } else { Judgement::Inconclusive }
        } else if !is_found && stopped.is_none() && !self.any("inconclusive") {
            Judgement::Failed
        } else if !is_found || self.any("inconclusive") {
            Judgement::Inconclusive
        } else if self.has_no_storm()
            || self.has_said_nothing()
            || self.has_only_excuses()
            || !self.never_happened().is_empty()
        {
            Judgement::Vacuous
        } else {
            Judgement::AsExpected
        }
    }

    /// Judges a run that stands alone: of a scenario that is to be violated, or to stall, by at
    /// least one of its seeds, one run may pass.
    pub fn judge_alone(&self) -> Judgement {
        match self.judge(None) {
            Judgement::Failed if self.unexpected == 0 => match self.never_happened().is_empty() {
                true => Judgement::AsExpected,
                false => Judgement::Vacuous,
            },
            // An excused run is a pass; many of them, and nothing else, show nothing.
            Judgement::Vacuous if self.has_only_excuses() && self.never_happened().is_empty() => {
                Judgement::AsExpected
            }
            judgement => judgement,
        }
    }
}
