//! Clocks that are wrong: walls that jump, strobe and are bent back, monotonic clocks that stand
//! still, rates that change. A wrong clock has an effect on whoever reads it, or whose timers it
//! bends, and on nobody else.

use super::puppet::{Op, Said, Word};
use super::stage::*;
use stormseed::fault::{Action, RateChange};
use stormseed::time::{Clock, Drift, Duration};

const STROBE: Action = Action::Strobe { by: 5_000, every: Duration::from_millis(10) };

fn slewed(by_millis: i64, ppm: i32) -> Action {
    Action::SlewedJump { by: by_millis * MS as i64, slew: Drift::from_ppm(ppm) }
}

fn wander(changes: &[(u64, i32)]) -> Action {
    let change = |&(after, ppm): &(u64, i32)| RateChange {
        after: Duration::from_millis(after),
        rate: Drift::from_ppm(ppm),
    };
    Action::Wander(changes.iter().map(change).collect())
}

/// A node that tells its wall clock at these times in milliseconds.
fn asked(end: u64, times: &[u64]) -> Stage {
    times.iter().fold(Stage::new(2, end), |s, &at| s.order(at, 0, vec![Op::TellWall]))
}

/// How far its wall clock was off, in nanoseconds, each time that a node told it.
fn offsets(story: &Story, node: u32) -> Vec<i64> {
    let off = |(at, said)| match said {
        Said::Wall(wall) => wall.wrapping_sub(Clock::WALL_EPOCH.as_nanos() + at) as i64,
        other => panic!("only walls are told: {other:?}"),
    };
    story.said(node).into_iter().map(off).collect()
}

#[test]
fn a_jump_that_nobody_reads_has_no_effect() {
    let unread = Stage::new(1, 100)
        .boot(0, vec![Op::Every(1, 10 * MS, vec![Op::TellClock])])
        .order(10, 0, vec![Op::TellWall])
        .fault(20, nodes(&[0]), Action::Jump(-5_000), None)
        .run();
    assert_eq!(unread.report(0).effects, 0);
    // One step reads twice, another once; what was read before the jump is right.
    let read = asked(100, &[10, 40, 50])
        .fault(20, nodes(&[0]), Action::Jump(-5_000), None)
        .order(60, 0, vec![Op::TellWall, Op::TellWall])
        .run();
    assert_eq!(offsets(&read, 0), [0, -5_000, -5_000, -5_000, -5_000]);
    assert_eq!(read.report(0).effects, 3, "three steps were misled");
}

#[test]
fn jumps_that_cancel_out_mislead_nobody() {
    let story = asked(100, &[25, 35])
        .fault(20, nodes(&[0]), Action::Jump(-5_000), None)
        .fault(30, nodes(&[0]), Action::Jump(5_000), None)
        .run();
    assert_eq!(offsets(&story, 0), [-5_000, 0]);
    assert_eq!((story.report(0).effects, story.report(1).effects), (1, 0));
}

#[test]
fn a_slewed_jump_is_bent_back_and_then_is_none() {
    for sign in [1, -1] {
        // 4 ms at a tenth of what passes: gone after 40 ms.
        let story = asked(200, &[19, 20, 30, 40, 60, 150])
            .boot(0, vec![Op::Set(1, 100 * MS, vec![])])
            .fault(20, nodes(&[0]), slewed(4 * sign, 100_000), None)
            .run();
        let expected = [0, 4, 3, 2, 0, 0].map(|millis| millis * sign * MS as i64);
        assert_eq!(offsets(&story, 0), expected);
        assert_eq!(story.report(0).effects, 3, "at 60 ms it is undone");
        assert_eq!(story.fired(0, 1), [100 * MS], "no timer knows of it");
    }
}

#[test]
fn a_strobe_jumps_forth_and_back_and_is_right_at_the_end() {
    let times: Vec<u64> = (15..80).step_by(5).collect();
    let story = asked(200, &times)
        .boot(0, vec![Op::Set(1, 50 * MS, vec![])])
        .fault(18, nodes(&[0]), STROBE, lasting(45))
        .run();
    // Forth at 18, back at 28, forth at 38, back at 48, forth at 58, taken back at 63.
    let forth = |at: &u64| (18..28).contains(at) || (38..48).contains(at) || (58..63).contains(at);
    let expected: Vec<i64> = times.iter().map(|at| i64::from(forth(at)) * 5_000).collect();
    assert_eq!(offsets(&story, 0), expected);
    let misled = times.iter().filter(|at| forth(at)).count() as u64;
    assert_eq!((story.report(0).effects, misled), (misled, 5));
    let turns = story.count(|note| *note == Note::Turned(0));
    assert_eq!((turns, story.report(0).ended), (4, Some(ms(63))));
    assert_eq!(story.fired(0, 1), [50 * MS]);
}

