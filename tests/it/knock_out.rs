//! Every kind of fault has a scenario that comes out otherwise when that kind is taken out of it:
//! what a fault is said to show, it shows, and nothing else does.

use crate::scenarios::{disappointments, shipped};
use std::collections::BTreeSet;
use std::path::Path;
use stormseed::catalog::{Experiment, Options};
use stormseed::fault::{Action, DiskFate, Fault};
use stormseed::observe::Outcome;
use stormseed::scenario::{Expected, Source};

#[expect(dead_code, reason = "nobody calls its `main`")]
#[path = "../../examples/lease.rs"]
pub mod lease;
#[expect(dead_code, reason = "nobody calls its `main`")]
#[path = "../../examples/ledger.rs"]
mod ledger;

/// How many seeds of a scenario are looked at.
const SEEDS: usize = 50;

/// The scenarios of the examples that have algorithms of their own.
fn examples() -> Vec<(String, Box<dyn Experiment>)> {
    let catalogs = [("lease", lease::catalog()), ("ledger", ledger::catalog())];
    let files = crate::sources::sources(&["examples"], ".toml");
    let open = |file: crate::sources::Source| {
        let source = Source::new(&file.path, &file.text);
        let own = catalogs.iter().find(|(name, _)| file.path.contains(name));
        let (_, catalog) = own?;
        let experiment = catalog.open(source).unwrap_or_else(|e| panic!("{}", e.render(false)));
        Some((file.path, experiment))
    };
    files.into_iter().filter_map(open).collect()
}

/// What the scenario comes to when its faults are changed so.
fn outcomes(
    experiment: &dyn Experiment,
    change: impl Fn(Vec<Fault>) -> Option<Vec<Fault>>,
) -> Vec<Outcome> {
    let seeds: Vec<u64> = experiment.scenario().seeds().iter().take(SEEDS).collect();
    let run = |seed| {
        let faults = change(experiment.faults(seed));
        experiment.run(seed, &Options { faults, ..Options::default() })
    };
    seeds.into_iter().map(run).collect()
}

fn comes_as_expected(
    experiment: &dyn Experiment,
    change: impl Fn(Vec<Fault>) -> Option<Vec<Fault>>,
) -> bool {
    disappointments(experiment, &outcomes(experiment, change)).is_empty()
}

fn families(experiment: &dyn Experiment) -> BTreeSet<&'static str> {
    let seeds: Vec<u64> = experiment.scenario().seeds().iter().take(3).collect();
    let faults = seeds.into_iter().flat_map(|seed| experiment.faults(seed));
    faults.map(|fault| fault.action.family()).collect()
}

#[test]
fn every_scenario_of_the_examples_does_what_it_expects() {
    let examples = examples();
    assert!(examples.len() >= 11);
    for (path, experiment) in examples {
        let wrong = disappointments(&*experiment, &outcomes(&*experiment, |_| None));
        assert!(wrong.is_empty(), "{path}: {}", wrong[0]);
        let file = Path::new(&path).file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        assert!(experiment.scenario().name().ends_with(file), "{path} is named after its file");
    }
}

#[test]
fn what_must_go_wrong_goes_right_without_any_fault() {
    let shipped = shipped().into_iter().map(|(path, e)| (path.display().to_string(), e));
    for (path, experiment) in shipped.chain(examples()) {
        if experiment.scenario().expect().verdict == Expected::Holds {
            continue;
        }
        // Where nothing strikes it is the world that goes wrong: see `topology`.
        if families(&*experiment).is_empty() {
            continue;
        }
        let calm = outcomes(&*experiment, |_| Some(Vec::new()));
        let wrong = calm.iter().find(|outcome| outcome.verdict.word() != "pass");
        assert!(wrong.is_none(), "{path}, seed {:?}", wrong.map(|outcome| outcome.seed));
    }
}

#[test]
fn every_kind_of_fault_has_a_scenario_that_comes_out_otherwise_without_it() {
    let mut shown = BTreeSet::new();
    let shipped = shipped().into_iter().map(|(path, e)| (path.display().to_string(), e));
    for (_, experiment) in examples().into_iter().chain(shipped) {
        for family in &families(&*experiment) - &shown {
            let without = |faults: Vec<Fault>| {
                let others = faults.into_iter().filter(|fault| fault.action.family() != family);
                Some(others.collect())
            };
            if !comes_as_expected(&*experiment, without)
                && comes_as_expected(&*experiment, |_| None)
            {
                shown.insert(family);
            }
        }
    }
    let missing: Vec<_> = Action::FAMILIES.iter().filter(|name| !shown.contains(*name)).collect();
    assert!(missing.is_empty(), "nothing shows what these do: {missing:?}");
}

fn example(name: &str) -> Box<dyn Experiment> {
    let found = examples().into_iter().find(|(path, _)| path.ends_with(name));
    found.unwrap_or_else(|| panic!("{name} is an example")).1
}

fn shipped_as(name: &str) -> Box<dyn Experiment> {
    let found = shipped().into_iter().find(|(path, _)| path.ends_with(name));
    found.unwrap_or_else(|| panic!("{name} is shipped")).1
}

