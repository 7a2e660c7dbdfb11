//! Raft whose members change: what a majority is follows the configuration, for the service and for
//! excuses too.

use crate::scenarios::opened;
use stormseed::catalog::{Catalog, Options};
use stormseed::observe::{Outcome, Verdict};
use stormseed::scenario::Source;

const GROUP: &str = "name = \"election/members\"\nformat = 1\nduration = \"10s\"\n\
    [workload]\npropose = { to = \"leader\", every = \"20ms..50ms\" }\n\
    [nodes]\nservers = 5\n[algorithm.election-raft]\ncheck-quorum = true\n";

fn order(at: &str, word: &str, node: &str) -> String {
    format!(
        "[[command]]\nat = \"{at}\"\nword = \"{word}\"\nto = \"leader\"\nnodes = [\"{node}\"]\n"
    )
}

/// A run after whose storm only these are healed; all others are dead.
fn run(settings: &str, orders: &[String], core: &str) -> Outcome {
    let dead = "[[fault]]\nat = \"10s\"\ncrash = { who = \"all\" }\n";
    let heal = format!("[heal]\ncore = {core}\nwithin = \"5s\"\n");
    let text = format!("{GROUP}{settings}\n{}{dead}{heal}", orders.concat());
    opened("members", &text).run(0, &Options::default())
}

#[test]
fn new_servers_have_a_say_once_they_are_added() {
    let grown = [order("2s", "add-server", "n3"), order("4s", "add-server", "n4")];
    let core = r#"["n0", "n3", "n4"]"#;
    let outcome = run("members = 3", &grown, core);
    assert_eq!((&outcome.verdict, outcome.standstill.is_none()), (&Verdict::Pass, true));
    // Learners, however many, are no majority.
    let learning = [order("2s", "add-learner", "n3"), order("4s", "add-learner", "n4")];
    let outcome = run("members = 3", &learning, core);
    let standstill = outcome.standstill.expect("one of three voters is up");
    assert!(standstill.is_excused(), "one voter of three is no majority, whoever else is up");
}

#[test]
fn removed_servers_are_missed_by_nobody() {
    let core = r#"["n0", "n1"]"#;
    let standstill = run("", &[], core).standstill.expect("two of five are up");
    assert!(standstill.is_excused());
    let shrunk = [order("2s", "remove-server", "n3"), order("4s", "remove-server", "n4")];
    let outcome = run("", &shrunk, core);
    assert_eq!((&outcome.verdict, outcome.standstill.is_none()), (&Verdict::Pass, true));
}

#[test]
fn a_restarted_group_still_knows_who_belongs() {
    // n0 is alone, and the only member: all that it was told is on its disk.
    let gone = ["n1", "n2", "n3", "n4"].iter().zip(["2s", "4s", "6s", "8s"]);
    let orders: Vec<String> = gone.map(|(node, at)| order(at, "remove-server", node)).collect();
    let outcome = run("", &orders, r#"["n0"]"#);
    assert_eq!((&outcome.verdict, outcome.standstill.is_none()), (&Verdict::Pass, true));
}

#[test]
fn a_change_of_nobody_is_refused_with_a_cure() {
    let text = format!("{GROUP}[[command]]\nat = \"1s\"\nword = \"add-server\"\nto = \"leader\"\n");
    let errors = Catalog::builtin().open(Source::new("members", &text)).map(|_| ());
    let shown = errors.expect_err("it names nobody").render(false);
    assert!(shown.contains("`add-server` is about one server"), "{shown}");
    assert!(shown.contains("help: add `nodes = [\"n1\"]`"), "{shown}");
}
