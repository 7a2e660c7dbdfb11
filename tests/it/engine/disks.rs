//! Disks: what waits for a sync, what a crash leaves, and every cut point of a step.

use super::puppet::{Op, Said, Word};
use super::stage::*;
use stormseed::conditions::Latency;
use stormseed::engine::Promised;
use stormseed::fault::{Action, DiskFate};
use stormseed::time::Duration;

fn slow_sync(millis: u64) -> impl FnOnce(&mut stormseed::conditions::Conditions) {
    move |conditions| conditions.sync = Latency::Constant(Duration::from_millis(millis))
}

fn is_sent(number: u64) -> impl Fn(&Note) -> bool {
    move |note| matches!(note, Note::Sent { word: Word::Talk(nth), .. } if *nth == number)
}

#[test]
fn messages_and_promises_wait_in_order_for_every_sync_asked_for() {
    let story = Stage::new(2, 100)
        .with(slow_sync(10))
        .with(|conditions| conditions.network.fifo = true)
        .order(10, 0, vec![talk(1, 1), Op::Persist(1), talk(1, 2), Op::Sync, talk(1, 3)])
        .order(15, 0, vec![Op::Promise(4), talk(1, 5), Op::Sync, Op::Promise(6), Op::Believe(7)])
        .order(17, 0, vec![talk(1, 8), Op::SendNow(1, Word::Talk(9))])
        .order(30, 0, vec![talk(1, 10)])
        .run();
    let at = |number| story.times(0, is_sent(number))[0] / MS;
    // Before the sync is asked for, nothing waits: not even for the write before it.
    assert_eq!((at(1), at(2), at(3)), (10, 10, 20));
    // The second step asks for a sync of its own, but these came before it.
    assert_eq!((at(5), at(8), at(9), at(10)), (20, 25, 17, 30));
    let said: Vec<(u64, Said)> = story.said(0).into_iter().map(|(t, s)| (t / MS, s)).collect();
    assert_eq!(said, [(15, Said::Belief(7)), (20, Said::Promise(4)), (25, Said::Promise(6))]);
    let order: Vec<&Note> = story
        .of(0)
        .into_iter()
        .filter(|(at, note)| *at == 20 && !matches!(note, Note::Synced))
        .map(|(_, note)| note)
        .collect();
    assert!(is_sent(3)(order[0]) && is_sent(5)(order[2]), "{order:?}");
    assert_eq!(order[1], &Note::Observed(Said::Promise(4), Promised::Promise));
    assert_eq!(story.heard(1), [1, 2, 9, 3, 5, 8, 10]);
}

