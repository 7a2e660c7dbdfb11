//! Nodes that die again and again, and nodes that die for good.

use super::puppet::{Op, Said};
use super::stage::*;
use stormseed::fault::{Action, DiskFate, Target, Unfired};
use stormseed::fault_budget::DiskBudget;
use stormseed::time::Duration;

const DEATH: Action = Action::Death { after_effect: None, disk: DiskFate::Synced };

fn crash_loop(ups: &[u64]) -> Action {
    loop_of(None, DiskFate::Synced, ups)
}

fn loop_of(after_effect: Option<u32>, disk: DiskFate, ups: &[u64]) -> Action {
    let ups = ups.iter().map(|&millis| Duration::from_millis(millis)).collect();
    Action::CrashLoop { after_effect, disk, ups }
}

fn boots(story: &Story, node: u32) -> Vec<u64> {
    story.times(node, |note| matches!(note, Note::Booted(_)))
}

fn deaths(story: &Story, node: u32) -> Vec<u64> {
    story.times(node, |note| matches!(note, Note::Crashed(_)))
}

#[test]
fn a_node_dies_again_after_each_restart_but_the_last() {
    let story = Stage::new(1, 300)
        .boot(0, vec![Op::Persist(1)])
        .fault(50, nodes(&[0]), crash_loop(&[20, 5]), lasting(30))
        .run();
    assert_eq!(deaths(&story, 0), [50, 100, 135].map(|at| at * MS));
    assert_eq!(boots(&story, 0), [0, 80, 130, 165].map(|at| at * MS));
    let report = story.report(0);
    assert_eq!((report.effects, report.ended), (6, Some(ms(165))), "three deaths, three writes");
    assert_eq!(report.struck.map(|struck| struck.at), Some(ms(50)));
    assert_eq!(story.count(|note| *note == Note::Struck(0)), 1);
}

#[test]
fn a_loop_keeps_the_nodes_that_it_struck_whoever_plays_the_role_by_then() {
    let story = Stage::new(3, 300)
        .order(10, 1, vec![Op::Lead(true)])
        .order(60, 2, vec![Op::Lead(true)])
        .fault(50, Target::Role("leader".into()), crash_loop(&[20]), lasting(30))
        .run();
    assert_eq!(deaths(&story, 1), [50, 100].map(|at| at * MS));
    assert!(deaths(&story, 2).is_empty());
}

#[test]
fn the_heal_ends_a_loop_and_restarts_its_node() {
    for at in [60, 90] {
        let story = Stage::new(2, 300)
            .fault(50, nodes(&[0]), crash_loop(&[20, 20]), lasting(30))
            .heal(at, &[0, 1])
            .run();
        assert_eq!(deaths(&story, 0), [50 * MS], "heal at {at}");
        assert_eq!(boots(&story, 0).len(), 2);
        assert_eq!(story.report(0).ended, Some(ms(at)));
        assert!(story.simulation.world().is_up(n(0)));
    }
}

#[test]
fn a_loop_whose_node_is_held_down_by_another_crash_strikes_it_there_and_goes_on() {
    let story = Stage::new(1, 400)
        .fault(10, nodes(&[0]), CRASH, lasting(100))
        .fault(20, nodes(&[0]), crash_loop(&[30, 30]), lasting(40))
        .run();
    // The loop is down until 60, strikes at 90, is down until 130, strikes at 160.
    assert_eq!(deaths(&story, 0), [10, 160].map(|at| at * MS));
    assert_eq!(boots(&story, 0), [0, 130, 200].map(|at| at * MS));
}

#[test]
fn each_death_of_a_loop_can_fall_behind_an_effect_of_its_boot() {
    let boot = vec![Op::Persist(1), Op::Sync, Op::Believe(1), Op::Believe(2)];
    let action = loop_of(Some(3), DiskFate::Synced, &[0, 0]);
    let story = Stage::new(1, 300)
        .boot(0, boot)
        .order(55, 0, vec![Op::Believe(9), Op::Believe(9), Op::Believe(9), Op::Believe(9)])
        .fault(50, nodes(&[0]), action, lasting(30))
        .run();
    // Armed when its boot is over, it waits for the next step: none comes but the syncs' ends.
    assert_eq!(deaths(&story, 0), [55 * MS]);
    let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(said, [1, 2, 9, 9, 9, 1, 2].map(Said::Belief));
}

#[test]
fn a_loop_that_loses_the_disk_loses_it_each_time() {
    let story = Stage::new(1, 300)
        .boot(0, vec![Op::TellDisk, Op::Persist(1), Op::Sync])
        .fault(50, nodes(&[0]), loop_of(None, DiskFate::Amnesia, &[20]), lasting(30))
        .run();
    assert_eq!(story.said(0).len(), 3);
    assert!(story.said(0).iter().all(|(_, said)| *said == Said::Disk(vec![])));
}

#[test]
fn who_dies_for_good_is_not_restarted_by_the_heal_nor_by_the_end_of_another_crash() {
    let story = Stage::new(3, 300)
        .fault(10, nodes(&[0]), CRASH, lasting(90))
        .fault(50, nodes(&[0, 1]), DEATH, None)
        .fault(60, nodes(&[1]), CRASH, lasting(10))
        .fault(70, nodes(&[2]), CRASH, None)
        .heal(200, &[0, 1, 2])
        .run();
    let world = story.simulation.world();
    assert_eq!([0, 1, 2].map(|node| world.is_gone(n(node))), [true, true, false]);
    assert_eq!([0, 1, 2].map(|node| world.is_up(n(node))), [false, false, true]);
    assert_eq!([0, 1, 2].map(|node| boots(&story, node).len()), [1, 1, 2]);
    let report = story.report(1);
    assert_eq!((report.effects, report.ended), (2, None), "n0 was down and stays so: an effect");
}

#[test]
fn a_death_that_found_no_step_before_the_heal_never_comes() {
    let later = Action::Death { after_effect: Some(0), disk: DiskFate::Synced };
    let stage = |act: bool| {
        let stage = Stage::new(1, 300).fault(10, nodes(&[0]), later.clone(), None);
        let stage = if act { stage.order(50, 0, vec![Op::Believe(1)]) } else { stage };
        stage.order(200, 0, vec![Op::Believe(2)]).heal(100, &[0]).run()
    };
    assert_eq!(stage(false).said(0), [(200 * MS, Said::Belief(2))]);
    assert!(!stage(false).simulation.world().is_gone(n(0)));
    assert!(stage(true).said(0).is_empty() && stage(true).simulation.world().is_gone(n(0)));
}

#[test]
fn a_death_spares_no_disk_that_nobody_reads_again_but_a_loop_that_forgets_is_counted() {
    let budget = DiskBudget { holders: vec![n(0)], spared: 1, exceed: false };
    let story = Stage::new(1, 300)
        .with(|c| c.disk_budget = budget)
        .fault(50, nodes(&[0]), loop_of(None, DiskFate::Amnesia, &[20]), lasting(30))
        .fault(60, nodes(&[0]), DEATH, None)
        .run();
    assert_eq!(story.report(0).unfired, Some(Unfired::Budget), "the disk fills before it returns");
    assert_eq!(story.report(1).unfired, None);
}
