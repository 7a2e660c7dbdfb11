//! `contract` on the command line: what it prints and writes, and how it ends.

use super::{folder, obey, obey_args, obey_with};

#[test]
fn a_row_is_told_as_a_table_and_as_json() {
    let folder = folder(&[]);
    let line = "contract election-bully --fault partition --seeds 8";
    let came = obey(folder.path(), line);
    assert_eq!(came.exit, 0, "{}", came.err);
    assert!(came.out.contains("assumed away: reliable-links no-partition"), "{}", came.out);
    assert!(came.out.contains("no promise was seen broken"), "{}", came.out);
    let came = obey(folder.path(), &format!("{line} --json"));
    let row: serde_json::Value = serde_json::from_str(&came.out).expect("a line of JSON");
    assert_eq!((&row["v"], &row["kind"]), (&1.into(), &"contract".into()));
    assert_eq!((&row["fault"], &row["is_safe"]), (&"partition".into(), &false.into()));
}

#[test]
fn what_broke_is_written_as_a_file_that_shows_it_again() {
    let folder = folder(&[]);
    let line = "contract election-bully --fault partition --seeds 8 --out bugs";
    let came = obey(folder.path(), line);
    let path = "bugs/election-bully_partition.toml";
    assert!(came.out.contains(path), "{}", came.out);
    let came = obey(folder.path(), &format!("sweep {path}"));
    assert_eq!(came.exit, 0, "{}{}", came.out, came.err);
}

#[test]
fn a_row_is_printed_as_a_scenario_that_can_be_checked() {
    let folder = folder(&[]);
    let printed = obey(folder.path(), "contract election-raft --print drift");
    assert_eq!(printed.exit, 0, "{}", printed.err);
    let came = obey_with(folder.path(), "check -", &printed.out);
    assert_eq!(came.exit, 0, "{}", came.err);
    assert!(printed.err.contains("contract \"election-raft by lease\" --print"), "{}", printed.err);
    let by_lease = ["contract", "election-raft by lease", "--print", "loss"];
    let other = obey_args(folder.path(), &by_lease, "");
    assert!(other.out.contains("reads = \"lease\""), "{}", other.out);
}

#[test]
fn a_matrix_keeps_the_rows_that_were_not_measured_again() {
    let folder = folder(&[]);
    let line = |what: &str| format!("contract {what} --seeds 4 --write-matrix results");
    let came = obey(folder.path(), &line("election-raft --fault loss --fault loss"));
    assert_eq!(came.exit, 0, "{}", came.err);
    let path = folder.path().join("results/election/matrix.csv");
    let read = || std::fs::read_to_string(&path).expect("a matrix");
    let first = read();
    assert_eq!(first.lines().count(), 3, "the same fault twice is one row: {first}");
    obey(folder.path(), &line("election-bully --fault loss"));
    obey(folder.path(), &line("election-raft --fault restart"));
    let rows: Vec<String> = read().lines().map(|row| row.split(',').take(2).collect()).collect();
    let raft = ["election-raftrestart", "election-raftloss"];
    let by_lease = ["election-raft by leaserestart", "election-raft by leaseloss"];
    let known = [&["election-bullyloss"][..], &raft, &by_lease].concat();
    assert_eq!(rows[1..], known, "in the order of algorithms, and of the table");
    assert!(first.lines().all(|row| read().contains(row)));
    std::fs::write(&path, "a,b\n1,2\n").expect("a file");
    let came = obey(folder.path(), &line("election-raft --fault loss"));
    assert!(came.err.contains("no matrix of this version"), "{}", came.err);
    assert_eq!(std::fs::read_to_string(&path).expect("it stays"), "a,b\n1,2\n");
}

#[test]
fn a_row_that_says_nothing_says_why() {
    let folder = folder(&[]);
    let came = obey(folder.path(), "contract election-bully --in none.toml --fault hub-stays");
    assert_eq!(came.exit, 2, "{}", came.out);
    let two = "name = \"x/y\"\nformat = 1\nduration = \"10s\"\n[nodes]\nservers = 2\n\
        [algorithm.election-raft]\n";
    std::fs::write(folder.path().join("two.toml"), two).expect("a file");
    let came = obey(folder.path(), "contract --in two.toml --fault hub-stays --seeds 4");
    assert!(came.out.contains("hub-stays    not asked: it needs three nodes"), "{}", came.out);
    assert_eq!(came.exit, 4, "{}", came.err);
}

#[test]
fn wrong_names_are_met_with_the_nearest() {
    let folder = folder(&[]);
    for (line, cure) in [
        ("contract election-raf", "did you mean `election-raft`?"),
        ("contract election-raft --fault drif", "did you mean `drift`?"),
        ("contract --family elections", "`list algorithms` shows what there is"),
        ("contract --in nothing.toml", "cannot read the scenario"),
    ] {
        let came = obey(folder.path(), line);
        assert_eq!(came.exit, 2, "{line}");
        assert!(came.err.contains(cure), "{line}: {}", came.err);
    }
    assert_eq!(obey(folder.path(), "contract").exit, 2);
}
