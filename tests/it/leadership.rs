//! The metrics of an election against what can be worked out by hand.

use stormseed::catalog::{Catalog, Experiment, Options};
use stormseed::observe::Outcome;
use stormseed::scenario::Source;

fn open(servers: u32, rest: &str) -> Box<dyn Experiment> {
    let text = format!(
        "name = \"election/by-hand\"\nformat = 1\nduration = \"6s\"\n[nodes]\n\
         servers = {servers}\n[algorithm.election-raft]\n{rest}"
    );
    let opened = Catalog::builtin().open(Source::new("by-hand", &text));
    opened.unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

/// What the metrics of one run say.
struct Told {
    experiment: Box<dyn Experiment>,
    outcome: Outcome,
}

impl Told {
    fn of(servers: u32, rest: &str) -> Self {
        let experiment = open(servers, rest);
        let outcome = experiment.run(0, &Options::default());
        Told { experiment, outcome }
    }

    fn is(&self, name: &str) -> u64 {
        let gauges = self.experiment.gauges();
        let place = gauges.iter().position(|gauge| gauge.name == name).expect("a gauge");
        self.outcome.metrics[place].expect("Raft tells all of them")
    }

    /// Crash, pause, cut, resigned, deposed.
    fn causes(&self) -> [u64; 5] {
        ["crash", "pause", "cut", "resigned", "deposed"]
            .map(|cause| self.is(&format!("changes-{cause}")))
    }
}

#[test]
fn a_calm_run_has_one_reign_and_no_overlap() {
    let told = Told::of(5, "");
    assert_eq!((told.is("leader-changes"), told.is("overlap-ns")), (0, 0));
    assert_eq!(told.is("elections"), 1);
}

#[test]
fn a_leader_that_crashes_is_the_cause_and_nobody_overlaps() {
    let told = Told::of(5, "[[fault]]\nat = \"2s\"\ncrash = { who = \"leader\", for = \"1s\" }");
    assert_eq!((told.causes(), told.is("overlap-ns")), ([1, 0, 0, 0, 0], 0));
}

#[test]
fn a_leader_that_stands_still_overlaps_only_from_its_waking_to_its_next_message() {
    let told = Told::of(5, "[[fault]]\nat = \"2s\"\npause = { who = \"leader\", for = \"1s\" }");
    assert_eq!(told.causes(), [0, 1, 0, 0, 0]);
    // What waits for it is taken up in the instant in which it wakes.
    assert_eq!(told.is("overlap-ns"), 0);
}

#[test]
fn an_isolated_leader_believes_on_for_as_long_as_nobody_tells_it() {
    let cut = "[[fault]]\nat = \"2s\"\nisolate = { who = \"leader\", for = \"2s\" }";
    let told = Told::of(5, cut);
    assert_eq!(told.causes(), [0, 0, 1, 0, 0]);
    let overlap = told.is("overlap-ns");
    // From the election of another, within 150 to 300 ms of the last heartbeat and in at most a few
    // rounds, to the heal of the cut and one heartbeat more.
    assert!((1_000_000_000..1_950_000_000).contains(&overlap), "{overlap}");
    // With CheckQuorum it steps down by itself, within two election timeouts.
    let text = cut.replace("[[fault]]", "check-quorum = true\npre-vote = true\n[[fault]]");
    let told = Told::of(5, &text);
    assert_eq!(told.is("leader-changes"), 1);
    assert!(told.is("overlap-ns") < 600_000_000, "{}", told.is("overlap-ns"));
}

#[test]
fn a_server_that_was_cut_off_deposes_a_healthy_leader_unless_it_asks_first() {
    let cut = "[[fault]]\nat = \"2s\"\nisolate = { who = \"n0\", for = \"2s\" }";
    let is_leader = |told: &Told| told.causes()[2] > 0;
    let told = Told::of(5, cut);
    assert!(!is_leader(&told), "with seed 0 somebody else leads");
    assert_eq!(told.causes()[4], 1, "its term deposes the leader, which was up and in reach");
    let told = Told::of(5, &cut.replace("[[fault]]", "pre-vote = true\n[[fault]]"));
    assert_eq!(told.is("leader-changes"), 0);
}

#[test]
fn equal_timeouts_split_the_vote_in_every_term() {
    let told = Told::of(
        4,
        "election-timeout-min = \"150ms\"\nelection-timeout-max = \"150ms\"\n\
         heartbeat = \"50ms\"\n[network]\nlatency = \"10ms\"",
    );
    assert_eq!((told.is("elections"), told.is("split-votes")), (0, 40));
}

#[test]
fn at_25_a_leader_cut_off_as_in_jrafts_timeline_leads_on_for_two_seconds() {
    let text = include_str!("../../scenarios/election/raft_two-leaders-for-two-seconds.toml");
    let opened = Catalog::builtin().open(Source::new("at-25", text));
    let experiment = opened.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    let outcome = experiment.run(0, &Options::default());
    let told = Told { experiment, outcome };
    // The old leader steps down at 21 s of the timeline, the new one is elected at 19 s.
    assert_eq!(told.is("overlap-ns"), 2_000_000_000);
    assert_eq!(told.causes(), [0, 0, 1, 0, 0]);
}
