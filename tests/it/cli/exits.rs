//! Every exit code is reached, and means what `--help` says.

use super::{BROKEN, CALM, expecting, folder, obey, obey_with};
use std::path::Path;

#[test]
fn all_as_expected_is_0() {
    let folder = folder(&[("calm.toml", CALM)]);
    assert_eq!(obey(folder.path(), "run calm.toml").exit, 0);
    assert_eq!(obey(folder.path(), "sweep calm.toml").exit, 0);
    assert_eq!(obey_with(folder.path(), "sweep - --seeds 3", CALM).exit, 0);
    assert_eq!(obey_with(folder.path(), "run -", CALM).exit, 0);
}

#[test]
fn a_violation_is_1_unless_it_is_expected() {
    let outside = "outside = [\"reliable-links\", \"no-partition\"]";
    let expected = expecting(BROKEN, &format!("violates = \"one-coordinator\", {outside}"));
    let other = expecting(BROKEN, "violates = \"highest-leads\"");
    let never = expecting(CALM, "violates = \"election-safety\"");
    let files = [
        ("broken.toml", BROKEN),
        ("expected.toml", &*expected),
        ("other.toml", &*other),
        ("never.toml", &*never),
    ];
    let folder = folder(&files);
    let exit = |line: &str| obey(folder.path(), line).exit;
    assert_eq!((exit("run broken.toml"), exit("sweep broken.toml")), (1, 1));
    assert_eq!((exit("run expected.toml"), exit("sweep expected.toml")), (0, 0));
    assert_eq!((exit("run other.toml"), exit("sweep other.toml")), (1, 1));
    // One run may pass where at least one of many is to violate; many may not.
    assert_eq!((exit("run never.toml"), exit("sweep never.toml")), (0, 1));
    assert_eq!(exit("sweep broken.toml --max-fail 1"), 1);
}

#[test]
fn a_file_of_100_megabytes_is_2_and_is_not_read() {
    let folder = folder(&[]);
    let file = std::fs::File::create(folder.path().join("large.toml")).expect("a file");
    file.set_len(100_000_000).expect("a file with a hole");
    let came = obey(folder.path(), "check large.toml");
    let said = "large.toml: the file is larger than 16 MiB";
    assert!(came.exit == 2 && came.err.contains("larger than 16 MiB"), "{said}: {}", came.err);
}

#[test]
fn a_wrong_file_or_flag_is_2_and_nothing_runs() {
    let wrong = CALM.replace("servers", "severs");
    let folder = folder(&[("wrong.toml", &*wrong), ("calm.toml", CALM)]);
    for command in ["run", "sweep", "check", "verify"] {
        for file in ["wrong.toml", "missing.toml", "wrong.toml calm.toml"] {
            let came = obey(folder.path(), &format!("{command} {file}"));
            assert_eq!((came.exit, came.out.lines().count()), {
                let is_told = command == "check" && file.contains("calm");
                (2, usize::from(is_told))
            });
        }
        let said = obey(folder.path(), &format!("{command} wrong.toml")).err;
        assert!(said.contains("wrong.toml:"), "{said}");
        assert!(said.contains("did you mean `servers`?"), "{said}");
        let said = obey(folder.path(), &format!("{command} missing.toml")).err;
        assert!(said.contains("cannot read the scenario missing.toml"), "{said}");
    }
    for line in ["", "rum x", "run", "sweep calm.toml --seeds x", "sweep calm.toml --jobs 0"] {
        assert_eq!(obey(folder.path(), line).exit, 2, "{line}");
    }
    assert_eq!(obey(folder.path(), "explain election-saftey").exit, 2);
}

