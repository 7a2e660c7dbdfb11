//! Whoever is outside the core when the storm ends stays broken for good, by whatever broke it, and
//! whoever is whole by then is broken by the faults that wait for the heal.

use super::puppet::Op;
use super::stage::*;
use stormseed::fault::{Action, DiskFate, Target, When};
use stormseed::rng::Ratio;
use stormseed::time::Drift;
use stormseed::topology::Cut;

const END: u64 = 400;
const HEAL: u64 = 200;

/// Four nodes that talk to each other every 10 ms; the core is n0 and n1.
fn healed() -> Stage {
    let talking = |stage: Stage, node: usize| {
        let all = (0..4).map(|to| talk(to, node as u64)).collect();
        stage.boot(node, vec![Op::Every(1, 10 * MS, all)])
    };
    (0..4).fold(Stage::new(4, END), talking).heal(HEAL, &[0, 1])
}

/// How often a node was heard by another one in the last 100 ms.
fn heard(story: &Story, from: u32, by: u32) -> usize {
    let late = |row: &&Row| row.at > (END - 100) * MS && row.node == by;
    let of = |row: &&Row| matches!(&row.note, Note::Delivered(sender, _) if *sender == from);
    story.rows.iter().filter(late).filter(of).count()
}

/// Whom n3 hears and who hears it, at the end.
fn ties(story: &Story) -> [bool; 4] {
    [(0, 3), (3, 0), (2, 3), (3, 2)].map(|(from, by)| heard(story, from, by) > 0)
}

const CUT_OFF: [bool; 4] = [false; 4];
const WHOLE: [bool; 4] = [true; 4];

#[test]
fn every_failure_outside_the_core_is_for_good_and_none_within() {
    let deaf = Action::Mute { sends: false, hears: true };
    let mute = Action::Mute { sends: true, hears: false };
    let parted = Cut::Groups(vec![vec![n(0), n(3)], vec![n(1), n(2)]]);
    let one_way = Cut::OneWay { from: vec![n(0), n(2)], to: vec![n(1), n(3)] };
    let lost = Action::Crash { after_effect: None, disk: DiskFate::Amnesia };
    // Strikes n1, which is healed, and n3, which is not, shortly before the heal, and would have
    // ended by itself.
    for (action, expected) in [
        (CRASH, CUT_OFF),
        (lost, CUT_OFF),
        (crash_after(2), CUT_OFF),
        (Action::Pause, CUT_OFF),
        (Action::Isolate, CUT_OFF),
        (deaf, [false, true, false, true]),
        (mute, [true, false, true, false]),
        (Action::Partition(parted), [true, true, false, false]),
        (Action::Partition(one_way), [false, true, false, true]),
    ] {
        let story = healed().fault(150, nodes(&[1, 3]), action.clone(), lasting(100)).run();
        assert_eq!(ties(&story), expected, "{action:?}");
        assert!(heard(&story, 0, 1) > 0 && heard(&story, 1, 0) > 0, "{action:?} holds the core");
        assert_eq!(story.report(0).ended, None, "{action:?} is still in force");
        assert_eq!(story.count(|note| matches!(note, Note::Struck(_))), 2);
    }
}

#[test]
fn a_drift_outside_the_core_is_for_good_and_loss_is_for_nobody() {
    let all = Ratio { numerator: 1, denominator: 1 };
    let fast = Action::Drift(Drift::from_ppm(1_000_000));
    let story = healed()
        .fault(150, nodes(&[1, 3]), fast, lasting(100))
        .fault(150, Target::All, Action::Loss(all), lasting(100))
        .run();
    let beats = |node| story.fired(node, 1).iter().filter(|at| **at > (END - 100) * MS).count();
    assert!(beats(3) >= 19 && beats(1) <= 11, "{} and {} beats", beats(3), beats(1));
    assert_eq!(ties(&story), WHOLE);
    assert_eq!((story.report(0).ended, story.report(1).ended), (None, Some(ms(HEAL))));
}

#[test]
fn a_node_that_is_whole_at_the_heal_is_broken_by_what_waits_for_it() {
    let deaf = Action::Mute { sends: false, hears: true };
    for (action, expected) in
        [(CRASH, CUT_OFF), (Action::Isolate, CUT_OFF), (deaf, [false, true, false, true])]
    {
        let story = healed().fault_when(When::Heal, nodes(&[3]), action, None).run();
        let report = story.report(0);
        let struck = report.struck.expect("n3 was whole");
        assert_eq!((struck.at, &struck.nodes[..], report.ended), (ms(HEAL), &[n(3)][..], None));
        assert!(report.effects > 0);
        assert_eq!(ties(&story), expected);
        assert!(heard(&story, 2, 0) > 0, "nobody broke n2");
    }
}

#[test]
fn who_is_broken_already_or_in_the_core_is_not_broken_again() {
    let parted = Action::Partition(Cut::OneWay { from: vec![n(1)], to: vec![n(3)] });
    for (first, is_whole) in [
        (CRASH, false),
        (Action::Pause, false),
        (Action::Isolate, false),
        (parted, false),
        (Action::Drift(Drift::from_ppm(9)), true),
    ] {
        let story = healed()
            .fault(150, nodes(&[3]), first.clone(), None)
            .fault_when(When::Heal, nodes(&[0, 3]), Action::Isolate, None)
            .run();
        let struck = story.report(1).struck.map(|struck| struck.nodes);
        assert_eq!(struck, is_whole.then(|| vec![n(3)]), "{first:?}");
    }
}

#[test]
fn of_two_faults_that_wait_for_the_heal_the_first_breaks_the_node() {
    let mute = Action::Mute { sends: true, hears: false };
    let story = healed()
        .fault_when(When::Heal, nodes(&[3]), mute, None)
        .fault_when(When::Heal, nodes(&[3]), CRASH, None)
        .run();
    assert_eq!(ties(&story), [true, false, true, false]);
    assert_eq!(story.report(1).struck, None);
}

#[test]
fn without_a_heal_nothing_waits_for_it_and_a_whole_core_leaves_nobody_to_break() {
    let mut stage = healed().fault_when(When::Heal, Target::All, CRASH, None);
    stage.schedule.heal = None;
    assert_eq!(stage.run().report(0).struck, None);
    let story = healed().fault_when(When::Heal, Target::All, CRASH, None).heal(HEAL, &[0, 1, 2, 3]);
    assert_eq!(story.run().report(0).struck, None);
}