/// The faults with another action where this one says so.
fn instead(
    change: impl Fn(&Action) -> Option<Action>,
) -> impl Fn(Vec<Fault>) -> Option<Vec<Fault>> {
    move |mut faults| {
        for fault in &mut faults {
            if let Some(action) = change(&fault.action) {
                fault.action = action;
            }
        }
        Some(faults)
    }
}

fn keeping(disk: DiskFate) -> impl Fn(Vec<Fault>) -> Option<Vec<Fault>> {
    instead(move |action| match *action {
        Action::Crash { after_effect, .. } => Some(Action::Crash { after_effect, disk }),
        _ => None,
    })
}

#[test]
fn what_a_crash_keeps_of_the_unsynced_writes_makes_the_difference() {
    let some = shipped_as("raft_crash-keeps-some.toml");
    assert!(!comes_as_expected(&*some, keeping(DiskFate::Synced)));
    assert!(!comes_as_expected(&*some, keeping(DiskFate::Torn)), "a prefix is no subset");
    for name in ["ledger_prefix.toml", "ledger_subset.toml", "ledger_torn.toml"] {
        let experiment = example(name);
        assert!(!comes_as_expected(&*experiment, keeping(DiskFate::Synced)), "{name}");
        let whole = outcomes(&*experiment, keeping(DiskFate::Synced));
        assert!(whole.iter().all(|outcome| outcome.verdict.word() == "pass"), "{name}");
    }
}

#[test]
fn a_paused_process_keeps_the_time_that_a_suspended_machine_loses() {
    let experiment = example("lease_suspend.toml");
    let paused = instead(|action| (*action == Action::Suspend).then_some(Action::Pause));
    let outcomes = outcomes(&*experiment, paused);
    assert!(outcomes.iter().all(|outcome| outcome.verdict.word() == "pass"));
    assert!(outcomes.iter().flat_map(|outcome| &outcome.faults).any(|fault| fault.effects > 0));
}

#[test]
fn only_the_place_of_a_standstill_makes_it_deadly() {
    let experiment = example("lease_stall.toml");
    let between = instead(|action| match action {
        Action::Stall { .. } => Some(Action::Pause),
        _ => None,
    });
    let outcomes = outcomes(&*experiment, between);
    assert!(outcomes.iter().all(|outcome| outcome.verdict.word() == "pass"));
    assert!(outcomes.iter().flat_map(|outcome| &outcome.faults).any(|fault| fault.effects > 0));
}

/// How many of the seeds that are looked at come to a violation.
fn violations(
    experiment: &dyn Experiment,
    change: impl Fn(Vec<Fault>) -> Option<Vec<Fault>>,
) -> usize {
    let outcomes = outcomes(experiment, change);
    outcomes.iter().filter(|outcome| outcome.verdict.word() == "violation").count()
}

#[test]
fn a_crash_between_two_steps_does_not_show_what_one_within_a_step_does() {
    let experiment = shipped_as("raft_crash-at-a-cut-point.toml");
    let at_once = instead(|action| match *action {
        Action::Crash { disk, .. } => Some(Action::Crash { after_effect: None, disk }),
        _ => None,
    });
    assert_eq!(violations(&*experiment, at_once), 0);
    assert_eq!(violations(&*experiment, |_| None), SEEDS);
}

#[test]
fn a_disk_that_is_kept_makes_an_amnesiac_harmless() {
    let experiment = shipped_as("raft_amnesia.toml");
    assert_eq!(violations(&*experiment, keeping(DiskFate::Synced)), 0);
    assert_eq!(violations(&*experiment, |_| None), SEEDS);
}

#[test]
fn a_crash_loop_finds_what_a_single_crash_hardly_does() {
    let experiment = shipped_as("raft_crash-loop.toml");
    let once = instead(|action| match *action {
        Action::CrashLoop { after_effect, disk, .. } => Some(Action::Crash { after_effect, disk }),
        _ => None,
    });
    let (once, looped) = (violations(&*experiment, once), violations(&*experiment, |_| None));
    assert!(looped > once, "{looped} in a loop, {once} by one crash");
}

#[test]
fn a_heal_takes_back_a_crash_and_no_death() {
    let experiment = shipped_as("raft_majority-dies.toml");
    let crash = instead(|action| match *action {
        Action::Death { after_effect, disk } => Some(Action::Crash { after_effect, disk }),
        _ => None,
    });
    let outcomes = outcomes(&*experiment, crash);
    assert!(outcomes.iter().all(|outcome| outcome.verdict.word() == "pass"));
}

#[test]
fn a_lease_survives_wrong_clocks_that_it_does_not_look_at() {
    for name in ["lease_jump", "lease_strobe"] {
        let text = std::fs::read_to_string(format!("examples/{name}.toml")).expect("it is there");
        let other = text
            .replace("clock = \"wall\"", "clock = \"monotonic\"")
            .replace(", outside = [\"offset-bound\"]", "");
        let experiment = lease::catalog().open(Source::new(name, &other)).expect("a scenario");
        for outcome in outcomes(&*experiment, |_| None) {
            assert_eq!(outcome.verdict.word(), "pass", "{name}, seed {}", outcome.seed);
            let effects: u64 = outcome.faults.iter().map(|fault| fault.effects).sum();
            assert_eq!(effects, 0, "who reads no wall clock is not misled");
        }
    }
}
