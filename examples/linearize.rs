//! How long the checker of histories takes: histories of a store that is linearizable, and one
//! that nobody can decide. `docs/linearize.md` holds the table.
//!
//! `cargo run --release --example linearize`
#![expect(clippy::print_stdout, reason = "a measurement prints its table")]
#![expect(clippy::disallowed_methods, reason = "what is measured is the host's time")]

use std::time::Instant;
use stormseed::history::{
    Answer, Budget, ClientId, History, Keyed, Recorder, Register, RegisterCall, RegisterReply,
    linearizable,
};
use stormseed::rng::{Stream, range};
use stormseed::time::SimTime;

type Store = History<(u64, RegisterCall<u64>), RegisterReply<u64>>;
type Doing = Option<(u64, RegisterCall<u64>, Option<RegisterReply<u64>>)>;

/// Clients ask a store, which answers at an instant between question and answer; one in `unknown`
/// answers is lost, if any.
fn store(operations: u64, clients: u64, keys: u64, unknown: u64) -> Store {
    let mut luck = Stream::new(0, "history");
    let mut recorder = Recorder::new();
    let mut holds = vec![None; keys as usize];
    let mut doing: Vec<Doing> = vec![None; clients as usize];
    let (mut asked, mut now) = (0, 0);
    while asked < operations {
        now += 1;
        let who = range(&mut luck, 0..=clients - 1);
        let (client, at) = (ClientId(who), SimTime::from_nanos(now));
        let doing = &mut doing[who as usize];
        let recorded = match doing.take() {
            None => {
                asked += 1;
                let key = range(&mut luck, 0..=keys - 1);
                let call = match range(&mut luck, 0..=1) {
                    0 => RegisterCall::Read,
                    _ => RegisterCall::Write(range(&mut luck, 0..=4)),
                };
                *doing = Some((key, call.clone(), None));
                recorder.invoke(client, (key, call), at)
            }
            Some((key, call, None)) => {
                let holds = &mut holds[key as usize];
                let reply = match call {
                    RegisterCall::Write(value) => {
                        *holds = Some(value);
                        RegisterReply::Done
                    }
                    _ => RegisterReply::Value(*holds),
                };
                *doing = Some((key, call, Some(reply)));
                continue;
            }
            Some(_) if unknown > 0 && range(&mut luck, 1..=unknown) == 1 => {
                recorder.info(client, at)
            }
            Some((_, _, Some(reply))) => recorder.ok(client, reply, at),
        };
        recorded.expect("a client asks one question at a time");
    }
    recorder.finish()
}

/// Writes of which nobody knows, and a read of what nobody wrote: all their subsets must be tried.
fn undecidable(writes: u64) -> Store {
    let mut recorder = Recorder::new();
    let at = SimTime::from_nanos;
    let mut done = Vec::new();
    for n in 0..writes {
        done.push(recorder.invoke(ClientId(n), (0, RegisterCall::Write(n)), at(n)));
    }
    done.push(recorder.invoke(ClientId(writes), (0, RegisterCall::Read), at(writes)));
    let reply = RegisterReply::Value(Some(u64::MAX));
    done.push(recorder.ok(ClientId(writes), reply, at(writes + 1)));
    assert!(done.iter().all(Result::is_ok), "each client asks once");
    recorder.finish()
}

fn main() {
    let histories = [
        ("register, 170 operations, 5 clients", store(170, 5, 1, 0)),
        ("register, 170 operations, 5 clients, 1 in 20 unknown", store(170, 5, 1, 20)),
        ("register, 10,000 operations, 10 clients", store(10_000, 10, 1, 0)),
        ("store, 100,000 operations, 20 clients, 1,000 keys", store(100_000, 20, 1_000, 0)),
        ("the same, 1 in 50 unknown", store(100_000, 20, 1_000, 50)),
        ("40 unknown writes, a read of none of them", undecidable(40)),
    ];
    for (name, history) in histories {
        let start = Instant::now();
        let model = Keyed::new(Register::default());
        let answer = linearizable(&model, &history, Budget::default());
        let took = start.elapsed();
        let answer = match answer {
            Answer::Holds { .. } => "holds",
            Answer::Broken(_) => "broken",
            Answer::GaveUp { .. } => "gave up",
        };
        println!("{name:<55} {answer:<8} {:>9.2} ms", took.as_secs_f64() * 1e3);
    }
}
