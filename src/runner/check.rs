//! A protocol under the simulator in an ordinary `#[test]`.
//!
//! [`check`] runs a scenario over many seeds. When one of them comes to what the scenario does not
//! expect, it makes the run small, writes it as a file, and panics with its story and the command
//! that shows it again. What shows nothing - no fault struck, a budget was used up - fails too,
//! unless that is allowed.
//!
//! It stands on scenario files and on threads, so it needs the feature `cli`.
//!
//! ```no_run
//! # use stormseed::election::bully::Bully as MyProtocol;
//! # use std::path::Path;
//! stormseed::check::<MyProtocol>(Path::new("tests/storm.toml")).seeds(0..500).run();
//! ```

use super::shrink::{Shrink, Shrunk, shrink};
use super::{Judgement, Plan, Stop, Swept, Told, pool, story, sweep};
use crate::algorithm::Algorithm;
use crate::catalog::{Catalog, Experiment, Options};
use crate::report::write_whole;
use crate::scenario::{ScenarioFile, Seeds, Source};
use rayon::ThreadPool;
use schemars::JsonSchema;
use serde::Serialize;
use std::convert::Infallible;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fmt, fs};
use toml::{Table, Value};

/// The environment variable that lets every check run this one seed.
pub const SEED: &str = "STORMSEED_SEED";

/// Candidates of a shrinking run are tried under so many seeds of the luck that is left.
const SALTS: u64 = 6;

/// A scenario as a test gives it.
#[derive(Clone, Debug)]
pub enum Given {
    /// The text of a file.
    Text(String),
    /// Where the file is.
    Path(PathBuf),
    /// What a file would say. The settings of its algorithm are those of [`Check::settings`].
    Built(Box<ScenarioFile>),
}

impl From<&str> for Given {
    fn from(text: &str) -> Self {
        Given::Text(text.to_owned())
    }
}

impl From<String> for Given {
    fn from(text: String) -> Self {
        Given::Text(text)
    }
}

impl From<&Path> for Given {
    fn from(path: &Path) -> Self {
        Given::Path(path.to_owned())
    }
}

impl From<PathBuf> for Given {
    fn from(path: PathBuf) -> Self {
        Given::Path(path)
    }
}

impl From<ScenarioFile> for Given {
    fn from(file: ScenarioFile) -> Self {
        Given::Built(Box::new(file))
    }
}

/// A scenario to be checked, and how.
#[derive(Clone)]
pub struct Check {
    catalog: Catalog,
    algorithm: &'static str,
    given: Given,
    settings: Table,
    seeds: Option<Seeds>,
    shrinks_for: Duration,
    folder: Option<PathBuf>,
    command: Option<String>,
    allows_vacuous: bool,
    allows_inconclusive: bool,
    jobs: Option<usize>,
}

/// Checks a protocol, by the name that it has for itself, in a scenario.
///
/// # Panics
/// If the protocol refuses its own default settings.
pub fn check<A>(scenario: impl Into<Given>) -> Check
where
    A: Algorithm,
    A::Settings: JsonSchema,
{
    Check {
        catalog: Catalog::empty().with::<A>(A::NAME),
        algorithm: A::NAME,
        given: scenario.into(),
        settings: Table::new(),
        seeds: None,
        shrinks_for: Duration::from_secs(30),
        folder: None,
        command: None,
        allows_vacuous: false,
        allows_inconclusive: false,
        jobs: None,
    }
}

/// What a check that passed has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How many seeds ran.
    pub runs: u64,
    /// How many of them passed.
    pub passed: u64,
}

/// Why a check failed: what its panic says.
#[derive(Clone, Debug)]
pub struct Refuted {
    /// What the runs came to; `None` if nothing could run.
    pub judgement: Option<Judgement>,
    /// The seed that showed it, if it was one.
    pub seed: Option<u64>,
    /// How many seeds had run by then.
    pub runs: u64,
    /// What is left of that run.
    pub shrunk: Option<Shrunk>,
    /// Where that was written.
    pub file: Option<PathBuf>,
    said: String,
}

