//! Hand-made histories that everybody who checks histories has drawn once.

use super::{Came, Numbers, history};
use stormseed::history::{
    Answer, Broken, Budget, ClientId, FencedLock, HistoryError, Keyed, Lock, LockCall, LockReply,
    Model, OperationId, Recorder, Register, RegisterCall, RegisterReply, linearizable, sequential,
};
use stormseed::time::SimTime;

type Interval = (u64, RegisterCall<u64>, u64, u64, Came<RegisterReply<u64>>);
type Held = (u64, LockCall, u64, u64, Came<LockReply>);

fn write(client: u64, value: u64, from: u64, to: u64) -> Interval {
    (client, RegisterCall::Write(value), from, to, Came::Ok(RegisterReply::Done))
}

fn read(client: u64, value: impl Into<Option<u64>>, from: u64, to: u64) -> Interval {
    let reply = RegisterReply::Value(value.into());
    (client, RegisterCall::Read, from, to, Came::Ok(reply))
}

fn swap(client: u64, expected: u64, new: u64, from: u64, to: u64) -> Interval {
    let call = RegisterCall::CompareAndSwap { expected, new };
    (client, call, from, to, Came::Ok(RegisterReply::Done))
}

fn unknown(mut interval: Interval) -> Interval {
    interval.4 = Came::Info;
    interval
}

fn failed(mut interval: Interval) -> Interval {
    interval.4 = Came::Fail;
    interval
}

fn check(history: &Numbers) -> Answer<(), Option<u64>> {
    linearizable(&Register::default(), history, Budget::default())
}

fn holds(intervals: &[Interval]) -> bool {
    match check(&history(intervals)) {
        Answer::Holds { .. } => true,
        Answer::Broken(_) => false,
        Answer::GaveUp { .. } => panic!("{intervals:?} is short"),
    }
}

fn lock_holds<M>(model: &M, intervals: &[Held]) -> bool
where
    M: Model<Call = LockCall, Reply = LockReply>,
{
    matches!(linearizable(model, &history(intervals), Budget::default()), Answer::Holds { .. })
}

#[test]
fn a_stale_read_is_found_with_what_came_before_it() {
    let history = history(&[write(0, 1, 0, 10), write(1, 2, 20, 30), read(2, 1, 40, 50)]);
    let Answer::Broken(broken) = check(&history) else { panic!("1 was overwritten") };
    let prefix = vec![OperationId(0), OperationId(1)];
    let cannot_follow = vec![OperationId(2)];
    assert_eq!(broken, Broken { key: (), prefix, state: Some(2), cannot_follow, answered: 3 });
}

#[test]
fn a_read_beside_a_write_may_see_it_or_not_but_not_see_it_go() {
    for value in [Some(1), None] {
        assert!(holds(&[write(0, 1, 0, 100), read(1, value, 10, 20)]));
    }
    assert!(holds(&[write(0, 1, 0, 100), read(1, None, 10, 20), read(2, 1, 30, 40)]));
    assert!(!holds(&[write(0, 1, 0, 100), read(1, 1, 10, 20), read(2, None, 30, 40)]));
}

#[test]
fn two_clients_must_not_see_concurrent_writes_in_two_orders() {
    let writes = [write(0, 1, 0, 100), write(1, 2, 0, 100)];
    let readers = |first: [u64; 2], second: [u64; 2]| {
        let one = [read(2, first[0], 110, 120), read(2, first[1], 130, 140)];
        let other = [read(3, second[0], 110, 120), read(3, second[1], 130, 140)];
        holds(&[&writes[..], &one, &other].concat())
    };
    assert!(readers([1, 1], [1, 1]) && readers([2, 2], [2, 2]));
    assert!(!readers([1, 1], [2, 2]) && !readers([1, 2], [1, 2]));
}

#[test]
fn a_lost_update_shows_as_two_swaps_of_one_value() {
    let both = [write(0, 1, 0, 10), swap(1, 1, 2, 20, 40), swap(2, 1, 3, 20, 40)];
    assert!(!holds(&both));
    let mut one = both;
    one[2].4 = Came::Ok(RegisterReply::Differs);
    assert!(holds(&one));
}

#[test]
fn an_unknown_write_may_take_effect_late_or_never_but_not_before_it_was_asked() {
    let late = unknown(write(0, 1, 20, 30));
    assert!(holds(&[late.clone(), read(1, None, 40, 50), read(1, 1, 60, 70)]));
    assert!(holds(&[late.clone(), read(1, None, 40, 50), read(1, None, 60, 70)]));
    assert!(!holds(&[read(1, 1, 0, 10), late.clone()]));
    // It takes effect once.
    let overwritten = [late, write(2, 2, 60, 70), read(1, 1, 40, 50), read(1, 1, 80, 90)];
    assert!(!holds(&overwritten));
}

#[test]
fn a_failed_write_never_took_effect() {
    let write = failed(write(0, 1, 0, 10));
    assert!(holds(&[write.clone(), read(1, None, 20, 30)]));
    assert!(!holds(&[write, read(1, 1, 20, 30)]));
}

