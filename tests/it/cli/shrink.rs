//! `shrink` as its users meet it: a small file that fails in the same way, and why there is none.

use super::{BROKEN, CALM, folder, obey, obey_with};
use serde_json::Value;
use std::fs;

/// A storm over a Raft that forgets its votes; seed 10 finds it.
fn forgetful() -> String {
    let storm = include_str!("../../../scenarios/zoo/election-raft.toml");
    let section = "[algorithm.election-raft]";
    storm.replacen(section, &format!("{section}\nmutant = \"vote-not-persisted\""), 1)
}

/// The faults of a file, without what names them.
fn faults(text: &str) -> Vec<toml::Value> {
    let table: toml::Table = text.parse().expect("it is TOML");
    table.get("fault").and_then(toml::Value::as_array).cloned().unwrap_or_default()
}

#[test]
fn a_storm_becomes_a_few_faults_each_of_which_is_needed() {
    let folder = folder(&[("storm.toml", &*forgetful())]);
    let line = "shrink storm.toml --seed 10 -o small.toml --weigh 0 --budget 10m --json";
    let came = obey(folder.path(), line);
    assert_eq!(came.exit, 0, "{}", came.err);
    let line: Value = serde_json::from_str(&came.out).expect("it is JSON");
    assert_eq!((&line["detail"], &line["is_minimal"]), (&"one-vote-per-term".into(), &true.into()));
    let text = fs::read_to_string(folder.path().join("small.toml")).expect("it is written");
    assert_eq!(line["text"], text.as_str());
    let left = faults(&text);
    assert_eq!(line["faults"][1], left.len());
    assert!((1..=4).contains(&left.len()) && line["faults"][0].as_u64() >= Some(20), "{text}");
    assert_eq!(line["operations"][1], 0);
    assert!(text.starts_with("# The point: one-vote-per-term is violated: "), "{text}");
    // The file is an ordinary scenario that expects what it shows, and replays to the last bit.
    for (command, exit) in
        [("check small.toml", 0), ("sweep small.toml", 0), ("replay small.toml", 0)]
    {
        let came = obey(folder.path(), command);
        assert_eq!(came.exit, exit, "{command}: {}{}", came.out, came.err);
    }
    assert!(obey(folder.path(), "replay small.toml").out.starts_with("identical"), "{text}");
    // Minimal is what it says: without any one fault no salt shows it.
    let salts = line["salts"].as_array().expect("a list");
    for gone in 0..left.len() {
        let mut table: toml::Table = text.parse().expect("it is TOML");
        let list = table.get_mut("fault").and_then(toml::Value::as_array_mut).expect("it has some");
        list.remove(gone);
        if list.is_empty() {
            table.remove("fault");
        }
        table.remove("recorded");
        for salt in salts {
            let pinned = format!("dice = 1\nseed = {salt}").parse::<toml::Table>().expect("a pin");
            table.insert("residual".to_owned(), pinned.into());
            table.insert(
                "expect".to_owned(),
                "holds = true".parse::<toml::Table>().expect("").into(),
            );
            let came = obey_with(folder.path(), "run -", &table.to_string());
            assert_eq!(came.exit, 0, "without fault {gone}, salt {salt}: {}", came.out);
        }
    }
}

#[test]
fn what_comes_out_does_not_depend_on_the_threads_and_cannot_be_made_smaller_again() {
    let folder = folder(&[("broken.toml", BROKEN)]);
    let one = obey(folder.path(), "shrink broken.toml --seed 7 --jobs 1");
    let many = obey(folder.path(), "shrink broken.toml --seed 7 --jobs 3");
    assert_eq!((one.exit, &one.out), (0, &many.out), "{}", one.err);
    assert!(one.out.contains("servers = 2"), "{}", one.out);
    let comment = one.out.replace("\n# ", " ");
    assert!(comment.contains("found in 100 % of 50 runs with it, in 0 % without it"), "{comment}");
    let again = obey_with(folder.path(), "shrink - --json --weigh 0", &one.out);
    let line: Value = serde_json::from_str(&again.out).expect("it is JSON");
    assert_eq!((again.exit, &line["faults"]), (0, &serde_json::json!([1, 1])), "{line}");
    assert_eq!(line["nodes"], serde_json::json!([2, 2]));
}

