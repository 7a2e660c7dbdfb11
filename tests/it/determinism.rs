//! The same seed gives the same bits: again, in any order, in any number of threads.
//!
//! `tests/it/scenarios.rs` compares with the committed bits; `.ci/builds` repeats both under other
//! build profiles and features; `.ci/cross` on other machines. The command line's own check is
//! tested in `tests/it/cli.rs`.

use crate::scenarios::shipped;
use stormseed::catalog::{Experiment, Options};
use stormseed::observe::TraceLevel;
use stormseed::rng::{Stream, shuffle};

const SEEDS: u64 = 8;

fn digest(experiment: &dyn Experiment, seed: u64) -> (u64, Option<u64>, Option<u64>, u64) {
    let outcome = experiment.run(seed, &Options::default());
    (outcome.plan, outcome.milestones, outcome.trace, outcome.counts.events)
}

#[test]
fn a_run_does_not_depend_on_what_ran_before_it() {
    for (path, experiment) in shipped() {
        let in_order: Vec<_> = (0..SEEDS).map(|seed| digest(&*experiment, seed)).collect();
        let mut seeds: Vec<u64> = (0..SEEDS).collect();
        shuffle(&mut Stream::new(1, "test"), &mut seeds);
        for seed in seeds {
            let again = digest(&*experiment, seed);
            assert_eq!(again, in_order[seed as usize], "{}, seed {seed}", path.display());
        }
    }
}

#[test]
fn a_run_does_not_depend_on_the_number_of_threads() {
    for (path, experiment) in shipped() {
        let experiment = &*experiment;
        let alone: Vec<_> = (0..SEEDS).map(|seed| digest(experiment, seed)).collect();
        for threads in [1, 2, 3, 8] {
            let part = |thread: u64| {
                (0..SEEDS)
                    .filter(move |seed| seed % threads == thread)
                    .map(|seed| (seed, digest(experiment, seed)))
            };
            let found = std::thread::scope(|scope| {
                let start = |thread| scope.spawn(move || part(thread).collect::<Vec<_>>());
                let running: Vec<_> = (0..threads).map(start).collect();
                let joined = running.into_iter().map(|one| one.join().expect("no run panics"));
                joined.flatten().collect::<Vec<_>>()
            });
            for (seed, digest) in found {
                assert_eq!(digest, alone[seed as usize], "{}, seed {seed}", path.display());
            }
        }
    }
}

#[test]
fn watching_a_run_does_not_change_it() {
    for (path, experiment) in shipped().iter().take(4) {
        let alone = experiment.run(3, &Options::default());
        let mut rows = 0u64;
        let full = Options { trace: TraceLevel::Full, ..Options::default() };
        let told = experiment.tell(3, &full, &mut |_| rows += 1);
        let name = path.display();
        assert!(rows > alone.counts.events, "{name}: a record or more for each event");
        assert_eq!(told, alone, "{name}");
    }
}

#[test]
fn every_seed_is_another_run() {
    for (path, experiment) in shipped() {
        let mut traces: Vec<Option<u64>> =
            (0..SEEDS).map(|seed| digest(&*experiment, seed).2).collect();
        traces.sort();
        traces.dedup();
        assert_eq!(traces.len() as u64, SEEDS, "{}", path.display());
    }
}
