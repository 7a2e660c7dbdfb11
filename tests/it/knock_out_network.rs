//! Every fault of the network has a scenario that comes out otherwise without it - and, where two
//! faults are much alike, otherwise with its neighbour.

use crate::scenarios::{disappointments, shipped};
use std::path::Path;
use stormseed::catalog::{Experiment, Options};
use stormseed::fault::{Action, Fault, Harm, Manner};
use stormseed::observe::Outcome;

/// How many seeds of a scenario are looked at.
const SEEDS: usize = 50;

/// The scenarios, with the family that is taken out of each.
const SHOWN: [(&str, &str); 13] = [
    ("bully_three-ways", "partition"),
    ("bully_grudge", "partition"),
    ("bully_unheard-coordinator", "cut"),
    ("bully_one-lost-question", "loss"),
    ("bully_slow-links", "delay"),
    ("raft_flapping-leader", "partition"),
    ("raft_late-votes", "delay"),
    ("raft_held-votes", "hold"),
    ("raft_doubled-votes", "duplication"),
    ("raft_spoilt-heartbeats", "corruption"),
    ("raft_reordered-entries", "reorder"),
    ("raft_throttled-leader", "throttle"),
    ("raft_swizzled", "hold"),
];

fn scenario(name: &str) -> Box<dyn Experiment> {
    let path = format!("scenarios/election/{name}.toml");
    let found = shipped().into_iter().find(|(known, _)| known == Path::new(&path));
    found.unwrap_or_else(|| panic!("{path} is shipped")).1
}

/// What the scenario comes to when its faults are changed so.
fn outcomes(
    experiment: &dyn Experiment,
    change: impl Fn(Vec<Fault>) -> Vec<Fault>,
) -> Vec<Outcome> {
    let seeds: Vec<u64> = experiment.scenario().seeds().iter().take(SEEDS).collect();
    let run = |seed| {
        let faults = Some(change(experiment.faults(seed)));
        experiment.run(seed, &Options { faults, ..Options::default() })
    };
    seeds.into_iter().map(run).collect()
}

fn comes_as_expected(
    experiment: &dyn Experiment,
    change: impl Fn(Vec<Fault>) -> Vec<Fault>,
) -> bool {
    disappointments(experiment, &outcomes(experiment, change)).is_empty()
}

/// The faults, each with another action where this one says so.
fn instead(change: impl Fn(&Action) -> Option<Action>) -> impl Fn(Vec<Fault>) -> Vec<Fault> {
    move |mut faults| {
        for fault in &mut faults {
            if let Some(action) = change(&fault.action) {
                fault.action = action;
            }
        }
        faults
    }
}

/// The faults with another harm where messages come to this one.
fn harmed(from: fn(Harm) -> Option<Harm>) -> impl Fn(Vec<Fault>) -> Vec<Fault> {
    instead(move |action| match action {
        Action::Messages { filter, harm } => {
            from(*harm).map(|harm| Action::Messages { filter: filter.clone(), harm })
        }
        _ => None,
    })
}

#[test]
fn every_fault_of_the_network_changes_the_verdict_of_its_scenario() {
    for (name, family) in SHOWN {
        let experiment = scenario(name);
        assert!(comes_as_expected(&*experiment, |faults| faults), "{name}");
        let without = |faults: Vec<Fault>| {
            let others = faults.iter().filter(|fault| fault.action.family() != family);
            let others: Vec<Fault> = others.cloned().collect();
            assert!(others.len() < faults.len(), "{name} has a {family}");
            others
        };
        assert!(!comes_as_expected(&*experiment, without), "{name} without its {family}");
    }
}

#[test]
fn one_short_cut_is_not_what_a_flapping_one_is() {
    let once = |mut faults: Vec<Fault>| {
        for fault in &mut faults {
            let Action::Sever { links, manner } = fault.action.clone() else { panic!("it flaps") };
            fault.lasts = manner.flap.iter().step_by(2).max().copied();
            fault.action = Action::cut(links, Manner { flap: Vec::new(), ..manner });
        }
        faults
    };
    let outcomes = outcomes(&*scenario("raft_flapping-leader"), once);
    let deposed = outcomes.iter().filter(|outcome| outcome.missing.is_empty()).count();
    // A cut of up to 140 ms may begin when a timer of 150 ms has all but run out.
    assert!(deposed < outcomes.len(), "{deposed} of {} leaders are deposed", outcomes.len());
}

#[test]
fn votes_that_are_lost_are_not_what_votes_that_come_back_are() {
    for name in ["raft_held-votes", "raft_late-votes"] {
        let lost = harmed(|harm| matches!(harm, Harm::Hold | Harm::Delay(_)).then_some(Harm::Lose));
        let outcomes = outcomes(&*scenario(name), lost);
        assert!(outcomes.iter().all(|outcome| outcome.verdict.word() == "pass"), "{name}");
    }
}

#[test]
fn it_is_the_first_question_that_must_not_be_lost() {
    let another = instead(|action| match action {
        Action::Messages { filter, harm } => {
            let mut filter = filter.clone();
            (filter.first, filter.last) = (2, Some(2));
            Some(Action::Messages { filter, harm: *harm })
        }
        _ => None,
    });
    let outcomes = outcomes(&*scenario("bully_one-lost-question"), another);
    assert!(outcomes.iter().all(|outcome| outcome.verdict.word() == "pass"));
}
