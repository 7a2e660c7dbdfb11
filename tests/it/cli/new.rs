//! `new`: what it writes is green at once, for every algorithm.

use super::{CALM, folder, obey, obey_with};
use std::fs;
use stormseed::catalog::Catalog;

#[test]
fn what_is_written_is_green_for_every_algorithm_of_the_catalog() {
    let folder = folder(&[]);
    for entry in Catalog::builtin().entries() {
        let name = entry.name;
        let file = format!("{name}.toml");
        let came = obey(folder.path(), &format!("new {file} --algorithm {name}"));
        let next = format!("stormseed sweep {file}");
        assert_eq!((came.exit, came.out.trim_end()), (0, &*next), "{name}: {}", came.err);
        let came = obey(folder.path(), &format!("sweep {file}"));
        assert_eq!(came.exit, 0, "{name}: {}{}", came.out, came.err);
    }
}

#[test]
fn the_faults_in_its_comments_are_faults() {
    let folder = folder(&[]);
    for entry in Catalog::builtin().entries() {
        let came = obey(folder.path(), &format!("new - --algorithm {}", entry.name));
        assert_eq!(came.exit, 0, "{}", came.err);
        let is_fault = |line: &str| {
            let begins = ["# [[fault]]", "# at ", "# crash ", "# pause "];
            begins.iter().any(|begin| line.starts_with(begin))
        };
        let bare = |line: &str| match is_fault(line) {
            true => format!("{}\n", line.trim_start_matches("# ")),
            false => format!("{line}\n"),
        };
        let text: String = came.out.lines().map(bare).collect();
        assert!(text.contains("\n[[fault]]\n"), "{text}");
        let came = obey_with(folder.path(), "check -", &text);
        assert_eq!(came.exit, 0, "{}: {}\n{text}", entry.name, came.err);
    }
}

#[test]
fn nothing_is_overwritten_and_a_misspelt_algorithm_is_met_with_the_nearest() {
    let folder = folder(&[("calm.toml", CALM)]);
    let came = obey(folder.path(), "new calm.toml --algorithm election-raft");
    assert!(came.exit == 2 && came.err.contains("is there already"), "{}", came.err);
    let text = fs::read_to_string(folder.path().join("calm.toml")).expect("a file");
    assert_eq!(text, CALM);
    let came = obey(folder.path(), "new x.toml --algorithm raft");
    assert!(came.err.contains("did you mean `election-raft` or `lock-raft`?"), "{}", came.err);
    let came = obey(folder.path(), "new x.toml --algorithm election-rafft");
    assert!(came.exit == 2 && came.err.contains("did you mean `election-raft`?"), "{}", came.err);
    assert!(!folder.path().join("x.toml").exists());
    assert_eq!(obey(folder.path(), "new x.toml").exit, 2);
    assert_eq!(obey(folder.path(), "new no/such/x.toml --algorithm election-raft").exit, 74);
    // Whatever the file is called, the scenario has a name that is allowed.
    let came = obey(folder.path(), "new .Größe!.toml --algorithm lock-lease");
    assert_eq!(came.exit, 0, "{}", came.err);
}