#[test]
fn where_there_is_no_time_the_best_so_far_is_handed_out() {
    let folder = folder(&[("storm.toml", &*forgetful())]);
    let came = obey(folder.path(), "shrink storm.toml --seed 10 --budget 300ms --json");
    let line: Result<Value, _> = serde_json::from_str(&came.out);
    match (came.exit, line) {
        (0, Ok(line)) => {
            let text = line["text"].as_str().expect("a file").to_owned();
            let ran = obey_with(folder.path(), "run - --json", &text);
            assert!(ran.out.contains("\"detail\":\"one-vote-per-term\""), "{}", ran.out);
            let said = text.contains("stopped before it was minimal");
            assert_eq!(said, line["is_minimal"] == false, "{text}");
        }
        // A slow machine does not even come to begin.
        (2, _) => assert!(came.err.contains("no time to begin"), "{}", came.err),
        (exit, _) => panic!("exit {exit}: {}", came.err),
    }
}

#[test]
fn what_cannot_be_shrunk_says_so() {
    let folder = folder(&[("calm.toml", CALM), ("broken.toml", BROKEN)]);
    for (line, exit, said) in [
        ("shrink calm.toml --seed 3", 2, "came to `pass`: there is nothing to shrink"),
        ("shrink missing.toml", 2, "cannot read the scenario missing.toml"),
        ("shrink broken.toml --salts 0", 2, "a whole number from 1"),
        ("shrink broken.toml --out no/such/x.toml", 74, "cannot write"),
    ] {
        let came = obey(folder.path(), line);
        assert_eq!((came.exit, &*came.out), (exit, ""), "{line}: {}", came.err);
        assert!(came.err.contains(said), "{line}: {}", came.err);
    }
}

#[test]
fn a_bug_that_shows_later_is_shrunk_by_the_invariant_that_shows_it() {
    let storm = include_str!("../../../scenarios/zoo/election-bully_merge.toml");
    let section = "[algorithm.election-bully]";
    let switch = format!("{section}\nmutant = \"merge-does-not-re-elect\"");
    let folder = folder(&[("merge.toml", &*storm.replacen(section, &switch, 1))]);
    let line = "shrink merge.toml --by group-agreement --weigh 0 -o small.toml --json";
    let came = obey(folder.path(), line);
    let told: Value = serde_json::from_str(&came.out).expect("it is JSON");
    assert_eq!((came.exit, &told["detail"]), (0, &"group-agreement".into()), "{}", came.err);
    assert_eq!((&told["faults"], &told["operations"][1]), (&serde_json::json!([1, 1]), &0.into()));
    // The partition breaks something else first, which the sound one does not survive either.
    let text = fs::read_to_string(folder.path().join("small.toml")).expect("it is written");
    assert!(text.starts_with("# The point: group-agreement is violated: "), "{text}");
    assert!(
        text.contains("violates = \"one-coordinator\", also = [\"group-agreement\"]"),
        "{text}"
    );
    assert_eq!(obey(folder.path(), "sweep small.toml").exit, 0);
    let other = obey(folder.path(), "shrink merge.toml --by highest-leads");
    assert_eq!(other.exit, 2, "{}", other.out);
    let said = "does not violate highest-leads: it violates ";
    assert!(other.err.contains(said) && other.err.contains("group-agreement"), "{}", other.err);
}

