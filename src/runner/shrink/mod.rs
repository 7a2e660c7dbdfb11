//! Shrinking: the smallest scenario that still fails in the same way.
//!
//! A run is frozen, so that everything that was drawn stands there by itself. Then the file is made
//! smaller by stages, and every candidate is run in full: what comes after the violation is cut
//! off, faults and operations are taken out, then nodes, zones and keys; the world becomes calm;
//! one message takes the place of a fault; values become simpler. This goes on until nothing more
//! can go. Then what mattered of the luck that is left becomes explicit, so that it shows under
//! every salt. In the end each thing that is left is taken out once more, by itself, and the
//! violation is lost each time: that is what *minimal* means here, for the salts that were tried.

mod calm;
mod code;
mod crew;
mod cut;
mod draft;
mod keys;
mod oracle;
mod plain;
mod rust_test;
mod signature;
mod single;
mod values;
mod weigh;
mod written;
mod zones;

pub use draft::Size;
pub use signature::Signature;
pub use weigh::{Weight, Window};

use super::Stop;
use crate::catalog::{Catalog, Experiment, Options};
use crate::fault::Fault;
use crate::observe::Outcome;
use crate::rng::mix;
use crate::time::SimTime;
use draft::{Draft, Part};
use oracle::{Oracle, Shown};
use rayon::ThreadPool;

/// How a run is made smaller.
#[derive(Clone, Copy)]
pub struct Shrink<'a> {
    /// Who reads candidates.
    pub catalog: &'a Catalog,
    /// The threads.
    pub pool: &'a ThreadPool,
    /// What may end it early: then the best so far is handed out.
    pub stop: &'a Stop,
    /// Under how many seeds of the remaining luck a candidate may show it.
    pub salts: u64,
    /// Under how many fresh ones what is left is weighed; not at all for 0.
    pub weighed: u64,
    /// The invariant by which it is judged, whatever is violated before it; by the first of all if
    /// none is named.
    pub by: Option<&'a str>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What is being done.
    pub name: &'static str,
    /// What the best candidate has.
    pub size: Size,
    /// How many runs there were.
    pub runs: u64,
}

/// What a run was made into.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The file.
    pub text: String,
    /// What it shows.
    pub signature: Signature,
    /// The seed that was asked for.
    pub seed: u64,
    /// The seed of all luck that the file does not list.
    pub salt: u64,
    /// How much there was, and how much is left.
    pub sizes: (Size, Size),
    /// How many nodes there were, and how many are left.
    pub nodes: (usize, usize),
    /// How long the run lasted, and how long it lasts now.
    pub lasted: (SimTime, SimTime),
    /// Whether nothing that is left can go by itself, under any of the salts.
    pub is_minimal: bool,
    /// Whether it shows under each of the salts with which it began, and not only under its own.
    pub is_sure: bool,
    /// The salts that were tried.
    pub salts: Vec<u64>,
    /// How many of the decisions of chance that are left were fixed only to make it sure.
    pub luck: usize,
    /// What each thing that is left contributes.
    pub weights: Vec<Weight>,
    /// How many runs it took.
    pub runs: u64,
    /// How many candidates there were, and how many of them had been judged before.
    pub candidates: (u64, u64),
    /// The faults that are left.
    pub faults: Vec<Fault>,
    /// The protocol, as the compiler names it.
    pub protocol: &'static str,
}

impl Shrunk {
    /// All that is planned and left. A message that is lost by hand is as much as a fault that
    /// loses it; luck that was only fixed to make it sure is no plan.
    pub const fn planned(&self) -> usize {
        self.sizes.1.schedule().saturating_sub(self.luck)
    }
}

