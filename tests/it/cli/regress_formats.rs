//! The formats of `regress` by their rules, on a scenario that holds and one that does not.

use super::{BROKEN, CALM, folder, obey, stormseed};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

fn two() -> TempDir {
    folder(&[("scenarios/calm.toml", CALM), ("scenarios/broken.toml", BROKEN)])
}

/// A tag: its name, its attributes and how deep it stands.
type Tag = (String, Vec<(String, String)>, usize);

/// The tags of a text of XML, each with its attributes; fails where they do not nest.
fn tags(text: &str) -> Vec<Tag> {
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a head");
    for piece in body.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("a tag ends");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "tags nest");
            continue;
        }
        let is_alone = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some((key, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("a value ends");
            attributes.push((key.trim().to_owned(), value.to_owned()));
            rest = after;
        }
        found.push((name.to_owned(), attributes, open.len()));
        if !is_alone {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
    found
}

#[test]
fn junit_has_the_form_that_its_readers_take() {
    let folder = two();
    let came = obey(folder.path(), "regress --format junit --out junit.xml");
    assert_eq!(came.exit, 1);
    assert!(came.out.contains("FAILED"), "people still have their lines");
    let text = fs::read_to_string(folder.path().join("junit.xml")).expect("a report");
    let tags = tags(&text);
    // What stands where, and the attributes that it must have.
    let rules: [(&str, usize, &[&str]); 4] = [
        ("testsuites", 0, &["name", "tests", "failures", "errors"]),
        ("testsuite", 1, &["name", "tests", "failures", "errors"]),
        ("testcase", 2, &["name", "classname"]),
        ("failure", 3, &["message", "type"]),
    ];
    for (name, attributes, depth) in &tags {
        let rule = rules.iter().find(|(tag, ..)| tag == name).expect("a tag that is known");
        let names: Vec<&str> = attributes.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!((*depth, names.as_slice()), (rule.1, rule.2), "{name}");
    }
    let count = |tag: &str| tags.iter().filter(|(name, ..)| name == tag).count().to_string();
    let told = |at: usize| tags[0].1[at].1.clone();
    assert_eq!((told(1), told(2), told(3)), (count("testcase"), count("failure"), "0".to_owned()));
    assert!(text.contains(">stormseed run scenarios/broken.toml --seed 0</failure>"), "{text}");
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
fn the_command_of_the_workflow_is_one_that_runs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ci/stormseed.yml");
    let text = fs::read_to_string(path).expect("the workflow");
    let command = "run: target/release/stormseed ";
    let commands: Vec<&str> =
        text.lines().filter_map(|line| Some(line.split_once(command)?.1)).collect();
    assert_eq!(commands.len(), 1);
    let folder = folder(&[("scenarios/calm.toml", CALM)]);
    assert_eq!(obey(folder.path(), "regress scenarios --baseline results --bless").exit, 0);
    let came = obey(folder.path(), commands[0]);
    assert_eq!(came.exit, 0, "{}{}", came.out, came.err);
}