impl fmt::Display for Refuted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Refuted {}

impl Check {
    /// Over these seeds instead of the scenario's own.
    #[must_use]
    pub fn seeds(self, seeds: Range<u64>) -> Self {
        Check { seeds: Some(Seeds::Range(seeds)), ..self }
    }

    /// How the algorithm of a scenario that was built is set.
    ///
    /// # Panics
    /// If the settings are not a table of values that TOML can write.
    #[must_use]
    pub fn settings<S: Serialize>(self, settings: &S) -> Self {
        let settings = Table::try_from(settings).expect("settings are a table of plain values");
        Check { settings, ..self }
    }

    /// Let the search for a smaller run take so long; with zero there is none. 30 seconds if not
    /// given.
    #[must_use]
    pub fn shrink_for(self, shrinks_for: Duration) -> Self {
        Check { shrinks_for, ..self }
    }

    /// Write what is found into this folder, and not into `stormseed` beside the test's binary.
    #[must_use]
    pub fn folder(self, folder: impl Into<PathBuf>) -> Self {
        Check { folder: Some(folder.into()), ..self }
    }

    /// The command line that knows the protocol, as in `cargo run --example captain --`: then the
    /// command that runs the file is told too.
    #[must_use]
    pub fn command(self, command: &str) -> Self {
        Check { command: Some(command.to_owned()), ..self }
    }

    /// Let it pass though nothing was shown: no fault struck, or a required milestone never came.
    #[must_use]
    pub fn allow_vacuous(self) -> Self {
        Check { allows_vacuous: true, ..self }
    }

    /// Let it pass though a run used up its budget.
    #[must_use]
    pub fn allow_inconclusive(self) -> Self {
        Check { allows_inconclusive: true, ..self }
    }

    /// In so many threads; one for each core if not given.
    #[must_use]
    pub fn jobs(self, jobs: usize) -> Self {
        Check { jobs: Some(jobs), ..self }
    }

    /// Runs it, to the first seed that comes to something unexpected.
    ///
    /// # Panics
    /// If it fails, with all that there is to say.
    #[track_caller]
    pub fn run(self) -> Checked {
        match self.outcome() {
            Ok(checked) => checked,
            Err(refuted) => panic!("{refuted}"),
        }
    }

    /// As [`Check::run`], but hands out why it failed.
    ///
    /// # Errors
    /// If it fails.
    pub fn outcome(self) -> Result<Checked, Box<Refuted>> {
        let experiment = self.opened().map_err(unrun)?;
        let pool = pool(self.jobs).map_err(|error| unrun(error.to_string()))?;
        let seeds = self.asked(&*experiment).map_err(unrun)?;
        let plan = Plan {
            seeds,
            max_fail: Some(1),
            stop: Stop::default(),
            options: Options::default(),
            repeats: true,
            told: Told::None,
        };
        let swept = sweep::<Infallible>(&*experiment, &plan, &pool, |_, _, _| Ok(()));
        let Swept { tally, .. } = swept.unwrap_or_else(|never| match never {});
        let checked = Checked { runs: tally.runs, passed: tally.passed };
        let judgement = tally.judge(None);
        let said = match judgement {
            Judgement::AsExpected => return Ok(checked),
            Judgement::Vacuous if self.allows_vacuous => return Ok(checked),
            Judgement::Inconclusive if self.allows_inconclusive => return Ok(checked),
            Judgement::Failed if tally.unexpected > 0 => {
                let seed = tally.first_unexpected.expect("one of them was the first");
                return Err(self.refuted(&*experiment, seed, (tally.runs, &plan.seeds), &pool));
            }
            Judgement::Failed => "no seed came to what the scenario expects".to_owned(),
            Judgement::NotDeterministic => {
                let seed = tally.differing.as_ref().map_or(0, |twin| twin.seed);
                format!(
                    "the same seed, {seed}, gives two different runs: the protocol reads something \
                     outside of the simulation, as a clock, a hash map's order or a counter"
                )
            }
            Judgement::Inconclusive => {
                "a run used up its budget, so it shows nothing; make `[budget]` larger or the \
                 scenario shorter, or say `.allow_inconclusive()`"
                    .to_owned()
            }
            Judgement::Vacuous => vacuous(&tally),
        };
        let name = experiment.scenario().name();
        let ran = counted(tally.runs, plan.seeds.count());
        let seed = tally.differing.as_ref().map(|twin| twin.seed);
        let said = format!("{name}: {said}\n  {ran}");
        let (runs, judgement) = (tally.runs, Some(judgement));
        Err(Box::new(Refuted { judgement, seed, runs, shrunk: None, file: None, said }))
    }