#[test]
fn a_strobe_stops_where_it_is_for_whoever_is_not_healed() {
    for (heal, left) in [(35, 0), (45, 5_000)] {
        let ask = vec![Op::TellWall];
        let story = Stage::new(2, 200)
            .fault(18, nodes(&[0, 1]), STROBE, None)
            .heal(heal, &[0])
            .order(100, 0, ask.clone())
            .order(100, 1, ask)
            .run();
        assert_eq!((offsets(&story, 0), offsets(&story, 1)), (vec![0], vec![left]));
        assert_eq!(story.report(0).effects, u64::from(left != 0));
    }
}

#[test]
fn a_frozen_clock_holds_timers_and_readings_while_the_wall_goes_on() {
    let ask = vec![Op::TellClock, Op::TellWall];
    let story = Stage::new(1, 300)
        .boot(0, vec![Op::Set(1, 50 * MS, vec![])])
        .fault(20, nodes(&[0]), Action::Freeze, lasting(100))
        .order(60, 0, [vec![Op::Set(2, 10 * MS, vec![])], ask.clone()].concat())
        .order(200, 0, ask)
        .run();
    let wall = |millis| Said::Wall(Clock::WALL_EPOCH.as_nanos() + millis * MS);
    let clock = |millis| Said::Clock(millis * MS);
    let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(said, [clock(20), wall(60), clock(100), wall(200)]);
    assert_eq!((story.fired(0, 1), story.fired(0, 2)), (vec![150 * MS], vec![130 * MS]));
    // One timer bent, one step misled, two timers bent back.
    assert_eq!(story.report(0).effects, 4);
}

#[test]
fn a_clock_thaws_when_the_last_fault_that_freezes_it_ends() {
    let story = Stage::new(1, 300)
        .boot(0, vec![Op::Set(1, 50 * MS, vec![])])
        .fault(20, nodes(&[0]), Action::Freeze, lasting(100))
        .fault(40, nodes(&[0]), Action::Freeze, lasting(30))
        .fault(60, nodes(&[0]), Action::Drift(Drift::from_ppm(1_000_000)), lasting(20))
        .run();
    assert_eq!(story.fired(0, 1), [150 * MS], "neither the end of the second nor a drift thaws it");
}

#[test]
fn a_freeze_outlives_a_crash_and_a_restart_on_a_frozen_clock_waits() {
    let story = Stage::new(1, 300)
        .boot(0, vec![Op::TellClock, Op::Set(1, 10 * MS, vec![])])
        .fault(20, nodes(&[0]), Action::Freeze, lasting(100))
        .fault(50, nodes(&[0]), CRASH, lasting(10))
        .run();
    let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(said, [0, 20].map(|at| Said::Clock(at * MS)));
    assert_eq!(story.fired(0, 1), [10 * MS, 130 * MS]);
}

#[test]
fn a_suspended_machine_loses_the_time_that_a_paused_process_keeps() {
    let story = |action| {
        let ask = vec![Op::TellClock, Op::TellWall];
        Stage::new(2, 300)
            .boot(0, vec![Op::Set(1, 50 * MS, vec![])])
            .fault(20, nodes(&[0]), action, lasting(100))
            .order(60, 1, vec![talk(0, 7)])
            .order(70, 0, vec![Op::Believe(1)])
            .order(200, 0, ask)
            .run()
    };
    let (paused, suspended) = (story(Action::Pause), story(Action::Suspend));
    for story in [&paused, &suspended] {
        assert_eq!(story.times(0, |note| *note == Note::Paused), [20 * MS]);
        assert_eq!(story.times(0, |note| *note == Note::Resumed), [120 * MS]);
        let told = story.times(0, |note| matches!(note, Note::Delivered(_, Word::Talk(7))));
        assert_eq!(told, [120 * MS], "mail waits");
        let wall = Said::Wall(Clock::WALL_EPOCH.as_nanos() + 200 * MS);
        assert_eq!(story.said(0).last(), Some(&(200 * MS, wall)), "the calendar knows");
    }
    let clock = |story: &Story| story.said(0)[1].1.clone();
    assert_eq!((clock(&paused), clock(&suspended)), (Said::Clock(200 * MS), Said::Clock(100 * MS)));
    assert_eq!((paused.fired(0, 1), suspended.fired(0, 1)), (vec![120 * MS], vec![150 * MS]));
    // The node, two pieces of mail, and a timer: kept waiting, or bent and bent back.
    assert_eq!((paused.report(0).effects, suspended.report(0).effects), (4, 5));
}

#[test]
fn a_crash_ends_a_suspension_and_its_clock_runs_again() {
    let story = Stage::new(1, 300)
        .boot(0, vec![Op::Set(1, 50 * MS, vec![]), Op::TellClock])
        .fault(20, nodes(&[0]), Action::Suspend, lasting(200))
        .fault(60, nodes(&[0]), CRASH, lasting(10))
        .order(100, 0, vec![Op::TellClock])
        .run();
    let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    // It stood at 20 for 40 ms; the machine is restarted at 60, its process at 70.
    assert_eq!(said, [0, 30, 60].map(|at| Said::Clock(at * MS)));
    assert_eq!(story.fired(0, 1), [120 * MS]);
    assert_eq!(story.times(0, |note| *note == Note::Resumed), [0; 0]);
}

