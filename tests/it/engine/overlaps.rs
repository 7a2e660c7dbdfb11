//! Faults that overlap on one node or one link: each holds what it holds until it ends itself.

use super::puppet::{Op, Said};
use super::stage::*;
use stormseed::fault::Target;
use stormseed::fault::{Action, DiskFate};
use stormseed::rng::Ratio;
use stormseed::time::Drift;
use stormseed::topology::Cut;

fn is_boot(note: &Note) -> bool {
    matches!(note, Note::Booted(_))
}

/// A node whose timer fires every 10 ms.
fn beating(end: u64) -> Stage {
    Stage::new(2, end).boot(0, vec![Op::Every(1, 10 * MS, vec![])])
}

#[test]
fn a_node_is_down_until_the_last_crash_that_holds_it_ends() {
    let story = beating(100)
        .fault(10, nodes(&[0]), CRASH, lasting(50))
        .fault(20, nodes(&[0]), CRASH, lasting(10))
        .run();
    assert_eq!(story.times(0, is_boot), [0, 60 * MS]);
    assert_eq!((story.report(0).effects, story.report(1).effects), (1, 0));
    let story = beating(100)
        .fault(10, nodes(&[0]), CRASH, lasting(20))
        .fault(20, nodes(&[0]), CRASH, lasting(40))
        .run();
    assert_eq!(story.times(0, is_boot), [0, 60 * MS]);
}

#[test]
fn a_disk_can_be_lost_while_its_node_is_down() {
    let wipe = Action::Crash { after_effect: None, disk: DiskFate::Amnesia };
    let story = Stage::new(1, 100)
        .boot(0, vec![Op::TellDisk])
        .order(1, 0, vec![Op::Persist(7), Op::Sync])
        .fault(10, nodes(&[0]), CRASH, lasting(50))
        .fault(20, nodes(&[0]), wipe, lasting(10))
        .run();
    let said = story.said(0);
    assert_eq!(said.last(), Some(&(60 * MS, Said::Disk(vec![]))));
    assert_eq!(story.report(1).effects, 1, "the write that was on it");
}

#[test]
fn a_node_stands_still_until_the_last_pause_that_holds_it_ends() {
    for (first, second) in [(50, 10), (20, 40)] {
        let story = beating(100)
            .fault(10, nodes(&[0]), Action::Pause, lasting(first))
            .fault(20, nodes(&[0]), Action::Pause, lasting(second))
            .run();
        assert_eq!(story.times(0, |note| *note == Note::Paused), [10 * MS]);
        assert_eq!(story.times(0, |note| *note == Note::Resumed), [60 * MS]);
        assert_eq!(story.fired(0, 1)[..2], [60 * MS, 70 * MS]);
    }
}

#[test]
fn a_crash_ends_a_pause_because_it_held_the_old_process() {
    let story = beating(100)
        .fault(15, nodes(&[0]), Action::Pause, lasting(65))
        .fault(32, nodes(&[0]), CRASH, lasting(5))
        .run();
    assert_eq!(story.times(0, is_boot), [0, 37 * MS]);
    assert_eq!(story.fired(0, 1), [10, 47, 57, 67, 77, 87, 97].map(|at| at * MS));
    assert_eq!(story.times(0, |note| *note == Note::Resumed), [0; 0]);
    // The timers at 20 and 30 waited; nothing that the new process does is the pause's doing.
    assert_eq!(story.report(0).effects, 1 + 1);
}

#[test]
fn a_pause_of_a_process_that_died_does_not_hold_its_successor_in_a_later_pause() {
    let story = beating(200)
        .fault(10, nodes(&[0]), Action::Pause, lasting(150))
        .fault(20, nodes(&[0]), CRASH, lasting(10))
        .fault(52, nodes(&[0]), Action::Pause, lasting(10))
        .run();
    assert_eq!(story.times(0, |note| *note == Note::Resumed), [62 * MS]);
    assert!(story.simulation.world().is_up(n(0)));
}

#[test]
fn a_pause_of_a_node_that_is_down_does_nothing() {
    let story = beating(200)
        .fault(10, nodes(&[0]), CRASH, lasting(30))
        .fault(20, nodes(&[0]), Action::Pause, lasting(100))
        .fault(60, nodes(&[0]), Action::Pause, lasting(10))
        .run();
    assert_eq!(story.report(1).effects, 0);
    assert_eq!(story.times(0, |note| *note == Note::Paused), [60 * MS]);
    assert_eq!(story.times(0, |note| *note == Note::Resumed), [70 * MS]);
}