/// Makes the run of a seed smaller.
///
/// # Errors
/// If it found nothing, or cannot be written down, in a sentence.
pub fn shrink(
    how: &Shrink<'_>,
    experiment: &dyn Experiment,
    seed: u64,
    progress: &mut dyn FnMut(Stage),
) -> Result<Shrunk, String> {
    let options = Options { judge_on: how.by.is_some(), ..Options::default() };
    let outcome = experiment.run(seed, &options);
    let sought = match how.by {
        Some(invariant) => Signature::by(invariant, &outcome),
        None => Signature::of(&outcome),
    };
    let Some(sought) = sought else { return Err(nothing(how.by, seed, &outcome)) };
    let frozen = experiment.freeze(seed)?;
    // A frozen file has a seed of its own, whatever seed was asked for.
    let own = experiment.scenario().seed(seed);
    let salts: Vec<u64> = (0..how.salts).map(|nth| salt(own, nth)).collect();
    let best = Draft::of(&frozen);
    let mut oracle = Oracle::new(how.catalog, how.pool, how.stop, &sought, salts);
    let Some(shown) = oracle.shows(&best) else {
        return Err(match oracle.is_over() {
            true => "there was no time to begin".to_owned(),
            false => format!("seed {seed} written down does not show {} again", sought.name),
        });
    };
    let before = (best.size(), experiment.scenario().roles().size(), outcome.ended_at);
    let more = (how.salts..how.salts * WIDER[1]).map(|nth| salt(own, nth)).collect();
    let mut search = Search { catalog: how.catalog, oracle, best, shown, more, progress };
    let ended = search.all_stages();
    let weights = search.weigh(how.weighed);
    Ok(search.handed_out((experiment, seed), &sought, before, ended, weights))
}

/// Why a run cannot be made smaller, in a sentence.
fn nothing(by: Option<&str>, seed: u64, outcome: &Outcome) -> String {
    let word = outcome.verdict.word();
    match by {
        Some(invariant) => {
            let found = outcome.violations.iter().map(|violation| violation.invariant);
            let found = found.collect::<Vec<_>>().join(", ");
            let found = if found.is_empty() { "nothing" } else { &found };
            format!("the run of seed {seed} does not violate {invariant}: it violates {found}")
        }
        None => {
            format!("the run of seed {seed} came to `{word}`: there is nothing to shrink")
        }
    }
}

/// How much there is in the schedule of a seed up to what it finds: the faults that struck, and the
/// operations. `None` if it finds nothing, or cannot be written down.
pub fn size_when_found(experiment: &dyn Experiment, seed: u64) -> Option<Size> {
    let outcome = experiment.run(seed, &Options::default());
    Signature::of(&outcome)?;
    let frozen = Draft::of(&experiment.freeze(seed).ok()?);
    Some(frozen.until(outcome.ended_at).size())
}

/// Salts that people can read.
const SALT_END: u64 = 100_000;
/// How many times as many salts are tried where much is left, and then where runs are short.
const WIDER: [u64; 2] = [4, 16];
/// A run is short if all the salts together take no more events than this.
const EVENTS_MAX: u64 = 200_000;
/// More faults, operations and decisions than this are much.
const FEW: usize = 3;

/// The n-th salt of a seed, which is the first itself.
const fn salt(seed: u64, nth: u64) -> u64 {
    if nth == 0 { seed } else { mix(seed, nth) % SALT_END }
}

/// How a search came to its end; by default it was stopped.
#[derive(Clone, Copy, Debug, Default)]
struct Ending {
    /// Whether it came to an end by itself, at something that nothing can be taken out of.
    is_minimal: bool,
    /// Whether that shows it whatever the luck that is left.
    is_sure: bool,
    /// How many decisions of chance were fixed for that.
    luck: usize,
}

/// A search for something smaller.
struct Search<'a> {
    catalog: &'a Catalog,
    oracle: Oracle<'a>,
    /// The smallest so far, and how it shows.
    best: Draft,
    shown: Shown,
    /// The salts that are tried too where much is left.
    more: Vec<u64>,
    progress: &'a mut dyn FnMut(Stage),
}

