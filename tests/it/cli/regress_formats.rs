//! The formats of `regress` by their rules, on a scenario that holds and one that does not.

use super::{BROKEN, CALM, folder, obey, stormseed};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

fn two() -> TempDir {
    folder(&[("scenarios/calm.toml", CALM), ("scenarios/broken.toml", BROKEN)])
}

#[test]
fn github_is_meant_where_it_listens_and_its_summary_is_added_to() {
    let folder = two();
    let summary = folder.path().join("summary.md");
    fs::write(&summary, "before\n").expect("a file");
    let mut command = stormseed(folder.path());
    command.args(["regress"]).env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary);
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    // Nothing says what is expected: the line is that of the name.
    let line =
        "::error file=scenarios/broken.toml,line=2,title=test/broken::expected: holds; 10 of";
    assert!(out.contains(line), "{out}");
    let warning = "::warning file=scenarios/calm.toml,line=2,title=test/calm::there is no baseline";
    assert!(out.contains(warning), "{out}");
    let text = fs::read_to_string(&summary).expect("a summary");
    assert!(text.starts_with("before\n### stormseed: 1 of 2 scenarios"), "{text}");
    assert!(text.contains("| test/broken | error | expected: holds; 10 of 10 seeds"), "{text}");
}

#[test]
fn stdout_holds_nothing_but_the_report_where_a_program_reads_it() {
    let folder = two();
    let came = obey(folder.path(), "regress --format jsonl");
    let lines: Vec<Value> =
        came.out.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    assert_eq!((lines.len(), &lines[2]["scenarios"]), (3, &Value::from(2)));
    assert!(came.err.contains("FAILED"), "{}", came.err);
    let came = obey(folder.path(), "regress --format gitlab");
    let report: Value = serde_json::from_str(&came.out).expect("it is JSON");
    assert!(report.as_array().is_some_and(|found| found.len() >= 3), "{report}");
    let came = obey(folder.path(), "regress --format tap");
    assert!(came.out.starts_with("TAP version 14\n1..2\nnot ok 1 - test/broken"), "{}", came.out);
    assert!(came.out.contains("\nok 2 - test/calm, holds\n"), "{}", came.out);
}

#[test]
fn the_commands_of_the_workflow_are_ones_that_run_and_what_the_night_finds_is_where_it_looks() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ci/stormseed.yml");
    let text = fs::read_to_string(path).expect("the workflow");
    let command = "run: target/release/stormseed ";
    let commands: Vec<&str> =
        text.lines().filter_map(|line| Some(line.split_once(command)?.1)).collect();
    let [regress, nightly] = commands[..] else { panic!("{commands:?}") };
    let calm = folder(&[("scenarios/calm.toml", CALM)]);
    assert_eq!(obey(calm.path(), "regress scenarios --baseline results --bless").exit, 0);
    let few = nightly.replace("--seeds nightly", "--seeds nightly:5");
    assert!(few != nightly && text.contains("    - cron: \""), "{text}");
    for command in [regress, &few] {
        let came = obey(calm.path(), command);
        assert_eq!(came.exit, 0, "{}{}", came.out, came.err);
    }
    let broken = folder(&[("scenarios/broken.toml", BROKEN)]);
    assert_eq!(obey(broken.path(), &few).exit, 1);
    let uploaded: Vec<&str> = text.lines().map(str::trim).filter(|l| l.ends_with('/')).collect();
    assert_eq!(uploaded, ["scenarios/regressions/", "found/"]);
    for place in uploaded {
        let found = fs::read_dir(broken.path().join(place)).expect("it is there").count();
        assert_eq!(found, 1, "{place}");
    }
}
