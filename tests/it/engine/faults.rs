//! Every fault acts, when and where it is aimed, is counted exactly, and is taken back.

use super::puppet::{Op, Said, Word};
use super::stage::*;
use stormseed::engine::{Ended, Why};
use stormseed::fault::{Action, DiskFate, Target, Unfired, When};
use stormseed::id::FaultId;
use stormseed::rng::Ratio;
use stormseed::time::{Clock, Drift, Duration};
use stormseed::topology::Cut;

/// Three nodes; each talks to both others every 10 ms, from 10 ms on.
fn chatter(end: u64) -> Stage {
    (0..3u32).fold(Stage::new(3, end), |stage, node| {
        let others = (0..3).filter(|to| *to != node).map(|to| talk(to, 0)).collect();
        stage.boot(node as usize, vec![Op::Every(1, 10 * MS, others)])
    })
}

fn is_cut(by: u32) -> impl Fn(&Note) -> bool {
    move |note| matches!(note, Note::Dropped { why: Why::Cut(fault), .. } if fault.0 == by)
}

#[test]
fn a_crash_holds_a_node_down_for_its_length_and_counts_the_node() {
    let story = chatter(100).fault(25, nodes(&[1]), CRASH, lasting(30)).run();
    let report = story.report(0);
    let struck = report.struck.expect("it struck");
    assert_eq!((struck.at, struck.nodes), (ms(25), vec![n(1)]));
    assert_eq!((report.effects, report.ended), (1, Some(ms(55))));
    assert_eq!(story.times(1, |note| matches!(note, Note::Crashed(_))), [25 * MS]);
    assert_eq!(story.times(1, |note| matches!(note, Note::Booted(_))), [0, 55 * MS]);
    // What its timers would have said at 30, 40 and 50 is not said; what was on its way is lost.
    assert_eq!(story.fired(1, 1), [10, 20, 65, 75, 85, 95].map(|at| at * MS));
    let down = |note: &Note| matches!(note, Note::Dropped { why: Why::Down, .. });
    assert_eq!(story.times(1, down), [31, 31, 41, 41, 51, 51].map(|at| at * MS));
    assert_eq!(story.counts().undeliverable, 6);
}

#[test]
fn amnesia_takes_the_synced_writes_too_and_counts_them_all() {
    let writes = vec![Op::Persist(1), Op::Persist(2), Op::Sync, Op::Persist(3)];
    let wipe = Action::Crash { after_effect: None, disk: DiskFate::Amnesia };
    let story = Stage::new(1, 50).order(1, 0, writes).fault(5, nodes(&[0]), wipe, lasting(5)).run();
    assert_eq!(story.report(0).effects, 1 + 3);
    assert_eq!(story.disk(0), [0; 0]);
}

#[test]
fn amnesia_counts_only_what_the_disk_held() {
    let wipe = Action::Crash { after_effect: None, disk: DiskFate::Amnesia };
    let write = vec![Op::Persist(7), Op::Sync, Op::Persist(8)];
    let story = Stage::new(1, 100)
        .order(1, 0, write.clone())
        .fault(5, nodes(&[0]), wipe.clone(), lasting(5))
        .order(20, 0, write.clone())
        .fault(25, nodes(&[0]), CRASH, lasting(5))
        .order(40, 0, write)
        .fault(45, nodes(&[0]), wipe, lasting(5))
        .run();
    let effects: Vec<u64> = (0..3).map(|fault| story.report(fault).effects).collect();
    assert_eq!(effects, [1 + 2, 1 + 1, 1 + 3], "the last finds two synced and one unsynced write");
}

