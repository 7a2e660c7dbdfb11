//! `placement` as its users meet it: the table, its file, and names that do not exist.

use super::{folder, obey};
use serde_json::Value;
use std::fs;

#[test]
fn functions_stand_side_by_side_as_text_csv_and_json() {
    let folder = folder(&[]);
    let line = "placement ring article-exact --members 5 --keys 2000 --csv a.csv";
    let came = obey(folder.path(), line);
    assert_eq!(came.exit, 0, "{}", came.err);
    assert!(came.out.starts_with("5 members, 2000 keys"), "{}", came.out);
    assert!(came.out.contains("ring (members)"), "{}", came.out);
    assert!(came.out.contains("100.0 %"), "nobody owns a key of the article: {}", came.out);
    let csv = fs::read_to_string(folder.path().join("a.csv")).expect("it is written");
    assert!(csv.starts_with("function,depends_on,members,"), "{csv}");
    assert_eq!(csv.lines().count(), 3, "{csv}");

    let came = obey(folder.path(), "placement jump --members 5 --keys 2000 --json");
    let line: Value = serde_json::from_str(&came.out).expect("it is JSON");
    assert_eq!(line["function"], "jump");
    assert_eq!(line["returned_ppm"], Value::Null, "only the last can leave");
    assert!(line["reordered_ppm"].as_u64() > Some(700_000), "{line}");
}

#[test]
fn what_is_no_function_is_answered_with_the_nearest_or_with_those_there_are() {
    let folder = folder(&[]);
    let came = obey(folder.path(), "placement rign");
    assert_eq!(came.exit, 2);
    assert!(came.err.contains("no placement function `rign`"), "{}", came.err);
    assert!(came.err.contains("did you mean `ring`?"), "{}", came.err);
    let came = obey(folder.path(), "placement quadratic");
    assert!(came.err.contains("there are modulo, ring, ketama"), "{}", came.err);
    assert_eq!(obey(folder.path(), "placement --members 0").exit, 2);
}

#[test]
fn a_function_that_cannot_hold_so_many_is_left_out_and_said() {
    let folder = folder(&[]);
    let came = obey(folder.path(), "placement article-congruent --members 10,100 --keys 500");
    assert_eq!(came.exit, 0);
    assert!(came.err.contains("left out: no more than 46 members"), "{}", came.err);
}
