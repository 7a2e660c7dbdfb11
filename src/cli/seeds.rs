//! Which seeds are run: as they are written, or chosen by a policy - from the hash of a commit, or
//! from the date.
//!
//! The three never meet. What people write lies below [`CORPUS_END`]. The seeds of a night begin at
//! the number of its day, counted from 1970-01-01, times [`NIGHT`]; those of a commit at
//! [`COMMITS`] plus the first twelve digits of its hash times [`COMMIT`]. All of them are smaller
//! than 2^63, so a file of TOML can list them. `docs/ci.md` says the same to users.

use super::arguments::{at_least_one, seeds};
use super::day::Day;
use super::{Exit, Host};
use crate::scenario::Seeds;
use clap::Args;
use std::env;
use std::process::{Command, Stdio};
use std::str::FromStr;

/// Up to here seeds are those of people; from the year 2000 on a night begins above it.
#[cfg(test)]
const CORPUS_END: u64 = 10_000_000_000;
/// How many seeds a night has.
const NIGHT: u64 = 1_000_000;
/// Where the seeds of commits begin.
const COMMITS: u64 = 1 << 62;
/// How many seeds a commit has.
const COMMIT: u64 = 1 << 13;
/// How many digits of a hash count.
const DIGITS: usize = 12;
/// How many seeds are run of a commit and of a night if nothing is said.
const USUAL: (u64, u64) = (200, 1_000);
/// Where engines of CI say which commit they build: GitHub's Actions, and GitLab.
const VARIABLES: [&str; 2] = ["GITHUB_SHA", "CI_COMMIT_SHA"];

/// Which seeds, as `--seeds` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// These.
    Given(Seeds),
    /// The first so many of the commit.
    Commit(u64),
    /// The first so many of the night.
    Nightly(u64),
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, count) = match text.split_once(':') {
            Some((word, count)) => (word, Some(count)),
            None => (text, None),
        };
        let counted = |usual, most: u64| match count.map(at_least_one) {
            None => Ok(usual),
            Some(Ok(count)) if count <= most => Ok(count),
            Some(_) => Err(format!("write {word}:N with a whole number from 1 to {most}")),
        };
        match word {
            "commit" => counted(USUAL.0, COMMIT).map(Which::Commit),
            "nightly" => counted(USUAL.1, NIGHT).map(Which::Nightly),
            _ => seeds(text)
                .map(Which::Given)
                .map_err(|said| format!("{said}; or `commit`, `nightly`, `nightly:5000`")),
        }
    }
}

/// The hash of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hash(String);

impl FromStr for Hash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_hash = (DIGITS..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match is_hash {
            true => Ok(Hash(text.to_ascii_lowercase())),
            false => Err(format!(
                "the hash of a commit has at least {DIGITS} hexadecimal digits, as `git rev-parse \
                 HEAD` prints it"
            )),
        }
    }
}

impl Hash {
    /// What is told of it, and counts.
    fn digits(&self) -> &str {
        &self.0[..DIGITS]
    }

    /// The first of its seeds.
    fn first(&self) -> u64 {
        let number = u64::from_str_radix(self.digits(), 16).expect("a hash has only such digits");
        COMMITS + number * COMMIT
    }
}

/// Of which commit, and of which night.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Policy {
    /// With `--seeds commit`: of the commit with this hash, instead of the one in GITHUB_SHA or
    /// CI_COMMIT_SHA, or else of git's HEAD here
    #[arg(long, value_name = "HASH")]
    pub commit: Option<Hash>,
    /// With `--seeds nightly`: of this night, as in 2026-11-26, instead of today's (in UTC)
    #[arg(long, value_name = "DATE")]
    pub date: Option<Day>,
}

impl Host<'_> {
    /// The seeds that are asked for, if any are. Those that a policy chose are told, so that they
    /// can be pasted.
    pub fn asked(&mut self, which: Option<&Which>, policy: &Policy) -> Result<Option<Seeds>, Exit> {
        match chosen(which, policy) {
            Ok(None) => Ok(None),
            Ok(Some((seeds, of))) => {
                if let (Some(of), Seeds::Range(range)) = (of, &seeds) {
                    let range = format!("{}..{}", range.start, range.end);
                    self.terminal.say(&format!("the seeds of {of}: --seeds {range}"));
                }
                Ok(Some(seeds))
            }
            Err(sentence) => {
                self.terminal.error(&sentence);
                Err(Exit::Usage)
            }
        }
    }
}

/// The seeds, and in words what a policy took them of.
type Chosen = Option<(Seeds, Option<String>)>;

fn chosen(which: Option<&Which>, policy: &Policy) -> Result<Chosen, String> {
    let misplaced = |flag, word| format!("`--{flag}` goes with `--seeds {word}`; say that too");
    if policy.commit.is_some() && !matches!(which, Some(Which::Commit(_))) {
        return Err(misplaced("commit", "commit"));
    }
    if policy.date.is_some() && !matches!(which, Some(Which::Nightly(_))) {
        return Err(misplaced("date", "nightly"));
    }
    Ok(match which {
        None => None,
        Some(Which::Given(seeds)) => Some((seeds.clone(), None)),
        Some(Which::Commit(count)) => {
            let (hash, from) = match &policy.commit {
                Some(hash) => (hash.clone(), String::new()),
                None => commit_here()?,
            };
            let of = format!("commit {}{from}", hash.digits());
            Some((block(hash.first(), *count), Some(of)))
        }
        Some(Which::Nightly(count)) => {
            let day = policy.date.or_else(Day::today);
            let day = day.ok_or("the clock of this host is not set; name the night by `--date`")?;
            Some((block(day.0 * NIGHT, *count), Some(format!("the night of {day}"))))
        }
    })
}

