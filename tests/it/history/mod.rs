//! The checker of histories against known answers: by hand, by brute force, by construction.

mod classics;
mod exhaustive;
mod random;
mod sessions;

use stormseed::history::{ClientId, History, Recorder, RegisterCall, RegisterReply};
use stormseed::time::SimTime;

/// A history of a register of numbers.
pub type Numbers = History<RegisterCall<u64>, RegisterReply<u64>>;

/// How an operation of a hand-made history ends.
#[derive(Clone, Debug)]
pub enum Came<R> {
    Ok(R),
    Fail,
    Info,
}

/// A history from intervals: client, call, first instant, last instant, end.
pub fn history<C: Clone, R: Clone>(intervals: &[(u64, C, u64, u64, Came<R>)]) -> History<C, R> {
    slowed(intervals, 1)
}

/// The same on a clock that ticks once in so many instants: all between two ticks touches.
pub fn slowed<C: Clone, R: Clone>(
    intervals: &[(u64, C, u64, u64, Came<R>)],
    tick: u64,
) -> History<C, R> {
    let mut events: Vec<(u64, bool, usize)> = Vec::new();
    for (place, (_, _, from, to, _)) in intervals.iter().enumerate() {
        events.extend([(*from, true, place), (*to, false, place)]);
    }
    // What a client is told at an instant comes before what it asks then.
    events.sort_by_key(|(at, is_call, _)| (*at, *is_call));
    let mut recorder = Recorder::new();
    for (at, is_call, place) in events {
        let (client, call, _, _, end) = &intervals[place];
        let (client, at) = (ClientId(*client), SimTime::from_nanos(at / tick));
        let recorded = match (is_call, end.clone()) {
            (true, _) => recorder.invoke(client, call.clone(), at),
            (false, Came::Ok(reply)) => recorder.ok(client, reply, at),
            (false, Came::Fail) => recorder.fail(client, at),
            (false, Came::Info) => recorder.info(client, at),
        };
        recorded.expect("the intervals of a client do not overlap");
    }
    recorder.finish()
}