/// Rounds of all stages: each makes something smaller, or is the last.
const ROUNDS_MAX: usize = 6;

impl Search<'_> {
    /// Takes the first candidate that shows it; its place among them.
    fn first(&mut self, drafts: &[Draft]) -> Option<usize> {
        let (place, shown) = self.oracle.first(drafts)?;
        (self.best, self.shown) = (drafts[place].clone(), shown);
        Some(place)
    }

    fn stage(&mut self, name: &'static str) {
        let (size, runs) = (self.best.size(), self.oracle.runs);
        (self.progress)(Stage { name, size, runs });
    }

    fn all_stages(&mut self) -> Ending {
        self.stage("cutting after the violation");
        self.drop_unstruck();
        self.cut_after();
        self.stage("taking out faults and operations");
        self.take_out(|_| true);
        self.cut_after();
        self.stage("saying when and whom");
        self.make_plain();
        if !self.rounds() {
            return Ending::default();
        }
        for wider in WIDER {
            if self.best.size().schedule() > FEW {
                self.try_more(wider);
            }
        }
        self.is_minimal(|_| true);
        self.stage("taking out pairs");
        while self.take_out_pairs() {
            self.is_minimal(|_| true);
        }
        self.stage("fixing what matters of the luck");
        let decisions = self.best.size().decisions;
        let is_sure = self.make_sure();
        let luck = self.best.size().decisions.saturating_sub(decisions);
        let is_minimal = self.is_minimal(|part| !part.is_decision());
        // What was fixed for a node that has gone since went with it.
        Ending { is_minimal, is_sure, luck: luck.min(self.best.size().decisions) }
    }

    /// The same under so many times as many salts, if that does not take too long.
    fn try_more(&mut self, times: u64) {
        let salts = self.oracle.all_salts().len() + self.more.len();
        let wanted = salts as u64 * times / WIDER[1];
        if times > WIDER[0] && wanted * self.shown.events > EVENTS_MAX {
            return;
        }
        let kept = salts - usize::try_from(wanted).unwrap_or(salts);
        let later = self.more.split_off(self.more.len().saturating_sub(kept));
        self.oracle.widen(std::mem::replace(&mut self.more, later));
        self.stage("taking out more, by more luck");
        self.take_out(|_| true);
        self.rounds();
    }

    /// All stages from the nodes on, until nothing changes. Whether there was time for that.
    fn rounds(&mut self) -> bool {
        for _ in 0..ROUNDS_MAX {
            let before = self.best.clone();
            self.stage("taking out nodes");
            self.take_out_nodes();
            self.stage("taking out zones");
            self.fewer_zones();
            self.stage("taking out keys");
            self.fewer_keys();
            self.leave_out_sections();
            self.stage("calming the world");
            self.calm();
            self.stage("taking out what is left");
            self.take_out(|_| true);
            self.take_out_nodes();
            self.cut_after();
            self.stage("losing single messages instead");
            if self.single_messages() {
                self.take_out(|_| true);
            }
            self.stage("simplifying values");
            self.leave_out_names();
            self.simplify();
            if self.oracle.is_over() {
                return false;
            }
            if self.best == before {
                break;
            }
        }
        true
    }

    /// Whether nothing of a kind that is left can go by itself; what can goes.
    fn is_minimal(&mut self, is_kind: fn(Part) -> bool) -> bool {
        self.stage("proving that it is minimal");
        while self.take_out(is_kind) || self.take_out_nodes() {}
        !self.oracle.is_over()
    }

    /// The parts in the order of their times.
    fn parts_in_time(&self) -> Vec<Part> {
        let mut parts = self.best.parts();
        let time = |part: &Part| {
            let entry = self.best.entry(*part)?;
            draft::length(entry.get("at").or(entry.get("not-before")))
        };
        parts.sort_by_key(|part| time(part).unwrap_or(crate::time::Duration::MAX));
        parts
    }
}