#[test]
fn a_pause_counts_the_node_and_what_waits() {
    let story = chatter(100).fault(25, nodes(&[1]), Action::Pause, lasting(20)).run();
    // Its own timer at 30; two messages at 31 and two at 41.
    assert_eq!(story.report(0).effects, 1 + 1 + 4);
    assert_eq!(story.times(1, |note| *note == Note::Paused), [25 * MS]);
    assert_eq!(story.times(1, |note| *note == Note::Resumed), [45 * MS]);
    let alone = Stage::new(1, 10).fault(2, nodes(&[0]), Action::Pause, None).run();
    assert_eq!(alone.report(0).effects, 1, "for a pause the node itself");
}

#[test]
fn a_command_that_waits_for_a_paused_node_is_counted() {
    let story = Stage::new(1, 50)
        .fault(1, nodes(&[0]), Action::Pause, lasting(10))
        .order(5, 0, vec![Op::Believe(1)])
        .run();
    assert_eq!(story.said(0), [(11 * MS, Said::Belief(1))]);
    assert_eq!(story.report(0).effects, 2);
}

#[test]
fn a_partition_cuts_between_groups_and_counts_every_message() {
    let cut = Cut::Groups(vec![vec![n(0), n(1)], vec![n(2)]]);
    let story = chatter(100).fault(25, Target::All, Action::Partition(cut), lasting(30)).run();
    // At 30, 40 and 50: n0 to n2, n1 to n2, n2 to both.
    assert_eq!(story.report(0).effects, 3 * 4);
    assert_eq!(story.count(is_cut(0)), 12);
    assert_eq!((story.counts().cut, story.report(0).ended), (12, Some(ms(55))));
}

#[test]
fn messages_on_the_way_are_cut_or_not_as_the_conditions_say() {
    use stormseed::conditions::InFlight;
    for (choice, cut) in [(InFlight::Drop, 1), (InFlight::Deliver, 0)] {
        let story = Stage::new(2, 100)
            .with(|c| c.network.in_flight = choice)
            .order(10, 0, vec![talk(1, 5)])
            .order(10, 1, vec![Op::Send(1, Word::Talk(6))])
            .fault(10, nodes(&[0]), Action::Isolate, lasting(0))
            .order(10, 0, vec![talk(1, 7)])
            .run();
        // Acts at one instant come in this order: faults strike, commands, faults end.
        assert_eq!(story.report(0).effects, 2, "{choice:?}: both were sent across the cut");
        let early = Stage::new(2, 100)
            .with(|c| c.network.in_flight = choice)
            .order(9, 0, vec![Op::Set(1, MS / 2, vec![talk(1, 5)])])
            .fault(10, nodes(&[0]), Action::Isolate, lasting(0))
            .run();
        assert_eq!(early.report(0).effects, cut, "{choice:?}");
        assert_eq!(early.heard(1).len() as u64, 1 - cut);
        assert_eq!(early.simulation.pending(), 0);
    }
}

#[test]
fn an_isolated_node_hears_nobody_and_nobody_hears_it() {
    let story = chatter(60).fault(25, nodes(&[0]), Action::Isolate, lasting(10)).run();
    assert_eq!(story.report(0).effects, 4, "at 30: both ways, with both others");
    let told: Vec<u64> = story.times(0, |note| matches!(note, Note::Delivered(..)));
    assert_eq!(told, [11, 11, 21, 21, 41, 41, 51, 51].map(|at| at * MS));
}

#[test]
fn a_mute_node_is_cut_in_the_directions_that_are_named() {
    for (sends, hears, by_it, to_it) in
        [(true, false, 2, 0), (false, true, 0, 2), (true, true, 2, 2), (false, false, 0, 0)]
    {
        let mute = Action::Mute { sends, hears };
        let story = chatter(60).fault(25, nodes(&[0]), mute, lasting(10)).run();
        let count = |pick: fn(u32, u32) -> bool| {
            story.count(|note| matches!(note, Note::Dropped { from, to, .. } if pick(*from, *to)))
        };
        assert_eq!((count(|from, _| from == 0), count(|_, to| to == 0)), (by_it, to_it));
        assert_eq!(story.report(0).effects, by_it + to_it);
    }
}

