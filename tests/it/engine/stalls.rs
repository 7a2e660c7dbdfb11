//! Stalls: a node stands still inside a step. The check has passed, the write leaves late.

use super::puppet::{Op, Said, Word};
use super::stage::*;
use std::collections::BTreeSet;
use stormseed::conditions::Latency;
use stormseed::fault::{Action, Target};
use stormseed::time::Duration;

const fn stall(after_effect: u32) -> Action {
    Action::Stall { after_effect }
}

/// Two messages around a write and a belief.
fn step() -> Vec<Op> {
    vec![talk(1, 1), Op::Persist(1), Op::Believe(1), talk(1, 2)]
}

fn stalled(effects: u32, length: u64) -> Stage {
    Stage::new(2, 200).fault(5, nodes(&[0]), stall(effects), lasting(length)).order(10, 0, step())
}

/// When, in milliseconds, each effect of the step came.
fn effects(story: &Story) -> Vec<u64> {
    let is_effect =
        |note: &Note| matches!(note, Note::Sent { .. } | Note::Persisted(_) | Note::Observed(..));
    story.times(0, is_effect).into_iter().map(|at| at / MS).collect()
}

#[test]
fn the_rest_of_a_step_leaves_when_the_stall_ends_wherever_it_falls() {
    for k in 0..4u32 {
        let story = stalled(k, 50).run();
        let expected: Vec<u64> = (0..4).map(|nth| if nth < k { 10 } else { 60 }).collect();
        assert_eq!(effects(&story), expected, "after {k}");
        assert_eq!(story.times(0, |note| *note == Note::Paused), [10 * MS]);
        assert_eq!(story.times(0, |note| *note == Note::Resumed), [60 * MS]);
        let report = story.report(0);
        assert_eq!(report.effects, 1 + u64::from(4 - k), "the node, and what was kept back");
        assert_eq!(report.ended, Some(ms(60)), "it lasts from the standstill on");
        assert_eq!(report.struck.map(|struck| struck.at), Some(ms(5)));
    }
}

#[test]
fn a_stall_comes_only_where_one_more_effect_would() {
    // The step has four effects: behind the fourth nothing is left to stand before.
    let story = stalled(4, 50).order(20, 0, vec![Op::Believe(2)]).run();
    assert_eq!(effects(&story), [10, 10, 10, 10, 70]);
    let never = stalled(9, 50).run();
    assert_eq!((effects(&never), never.report(0).effects), (vec![10; 4], 0));
    assert!(never.report(0).struck.is_some() && never.report(0).ended.is_none());
}

#[test]
fn what_a_step_has_read_of_time_stays_and_its_timers_count_from_there() {
    let ops = vec![
        Op::TellClock,
        Op::Set(1, 20 * MS, vec![Op::Believe(1)]),
        Op::Set(2, 70 * MS, vec![Op::Believe(2)]),
    ];
    let story =
        Stage::new(1, 200).fault(5, nodes(&[0]), stall(0), lasting(50)).order(10, 0, ops).run();
    let beliefs = [(60, Said::Belief(1)), (80, Said::Belief(2))];
    let expected = [(60, Said::Clock(10 * MS)), beliefs[0].clone(), beliefs[1].clone()];
    assert_eq!(story.said(0), expected.map(|(at, said)| (at * MS, said)));
}

#[test]
fn mail_and_timers_wait_for_the_rest_of_the_step_and_then_come_in_a_drawn_order() {
    let mut seen = BTreeSet::new();
    for seed in 0..64 {
        let story = stalled(2, 50)
            .seed(seed)
            .boot(0, vec![Op::Set(1, 30 * MS, vec![Op::Believe(2)])])
            .order(20, 1, vec![Op::Send(0, Word::Task(0, vec![Op::Believe(3)]))])
            .order(40, 0, vec![Op::Believe(4)])
            .run();
        let said: Vec<Said> = story
            .said(0)
            .into_iter()
            .map(|(at, said)| {
                assert_eq!(at, 60 * MS);
                said
            })
            .collect();
        assert_eq!(said[0], Said::Belief(1), "what was begun is ended first");
        let rest = &said[1..];
        let (timers, mail) = ([2, 3, 4].map(Said::Belief), [3, 4, 2].map(Said::Belief));
        assert!(rest == timers || rest == mail, "{rest:?}");
        seen.insert(rest == timers);
        assert_eq!(story.report(0).effects, 1 + 2 + 3);
    }
    assert_eq!(seen.len(), 2, "both orders occur");
}

#[test]
fn a_crash_during_a_stall_loses_the_rest_of_the_step() {
    let story = stalled(1, 50).fault(30, nodes(&[0]), CRASH, lasting(10)).run();
    assert_eq!(effects(&story), [10]);
    assert_eq!(story.heard(1), [1]);
    assert_eq!(story.times(0, |note| *note == Note::Resumed), [0; 0], "the process is gone");
    assert!(story.simulation.world().is_up(n(0)));
    assert_eq!(story.report(0).ended, Some(ms(60)));
}

#[test]
fn the_memory_of_a_lost_step_is_not_carried_into_the_next() {
    let story = stalled(1, 50)
        .fault(30, nodes(&[0]), CRASH, lasting(10))
        .order(45, 0, vec![Op::Believe(7)])
        .order(100, 0, vec![Op::Believe(8)])
        .run();
    assert_eq!(story.said(0), [(45, 7), (100, 8)].map(|(at, b)| (at * MS, Said::Belief(b))));
}

