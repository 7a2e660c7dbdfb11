//! Faults that strike the nodes of a role one after another, each by a fault of its own.

use super::puppet::Op;
use super::stage::*;
use stormseed::fault::{Action, Target, Unfired};
use stormseed::id::FaultId;
use stormseed::time::Duration;

fn apart(action: Action, offsets: &[u64]) -> Action {
    let offsets = offsets.iter().map(|&millis| Duration::from_millis(millis)).collect();
    Action::Spread { action: Box::new(action), offsets }
}

/// Of five nodes, n1, n2 and n4 lead.
fn led() -> Stage {
    let lead = |stage: Stage, node| stage.order(1, node, vec![Op::Lead(true)]);
    [1, 2, 4].into_iter().fold(Stage::new(5, 200), lead)
}

fn leaders() -> Target {
    Target::Role("leader".into())
}

#[test]
fn each_node_of_the_role_is_struck_at_its_own_time_and_released_after_its_own_length() {
    let story = led().fault(50, leaders(), apart(CRASH, &[9, 7, 0, 9, 3]), lasting(20)).fault(
        100,
        nodes(&[0]),
        CRASH,
        None,
    );
    let story = Stage { schedule: with_ids(story.schedule, &[0, 6]), ..story }.run();
    let crashed = |node| story.times(node, |note| matches!(note, Note::Crashed(_)));
    let booted = |node| story.times(node, |note| matches!(note, Note::Booted(_)));
    for (node, at) in [(1, 57), (2, 50), (4, 53)] {
        assert_eq!(crashed(node), [at * MS], "whoever dies first changes nobody else's time");
        assert_eq!(booted(node), [0, (at + 20) * MS]);
    }
    assert!(crashed(3).is_empty());
    let reports = story.simulation.faults();
    let parent = &reports[0];
    assert_eq!((parent.family, parent.effects, parent.ended), ("spread", 3, None));
    assert_eq!(parent.struck.as_ref().map(|s| s.nodes.clone()), Some(vec![n(1), n(2), n(4)]));
    let own: Vec<(FaultId, &str, u64)> =
        reports[2..].iter().map(|report| (report.id, report.family, report.effects)).collect();
    assert_eq!(own, [2, 3, 5].map(|id| (FaultId(id), "crash", 1)));
}

/// Gives the faults these names.
fn with_ids(
    mut schedule: stormseed::schedule::Schedule<super::puppet::Order>,
    ids: &[u32],
) -> stormseed::schedule::Schedule<super::puppet::Order> {
    for (fault, id) in schedule.faults.iter_mut().zip(ids) {
        fault.id = FaultId(*id);
    }
    schedule
}

#[test]
fn the_cuts_of_a_spread_are_each_mended_by_themselves() {
    let story = led()
        .fault(50, leaders(), apart(Action::Isolate, &[0, 10, 20, 0, 30]), lasting(15))
        .order(62, 0, vec![talk(1, 1), talk(2, 2), talk(4, 3)])
        .order(68, 0, vec![talk(1, 4), talk(2, 5), talk(4, 6)])
        .order(72, 0, vec![talk(1, 7), talk(2, 8), talk(4, 9)])
        .run();
    // n1 is cut off from 60 to 75, n2 from 70 to 85, n4 from 80 to 95.
    assert_eq!((story.heard(1), story.heard(2)), (vec![], vec![2, 5]));
    assert_eq!(story.heard(4), [3, 6, 9]);
}

#[test]
fn what_the_storm_did_not_live_to_see_of_a_spread_says_so() {
    let story = led()
        .fault(50, leaders(), apart(CRASH, &[0, 0, 60, 0, 200]), None)
        .heal(100, &[0, 1, 2, 3, 4])
        .run();
    let unfired: Vec<_> = story.simulation.faults().iter().map(|report| report.unfired).collect();
    assert_eq!(unfired, [None, None, Some(Unfired::StormOver), Some(Unfired::Ahead)]);
    let nobody = Stage::new(2, 100).fault(5, leaders(), apart(CRASH, &[0, 0]), None).run();
    assert_eq!(nobody.report(0).unfired, Some(Unfired::Nobody));
}

#[test]
fn numbers_that_a_spread_may_need_must_be_free() {
    let stage =
        led().fault(50, leaders(), apart(CRASH, &[0; 5]), None).fault(60, nodes(&[0]), CRASH, None);
    let caught = std::panic::catch_unwind(|| drop(stage.simulation()));
    let text = *caught.expect_err("refused").downcast::<String>().expect("it says why");
    assert!(text.contains("f1"), "{text}");
    let short = led().fault(50, leaders(), apart(CRASH, &[0; 4]), None);
    assert!(std::panic::catch_unwind(|| drop(short.simulation())).is_err());
}
