//! The arguments of `sweep`, as `--help` shows them.

use crate::cli::arguments::{Scenarios, ShowProgress, at_least_one};
use crate::cli::seeds::{Policy, Which};
use crate::observe::TraceLevel;
use crate::time::Duration;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct Sweep {
    #[command(flatten)]
    pub what: Scenarios,
    /// The seeds: `A..B` without B, `N` for the first N, `commit` or `commit:N` for N of the
    /// commit, `nightly` or `nightly:N` for N of the night (docs/ci.md); else the scenario's own
    #[arg(long)]
    pub seeds: Option<Which>,
    #[command(flatten)]
    pub policy: Policy,
    /// So many threads; one for each core if not given
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub jobs: Option<u64>,
    /// Stop after so many runs that the scenario does not expect
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub max_fail: Option<u64>,
    /// Stop after so much time: `90s`, `10m`
    #[arg(long, value_name = "TIME")]
    pub time_budget: Option<Duration>,
    /// Write tables and summaries below this folder; `-` for the table of runs on stdout
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Also write every record of the runs that have rows (`events.csv`)
    #[arg(long, requires = "out")]
    pub events: bool,
    /// What is kept of each run: `off`, `hash` (its digests), `ring(N)` (and its last N records, in
    /// `events.csv`) or `full` (all of them, as with `--events`); `hash` if it is not given
    #[arg(long, value_name = "LEVEL", conflicts_with = "events")]
    pub trace_level: Option<TraceLevel>,
    /// Which runs have rows
    #[arg(long, value_enum, default_value_t)]
    pub keep: Keep,
    /// Write the runs of the scenario's own seeds as DIR/<family>/<scenario>.csv
    #[arg(long, value_name = "DIR", conflicts_with_all = ["seeds", "max_fail", "time_budget"])]
    pub write_baseline: Option<PathBuf>,
    /// Compare the runs of the scenario's own seeds with DIR/<family>/<scenario>.csv
    #[arg(
        long, value_name = "DIR",
        conflicts_with_all = ["seeds", "max_fail", "time_budget", "write_baseline"]
    )]
    pub check_baseline: Option<PathBuf>,
    /// Shrink each new finding that is not expected into a file below this folder, which `regress`
    /// runs first; one that is there already stays as it is
    #[arg(
        long, value_name = "DIR", num_args = 0..=1, require_equals = true,
        default_missing_value = "scenarios/regressions"
    )]
    pub keep_regressions: Option<PathBuf>,
    /// A JSON line a scenario instead of text
    #[arg(long)]
    pub json: bool,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub progress: ShowProgress,
}

impl Sweep {
    /// What is kept of each run.
    pub fn level(&self) -> TraceLevel {
        let level = if self.events { TraceLevel::Full } else { TraceLevel::default() };
        self.trace_level.unwrap_or(level)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Keep {
    /// All runs
    #[default]
    All,
    /// Those that did not pass
    Failures,
}
