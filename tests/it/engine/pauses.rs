//! Pauses: the clocks run on, everything else waits, and what waited comes in an order that is
//! drawn.

use super::puppet::{Op, Said, Word};
use super::stage::*;
use std::collections::BTreeSet;
use stormseed::conditions::Latency;
use stormseed::fault::Action;
use stormseed::time::{Clock, Drift, Duration};

fn paused(from: u64, length: u64) -> Stage {
    Stage::new(2, 200).fault(from, nodes(&[0]), Action::Pause, lasting(length))
}

/// What the node says at the end of its pause, in order.
fn said(story: &Story) -> Vec<Said> {
    story.said(0).into_iter().map(|(_, said)| said).collect()
}

#[test]
fn the_clocks_run_on_during_a_pause() {
    let story = paused(10, 50).order(70, 0, vec![Op::TellClock, Op::TellWall]).run();
    let wall = Clock::WALL_EPOCH.as_nanos() + 70 * MS;
    assert_eq!(said(&story), [Said::Clock(70 * MS), Said::Wall(wall)]);
}

#[test]
fn timers_and_mail_wait_and_either_may_come_first() {
    let story = |seed| {
        paused(10, 50)
            .seed(seed)
            .boot(0, vec![Op::Set(1, 30 * MS, vec![Op::Believe(1)])])
            .order(20, 1, vec![Op::Send(0, Word::Task(0, vec![Op::Believe(2)]))])
            .order(40, 0, vec![Op::Believe(3)])
            .run()
    };
    let mut seen = BTreeSet::new();
    for seed in 0..64 {
        let story = story(seed);
        assert!(story.said(0).iter().all(|(at, _)| *at == 60 * MS));
        let beliefs = said(&story);
        assert!(
            beliefs == [1, 2, 3].map(Said::Belief) || beliefs == [2, 3, 1].map(Said::Belief),
            "the mail keeps its own order: {beliefs:?}"
        );
        seen.insert(format!("{beliefs:?}"));
    }
    assert_eq!(seen.len(), 2, "both orders occur");
}

#[test]
fn after_a_pause_timers_come_first_as_often_as_mail() {
    let timers_first = |seed: u64, node: u32, until: u64| {
        let story = Stage::new(4, 200)
            .seed(seed)
            .fault(10, nodes(&[node]), Action::Pause, lasting(until - 10))
            .boot(node as usize, vec![Op::Set(1, 15 * MS, vec![Op::Believe(1)])])
            .order(20, node, vec![Op::Believe(2)])
            .run();
        story.said(node)[0].1 == Said::Belief(1)
    };
    let mut all = Vec::new();
    for seed in 0..500 {
        all.extend([(0, 30), (0, 31), (3, 30), (3, 55)].map(|(n, at)| timers_first(seed, n, at)));
    }
    let first = all.iter().filter(|timers| **timers).count();
    // 2,000 coins: six deviations of 22.4. And no coin repeats the one before it.
    assert!(first.abs_diff(1_000) < 135, "{first} of 2,000");
    let changes = all.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes.abs_diff(1_000) < 135, "{changes} changes");
}

#[test]
fn the_order_after_a_pause_does_not_depend_on_what_others_do() {
    for seed in 0..32 {
        let story = |busy: bool| {
            let stage = paused(10, 50)
                .seed(seed)
                .boot(0, vec![Op::Set(1, 30 * MS, vec![Op::Believe(1)])])
                .order(20, 1, vec![Op::Send(0, Word::Task(0, vec![Op::Believe(2)]))]);
            let stage = if busy { stage.order(5, 1, vec![talk(1, 7)]) } else { stage };
            said(&stage.run())
        };
        assert_eq!(story(false), story(true), "seed {seed}");
    }
}

