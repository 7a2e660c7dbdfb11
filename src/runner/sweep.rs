//! A sweep: many seeds on all cores. Seeds are run in blocks, so that memory stays bounded, and
//! their outcomes are handed on in the order of the seeds, whatever thread was first.

use super::judge::Tally;
use super::stop::{Stop, Stopped};
use super::twin::{is_repeated, repeat};
use crate::catalog::{Experiment, Options};
use crate::observe::Outcome;
use crate::scenario::Seeds;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// How many seeds a thread is given in one block.
const SEEDS_A_THREAD: usize = 32;

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
}

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

/// Runs seeds in the threads of this pool. Every outcome goes to `sink` in the order of the seeds;
/// its error ends the sweep.
///
/// # Errors
/// Those of the sink.
pub fn sweep<E>(
    experiment: &dyn Experiment,
    plan: &Plan,
    pool: &ThreadPool,
    mut sink: impl FnMut(&Outcome, &Tally) -> Result<(), E>,
) -> Result<Swept, E> {
    let mut tally = Tally::new(experiment.scenario(), experiment.words());
    let size = SEEDS_A_THREAD * pool.current_num_threads();
    let mut seeds = plan.seeds.iter();
    loop {
        let block: Vec<u64> = seeds.by_ref().take(size).collect();
        if block.is_empty() {
            return Ok(Swept { tally, stopped: None });
        }
        let run = |seed: &u64| {
            plan.stop.asked().is_none().then(|| {
                let outcome = experiment.run(*seed, &plan.options);
                let repeated =
                    is_repeated(&outcome).then(|| repeat(experiment, &outcome, &plan.options));
                (outcome, repeated)
            })
        };
        let done: Vec<_> = pool.install(|| block.par_iter().map(run).collect());
        for run in done {
            // What was finished behind a gap is let go: the rows are those of the first seeds.
            let Some((outcome, repeated)) = run else {
                return Ok(Swept { tally, stopped: plan.stop.asked() });
            };
            tally.add(&outcome);
            if let Some(twin) = repeated {
                tally.repeated += 1;
                tally.differing = tally.differing.take().or(twin);
            }
            sink(&outcome, &tally)?;
            if plan.max_fail.is_some_and(|most| tally.unexpected >= most) {
                return Ok(Swept { tally, stopped: Some(Stopped::EnoughFailures) });
            }
        }
    }
}
