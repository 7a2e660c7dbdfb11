//! Seeds that a policy chooses: of a commit and of a night.

use super::{CALM, folder, obey, stormseed};

const HASH: &str = "729ee8cedd2ab9c695b31f57018a0fed9d7b511f";

#[test]
fn the_seeds_of_a_commit_are_told_and_can_be_pasted() {
    let folder = folder(&[("calm.toml", CALM)]);
    let obey = |line: &str| obey(folder.path(), line);
    let table = "--out - --progress none";
    let came = obey(&format!("sweep calm.toml --seeds commit:3 --commit {HASH} {table}"));
    assert_eq!(came.exit, 0, "{}", came.err);
    let told = "the seeds of commit 729ee8cedd2a: --seeds 5644097861154324480..5644097861154324483";
    assert!(came.err.contains(told), "{}", came.err);
    let range = told.rsplit_once("--seeds ").expect("it was told").1;
    let again = obey(&format!("sweep calm.toml --seeds {range} {table}"));
    assert_eq!(again.out, came.out);
    assert_eq!(came.out.lines().filter(|line| !line.starts_with('#')).count(), 4, "{}", came.out);
}

#[test]
fn a_night_has_other_seeds_than_the_next() {
    let folder = folder(&[("calm.toml", CALM)]);
    let told = |date: &str| {
        let line = format!("regress calm.toml --seeds nightly:2 --date {date} --progress none");
        obey(folder.path(), &line).err
    };
    assert!(told("2026-11-26").contains("--seeds 20783000000..20783000002"));
    assert!(told("2026-11-27").contains("--seeds 20784000000..20784000002"));
    let none = obey(folder.path(), "sweep calm.toml --seeds nightly --date 2026-02-29");
    assert!(none.exit == 2 && none.err.contains("there is no such day"), "{}", none.err);
}

#[test]
fn the_commit_is_that_of_the_engine_of_ci_or_of_git_or_has_to_be_named() {
    let folder = folder(&[("calm.toml", CALM)]);
    let came = |variable: Option<(&str, &str)>| {
        let mut command = stormseed(folder.path());
        command.env_remove("GITHUB_SHA").env_remove("CI_COMMIT_SHA");
        command.env("GIT_CEILING_DIRECTORIES", "/").env("GIT_DIR", folder.path().join("none"));
        variable.map(|(name, value)| command.env(name, value));
        let line = "sweep calm.toml --seeds commit:1 --progress none";
        let output = command.args(line.split(' ')).output().expect("it can be run");
        (output.status.code(), String::from_utf8(output.stderr).expect("it prints UTF-8"))
    };
    for variable in ["GITHUB_SHA", "CI_COMMIT_SHA"] {
        let (exit, said) = came(Some((variable, HASH)));
        assert_eq!(exit, Some(0), "{said}");
        assert!(said.contains(&format!("commit 729ee8cedd2a (from {variable})")), "{said}");
    }
    let (exit, said) = came(Some(("GITHUB_SHA", "main")));
    assert!(exit == Some(2) && said.contains("GITHUB_SHA is `main`"), "{said}");
    let (exit, said) = came(None);
    assert!(exit == Some(2) && said.contains("--commit HASH"), "{said}");
}