#[test]
fn a_view_shows_only_what_has_left() {
    let story = Stage::new(1, 200)
        .fault(5, nodes(&[0]), stall(0), lasting(50))
        .order(10, 0, vec![Op::Lead(true), Op::Believe(1)])
        .run();
    let leads = story.times(0, |note| *note == Note::Viewed(true));
    assert_eq!(leads, [60 * MS]);
}

#[test]
fn a_stall_falls_between_what_a_sync_lets_go() {
    for k in 0..3u32 {
        let mut stage = Stage::new(2, 200)
            .with(|c| {
                c.sync = Latency::Constant(Duration::from_millis(10));
                c.network.fifo = true;
            })
            .order(10, 0, vec![Op::Persist(1), Op::Sync, talk(1, 1), talk(1, 2)])
            .fault(15, nodes(&[0]), stall(k), lasting(50))
            .order(30, 0, vec![talk(1, 3)]);
        stage.script.synced = vec![Op::Believe(1)];
        let story = stage.run();
        let sent = story.times(0, |note| matches!(note, Note::Sent { .. }));
        let at = |nth: u32| if nth < k { 20 * MS } else { 70 * MS };
        assert_eq!(sent[..2], [at(0), at(1)], "after {k}");
        assert_eq!(story.heard(1), [1, 2, 3]);
        assert_eq!(story.said(0), [(70 * MS, Said::Belief(1))], "told when all is gone");
        assert_eq!(story.disk(0), [1]);
        // The node, what was kept back of two messages and a belief, and the order of 30.
        let kept_back = if k < 2 { 2 - u64::from(k) } else { 1 };
        assert_eq!(story.report(0).effects, 1 + kept_back + 1);
    }
}

#[test]
fn a_pause_that_outlasts_a_stall_keeps_the_rest_back_until_its_own_end() {
    let story = stalled(1, 50).fault(40, nodes(&[0]), Action::Pause, lasting(60)).run();
    assert_eq!(effects(&story), [10, 100, 100, 100]);
    let story = stalled(1, 50).fault(20, nodes(&[0]), Action::Pause, lasting(10)).run();
    assert_eq!(effects(&story), [10, 60, 60, 60]);
}

#[test]
fn a_crash_behind_an_effect_counts_those_that_leave_late() {
    let story = stalled(1, 50).fault(20, nodes(&[0]), crash_after(2), lasting(100)).run();
    assert_eq!(effects(&story), [10, 60, 60]);
    assert_eq!(story.times(0, |note| matches!(note, Note::Crashed(_))), [60 * MS]);
    let both = Stage::new(2, 200)
        .fault(5, nodes(&[0]), crash_after(3), lasting(100))
        .fault(5, nodes(&[0]), stall(2), lasting(50))
        .order(10, 0, step())
        .run();
    assert_eq!(effects(&both), [10, 10, 60]);
    assert_eq!(both.times(0, |note| matches!(note, Note::Crashed(_))), [60 * MS]);
}

#[test]
fn one_stall_holds_each_of_its_nodes_from_its_own_standstill_on() {
    let story = Stage::new(3, 200)
        .fault(5, Target::All, stall(0), lasting(50))
        .order(10, 0, vec![Op::Believe(0)])
        .order(20, 2, vec![Op::Believe(2)])
        .order(40, 1, vec![Op::Believe(1)])
        .run();
    for (node, at) in [(0, 60), (2, 70), (1, 90)] {
        assert_eq!(story.said(node), [(at * MS, Said::Belief(u64::from(node)))]);
    }
    assert_eq!((story.report(0).effects, story.report(0).ended), (6, Some(ms(90))));
    assert_eq!(story.count(|note| *note == Note::Ended(0)), 1);
}

#[test]
fn the_heal_ends_a_stall_and_disarms_one_that_found_no_step() {
    let story = Stage::new(2, 200)
        .fault(5, Target::All, stall(0), None)
        .order(10, 0, vec![Op::Believe(1)])
        .order(150, 1, vec![Op::Believe(2)])
        .heal(100, &[0, 1])
        .run();
    assert_eq!(story.said(0), [(100 * MS, Said::Belief(1))]);
    assert_eq!(story.said(1), [(150 * MS, Said::Belief(2))]);
    assert_eq!(story.report(0).ended, Some(ms(100)));
    let spared = Stage::new(2, 200)
        .fault(5, nodes(&[0]), stall(0), lasting(120))
        .order(10, 0, vec![Op::Believe(1)])
        .heal(100, &[1])
        .run();
    assert!(spared.said(0).is_empty(), "outside of the core it stands still for good");
}

#[test]
fn a_node_that_is_down_at_the_aim_stalls_in_its_boot() {
    let story = Stage::new(1, 200)
        .boot(0, vec![Op::Believe(1), Op::Believe(2)])
        .fault(10, nodes(&[0]), CRASH, lasting(20))
        .fault(15, nodes(&[0]), stall(1), lasting(40))
        .run();
    let late: Vec<u64> = story.said(0).into_iter().skip(2).map(|(at, _)| at / MS).collect();
    assert_eq!(late, [30, 70]);
}
