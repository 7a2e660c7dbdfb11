//! The arguments of `regress`, as `--help` shows them.

use super::formats::Format;
use crate::cli::arguments::{ShowProgress, at_least_one};
use crate::cli::seeds::{Policy, Which};
use clap::Args;
use std::path::PathBuf;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  stormseed regress                                   all below scenarios/, against results/
  stormseed regress scenarios/lock                    those of a folder
  stormseed regress --bless                           make the baselines what the runs are now
  stormseed regress --seeds 1000..1200                these seeds besides each scenario's own
  stormseed regress --seeds commit                    ... or some that each commit has for itself
  stormseed regress --format junit --out junit.xml    for a page of tests
";

/// Each scenario's own seeds are run. What comes of them is judged by `expect`, and held against
/// the committed table, `results/<family>/<scenario>.csv`.
///
/// Another verdict of a seed, a mean farther away than `[baseline]` in the scenario allows, and a
/// trace that is pinned there fail (exit 1); other milestones, other seeds and a missing baseline
/// are warnings; other traces are told. Scenarios in a folder `regressions` run first.
#[derive(Debug, Args)]
pub(in crate::cli) struct Regress {
    /// A folder of scenarios, or one file
    #[arg(default_value = "scenarios", value_name = "DIR")]
    pub scenarios: PathBuf,
    /// Where the baselines are; the nearest folder `results` beside DIR, or beside a folder that
    /// DIR is in, if not given
    #[arg(long, value_name = "DIR")]
    pub baseline: Option<PathBuf>,
    /// Run these seeds too, of each scenario that does not list its seeds: `A..B` without B, `N`
    /// for the first N, `commit` or `commit:N` for N of the commit, `nightly` or `nightly:N` for N
    /// of the night (docs/ci.md)
    #[arg(long)]
    pub seeds: Option<Which>,
    #[command(flatten)]
    pub policy: Policy,
    /// Write the baselines that are missing or differ, of scenarios that come to what they expect
    #[arg(long)]
    pub bless: bool,
    /// Warnings fail too
    #[arg(long, conflicts_with = "bless")]
    pub strict: bool,
    /// What another program reads, on stdout; lines for people go to stderr then, but beside
    /// `github`
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Write that to this file instead, and the lines for people to stdout
    #[arg(long, value_name = "FILE", requires = "format")]
    pub out: Option<PathBuf>,
    /// So many threads; one for each core if not given
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub jobs: Option<u64>,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub progress: ShowProgress,
}

impl Regress {
    /// The form that is wanted: annotations, if nothing is said and GitHub listens.
    pub fn format(&self) -> Format {
        let is_github = || std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        let otherwise = || if is_github() { Format::Github } else { Format::Text };
        self.format.unwrap_or_else(otherwise)
    }
}