    /// The scenario, read and checked; what is wrong comes as text.
    fn opened(&self) -> Result<Box<dyn Experiment>, String> {
        let source = match &self.given {
            Given::Text(text) => Source::new("the scenario", text),
            Given::Path(path) => {
                let name = path.display().to_string();
                let file = fs::File::open(path)
                    .map_err(|error| format!("cannot read the scenario {name}: {error}"))?;
                let mut source =
                    Source::read(&name, file).map_err(|errors| errors.render(false))?;
                for named in source.files() {
                    let beside = path.parent().unwrap_or(Path::new("")).join(&named);
                    let text = fs::read_to_string(beside).map_err(|error| error.to_string());
                    source = source.attach(&named, text);
                }
                source
            }
            Given::Built(file) => {
                let mut table = Table::try_from(file).map_err(|error| error.to_string())?;
                let settings = Value::Table(self.settings.clone());
                let named = [(self.algorithm.to_owned(), settings)];
                let named = Value::Table(named.into_iter().collect());
                table.insert("algorithm".to_owned(), named);
                Source::new("the scenario", &table.to_string())
            }
        };
        self.catalog.open(source).map_err(|errors| errors.render(false))
    }

    /// The seeds that are to run.
    fn asked(&self, experiment: &dyn Experiment) -> Result<Seeds, String> {
        let own = || self.seeds.clone().unwrap_or_else(|| experiment.scenario().seeds());
        match env::var(SEED) {
            Err(_) => Ok(own()),
            Ok(text) => match text.parse() {
                Ok(seed) => Ok(Seeds::Pinned(vec![seed])),
                Err(_) => Err(format!("{SEED} is `{text}`, which is no seed: a whole number is")),
            },
        }
    }

    /// Tells, shrinks and writes the run of a seed that nobody expects.
    fn refuted(
        &self,
        experiment: &dyn Experiment,
        seed: u64,
        (runs, asked): (u64, &Seeds),
        pool: &ThreadPool,
    ) -> Box<Refuted> {
        let outcome = experiment.run(seed, &Options::default());
        let again = again(seed);
        let name = experiment.scenario().name();
        let (word, detail) = (outcome.verdict.word(), outcome.verdict.detail());
        let mut said = format!("{name}: seed {seed} comes to {word} ({detail})\n");
        said += &format!("  {}\n", counted(runs, asked.count()));
        let mut refuted = Refuted {
            judgement: Some(Judgement::Failed),
            seed: Some(seed),
            runs,
            shrunk: None,
            file: None,
            said: String::new(),
        };
        match self.smaller(experiment, seed, pool) {
            Ok(shrunk) => {
                said += &self.told(&mut refuted, &shrunk, name);
                refuted.shrunk = Some(shrunk);
            }
            Err(why) => {
                said += &format!("  it was not made smaller: {why}\n");
                said += &story(&self.catalog, experiment, (&Options::default(), &outcome), &[], "");
            }
        }
        refuted.said = format!("{}\nthis seed again:\n{again}", said.trim_end());
        Box::new(refuted)
    }

