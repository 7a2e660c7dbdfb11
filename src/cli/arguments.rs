//! The arguments, as `--help` shows them.

use super::regress::{self, Regress};
use super::sweep::Sweep;
use crate::observe::TraceLevel;
use crate::scenario::Seeds;
use crate::time::Duration;
use anstream::ColorChoice;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  stormseed run scenarios/zoo/election-raft.toml             one run, told as a story
  stormseed run scenarios/zoo/election-raft.toml --seed 42   this seed: the same run anywhere
  stormseed sweep scenarios/ --out results                   all seeds of all scenarios, as CSV
  stormseed sweep x.toml --seeds 100000 --max-fail 1         until something breaks
  stormseed freeze x.toml --seed 42 -o bug.toml              this run as a file to read and edit
  stormseed explain election-safety                          what a name means, and its source
";

const CONTRACT_EXAMPLES: &str = "\
Examples:
  stormseed contract election-raft                    every kind of fault, against its declaration
  stormseed contract election-bully --fault drift     one of them, and up to which drift it is safe
  stormseed contract election-bully --out bugs        and the smallest file that shows each breach
  stormseed contract lock-mine --in calm.toml         in a calm scenario of your own
  stormseed contract election-raft --print restart    the scenario of a row, to read and to run
  stormseed contract --family election --write-matrix results     all of a family, as one table
";

const REPLAY_EXAMPLES: &str = "\
Examples:
  stormseed replay bug.toml                         a frozen file: is it still the run that it was?
  stormseed replay bug.toml --by-aim                its faults strike where they are aimed
  stormseed replay bug.toml --against old.toml      the first record in which two files differ
  stormseed replay bug.toml --at 1.2s               every node, its timers, and what is on its way
  stormseed replay bug.toml --around 4711 --node n3 all of a node behind an event
  stormseed replay x.toml --seed 7 --twice          the same bits in threads and other processes?
  stormseed replay x.toml --seed 7 --digest 3f0...  is it the run of this row of runs.csv?
";

const SHRINK_EXAMPLES: &str = "\
Examples:
  stormseed shrink x.toml --seed 42 -o small.toml     the smallest file that still fails so
  stormseed shrink bug.toml                           of a frozen file, or of one shrunken before
  stormseed shrink x.toml --seed 42 --budget 10s      the best of ten seconds
  stormseed shrink x.toml --by log-matching           not by what is violated before it
";

/// A deterministic fault-injection simulator for leader election, placement and locks.
#[derive(Debug, Parser)]
#[command(version, before_help = EXAMPLES, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Arguments {
    /// Whether to use colour; `NO_COLOR` is heeded
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Runs one seed of each scenario and tells what happened
    Run(Run),
    /// Runs many seeds of each scenario on all cores
    Sweep(Sweep),
    /// What CI runs: every scenario against what it expects and its committed baseline
    #[command(before_help = regress::EXAMPLES)]
    Regress(Regress),
    /// Runs a seed or a frozen file again: is it what it was?
    #[command(before_help = REPLAY_EXAMPLES)]
    Replay(Replay),
    /// Makes the run of a seed smaller: the smallest scenario that still fails in the same way
    #[command(before_help = SHRINK_EXAMPLES)]
    Shrink(Shrink),
    /// Shows from which moment on a violation was likely, by going on from many with other luck
    Profile(Profile),
    /// Writes the run of one seed as a scenario file: each fault and each command of it
    Freeze(Freeze),
    /// Judges a recorded history of clients: is it linearizable?
    Linearize(Linearize),
    /// Compares placement functions: how even they are, what moves, how far two views disagree
    Placement(Placement),
    /// Writes a scenario to begin with: commented, and green at once
    New(New),
    /// Checks scenario files without running them
    Check(Check),
    /// Lists scenarios, algorithms, invariants and known bugs
    List(List),
    /// Says what a name means: an algorithm, invariant, mutant, fault, profile, verdict, column or
    /// exit code
    Explain(Explain),
    /// Runs perturbed twins: does the same seed give the same bits?
    Verify(Verify),
    /// Answers as a twin process
    #[command(hide = true)]
    Twin(TwinOf),
    /// Hunts the known bugs: found by what, after how many seeds
    Zoo(Zoo),
    /// Breaks one assumption of an algorithm at a time: does it keep what it declares?
    #[command(before_help = CONTRACT_EXAMPLES)]
    Contract(Contract),
    /// Prints the JSON Schema of scenario files
    Schema,
    /// Prints a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// What to run.
