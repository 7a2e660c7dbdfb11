//! The fault budget: disks are spared over a whole run, a strike that would harm too many is held
//! back and says so, and what goes beyond on purpose is told.

use super::puppet::Op;
use super::stage::*;
use stormseed::assumption::{Assumption, Assumptions};
use stormseed::fault::{Action, DiskFate, Target, Unfired};
use stormseed::fault_budget::DiskBudget;

#[test]
fn a_disk_that_lies_is_a_disk_at_stake() {
    let story = copies(false, false)
        .fault(10, nodes(&[1]), Action::LyingDisk, lasting(10))
        .fault(50, nodes(&[2]), WIPE, lasting(10))
        .fault(90, nodes(&[0, 1]), Action::LyingDisk, lasting(10))
        .run();
    let budget = Some(Unfired::Budget);
    assert_eq!(unfired(&story), [None, budget, budget], "one of three may be harmed");
}

const WIPE: Action = Action::Crash { after_effect: None, disk: DiskFate::Amnesia };

/// Five nodes, three of which hold copies; each has something on its disk from the beginning.
fn copies(honest_disk: bool, exceed: bool) -> Stage {
    let write = || vec![Op::Persist(1), Op::Sync];
    let assumptions = Assumptions { honest_disk, ..Assumptions::default() };
    let holders = vec![n(0), n(1), n(2)];
    (0..5)
        .fold(Stage::new(5, 200), |stage, node| stage.boot(node, write()))
        .with(|c| c.disk_budget = DiskBudget::of(&assumptions, holders, exceed))
}

fn unfired(story: &Story) -> Vec<Option<Unfired>> {
    story.simulation.faults().into_iter().map(|report| report.unfired).collect()
}

#[test]
fn a_good_majority_is_spared_over_the_whole_run() {
    let story = copies(false, false)
        .fault(10, nodes(&[1]), WIPE, lasting(10))
        .fault(50, nodes(&[2]), WIPE, lasting(10))
        .fault(90, nodes(&[1]), WIPE, lasting(10))
        .fault(130, nodes(&[3, 4]), WIPE, lasting(10))
        .run();
    assert_eq!(unfired(&story), [None, Some(Unfired::Budget), None, None]);
    let held_back = story.report(1);
    assert_eq!((held_back.struck, held_back.ended, held_back.effects), (None, None, 0));
    assert_eq!(story.count(|note| *note == Note::Struck(1)), 0, "nothing of it is seen");
    assert!(!story.simulation.outside().contains(&Assumption::HonestDisk));
}

#[test]
fn who_assumes_honest_disks_keeps_them_all_but_those_on_which_nothing_is() {
    let mut stage = copies(true, false)
        .fault(10, Target::All, WIPE, lasting(10))
        .fault(30, nodes(&[1]), WIPE, lasting(10))
        .fault(50, nodes(&[0]), WIPE, lasting(10))
        .fault(70, nodes(&[0]), CRASH, lasting(10));
    stage.script.boot[1].clear();
    let story = stage.run();
    let budget = Some(Unfired::Budget);
    assert_eq!(unfired(&story), [budget, None, budget, None]);
}

#[test]
fn a_crash_that_waits_for_its_step_is_counted_when_it_strikes() {
    let later = Action::Crash { after_effect: Some(0), disk: DiskFate::Amnesia };
    let mut stage = copies(true, false).fault(10, nodes(&[1]), later, None);
    stage.script.boot[1].clear();
    assert_eq!(unfired(&stage.run()), [Some(Unfired::Budget)]);
}

#[test]
fn what_goes_beyond_on_purpose_strikes_and_is_told() {
    let story = copies(true, true).fault(10, nodes(&[4]), WIPE, lasting(10)).fault(
        50,
        nodes(&[2]),
        WIPE,
        lasting(10),
    );
    let mut simulation = story.simulation();
    simulation.run_until(ms(40), &mut ());
    assert_eq!(simulation.outside(), [Assumption::CrashStop], "n4 holds no copy, but comes back");
    simulation.run_until(ms(55), &mut ());
    assert_eq!(simulation.outside(), [Assumption::HonestDisk, Assumption::CrashStop]);
    assert!(simulation.on_disk(n(2)).0.is_empty());
}