#[test]
fn a_node_is_told_of_its_sync_after_what_waited_has_left() {
    let mut stage =
        Stage::new(2, 100).with(slow_sync(10)).order(10, 0, vec![Op::Sync, Op::Promise(1)]);
    stage.script.synced = vec![Op::Believe(2)];
    let said: Vec<Said> = stage.run().said(0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(said, [Said::Promise(1), Said::Belief(2)]);
}

#[test]
fn a_crash_loses_exactly_what_was_not_synced() {
    let script = |crash: u64| {
        Stage::new(1, 200)
            .with(slow_sync(10))
            .boot(0, vec![Op::TellDisk])
            .order(10, 0, vec![Op::Persist(1), Op::Persist(2), Op::Sync, Op::Persist(3)])
            .order(15, 0, vec![Op::Persist(4), Op::Sync, Op::Persist(5)])
            .fault(crash, nodes(&[0]), CRASH, lasting(50))
            .run()
    };
    let cases: [(u64, &[u64], u64); 5] =
        [(9, &[], 0), (12, &[], 3), (19, &[], 5), (21, &[1, 2], 3), (26, &[1, 2, 3, 4], 1)];
    for (crash, left, lost) in cases {
        let story = script(crash);
        if crash > 10 {
            assert_eq!(story.disk(0), left, "crash at {crash}");
            assert_eq!(story.said(0).last().expect("boot").1, Said::Disk(left.to_vec()));
            assert_eq!(story.report(0).effects, 1 + lost);
        }
        assert_eq!(story.count(|note| *note == Note::Crashed(lost)), 1, "crash at {crash}");
    }
}

#[test]
fn a_sync_that_ends_at_the_instant_of_a_crash_comes_too_late() {
    let story = Stage::new(1, 100)
        .with(slow_sync(10))
        .order(10, 0, vec![Op::Persist(1), Op::Sync])
        .fault(20, nodes(&[0]), CRASH, lasting(5))
        .run();
    assert_eq!(story.disk(0), [0; 0], "the plan acts first at an instant");
}

#[test]
fn a_sync_that_ends_after_a_crash_tells_nobody_and_saves_nothing() {
    let story = Stage::new(2, 100)
        .with(slow_sync(20))
        .order(10, 0, vec![Op::Persist(1), Op::Sync, talk(1, 1), Op::Promise(1)])
        .fault(15, nodes(&[0]), CRASH, lasting(2))
        .order(18, 0, vec![Op::Persist(2), Op::Sync, talk(1, 2)])
        .run();
    assert_eq!(story.times(0, |note| *note == Note::Synced), [38 * MS]);
    assert_eq!((story.disk(0), story.heard(1)), (vec![2], vec![2]));
    assert!(story.said(0).is_empty());
}

#[test]
fn a_sync_without_delay_is_done_before_the_next_effect_and_told_by_an_event_of_its_own() {
    let mut stage = Stage::new(2, 100).order(
        10,
        0,
        vec![Op::Persist(1), Op::Sync, talk(1, 1), Op::Promise(1), Op::Believe(2)],
    );
    stage.script.synced = vec![Op::Believe(3)];
    let story = stage.run();
    let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(said, [Said::Promise(1), Said::Belief(2), Said::Belief(3)]);
    let event = |note: &Note| story.rows.iter().find(|row| row.note == *note).map(|row| row.event);
    assert_eq!(event(&Note::Synced), event(&Note::Commanded).map(|event| event + 1));
}

#[test]
fn drawn_latencies_end_syncs_in_their_order() {
    let range = Latency::Uniform { min: Duration::ZERO, max: Duration::from_millis(30) };
    let mut overtaken = 0;
    for seed in 0..200 {
        let story = (0..8u64)
            .fold(Stage::new(2, 200).seed(seed), |stage, nth| {
                let ops = vec![Op::Persist(nth), Op::Sync, talk(1, nth), Op::Promise(nth)];
                stage.order(10 + nth, 0, ops)
            })
            .with(|conditions| {
                conditions.sync = range;
                conditions.network.fifo = true;
            })
            .run();
        assert_eq!(story.heard(1), [0, 1, 2, 3, 4, 5, 6, 7], "seed {seed}");
        assert_eq!(story.disk(0), [0, 1, 2, 3, 4, 5, 6, 7]);
        let ends = story.times(0, |note| *note == Note::Synced);
        assert_eq!(ends.len(), 8);
        overtaken += ends.windows(2).filter(|pair| pair[0] == pair[1]).count();
        for (nth, end) in ends.iter().enumerate() {
            assert!((10 + nth as u64) * MS <= *end && *end <= (40 + nth as u64) * MS);
        }
    }
    assert!(overtaken > 100, "a slow sync holds up the ones behind it: {overtaken}");
}

/// The step under the knife: persist, sync, send, send, believe.
fn step() -> Vec<Op> {
    vec![Op::Persist(1), Op::Sync, talk(1, 1), talk(1, 2), Op::Believe(1)]
}

#[test]
fn a_crash_falls_behind_any_effect_of_a_step() {
    for effects in 0..=5u32 {
        let story = Stage::new(2, 100)
            .fault(5, nodes(&[0]), crash_after(effects), lasting(50))
            .order(10, 0, step())
            .run();
        let happened = [
            story.count(|note| matches!(note, Note::Persisted(_))),
            u64::from(!story.disk(0).is_empty()),
            story.times(0, is_sent(1)).len() as u64,
            story.times(0, is_sent(2)).len() as u64,
            story.said(0).len() as u64,
        ];
        let expected: Vec<u64> = (0..5).map(|nth| u64::from(nth < effects)).collect();
        assert_eq!(happened.to_vec(), expected, "after {effects}");
        assert_eq!(story.report(0).effects, 1 + u64::from(effects == 1), "after {effects}");
        assert_eq!(story.times(0, |note| matches!(note, Note::Crashed(_))), [10 * MS]);
        assert_eq!(story.heard(1).len(), (effects.saturating_sub(2) as usize).min(2));
        assert_eq!(story.count(|note| *note == Note::Synced), 0, "nobody is left to be told");
    }
}

#[test]
fn a_crash_falls_between_the_messages_that_a_sync_lets_go() {
    for effects in 0..=3u32 {
        let story = Stage::new(2, 100)
            .with(slow_sync(10))
            .order(10, 0, step())
            .fault(15, nodes(&[0]), crash_after(effects), lasting(50))
            .run();
        assert_eq!(story.heard(1).len() as u32, effects.min(2), "after {effects}");
        let crashed = story.count(|note| matches!(note, Note::Crashed(_)));
        // Two messages left and nothing else is wanted: a third effect never comes.
        assert_eq!(crashed, u64::from(effects < 3), "after {effects}");
    }
}

#[test]
fn effects_that_a_step_does_not_have_are_counted_in_the_next() {
    let story = Stage::new(1, 100)
        .fault(5, nodes(&[0]), crash_after(3), None)
        .order(10, 0, vec![Op::Believe(1), Op::Believe(2)])
        .order(20, 0, vec![Op::Believe(3), Op::Believe(4)])
        .run();
    let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(said, [1, 2, 3].map(Said::Belief));
}

#[test]
fn an_amnesiac_boots_with_an_empty_disk_and_writes_it_anew() {
    let wipe = Action::Crash { after_effect: None, disk: DiskFate::Amnesia };
    let story = Stage::new(1, 100)
        .with(slow_sync(1))
        .boot(0, vec![Op::TellDisk])
        .order(10, 0, vec![Op::Persist(1), Op::Sync])
        .fault(20, nodes(&[0]), wipe, lasting(5))
        .order(30, 0, vec![Op::Persist(2), Op::Sync, Op::TellDisk])
        .run();
    let said: Vec<Said> = story.said(0).into_iter().map(|(_, said)| said).collect();
    assert_eq!(said, [vec![], vec![], vec![2]].map(Said::Disk));
    assert_eq!(story.disk(0), [2]);
}

#[test]
fn a_node_reads_its_own_writes_before_they_are_synced() {
    let story = Stage::new(1, 50)
        .with(slow_sync(10))
        .order(10, 0, vec![Op::Persist(1), Op::TellDisk])
        .order(11, 0, vec![Op::TellDisk])
        .run();
    assert_eq!(story.said(0), [10, 11].map(|at| (at * MS, Said::Disk(vec![1]))));
    assert_eq!(story.disk(0), [0; 0]);
}