    fn smaller(
        &self,
        experiment: &dyn Experiment,
        seed: u64,
        pool: &ThreadPool,
    ) -> Result<Shrunk, String> {
        if self.shrinks_for.is_zero() {
            return Err("no time is given for that".to_owned());
        }
        let stop = Stop::default().within(Some(self.shrinks_for));
        let how = Shrink {
            catalog: &self.catalog,
            pool,
            stop: &stop,
            salts: SALTS,
            weighed: 0,
            by: None,
        };
        shrink(&how, experiment, seed, &mut |_| ())
    }

    /// The story of the smaller run, and where it was written.
    fn told(&self, refuted: &mut Refuted, shrunk: &Shrunk, name: &str) -> String {
        let is = shrunk.sizes.1;
        let proved = if shrunk.is_minimal { "none of it can go" } else { "time was up" };
        let mut said = format!(
            "  made smaller: {} faults and {} operations are left, on {} nodes; {proved}\n",
            is.faults, is.operations, shrunk.nodes.1
        );
        if let Ok(small) = self.catalog.open(Source::new("the shrunken file", &shrunk.text)) {
            let outcome = small.run(shrunk.salt, &Options::default());
            said += &story(&self.catalog, &*small, (&Options::default(), &outcome), &[], "");
        }
        let path =
            self.place().join(format!("{}.seed-{}.toml", name.replace('/', "_"), shrunk.seed));
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = folder.map_err(|error| format!("{}: {error}", path.display()));
        let bytes = shrunk.text.as_bytes();
        let written = written
            .and_then(|()| write_whole(path.clone(), bytes).map_err(|failed| failed.to_string()));
        match written {
            Ok(()) => {
                said += &format!("the smaller run is a scenario of its own:\n{}\n", path.display());
                if let Some(command) = &self.command {
                    said += &format!("{command} run {}\n", path.display());
                }
                refuted.file = Some(path);
            }
            Err(why) => said += &format!("it could not be written ({why}):\n{}", shrunk.text),
        }
        said
    }

    /// Where files go.
    fn place(&self) -> PathBuf {
        let beside = || {
            let folder = env::current_exe().ok()?.parent()?.to_path_buf();
            // Cargo keeps the binaries of tests in a folder of that name.
            let is_deps = folder.file_name().is_some_and(|name| name == "deps");
            let folder = if is_deps { folder.parent()?.to_path_buf() } else { folder };
            Some(folder.join("stormseed"))
        };
        self.folder.clone().or_else(beside).unwrap_or_else(|| PathBuf::from("stormseed"))
    }
}

/// Nothing could run, and why.
fn unrun(why: String) -> Box<Refuted> {
    let said = format!("nothing ran: {why}");
    Box::new(Refuted { judgement: None, seed: None, runs: 0, shrunk: None, file: None, said })
}

/// How many seeds ran, of how many.
fn counted(runs: u64, asked: u64) -> String {
    match runs == asked {
        true => format!("{runs} seeds ran"),
        false => format!("{runs} seeds of {asked} ran; those behind it were not tried"),
    }
}

/// Why nothing was shown.
fn vacuous(tally: &super::Tally) -> String {
    let mut why = Vec::new();
    if tally.runs == 0 {
        why.push("no seed ran".to_owned());
    }
    if tally.has_no_storm() {
        why.push(format!("{} faults were planned, and none struck", tally.planned));
    }
    if tally.has_only_excuses() {
        why.push("every run is excused".to_owned());
    }
    if tally.has_said_nothing() {
        why.push("no node said or heard anything, so nothing was judged".to_owned());
    }
    for word in tally.never_happened() {
        why.push(format!("it never came to {word}, which the scenario requires"));
    }
    format!("this shows nothing: {}; `.allow_vacuous()` lets it pass", why.join("; "))
}

/// The command that runs the test again with one seed. The harness names a test's thread after it.
fn again(seed: u64) -> String {
    let thread = std::thread::current();
    match thread.name().filter(|name| *name != "main") {
        Some(test) => format!("{SEED}={seed} cargo test {test}"),
        None => format!("{SEED}={seed} cargo test"),
    }
}
