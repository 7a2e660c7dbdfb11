//! Who may import whom, and who may touch the host: the architecture as two tables.
//!
//! Code is read as text: comments are skipped, and so is everything from `#[cfg(test)]` on, since
//! tests may use more than what they test.

use crate::sources::{Source, sources};
use std::collections::BTreeSet;

/// `words` is the macro that names the kinds of messages.
const WORDS: &[&str] = &["id", "time", "rng", "fingerprint", "units", "words"];
const CONTRACTS: &[&str] = &[
    "protocol",
    "world",
    "fault",
    "fault_budget",
    "schedule",
    "invariant",
    "metric",
    "topology",
    "assumption",
    "algorithm",
    "conditions",
    "calibration",
];
const FAMILIES: &[&str] = &["detector", "election", "hashing", "ownership", "lock"];
const MIDDLE: &[&str] = &["engine", "observe", "scenario", "history"];
const LOOPS: &[&str] = &["catalog", "report"];
const TOP: &[&str] = &["runner", "cli"];

/// A module and the groups that it may import; itself always.
const LAYERS: &[(&str, &[&[&str]])] = &[
    ("id", &[WORDS]),
    ("time", &[WORDS]),
    ("rng", &[WORDS]),
    ("fingerprint", &[WORDS]),
    ("units", &[WORDS]),
    ("protocol", &[WORDS, CONTRACTS]),
    ("world", &[WORDS, CONTRACTS]),
    ("fault", &[WORDS, CONTRACTS]),
    ("fault_budget", &[WORDS, CONTRACTS]),
    ("schedule", &[WORDS, CONTRACTS]),
    ("invariant", &[WORDS, CONTRACTS]),
    ("metric", &[WORDS, CONTRACTS]),
    ("topology", &[WORDS, CONTRACTS]),
    ("assumption", &[WORDS, CONTRACTS]),
    ("algorithm", &[WORDS, CONTRACTS]),
    ("conditions", &[WORDS, CONTRACTS]),
    ("calibration", &[WORDS, CONTRACTS]),
    // Histories may come from anywhere: their checker knows nothing of how they were made.
    ("history", &[WORDS]),
    ("engine", &[WORDS, CONTRACTS]),
    ("detector", &[WORDS, CONTRACTS]),
    ("election", &[WORDS, CONTRACTS, &["detector"]]),
    ("hashing", &[WORDS, CONTRACTS, &["detector"]]),
    // Clients of a store leave a history behind, and its judges hold it against a register.
    ("ownership", &[WORDS, CONTRACTS, &["detector", "hashing", "history"]]),
    ("lock", &[WORDS, CONTRACTS, &["detector", "election"]]),
    ("observe", &[WORDS, CONTRACTS, &["engine", "history"]]),
    ("scenario", &[WORDS, CONTRACTS]),
    ("strategy", &[WORDS, CONTRACTS, &["scenario"]]),
    ("catalog", &[WORDS, CONTRACTS, FAMILIES, MIDDLE]),
    ("report", &[WORDS, CONTRACTS, MIDDLE]),
    ("runner", &[WORDS, CONTRACTS, FAMILIES, MIDDLE, LOOPS]),
    ("cli", &[WORDS, CONTRACTS, FAMILIES, MIDDLE, LOOPS, TOP]),
];

/// Who may print, touch files, read the clock and the environment, and start threads.
const HOSTS: &[&str] = &["cli", "runner", "report", "main"];
const HOST_MODULES: &[&str] = &["env", "fs", "net", "process", "thread"];
const HOST_NAMES: &[&str] = &["print", "println", "eprint", "eprintln", "Instant", "SystemTime"];

/// The families' algorithms do not know that they are simulated.
const SECRETS: &[&str] = &["engine", "SimTime"];

/// The code of a file: what comes before its tests, without comments.
fn code(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    lines
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| line.split_once(" // ").map_or(line, |(code, _)| code))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// The module of the crate that a file belongs to; `lib` and `main` are their own.
fn module(path: &str) -> &str {
    let path = path.trim_start_matches("src/");
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// All words of a text that mean something to Rust.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

/// What is reached from a root like `crate::`: the next name of every path, and in a group
/// (`crate::{a::X, b}`) that of every member.
fn reached<'a>(code: &'a str, root: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(root) {
        if code[..at].ends_with(|c| is_word(c) || c == ':') {
            continue;
        }
        let rest = &code[at + root.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(members(group)),
            None => found.extend(words(rest).next()),
        }
    }
    found
}

/// The first name of each member of a group of imports, from behind its opening brace.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.extend(words(&group[start..at]).next());
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

/// The imports of a file that its layer forbids.
fn forbidden_imports(path: &str, text: &str) -> Vec<String> {
    let importer = module(path);
    if matches!(importer, "lib" | "main") {
        return Vec::new();
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == importer) else {
        return vec![format!("{path}: `{importer}` stands in no layer of tests/it/layers.rs")];
    };
    let is_allowed = |name: &str| name == importer || allowed.iter().any(|g| g.contains(&name));
    let code = code(text);
    let imports = reached(&code, "crate::").into_iter().filter(|name| !is_allowed(name));
    imports.map(|name| format!("{path}: `{importer}` must not import `{name}`")).collect()
}

