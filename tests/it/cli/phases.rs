//! What is told of runs whose service does not come back.

use super::{folder, obey};

/// n0 hears nobody, and is not healed.
const DEAF: &str = r#"# A deaf node.
name     = "test/deaf"
format   = 1
duration = "2s"
seeds    = "0..10"
expect   = { stalls = "accepted-leader" }

[nodes]
servers = 5

[algorithm.election-raft]

[heal]
core   = ["n1", "n2", "n3", "n4"]
within = "2s"

[[fault]]
at-heal = true
mute    = { who = "n0", hears = true }
"#;

#[test]
fn a_stall_tells_how_it_fared_whose_fault_it_is_and_how_the_world_was_left() {
    let folder = folder(&[("deaf.toml", DEAF)]);
    let came = obey(folder.path(), "run deaf.toml --seed 3");
    assert_eq!(came.exit, 0, "it is what the scenario expects: {}", came.err);
    let text = came.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = [
        "2s mute what is sent to n0: ",
        "stall: no accepted-leader within 2s after heal accepted-leader was not back within 2s \
         after the heal, for 500ms without a break",
        "In 2s after the heal it came ",
        "Stuck: it was not back in a run with ten times the bound.",
        "With everybody healed it is back ",
        "Progress needs a node connected in both directions to a majority that is up, itself \
         included: so it was.",
        "In force then: mute what is sent to n0",
        "the nodes at the end, 5 of 5 up n0 not healed: hears nobody, heard by 4 of 4; View { ",
        "n1 hears 4, heard by 3 of 4; View { ",
    ];
    for part in told {
        assert!(text.contains(part), "{part} in\n{}", came.out);
    }
    assert_eq!(came.out.lines().last(), Some("stormseed run deaf.toml --seed 3"));
    let wide = came.out.lines().filter(|line| line.chars().count() > 100);
    assert_eq!(wide.count(), 0, "{}", came.out);
    let json = obey(folder.path(), "run deaf.toml --seed 3 --json").out;
    let json: serde_json::Value = serde_json::from_str(json.trim()).expect("it is JSON");
    assert_eq!((&json["verdict"], &json["standstill"]["pace"]), (&"stall".into(), &"stuck".into()));
    assert_eq!(json["standstill"]["remainder"], "to-blame");
}

#[test]
fn a_stall_that_is_not_expected_is_1() {
    let text = DEAF.replace("{ stalls = \"accepted-leader\" }", "{ holds = true }");
    let folder = folder(&[("a/deaf.toml", &text)]);
    for line in ["run a/deaf.toml --seed 3", "sweep a", "regress a"] {
        let came = obey(folder.path(), line);
        assert_eq!(came.exit, 1, "{line}: {}", came.err);
        assert!(came.out.contains("stall"), "{line}: {}", came.out);
    }
}

#[test]
fn an_excused_run_passes_and_too_many_of_them_are_a_warning() {
    let few = DEAF.replace("\"n1\", \"n2\", \"n3\", \"n4\"", "\"n1\", \"n2\"");
    let few = few.replace("{ stalls = \"accepted-leader\" }", "{ holds = true }");
    let folder = folder(&[("few.toml", &few)]);
    let came = obey(folder.path(), "run few.toml");
    assert_eq!(came.exit, 0, "{}", came.out);
    let text = came.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["pass, excused", "so it was not, and that is an excuse", "the nodes at the end"] {
        assert!(text.contains(part), "{part} in\n{}", came.out);
    }
    // Nothing but excuses is nothing at all.
    let came = obey(folder.path(), "sweep few.toml --out -");
    assert_eq!(came.exit, 4, "{}", came.err);
    assert!(came.err.contains("10 of 10 passes are excused"), "{}", came.err);
    assert!(came.err.contains("10 of 10 runs are excused"), "{}", came.err);
    let mut rows = came.out.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let header = rows.next().expect("a header");
    let place = |name: &str| header.iter().position(|column| *column == name).expect("a column");
    for row in rows {
        let cells = ["verdict", "pace", "late_ns", "excused"].map(|name| row[place(name)]);
        assert_eq!(cells, ["pass", "stuck", "", "quorum-connected not met"]);
    }
}
