//! What a sweep writes: the same bytes whatever the threads, documented columns, baselines.

use super::{BROKEN, CALM, folder, obey};
use std::fs;
use std::path::Path;
use stormseed::catalog::Catalog;
use stormseed::report::{COLUMNS, EVENT_COLUMNS, VIOLATION_COLUMNS};

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).expect("the file is there")
}

#[test]
fn rows_do_not_depend_on_the_number_of_threads() {
    let folder = folder(&[("a/calm.toml", CALM), ("a/broken.toml", BROKEN)]);
    for jobs in [1, 2, 3, 8] {
        obey(folder.path(), &format!("sweep a --seeds 70 --jobs {jobs} --out out{jobs} --events"));
        for name in ["calm", "broken"] {
            for file in ["runs.csv", "violations.csv", "events.csv", "summary.json"] {
                let path = |jobs: i32| format!("out{jobs}/test/{name}/{file}");
                let (one, many) =
                    (text(folder.path().join(path(1))), text(folder.path().join(path(jobs))));
                assert!(one == many, "{name} {file} with {jobs} threads");
                assert!(!many.contains('\r') && many.ends_with('\n'));
            }
        }
        let runs = text(folder.path().join(format!("out{jobs}/test/calm/runs.csv")));
        let seeds: Vec<String> =
            runs.lines().skip(1).filter_map(|l| Some(l.split(',').nth(1)?.to_owned())).collect();
        let right: Vec<String> = (0..70).map(|seed| seed.to_string()).collect();
        assert_eq!(seeds, right);
    }
}

#[test]
fn the_table_on_stdout_is_the_one_in_the_folder() {
    let folder = folder(&[("broken.toml", BROKEN)]);
    let came = obey(folder.path(), "sweep broken.toml --out -");
    obey(folder.path(), "sweep broken.toml --out out");
    assert_eq!(came.out, text(folder.path().join("out/test/broken/runs.csv")));
    let rows = text(folder.path().join("out/test/broken/violations.csv"));
    assert_eq!(rows.lines().count(), 11);
}

#[test]
fn rows_of_passes_can_be_left_out() {
    let folder = folder(&[("calm.toml", CALM)]);
    let came = obey(folder.path(), "sweep calm.toml --keep failures --out -");
    assert_eq!(came.out.lines().count(), 1);
    assert!(came.err.contains("0 of 20 failed: below 3/20"), "{}", came.err);
}

#[test]
fn the_log_of_failures_holds_their_rows_of_the_log_of_all() {
    let folder = folder(&[("broken.toml", BROKEN), ("calm.toml", CALM)]);
    for keep in ["all", "failures"] {
        let line = format!("sweep broken.toml calm.toml --events --out {keep} --keep {keep}");
        obey(folder.path(), &line);
    }
    let log =
        |keep: &str, name: &str| text(folder.path().join(format!("{keep}/test/{name}/events.csv")));
    let passes = log("all", "calm");
    assert!(passes.lines().count() > 1_000);
    assert_eq!(
        log("failures", "calm").lines().collect::<Vec<_>>(),
        [passes.lines().next().unwrap()]
    );
    assert!(log("failures", "broken") == log("all", "broken"));
}

#[test]
fn a_trace_level_says_what_is_kept_of_each_run() {
    let folder = folder(&[("broken.toml", BROKEN)]);
    let rows = |level: &str, file: &str| -> Vec<Vec<String>> {
        obey(folder.path(), &format!("sweep broken.toml --trace-level {level} --out {level}"));
        let table = text(folder.path().join(level).join("test/broken").join(file));
        table.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect()).collect()
    };
    let digests = [5, 6];
    let (off, hash) = (rows("off", "runs.csv"), rows("hash", "runs.csv"));
    for (mut without, with) in off.into_iter().zip(hash) {
        for column in digests {
            assert_eq!((without[column].len(), with[column].len()), (0, 16));
            without[column].clone_from(&with[column]);
        }
        assert_eq!(without, with);
    }
    let (full, ring) = (rows("full", "events.csv"), rows("ring(2)", "events.csv"));
    for seed in 0..10 {
        let of = |rows: &[Vec<String>]| -> Vec<Vec<String>> {
            rows.iter().filter(|row| row[0] == seed.to_string()).cloned().collect()
        };
        let (all, last) = (of(&full), of(&ring));
        assert!(last.len() == 2 && all.ends_with(&last), "seed {seed}: {last:?}");
    }
    obey(folder.path(), "sweep broken.toml --events --out events");
    let of = |out: &str| text(folder.path().join(out).join("test/broken/events.csv"));
    assert!(of("events") == of("full"));
}