const fn block(first: u64, count: u64) -> Seeds {
    Seeds::Range(first..first + count)
}

/// The commit that is built here, and in words who says so.
fn commit_here() -> Result<(Hash, String), String> {
    for variable in VARIABLES {
        if let Some(text) = env::var_os(variable).filter(|text| !text.is_empty()) {
            let text = text.to_string_lossy();
            let cure =
                |said| format!("{variable} is `{text}`, but {said}; `--commit` overrides it");
            return Ok((text.parse().map_err(cure)?, format!(" (from {variable})")));
        }
    }
    let asked = Command::new("git").args(["rev-parse", "HEAD"]).stdin(Stdio::null()).output().ok();
    let head = asked.filter(|output| output.status.success());
    let head = head.and_then(|output| String::from_utf8(output.stdout).ok()?.trim().parse().ok());
    head.map(|hash| (hash, " (git's HEAD)".to_owned())).ok_or_else(|| {
        let variables = VARIABLES.join(" nor ");
        format!(
            "no commit is known: neither {variables} is set, and git knows no HEAD here; name one \
             by `--commit HASH`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(which: &str, commit: Option<&str>, date: Option<&str>) -> std::ops::Range<u64> {
        let which: Which = which.parse().expect("a policy");
        let policy = Policy {
            commit: commit.map(|text| text.parse().expect("a hash")),
            date: date.map(|text| text.parse().expect("a day")),
        };
        match chosen(Some(&which), &policy) {
            Ok(Some((Seeds::Range(range), Some(_)))) => range,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_night_has_a_block_of_its_own_above_the_corpus() {
        assert_eq!(range("nightly", None, Some("2026-11-26")), 20_783_000_000..20_783_001_000);
        let all = format!("nightly:{NIGHT}");
        let mut before = range(&all, None, Some("2000-01-01"));
        assert!(before.start >= CORPUS_END);
        for day in ["2000-01-02", "2000-01-03", "2000-01-04"] {
            let night = range(&all, None, Some(day));
            assert_eq!(before.end, night.start, "nights touch and do not overlap");
            before = night;
        }
        assert!(range(&all, None, Some("9999-12-31")).end < COMMITS);
    }

    #[test]
    fn a_commit_has_a_block_of_its_own_above_the_nights() {
        let hash = "729ee8cedd2ab9c695b31f57018a0fed9d7b511f";
        let known = 4_611_686_018_427_387_904 + 0x729e_e8ce_dd2a * 8_192;
        assert_eq!(range("commit", Some(hash), None), known..known + 200);
        assert_eq!(known, 5_644_097_861_154_324_480);
        // Twelve digits are enough, however they are written.
        assert_eq!(range("commit:3", Some("729EE8CEDD2A"), None), known..known + 3);
        let all = format!("commit:{COMMIT}");
        let (zero, one) = ("0".repeat(40), format!("{}1", "0".repeat(11)));
        assert_eq!(range(&all, Some(&zero), None).end, range(&all, Some(&one), None).start);
        let last = range(&all, Some(&"f".repeat(64)), None).end;
        assert!(i64::try_from(last).is_ok(), "a file of TOML can list them");
    }

    #[test]
    fn what_is_no_policy_says_what_would_be_one() {
        for (text, said) in [
            ("comit", "`commit`, `nightly`"),
            ("nightly:0", "a whole number from 1 to 1000000"),
            ("nightly:1000001", "a whole number from 1 to 1000000"),
            ("commit:9000", "a whole number from 1 to 8192"),
            ("5..3", "the smaller seed first"),
        ] {
            let came = text.parse::<Which>().expect_err("it is none");
            assert!(came.contains(said), "{text}: {came}");
        }
        assert!("729ee8c".parse::<Hash>().is_err_and(|said| said.contains("at least 12")));
        assert!("not-hexadecimal".parse::<Hash>().is_err());
    }

    #[test]
    fn a_flag_without_its_policy_is_refused() {
        let commit = Policy { commit: "0".repeat(12).parse().ok(), date: None };
        let date = Policy { commit: None, date: Some(Day(20_783)) };
        for (which, policy, said) in [
            (None, &commit, "`--seeds commit`"),
            (None, &date, "`--seeds nightly`"),
            (Some("3..9"), &date, "`--seeds nightly`"),
            (Some("nightly"), &commit, "`--seeds commit`"),
            (Some("commit"), &date, "`--seeds nightly`"),
        ] {
            let which: Option<Which> = which.map(|text| text.parse().expect("a policy"));
            let came = chosen(which.as_ref(), policy).expect_err("it is refused");
            assert!(came.contains(said), "{came}");
        }
    }
}
