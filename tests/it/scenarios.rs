//! Every shipped scenario does what its `expect` says, and gives the same bits as ever.
//!
//! `tests/golden/runs.txt` holds the digests of some runs of each scenario. A change there is a
//! decision that needs a new `dice` version and a line in the changelog, never an accident. It is
//! rewritten by `STORMSEED_REWRITE=1 cargo test --test it scenarios`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use stormseed::catalog::{Catalog, Experiment, Options};
use stormseed::observe::{Outcome, Verdict};
use stormseed::scenario::{Expected, Source};

const GOLDEN: &str = "tests/golden/runs.txt";
/// Runs of each scenario that are pinned bit for bit.
const PINNED: usize = 12;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the scenarios are where this test looks");
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
}

/// A scenario of the built-in algorithms.
pub(crate) fn opened(name: &str, text: &str) -> Box<dyn Experiment> {
    let experiment = Catalog::builtin().open(Source::new(name, text));
    experiment.unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

pub(crate) fn shipped() -> Vec<(PathBuf, Box<dyn Experiment>)> {
    let mut paths = Vec::new();
    files(Path::new("scenarios"), &mut paths);
    paths.sort();
    let open = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a scenario is a readable text");
        let experiment = opened(&path.display().to_string(), &text);
        (path, experiment)
    };
    paths.into_iter().map(open).collect()
}

/// What keeps these outcomes from being what the scenario expects; empty if nothing does.
pub(crate) fn disappointments(experiment: &dyn Experiment, outcomes: &[Outcome]) -> Vec<String> {
    let expect = experiment.scenario().expect();
    let mut wrong = Vec::new();
    let mut is_met = expect.verdict == Expected::Holds;
    for outcome in outcomes {
        let is_fine = match (&outcome.verdict, &expect.verdict) {
            (Verdict::Pass, _) => outcome.missing.is_empty(),
            (Verdict::Violation(violation), Expected::Violates(name)) => {
                is_met |= violation.invariant == name;
                violation.invariant == name || expect.also.iter().any(|a| a == violation.invariant)
            }
            (Verdict::Stall { property }, Expected::Stalls(name)) => {
                is_met |= property == name;
                property == name
            }
            _ => false,
        };
        if !is_fine {
            let missing = &outcome.missing;
            wrong
                .push(format!("seed {}: {:?}, missing {missing:?}", outcome.seed, outcome.verdict));
        }
    }
    if !is_met {
        wrong.push(format!("no seed of {} shows {:?}", outcomes.len(), expect.verdict));
    }
    wrong
}

#[test]
fn every_scenario_does_what_it_expects() {
    let mut wrong = String::new();
    for (path, experiment) in shipped() {
        let seeds = experiment.scenario().seeds();
        let run = |seed| experiment.run(seed, &Options::default());
        let outcomes: Vec<Outcome> = seeds.iter().map(run).collect();
        for line in disappointments(&*experiment, &outcomes).iter().take(3) {
            let _ = writeln!(wrong, "{}: {line}", path.display());
        }
        // Where the seed draws how hard faults strike, some of them do nothing.
        let planned = if experiment.scenario().draws() { 0 } else { outcomes[0].faults.len() };
        for fault in 0..planned {
            let never = outcomes
                .iter()
                .all(|outcome| outcome.faults.get(fault).is_none_or(|report| report.effects == 0));
            if never {
                let id = outcomes[0].faults[fault].id;
                let _ = writeln!(wrong, "{}: fault {id} never does anything", path.display());
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_scenario_is_named_after_its_file() {
    for (path, experiment) in shipped() {
        let file = path.with_extension("").display().to_string();
        assert_eq!(format!("scenarios/{}", experiment.scenario().name()), file);
    }
}

#[test]
fn every_shipped_run_gives_the_same_bits_as_ever() {
    let mut runs = String::from("# scenario seed plan milestones trace events verdict detail\n");
    for (_, experiment) in shipped() {
        let name = experiment.scenario().name().to_owned();
        for seed in experiment.scenario().seeds().iter().take(PINNED) {
            let outcome = experiment.run(seed, &Options::default());
            let Outcome { plan, milestones, trace, counts, verdict, .. } = outcome;
            let (word, detail) = (verdict.word(), verdict.detail());
            let (trace, milestones) = (trace.expect("digests are on"), milestones.expect("so"));
            let line = format!(
                "{name} {seed} {plan:016x} {milestones:016x} {trace:016x} {} {word} {detail}",
                counts.events
            );
            let _ = writeln!(runs, "{}", line.trim_end());
        }
    }
    if std::env::var_os("STORMSEED_REWRITE").is_some() {
        std::fs::write(GOLDEN, &runs).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    for (now, then) in runs.lines().zip(golden.lines()) {
        assert_eq!(now, then, "a run no longer gives the bits it gave");
    }
    assert_eq!(runs.lines().count(), golden.lines().count(), "runs came or went: see {GOLDEN}");
    assert!(golden.lines().count() > 200, "at least 200 runs are pinned");
}

#[test]
fn every_invariant_is_broken_by_some_scenario_or_mutant() {
    let mut broken = BTreeSet::new();
    for (_, experiment) in shipped() {
        let expect = experiment.scenario().expect();
        if let Expected::Violates(name) = expect.verdict {
            broken.insert(name);
        }
        broken.extend(expect.also);
    }
    let catalog = Catalog::builtin();
    let mutants = catalog.entries().iter().flat_map(|entry| entry.mutants);
    broken.extend(mutants.flat_map(|mutant| mutant.breaks).map(|name| (*name).to_owned()));
    for entry in catalog.entries() {
        for name in entry.invariants.iter().map(|judge| &judge.name) {
            assert!(broken.contains(*name), "nothing is known to break {name} of {}", entry.name);
        }
    }
}

#[test]
fn the_committed_schema_is_the_catalogs() {
    let schema = format!("{:#}\n", Catalog::builtin().schema());
    if std::env::var_os("STORMSEED_REWRITE").is_some() {
        std::fs::write("scenarios/scenario.schema.json", &schema).expect("the schema is writable");
    }
    let committed = std::fs::read_to_string("scenarios/scenario.schema.json").unwrap_or_default();
    assert!(committed == schema, "run `STORMSEED_REWRITE=1 cargo test --test it scenarios`");
}
