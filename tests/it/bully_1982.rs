//! Bully as of 1982: what its known bugs break, what an election costs, and the price of its
//! promise.

use crate::scenarios::opened;
use std::collections::BTreeSet;
use stormseed::algorithm::Algorithm as _;
use stormseed::catalog::{Catalog, Options};
use stormseed::election::bully_1982::Bully1982;
use stormseed::observe::Outcome;
use stormseed::scenario::Source;

fn broken(source: Source) -> BTreeSet<&'static str> {
    let experiment = Catalog::builtin().open(source).expect("the zoo can be opened");
    let judge_on = Options { judge_on: true, ..Options::default() };
    let outcomes = (0..60).map(|seed| experiment.run(seed, &judge_on));
    outcomes.flat_map(|outcome| outcome.violations).map(|it| it.invariant).collect()
}

#[test]
fn every_known_bug_is_found_and_breaks_no_more_than_it_says() {
    let zoo = Catalog::builtin().zoo();
    let bugs: Vec<_> = zoo.iter().filter(|bug| bug.algorithm == Bully1982::NAME).collect();
    assert_eq!(bugs.len(), Bully1982::MUTANTS.len() + 1);
    for bug in bugs {
        let found = broken(bug.source());
        let named: BTreeSet<&str> = bug.mutant.breaks.iter().copied().collect();
        let name = bug.mutant.name;
        assert!(!found.is_empty() && found.is_subset(&named), "{name}: {found:?}");
        assert_eq!(broken(bug.control()), BTreeSet::new(), "{name}: its control");
    }
}

/// The lowest or another node crashes and comes back once, in a calm network.
fn one_crash(algorithm: &str, who: &str) -> Outcome {
    let text = format!(
        "# One crash.\nname = \"test/bully\"\nformat = 1\nduration = \"10s\"\n\
         [nodes]\nservers = 5\n[algorithm.{algorithm}]\n[[fault]]\nat = \"3s\"\n\
         crash = {{ who = \"{who}\", for = \"2s\" }}\n"
    );
    opened("one crash", &text).run(7, &Options::default())
}

#[test]
fn the_return_of_the_least_costs_an_election_which_the_text_books_form_does_not() {
    let changes = |algorithm, who| {
        let outcome = one_crash(algorithm, who);
        assert!(outcome.violations.is_empty());
        // The first of the metrics of an election.
        outcome.metrics[0]
    };
    assert_eq!(changes("election-bully", "n0"), Some(0));
    assert_eq!(changes("election-bully-1982", "n0"), Some(1));
    // The highest costs two in both: one when it goes and one when it comes back.
    assert_eq!(changes("election-bully", "n4"), Some(2));
    assert_eq!(changes("election-bully-1982", "n4"), Some(2));
}
