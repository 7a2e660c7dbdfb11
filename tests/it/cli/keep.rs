//! `sweep --keep-regressions`: a new finding becomes a small file that watches, once.

use super::{CALM, expecting, folder, obey};
use std::fs;
use std::path::{Path, PathBuf};

/// A Raft that takes half of the servers for a majority, in a scenario that expects that all holds.
fn halves() -> String {
    let text = include_str!("../../../scenarios/election/raft_quorum-half.toml");
    let lines = text.lines().filter(|line| !line.starts_with("expect"));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).map(|entries| entries.map(|entry| entry.expect("").path()));
    let mut files: Vec<PathBuf> = entries.map_or_else(|_| Vec::new(), Iterator::collect);
    files.sort();
    files
}

#[test]
fn a_new_finding_is_kept_as_a_small_file_once_and_regress_runs_it_first() {
    let folder = folder(&[("scenarios/a/calm.toml", CALM), ("scenarios/a/half.toml", &*halves())]);
    let line = "sweep scenarios --seeds 3 --keep-regressions";
    let came = obey(folder.path(), line);
    assert_eq!(came.exit, 1, "{}", came.err);
    let kept = files(&folder.path().join("scenarios/regressions"));
    let named: Vec<String> =
        kept.iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
    let begins = "election-raft-election-safety-";
    assert!(named.iter().any(|name| name.starts_with(begins)), "{named:?}: {}", came.err);
    for name in &named {
        assert!(came.err.contains(&format!("kept: scenarios/regressions/{name}")), "{}", came.err);
    }
    // The second time they are there, and what is there finds nothing new.
    for line in [line, "sweep scenarios/regressions --keep-regressions"] {
        let again = obey(folder.path(), line);
        assert_eq!(again.exit, 1);
        assert!(again.err.contains("has it already"), "{}", again.err);
        assert_eq!(files(&folder.path().join("scenarios/regressions")), kept, "{}", again.err);
    }
    let came = obey(folder.path(), "regress");
    let first = came.out.lines().next().expect("a line");
    assert!(came.exit == 1 && first.contains("regressions/election-raft"), "{}", came.out);
}

#[test]
fn what_is_kept_is_red_while_the_bug_is_there_and_can_be_turned_round() {
    let folder = folder(&[("half.toml", &*halves())]);
    assert_eq!(obey(folder.path(), "sweep half.toml --seeds 1 --keep-regressions=kept").exit, 1);
    let path = files(&folder.path().join("kept")).pop().expect("it is kept");
    let text = fs::read_to_string(&path).expect("it can be read");
    assert!(text.starts_with("# The point: "), "{text}");
    let exit = |text: &str| {
        fs::write(&path, text).expect("a file");
        obey(folder.path(), "sweep kept").exit
    };
    assert_eq!(exit(&text), 1, "the bug is there: {text}");
    assert_eq!(exit(&text.replace("mutant = \"quorum-half\"", "")), 0, "it is mended: {text}");
    let known = text.lines().find(|line| line.starts_with("# expect   = ")).expect("the cure");
    let turned = text.replace("expect   = { holds = true }", "");
    let turned = turned.replace(known, known.trim_start_matches("# "));
    assert_eq!(exit(&turned), 0, "it is known: {turned}");
    assert_eq!(exit(&turned.replace("mutant = \"quorum-half\"", "")), 1, "gone unnoticed");
}

#[test]
fn nothing_is_kept_of_what_passes_or_is_expected_and_a_folder_that_is_none_is_74() {
    let text = include_str!("../../../scenarios/election/raft_quorum-half.toml");
    let folder = folder(&[
        ("calm.toml", CALM),
        ("known.toml", text),
        ("half.toml", &*halves()),
        ("file", ""),
    ]);
    let also = expecting(CALM, "holds = true");
    fs::write(folder.path().join("also.toml"), also.replace("test/calm", "test/also")).expect("");
    for file in ["calm.toml", "also.toml", "known.toml"] {
        let line = format!("sweep {file} --seeds 3 --keep-regressions");
        assert_eq!(obey(folder.path(), &line).exit, 0, "{file}");
    }
    assert!(!folder.path().join("scenarios").exists());
    let came = obey(folder.path(), "sweep half.toml --seeds 1 --keep-regressions=file/below");
    assert_eq!(came.exit, 74, "{}", came.err);
}
