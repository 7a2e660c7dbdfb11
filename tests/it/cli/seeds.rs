//! `--seeds` by a policy: from the hash of a commit, or from the date.

use super::{BROKEN, CALM, folder, obey, stormseed};

const HASH: &str = "729ee8cedd2ab9c695b31f57018a0fed9d7b511f";
const SAID: &str = "--seeds 5644097861154324480..5644097861154324483";

#[test]
fn a_sweep_takes_the_seeds_of_a_commit_and_says_them_so_that_they_can_be_pasted() {
    let folder = folder(&[("calm.toml", CALM)]);
    let line = format!("sweep calm.toml --seeds commit:3 --json --commit {HASH}");
    let came = obey(folder.path(), &line);
    assert_eq!(came.exit, 0, "{}", came.err);
    let said = format!("the seeds of commit 729ee8cedd2a: {SAID}");
    assert!(came.err.contains(&said), "{}", came.err);
    let pasted = obey(folder.path(), &format!("sweep calm.toml --json {SAID}"));
    assert_eq!((came.exit, came.out), (pasted.exit, pasted.out), "the same seeds, the same bits");
}

#[test]
fn the_commit_is_the_one_that_ci_builds() {
    let folder = folder(&[("calm.toml", CALM)]);
    let sweep = |variables: &[(&str, &str)]| {
        let mut command = stormseed(folder.path());
        command.envs(variables.iter().copied()).env("GIT_CEILING_DIRECTORIES", "/");
        let output = command.args(["sweep", "calm.toml", "--seeds", "commit:3"]).output();
        let output = output.expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let other = "0".repeat(40);
    for variables in [
        &[("GITHUB_SHA", HASH)][..],
        &[("CI_COMMIT_SHA", HASH)],
        &[("GITHUB_SHA", HASH), ("CI_COMMIT_SHA", &other)],
        &[("GITHUB_SHA", ""), ("CI_COMMIT_SHA", HASH)],
    ] {
        let (exit, said) = sweep(variables);
        assert!(exit == Some(0) && said.contains(SAID), "{said}");
    }
    let (exit, said) = sweep(&[("GITHUB_SHA", "main")]);
    assert!(exit == Some(2) && said.contains("GITHUB_SHA is `main`"), "{said}");
    // The folder is in no repository.
    let (exit, said) = sweep(&[]);
    assert!(exit == Some(2) && said.contains("name one by `--commit HASH`"), "{said}");
}

#[test]
fn regress_runs_the_seeds_of_a_night_besides_the_scenarios_own() {
    let folder = folder(&[("scenarios/calm.toml", CALM)]);
    let line = "regress --seeds nightly:5 --date 2026-11-26";
    let came = obey(folder.path(), line);
    assert_eq!(came.exit, 0, "{}{}", came.out, came.err);
    assert!(came.err.contains("the night of 2026-11-26: --seeds 20783000000..20783000005"));
    assert!(came.out.contains("    25 runs "), "its own 20 and 5: {}", came.out);
}

#[test]
fn the_seed_of_a_night_that_fails_is_named_in_the_command_to_paste() {
    let folder = folder(&[("broken.toml", BROKEN)]);
    let came = obey(folder.path(), "sweep broken.toml --seeds nightly:2 --date 2026-11-26");
    assert_eq!(came.exit, 1);
    let last = came.out.lines().last();
    assert_eq!(last, Some("stormseed run broken.toml --seed 20783000000"));
}

#[test]
fn what_is_no_policy_is_refused_with_its_cure() {
    let folder = folder(&[("calm.toml", CALM)]);
    for (flags, said) in [
        ("--seeds comit", "`nightly:5000`"),
        ("--seeds nightly:0", "from 1 to 1000000"),
        ("--date 2026-11-26", "`--date` goes with `--seeds nightly`"),
        ("--seeds 3 --commit 0123456789ab", "`--commit` goes with `--seeds commit`"),
        ("--seeds commit --commit 0123", "at least 12 hexadecimal digits"),
        ("--seeds nightly --date 2026-02-30", "there is no such day as 2026-02-30"),
    ] {
        for command in ["sweep", "regress"] {
            let came = obey(folder.path(), &format!("{command} calm.toml {flags}"));
            assert_eq!((came.exit, &*came.out), (2, ""), "{command} {flags}");
            assert!(came.err.contains(said), "{flags}: {}", came.err);
        }
    }
}