#[derive(Debug, Args)]
pub(super) struct Scenarios {
    /// Scenario files, folders (every *.toml below them, by name), or `-` for stdin
    #[arg(required = true, value_name = "SCENARIO")]
    pub scenarios: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub what: Scenarios,
    /// The seed
    #[arg(long, default_value_t = 0, value_parser = seed, allow_hyphen_values = true)]
    pub seed: u64,
    /// JSON Lines instead of a story
    #[arg(long)]
    pub json: bool,
    /// Also write every record of the run to this CSV file
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Also print the records of these events, ends included: `100..200`, `100..`
    #[arg(long, value_name = "A..B", value_parser = window)]
    pub trace: Option<(u64, u64)>,
    /// What is kept of the run: `off`, `hash` (its digests), `ring(N)` (and its last N records) or
    /// `full`. Records are printed; if it is not given, the last ten of a run that breaks off
    #[arg(long, value_name = "LEVEL", conflicts_with_all = ["events", "trace"])]
    pub trace_level: Option<TraceLevel>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ShowProgress {
    /// A bar on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// A bar
    Bar,
    /// A line every few seconds
    Plain,
    /// Nothing
    None,
}

/// Says one of: identical; the same violation by another way, and from which event on; passes, and
/// every planned fault still acted (it is likely fixed); the plan no longer applies, and which
/// fault did not act (exit 4).
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// A scenario file, frozen or not, or `-` for stdin
    pub scenario: PathBuf,
    /// The seed; a frozen file has its own
    #[arg(long, default_value_t = 0, value_parser = seed, allow_hyphen_values = true)]
    pub seed: u64,
    /// Show the world at this moment instead: every node's view, timers and clocks, and what is on
    /// its way
    #[arg(long, value_name = "TIME", conflicts_with_all = ["against", "digest", "twice"])]
    pub at: Option<Duration>,
    /// Show the world behind this event instead, and the records around it
    #[arg(long, value_name = "EVENT", value_parser = event, conflicts_with = "at")]
    #[arg(conflicts_with_all = ["against", "digest", "twice"])]
    pub around: Option<u64>,
    /// With `--at` or `--around`: only this node, with all its state and its disk
    #[arg(long, value_name = "NODE")]
    pub node: Option<crate::scenario::entries::Node>,
    /// Hold it against this digest of a trace, as `runs.csv` has it
    #[arg(long, value_name = "HEX", value_parser = digest)]
    pub digest: Option<u64>,
    /// Hold it against the run of this file, record by record
    #[arg(long, value_name = "SCENARIO", conflicts_with_all = ["digest", "by_aim", "twice"])]
    pub against: Option<PathBuf>,
    /// Let faults strike where they are aimed, and not where they struck
    #[arg(long, conflicts_with = "twice")]
    pub by_aim: bool,
    /// Also run it in other threads and processes: are they the same?
    #[arg(long)]
    pub twice: bool,
    /// A JSON line instead of text
    #[arg(long)]
    pub json: bool,
}

/// Every candidate is run in full, and must show the same: the same invariant, by witnesses that
/// say the same. In the end each thing that is left is taken out by itself, and it does not show
/// any more. What each contributes stands in the comment of the file. Ctrl-C hands out the best so
/// far.
#[derive(Debug, Args)]
pub(super) struct Shrink {
    /// A scenario file, or `-` for stdin
    pub scenario: PathBuf,
    /// The seed; a frozen file has its own
    #[arg(long, default_value_t = 0, value_parser = seed, allow_hyphen_values = true)]
    pub seed: u64,
    /// By this invariant, whatever is violated before it; by the first of all if none is named
    #[arg(long, value_name = "INVARIANT")]
    pub by: Option<String>,
    /// Write it to this file instead of stdout; one that is there is replaced
    #[arg(short, long = "out", value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also write a test in Rust, which builds the faults and asserts what they come to
    #[arg(long, value_name = "FILE")]
    pub rust_test: Option<PathBuf>,
    /// Stop after so much time, with the best so far
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub budget: Duration,
    /// A candidate shows it if it does so under any of so many seeds of the luck that is left
    #[arg(long, value_name = "K", default_value_t = 6, value_parser = at_least_one)]
    pub salts: u64,
    /// Weigh what is left under so many fresh ones; 0 for not at all
    #[arg(long, value_name = "K", default_value_t = 50, value_parser = seed)]
    pub weigh: u64,
    /// So many threads; one for each core if not given
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub jobs: Option<u64>,
    /// A JSON line instead of the file
    #[arg(long)]
    pub json: bool,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub progress: ShowProgress,
}