#[test]
fn a_timer_of_next_to_nothing_is_refused() {
    let roles = "election-lease store = 1\ncandidates = 3 retry-period";
    let lines = [
        "election-ble servers = 3 election-timeout",
        "election-raft servers = 3 heartbeat",
        "election-bully servers = 3 heartbeat",
        "election-bully-1982 servers = 3 check-every",
        "election-invitation servers = 3 call-timeout",
        "detector-swim members = 3 ping-timeout",
        roles,
    ];
    for line in lines {
        let (algorithm, rest) = line.split_once(' ').expect("an algorithm");
        let (roles, setting) = rest.rsplit_once(' ').expect("a setting");
        let text = format!(
            "name = 'test/tiny'\nformat = 1\nduration = '3s'\n[nodes]\n{roles}\n\
             [algorithm.{algorithm}]\n{setting} = '999ns'\n"
        );
        let folder = folder(&[("tiny.toml", &*text)]);
        let came = obey(folder.path(), "check tiny.toml");
        let said = format!("`{setting}` is 999ns: a timer must be at least 1us");
        assert!(came.exit == 2 && came.err.contains(&said), "{algorithm}: {}", came.err);
    }
}

#[test]
fn a_budget_that_is_used_up_is_3() {
    let text = format!("{CALM}\n[budget]\nevents = 50\n");
    let expected = expecting(CALM, "violates = \"election-safety\"");
    let folder = folder(&[("tight.toml", &*text), ("expected.toml", &*expected)]);
    let tight = obey(folder.path(), "run tight.toml");
    assert_eq!(tight.exit, 3);
    assert!(tight.out.contains("`events` under `[budget]`"), "{}", tight.out);
    assert_eq!(obey(folder.path(), "sweep tight.toml").exit, 3);
    // Time that is up proves nothing of seeds that did not run.
    assert_eq!(obey(folder.path(), "sweep expected.toml --time-budget 1ns").exit, 3);
    assert_eq!(obey(folder.path(), "sweep tight.toml --time-budget 1ns").exit, 3);
}

#[test]
fn nothing_that_ran_or_a_milestone_that_never_came_is_4() {
    let text = CALM.replace("\"leader-elected\"", "\"log-truncated\"");
    let folder = folder(&[("vacuous.toml", &*text), ("calm.toml", CALM), ("empty/x.txt", "")]);
    let came = obey(folder.path(), "run vacuous.toml");
    assert_eq!(came.exit, 4);
    assert!(came.out.contains("it never came to log-truncated"), "{}", came.out);
    assert_eq!(obey(folder.path(), "sweep vacuous.toml").exit, 4);
    assert_eq!(obey(folder.path(), "sweep calm.toml --seeds 0").exit, 4);
    assert_eq!(obey(folder.path(), "sweep empty").exit, 4);
}

#[test]
fn runs_in_which_nobody_said_anything_are_4() {
    let (calm, _) = CALM.split_once("[nemesis]").expect("it has a storm");
    let folder = folder(&[("short.toml", &*calm.replace("\"3s\"", "\"1ns\""))]);
    let came = obey(folder.path(), "run short.toml");
    assert_eq!(came.exit, 4);
    assert!(came.out.contains("no node said or heard anything"), "{}", came.out);
    let came = obey(folder.path(), "sweep short.toml");
    assert_eq!(came.exit, 4);
    assert!(came.out.contains("nothing was judged"), "{}", came.out);
    assert!(!came.out.contains("at 95 %"), "no risk is told: {}", came.out);
}

#[test]
fn output_that_cannot_be_written_is_74_before_anything_runs() {
    let folder = folder(&[("calm.toml", CALM), ("file", "")]);
    for line in ["sweep calm.toml --out file", "run calm.toml --events no/such/x.csv"] {
        let came = obey(folder.path(), line);
        assert_eq!((came.exit, &*came.out), (74, ""), "{line}");
        assert!(came.err.contains("cannot write"), "{}", came.err);
    }
    if Path::new("/dev/full").exists() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stormseed"));
        let status = command.args(["list"]).stdout(full).stderr(std::process::Stdio::null());
        assert_eq!(status.status().expect("it runs").code(), Some(74));
    }
}

