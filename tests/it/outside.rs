//! What is found outside of what an algorithm assumes is labelled so, and `expect` is held to it.

use stormseed::assumption::Assumption;
use stormseed::catalog::{Catalog, Experiment, Options};
use stormseed::observe::Verdict;
use stormseed::runner::{Judgement, Tally};
use stormseed::scenario::Source;

/// Bully, cut in two: two coordinators.
fn partitioned(expect: &str, network: &str) -> Box<dyn Experiment> {
    let text = format!(
        "name = 'a/b'\nformat = 1\nduration = '5s'\nexpect = {expect}\n[nodes]\nservers = 5\n\
         [algorithm.election-bully]\n{network}\n[[fault]]\nat = '1s'\n\
         partition = {{ shape = 'halves', for = '2s' }}\n"
    );
    let opened = Catalog::builtin().open(Source::new("test.toml", &text));
    opened.unwrap_or_else(|errors| panic!("{errors}"))
}

fn judged(expect: &str, network: &str) -> Judgement {
    let experiment = partitioned(expect, network);
    let mut tally = Tally::new(experiment.scenario(), experiment.words());
    for seed in 0..3 {
        let outcome = experiment.run(seed, &Options::default());
        assert!(matches!(outcome.verdict, Verdict::Violation(_)), "seed {seed}");
        tally.add(&outcome);
    }
    tally.judge(None)
}

#[test]
fn a_run_names_every_assumption_that_it_went_beyond() {
    let beyond = |network| {
        let experiment = partitioned("{ holds = true }", network);
        experiment.run(0, &Options::default()).outside
    };
    let cut = [Assumption::ReliableLinks, Assumption::NoPartition];
    assert_eq!(beyond(""), cut);
    let slow = beyond("[network]\nlatency = '1ms..11ms'");
    assert_eq!(slow, [&cut[..], &[Assumption::DelayBound]].concat());
    // A fault that has not struck has broken nothing.
    let experiment = partitioned("{ holds = true }", "");
    let none = Options { faults: Some(Vec::new()), ..Options::default() };
    assert_eq!(experiment.run(0, &none).outside, []);
}

#[test]
fn whoever_the_heal_brings_back_from_the_dead_was_assumed_to_stay_there() {
    let outside = |heal: &str| {
        let text = format!(
            "name = 'a/b'\nformat = 1\nduration = '2s'\n[nodes]\nnodes = 3\n\
             [algorithm.lock-lamport]\n[network]\nlatency = '1ms..10ms'\nfifo = true\n\
             [[fault]]\nat = '1s'\ncrash = {{ who = 'n1' }}\n{heal}\n"
        );
        let opened = Catalog::builtin().open(Source::new("test.toml", &text));
        let experiment = opened.unwrap_or_else(|errors| panic!("{errors}"));
        experiment.run(0, &Options::default()).outside
    };
    assert_eq!(outside(""), []);
    assert_eq!(outside("[heal]\ncore = 'all'\nwithin = '1s'"), [Assumption::CrashStop]);
}

#[test]
fn a_finding_is_expected_only_where_it_is_expected() {
    let violates =
        |outside: &str| format!("{{ violates = 'one-coordinator', outside = {outside} }}");
    let both = violates("['no-partition', 'reliable-links']");
    assert_eq!(judged(&both, ""), Judgement::AsExpected);
    // Outside of something else besides, of less than it is said, and of more than it is.
    assert_eq!(judged(&both, "[network]\nlatency = '1ms..11ms'"), Judgement::Failed);
    assert_eq!(judged(&violates("['no-partition']"), ""), Judgement::Failed);
    let more = violates("['no-partition', 'reliable-links', 'no-pause']");
    assert_eq!(judged(&more, ""), Judgement::Failed);
    // Whoever says nothing of an outside expects a bug inside.
    assert_eq!(judged("{ violates = 'one-coordinator' }", ""), Judgement::Failed);
}

#[test]
fn what_is_not_assumed_cannot_be_exceeded() {
    let open = |text: &str| Catalog::builtin().open(Source::new("test.toml", text)).err();
    let head = "name = 'a/b'\nformat = 1\nduration = '5s'\n";
    let tail = "[nodes]\nservers = 3\n[algorithm.election-raft]\n";
    let refused = |line: &str| {
        let errors = open(&format!("{head}{line}\n{tail}"));
        errors.map(|errors| errors.to_string()).unwrap_or_default()
    };
    let shown = refused("exceed = ['no-pause']");
    assert!(shown.contains("election-raft does not assume `no-pause`"), "{shown}");
    let shown = refused("expect = { violates = 'election-safety', outside = ['drift-bound'] }");
    assert!(shown.contains("does not assume `drift-bound`"), "{shown}");
    let shown = refused("expect = { holds = true, outside = ['honest-disk'] }");
    assert!(shown.contains("leave `outside` out"), "{shown}");
    assert_eq!(refused("exceed = ['honest-disk']"), "");
}
