//! A fault that is told where it struck strikes there again, whatever its aim says.

use super::puppet::{Op, Word};
use super::stage::*;
use proptest::prelude::*;
use stormseed::fault::{Action, Struck, Target, When};
use stormseed::time::Duration;

/// The same schedule, every fault with the record of where it struck.
fn told(stage: &Stage, story: &Story) -> Stage {
    let mut again = stage.clone();
    for (fault, report) in again.schedule.faults.iter_mut().zip(story.simulation.faults()) {
        assert_eq!(fault.id, report.id);
        fault.struck = report.struck;
    }
    again
}

/// The same with aims that never come to anything.
fn aimless(mut stage: Stage) -> Stage {
    for fault in stage.schedule.faults.iter_mut().filter(|fault| fault.struck.is_some()) {
        // What strikes at the heal is a part of it, and strikes at no other time.
        if fault.when != When::Heal {
            let (word, after) = ("drew".to_owned(), Duration::from_secs(900));
            fault.when = When::Milestone { word, nth: 4_000_000, after };
        }
        fault.who = Target::Role("nobody".into());
    }
    stage
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300, failure_persistence: None, ..Default::default()
    })]

    #[test]
    fn a_storm_that_is_told_where_it_struck_is_the_same_storm(stage in super::storms::stages()) {
        let story = stage.run();
        let again = told(&stage, &story);
        let ended = |story: &Story| -> Vec<_> {
            let reports = story.simulation.faults().into_iter();
            reports.map(|report| (report.struck, report.ended, report.effects)).collect()
        };
        let replay = again.run();
        prop_assert_eq!(ended(&replay), ended(&story));
        prop_assert_eq!(replay.counts(), story.counts());
        for replay in [replay, aimless(again).run()] {
            let both = replay.rows.iter().zip(&story.rows);
            let differing = both.clone().find(|(again, once)| again != once);
            prop_assert_eq!(differing, None);
            prop_assert_eq!(replay.rows.len(), story.rows.len());
            let digest = |story: &Story| story.simulation.digests().trace();
            prop_assert_eq!(digest(&replay), digest(&story));
        }
    }
}

/// Two nodes, each of which says something to both at 10 ms; messages take 1 ms.
fn busy() -> Stage {
    let talk_to_both = || vec![talk(0, 1), talk(1, 1), Op::SendNow(0, Word::Gossip(2))];
    Stage::new(2, 50).order(10, 0, talk_to_both()).order(10, 1, talk_to_both())
}

fn struck(at: u64, event: u64) -> Option<Struck> {
    Some(Struck { at: ms(at), event, nodes: vec![n(1)] })
}

#[test]
fn within_an_instant_it_strikes_before_the_event_that_follows_it() {
    let calm = busy().run();
    let of_instant: Vec<u64> =
        calm.rows.iter().filter(|row| row.at == 11 * MS).map(|row| row.event).collect();
    let (first, last) = (of_instant[0], of_instant[of_instant.len() - 1]);
    assert!(last > first + 3, "many events meet at 11 ms: {first} to {last}");
    for event in first..=last + 1 {
        let mut stage = busy().fault(40, nodes(&[0]), CRASH, None);
        stage.schedule.faults[0].struck = struck(11, event);
        let story = stage.run();
        let row = story.rows.iter().find(|row| row.note == Note::Struck(0)).expect("it strikes");
        assert_eq!((row.at, row.event, row.node), (11 * MS, event, 1));
        let before: Vec<&Row> = story.rows.iter().take_while(|r| r.event < event).collect();
        assert!(before.iter().zip(&calm.rows).all(|(ours, calm)| *ours == calm));
    }
}

#[test]
fn where_events_are_fewer_or_more_than_then_it_strikes_at_its_instant_all_the_same() {
    for event in [0, 1, 3, 5_000] {
        let mut stage = busy().fault(40, nodes(&[0]), Action::Pause, lasting(0));
        stage.schedule.faults[0].struck = struck(11, event);
        let story = stage.run();
        let report = story.report(0);
        assert_eq!(report.struck.as_ref().map(|struck| struck.at), Some(ms(11)), "{event}");
        assert_eq!((report.unfired, report.ended), (None, Some(ms(11))));
        let heard = story.times(1, |note| matches!(note, Note::Delivered(..)));
        let rows = story.rows.iter().filter(|row| row.at == 11 * MS);
        let place = rows.clone().position(|row| row.note == Note::Struck(0)).expect("told");
        let is_last = place + 1 + 3 >= rows.count();
        assert_eq!((is_last, heard.is_empty()), (event == 5_000, false), "{event}");
    }
}

#[test]
fn the_last_instant_of_a_run_is_an_instant_too() {
    let mut stage = Stage::new(2, 50).fault(1, nodes(&[0]), CRASH, None);
    stage.schedule.faults[0].struck = struck(50, 5_000);
    assert_eq!(stage.run().report(0).struck.map(|struck| struck.at), Some(ms(50)));
}

#[test]
fn one_that_struck_nobody_strikes_nobody() {
    let mut stage = busy().fault(20, nodes(&[0]), CRASH, None);
    stage.schedule.faults[0].struck = Some(Struck { at: ms(20), event: 1, nodes: vec![] });
    assert_eq!(stage.run().report(0).struck, None);
}
