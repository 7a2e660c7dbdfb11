//! Twins: the same seed again, in another thread, must be the same run to the last bit.
//!
//! A new thread has other keys for the standard library's hash maps and another stack, so that a
//! protocol that iterates over a `HashMap` does not repeat itself.

use crate::catalog::{Experiment, Options};
use crate::observe::{Outcome, Row, TraceLevel};
use crate::report::plain_row;
use crate::rng::mix;
use std::ops::RangeInclusive;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// How often a differing run is traced before its difference is called shy.
const ATTEMPTS: usize = 8;

/// What is said of a run that has no record any more.
pub(super) const ENDED: &str = "the run is over";

/// Two runs of one seed that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    /// The seed.
    pub seed: u64,
    /// The trace digests of both.
    pub digests: (Option<u64>, Option<u64>),
    /// How the second was run.
    pub how: &'static str,
    /// The first record that differs, in words, if it showed again while both were traced.
    pub record: Option<(String, String)>,
}

/// Whether a run is to be repeated: every one that did not pass, or not on its own, and one in 64
/// of the others, told by a hash of the seed and not by its place in the sweep.
pub fn is_repeated(outcome: &Outcome) -> bool {
    let is_plain = outcome.verdict.word() == "pass" && !outcome.is_excused();
    !is_plain || mix(outcome.seed, 0x7477_696e) % 64 == 0
}

/// Whether two outcomes of a seed are the same run: every figure of the row, not the digests alone.
pub(super) fn is_same(one: &Outcome, other: &Outcome) -> bool {
    one == other
}

/// Runs a seed in a thread of its own.
pub(super) fn elsewhere(experiment: &dyn Experiment, seed: u64, options: &Options) -> Outcome {
    let run = || experiment.run(seed, options);
    thread::scope(|scope| match scope.spawn(run).join() {
        Ok(outcome) => outcome,
        Err(payload) => std::panic::resume_unwind(payload),
    })
}

/// Runs a seed once more in another thread and compares. What was given up meanwhile means nothing.
pub fn repeat(experiment: &dyn Experiment, first: &Outcome, options: &Options) -> Option<Twin> {
    let second = elsewhere(experiment, first.seed, options);
    (options.goes_on() && !is_same(first, &second)).then(|| Twin {
        seed: first.seed,
        digests: (first.trace, second.trace),
        how: "in another thread",
        record: record(experiment, first.seed, options),
    })
}

/// The same run, of which all is told.
pub(super) fn full(options: &Options) -> Options {
    Options { trace: TraceLevel::Full, ..options.clone() }
}

/// The first record in which two runs of a seed differ, in words. Of runs that were given up none
/// is known.
pub(super) fn record(
    experiment: &dyn Experiment,
    seed: u64,
    options: &Options,
) -> Option<(String, String)> {
    let again = |_| {
        let pair = differing_record(experiment, seed, options, 0..=u64::MAX);
        pair.filter(|_| options.goes_on())
    };
    let (one, other) = (0..ATTEMPTS).find_map(again)?;
    Some((in_words(one), in_words(other)))
}

pub(super) fn in_words(row: Option<Row>) -> String {
    row.map_or_else(|| ENDED.to_owned(), |row| plain_row(&row))
}

/// Traces a seed in two threads side by side and finds the first record that differs. `None` if
/// the two are the same.
pub fn differing_record(
    experiment: &dyn Experiment,
    seed: u64,
    options: &Options,
    window: RangeInclusive<u64>,
) -> Option<(Option<Row>, Option<Row>)> {
    differing_records((experiment, seed), (experiment, seed), options, window)
}

/// The same of two runs that may be of different scenarios.
pub(super) fn differing_records<'a>(
    one: (&'a dyn Experiment, u64),
    other: (&'a dyn Experiment, u64),
    options: &Options,
    window: RangeInclusive<u64>,
) -> Option<(Option<Row>, Option<Row>)> {
    let options = full(options);
    thread::scope(|scope| {
        let told = |(experiment, seed): (&'a dyn Experiment, u64)| -> Receiver<Row> {
            let (sender, receiver) = sync_channel(1024);
            let (window, options) = (window.clone(), options.clone());
            scope.spawn(move || {
                // Who has found a difference does not listen any more.
                experiment.tell(seed, &options, &mut |row| {
                    if window.contains(&row.event) {
                        let _ = sender.send(row.clone());
                    }
                });
            });
            receiver
        };
        first_pair(told(one).into_iter(), told(other).into_iter())
    })
}

/// The first pair of records that differ; a side that has ended has none.
pub(super) fn first_pair(
    mut one: impl Iterator<Item = Row>,
    mut other: impl Iterator<Item = Row>,
) -> Option<(Option<Row>, Option<Row>)> {
    loop {
        match (one.next(), other.next()) {
            (None, None) => return None,
            (one, other) if one == other => {}
            pair => return Some(pair),
        }
    }
}