#[test]
fn at_the_instant_of_an_answer_others_are_concurrent_and_the_client_itself_is_not() {
    assert!(holds(&[write(0, 1, 0, 10), read(1, None, 10, 20)]));
    assert!(!holds(&[write(0, 1, 0, 10), read(0, None, 10, 20)]));
}

#[test]
fn a_lock_is_not_held_twice_nor_released_by_another() {
    use LockCall::{Acquire, Release};
    let done = || Came::Ok(LockReply::Done);
    let twice = [(0, Acquire, 0, 10, done()), (1, Acquire, 20, 30, done())];
    assert!(!lock_holds(&Lock, &twice));
    let released = [twice[0].clone(), (0, Release, 12, 14, done()), twice[1].clone()];
    assert!(lock_holds(&Lock, &released));
    let by_another = [twice[0].clone(), (1, Release, 12, 14, done())];
    assert!(!lock_holds(&Lock, &by_another));
    let perhaps = [twice[0].clone(), (0, Release, 12, 14, Came::Info), twice[1].clone()];
    assert!(lock_holds(&Lock, &perhaps));
}

#[test]
fn a_token_does_not_go_back_and_leaves_room_for_those_that_nobody_saw() {
    use LockCall::{Acquire, Release};
    let grants = |tokens: [Option<u64>; 3]| {
        let mut held = Vec::new();
        for (at, token) in (0..).step_by(100).zip(tokens) {
            let came = token.map_or(Came::Info, |token| Came::Ok(LockReply::Token(token)));
            held.push((0, Acquire, at, at + 10, came));
            held.push((0, Release, at + 20, at + 30, Came::Ok(LockReply::Done)));
        }
        lock_holds(&FencedLock, &held)
    };
    assert!(grants([Some(1), Some(2), Some(7)]));
    assert!(!grants([Some(1), Some(3), Some(2)]));
    assert!(!grants([Some(1), Some(1), Some(2)]));
    assert!(grants([Some(1), None, Some(3)]));
    assert!(!grants([Some(1), None, Some(2)]), "the release shows that one was between");
}

#[test]
fn keys_are_judged_each_for_itself_and_the_broken_one_is_named() {
    let keyed =
        |key, (client, call, from, to, came): Interval| (client, (key, call), from, to, came);
    let history = history(&[
        keyed("x", write(0, 1, 0, 10)),
        keyed("y", read(1, None, 20, 30)),
        keyed("x", read(1, None, 40, 50)),
    ]);
    let model = Keyed::new(Register::default());
    let answer = linearizable(&model, &history, Budget::default());
    assert!(matches!(answer, Answer::Broken(Broken { key: "x", .. })), "{answer:?}");
}

#[test]
fn what_is_stale_may_still_be_sequential_unless_one_client_saw_both() {
    let model = Register::default();
    let is_sequential = |intervals: &[Interval]| {
        let answer = sequential(&model, &history(intervals), Budget::default());
        matches!(answer, Answer::Holds { .. })
    };
    assert!(is_sequential(&[write(0, 1, 0, 10), read(1, None, 20, 30)]));
    let goes_back = [write(0, 1, 0, 10), read(1, 1, 20, 30), read(1, None, 40, 50)];
    assert!(!is_sequential(&goes_back));
    assert!(!is_sequential(&[write(0, 1, 0, 10), read(0, None, 20, 30)]));
}

#[test]
fn what_would_take_for_ever_gives_up_at_the_same_place_every_time() {
    // Forty writes of which nobody knows, and a read of what nobody wrote.
    let mut intervals: Vec<Interval> = (0..40).map(|n| unknown(write(n, n, n, 50))).collect();
    intervals.push(read(99, 1_000, 60, 70));
    let history = history(&intervals);
    let budget = Budget { configurations: 20_000, bytes: u64::MAX };
    let answer = linearizable(&Register::default(), &history, budget);
    let Answer::GaveUp { unfinished } = &answer else { panic!("{answer:?}") };
    assert_eq!((unfinished[0].remaining, unfinished[0].configurations), (1, 20_001));
    assert_eq!(answer, linearizable(&Register::default(), &history, budget));
    let budget = Budget { configurations: u64::MAX, bytes: 1 << 20 };
    let answer = linearizable(&Register::default(), &history, budget);
    assert!(matches!(answer, Answer::GaveUp { .. }));
}

#[test]
fn what_cannot_be_recorded_is_refused_and_changes_nothing() {
    let (client, at) = (ClientId(7), SimTime::from_nanos);
    let mut recorder: Recorder<u64, u64> = Recorder::new();
    assert_eq!(recorder.ok(client, 1, at(5)), Err(HistoryError::NotInvoked(client)));
    recorder.invoke(client, 1, at(5)).expect("the first");
    assert_eq!(recorder.invoke(client, 2, at(6)), Err(HistoryError::InvokedTwice(client)));
    let back = HistoryError::TimeWentBack { last: at(5), at: at(4) };
    assert_eq!(recorder.ok(client, 1, at(4)), Err(back));
    recorder.ok(client, 1, at(5)).expect("it is still open");
    assert_eq!(recorder.finish().operations().len(), 1);
}
