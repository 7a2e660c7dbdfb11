//! `contract` on the command line: what it prints and writes, and how it ends.

use super::{folder, obey, obey_with};

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