#[test]
fn a_suspension_of_a_node_that_is_down_does_nothing() {
    let story = Stage::new(1, 300)
        .fault(10, nodes(&[0]), CRASH, lasting(50))
        .fault(20, nodes(&[0]), Action::Suspend, lasting(100))
        .order(100, 0, vec![Op::TellClock])
        .run();
    assert_eq!(story.said(0), [(100 * MS, Said::Clock(100 * MS))]);
    assert_eq!(story.report(1).effects, 0);
}

#[test]
fn who_is_not_healed_stays_suspended_or_frozen() {
    for action in [Action::Suspend, Action::Freeze] {
        let story = Stage::new(2, 300)
            .boot(0, vec![Op::Every(1, 20 * MS, vec![])])
            .boot(1, vec![Op::Every(1, 20 * MS, vec![])])
            .fault(50, nodes(&[0, 1]), action, None)
            .heal(150, &[0])
            .run();
        let healed = [20, 40, 160, 180, 200, 220, 240, 260, 280, 300].map(|at| at * MS);
        assert_eq!(story.fired(0, 1), healed);
        assert_eq!(story.fired(1, 1), [20, 40].map(|at| at * MS));
    }
}

#[test]
fn a_rate_that_changes_bends_the_timers_at_each_change() {
    let changes = [(0, 1_000_000), (20, -500_000), (60, 0), (70, 3_000_000)];
    let story = Stage::new(1, 500)
        .boot(0, vec![Op::Set(1, 200 * MS, vec![]), Op::Set(2, 90 * MS, vec![Op::TellClock])])
        .fault(10, nodes(&[0]), wander(&changes), lasting(80))
        .run();
    // 10, then 20 at twice, 40 at half, 10 as it is, 10 at four times: 120 when it ends at 90.
    assert_eq!(story.fired(0, 1), [170 * MS]);
    assert_eq!(story.fired(0, 2), [82_500_000], "80 at 80 ms, then four times as fast");
    assert_eq!(story.count(|note| *note == Note::Turned(0)), 3);
    // Two timers bent at the strike and at each of three changes, one step misled, one at the end.
    assert_eq!(story.report(0).effects, 2 * 4 + 1 + 1);
}

#[test]
fn a_newer_drift_hides_the_changes_of_an_older_one() {
    let mut stage = Stage::new(1, 1_000)
        .fault(100, nodes(&[0]), wander(&[(0, 10), (200, 20), (400, 30)]), lasting(500))
        .fault(250, nodes(&[0]), Action::Drift(Drift::from_ppm(7)), lasting(100));
    stage.schedule.clocks[0].drift = Drift::from_ppm(1);
    let mut simulation = stage.simulation();
    let mut seen = Vec::new();
    for at in [50, 150, 260, 320, 360, 550, 650] {
        simulation.run_until(ms(at), &mut ());
        seen.push(simulation.world().node(n(0)).clock.drift().ppm());
    }
    assert_eq!(seen, [1, 10, 7, 7, 20, 30, 1]);
}

#[test]
fn no_rate_changes_after_the_heal() {
    let story = Stage::new(2, 500)
        .fault(10, nodes(&[0, 1]), wander(&[(0, 10), (20, 20), (200, 30)]), None)
        .heal(100, &[0])
        .run();
    let rate = |node| story.simulation.world().node(n(node)).clock.drift().ppm();
    assert_eq!((rate(0), rate(1)), (0, 20));
    assert_eq!(story.count(|note| *note == Note::Turned(0)), 1);
}

#[test]
fn a_drift_that_is_read_has_an_effect_without_any_timer() {
    let story = |rate| {
        Stage::new(1, 300)
            .fault(10, nodes(&[0]), Action::Drift(Drift::from_ppm(rate)), lasting(100))
            .order(50, 0, vec![Op::TellClock])
            .order(60, 0, vec![Op::TellWall])
            .order(200, 0, vec![Op::TellClock])
            .run()
            .report(0)
            .effects
    };
    assert_eq!((story(200), story(0)), (2, 0));
}

#[test]
fn a_drift_misleads_nobody_about_a_clock_that_stands_still() {
    let story = Stage::new(1, 300)
        .fault(10, nodes(&[0]), Action::Drift(Drift::from_ppm(200)), lasting(100))
        .fault(20, nodes(&[0]), Action::Freeze, lasting(50))
        .order(50, 0, vec![Op::TellClock])
        .order(60, 0, vec![Op::TellWall])
        .run();
    assert_eq!((story.report(0).effects, story.report(1).effects), (1, 1));
}

#[test]
fn a_schedule_whose_rates_are_out_of_order_is_refused() {
    for changes in [&[][..], &[(1, 5)], &[(0, 5), (20, 6), (10, 7)]] {
        let stage = Stage::new(1, 10).fault(1, nodes(&[0]), wander(changes), None);
        let caught = std::panic::catch_unwind(|| drop(stage.simulation()));
        assert!(caught.is_err(), "{changes:?}");
    }
}