#[test]
fn the_more_important_of_two_exits_counts() {
    let folder = folder(&[("a/calm.toml", CALM), ("a/broken.toml", BROKEN)]);
    let came = obey(folder.path(), "sweep a");
    assert_eq!(came.exit, 1);
    let last = came.out.lines().last().expect("it says something");
    assert_eq!(last, "stormseed run a/broken.toml --seed 0");
    assert!(came.out.contains("2 scenarios: 1 as expected"), "{}", came.out);
}

#[test]
fn regress_comes_to_what_its_scenarios_come_to() {
    let scenarios = [
        (CALM.to_owned(), 0),
        (BROKEN.to_owned(), 1),
        (expecting(CALM, "violates = \"election-safety\""), 1),
        (CALM.replace("servers", "severs"), 2),
        (format!("{CALM}\n[budget]\nevents = 50\n"), 3),
        (CALM.replace("\"leader-elected\"", "\"log-truncated\""), 4),
    ];
    for (text, exit) in &scenarios {
        let folder = folder(&[("scenarios/x.toml", text)]);
        let came = obey(folder.path(), "regress");
        assert_eq!(came.exit, *exit, "{text}\n{}{}", came.out, came.err);
        assert_eq!(obey(folder.path(), "regress --bless").exit, *exit);
        let is_there = folder.path().join("results/test/calm.csv").exists();
        assert_eq!(is_there, *exit == 0, "only what is as expected is blessed");
    }
    let folder = folder(&[("scenarios/calm.toml", CALM), ("results", "")]);
    for line in ["regress --bless", "regress --format tap --out no/such.tap"] {
        let came = obey(folder.path(), line);
        assert_eq!(came.exit, 74, "{line}: {}{}", came.out, came.err);
    }
    assert_eq!(obey(folder.path(), "regress nowhere").exit, 2);
    assert_eq!(obey(folder.path(), "regress --out x.xml").exit, 2);
}

