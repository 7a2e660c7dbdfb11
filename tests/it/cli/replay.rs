//! `replay` as its users meet it: one of four answers about a run that was written down.

use super::{BROKEN, CALM, expecting, folder, obey};
use serde_json::Value;
use std::fs;

/// The line of JSON that a command prints.
fn line(folder: &std::path::Path, command: &str) -> (i32, Value) {
    let came = obey(folder, command);
    let line = serde_json::from_str(&came.out);
    (came.exit, line.unwrap_or_else(|error| panic!("{command}: {error}: {}{}", came.out, came.err)))
}

/// The frozen run of seed 7 of a scenario that expects its violation, changed by hand.
fn changed(change: impl Fn(&str) -> String) -> tempfile::TempDir {
    let outside = "outside = [\"no-partition\", \"reliable-links\"]";
    let expected = expecting(BROKEN, &format!("violates = \"one-coordinator\", {outside}"));
    let folder = folder(&[("x.toml", &*expected)]);
    assert_eq!(obey(folder.path(), "freeze x.toml --seed 7 -o bug.toml").exit, 0);
    let text = fs::read_to_string(folder.path().join("bug.toml")).expect("it is written");
    let changed = change(&text);
    assert!(changed != text || !text.contains("struck"), "the change changes something");
    fs::write(folder.path().join("changed.toml"), changed).expect("a file");
    folder
}

