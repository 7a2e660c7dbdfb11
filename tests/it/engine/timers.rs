//! Timers on drifting clocks: set again, cancelled, bent, frozen, thawed, reset and of no length.

use super::puppet::{Op, Said};
use super::stage::*;
use stormseed::engine::Ended;
use stormseed::fault::Action;
use stormseed::rng::{Keyed, Luck64, below};
use stormseed::time::{Clock, Drift, LocalTime, SimTime};

fn set(after: u64) -> Op {
    Op::Set(1, after * MS, vec![Op::TellClock])
}

#[test]
fn setting_a_timer_again_replaces_it_whether_earlier_or_later() {
    // When it is set and for how long, and when it fires.
    let cases = [
        (vec![(10, 50)], vec![60]),
        (vec![(10, 50), (20, 10)], vec![30]),
        (vec![(10, 50), (20, 80)], vec![100]),
        // Later, then earlier than the first, then back again.
        (vec![(10, 50), (20, 80), (25, 5)], vec![30]),
        (vec![(10, 50), (15, 10), (20, 40)], vec![60]),
        (vec![(10, 50), (15, 10), (30, 30), (70, 1)], vec![25, 60, 71]),
    ];
    for (orders, fired) in cases {
        let story = orders
            .iter()
            .fold(Stage::new(1, 200), |stage, &(at, after)| stage.order(at, 0, vec![set(after)]))
            .run();
        let expected: Vec<u64> = fired.iter().map(|at| at * MS).collect();
        assert_eq!(story.fired(0, 1), expected, "{orders:?}");
    }
}

#[test]
fn a_timer_set_twice_in_one_step_fires_once() {
    let ops = vec![set(50), set(10), Op::Cancel(1), set(20), set(30)];
    let story = Stage::new(1, 200).order(10, 0, ops).run();
    assert_eq!(story.fired(0, 1), [40 * MS]);
}

#[test]
fn a_cancelled_timer_is_silent_and_may_be_set_again() {
    let story = Stage::new(1, 200)
        .order(10, 0, vec![set(50)])
        .order(20, 0, vec![Op::Cancel(1), Op::Cancel(9)])
        .order(70, 0, vec![set(30)])
        .run();
    assert_eq!(story.fired(0, 1), [100 * MS]);
}

#[test]
fn a_run_is_quiet_when_the_time_of_its_cancelled_timers_is_past() {
    for (end, ended) in [(200, Ended::Time), (600, Ended::Quiet)] {
        let story =
            Stage::new(1, end).order(10, 0, vec![set(500)]).order(20, 0, vec![Op::Cancel(1)]).run();
        assert_eq!((story.ended, story.counts().timers), (ended, 0));
    }
}

#[test]
fn a_timer_of_no_length_fires_at_this_instant_in_a_step_of_its_own() {
    let story = Stage::new(1, 50).order(10, 0, vec![Op::Set(1, 0, vec![]), Op::Believe(1)]).run();
    assert_eq!(story.fired(0, 1), [10 * MS]);
    let events: Vec<u64> = story.rows.iter().map(|row| row.event).collect();
    assert_eq!(events.last(), Some(&3));
}

#[test]
fn a_timer_of_no_length_on_a_slow_or_frozen_clock_does_not_fire_in_the_past() {
    for ppm in [-999_999, -500_000, -333_333, -1, 1, 777_777] {
        let mut stage = Stage::new(1, 100).boot(0, vec![Op::Every(1, 7_777_777, vec![])]);
        stage.schedule.clocks[0].drift = Drift::from_ppm(ppm);
        for at in [10, 11, 13, 17, 19, 23] {
            stage = stage.order(at, 0, vec![Op::Set(2, 0, vec![])]);
        }
        let story = stage.run();
        assert_eq!(story.fired(0, 2), [10, 11, 13, 17, 19, 23].map(|at| at * MS), "{ppm}");
        assert!(story.rows.windows(2).all(|pair| pair[0].at <= pair[1].at), "{ppm}");
    }
    let story = Stage::new(1, 100)
        .fault(10, nodes(&[0]), Action::Drift(Drift::FROZEN), None)
        .order(30, 0, vec![Op::Set(2, 0, vec![])])
        .run();
    assert_eq!(story.fired(0, 2), [30 * MS], "no time is to pass, so none has to");
}

#[test]
fn a_frozen_clock_holds_its_timers_until_it_thaws() {
    let story = Stage::new(1, 200)
        .order(10, 0, vec![set(50)])
        .fault(30, nodes(&[0]), Action::Drift(Drift::FROZEN), lasting(70))
        .order(60, 0, vec![Op::Set(2, 5 * MS, vec![Op::TellClock]), Op::TellClock])
        .run();
    assert_eq!(story.fired(0, 1), [130 * MS], "20 ms before, none during, 30 ms after");
    assert_eq!(story.fired(0, 2), [105 * MS]);
    let clocks: Vec<u64> = story
        .said(0)
        .into_iter()
        .map(|(_, said)| match said {
            Said::Clock(at) => at,
            other => panic!("only clocks are told: {other:?}"),
        })
        .collect();
    assert_eq!(clocks, [30, 35, 60].map(|at| at * MS));
    let frozen = Stage::new(1, 200)
        .order(10, 0, vec![set(50)])
        .fault(30, nodes(&[0]), Action::Drift(Drift::FROZEN), None)
        .run();
    assert_eq!((frozen.fired(0, 1), frozen.ended), (vec![], Ended::Quiet));
}

