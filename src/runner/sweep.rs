//! A sweep: many seeds on all cores. Seeds are run in blocks, so that memory stays bounded, and
//! their outcomes are handed on in the order of the seeds, whatever thread was first. While one
//! block runs, what came of the block before it is written.

use super::judge::Tally;
use super::stop::{Stop, Stopped};
use super::twin::{Twin, is_repeated, repeat};
use crate::catalog::{Experiment, Options};
use crate::observe::{Outcome, TraceLevel, Verdict};
use crate::report::{EventLog, Overflow};
use crate::scenario::Seeds;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many seeds a thread is given in one block.
const SEEDS_A_THREAD: usize = 32;
/// The same where their records wait in memory.
const TOLD_A_THREAD: usize = 8;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seeds.
    pub seeds: Seeds,
    /// Stop after so many runs that the scenario does not expect.
    pub max_fail: Option<u64>,
    /// What may stop it.
    pub stop: Stop,
    /// How the runs differ from what the scenario says.
    pub options: Options,
    /// Whether some seeds are run twice, to see that they give the same run.
    pub repeats: bool,
    /// Which runs are told record by record.
    pub told: Told,
}

/// Which runs have an event log, of the records that the trace level keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// None.
    #[default]
    None,
    /// Those that did not pass.
    Failures,
    /// All.
    All,
}

/// The event log of one run, without its header.
pub type Log = EventLog<Overflow>;

/// What came of a sweep.
#[derive(Clone, Debug)]
pub struct Swept {
    /// The runs, counted.
    pub tally: Tally,
    /// Why they are not all, if so.
    pub stopped: Option<Stopped>,
}

/// So many threads; all cores for `None`.
///
/// # Errors
/// If they cannot be had.
pub fn pool(jobs: Option<usize>) -> Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(jobs.unwrap_or(0)).build()
}

/// What came of one seed.
struct Done {
    outcome: Outcome,
    log: Option<Log>,
    /// What came of running it twice, if it was.
    repeated: Option<Option<Twin>>,
}

fn one(experiment: &dyn Experiment, plan: &Plan, seed: u64) -> Done {
    let told = || {
        let mut log = EventLog::waiting(seed);
        let outcome = experiment.tell(seed, &plan.options, &mut |row| log.push(row));
        (outcome, Some(log))
    };
    let (outcome, mut log) = match (plan.told, plan.options.trace) {
        (Told::None, _) => (experiment.run(seed, &plan.options), None),
        // Most runs pass, and telling all of each takes longer than running a few twice.
        (Told::Failures, TraceLevel::Full) => match experiment.run(seed, &plan.options) {
            outcome if outcome.verdict == Verdict::Pass => (outcome, None),
            _ => told(),
        },
        (Told::Failures | Told::All, _) => told(),
    };
    if plan.told == Told::Failures && outcome.verdict == Verdict::Pass {
        log = None;
    }
    let is_repeated = plan.repeats && plan.options.goes_on() && is_repeated(&outcome);
    let repeated = is_repeated.then(|| repeat(experiment, &outcome, &plan.options));
    Done { outcome, log, repeated }
}

/// Runs seeds in the threads of this pool. Every outcome goes to `sink` in the order of the seeds,
/// with its log if it has one; an error of the sink ends the sweep.
///
/// # Errors
/// Those of the sink.
pub fn sweep<E>(
    experiment: &dyn Experiment,
    plan: &Plan,
    pool: &ThreadPool,
    mut sink: impl FnMut(&Outcome, Option<Log>, &Tally) -> Result<(), E>,
) -> Result<Swept, E> {
    let mut tally = Tally::new(experiment.scenario(), experiment.words());
    let a_thread = if plan.told == Told::None { SEEDS_A_THREAD } else { TOLD_A_THREAD };
    let size = a_thread * pool.current_num_threads();
    let is_over = AtomicBool::new(false);
    let mut interruptible = plan.clone();
    interruptible.options.interrupt = Some(plan.stop.signal());
    let run = |seed: &u64| {
        let goes_on = !is_over.load(Ordering::Relaxed) && plan.stop.asked().is_none();
        let done = goes_on.then(|| one(experiment, &interruptible, *seed))?;
        // The signal may have come in the middle of the run, which then means nothing.
        plan.stop.asked().is_none_or(|stopped| !stopped.is_signal()).then_some(done)
    };
    let mut take = |done: Vec<Option<Done>>| -> ControlFlow<Result<Option<Stopped>, E>> {
        for run in done {
            // What was finished behind a gap is let go: the rows are those of the first seeds.
            let Some(Done { outcome, log, repeated }) = run else {
                return ControlFlow::Break(Ok(plan.stop.asked()));
            };
            tally.add(&outcome);
            if let Some(twin) = repeated {
                tally.repeated += 1;
                tally.differing = tally.differing.take().or(twin);
            }
            if let Err(error) = sink(&outcome, log, &tally) {
                return ControlFlow::Break(Err(error));
            }
            if plan.max_fail.is_some_and(|most| tally.unexpected >= most) {
                return ControlFlow::Break(Ok(Some(Stopped::EnoughFailures)));
            }
        }
        ControlFlow::Continue(())
    };
    let mut seeds = plan.seeds.iter();
    let mut done = Vec::new();
    let stopped = loop {
        let block: Vec<u64> = seeds.by_ref().take(size).collect();
        let is_last = block.is_empty();
        let mut next = Vec::new();
        let taken = pool.in_place_scope(|scope| {
            scope.spawn(|_| next = block.par_iter().map(run).collect());
            let taken = take(done);
            is_over.store(taken.is_break(), Ordering::Relaxed);
            taken
        });
        match taken {
            ControlFlow::Break(stopped) => break stopped?,
            ControlFlow::Continue(()) if is_last => break None,
            ControlFlow::Continue(()) => done = next,
        }
    };
    Ok(Swept { tally, stopped })
}