/// The run of the seed is repeated up to a moment, and goes on from there with luck of its own: as
/// planned, but with other latencies, losses and draws. How often does it violate the same?
#[derive(Debug, Args)]
pub(super) struct Profile {
    /// A scenario file, or `-` for stdin
    pub scenario: PathBuf,
    /// The seed; a frozen file has its own
    #[arg(long, default_value_t = 0, value_parser = seed, allow_hyphen_values = true)]
    pub seed: u64,
    /// So many continuations from each moment
    #[arg(long, value_name = "K", default_value_t = 50, value_parser = at_least_one)]
    pub salts: u64,
    /// So many moments, from the beginning to the violation
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = at_least_one)]
    pub moments: u64,
    /// Draw the curve, with what happened below it, into this file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write the moments into this file
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// A JSON line instead of text
    #[arg(long)]
    pub json: bool,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub progress: ShowProgress,
}

/// Each function with so many members and keys. Shares are in millionths of the keys, and the same
/// on every machine; `docs/placement.md` says what the columns mean.
#[derive(Debug, Args)]
pub(super) struct Placement {
    /// Functions by name, as in `ring jump maglev`; all if none is given
    #[arg(value_name = "FUNCTION")]
    pub functions: Vec<String>,
    /// Numbers of members
    #[arg(long, value_name = "N,N,...", value_delimiter = ',', default_value = "10,100,1000",
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub members: Vec<u32>,
    /// So many keys
    #[arg(long, value_name = "K", default_value_t = 100_000,
          value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub keys: u32,
    /// Write the table into this CSV file
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// JSON Lines instead of a table
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Freeze {
    /// A scenario file, or `-` for stdin
    pub scenario: PathBuf,
    /// The seed
    #[arg(long, default_value_t = 0, value_parser = seed, allow_hyphen_values = true)]
    pub seed: u64,
    /// Write it to this file instead of stdout; one that is there is replaced
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Linearize {
    /// A history as JSON Lines or CSV (docs/linearize.md), or `-` for stdin
    pub file: PathBuf,
    /// What the clients asked
    #[arg(long, value_enum)]
    pub model: Model,
    /// How the file is laid out; if it is not given, CSV where its name ends so
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Give up after so many configurations, over all keys
    #[arg(long, default_value_t = 2_000_000, value_name = "N", value_parser = at_least_one)]
    pub budget: u64,
    /// Only the order of each client counts, not true time: sequential consistency
    #[arg(long)]
    pub sequential: bool,
    /// Judges what each client may count on instead; give several, or `causal` for all four
    #[arg(long, value_enum, value_name = "GUARANTEE", conflicts_with = "sequential")]
    pub guarantee: Vec<Session>,
    /// A JSON line instead of text
    #[arg(long)]
    pub json: bool,
}

/// What a client may count on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Session {
    /// A read sees what its client has written before
    ReadYourWrites,
    /// A read sees all that the reads of its client saw before
    MonotonicReads,
    /// Whoever sees a write sees those that its client made before
    MonotonicWrites,
    /// Whoever sees a write sees what its client had read before
    WritesFollowReads,
    /// All of these: causal consistency
    Causal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Model {
    /// read, write
    Register,
    /// read, write, cas
    Cas,
    /// get, put, cas, delete of keys
    KeyValue,
    /// acquire, release
    Lock,
    /// acquire, with a token as its answer, and release
    FencedLock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A JSON object a line
    Jsonl,
    /// A header and rows
    Csv,
}

/// It is calm, and says in comments what may go wrong and how that is written.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The file to write, or `-` for stdout; one that is there stays as it is
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// The algorithm; `list algorithms` shows all
    #[arg(long, value_name = "NAME")]
    pub algorithm: String,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub what: Scenarios,
    /// JSON Lines instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// What to list; everything but scenarios if not given
    #[arg(value_enum)]
    pub what: Option<Listed>,
    /// Where the scenarios are
    #[arg(default_value = "scenarios", value_name = "DIR")]
    pub folder: PathBuf,
    /// JSON Lines instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Listed {
    /// The scenarios below a folder
    Scenarios,
    /// What scenarios can name
    Algorithms,
    /// What is judged
    Invariants,
    /// The known bugs that can be switched on
    Mutants,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The name
    pub name: String,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    pub what: Scenarios,
    /// The first so many seeds
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = at_least_one)]
    pub seeds: u64,
    /// A JSON line a scenario instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct TwinOf {
    pub what: String,
    pub numbers: Vec<u64>,
}

