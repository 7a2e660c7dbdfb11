//! `regress` as CI meets it: each difference from what was committed, and what it comes to.

use super::{BROKEN, CALM, Came, expecting, folder, obey};
use std::fs;
use tempfile::TempDir;

/// Two scenarios that come to what they expect, with their baselines.
fn blessed() -> TempDir {
    let outside = "outside = [\"reliable-links\", \"no-partition\"]";
    let broken = expecting(BROKEN, &format!("violates = \"one-coordinator\", {outside}"));
    let folder = folder(&[("scenarios/calm.toml", CALM), ("scenarios/broken.toml", &*broken)]);
    let came = obey(folder.path(), "regress --bless");
    assert_eq!(came.exit, 0, "{}{}", came.out, came.err);
    folder
}

/// What regress says when this column of the calm scenario's baseline stood at this value.
fn with(folder: &TempDir, column: &str, value: &str, line: &str) -> Came {
    let path = folder.path().join("results/test/calm.csv");
    let text = fs::read_to_string(&path).expect("a baseline");
    let at = text.lines().next().and_then(|header| header.split(',').position(|c| c == column));
    let at = at.expect("a column");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in lines.iter_mut().skip(1) {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[at] = value;
        *line = cells.join(",");
    }
    fs::write(path, lines.join("\n") + "\n").expect("a baseline");
    obey(folder.path(), line)
}

#[test]
fn a_missing_baseline_is_said_and_blessing_makes_one_that_is_the_same_again() {
    let folder = folder(&[("scenarios/calm.toml", CALM)]);
    let came = obey(folder.path(), "regress");
    assert_eq!(came.exit, 0);
    assert!(came.out.contains("there is no baseline results/test/calm.csv"), "{}", came.out);
    assert_eq!(obey(folder.path(), "regress --strict").exit, 1);
    assert!(obey(folder.path(), "regress --bless").out.contains("1 blessed"));
    let path = folder.path().join("results/test/calm.csv");
    let made = fs::metadata(&path).and_then(|file| file.modified()).expect("a time");
    let came = obey(folder.path(), "regress --bless");
    assert!(came.out.contains("0 blessed"), "{}", came.out);
    assert_eq!(fs::metadata(&path).and_then(|file| file.modified()).expect("a time"), made);
    assert_eq!(obey(folder.path(), "regress --strict").exit, 0);
    let swept = obey(folder.path(), "sweep scenarios --check-baseline results");
    assert_eq!(swept.exit, 0, "both know one form of baselines");
}

#[test]
fn another_verdict_fails_other_milestones_warn_and_another_trace_is_told() {
    let folder = blessed();
    let came = with(&folder, "trace", "0000000000000001", "regress --strict");
    assert_eq!(came.exit, 0, "{}", came.out);
    assert!(came.out.contains("note: 20 seeds have another trace, the first"), "{}", came.out);
    let came = with(&folder, "milestones", "0000000000000001", "regress");
    assert_eq!(came.exit, 0);
    assert!(came.out.contains("warning: 20 seeds passed other milestones"), "{}", came.out);
    assert_eq!(obey(folder.path(), "regress --strict").exit, 1);
    let came = with(&folder, "verdict", "stall", "regress");
    assert_eq!(came.exit, 1);
    assert!(came.out.contains("seed 0: stall was committed, now pass"), "{}", came.out);
    assert!(came.out.contains("15 seeds more came to another verdict"), "{}", came.out);
    let last = came.out.lines().last();
    assert_eq!(last, Some("stormseed run scenarios/calm.toml --seed 0"));
    assert_eq!(obey(folder.path(), "regress --bless").exit, 0);
    assert_eq!(obey(folder.path(), "regress --strict").exit, 0);
}

#[test]
fn a_pinned_trace_and_a_watched_mean_fail_and_an_unwatched_one_does_not() {
    let folder = blessed();
    let came = with(&folder, "availability_ppm", "999999", "regress");
    assert_eq!(came.exit, 0, "{}", came.out);
    let path = folder.path().join("scenarios/calm.toml");
    fs::write(&path, format!("{CALM}\n[baseline]\ntolerance = {{ availability_ppm = \"1%\" }}\n"))
        .expect("a file");
    let came = obey(folder.path(), "regress");
    assert_eq!(came.exit, 1);
    assert!(came.out.contains("the mean of availability_ppm was 999999, now "), "{}", came.out);
    fs::write(&path, format!("{CALM}\n[baseline]\ntrace = \"pinned\"\n")).expect("a file");
    assert_eq!(obey(folder.path(), "regress").exit, 0);
    let came = with(&folder, "trace", "0000000000000001", "regress");
    assert_eq!(came.exit, 1);
    assert!(came.out.contains("and the scenario pins it"), "{}", came.out);
}

#[test]
fn what_is_not_as_expected_fails_is_not_blessed_and_regressions_run_first() {
    let folder = folder(&[("a/calm.toml", CALM), ("a/regressions/old.toml", BROKEN)]);
    let came = obey(folder.path(), "regress a --bless --baseline base");
    assert_eq!(came.exit, 1);
    let first = came.out.lines().next().expect("a line");
    assert!(first.starts_with("FAILED") && first.contains("test/broken"), "{first}");
    assert!(came.out.contains("10 of 10 seeds came to something else"), "{}", came.out);
    assert!(folder.path().join("base/test/calm.csv").exists());
    assert!(!folder.path().join("base/test/broken.csv").exists());
    assert_eq!(came.out.lines().last(), Some("stormseed run a/regressions/old.toml --seed 0"));
}

#[test]
fn more_seeds_are_judged_and_the_baseline_stays_that_of_the_scenarios_own() {
    let folder = blessed();
    let came = obey(folder.path(), "regress --strict --seeds 10..30");
    assert_eq!(came.exit, 0, "{}", came.out);
    let calm = came.out.lines().find(|line| line.contains("test/calm"));
    assert!(calm.is_some_and(|line| line.contains("    30 runs ")), "{}", came.out);
}

#[test]
fn a_column_that_is_not_there_is_met_with_the_nearest() {
    let text = format!("{CALM}\n[baseline]\ntolerance = {{ availabilty_ppm = \"1%\" }}\n");
    let empty = format!("{CALM}\n[baseline]\n");
    let folder = folder(&[("x.toml", &*text), ("empty.toml", &*empty)]);
    let came = obey(folder.path(), "check x.toml");
    assert_eq!(came.exit, 2);
    assert!(came.err.contains("did you mean `availability_ppm`?"), "{}", came.err);
    assert!(obey(folder.path(), "check empty.toml").err.contains("says nothing"));
}

#[test]
fn what_a_tolerance_may_watch_is_a_column() {
    for name in stormseed::scenario::MEASURED {
        assert!(stormseed::report::COLUMNS.iter().any(|column| column.name == *name), "{name}");
    }
}