#[test]
fn a_crash_during_a_pause_loses_the_mail_that_waited_and_says_so() {
    let story = Stage::new(2, 100)
        .fault(10, nodes(&[0]), Action::Pause, lasting(60))
        .order(20, 1, vec![talk(0, 1), talk(0, 2)])
        .fault(30, nodes(&[0]), CRASH, lasting(10))
        .run();
    assert_eq!(story.heard(0), [0; 0]);
    assert_eq!(story.counts().undeliverable, 2);
    assert_eq!(story.count(|note| matches!(note, Note::Dropped { arrived: true, .. })), 2);
}

#[test]
fn a_crash_from_the_mail_loses_the_rest_of_the_mail_and_says_so() {
    let story = Stage::new(2, 100)
        .fault(10, nodes(&[0]), Action::Pause, lasting(30))
        .order(20, 1, vec![talk(0, 1), talk(0, 2), talk(0, 3)])
        .fault(30, nodes(&[0]), crash_after(0), lasting(60))
        .run();
    assert_eq!(story.heard(0).len(), 1);
    assert_eq!((story.counts().delivered, story.counts().undeliverable), (1, 2));
}

#[test]
fn a_link_is_open_when_the_last_fault_that_cuts_it_ends() {
    let talk_always = vec![Op::Every(1, 10 * MS, vec![talk(1, 0)])];
    let cut = Action::Partition(Cut::OneWay { from: vec![n(0)], to: vec![n(1)] });
    let story = Stage::new(2, 100)
        .boot(0, talk_always)
        .fault(15, nodes(&[0]), cut, lasting(30))
        .fault(25, nodes(&[0]), Action::Isolate, lasting(40))
        .run();
    let told = story.times(1, |note| matches!(note, Note::Delivered(..)));
    assert_eq!(told, [11, 71, 81, 91].map(|at| at * MS));
    // The oldest cut in force is the one that acted.
    assert_eq!((story.report(0).effects, story.report(1).effects), (3, 2));
}

#[test]
fn the_newest_drift_in_force_rules_and_the_planned_one_comes_back_last() {
    let rate = |ppm| Action::Drift(Drift::from_ppm(ppm));
    let mut stage = Stage::new(1, 1_000)
        .fault(100, nodes(&[0]), rate(500_000), lasting(200))
        .fault(200, nodes(&[0]), rate(-500_000), lasting(200))
        .fault(500, nodes(&[0]), rate(1_000_000), lasting(300))
        .fault(600, nodes(&[0]), Action::Drift(Drift::FROZEN), lasting(100));
    stage.schedule.clocks[0].drift = Drift::from_ppm(7);
    let mut simulation = stage.simulation();
    let mut seen = Vec::new();
    for at in (50..1_000).step_by(100) {
        simulation.run_until(ms(at), &mut ());
        seen.push(simulation.world().node(n(0)).clock.drift().ppm());
    }
    let (half, double) = (-500_000, 1_000_000);
    assert_eq!(seen, [7, 500_000, half, half, 7, double, -1_000_000, double, 7, 7]);
}

#[test]
fn two_faults_of_loss_draw_for_themselves() {
    let half = || Action::Loss(Ratio { numerator: 1, denominator: 2 });
    let story = Stage::new(2, 100)
        .fault(1, Target::All, half(), lasting(50))
        .fault(1, Target::All, half(), None)
        .order(10, 0, vec![Op::Flood(1, 10_000)])
        .order(60, 0, vec![Op::Flood(1, 10_000)])
        .run();
    let (first, second) = (story.report(0).effects, story.report(1).effects);
    assert!(first.abs_diff(5_000) < 300 && second.abs_diff(7_500) < 400, "{first} {second}");
}

#[test]
fn a_node_that_is_down_at_the_aim_dies_in_the_step_of_its_next_boot() {
    let ops = vec![Op::Persist(1), Op::Sync, Op::Believe(1), Op::Believe(2)];
    let story = Stage::new(1, 200)
        .boot(0, ops)
        .fault(10, nodes(&[0]), CRASH, lasting(40))
        .fault(20, nodes(&[0]), crash_after(3), lasting(80))
        .run();
    assert_eq!(story.times(0, is_boot), [0, 50 * MS, 100 * MS]);
    assert_eq!(story.times(0, |note| matches!(note, Note::Crashed(_))), [10 * MS, 50 * MS]);
    let second: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(second, [1, 2, 1, 1, 2].map(Said::Belief));
    assert_eq!(story.disk(0), [1, 1, 1]);
}

#[test]
fn a_crash_that_found_no_step_before_its_end_never_comes() {
    let story = Stage::new(1, 200)
        .fault(10, nodes(&[0]), crash_after(0), lasting(20))
        .order(50, 0, vec![Op::Believe(1)])
        .run();
    assert_eq!((story.report(0).effects, story.said(0).len()), (0, 1));
    assert_eq!(story.times(0, is_boot), [0]);
}
