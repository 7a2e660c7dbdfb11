//! What the commands say.

use super::{BROKEN, CALM, folder, obey, obey_with, stormseed};
use std::collections::BTreeSet;
use std::io::Read;
use std::process::{Command, Stdio};
use stormseed::assumption::Assumption;
use stormseed::catalog::{Catalog, Lie};
use stormseed::fault::Action;

#[test]
fn help_begins_with_examples_and_lists_the_exit_codes() {
    let folder = folder(&[]);
    for flag in ["--help", "-h"] {
        let came = obey(folder.path(), flag);
        assert_eq!(came.exit, 0);
        assert!(came.out.starts_with("Examples:\n"), "{}", came.out);
        for code in [0, 1, 2, 3, 4, 5, 70, 74, 130, 143] {
            assert!(came.out.contains(&format!("\n{code:>5}  ")), "{code} in {}", came.out);
        }
        assert!(!came.out.contains("twin process"), "what is hidden is not shown");
        let wide = came.out.lines().filter(|line| line.chars().count() > 100);
        assert_eq!(wide.count(), 0);
    }
}

#[test]
fn a_failure_is_told_and_ends_with_the_command_to_paste() {
    let folder = folder(&[("broken.toml", BROKEN)]);
    let came = obey(folder.path(), "run broken.toml --seed 7");
    assert_eq!(came.exit, 1);
    let told = [
        "test/broken, seed 7",
        "partition n0 n1 | n2 n3 n4",
        "violation of one-coordinator at",
        "both lead",
        "It says: no two nodes",
        "In force then: partition",
        "of the time, first after",
    ];
    for part in told {
        assert!(came.out.contains(part), "{part} in\n{}", came.out);
    }
    let last = "stormseed run broken.toml --seed 7";
    assert_eq!(came.out.lines().last(), Some(last));
    let again = obey(folder.path(), last.strip_prefix("stormseed ").expect("it begins so"));
    assert_eq!(again.out, came.out);
    assert!(!came.out.contains('\u{1b}'), "no colour where nobody reads it");
    let wide = came.out.lines().filter(|line| line.chars().count() > 100);
    assert_eq!(wide.count(), 0);
}

#[test]
fn colour_is_given_where_it_is_asked_for() {
    let folder = folder(&[("calm.toml", CALM)]);
    let came = obey(folder.path(), "run calm.toml --color always");
    assert!(came.out.contains("\u{1b}[1m"));
    let mut command = stormseed(folder.path());
    let output = command.env("NO_COLOR", "1").args(["run", "calm.toml"]).output();
    assert!(!output.expect("it runs").stdout.contains(&0x1b));
}

#[test]
fn json_is_a_line_a_thing_with_its_version() {
    let folder = folder(&[("calm.toml", CALM), ("broken.toml", BROKEN)]);
    let lines = [
        ("run calm.toml broken.toml --json", "run", 2),
        ("sweep calm.toml --seeds 3 --json", "sweep", 1),
        ("check calm.toml --json", "check", 1),
        ("list algorithms --json", "algorithm", 2),
        ("list scenarios . --json", "scenario", 2),
        ("verify calm.toml --seeds 2 --json", "verify", 1),
    ];
    for (line, kind, count) in lines {
        let came = obey(folder.path(), line);
        let values: Vec<serde_json::Value> =
            came.out.lines().map(|l| serde_json::from_str(l).expect("it is JSON")).collect();
        assert!(values.len() >= count, "{line}: {}", came.out);
        assert!(values.iter().all(|v| v["v"] == 1 && v["kind"] == kind), "{line}: {}", came.out);
    }
}

#[test]
fn a_window_of_the_trace_is_printed() {
    let folder = folder(&[("calm.toml", CALM)]);
    let came = obey(folder.path(), "run calm.toml --trace 4..6");
    let events: Vec<u64> = came
        .out
        .lines()
        .take_while(|line| !line.starts_with("test/calm"))
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect();
    assert!(!events.is_empty() && events.iter().all(|event| (4..=6).contains(event)), "{events:?}");
    assert_eq!(obey(folder.path(), "run calm.toml --trace 4").exit, 2);
}

