//! The mistake of the pair, found by the storm of a scenario and by strategies, and what of each is
//! left. Each search has a control in which keepers wait, and nothing is found.

use super::{Keeper, Settings};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};
use stormseed::algorithm::Algorithm;
use stormseed::engine::{Setup, Simulation};
use stormseed::observe::Monitor;
use stormseed::schedule::Schedule;
use stormseed::strategy::{Drawn, Family, scenarios, schedules};
use stormseed::time::Duration;

const STORM: &str = include_str!("../pair.toml");

/// A note every so often, and nothing else: what goes wrong is drawn.
const NOTES: &str = "name = \"store/pair\"\nformat = 1\nduration = \"5s\"\n\
    [nodes]\nkeepers = 2\n[algorithm.store-pair]\nwaits = false\n\
    [[command]]\nat = \"1s\"\nword = \"keep\"\nto = \"n0\"\n\
    [[command]]\nat = \"2s\"\nword = \"keep\"\nto = \"n1\"\n";

/// A runner that draws the same always, and keeps no file.
fn runner() -> TestRunner {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// A test that hopes what the scenario hopes, and what it says when that is not so.
#[test]
fn check_finds_it_in_the_storm_of_the_scenario() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let check = stormseed::check::<Keeper>(STORM).folder(folder.path());
    // Without the mistake this would be `check.run();` and nothing more.
    let refuted = check.outcome().expect_err("a note is lost");
    let shrunk = refuted.shrunk.as_ref().expect("it is made smaller");
    assert_eq!(shrunk.signature.name, "one-death-loses-nothing", "{refuted}");
    assert!(shrunk.sizes.1.schedule() <= 3, "{refuted}");
}

#[test]
fn who_waits_loses_nothing_in_the_storm_of_the_scenario() {
    let waits = STORM.replace("[algorithm.store-pair]", "[algorithm.store-pair]\nwaits = true");
    assert_eq!(stormseed::check::<Keeper>(waits).run().passed, 50);
}

/// What a schedule violates, in an engine and without a scenario file.
fn violated(settings: Settings, schedule: Schedule<super::Command>) -> Result<(), TestCaseError> {
    let mut monitor = Monitor::new(Keeper::invariants(&settings));
    Simulation::new(Setup::<Keeper>::new(settings, schedule, 7)).run(&mut monitor);
    let violated = monitor.violations().first();
    violated.map_or(Ok(()), |violation| Err(TestCaseError::fail(violation.message.clone())))
}

/// Crashes, partitions and pauses while notes are to be kept.
fn strategy() -> impl Strategy<Value = Schedule<super::Command>> {
    schedules(2, Duration::from_secs(10))
        .faults(2..=8)
        .only(&[Family::Crash, Family::Partition, Family::Pause])
        .commands(1..=20, (0..1_000u64).prop_map(super::Command::Keep))
}

#[test]
fn a_strategy_finds_it_and_leaves_one_partition_one_crash_and_one_note() {
    let mistaken = Settings::default();
    let found = || runner().run(&strategy(), |schedule| violated(mistaken, schedule)).err();
    let Some(TestError::Fail(why, left)) = found() else { panic!("nothing was found") };
    assert!(why.message().contains("nobody has note"), "{why}");
    assert_eq!((left.faults.len(), left.commands.len()), (2, 1), "{left:#?}");
    let mut families: Vec<&str> = left.faults.iter().map(|fault| fault.action.family()).collect();
    families.sort();
    assert_eq!(families, ["crash", "partition"], "{left:#?}");
    // The same once more, to the last bit: a failure that is seen can be seen again.
    assert!(matches!(found(), Some(TestError::Fail(_, again)) if again.faults == left.faults));
}

#[test]
fn who_waits_loses_nothing_whatever_is_drawn() {
    let waits = Settings { waits: true };
    let found = runner().run(&strategy(), |schedule| violated(waits, schedule));
    assert!(found.is_ok(), "{found:?}");
}

/// Whether the scenario holds, as a property.
fn holds(drawn: &Drawn) -> Result<(), TestCaseError> {
    let check = stormseed::check::<Keeper>(drawn.text()).jobs(1).allow_vacuous();
    let check = check.shrink_for(std::time::Duration::ZERO);
    check.outcome().map(drop).map_err(|refuted| TestCaseError::fail(refuted.to_string()))
}

#[test]
fn a_strategy_of_scenarios_finds_it_and_leaves_a_calm_file() {
    let drawn = scenarios(NOTES).faults(2..=6).only(&[Family::Crash, Family::Partition]);
    let found = runner().run(&drawn, |drawn| holds(&drawn));
    let Err(TestError::Fail(why, left)) = found else { panic!("nothing was found") };
    assert!(why.message().contains("one-death-loses-nothing"), "{why}");
    let table: toml::Table = left.text().parse().expect("it is a file");
    assert_eq!(table["fault"].as_array().map(Vec::len), Some(2), "{left}");
    let calm: toml::Table = "latency = \"10ms\"".parse().expect("it is TOML");
    assert_eq!(table["network"].as_table(), Some(&calm), "{left}");
}

// What it looks like in a project of one's own: this one passes.
proptest! {
    #![proptest_config(ProptestConfig { cases: 50, ..ProptestConfig::default() })]
    #[test]
    fn who_waits_loses_nothing_in_any_scenario(
        drawn in scenarios(&NOTES.replace("waits = false", "waits = true")),
    ) {
        holds(&drawn)?;
    }
}
