//! `freeze` as its users meet it: a file to read, to edit and to run, or why there is none.

use super::{BROKEN, CALM, expecting, folder, obey, obey_with};
use std::fs;

/// The digest of a run, as its story has it.
fn digest(story: &str) -> Option<&str> {
    story.split_once("digest of the run ").and_then(|(_, rest)| rest.lines().next())
}

#[test]
fn a_frozen_file_is_printed_and_is_the_same_run_again() {
    let folder = folder(&[("broken.toml", BROKEN)]);
    let came = obey(folder.path(), "freeze broken.toml --seed 7");
    assert_eq!((came.exit, &*came.err), (0, ""));
    let head = "# test/broken, seed 7, frozen by stormseed 0.1.0.\n# Each fault has its aim";
    assert!(came.out.starts_with(head), "{}", came.out);
    let parts = [
        "\nname     = \"test/broken_seed-7\"\nformat   = 1\nduration = \"3s\"\nseeds    = [7]\n\
         residual = { dice = 1, seed = 7 }\n\n[nodes]\nservers = 5\n\n[algorithm.election-bully]\n",
        "\n[[fault]]\nid        = 0\nat        = \"1s\"\n\
         partition = { groups = [[\"n0\", \"n1\"], [\"n2\", \"n3\", \"n4\"]] }\n\
         struck    = { at = \"1s\", event = ",
    ];
    for part in parts {
        assert!(came.out.contains(part), "{part}\n--- in\n{}", came.out);
    }
    assert!(came.out.ends_with(" }\n"), "{}", came.out);
    let whole = obey(folder.path(), "run broken.toml --seed 7 --json").out;
    let again = obey_with(folder.path(), "run - --seed 7 --json", &came.out).out;
    let trace = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
        (value["trace"].clone(), value["verdict"].clone())
    };
    assert!(!trace(&whole).0.is_null());
    assert_eq!(trace(&again), trace(&whole));
    // A seed that nobody names is 0, and a file may come from stdin.
    let first = obey_with(folder.path(), "freeze - -o -", BROKEN);
    assert!(first.exit == 0 && first.out.contains("\nseeds    = [0]\n"), "{}", first.err);
}

#[test]
fn a_frozen_file_is_written_as_a_whole_with_the_command_that_runs_it() {
    let folder = folder(&[("calm.toml", CALM), ("bug.toml", "what was here before")]);
    let came = obey(folder.path(), "freeze calm.toml --seed 0x2a -o bug.toml");
    assert_eq!((came.exit, &*came.out), (0, "stormseed run bug.toml --seed 42\n"), "{}", came.err);
    let ran = obey(folder.path(), came.out.trim().strip_prefix("stormseed ").expect("it is"));
    assert_eq!(ran.exit, 0, "{}{}", ran.out, ran.err);
    let first = obey(folder.path(), "run calm.toml --seed 42").out;
    assert!(digest(&ran.out).is_some(), "{}", ran.out);
    assert_eq!(digest(&ran.out), digest(&first));
    assert_eq!(obey(folder.path(), "check bug.toml").exit, 0);
    let names = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(names, 2, "nothing is left beside it");
    // Frozen once more, it is the same but for its comment.
    let body = |text: &str| text[text.find("\nname").expect("it has a name")..].to_owned();
    let again = obey(folder.path(), "freeze bug.toml").out;
    let text = fs::read_to_string(folder.path().join("bug.toml")).expect("it is written");
    assert_eq!(body(&again), body(&text));
}

#[test]
fn a_run_that_violates_as_expected_is_frozen_with_what_is_expected() {
    let outside = "outside = [\"no-partition\", \"reliable-links\"]";
    let expected = expecting(BROKEN, &format!("violates = \"one-coordinator\", {outside}"));
    let folder = folder(&[("expected.toml", &*expected)]);
    let came = obey(folder.path(), "freeze expected.toml -o bug.toml");
    assert_eq!(came.exit, 0, "{}", came.err);
    assert_eq!(obey(folder.path(), "sweep bug.toml").exit, 0);
}

#[test]
fn what_cannot_be_frozen_says_so_and_leaves_no_file() {
    let wrong = CALM.replace("servers", "severs");
    // More commands than a scenario file may have bytes for.
    let large = format!(
        "{CALM}\n[workload]\npropose = {{ to = \"one\", every = \"10us\" }}\n[budget]\nevents = 9\n"
    );
    let files = [("wrong.toml", &*wrong), ("calm.toml", CALM), ("large.toml", &*large)];
    let folder = folder(&files);
    for (line, exit, said) in [
        ("freeze wrong.toml -o x.toml", 2, "did you mean `servers`?"),
        ("freeze missing.toml -o x.toml", 2, "cannot read the scenario missing.toml"),
        ("freeze calm.toml -o ./calm.toml", 2, "is the scenario itself"),
        ("freeze calm.toml -o no/such/x.toml", 74, "cannot write"),
        ("freeze large.toml -o x.toml", 2, "larger than 16 MiB"),
        ("freeze", 2, "SCENARIO"),
        ("freeze calm.toml --seed x", 2, "a seed is a whole number"),
    ] {
        let came = obey(folder.path(), line);
        assert_eq!((came.exit, &*came.out), (exit, ""), "{line}: {}", came.err);
        assert!(came.err.contains(said), "{line}: {}", came.err);
        assert!(!folder.path().join("x.toml").exists(), "{line}");
    }
    let kept = fs::read_to_string(folder.path().join("calm.toml"));
    assert_eq!(kept.expect("it is there"), CALM);
}

#[test]
fn a_frozen_file_does_not_require_what_its_run_lacked() {
    let required = "milestones = [\"leader-elected\"";
    let both = CALM.replacen(required, &format!("{required}, \"leader-stepped-down\""), 1);
    let (calm, _) = both.split_once("[nemesis]").expect("it has a storm");
    let (_, require) = both.split_once("[require]").expect("it requires something");
    let text = format!("{calm}[require]{require}");
    let folder = folder(&[("calm.toml", &*text)]);
    // Nothing strikes: whoever leads goes on, and the run asks for more than there is.
    assert_eq!(obey(folder.path(), "run calm.toml --seed 3").exit, 4);
    let came = obey(folder.path(), "freeze calm.toml --seed 3");
    assert_eq!(came.exit, 0, "{}", came.err);
    let (comment, rest) = came.out.split_once("\nname").expect("it has a name");
    assert!(comment.contains("requires `leader-stepped-down`"), "{comment}");
    assert!(!comment.contains("leader-elected"), "{comment}");
    assert!(rest.contains("milestones = [\"leader-elected\"]"), "{rest}");
    assert_eq!(obey_with(folder.path(), "run -", &came.out).exit, 0);
    let nothing_else = text.replacen("\"leader-elected\", ", "", 1);
    let came = obey_with(folder.path(), "freeze - --seed 3", &nothing_else);
    assert!(!came.out.contains("[require]"), "{}", came.out);
}