#[test]
fn names_are_explained_and_typos_are_met_with_the_nearest_name() {
    let folder = folder(&[]);
    let known = [
        ("election-safety", "at most one leader"),
        ("election-raft", "Ongaro"),
        ("commit-old-term", "figure 8"),
        ("stall", "a verdict"),
        ("excused", "with everybody healed"),
        ("election-bully", "live-quorum-connected"),
        ("recovery_ns", "after the heal"),
        ("74", "could not be written"),
        ("drift", "fast or slow"),
        ("metric_leader_changes", "reigns that began after another"),
        ("depth_term", "the highest term"),
    ];
    for (name, part) in known {
        let came = obey(folder.path(), &format!("explain {name}"));
        assert_eq!(came.exit, 0);
        assert!(came.out.contains(part), "{name}: {}", came.out);
    }
    let came = obey(folder.path(), "explain election-saftey");
    assert!(came.err.contains("did you mean `election-safety`?"), "{}", came.err);
    let came = obey(folder.path(), "sweeep x");
    assert!(came.err.contains("'sweep'"), "{}", came.err);
    let came = obey(folder.path(), "explain \u{1b}[2J");
    assert!(!came.err.contains('\u{1b}'), "{}", came.err);
}

#[test]
fn every_fault_assumption_and_lie_is_explained_as_what_it_is() {
    let folder = folder(&[]);
    let faults = Action::FAMILIES.map(|name| (name, ": a fault\n"));
    let assumed = Assumption::WORDS.map(|(_, word)| (word, ": what an algorithm may assume\n"));
    let lies = Lie::ALL.map(|lie| (lie.name(), ": a lie of `zoo --blind`\n"));
    for (name, kind) in faults.into_iter().chain(assumed).chain(lies) {
        let came = obey(folder.path(), &format!("explain {name}"));
        assert!(came.exit == 0 && came.out.contains(&format!("{name}{kind}")), "{name}");
    }
}

#[test]
fn whatever_is_explained_names_its_source() {
    let folder = folder(&[]);
    let catalog = Catalog::builtin();
    let entries = catalog.entries();
    let mut names: BTreeSet<(&str, &str)> = BTreeSet::new();
    for entry in entries {
        names.insert((entry.name, ": an algorithm\n"));
        names.extend(entry.mutants.iter().map(|mutant| (mutant.name, ": a known bug of ")));
        names.extend(entry.invariants.iter().map(|judge| (judge.name, ": an invariant of ")));
    }
    names.extend(Action::FAMILIES.map(|name| (name, ": a fault\n")));
    let codes = ["0", "1", "2", "3", "4", "5", "70", "74", "130", "143"];
    names.extend(codes.map(|code| (code, ": an exit code\n")));
    assert!(names.len() > 150, "{}", names.len());
    for (name, kind) in names {
        let came = obey(folder.path(), &format!("explain {name}"));
        assert_eq!(came.exit, 0, "{name}");
        // A name may mean several things; each is a paragraph.
        let begins = format!("{name}{kind}");
        let of_kind: Vec<_> = came.out.split("\n\n").filter(|p| p.starts_with(&begins)).collect();
        assert!(!of_kind.is_empty(), "{name}{kind}: {}", came.out);
        for text in of_kind {
            let source = text.lines().find_map(|line| line.strip_prefix("  source: "));
            assert!(source.is_some_and(|source| source.len() >= 6), "no source: {text}");
        }
    }
}

#[test]
fn the_schema_and_the_completions_are_printed() {
    let folder = folder(&[]);
    let schema = obey(folder.path(), "schema").out;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("it is JSON");
    assert!(schema["$schema"].as_str().is_some_and(|text| text.contains("draft-07")));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let came = obey(folder.path(), &format!("completions {shell}"));
        assert!(came.exit == 0 && came.out.contains("sweep"), "{shell}");
    }
}

#[test]
fn stdin_is_named_where_it_is_wrong() {
    let folder = folder(&[]);
    let came = obey_with(folder.path(), "check -", "format = 2\n");
    assert_eq!(came.exit, 2);
    assert!(came.err.contains("<stdin>:1:"), "{}", came.err);
}