#[cfg(unix)]
#[test]
fn a_regress_that_is_interrupted_says_what_it_did_not_run() {
    use std::process::{Command, Stdio};
    for (signal, exit) in [("INT", 130), ("TERM", 143)] {
        let endless = CALM.replace("0..20", "0..100000000");
        let folder = folder(&[("a/calm.toml", CALM), ("a/endless.toml", &*endless)]);
        let path = folder.path().join("a/endless.toml");
        let text = std::fs::read_to_string(&path).expect("a file");
        std::fs::write(&path, text.replace("test/calm", "test/endless")).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_stormseed"));
        command.args(["regress", "a", "--bless"]).current_dir(folder.path());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
        // The first baseline stands there when the endless one has begun.
        while !folder.path().join("results/test/calm.csv").exists() {
            std::thread::yield_now();
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().expect("kill").success());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(exit));
        assert!(!folder.path().join("results/test/endless.csv").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_run_that_would_go_on_for_ever() {
    use std::process::{Command, Stdio};
    let budget = "\n[budget]\nevents = 9000000000000000\n";
    let (calm, _) = CALM.split_once("[nemesis]").expect("it has a storm");
    let endless = calm.replace("\"3s\"", "\"9000000s\"") + budget;
    let folder = folder(&[("endless.toml", &*endless)]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_stormseed"));
    command.args(["sweep", "endless.toml", "--seeds", "4", "--out", "out", "--json"]);
    command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null());
    let child = command.spawn().expect("it runs");
    let runs = folder.path().join("out/test/calm");
    while std::fs::read_dir(&runs).map_or(0, Iterator::count) < 2 {
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().expect("kill").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(143));
    let summary = std::fs::read_to_string(runs.join("summary.json")).expect("a summary");
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("it is JSON");
    assert_eq!((&summary["is_complete"], &summary["runs"]), (&false.into(), &0.into()));
}

#[cfg(unix)]
#[test]
fn an_interrupted_sweep_leaves_whole_files_and_says_so() {
    use std::process::{Command, Stdio};
    for (signal, exit) in [("INT", 130), ("TERM", 143)] {
        let folder = folder(&[("calm.toml", CALM)]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_stormseed"));
        command.args(["sweep", "calm.toml", "--seeds", "100000000", "--out", "out", "--json"]);
        command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().expect("it runs");
        // It listens before it opens its files.
        let runs = folder.path().join("out/test/calm");
        while std::fs::read_dir(&runs).map_or(0, Iterator::count) < 2 {
            std::thread::yield_now();
        }
        let id = child.id().to_string();
        let killed = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(killed.expect("kill runs").success());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(exit));
        let names = std::fs::read_dir(&runs).expect("a folder").count();
        assert_eq!(names, 4, "three tables or summaries and meta.json, nothing half done");
        let table = std::fs::read_to_string(runs.join("runs.csv")).expect("a table");
        assert!(table.ends_with('\n'));
        let summary = std::fs::read_to_string(runs.join("summary.json")).expect("a summary");
        let summary: serde_json::Value = serde_json::from_str(&summary).expect("it is JSON");
        assert_eq!(summary["is_complete"], false);
        assert_eq!(summary["runs"], table.lines().count() - 1);
    }
}

/// The codes and their meanings, as `--help` lists them.
fn documented() -> Vec<(i32, String)> {
    let help = obey(folder(&[]).path(), "--help").out;
    let (_, codes) = help.split_once("Exit codes:\n").expect("it lists them");
    let row = |line: &str| {
        let (code, meaning) = line.trim().split_once("  ")?;
        Some((code.parse().ok()?, meaning.trim().to_owned()))
    };
    codes.lines().map_while(row).collect()
}

#[test]
fn the_readme_and_the_help_say_the_same_of_each_code() {
    let readme = include_str!("../../../README.md");
    let (_, table) = readme.split_once("| exit | meaning |\n|---|---|\n").expect("a table");
    let row = |line: &str| {
        let (code, meaning) = line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")?;
        Some((code.parse().ok()?, meaning.to_owned()))
    };
    let told: Vec<(i32, String)> = table.lines().map_while(row).collect();
    assert_eq!(told, documented());
}

#[cfg(unix)]
#[test]
fn each_documented_code_is_the_end_of_a_process() {
    use super::toy::exit_of_a_process;
    let tight = format!("{CALM}\n[budget]\nevents = 50\n");
    let vacuous = CALM.replace("\"leader-elected\"", "\"log-truncated\"");
    let files = [
        ("calm.toml", CALM),
        ("broken.toml", BROKEN),
        ("tight.toml", &*tight),
        ("vacuous.toml", &*vacuous),
        ("file", ""),
    ];
    let folder = folder(&files);
    let exit = |line: &str| Some(obey(folder.path(), line).exit);
    let reached = [
        (0, exit("run calm.toml")),
        (1, exit("run broken.toml")),
        (2, exit("run missing.toml")),
        (3, exit("run tight.toml")),
        (4, exit("run vacuous.toml")),
        // A protocol that counts in a static, and settings that panic, are a user's own.
        (5, exit_of_a_process("run", "counts")),
        (70, exit_of_a_process("run", "config_panics")),
        (74, exit("sweep calm.toml --out file")),
        (130, stopped_by("INT")),
        (143, stopped_by("TERM")),
    ];
    for (code, came) in reached {
        assert_eq!(came, Some(code));
    }
    let codes: Vec<i32> = documented().into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, reached.map(|(code, _)| code), "what is documented is what is reached");
}

/// How a sweep ends that would go on for ever, and is sent a signal.
#[cfg(unix)]
fn stopped_by(signal: &str) -> Option<i32> {
    use std::process::{Command, Stdio};
    let folder = folder(&[("calm.toml", CALM)]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_stormseed"));
    command.args(["sweep", "calm.toml", "--seeds", "100000000", "--out", "out", "--json"]);
    command.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it runs");
    // It listens before it opens its files.
    let runs = folder.path().join("out/test/calm");
    while std::fs::read_dir(&runs).map_or(0, Iterator::count) < 2 {
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-s", signal, &id]).status();
    assert!(killed.expect("kill runs").success());
    child.wait().expect("it ends").code()
}
