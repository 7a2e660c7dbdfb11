//! Who says whether a candidate still shows it: every one is run in full, under several salts.
//!
//! A salt is a seed of all luck that the file does not list. A candidate shows it if it does so
//! under any of them: what is then fixed by hand was not what mattered. Candidates are run side by
//! side, in small groups of a fixed size, and the first of a group counts: so what comes out does
//! not depend on the number of threads.

use super::draft::Draft;
use super::signature::Signature;
use crate::catalog::{Catalog, Experiment, Options};
use crate::observe::Outcome;
use crate::runner::Stop;
use crate::scenario::Source;
use crate::time::SimTime;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// How many candidates are run side by side. What was run behind one that shows it was run in vain.
const GROUP: usize = 4;

/// What is known of a candidate that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// Under which salt.
    pub salt: u64,
    /// When the run was over.
    pub ended_at: SimTime,
    /// How many events it had.
    pub events: u64,
}

/// Under which of the salts a candidate must show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Demand {
    /// Under any: luck may help.
    Any,
    /// Under each of those with which it began: luck does not matter any more.
    Each,
}

/// Judges candidates.
pub(super) struct Oracle<'a> {
    catalog: &'a Catalog,
    pool: &'a ThreadPool,
    stop: &'a Stop,
    sought: &'a Signature,
    /// The salts, in the order in which they are tried.
    pub salts: Vec<u64>,
    /// Those of them with which it began.
    first: Vec<u64>,
    /// Under which of them a candidate must show it.
    pub demand: Demand,
    known: BTreeMap<(Demand, u64), Option<Shown>>,
    /// How many runs there were.
    pub runs: u64,
    /// How many candidates were judged, and how many of them had been before.
    pub candidates: (u64, u64),
}

impl<'a> Oracle<'a> {
    pub fn new(
        catalog: &'a Catalog,
        pool: &'a ThreadPool,
        stop: &'a Stop,
        sought: &'a Signature,
        salts: Vec<u64>,
    ) -> Self {
        let (known, runs, candidates) = (BTreeMap::new(), 0, (0, 0));
        let (demand, first) = (Demand::Any, salts.clone());
        Oracle { catalog, pool, stop, sought, salts, first, demand, known, runs, candidates }
    }

    /// The salts with which it began, then all others.
    pub fn all_salts(&self) -> Vec<u64> {
        let others = self.salts.iter().copied().filter(|salt| !self.first.contains(salt));
        let mut others: Vec<u64> = others.collect();
        others.sort();
        [self.first.clone(), others].concat()
    }

    /// Tries so many salts more from now on: what did not show it may.
    pub fn widen(&mut self, more: Vec<u64>) {
        self.salts.extend(more);
        self.known.retain(|_, shown| shown.is_some());
    }

    /// Whether it is to stop.
    pub fn is_over(&self) -> bool {
        self.stop.asked().is_some()
    }

    /// The run of a candidate under a salt; `None` if it is no scenario.
    pub fn outcome(&mut self, draft: &Draft, salt: u64) -> Option<Outcome> {
        let opened = self.opened(draft);
        self.runs += 1;
        let options = self.sought.options();
        opened.map(|mut opened| run(&mut *opened, salt, &options))
    }

    /// A candidate, if it is a scenario.
    pub fn opened(&self, draft: &Draft) -> Option<Box<dyn Experiment>> {
        self.catalog.open(Source::new("the candidate", &draft.text())).ok()
    }

    /// Whether a candidate shows it under one salt, and as it is: nothing is kept of the answer.
    pub fn shows_as_it_is(&mut self, draft: &Draft, salt: u64) -> bool {
        let sought = self.sought;
        !self.is_over() && self.outcome(draft, salt).is_some_and(|found| sought.is_shown_by(&found))
    }

    /// Whether a candidate shows it.
    pub fn shows(&mut self, draft: &Draft) -> Option<Shown> {
        self.first(std::slice::from_ref(draft)).map(|(_, shown)| shown)
    }