#[test]
fn a_restart_resets_the_monotonic_clock_only_when_asked() {
    for (resets, clock) in [(false, 90), (true, 40)] {
        let story = Stage::new(1, 200)
            .with(|conditions| conditions.restart_resets_clock = resets)
            .boot(0, vec![Op::Set(1, 60 * MS, vec![])])
            .fault(30, nodes(&[0]), CRASH, lasting(20))
            .order(90, 0, vec![Op::TellClock, Op::TellWall])
            .run();
        assert_eq!(story.said(0)[0].1, Said::Clock(clock * MS));
        let wall = Clock::WALL_EPOCH.as_nanos() + 90 * MS;
        assert_eq!(story.said(0)[1].1, Said::Wall(wall), "the calendar survives");
        assert_eq!(story.fired(0, 1), [110 * MS]);
    }
}

#[test]
fn the_timers_of_a_dead_process_do_not_fire_in_the_next() {
    let story = Stage::new(1, 200)
        .order(10, 0, vec![set(50), Op::Set(2, 60 * MS, vec![])])
        .fault(20, nodes(&[0]), CRASH, lasting(10))
        .order(40, 0, vec![Op::Set(3, 20 * MS, vec![])])
        .run();
    assert!(story.fired(0, 1).is_empty() && story.fired(0, 2).is_empty());
    assert_eq!(story.fired(0, 3), [60 * MS], "at the instant of an entry left behind");
}

/// The first true nanosecond at which the reading reaches the deadline, by a search of the line
/// itself, under rates that change at instants.
fn first_instant(changes: &[(u64, i64)], start: u64, length: u64) -> u64 {
    let reading = |at: u64| {
        let (mut local, mut since, mut rate) = (0u128, 0u64, 0i64);
        for &(change, ppm) in changes.iter().filter(|(change, _)| *change <= at) {
            local += u128::from(change - since) * (1_000_000 + rate) as u128 / 1_000_000;
            (since, rate) = (change, ppm);
        }
        local + u128::from(at - since) * (1_000_000 + rate) as u128 / 1_000_000
    };
    let deadline = reading(start) + u128::from(length);
    let (mut low, mut high) = (start, 1 << 50);
    while low < high {
        let middle = low + (high - low) / 2;
        if reading(middle) >= deadline { high = middle } else { low = middle + 1 }
    }
    low
}

#[test]
fn a_change_of_drift_moves_a_timer_to_exactly_where_its_clock_says() {
    let mut luck = Keyed::new(77);
    for _ in 0..300 {
        let mut stage = Stage::new(1, 20_000);
        let mut changes = vec![(0u64, 0i64)];
        let mut at = 0;
        for _ in 0..below(&mut luck, 6) {
            at += 1 + below(&mut luck, 50);
            let ppm = below(&mut luck, 2_500_000) as i64 - 900_000;
            changes.push((at * MS, ppm));
            let drift = Action::Drift(Drift::from_ppm(ppm as i32));
            stage = stage.fault(at, nodes(&[0]), drift, None);
        }
        let start = below(&mut luck, 100);
        let length = luck.next() % (300 * MS);
        let story = stage.order(start, 0, vec![Op::Set(1, length, vec![])]).run();
        let expected = first_instant(&changes, start * MS, length);
        // A fault at the instant of the order comes before it, as in the list.
        assert_eq!(story.fired(0, 1), [expected], "{changes:?} from {start} ms for {length} ns");
    }
}

#[test]
fn the_longest_timers_and_the_fastest_clocks_do_not_overflow() {
    for ppm in [-1_000_000, -999_999, 0, 999_000_000, i32::MAX] {
        let mut stage = Stage::new(1, 1).boot(0, vec![Op::Set(1, u64::MAX, vec![]), Op::TellClock]);
        stage.schedule.clocks[0].drift = Drift::from_ppm(ppm);
        stage.schedule.end = SimTime::MAX;
        let story = stage.run();
        assert!(story.fired(0, 1).len() <= 1, "{ppm}");
        assert!(matches!(story.ended, Ended::Quiet | Ended::Time), "{ppm}");
    }
    let fast = Drift::from_ppm(999_000_000);
    let mut stage = Stage::new(1, 10).boot(0, vec![Op::Every(1, MS, vec![])]);
    stage.schedule.clocks[0].drift = fast;
    assert_eq!(stage.run().fired(0, 1).len(), 10_000, "a thousand times a millisecond");
    let late = Clock::new(0, fast);
    assert_eq!(late.monotonic(SimTime::MAX), LocalTime::MAX);
}