#[test]
fn loss_loses_its_share_and_is_told_from_the_standing_loss() {
    let all = Ratio { numerator: 1, denominator: 1 };
    let story = chatter(100).fault(25, Target::All, Action::Loss(all), lasting(30)).run();
    assert_eq!(story.report(0).effects, 3 * 6);
    assert_eq!(story.counts().lost, 18);
    let half = Ratio { numerator: 1, denominator: 2 };
    let story = Stage::new(2, 100)
        .with(|c| c.network.loss = half)
        .fault(1, Target::All, Action::Loss(half), None)
        .order(2, 0, vec![Op::Flood(1, 10_000)])
        .run();
    let by_fault = story.report(0).effects;
    // Half is lost anyway; of the rest, half by the fault: six deviations of 43.3.
    assert!((2_500u64).abs_diff(by_fault) < 260, "{by_fault}");
    assert!((7_500u64).abs_diff(story.counts().lost) < 260, "{:?}", story.counts());
}

#[test]
fn drift_bends_the_timers_that_run_and_its_end_bends_them_back() {
    let fast = Action::Drift(Drift::from_ppm(1_000_000));
    let story = Stage::new(2, 200)
        .boot(0, vec![Op::Set(1, 100 * MS, vec![])])
        .boot(1, vec![Op::Set(1, 100 * MS, vec![])])
        .fault(20, nodes(&[0]), fast, lasting(30))
        .run();
    // 20 ms, then 30 ms at double speed, then 20 ms.
    assert_eq!(story.fired(0, 1), [70 * MS]);
    assert_eq!(story.fired(1, 1), [100 * MS]);
    assert_eq!(story.report(0).effects, 2, "one timer bent, and bent back");
}

#[test]
fn a_drift_that_changes_no_rate_bends_no_timer() {
    let story = Stage::new(1, 200)
        .boot(0, vec![Op::Set(1, 100 * MS, vec![])])
        .fault(20, nodes(&[0]), Action::Drift(Drift::NONE), lasting(30))
        .run();
    assert_eq!((story.fired(0, 1), story.report(0).effects), (vec![100 * MS], 0));
}

#[test]
fn a_jump_moves_the_wall_clock_alone_and_for_good() {
    let ask = vec![Op::TellWall, Op::TellClock];
    let story = Stage::new(1, 100)
        .order(10, 0, ask.clone())
        .fault(20, nodes(&[0]), Action::Jump(-5_000), lasting(10))
        .order(40, 0, ask)
        .run();
    let epoch = Clock::WALL_EPOCH.as_nanos();
    let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    let wall = |nanos| Said::Wall(epoch + nanos);
    let clock = |millis| Said::Clock(millis * MS);
    assert_eq!(said, [wall(10 * MS), clock(10), wall(40 * MS - 5_000), clock(40)]);
    assert_eq!((story.report(0).effects, story.report(0).ended), (1, None));
}

#[test]
fn a_milestone_strikes_at_its_nth_occurrence_and_after_its_delay() {
    let when = When::Milestone { word: "belief".into(), nth: 3, after: Duration::from_millis(7) };
    let story = (1..=5)
        .fold(Stage::new(2, 100), |s, at| {
            s.order(at * 10, (at % 2) as u32, vec![Op::Believe(at), Op::TellClock])
        })
        .fault_when(when, nodes(&[1]), CRASH, lasting(1))
        .run();
    let struck = story.report(0).struck.expect("there was a third belief");
    assert_eq!(struck.at, ms(37));
    let event = story.rows.iter().find(|row| row.note == Note::Struck(0)).expect("told").event;
    assert_eq!(struck.event, event);
}