#[derive(Debug, Args)]
pub(super) struct Zoo {
    /// Only the bugs of this family or algorithm, or the one of this name: `election`, `raft`,
    /// `election-raft`, `quorum-half`
    #[arg(long)]
    pub family: Option<String>,
    /// Hunt them in this scenario, each bug of its algorithm, instead of in the zoo's storms
    #[arg(long, value_name = "SCENARIO", conflicts_with = "family")]
    pub storm: Option<PathBuf>,
    /// No bugs, but lies of the engine to the algorithm of this scenario: it loses what was
    /// synced, forges a sender, repeats an old message. Which of them did no invariant notice?
    #[arg(long, value_name = "SCENARIO", conflicts_with_all = ["family", "storm", "control"])]
    pub blind: Option<PathBuf>,
    /// Shrink the first so many seeds that find each bug, and hold what is left against the
    /// scenarios written for it below `scenarios`; fails if one ends on something else
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    #[arg(conflicts_with_all = ["storm", "blind", "control"])]
    pub shrink: Option<u64>,
    /// Over so many seeds
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = at_least_one)]
    pub seeds: u64,
    /// Each only until the first seed that finds it by an invariant; one that only takes time is
    /// hunted over all seeds
    #[arg(long, conflicts_with_all = ["blind", "shrink"])]
    pub until_found: bool,
    /// Over so many seeds the same storm without the bug must find nothing
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = at_least_one)]
    pub control: u64,
    /// A JSON line a bug or lie instead of a table
    #[arg(long)]
    pub json: bool,
}

/// For each kind of fault the same calm scenario is run with this fault and no other, as hard as a
/// storm may be. What breaks is held against what the algorithm declares (`assumes`, `requires`).
///
/// A row is as declared if everything held, or if what broke did so beyond an assumption. It is a
/// broken promise, and the exit code 1, if something broke in a run that went beyond nothing. Where
/// the fault has a size, the biggest that is safe and the smallest that breaks are searched for, on
/// the same seeds: a search, and no proof.
#[derive(Debug, Args)]
pub(super) struct Contract {
    /// The algorithms; `list algorithms` shows all. Of one that is measured in several ways each,
    /// or the one that is named: "election-raft by lease"
    #[arg(value_name = "ALGORITHM", required_unless_present_any = ["family", "base"])]
    pub algorithms: Vec<String>,
    /// All algorithms of this family: `election`
    #[arg(long, conflicts_with = "algorithms")]
    pub family: Option<String>,
    /// The calm scenario that faults are added to, instead of the algorithm's own; what it says of
    /// faults, of the heal and of what is expected is left out
    #[arg(long = "in", value_name = "SCENARIO", conflicts_with = "family")]
    pub base: Option<PathBuf>,
    /// Over so many seeds for each kind of fault, and for each size that is tried
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = at_least_one)]
    pub seeds: u64,
    /// Only these kinds of faults
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<String>,
    /// Print the scenario of this kind of fault, and run nothing
    #[arg(long, value_name = "FAULT", conflicts_with = "fault")]
    pub print: Option<String>,
    /// Write the smallest file that shows each breach below this folder
    #[arg(long, value_name = "DIR", conflicts_with = "print")]
    pub out: Option<PathBuf>,
    /// Write the rows into DIR/<family>/matrix.csv; the other rows there stay
    #[arg(long, value_name = "DIR", conflicts_with = "print")]
    pub write_matrix: Option<PathBuf>,
    /// A JSON line a row instead of a table
    #[arg(long)]
    pub json: bool,
    /// How progress is shown on stderr
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub progress: ShowProgress,
}

fn seed(text: &str) -> Result<u64, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.replace('_', "").parse().ok(),
    };
    number.ok_or_else(|| "a seed is a whole number: 42, or 0x2a".to_owned())
}

pub(super) fn seeds(text: &str) -> Result<Seeds, String> {
    match seed(text) {
        Ok(count) => Ok(Seeds::Range(0..count)),
        Err(_) => match text.parse() {
            Ok(Seeds::Range(range)) if range.is_empty() => {
                Err("the range is empty: write the smaller seed first, as in 3..5".to_owned())
            }
            Ok(seeds) => Ok(seeds),
            Err(_) => Err("write A..B, or N for 0..N".to_owned()),
        },
    }
}

fn digest(text: &str) -> Result<u64, String> {
    text.parse::<crate::scenario::entries::Digest>().map(|digest| digest.0)
}

/// An event, as `4711` or `event:4711`.
fn event(text: &str) -> Result<u64, String> {
    let number = seed(text.strip_prefix("event:").unwrap_or(text));
    number.map_err(|_| "the number of an event: 4711, or event:4711".to_owned())
}

fn window(text: &str) -> Result<(u64, u64), String> {
    let wrong = || "write the numbers of the first and the last event: 100..200".to_owned();
    let (first, last) = text.split_once("..").ok_or_else(wrong)?;
    let first = if first.is_empty() { 0 } else { seed(first).map_err(|_| wrong())? };
    let last = if last.is_empty() { u64::MAX } else { seed(last).map_err(|_| wrong())? };
    if first > last {
        return Err("no event lies in it: write the smaller number first".to_owned());
    }
    Ok((first, last))
}

pub(super) fn at_least_one(text: &str) -> Result<u64, String> {
    seed(text).ok().filter(|n| *n > 0).ok_or_else(|| "a whole number from 1".to_owned())
}