#[test]
fn no_search_in_the_zoo_ends_on_another_bug() {
    let folder = folder(&[]);
    for family in ["chang-roberts", "merge-does-not-re-elect", "never-asks-for-it-back"] {
        let line = format!("zoo --family {family} --shrink 1 --seeds 32 --json");
        let came = obey(folder.path(), &line);
        assert_eq!(came.exit, 0, "{}{}", came.out, came.err);
        let lines = came.out.lines().map(serde_json::from_str::<Value>);
        let lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("each is JSON");
        let (total, bugs) = lines.split_last().expect("there is a total");
        assert_eq!((&total["astray"], &total["searches"]), (&0.into(), &bugs.len().into()));
        for bug in bugs {
            let shrunk = &bug["shrunk"][0];
            let (shows, breaks) = (&shrunk["shows"], bug["breaks"].as_array().expect("a list"));
            assert!(breaks.contains(shows) || shrunk["verdict"] == "stall", "{bug}");
        }
    }
    let table = obey(folder.path(), "zoo --family lead-not-declared --shrink 1 --seeds 4");
    assert!(table.out.contains("searches, 0 of them ended on something else"), "{}", table.out);
}

#[test]
fn a_violation_is_told_by_what_it_depends_on() {
    let folder = folder(&[("storm.toml", &*forgetful())]);
    let story = obey(folder.path(), "run storm.toml --seed 10").out;
    let (_, why) = story.split_once("how it came about").expect("it is told");
    let lines: Vec<&str> = why.lines().skip(1).take_while(|l| l.starts_with("   ")).collect();
    assert!(lines.iter().filter(|line| line.starts_with("   *")).count() == 2, "{story}");
    // The node has voted, died and come back before it votes again.
    let place = |said: &str| lines.iter().position(|line| line.contains(said));
    assert!(place("crashes") < place("restarts") && place("crashes").is_some(), "{story}");
    let json = obey(folder.path(), "run storm.toml --seed 10 --json").out;
    let line: Value = serde_json::from_str(&json).expect("it is JSON");
    assert!(line["why"].as_array().is_some_and(|steps| (3..=20).contains(&steps.len())), "{line}");
    // A run that passes has nothing to explain.
    assert!(!obey(folder.path(), "run storm.toml --seed 0").out.contains("how it came about"));
}

#[test]
fn json_says_why_of_a_smaller_run_and_of_a_replay() {
    let folder = folder(&[("broken.toml", BROKEN)]);
    let line = "shrink broken.toml --seed 7 --weigh 0 -o small.toml --json";
    for line in [line, "replay small.toml --json"] {
        let came = obey(folder.path(), line);
        let told: Value = serde_json::from_str(&came.out).expect("it is JSON");
        let why = told["why"].as_array().expect("a list");
        assert!(why.iter().any(|step| step["is_witness"] == true), "{line}: {told}");
    }
}

/// A first Ctrl-C ends the search, and not the process.
#[cfg(unix)]
#[test]
fn after_an_interrupt_the_best_so_far_is_written() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let folder = folder(&[("storm.toml", &*forgetful())]);
    let mut search = Command::new(env!("CARGO_BIN_EXE_stormseed"));
    let line = "shrink storm.toml --seed 10 --salts 5000 --budget 10m --weigh 0 -o small.toml";
    search.current_dir(folder.path()).args(line.split_whitespace()).stderr(Stdio::piped());
    let mut search = search.stdout(Stdio::null()).spawn().expect("it can be run");
    let said = BufReader::new(search.stderr.take().expect("it is piped"));
    let pid = search.id().to_string();
    let mut lines = said.lines();
    // The first line says that the search has begun: there is something to hand out.
    assert!(lines.next().is_some_and(|line| line.is_ok()));
    let killed = Command::new("kill").args(["-INT", &pid]).status().expect("a signal is sent");
    assert!(killed.success());
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let ended = search.wait().expect("it ends");
    assert_eq!(ended.code(), Some(130), "{rest:?}");
    let text = fs::read_to_string(folder.path().join("small.toml")).expect("it is written");
    assert!(text.contains("stopped before it was minimal"), "{text}");
    let ran = obey(folder.path(), "run small.toml --json");
    assert!(ran.out.contains("\"detail\":\"one-vote-per-term\""), "{}", ran.out);
}