#[test]
fn a_baseline_without_digests_is_refused() {
    let folder = folder(&[("calm.toml", CALM)]);
    for folder_of in ["--write-baseline", "--check-baseline"] {
        let line = format!("sweep calm.toml {folder_of} results --trace-level off");
        let came = obey(folder.path(), &line);
        assert!(came.exit == 2 && came.err.contains("--trace-level off"), "{}", came.err);
    }
    assert!(!folder.path().join("results").exists());
}

#[test]
fn the_records_that_a_level_keeps_are_printed_before_the_story() {
    let folder = folder(&[("calm.toml", CALM)]);
    let story = obey(folder.path(), "run calm.toml").out;
    for (level, count) in [("hash", 0), ("ring(3)", 3), ("ring(40)", 40)] {
        let told = obey(folder.path(), &format!("run calm.toml --trace-level {level}")).out;
        let records = told.strip_suffix(&story).expect("the story is the same");
        assert_eq!(records.lines().count(), count, "{level}");
    }
    let off = obey(folder.path(), "run calm.toml --trace-level off").out;
    assert!(off.contains("without a digest") && !story.contains("without a digest"));
    assert_eq!(obey(folder.path(), "run calm.toml --trace-level off --trace 1..2").exit, 2);
}

#[test]
fn the_records_of_one_run_are_written() {
    let folder = folder(&[("calm.toml", CALM)]);
    assert_eq!(obey(folder.path(), "run calm.toml --events e.csv").exit, 0);
    let table = text(folder.path().join("e.csv"));
    let header: Vec<&str> = EVENT_COLUMNS.iter().map(|(name, _)| *name).collect();
    assert_eq!(table.lines().next(), Some(&*header.join(",")));
    assert!(table.contains(",boot,") && table.contains(",believe,"), "{table}");
    let two = "run calm.toml calm.toml --events e.csv";
    assert_eq!(obey(folder.path(), two).exit, 2);
}

#[test]
fn a_baseline_is_kept_byte_for_byte_and_a_change_is_named() {
    let folder = folder(&[("calm.toml", CALM)]);
    let (write, check) =
        ("sweep calm.toml --write-baseline results", "sweep calm.toml --check-baseline results");
    let missing = obey(folder.path(), check);
    assert_eq!(missing.exit, 2);
    assert!(missing.err.contains("has no baseline"), "{}", missing.err);
    assert_eq!(obey(folder.path(), write).exit, 0);
    assert_eq!(obey(folder.path(), check).exit, 0);
    let path = folder.path().join("results/test/calm.csv");
    let changed = text(&path).replacen("test/calm,4,pass", "test/calm,4,stall", 1);
    fs::write(&path, changed).expect("the file can be written");
    let came = obey(folder.path(), check);
    assert_eq!(came.exit, 1);
    let said = "line 6 (seed 4), column `verdict`: `stall` was committed, now `pass`";
    assert!(came.err.contains(said), "{}", came.err);
    assert_eq!(obey(folder.path(), &format!("{check} --seeds 3")).exit, 2);
}

#[test]
fn scenarios_of_one_name_do_not_write_over_each_other() {
    let folder = folder(&[("a.toml", CALM), ("b.toml", CALM)]);
    let came = obey(folder.path(), "sweep a.toml b.toml --out out");
    assert_eq!(came.exit, 2);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn the_documented_columns_are_those_of_the_code() {
    let docs = text(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/columns.md"));
    let rows = |title: &str| -> Vec<(String, String)> {
        let section = docs.split("## ").find(|part| part.starts_with(title)).expect("a section");
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        rows.map(|line| {
            let mut cells = line.trim_matches('|').split(" | ");
            let mut cell = || cells.next().expect("two cells").trim().to_owned();
            (cell().trim_matches('`').to_owned(), cell())
        })
        .collect()
    };
    let owned = |name: &str, meaning: &str| (name.to_owned(), meaning.to_owned());
    let runs: Vec<_> = COLUMNS.iter().map(|column| owned(column.name, column.meaning)).collect();
    assert_eq!(rows("runs.csv"), runs);
    let pairs = |table: &[(&str, &str)]| -> Vec<_> {
        table.iter().map(|(name, meaning)| owned(name, meaning)).collect()
    };
    assert_eq!(rows("violations.csv"), pairs(VIOLATION_COLUMNS));
    let catalog = Catalog::builtin();
    let raft = catalog.find("election-raft").expect("it is shipped");
    let gauges: Vec<_> = raft.gauges.iter().map(|g| owned(g.name, g.meaning)).collect();
    assert_eq!(rows("Metrics of an election"), gauges);
    assert_eq!(rows("events.csv"), pairs(EVENT_COLUMNS));
}
