//! `stormseed::check` as a test of somebody's own protocol meets it: what it says, what it writes,
//! and what it does not take for a pass.

use std::fs;
use std::path::Path;
use stormseed::check;
use stormseed::check::{Check, Given};
use stormseed::election::raft::Raft;
use stormseed::runner::Judgement;
use stormseed::scenario::{ScenarioFile, Source};

const CALM: &str = "name = \"election/calm\"\nformat = 1\nduration = \"2s\"\n\
    [nodes]\nservers = 3\n[algorithm.election-raft]\n";

/// A majority of three is said to be one and a half.
fn half() -> String {
    include_str!("../../scenarios/election/raft_quorum-half.toml")
        .lines()
        .filter(|line| !line.starts_with("expect"))
        .fold(String::new(), |text, line| text + line + "\n")
}

fn checked(scenario: impl Into<Given>) -> Check {
    check::<Raft>(scenario).jobs(1)
}

#[test]
fn what_fails_is_made_small_and_written_and_told_with_a_command() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let check = checked(half()).seeds(0..100).folder(folder.path().join("new")).command("mine");
    let refuted = check.outcome().expect_err("half is no majority");
    let said = refuted.to_string();
    let (shrunk, file) = (refuted.shrunk.expect("it is small"), refuted.file.expect("a file"));
    assert_eq!(refuted.judgement, Some(Judgement::Failed));
    assert_eq!(fs::read_to_string(&file).expect("it is written"), shrunk.text);
    let seed = refuted.seed.expect("a seed failed");
    let test = "checked::what_fails_is_made_small_and_written_and_told_with_a_command";
    let ran = format!("{} seeds of 100 ran", refuted.runs);
    let again = format!("STORMSEED_SEED={seed} cargo test {test}");
    let run = format!("mine run {}", file.display());
    for part in [&*ran, "how it came about", &again, &run, "made smaller"] {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
    // Nothing but the whole file is left.
    assert_eq!(fs::read_dir(folder.path().join("new")).expect("a folder").count(), 1);
}

#[test]
fn what_passes_says_how_many_seeds_ran_in_every_form_of_a_scenario() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("calm.toml");
    fs::write(&path, CALM).expect("a file");
    let read = stormseed::catalog::Catalog::builtin().open(Source::new("calm", CALM));
    let built: ScenarioFile = read.unwrap_or_else(|_| panic!()).scenario().written().clone();
    for given in [Given::from(CALM), Given::from(&*path), Given::from(built)] {
        assert_eq!(checked(given).seeds(0..7).run().runs, 7);
    }
    let none = checked(Path::new("no/such.toml")).outcome().expect_err("there is no file");
    assert!(none.to_string().starts_with("nothing ran: cannot read the scenario no/such.toml"));
}

#[test]
fn what_shows_nothing_fails_unless_that_is_allowed() {
    let late = format!(
        "{CALM}[[fault]]\nwhen = \"vote-granted\"\nnth = 9999\ncrash = {{ who = \"n0\" }}\n"
    );
    let small = format!("{CALM}[budget]\nevents = 10\n");
    for (text, judgement, cure) in [
        (late, Judgement::Vacuous, ".allow_vacuous()"),
        (small, Judgement::Inconclusive, ".allow_inconclusive()"),
    ] {
        let check = checked(text).seeds(0..3);
        let refuted = check.clone().outcome().expect_err("it shows nothing");
        assert_eq!(refuted.judgement, Some(judgement), "{refuted}");
        assert!(refuted.to_string().contains(cure), "{refuted}");
        assert_eq!(check.clone().seeds(0..0).outcome().expect_err("none ran").runs, 0);
        check.allow_vacuous().allow_inconclusive().run();
    }
}

#[test]
#[should_panic(expected = "seed 0 comes to violation (election-safety)")]
fn a_check_panics_with_what_it_found() {
    checked(half()).seeds(0..1).shrink_for(std::time::Duration::ZERO).run();
}
