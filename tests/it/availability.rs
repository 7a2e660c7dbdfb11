//! The service's figures against what can be worked out by hand.

use stormseed::catalog::{Catalog, Experiment, Options};
use stormseed::observe::{Outcome, Verdict};
use stormseed::scenario::Source;
use stormseed::time::Duration;

fn open(rest: &str) -> Box<dyn Experiment> {
    let text = format!(
        "name = \"election/by-hand\"\nformat = 1\nduration = \"5s\"\n[nodes]\nservers = 3\n\
         [algorithm.election-raft]\n{rest}"
    );
    let opened = Catalog::builtin().open(Source::new("by-hand", &text));
    opened.unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

fn run(rest: &str) -> Outcome {
    open(rest).run(0, &Options::default())
}

#[test]
fn a_cut_takes_the_service_away_at_the_very_instant_it_strikes() {
    let outcome =
        run("[[fault]]\nat = \"2s\"\npartition = { groups = [[\"n0\"], [\"n1\"], [\"n2\"]] }");
    let service = outcome.service.expect("Raft has a service");
    let first = service.first.expect("a leader is elected within two seconds");
    assert!(service.failovers.is_empty(), "nothing disturbs it before the cut");
    assert_eq!(service.unavailable, first + Duration::from_secs(3));
    assert_eq!(service.down_at_end, Some(Duration::from_secs(3)));
}

#[test]
fn a_cut_that_ends_before_anybody_notices_is_an_outage_as_long_as_itself() {
    let cut = "[[fault]]\nat = \"2s\"\nisolate = { who = \"leader\", for = \"1ms\" }";
    let service = run(cut).service.expect("Raft has a service");
    assert_eq!(service.failovers, [Duration::from_millis(1)]);
}

#[test]
fn a_recovery_that_comes_too_late_is_a_stall() {
    // Healed before anybody had the time to be elected, and given no time afterwards.
    let outcome = run("[heal]\nat = \"1ms\"\nwithin = \"1ms\"");
    assert_eq!(outcome.verdict, Verdict::Stall { property: "accepted-leader".into() });
    let outcome = run("[heal]\nat = \"1ms\"\nwithin = \"3s\"");
    assert_eq!(outcome.verdict, Verdict::Pass);
}
