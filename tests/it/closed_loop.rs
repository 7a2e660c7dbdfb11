//! Clients that wait for Raft to commit, through leaders that crash: how a scenario file asks for
//! them, and what they see.

use crate::scenario_files::{Order, Toy, good, known};
use std::collections::BTreeMap;
use stormseed::calibration::Subject;
use stormseed::catalog::{Catalog, Options};
use stormseed::observe::TraceLevel;
use stormseed::scenario::{Scenario, Source};
use stormseed::schedule::Operation;

const CLIENTS: u64 = 3;

const RAFT: &str = r#"# Clients that wait.
name     = "test/closed-loop"
format   = 1
duration = "20s"

[nodes]
servers = 3

[algorithm.election-raft]

[[fault]]
at    = "2s"
every = "4s"
until = "18s"
crash = { who = "leader", for = "1s" }

[workload.propose]
to      = "leader"
every   = "10ms..50ms"
clients = 3
think   = "5ms..9ms"
timeout = "300ms"
"#;

#[test]
fn each_client_gives_one_command_after_another() {
    let raft = Catalog::builtin().open(Source::new("raft", RAFT)).expect("it is right");
    let full = Options { trace: TraceLevel::Full, ..Options::default() };
    for seed in 0..10 {
        let mut loops: BTreeMap<u64, (u64, bool)> = BTreeMap::new();
        let (mut answers, mut gave_up) = (0, 0);
        let outcome = raft.tell(seed, &full, &mut |row| {
            let number = row.detail.rsplit(' ').next().and_then(|number| number.parse().ok());
            let client = number.unwrap_or(0u64) >> 20 & 0xfff;
            let (at, is_waiting) = loops.entry(client).or_insert((0, false));
            match row.kind {
                "command" => {
                    assert!(!*is_waiting, "seed {seed}: client {client} asks and waits");
                    let thought = row.at.as_nanos() - *at;
                    assert!(*at == 0 || thought >= 5_000_000, "seed {seed}: after {thought} ns");
                    *is_waiting = true;
                }
                "answer" | "give-up" => {
                    assert_eq!(row.detail.split(' ').next(), Some(&*format!("client:{client}")));
                    answers += u64::from(row.kind == "answer");
                    gave_up += u64::from(row.kind == "give-up");
                    (*at, *is_waiting) = (row.at.as_nanos(), false);
                }
                _ => {}
            }
        });
        assert_eq!(loops.len() as u64, CLIENTS);
        assert_eq!((outcome.counts.answered, outcome.counts.given_up), (answers, gave_up));
        assert!(answers > 300 && gave_up > 5, "seed {seed}: {answers} answered, {gave_up} not");
    }
}

fn toy(work: &str) -> Scenario {
    good(&format!(
        "name = \"t/x\"\nformat = 1\nduration = \"10s\"\n[nodes]\nservers = 3\n\
         [algorithm.lock-toy]\n[workload]\n\
         propose = {{ to = \"leader\", every = \"1s\", {work} }}\n"
    ))
}

fn numbers(operations: &[Operation<Order>]) -> Vec<String> {
    operations.iter().map(|operation| format!("{:?}", operation.command)).collect()
}

#[test]
fn a_client_more_moves_no_other_and_all_commands_differ() {
    let (few, many) = (toy("clients = 2"), toy("clients = 3, think = \"1ms..5ms\""));
    let steady = toy("clients = 3");
    for seed in 0..20 {
        let (few, steady) = (
            few.schedule::<Toy>(seed, &Subject::default()),
            steady.schedule::<Toy>(seed, &Subject::default()),
        );
        let many = many.schedule::<Toy>(seed, &Subject::default());
        assert!(few.commands.is_empty() && few.clients.len() == 2 && many.clients.len() == 3);
        assert_eq!(few.clients[..], steady.clients[..2]);
        let mut all: Vec<String> =
            many.clients.iter().flat_map(|client| numbers(&client.operations)).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!((all.len(), count), (30, 30));
    }
}

#[test]
fn clients_need_somebody_who_answers() {
    let mut silent = known();
    silent[0].answered.clear();
    let source = toy("clients = 2").source().clone();
    let said = Scenario::read(source, &silent).expect_err("nobody answers").to_string();
    assert!(said.contains("lock-toy never answers `propose`"), "{said}");
}