/// What a file takes from the host though its layer must not.
fn touches_of_the_host(path: &str, text: &str) -> Vec<String> {
    if HOSTS.contains(&module(path)) {
        return Vec::new();
    }
    let code = code(text);
    let modules = reached(&code, "std::").into_iter().filter(|name| HOST_MODULES.contains(name));
    let names = words(&code).filter(|word| HOST_NAMES.contains(word));
    let found: BTreeSet<&str> = modules.chain(names).collect();
    found.into_iter().map(|name| format!("{path}: only the outer layers use `{name}`")).collect()
}

/// What a family mentions that only the engine and the judges know; `spec` files are judges.
fn secrets_told(path: &str, text: &str) -> Vec<String> {
    let is_judge = path.ends_with("/spec.rs") || path.contains("/spec/");
    if is_judge || !FAMILIES.contains(&module(path)) {
        return Vec::new();
    }
    let code = code(text);
    let found: BTreeSet<&str> = words(&code).filter(|word| SECRETS.contains(word)).collect();
    found.into_iter().map(|name| format!("{path}: an algorithm does not know `{name}`")).collect()
}

fn expect_kept(rule: fn(&str, &str) -> Vec<String>) {
    let files: Vec<Source> = sources(&["src"], ".rs");
    assert!(files.len() > 5, "the sources are where this test looks");
    let found: Vec<String> = files.iter().flat_map(|file| rule(&file.path, &file.text)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_import_goes_down() {
    expect_kept(forbidden_imports);
}

#[test]
fn only_the_outer_layers_touch_the_host() {
    expect_kept(touches_of_the_host);
}

#[test]
fn algorithms_do_not_know_that_they_are_simulated() {
    expect_kept(secrets_told);
}

#[test]
fn the_table_has_no_upward_edge() {
    for (place, (name, allowed)) in LAYERS.iter().enumerate() {
        if WORDS.contains(name) || CONTRACTS.contains(name) {
            continue; // Words know each other, and so do contracts.
        }
        let imports = allowed.iter().copied().flatten();
        for import in imports.filter(|import| *import != name && !WORDS.contains(import)) {
            let below = LAYERS.iter().position(|(other, _)| other == import);
            assert!(below.is_some_and(|below| below < place), "{name} imports {import}");
        }
    }
}

#[test]
fn a_forbidden_import_is_reported_in_every_form_it_can_take() {
    let forms = [
        "use crate::engine::Simulation;",
        "use crate::{\n    id::NodeId,\n    engine::{Simulation, queue},\n};",
        "use crate::{id::{NodeId, NodeSet}, engine};",
        "pub(crate) use crate::engine;",
        "fn run(simulation: &crate::engine::Simulation) {}",
    ];
    for form in forms {
        let found = forbidden_imports("src/election/raft/log.rs", form);
        assert_eq!(
            found,
            ["src/election/raft/log.rs: `election` must not import `engine`"],
            "{form}"
        );
        assert!(forbidden_imports("src/observe/trace.rs", form).is_empty(), "{form}");
    }
    let sideways = forbidden_imports("src/detector.rs", "use crate::election::Term;");
    assert_eq!(sideways, ["src/detector.rs: `detector` must not import `election`"]);
    let unknown = forbidden_imports("src/misc.rs", "use crate::id::NodeId;");
    assert_eq!(unknown, ["src/misc.rs: `misc` stands in no layer of tests/it/layers.rs"]);
}

#[test]
fn comments_and_tests_may_mention_what_code_must_not() {
    let text = "//! See crate::engine.\nuse crate::id::NodeId; // not crate::engine\n\
        /// Unlike [`crate::engine::Simulation`] it never calls println!.\n\
        #[cfg(test)]\nmod tests {\n    use crate::engine::Simulation;\n}\n";
    assert!(forbidden_imports("src/election/bully.rs", text).is_empty());
    assert!(touches_of_the_host("src/election/bully.rs", text).is_empty());
    assert!(secrets_told("src/election/bully.rs", text).is_empty());
}

#[test]
fn a_touch_of_the_host_is_reported_below_the_outer_layers_only() {
    let touches = [
        ("    println!(\"{x}\");", "println"),
        ("eprint!(\".\");", "eprint"),
        ("let text = std::fs::read(path)?;", "fs"),
        ("use std::{collections::BTreeMap, env};", "env"),
        ("use std::{\n    fmt,\n    thread::{self, JoinHandle},\n};", "thread"),
        ("std::process::exit(1)", "process"),
        ("use std::time::{Duration, Instant};", "Instant"),
    ];
    for (text, name) in touches {
        let found = touches_of_the_host("src/engine/queue.rs", text);
        assert_eq!(found, [format!("src/engine/queue.rs: only the outer layers use `{name}`")]);
        for outer in ["src/cli/run.rs", "src/runner/sweep.rs", "src/report.rs", "src/main.rs"] {
            assert!(touches_of_the_host(outer, text).is_empty(), "{outer}: {text}");
        }
    }
    assert!(touches_of_the_host("src/id.rs", "use std::fmt;\nlet my_std = env;").is_empty());
}

#[test]
fn an_algorithm_that_knows_the_true_time_is_reported_and_a_judge_is_not() {
    let text = "use crate::time::SimTime;";
    let found = secrets_told("src/lock/lease.rs", text);
    assert_eq!(found, ["src/lock/lease.rs: an algorithm does not know `SimTime`"]);
    for judge in ["src/lock/spec.rs", "src/lock/spec/fencing.rs", "src/engine/clock.rs"] {
        assert!(secrets_told(judge, text).is_empty(), "{judge}");
    }
}