#[test]
fn a_reader_that_has_gone_changes_no_verdict() {
    let folder = folder(&[("broken.toml", BROKEN)]);
    for line in ["run broken.toml --trace 0..", "sweep broken.toml --out -", "sweep broken.toml"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stormseed"));
        command.args(line.split(' ')).current_dir(folder.path());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(child.stdout.take());
        let mut said = String::new();
        let err = child.stderr.as_mut().expect("it is piped");
        err.read_to_string(&mut said).expect("it is UTF-8");
        assert_eq!(child.wait().expect("it ends").code(), Some(1), "{line}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn verify_compares_twins_and_finds_them_the_same() {
    let folder = folder(&[("calm.toml", CALM)]);
    let came = obey(folder.path(), "verify calm.toml --seeds 3");
    assert_eq!(came.exit, 0, "{}", came.err);
    assert!(came.out.contains("3 seeds") && came.out.contains("the same"), "{}", came.out);
}

/// A first Ctrl-C ends a verification in the middle of a run, and what is known is told.
#[cfg(unix)]
#[test]
fn a_verification_is_ended_by_a_signal() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let endless = CALM.replace("\"3s\"", "\"10000000s\"").replace("test/calm", "test/endless");
    let (endless, _) = endless.split_once("[nemesis]").expect("it has a storm");
    let endless = format!("{endless}[budget]\nevents = 1000000000000\n");
    let folder = folder(&[("a.toml", CALM), ("b.toml", &endless)]);
    for (format, said) in [
        ("", "test/endless: interrupted: 0 of 1 seeds, 0 twins so far: nothing is known yet"),
        (" --json", "\"is_deterministic\":null"),
    ] {
        let mut verify = Command::new(env!("CARGO_BIN_EXE_stormseed"));
        let line = format!("verify a.toml b.toml --seeds 1{format}");
        verify.current_dir(folder.path()).args(line.split_whitespace()).stdout(Stdio::piped());
        let mut verify = verify.stderr(Stdio::null()).spawn().expect("it can be run");
        let mut lines = BufReader::new(verify.stdout.take().expect("it is piped")).lines();
        // The first scenario is done, and the second would take hours.
        assert!(lines.next().is_some_and(|line| line.is_ok()));
        let pid = verify.id().to_string();
        let killed = Command::new("kill").args(["-INT", &pid]).status().expect("it is sent");
        assert!(killed.success());
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        assert_eq!(verify.wait().expect("it ends").code(), Some(130), "{rest:?}");
        assert!(rest.len() == 1 && rest[0].contains(said), "{rest:?}");
    }
}

#[test]
fn the_zoo_finds_a_bug_and_spares_the_control() {
    let folder = folder(&[]);
    let came = obey(folder.path(), "zoo --family election-bully --seeds 20 --control 20 --json");
    assert_eq!(came.exit, 0, "{}{}", came.out, came.err);
    assert!(came.out.lines().all(|line| line.contains("\"standing\":\"found\"")), "{}", came.out);
    let table = obey(folder.path(), "zoo --family merge-does-not-re-elect --seeds 4 --control 4");
    assert!(table.out.contains("clean over 4 but for one-coordinator"), "{}", table.out);
    // A bug that only takes time: the seeds that are slower than any without it.
    let slow = "zoo --family without-check-quorum --seeds 6 --control 6 --json";
    let slow = obey(folder.path(), slow);
    let slow: serde_json::Value = serde_json::from_str(&slow.out).expect("one line");
    assert_eq!(slow["standing"], "disrupts");
    let (first, found) = (slow["seeds_to_first"].as_u64(), slow["found"].as_u64());
    assert!(first.is_some_and(|first| first <= 6) && found > Some(0), "{slow}");
    let soon = "zoo --family ok-timeout-too-short --seeds 500 --control 20 --until-found";
    let came = obey(folder.path(), soon);
    assert!(came.out.contains(" 1/1 "), "its first seed finds it: {}", came.out);
    let came = obey(folder.path(), "zoo --family bulyl-1982");
    assert!(came.exit == 2 && came.err.contains("did you mean `bully-1982`?"), "{}", came.err);
}