/// Without the lines that begin so.
fn without(text: &str, start: &str) -> String {
    let kept = text.lines().filter(|line| !line.starts_with(start));
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn what_was_frozen_is_identical() {
    let folder = changed(|text| without(text, "# "));
    for command in ["replay bug.toml --json", "replay changed.toml --seed 3 --json --twice"] {
        let (exit, line) = line(folder.path(), command);
        assert_eq!((exit, &line["answer"]), (0, &"identical".into()), "{line}");
        assert_eq!((&line["verdict"], &line["seed"]), (&"violation".into(), &7.into()));
        assert!(line["parting"].is_null() && line["unmet"] == Value::Array(Vec::new()));
    }
    let story = obey(folder.path(), "replay bug.toml").out;
    assert!(story.starts_with("identical: the same trace as was recorded by"), "{story}");
}

#[test]
fn a_violation_that_comes_by_another_way_says_from_where_on() {
    // The partition comes later than it did.
    let folder = changed(|text| without(&text.replace("= \"1s\"", "= \"1.1s\""), "struck"));
    let (exit, line) = line(folder.path(), "replay changed.toml --json");
    assert_eq!((exit, &line["answer"]), (0, &"same-finding".into()), "{line}");
    let (after, until) = (line["parting"]["after"].as_u64(), line["parting"]["until"].as_u64());
    // It was event 137 that struck; the checkpoints tell that much.
    assert!(after == Some(128) && until >= Some(137), "{line}");
    let story = obey(folder.path(), "replay changed.toml").out;
    let said = "same violation, trace differs from an event between 129 and ";
    assert!(story.starts_with(said) && story.contains("the first record there is"), "{story}");
    // Where both can be run, the record itself is found.
    let both = obey(folder.path(), "replay changed.toml --against bug.toml");
    assert_eq!(both.exit, 1);
    assert!(
        both.out.starts_with("changed.toml differs from bug.toml from event 137\n"),
        "{}",
        both.out
    );
    assert!(both.out.contains("\n  was ") && both.out.contains("partition f0"), "{}", both.out);
    let same = obey(folder.path(), "replay bug.toml --against bug.toml");
    assert_eq!((same.exit, same.out.starts_with("identical: ")), (0, true), "{}", same.out);
}

#[test]
fn what_passes_now_is_likely_fixed_only_if_every_fault_still_acts() {
    // A partition that is over before anybody misses anybody.
    let short = |text: &str| {
        text.replace("[\"n2\", \"n3\", \"n4\"]] }", "[\"n2\", \"n3\", \"n4\"]], for = \"20ms\" }")
    };
    let folder = changed(short);
    let came = line(folder.path(), "replay changed.toml --json");
    assert_eq!((came.0, &came.1["answer"]), (0, &"passes".into()), "{}", came.1);
    let gone = |text: &str| {
        let waits = without(text, "struck")
            .replace("at        = \"1s\"", "when = \"leader-elected\"\nnth = 99");
        without(&waits, "# ")
    };
    let folder = changed(gone);
    let came = line(folder.path(), "replay changed.toml --json");
    assert_eq!((came.0, &came.1["answer"]), (4, &"no-longer-applies".into()), "{}", came.1);
    assert_eq!(came.1["unmet"][0]["why"], "no-milestone");
    let story = obey(folder.path(), "replay changed.toml").out;
    let said = "\n  fault 0 (partition) did not strike: its milestone never came\n";
    assert!(story.contains(said), "{story}");
}

#[test]
fn something_else_is_not_what_was_recorded() {
    let folder = changed(|text| text.replace("= \"violation\"", "= \"stall\""));
    let (exit, line) = line(folder.path(), "replay changed.toml --json");
    assert_eq!((exit, &line["answer"]), (1, &"another-finding".into()), "{line}");
}

#[test]
fn a_row_of_a_table_is_enough_to_know_a_run_again() {
    let folder = folder(&[("calm.toml", CALM)]);
    let (exit, run) = line(folder.path(), "run calm.toml --seed 5 --json");
    assert_eq!(exit, 0);
    let digest = run["trace"].as_str().expect("a digest");
    let came = line(folder.path(), &format!("replay calm.toml --seed 5 --digest {digest} --json"));
    assert_eq!((came.0, &came.1["answer"]), (0, &"identical".into()));
    let came = line(folder.path(), &format!("replay calm.toml --seed 6 --digest {digest} --json"));
    assert_eq!((came.0, &came.1["answer"]), (1, &"another-finding".into()));
    let came = line(folder.path(), "replay calm.toml --seed 5 --json");
    assert_eq!((came.0, &came.1["answer"]), (0, &"unrecorded".into()));
    assert_eq!(obey(folder.path(), "replay calm.toml --digest xyz").exit, 2);
    assert_eq!(obey(folder.path(), "replay missing.toml").exit, 2);
}

#[test]
fn any_moment_of_a_run_can_be_looked_at() {
    let folder = folder(&[("broken.toml", BROKEN)]);
    let early = obey(folder.path(), "replay broken.toml --seed 7 --at 500ms");
    assert_eq!(early.exit, 0, "{}", early.err);
    assert!(early.out.starts_with("at 500ms, behind event "), "{}", early.out);
    assert_eq!(early.out.matches("  up, boot 1  ").count(), 5, "{}", early.out);
    assert!(early.out.contains("    timers: "), "{}", early.out);
    assert!(!early.out.contains("not heard by"), "{}", early.out);
    // Behind the partition the two sides do not hear each other.
    let (exit, late) = line(folder.path(), "replay broken.toml --seed 7 --at 1s --json");
    assert_eq!((exit, &late["at_ns"]), (0, &1_000_000_000.into()));
    assert_eq!(late["nodes"][1]["unheard_by"], serde_json::json!([2, 3, 4]));
    assert_eq!(late["nodes"][4]["unheard_by"], serde_json::json!([0, 1]));
    // Event 137 is the partition; the records around it are told, and one node in full.
    let around = obey(folder.path(), "replay broken.toml --seed 7 --around event:137 --node n4");
    assert_eq!(around.exit, 0, "{}", around.err);
    assert!(around.out.contains("at 1s, behind event 137\n"), "{}", around.out);
    assert!(around.out.contains("partition f0") && around.out.contains("    state Bully {"));
    assert!(around.out.contains("\nn4  up") && !around.out.contains("\nn3  up"), "{}", around.out);
    let (_, before) = line(folder.path(), "replay broken.toml --seed 7 --around 136 --json");
    assert_eq!(
        (&before["event"], &before["nodes"][1]["unheard_by"]),
        (&136.into(), &serde_json::json!([]))
    );
    for (command, said) in [
        ("replay broken.toml --at 1s --node n7", "there is no node n7; the last one is n4"),
        ("replay broken.toml --at 4s", "the run is over at 3s; name a moment of it"),
        ("replay broken.toml --around 99999", "there is no event 99999; the last one of this run"),
        ("replay broken.toml --node n1", "say when by `--at` or `--around`"),
        ("replay broken.toml --around now", "the number of an event"),
        ("replay broken.toml --at 1s --around 3", "cannot be used with"),
    ] {
        let came = obey(folder.path(), command);
        assert!(came.exit == 2 && came.err.contains(said), "{command}: {}", came.err);
    }
}

#[test]
fn by_aim_the_story_the_moments_and_the_next_command_are_those_of_the_aimed_run() {
    // The partition is aimed half a second behind where it struck.
    let folder = changed(|text| text.replace("at        = \"1s\"", "at        = \"1.5s\""));
    let struck = obey(folder.path(), "replay changed.toml").out;
    let aimed = obey(folder.path(), "replay changed.toml --by-aim").out;
    let strikes = |story: &str, at: &str| {
        let line =
            |line: &str| line.trim_start().starts_with(at) && line.contains("by a partition");
        let (_, why) = story.split_once("how it came about").expect("it is told");
        why.lines().any(line)
    };
    assert!(strikes(&struck, "1s ") && !strikes(&struck, "1.5s "), "{struck}");
    assert!(strikes(&aimed, "1.5s ") && !strikes(&aimed, "1s "), "{aimed}");
    assert!(aimed.ends_with("stormseed replay changed.toml --seed 7 --by-aim\n"), "{aimed}");
    let cut = |command: &str| line(folder.path(), command).1["nodes"][1]["unheard_by"].clone();
    assert_eq!(cut("replay changed.toml --at 1200ms --json"), serde_json::json!([2, 3, 4]));
    assert_eq!(cut("replay changed.toml --at 1200ms --by-aim --json"), serde_json::json!([]));
    let around = obey(folder.path(), "replay changed.toml --around 187 --by-aim").out;
    assert!(around.contains("partition f0"), "{around}");
    // Other processes would run it as it struck.
    assert_eq!(obey(folder.path(), "replay changed.toml --by-aim --twice").exit, 2);
}