#[test]
fn a_milestone_that_waits_for_no_time_strikes_after_the_step_at_the_same_instant() {
    let when = When::Milestone { word: "belief".into(), nth: 1, after: Duration::ZERO };
    let story = Stage::new(1, 100)
        .order(10, 0, vec![Op::Believe(1), Op::TellClock])
        .order(10, 0, vec![Op::Believe(2)])
        .fault_when(when, nodes(&[0]), CRASH, None)
        .run();
    let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(said, [Said::Belief(1), Said::Clock(10 * MS), Said::Belief(2)]);
    assert_eq!(story.report(0).struck.map(|struck| struck.at), Some(ms(10)));
}

#[test]
fn a_role_is_resolved_when_the_fault_strikes_and_may_be_played_by_several() {
    let lead = |leads| vec![Op::Lead(leads)];
    let story = Stage::new(4, 100)
        .order(10, 0, lead(true))
        .order(20, 0, lead(false))
        .order(30, 2, lead(true))
        .order(30, 3, lead(true))
        .fault(40, Target::Role("leader".into()), CRASH, lasting(10))
        .fault(60, Target::Role("leader".into()), CRASH, lasting(10))
        .fault(60, Target::Role("queen".into()), Action::Pause, None)
        .run();
    let struck = story.report(0).struck.expect("two led");
    assert_eq!((struck.nodes, story.report(0).effects), (vec![n(2), n(3)], 2));
    // A leader that crashed leads no more: the others have not fired, and say so.
    for fault in [1, 2] {
        let report = story.report(fault);
        assert_eq!((report.struck, report.ended, report.effects), (None, None, 0));
        assert_eq!(report.unfired, Some(Unfired::Nobody));
    }
    assert_eq!(story.count(|note| matches!(note, Note::Struck(_))), 2);
}

#[test]
fn a_milestone_that_never_comes_is_reported_as_not_fired() {
    let when = When::Milestone { word: "drew".into(), nth: 1, after: Duration::ZERO };
    let story = chatter(50).fault_when(when, nodes(&[1]), CRASH, None).run();
    assert_eq!(story.report(0).struck, None);
    assert_eq!(story.report(0).unfired, Some(Unfired::NoMilestone));
    assert_eq!(story.count(|note| matches!(note, Note::Struck(_))), 0);
}

#[test]
fn a_fault_that_the_run_did_not_live_to_see_lies_ahead() {
    let late = When::Milestone { word: "belief".into(), nth: 1, after: Duration::from_secs(1) };
    let story = Stage::new(1, 50)
        .order(10, 0, vec![Op::Believe(1)])
        .fault_when(late, nodes(&[0]), CRASH, None)
        .fault(60, nodes(&[0]), CRASH, None)
        .fault(40, nodes(&[0]), CRASH, None)
        .run();
    let unfired: Vec<_> = (0..3).map(|fault| story.report(fault).unfired).collect();
    assert_eq!(unfired, [Some(Unfired::Ahead), Some(Unfired::Ahead), None]);
}

#[test]
fn heal_takes_every_fault_back_and_boots_who_is_down() {
    let all = Ratio { numerator: 1, denominator: 1 };
    let story = chatter(200)
        .fault(12, nodes(&[0]), CRASH, None)
        .fault(14, nodes(&[1]), Action::Pause, None)
        .fault(16, nodes(&[2]), Action::Isolate, None)
        .fault(17, Target::All, Action::Loss(all), None)
        .fault(18, nodes(&[2]), Action::Drift(Drift::FROZEN), None)
        .heal(100, &[0, 1, 2])
        .run();
    for fault in 0..5 {
        assert_eq!(story.report(fault).ended, Some(ms(100)), "fault {fault}");
    }
    assert!(story.simulation.world().is_healed());
    for node in 0..3 {
        assert!(story.simulation.world().is_up(n(node)));
        let last = *story.fired(node, 1).last().expect("it talks again");
        assert!(last > 180 * MS, "n{node}: {last}");
    }
    assert_eq!(story.simulation.world().node(n(2)).clock.drift(), Drift::NONE);
}

