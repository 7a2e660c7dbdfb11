//! `profile` as its users meet it: the curve, the files, and where there is nothing to show.

use super::{CALM, folder, obey};
use serde_json::Value;
use std::fs;

/// A leader that is cut off for a while, over a Raft that forgets its votes; seed 10 finds it.
fn forgetful() -> String {
    let storm = include_str!("../../../scenarios/zoo/election-raft.toml");
    let section = "[algorithm.election-raft]";
    storm.replacen(section, &format!("{section}\nmutant = \"vote-not-persisted\""), 1)
}

#[test]
fn a_violation_is_certain_in_the_end_and_was_not_at_first() {
    let folder = folder(&[("storm.toml", &*forgetful())]);
    let line = "profile storm.toml --seed 10 --salts 8 --moments 20 --svg a.svg --csv a.csv --json";
    let came = obey(folder.path(), line);
    assert_eq!(came.exit, 0, "{}", came.err);
    let line: Value = serde_json::from_str(&came.out).expect("it is JSON");
    let points = line["points"].as_array().expect("a list");
    let share = |point: &Value| (point["found"].as_u64(), point["runs"].as_u64());
    assert_eq!(share(points.last().expect("one")), (Some(8), Some(8)), "{line}");
    assert!(points[0]["found"].as_u64() < Some(8), "{line}");
    assert!(line["half_ns"].as_u64() <= line["certain_ns"].as_u64(), "{line}");
    let csv = fs::read_to_string(folder.path().join("a.csv")).expect("it is written");
    assert_eq!(csv.lines().count(), points.len() + 1);
    assert!(csv.starts_with("at_ns,found,runs\n0,"), "{csv}");
    let svg = fs::read_to_string(folder.path().join("a.svg")).expect("it is written");
    for part in ["<svg xmlns", "time in the run", "largest jump", "certain", "crash n"] {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    // The same bytes again, and as text.
    let again =
        obey(folder.path(), "profile storm.toml --seed 10 --salts 8 --moments 20 --svg b.svg");
    assert_eq!(fs::read_to_string(folder.path().join("b.svg")).expect("it is written"), svg);
    assert!(again.out.contains("all of them do from"), "{}", again.out);
    // What took long is not lost with a file that cannot be written.
    let lost = obey(folder.path(), "profile storm.toml --seed 10 --salts 8 --moments 20 --svg a/b");
    assert_eq!(lost.exit, 74, "{}", lost.err);
    assert_eq!(lost.out, again.out);
}

#[test]
fn where_nothing_was_violated_there_is_nothing_to_show() {
    let folder = folder(&[("calm.toml", CALM)]);
    for (line, exit, said) in [
        ("profile calm.toml", 2, "came to `pass`: nothing was violated"),
        ("profile missing.toml", 2, "cannot read the scenario missing.toml"),
        ("profile calm.toml --salts 0", 2, "a whole number from 1"),
    ] {
        let came = obey(folder.path(), line);
        assert_eq!((came.exit, &*came.out), (exit, ""), "{line}: {}", came.err);
        assert!(came.err.contains(said), "{line}: {}", came.err);
    }
}