#[test]
fn a_timer_that_the_mail_cancels_or_sets_again_does_not_fire() {
    let changes = [
        vec![Op::Cancel(1)],
        vec![Op::Set(1, 500 * MS, vec![Op::Believe(9)])],
        // Another timer takes the place of the cancelled one.
        vec![Op::Cancel(1), Op::Set(2, 500 * MS, vec![Op::Believe(9)])],
        vec![Op::Cancel(1), Op::Set(2, 0, vec![Op::Believe(3)])],
        vec![Op::Set(1, 0, vec![Op::Believe(3)])],
    ];
    for (case, change) in changes.into_iter().enumerate() {
        let mut orders = BTreeSet::new();
        for seed in 0..32 {
            let mut ops = vec![Op::Believe(2)];
            ops.extend(change.clone());
            let story = paused(10, 50)
                .seed(seed)
                .boot(0, vec![Op::Set(1, 30 * MS, vec![Op::Believe(1)])])
                .order(20, 1, vec![Op::Send(0, Word::Task(0, ops))])
                .run();
            let beliefs = said(&story);
            let late: &[u64] = if case >= 3 { &[3] } else { &[] };
            let mail_first: Vec<Said> =
                [&[2], late].concat().into_iter().map(Said::Belief).collect();
            if beliefs[0] == Said::Belief(1) {
                assert_eq!(beliefs[1..], mail_first, "case {case}");
            } else {
                assert_eq!(beliefs, mail_first, "case {case}");
            }
            orders.insert(beliefs[0] == Said::Belief(1));
        }
        assert_eq!(orders.len(), 2);
    }
}

#[test]
fn timers_that_waited_fire_in_the_order_in_which_they_were_due() {
    for seed in 0..16 {
        let set = |timer: u8, at: u64| Op::Set(timer, at * MS, vec![Op::Believe(at)]);
        let story =
            paused(10, 90).seed(seed).boot(0, vec![set(1, 60), set(2, 30), set(3, 45)]).run();
        assert_eq!(said(&story), [30, 45, 60].map(Said::Belief));
    }
}

#[test]
fn a_sync_that_ends_in_a_pause_is_durable_and_told_later() {
    let sync = |c: &mut stormseed::conditions::Conditions| {
        c.sync = Latency::Constant(Duration::from_millis(20));
    };
    let stage = paused(10, 50).with(sync).order(
        5,
        0,
        vec![Op::Persist(1), Op::Sync, talk(1, 1), Op::Promise(1)],
    );
    let mut simulation = stage.simulation();
    simulation.run_until(ms(30), &mut ());
    assert_eq!(simulation.on_disk(n(0)).0, [1], "the disk does not stand still");
    let story = stage.run();
    assert_eq!(story.times(0, |note| *note == Note::Synced), [60 * MS]);
    assert_eq!(story.said(0), [(60 * MS, Said::Promise(1))]);
    assert_eq!(story.report(0).effects, 2);
}

#[test]
fn nothing_overtakes_what_waited_for_the_disk_when_a_pause_ends() {
    for seed in 0..64 {
        let story = paused(10, 50)
            .seed(seed)
            .with(|c| {
                c.sync = Latency::Constant(Duration::from_millis(20));
                c.network.fifo = true;
            })
            .boot(0, vec![Op::Set(1, 30 * MS, vec![talk(1, 3), Op::Promise(3)])])
            // This arrives before the sync ends, and is answered after the pause.
            .order(13, 1, vec![Op::Send(0, Word::Task(0, vec![talk(1, 2), Op::Promise(2)]))])
            .order(5, 0, vec![Op::Persist(1), Op::Sync, talk(1, 1), Op::Promise(1)])
            .run();
        let heard = story.heard(1);
        assert_eq!((heard[0], heard.len()), (1, 3), "seed {seed}: {heard:?}");
        assert_eq!(said(&story)[0], Said::Promise(1), "seed {seed}");
    }
}

#[test]
fn a_drift_in_a_pause_counts_no_timer_twice() {
    let story = paused(10, 50)
        .boot(0, vec![Op::Set(1, 20 * MS, vec![Op::Believe(1)])])
        .fault(30, nodes(&[0]), Action::Drift(Drift::from_ppm(-500_000)), None)
        .run();
    assert_eq!(story.said(0), [(60 * MS, Said::Belief(1))]);
    assert_eq!(story.report(0).effects, 2, "the node and one timer");
    assert_eq!(story.report(1).effects, 0, "its time had come before");
}

#[test]
fn a_pause_ends_at_its_instant_before_what_arrives_then() {
    let story = paused(10, 50)
        .boot(0, vec![Op::Set(1, 60 * MS, vec![Op::Believe(1)])])
        .order(59, 1, vec![talk(0, 1)])
        .run();
    assert_eq!(story.report(0).effects, 1, "nothing had to wait");
    assert_eq!(story.fired(0, 1), [60 * MS]);
}