#[test]
fn at_the_heal_the_network_is_whole_before_a_node_boots() {
    let story = Stage::new(2, 100)
        .boot(0, vec![talk(1, 9)])
        .fault(10, nodes(&[0]), CRASH, None)
        .fault(20, nodes(&[0]), Action::Isolate, None)
        .heal(50, &[0, 1])
        .run();
    assert_eq!(story.heard(1), [9, 9], "what it says at its boot is heard");
}

#[test]
fn no_fault_strikes_when_the_storm_is_over() {
    let at_milestone =
        When::Milestone { word: "belief".into(), nth: 1, after: Duration::from_millis(10) };
    let story = Stage::new(2, 200)
        .order(95, 0, vec![Op::Believe(1)])
        .fault_when(at_milestone, nodes(&[0]), CRASH, None)
        .fault(100, nodes(&[0]), CRASH, None)
        .fault(120, nodes(&[1]), CRASH, None)
        .heal(100, &[0, 1])
        .run();
    for fault in 0..3 {
        let report = story.report(fault);
        assert_eq!((report.struck, report.unfired), (None, Some(Unfired::StormOver)), "{fault}");
    }
    assert!(story.simulation.world().is_up(n(0)) && story.simulation.world().is_up(n(1)));
}

#[test]
fn who_is_not_in_the_core_keeps_its_failure() {
    let cut = Cut::Groups(vec![vec![n(0)], vec![n(1)], vec![n(2), n(3)]]);
    let story = (0..4u32)
        .fold(Stage::new(4, 200), |stage, node| {
            let all = (0..4).map(|to| talk(to, u64::from(node))).collect();
            stage.order(150, node, all)
        })
        .fault(10, nodes(&[1, 2]), Action::Pause, None)
        .fault(20, nodes(&[1, 2]), CRASH, None)
        .fault(30, nodes(&[0, 3]), Action::Drift(Drift::from_ppm(9)), None)
        .fault(40, Target::All, Action::Partition(cut), None)
        .heal(100, &[0, 1])
        .run();
    let world = story.simulation.world();
    assert!(world.is_up(n(0)) && world.is_up(n(1)) && !world.is_up(n(2)));
    assert_eq!(world.node(n(0)).clock.drift().ppm(), 0);
    assert_eq!(world.node(n(3)).clock.drift().ppm(), 9);
    let sorted = |node| {
        let mut heard = story.heard(node);
        heard.sort();
        heard
    };
    assert_eq!((sorted(0), sorted(1), sorted(3)), (vec![0, 1], vec![0, 1], vec![3]));
    // What is still in force outside the core has not ended.
    for fault in 0..4 {
        assert_eq!(story.report(fault).ended, None, "fault {fault}");
    }
    assert_eq!(story.ended, Ended::Quiet);
}

#[test]
fn a_setup_that_names_what_is_not_there_is_refused_at_once() {
    let refused = |stage: Stage| {
        let caught = std::panic::catch_unwind(|| drop(stage.simulation()));
        let text = caught.expect_err("it is refused");
        text.downcast_ref::<String>().cloned().expect("it says why")
    };
    let base = || Stage::new(2, 10);
    assert!(refused(base().fault(1, nodes(&[2]), CRASH, None)).contains("n2"));
    assert!(refused(base().order(1, 7, vec![])).contains("n7"));
    assert!(refused(base().heal(1, &[0, 3])).contains("n3"));
    let cut = Cut::OneWay { from: vec![n(0)], to: vec![n(4)] };
    assert!(refused(base().fault(1, Target::All, Action::Partition(cut), None)).contains("n4"));
    let mut twins = base().fault(1, nodes(&[0]), CRASH, None).fault(2, nodes(&[0]), CRASH, None);
    twins.schedule.faults[1].id = FaultId(0);
    assert!(refused(twins).contains("f0"));
}