    /// The first of these candidates that shows it; `None` too when it is to stop.
    pub fn first(&mut self, drafts: &[Draft]) -> Option<(usize, Shown)> {
        for (nth, group) in drafts.chunks(GROUP).enumerate() {
            if self.is_over() {
                return None;
            }
            let prints: Vec<u64> = group.iter().map(Draft::fingerprint).collect();
            self.judge(group, &prints);
            let of = |print: &u64| self.known.get(&(self.demand, *print)).copied().flatten();
            let shown = prints.iter().map(of);
            let first = shown.enumerate().find_map(|(place, shown)| Some((place, shown?)));
            if let Some((place, shown)) = first {
                self.prefer(shown.salt);
                return Some((nth * GROUP + place, shown));
            }
        }
        None
    }

    /// Judges those of a group that are not known yet.
    fn judge(&mut self, group: &[Draft], prints: &[u64]) {
        let mut new: Vec<(&Draft, u64)> = Vec::new();
        for (draft, print) in group.iter().zip(prints) {
            self.candidates.0 += 1;
            let is_new = !self.known.contains_key(&(self.demand, *print));
            if is_new && new.iter().all(|(_, other)| other != print) {
                new.push((draft, *print));
            } else {
                self.candidates.1 += 1;
            }
        }
        let this = &*self;
        let judged: Vec<(u64, Option<Shown>, u64)> = this.pool.install(|| {
            new.par_iter()
                .map(|(draft, print)| {
                    let (shown, runs) = this.tried(draft);
                    (*print, shown, runs)
                })
                .collect()
        });
        for (print, shown, runs) in judged {
            self.runs += runs;
            self.known.insert((self.demand, print), shown);
        }
    }

    /// Runs one under the salts until it is known whether it shows it.
    fn tried(&self, draft: &Draft) -> (Option<Shown>, u64) {
        let Some(mut opened) = self.opened(draft) else { return (None, 0) };
        let options = self.sought.options();
        let mut first = None;
        let salts = match self.demand {
            Demand::Any => &self.salts,
            Demand::Each => &self.first,
        };
        for (salt, runs) in salts.iter().zip(1..) {
            let outcome = run(&mut *opened, *salt, &options);
            let shows = self.sought.is_shown_by(&outcome);
            let (ended_at, events) = (outcome.ended_at, outcome.counts.events);
            first = first.or(shows.then_some(Shown { salt: *salt, ended_at, events }));
            match (self.demand, shows) {
                (Demand::Any, true) => return (first, runs),
                (Demand::Each, false) => return (None, runs),
                _ => {}
            }
        }
        (first, salts.len() as u64)
    }

    /// Under how many of so many fresh salts a candidate shows it.
    pub fn share(&mut self, draft: &Draft, salts: u64) -> Option<u64> {
        if self.is_over() || self.opened(draft).is_none() {
            return None;
        }
        self.runs += salts;
        let (this, options) = (&*self, self.sought.options());
        let shows = |opened: &mut Option<Box<dyn Experiment>>, nth: u64| {
            let Some(opened) = opened else { return 0 };
            u64::from(this.sought.is_shown_by(&run(&mut **opened, FRESH + nth, &options)))
        };
        let salts = (0..salts).into_par_iter();
        Some(self.pool.install(|| salts.map_init(|| this.opened(draft), shows).sum()))
    }

    /// What showed it last is tried first.
    fn prefer(&mut self, salt: u64) {
        if let Some(place) = self.salts.iter().position(|known| *known == salt) {
            let salt = self.salts.remove(place);
            self.salts.insert(0, salt);
        }
    }
}

/// The run of a candidate under a salt.
fn run(opened: &mut dyn Experiment, salt: u64, options: &Options) -> Outcome {
    opened.pin(salt);
    opened.run(salt, options)
}

/// Where the salts begin that no candidate was chosen by.
const FRESH: u64 = 1_000_000;
