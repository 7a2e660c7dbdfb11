//! Budgets and edges: loops without time end as inconclusive, and nothing is too small or too far.

use super::puppet::{Op, Word};
use super::stage::*;
use stormseed::conditions::Latency;
use stormseed::engine::{Ended, Flow, Observer, Record};
use stormseed::fault::{Action, Target};
use stormseed::time::{Duration, SimTime};
use stormseed::world::World;

fn zero(conditions: &mut stormseed::conditions::Conditions) {
    conditions.network.latency = Latency::ZERO;
}

#[test]
fn a_message_to_oneself_without_delay_for_ever_uses_up_the_instant() {
    let mut stage = Stage::new(1, 100).with(zero).boot(0, vec![talk(0, 1)]);
    stage.script.talk = vec![talk(0, 1)];
    let story = stage.run();
    assert_eq!(story.ended, Ended::Budget("instant"));
    assert_eq!(story.counts().delivered, 100_001);
    assert_eq!(story.simulation.world().now(), SimTime::ZERO);
}

#[test]
fn a_timer_of_no_length_for_ever_uses_up_the_instant() {
    for ppm in [0, -1_000_000, -500_000, 500_000] {
        let mut stage = Stage::new(1, 100).with(|c| c.budgets.instant = 1_000).order(
            10,
            0,
            vec![Op::Every(1, 0, vec![])],
        );
        stage.schedule.clocks[0].drift = stormseed::time::Drift::from_ppm(ppm);
        let story = stage.run();
        assert_eq!(story.ended, Ended::Budget("instant"), "{ppm}");
        assert_eq!(story.simulation.world().now(), ms(10));
    }
}

#[test]
fn a_sync_without_delay_for_ever_uses_up_the_instant() {
    for (sync, ops) in [
        (Latency::ZERO, vec![Op::Persist(1), Op::Sync]),
        (Latency::Uniform { min: Duration::ZERO, max: Duration::ZERO }, vec![Op::Sync]),
    ] {
        let mut stage = Stage::new(1, 100).with(|c| c.sync = sync).boot(0, vec![Op::Sync]);
        stage.script.synced = ops;
        let story = stage.run();
        assert_eq!(story.ended, Ended::Budget("instant"));
    }
}

#[test]
fn messages_that_multiply_use_up_what_may_be_pending() {
    let mut stage = Stage::new(2, 100)
        .with(|c| {
            c.network.latency = Latency::Constant(Duration::from_millis(1));
            c.budgets.pending = 5_000;
        })
        .boot(0, vec![talk(1, 1)]);
    stage.script.talk = vec![talk(0, 1), talk(1, 1)];
    let story = stage.run();
    assert_eq!(story.ended, Ended::Budget("pending"));
    assert_eq!(story.simulation.pending(), 5_001);
}

#[test]
fn a_timer_set_earlier_and_earlier_counts_as_pending_until_its_old_times_are_past() {
    let stage = |budget| {
        let sets = (1..=3_000).rev().map(|after| Op::Set(1, after * MS, vec![])).collect();
        Stage::new(1, 4_000).with(|c| c.budgets.pending = budget).order(10, 0, sets).run()
    };
    let story = stage(3_000);
    assert_eq!((story.ended, story.fired(0, 1)), (Ended::Quiet, vec![11 * MS]));
    assert_eq!(stage(2_999).ended, Ended::Budget("pending"));
    let later = (1..=3_000).map(|after| Op::Set(1, after * MS, vec![])).collect();
    let story = Stage::new(1, 4_000).with(|c| c.budgets.pending = 2).order(10, 0, later).run();
    assert_eq!(story.fired(0, 1), [3_010 * MS], "set later and later, it keeps one entry");
}

#[test]
fn a_run_has_as_many_events_as_its_budget_says() {
    let stage = Stage::new(1, 100_000)
        .with(|c| c.budgets.events = 77)
        .boot(0, vec![Op::Every(1, MS, vec![])]);
    let story = stage.run();
    assert_eq!((story.ended, story.counts().events), (Ended::Budget("events"), 77));
}

