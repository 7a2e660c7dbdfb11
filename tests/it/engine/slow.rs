//! Slow nodes: each step takes time, and what comes meanwhile waits in order.

use super::puppet::{Op, Said, Word};
use super::stage::*;
use stormseed::conditions::Latency;
use stormseed::fault::{Action, Target};
use stormseed::time::Duration;

const fn steps_of(millis: u64) -> Action {
    Action::Slow { step: Latency::Constant(Duration::from_millis(millis)) }
}

fn beliefs(story: &Story, node: u32) -> Vec<(u64, u64)> {
    let said = story.said(node).into_iter();
    said.map(|(at, said)| match said {
        Said::Belief(number) => (at / MS, number),
        other => panic!("{other:?}"),
    })
    .collect()
}

#[test]
fn what_a_step_wants_leaves_when_it_ends_and_the_next_begins_then() {
    let story = Stage::new(1, 200)
        .boot(0, vec![Op::Set(1, 25 * MS, vec![Op::Believe(3)])])
        .fault(5, nodes(&[0]), steps_of(20), lasting(50))
        .order(10, 0, vec![Op::Believe(1)])
        .order(15, 0, vec![Op::Believe(2)])
        .order(80, 0, vec![Op::Believe(4)])
        .run();
    // From 10 to 30, 30 to 50, 50 to 70; what waited for the fourth order waited no more.
    assert_eq!(beliefs(&story, 0), [(30, 1), (50, 2), (70, 3), (80, 4)]);
    assert_eq!(story.times(0, |note| *note == Note::Commanded), [10, 30, 80].map(|at| at * MS));
    assert_eq!(story.fired(0, 1), [50 * MS], "in the order in which they came");
    // Three beliefs late, and the second order and the timer had to wait.
    assert_eq!((story.report(0).effects, story.report(0).ended), (3 + 2, Some(ms(55))));
}

#[test]
fn a_step_reads_the_time_at_which_it_begins_and_its_timers_count_from_there() {
    let ops = vec![Op::TellClock, Op::Set(1, 25 * MS, vec![Op::Believe(1)])];
    let story =
        Stage::new(1, 200).fault(5, nodes(&[0]), steps_of(20), lasting(10)).order(10, 0, ops).run();
    assert_eq!(story.said(0), [(30 * MS, Said::Clock(10 * MS)), (35 * MS, Said::Belief(1))]);
}

#[test]
fn a_slow_node_is_up_and_its_disk_and_its_mail_keep_their_order() {
    let mut stage = Stage::new(2, 200)
        .with(|c| c.sync = Latency::Constant(Duration::from_millis(5)))
        .fault(5, nodes(&[0]), steps_of(10), None)
        .order(10, 0, vec![Op::Persist(1), Op::Sync, talk(1, 1)])
        .order(24, 1, vec![Op::Send(0, Word::Task(0, vec![Op::Believe(2)]))]);
    stage.script.synced = vec![Op::Believe(1)];
    let mut simulation = stage.simulation();
    simulation.run_until(ms(15), &mut ());
    assert!(simulation.world().is_up(n(0)), "busy is not paused");
    let story = stage.run();
    // The write and the sync leave at 20; the sync ends at 25, when the message came too.
    assert_eq!(story.times(0, |note| matches!(note, Note::Persisted(_))), [20 * MS]);
    assert_eq!(story.times(0, |note| matches!(note, Note::Sent { .. })), [25 * MS]);
    let mut said = beliefs(&story, 0);
    said.sort();
    assert_eq!(said.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [35, 45]);
}

#[test]
fn a_crash_of_a_busy_node_loses_its_step_and_what_waited() {
    let story = Stage::new(2, 200)
        .fault(5, nodes(&[0]), steps_of(20), None)
        .boot(0, vec![Op::Believe(9)])
        .order(10, 0, vec![talk(1, 1)])
        .order(12, 1, vec![talk(0, 2)])
        .fault(15, nodes(&[0]), CRASH, lasting(5))
        .order(22, 0, vec![Op::Believe(3)])
        .run();
    assert_eq!((story.heard(0).len(), story.heard(1).len()), (0, 0));
    assert_eq!(story.counts().undeliverable, 1);
    // The machine is as slow after the restart: the boot takes its time too. What would have ended
    // at 30 ends nothing.
    assert_eq!(beliefs(&story, 0), [(0, 9), (40, 9), (60, 3)]);
}

#[test]
fn a_pause_holds_a_busy_node_until_both_are_over() {
    let pause = |at, length| {
        Stage::new(1, 200)
            .fault(5, nodes(&[0]), steps_of(20), None)
            .order(10, 0, vec![Op::Believe(1)])
            .order(11, 0, vec![Op::Believe(2)])
            .fault(at, nodes(&[0]), Action::Pause, lasting(length))
            .run()
    };
    assert_eq!(beliefs(&pause(15, 5), 0), [(30, 1), (50, 2)], "the pause is over first");
    assert_eq!(beliefs(&pause(15, 45), 0), [(60, 1), (80, 2)], "the step is over first");
}

