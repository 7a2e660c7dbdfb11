//! The lock as its clients saw it, given to the checker of linearizability (Herlihy and Wing 1990):
//! it has an order exactly where no two believed at once that they hold it.
//!
//! Two judges that share no code see the same runs. One hears every belief when it begins, the
//! other is shown a history when all is over.

use crate::scenarios::opened;
use std::collections::BTreeSet;
use stormseed::catalog::{Experiment, Options};
use stormseed::history::{
    Answer, Budget, ClientId, FencedLock, History, Keyed, Lock, LockCall, LockReply, Model,
    Recorder, linearizable,
};
use stormseed::observe::{Row, TraceLevel};

type Call = (u64, LockCall);

/// The history of all locks of a run, each told apart by its number.
#[derive(Default)]
struct Locks {
    recorder: Recorder<Call, LockReply>,
    /// Who holds which lock.
    held: BTreeSet<(ClientId, u64)>,
    has_tokens: bool,
}

/// The number behind a field's name in a belief as traces write it.
fn field(detail: &str, name: &str) -> Option<u64> {
    let (_, rest) = detail.split_once(&format!("{name}:"))?;
    rest.split(|it: char| !it.is_ascii_digit()).next()?.parse().ok()
}

impl Locks {
    fn hear(&mut self, row: &Row) {
        let client = ClientId(u64::from(row.node.number()));
        let lock = field(&row.detail, "lock").unwrap_or(0);
        match row.word {
            "lock-requested" => self.asks(client, lock, row),
            "request-abandoned" => {
                self.recorder.fail(client, row.at).expect("it had asked");
            }
            "lock-acquired" => {
                if self.recorder.open(client).is_none() {
                    self.asks(client, lock, row);
                }
                let token = field(&row.detail, "token");
                self.has_tokens |= token.is_some();
                let reply = token.map_or(LockReply::Done, LockReply::Token);
                self.recorder.ok(client, reply, row.at).expect("it had asked");
                self.held.insert((client, lock));
            }
            "lock-released" | "lock-lost" => self.gives_back(client, lock, row),
            _ if row.kind == "crash" => {
                if self.recorder.open(client).is_some() {
                    self.recorder.fail(client, row.at).expect("it had asked");
                }
                let held = self.held.iter().filter(|(of, _)| *of == client);
                let held: Vec<u64> = held.map(|(_, lock)| *lock).collect();
                held.into_iter().for_each(|lock| self.gives_back(client, lock, row));
            }
            _ => {}
        }
    }

    fn asks(&mut self, client: ClientId, lock: u64, row: &Row) {
        let asked = self.recorder.invoke(client, (lock, LockCall::Acquire), row.at);
        asked.expect("it asks for one lock at a time");
    }

    /// From this instant on it does not believe to hold the lock.
    fn gives_back(&mut self, client: ClientId, lock: u64, row: &Row) {
        if self.held.remove(&(client, lock)) {
            let asked = self.recorder.invoke(client, (lock, LockCall::Release), row.at);
            asked.expect("who holds waits for nothing");
            self.recorder.ok(client, LockReply::Done, row.at).expect("it has just asked");
        }
    }
}

fn is_linearizable<M>(model: M, history: &History<Call, LockReply>) -> bool
where
    M: Model<Call = LockCall, Reply = LockReply, Key = ()>,
    Keyed<u64, M>: Model<Call = Call, Reply = LockReply, Key = u64>,
{
    match linearizable(&Keyed::new(model), history, Budget::default()) {
        Answer::Holds { .. } => true,
        Answer::Broken(_) => false,
        answer => panic!("such a history is easy: {answer:?}"),
    }
}

/// Whether its runs have an order as the checker says, and as the judge of beliefs does.
fn both(experiment: &dyn Experiment, seed: u64) -> (bool, bool) {
    let options = Options { judge_on: true, trace: TraceLevel::Full, ..Options::default() };
    let mut locks = Locks::default();
    let outcome = experiment.tell(seed, &options, &mut |row| locks.hear(row));
    let place = experiment.gauges().iter().position(|gauge| gauge.name == "overlaps");
    let overlaps = outcome.metrics[place.expect("overlaps are counted")].expect("it is told");
    let history = locks.recorder.finish();
    assert!(!history.operations().is_empty(), "nobody asked for a lock");
    let has_order = match locks.has_tokens {
        true => is_linearizable(FencedLock, &history),
        false => is_linearizable(Lock, &history),
    };
    (has_order, overlaps == 0)
}

#[test]
fn the_checker_and_the_judge_of_beliefs_agree_on_every_run() {
    let names = [
        ("lease_storm", 6),
        ("lease_paused-holder", 4),
        ("redlock_storm", 6),
        ("redlock_clock-jump", 4),
        ("raft_storm", 4),
        ("raft_paused-holder", 4),
        ("raft_guarded", 4),
        ("raft_fenced", 4),
        ("queue_fenced", 4),
        ("etcd_storm", 4),
        ("etcd_paused-clients", 6),
        ("queue_storm", 4),
        ("lamport_contention", 4),
        ("lamport_out-of-order", 6),
        ("maekawa_contention", 4),
        ("ricart-agrawala_contention", 4),
        ("raymond_contention", 4),
        ("suzuki-kasami_contention", 4),
    ];
    let (mut with, mut without) = (0, 0);
    for (name, seeds) in names {
        let path = format!("scenarios/lock/{name}.toml");
        let text = std::fs::read_to_string(path).expect("it is shipped");
        let experiment = opened(name, &text);
        for seed in 0..seeds {
            let (has_order, is_alone) = both(&*experiment, seed);
            assert_eq!(has_order, is_alone, "{name}, seed {seed}");
            with += u64::from(has_order);
            without += u64::from(!has_order);
        }
    }
    assert!(with >= 20 && without >= 10, "{with} with an order, {without} without");
}