#[test]
fn a_storm_of_strikes_without_time_ends_too() {
    // Each milestone sets off the next fault at the same instant.
    let mut stage = Stage::new(1, 100).boot(0, vec![Op::Believe(1)]);
    for nth in 1..=2_000 {
        let when =
            stormseed::fault::When::Milestone { word: "belief".into(), nth, after: Duration::ZERO };
        stage = stage.fault_when(when, nodes(&[0]), CRASH, Some(Duration::ZERO));
    }
    let story = stage.with(|c| c.budgets.instant = 1_000).run();
    assert_eq!(story.ended, Ended::Budget("instant"));
}

#[test]
fn a_budget_ends_a_run_again_when_it_is_run_again() {
    let mut stage = Stage::new(1, 100).with(zero).boot(0, vec![talk(0, 1)]);
    stage.script.talk = vec![talk(0, 1)];
    let mut simulation = stage.with(|c| c.budgets.instant = 50).simulation();
    for _ in 0..3 {
        assert_eq!(simulation.run(&mut ()), Ended::Budget("instant"));
    }
}

#[test]
fn an_empty_cluster_has_a_plan_and_no_events_of_nodes() {
    let mut stage = Stage::new(0, 100).heal(50, &[]).fault(10, Target::All, CRASH, None);
    stage.schedule.clocks.clear();
    let whole = stage.run();
    assert_eq!((whole.ended, whole.counts().events), (Ended::Quiet, 1));
    let mut simulation = stage.simulation();
    let mut recorder = Recorder::default();
    for at in 0..=100 {
        simulation.run_until(ms(at), &mut recorder);
    }
    assert_eq!(recorder.0, whole.rows);
}

#[test]
fn one_node_talks_to_itself_through_the_network_and_no_partition_parts_it_from_itself() {
    let story = Stage::new(1, 100)
        .fault(1, nodes(&[0]), Action::Isolate, None)
        .fault(1, nodes(&[0]), Action::Mute { sends: true, hears: true }, None)
        .order(10, 0, vec![talk(0, 4)])
        .run();
    assert_eq!(story.heard(0), [4]);
    assert_eq!(story.times(0, |note| matches!(note, Note::Delivered(..))), [11 * MS]);
}

#[test]
fn a_message_to_a_node_that_does_not_exist_is_the_senders_bug_and_says_so() {
    for op in [talk(7, 1), Op::SendNow(7, Word::Talk(1))] {
        for sync in [Latency::ZERO, Latency::Constant(Duration::from_millis(9))] {
            let op = op.clone();
            let story = std::panic::catch_unwind(move || {
                let stage = Stage::new(2, 12).with(|c| c.sync = sync);
                stage.order(10, 1, vec![Op::Sync, op]).run().counts()
            });
            let text = story.expect_err("it is the protocol's bug");
            let text = text.downcast_ref::<String>().expect("a sentence");
            assert!(text.contains("n1") && text.contains("n7"), "{text}");
        }
    }
}

#[test]
fn messages_may_travel_until_the_end_of_time() {
    let mut stage = Stage::new(2, 1)
        .with(|c| c.network.latency = Latency::Constant(Duration::MAX))
        .order(10, 0, vec![talk(1, 1), talk(1, 2)]);
    stage.schedule.end = SimTime::MAX;
    let story = stage.run();
    assert_eq!((story.ended, story.counts().delivered), (Ended::Quiet, 2));
}

/// Has seen enough before an instant.
struct Impatient(SimTime);

impl Observer<super::puppet::Puppet> for Impatient {
    fn on_record(&mut self, _: &Record<'_, super::puppet::Puppet>, _: &World) -> Flow {
        Flow::Continue
    }

    fn before(&mut self, next: SimTime, _: &World) -> Flow {
        if next >= self.0 { Flow::Enough } else { Flow::Continue }
    }
}

#[test]
fn an_observer_that_has_seen_enough_before_an_instant_ends_the_run_before_it() {
    let stage = Stage::new(1, 100).boot(0, vec![Op::Every(1, 10 * MS, vec![])]);
    let mut simulation = stage.simulation();
    assert_eq!(simulation.run(&mut Impatient(ms(30))), Ended::Enough);
    assert_eq!((simulation.world().now(), simulation.counts().timers), (ms(20), 2));
    let mut simulation = Stage::new(1, 100).simulation();
    assert_eq!(simulation.run(&mut Impatient(ms(30))), Ended::Enough);
}
