//! Long histories whose answer is known by construction: from an object that is linearizable, and
//! with one planted stale read.

use stormseed::history::{
    Answer, Budget, ClientId, End, History, Keyed, Operation, Recorder, Register, RegisterCall,
    RegisterReply, linearizable,
};
use stormseed::rng::{Stream, range};
use stormseed::time::SimTime;

type Call = (u64, RegisterCall<u64>);
type Store = History<Call, RegisterReply<u64>>;

/// A client between its questions and its answers.
#[derive(Clone, Debug)]
enum Doing {
    Nothing,
    Asked(Call),
    Done(RegisterReply<u64>),
}

/// Clients ask a store, which answers each at one instant between question and answer; every value
/// is written once. One in `unknown` answers is lost, of an operation that was done or was not.
fn real(seed: u64, operations: u64, clients: usize, keys: u64, unknown: u64) -> Store {
    let mut luck = Stream::new(seed, "history");
    let mut recorder = Recorder::new();
    let mut store = vec![None; keys as usize];
    let mut doing = vec![Doing::Nothing; clients];
    let (mut asked, mut now) = (0, 0);
    while asked < operations {
        now += 1;
        let who = range(&mut luck, 0..=clients as u64 - 1);
        let (client, at) = (ClientId(who), SimTime::from_nanos(now));
        let is_lost = unknown > 0 && range(&mut luck, 1..=unknown) == 1;
        let next = match doing[who as usize].clone() {
            Doing::Nothing => {
                asked += 1;
                let call = match range(&mut luck, 0..=1) {
                    0 => RegisterCall::Read,
                    _ => RegisterCall::Write(asked),
                };
                let call = (range(&mut luck, 0..=keys - 1), call);
                recorder.invoke(client, call.clone(), at).expect("it has no open question");
                Doing::Asked(call)
            }
            Doing::Asked(_) | Doing::Done(_) if is_lost => {
                recorder.info(client, at).expect("it has an open question");
                Doing::Nothing
            }
            Doing::Asked((key, RegisterCall::Write(value))) => {
                store[key as usize] = Some(value);
                Doing::Done(RegisterReply::Done)
            }
            Doing::Asked((key, _)) => Doing::Done(RegisterReply::Value(store[key as usize])),
            Doing::Done(reply) => {
                recorder.ok(client, reply, at).expect("it has an open question");
                Doing::Nothing
            }
        };
        doing[who as usize] = next;
    }
    recorder.finish()
}

/// The same history in which the last possible read tells a value that was overwritten before it
/// was asked.
fn with_a_stale_read(history: &Store) -> Option<Store> {
    let mut operations: Vec<Operation<Call, RegisterReply<u64>>> = history.operations().to_vec();
    let is_ok_write = |o: &&Operation<Call, RegisterReply<u64>>, key: u64| {
        o.call.0 == key && matches!((&o.call.1, &o.end), (RegisterCall::Write(_), End::Ok { .. }))
    };
    let ended = |o: &Operation<Call, RegisterReply<u64>>| match &o.end {
        End::Ok { at, .. } => *at,
        _ => SimTime::MAX,
    };
    let (place, stale) = operations.iter().enumerate().rev().find_map(|(place, read)| {
        let is_read = read.call.1 == RegisterCall::Read && matches!(read.end, End::Ok { .. });
        let writes = || operations.iter().filter(|o| is_ok_write(o, read.call.0));
        let last = writes().rfind(|w| is_read && ended(w) < read.invoked_at)?;
        let old = writes().find(|w| ended(w) < last.invoked_at)?;
        match old.call.1 {
            RegisterCall::Write(value) => Some((place, value)),
            _ => None,
        }
    })?;
    let at = ended(&operations[place]);
    operations[place].end = End::Ok { reply: RegisterReply::Value(Some(stale)), at };
    Some(replayed(&operations))
}

/// A history of these operations, recorded anew.
fn replayed(operations: &[Operation<Call, RegisterReply<u64>>]) -> Store {
    let mut events = Vec::new();
    for (place, operation) in operations.iter().enumerate() {
        events.push((operation.invoked_at, place, true));
        match &operation.end {
            End::Ok { at, .. } => events.push((*at, place, false)),
            // It ended before the client asked again; when does not matter.
            _ => events.push((operation.invoked_at, place, false)),
        }
    }
    events.sort_by_key(|(at, place, is_call)| (*at, *place, !*is_call));
    let mut recorder = Recorder::new();
    for (at, place, is_call) in events {
        let operation = &operations[place];
        let recorded = match (is_call, &operation.end) {
            (true, _) => recorder.invoke(operation.client, operation.call.clone(), at),
            (_, End::Ok { reply, .. }) => recorder.ok(operation.client, reply.clone(), at),
            (_, End::Failed) => recorder.fail(operation.client, at),
            (_, End::Info) => recorder.info(operation.client, at),
        };
        recorded.expect("it was recorded before");
    }
    recorder.finish()
}

fn check(history: &Store) -> Answer<u64, Option<u64>> {
    linearizable(&Keyed::new(Register::default()), history, Budget::default())
}

#[test]
fn what_a_real_object_answered_holds_and_a_planted_stale_read_does_not() {
    let mut planted = 0;
    for seed in 0..60 {
        let (clients, keys, unknown) = [(2, 1, 0), (5, 1, 40), (5, 4, 20)][seed as usize % 3];
        let history = real(seed, 120, clients, keys, unknown);
        let answer = check(&history);
        assert!(matches!(answer, Answer::Holds { .. }), "seed {seed}: {answer:?}");
        if let Some(stale) = with_a_stale_read(&history) {
            planted += 1;
            let answer = check(&stale);
            assert!(matches!(answer, Answer::Broken(_)), "seed {seed}: {answer:?}");
        }
    }
    assert!(planted >= 55, "only {planted} histories had room for a stale read");
}

#[test]
fn the_order_of_a_witness_is_one_that_the_object_can_have_taken() {
    for seed in 0..20 {
        let history = real(seed, 200, 6, 3, 30);
        let Answer::Holds { orders } = check(&history) else { panic!("seed {seed}") };
        let mut explained = 0;
        for order in orders {
            let (mut holds, mut latest) = (None, SimTime::ZERO);
            for id in order.operations {
                let operation = history.operation(id);
                assert_eq!(operation.call.0, order.key);
                latest = latest.max(operation.invoked_at);
                if let End::Ok { at, .. } = operation.end {
                    assert!(latest <= at, "seed {seed}: after its own answer");
                    explained += 1;
                }
                match (&operation.call.1, &operation.end) {
                    (RegisterCall::Write(value), _) => holds = Some(*value),
                    (_, End::Ok { reply, .. }) => assert_eq!(*reply, RegisterReply::Value(holds)),
                    (_, _) => panic!("seed {seed}: a read that nobody saw is not searched for"),
                }
            }
        }
        let answered = history.operations().iter().filter(|o| matches!(o.end, End::Ok { .. }));
        assert_eq!(explained, answered.count(), "seed {seed}: every answer is explained");
    }
}