#[test]
fn a_stall_and_a_crash_behind_an_effect_fall_where_a_slow_step_ends() {
    let step = vec![Op::Believe(1), Op::Believe(2), Op::Believe(3)];
    let story = Stage::new(1, 200)
        .fault(5, nodes(&[0]), steps_of(20), None)
        .fault(5, nodes(&[0]), Action::Stall { after_effect: 1 }, lasting(40))
        .fault(5, nodes(&[0]), crash_after(2), None)
        .order(10, 0, step)
        .run();
    assert_eq!(beliefs(&story, 0), [(30, 1), (70, 2)]);
    assert_eq!(story.times(0, |note| matches!(note, Note::Crashed(_))), [70 * MS]);
}

#[test]
fn the_newest_of_several_rules_and_the_end_of_all_makes_it_quick_again() {
    let story = Stage::new(1, 300)
        .fault(5, nodes(&[0]), steps_of(10), lasting(100))
        .fault(50, nodes(&[0]), steps_of(30), lasting(20))
        .order(10, 0, vec![Op::Believe(1)])
        .order(55, 0, vec![Op::Believe(2)])
        .order(90, 0, vec![Op::Believe(3)])
        .order(150, 0, vec![Op::Believe(4)])
        .run();
    assert_eq!(beliefs(&story, 0), [(20, 1), (85, 2), (100, 3), (150, 4)]);
    assert_eq!((story.report(0).effects, story.report(1).effects), (2, 1));
}

#[test]
fn the_heal_makes_the_core_quick_and_leaves_the_rest_slow() {
    let story = [0, 1]
        .iter()
        .fold(Stage::new(2, 300), |stage, &node| stage.order(150, node, vec![Op::Believe(1)]))
        .fault(5, Target::All, steps_of(10), None)
        .heal(100, &[0])
        .run();
    assert_eq!((beliefs(&story, 0), beliefs(&story, 1)), (vec![(150, 1)], vec![(160, 1)]));
}

#[test]
fn a_step_that_is_drawn_to_take_no_time_takes_none() {
    let step = Latency::Uniform { min: Duration::ZERO, max: Duration::from_nanos(1) };
    let story = (0..100)
        .fold(Stage::new(1, 300), |s, nth| s.order(nth, 0, vec![Op::Believe(nth)]))
        .fault(0, nodes(&[0]), Action::Slow { step }, None)
        .run();
    let late = story.report(0).effects;
    assert!((30..70).contains(&late), "{late} of 100 steps took a nanosecond");
    assert_eq!(story.said(0).len(), 100);
}

/// The lengths of the steps of a node that is ordered something every 30 ms.
fn lengths(step: Latency, seed: u64, others_too: bool) -> Vec<u64> {
    let mut stage = (0..400u64)
        .fold(Stage::new(2, 13_000), |s, nth| s.order(100 + nth * 30, 0, vec![Op::Believe(nth)]))
        .seed(seed)
        .fault(50, nodes(&[0]), Action::Slow { step }, None);
    if others_too {
        stage = stage.fault(50, nodes(&[1]), Action::Slow { step }, None);
        stage = (0..400u64).fold(stage, |s, nth| s.order(100 + nth * 30, 1, vec![talk(0, nth)]));
    }
    let begun = |nth: u64| (100 + nth * 30) * MS;
    let said = stage.run().said(0);
    said.into_iter()
        .map(|(at, said)| match said {
            Said::Belief(nth) => at - begun(nth),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn steps_are_as_long_as_their_distribution_says() {
    let (min, max) = (Duration::from_millis(5), Duration::from_millis(20));
    let mut all: Vec<u64> =
        (0..20).flat_map(|seed| lengths(Latency::Uniform { min, max }, seed, false)).collect();
    assert_eq!(all.len(), 8_000);
    all.sort();
    assert!(all[0] >= 5 * MS && all[7_999] <= 20 * MS);
    // Each tenth of the values lies where it should: six deviations of a quantile are 3 %.
    for tenth in 1..10u64 {
        let expected = 5 * MS + tenth * 15 * MS / 10;
        let found = all[tenth as usize * 800];
        assert!(found.abs_diff(expected) < 15 * MS * 4 / 100, "{tenth}: {found}");
    }
}

#[test]
fn the_luck_of_a_step_is_its_nodes_own_and_another_seeds_is_another() {
    let step = Latency::Uniform { min: Duration::ZERO, max: Duration::from_millis(9) };
    let alone = lengths(step, 1, false);
    assert_ne!(alone, lengths(step, 2, false));
    // The orders come at the same times; only gossip of the other node comes in between.
    let quiet: Vec<u64> = lengths(step, 1, true).into_iter().take(20).collect();
    assert_eq!(quiet.len(), 20);
    let same = alone.iter().zip(&quiet).filter(|(a, b)| a == b).count();
    assert!(same >= 10, "{same} of 20 steps are as long as before");
}
