//! `regress`: what CI runs. Every scenario against its `expect` and its committed baseline.

mod arguments;
mod checked;
mod formats;

pub(super) use arguments::{EXAMPLES, Regress};

use super::check::expected;
use super::exit::Exit;
use super::files::{Opened, quoted};
use super::outputs::baseline_path;
use super::progress::Progress;
use super::{Host, sweep::Workers};
use crate::catalog::{Experiment, Options};
use crate::observe::Verdict;
use crate::report::{Changes, Failed, Table, header, row, write_whole};
use crate::runner::{Plan, Stopped, Swept, Told, sweep};
use crate::scenario::Seeds;
use checked::{Checked, Finding, Level, Unexpected, findings};
use formats::{Format, step_summary};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many unexpected runs of a scenario are remembered one by one.
const UNEXPECTED_MAX: usize = 1_000;

impl Host<'_> {
    /// Obeys `regress`.
    pub fn regress(&mut self, arguments: &Regress) -> Exit {
        let mut opened = match self.open(std::slice::from_ref(&arguments.scenarios)) {
            Ok(opened) => opened,
            Err(exit) => return exit,
        };
        if let Err(exit) = self.refuse_namesakes(&opened) {
            return exit;
        }
        // What broke once is asked first. The sort is stable.
        opened.sort_by_key(|one| !one.path.split('/').any(|part| part == "regressions"));
        let more = match self.asked(arguments.seeds.as_ref(), &arguments.policy) {
            Ok(more) => more,
            Err(exit) => return exit,
        };
        let workers = match self.workers(arguments.jobs, None) {
            Ok(workers) => workers,
            Err(exit) => return exit,
        };
        let root = arguments.baseline.clone().unwrap_or_else(|| beside(&arguments.scenarios));
        let mut all = Vec::new();
        let mut exit = Exit::AsExpected;
        for one in &opened {
            match self.regress_one(arguments, one, more.as_ref(), (&root, &workers)) {
                Ok(checked) => {
                    exit = exit.and(checked.exit(arguments.strict));
                    self.tell_line(arguments, &table_line(&checked));
                    all.push(checked);
                }
                Err(failed) => exit = exit.and(self.refused(&failed)),
            }
            if let Some(stopped) = workers.stop.asked().filter(|stopped| stopped.is_signal()) {
                exit = exit.and(stopped.into());
                break;
            }
        }
        self.tell_all(arguments, &all, opened.len());
        match self.publish(arguments, &all) {
            Ok(()) => exit,
            Err(failed) => exit.and(self.refused(&failed)),
        }
    }

    /// Runs one scenario, judges it, and holds it against its baseline or makes one.
    fn regress_one(
        &mut self,
        arguments: &Regress,
        one: &Opened,
        more: Option<&Seeds>,
        (root, workers): (&Path, &Workers),
    ) -> Result<Checked, Failed> {
        let experiment = &*one.experiment;
        let scenario = experiment.scenario();
        let own = scenario.seeds();
        let seeds = with_more(&own, more);
        let name = scenario.name();
        let mut progress = Progress::new(arguments.progress, name, seeds.count());
        let mut table = Baseline::new(experiment)?;
        let (mut unexpected, mut untold) = (Vec::new(), Vec::new());
        let plan = Plan {
            seeds: seeds.clone(),
            max_fail: None,
            stop: workers.stop.clone(),
            options: Options::default(),
            repeats: true,
            told: Told::None,
        };
        let swept = sweep(experiment, &plan, &workers.pool, |outcome, _, tally| {
            progress.is_at(tally.runs, tally.runs - tally.passed);
            if !tally.is_expected(outcome) && unexpected.len() < UNEXPECTED_MAX {
                unexpected.push(Unexpected::of(outcome));
            }
            let broke_off = matches!(outcome.verdict, Verdict::Inconclusive { .. });
            if broke_off && untold.len() < UNEXPECTED_MAX {
                untold.push(Unexpected::of(outcome));
            }
            // The seeds that were asked for besides come behind the scenario's own.
            if tally.runs <= own.count() { table.push(&row(name, outcome)) } else { Ok(()) }
        });
        progress.finish();
        let swept = swept?;
        let stopped = swept.stopped.map_or(Exit::AsExpected, Exit::from);
        let mut checked = Checked {
            name: name.to_owned(),
            path: one.path.clone(),
            file: in_repository(scenario.source().name()),
            line: scenario.expect_line(),
            expect: expected(&scenario.expect().verdict),
            invariants: experiment.invariants().iter().map(|judge| judge.name).collect(),
            seeds: seeds.iter().take(swept.tally.runs as usize).collect(),
            passed: swept.tally.passed,
            unexpected,
            untold,
            findings: Vec::new(),
            exit: stopped.and(swept.tally.judge(swept.stopped).into()),
            is_blessed: false,
        };
        checked.findings.extend(judged(&checked, &swept));
        if swept.stopped.is_none() {
            let path = baseline_path(root, name);
            held_to(arguments.bless, one, &path, &table.finish()?, &mut checked)?;
        }
        Ok(checked)
    }

    /// Lines for people: data, unless another program reads stdout.
    fn tell_line(&mut self, arguments: &Regress, line: &str) {
        let is_data = matches!(arguments.format(), Format::Text | Format::Github);
        match is_data || arguments.out.is_some() {
            true => self.terminal.print(line),
            false => self.terminal.say(line),
        }
    }

    /// What was found, and how much of it.
    fn tell_all(&mut self, arguments: &Regress, all: &[Checked], total: usize) {
        let is_strict = arguments.strict;
        let mut last = None;
        for checked in all.iter().filter(|checked| !checked.findings.is_empty()) {
            self.tell_line(arguments, &format!("\n{} ({})", checked.name, checked.path));
            for finding in &checked.findings {
                let sentence = crate::report::terminal(&finding.sentence);
                self.tell_line(arguments, &format!("  {}: {sentence}", finding.level.word()));
            }
            if !checked.is_good(is_strict) {
                let found = checked.findings.iter().min_by_key(|found| Reverse(found.level));
                last = last.or(Some(checked.again(&self.program, found.and_then(|f| f.seed))));
            }
        }
        let of = |what: fn(&Checked) -> bool| all.iter().filter(|one| what(one)).count();
        let good = all.iter().filter(|one| one.is_good(is_strict)).count();
        let runs: usize = all.iter().map(|one| one.seeds.len()).sum();
        let line = format!(
            "\n{total} scenarios, {runs} runs: {good} as they should be, {} with warnings, {} \
             failed, {} blessed, {} not run",
            of(|one| one.worst() == Some(Level::Warning)),
            all.len() - good,
            of(|one| one.is_blessed),
            total - all.len(),
        );
        self.tell_line(arguments, &line);
        if let Some(again) = last {
            self.tell_line(arguments, &again);
        }
    }

    /// What other programs read: on stdout, in a file, and where GitHub wants the summary.
    fn publish(&mut self, arguments: &Regress, all: &[Checked]) -> Result<(), Failed> {
        let format = arguments.format();
        if let Some(text) = format.write(all, &self.program, arguments.strict) {
            match &arguments.out {
                Some(path) => write_whole(path.clone(), text.as_bytes())?,
                None if text.is_empty() => {}
                None => self.terminal.print(text.trim_end()),
            }
        }
        let summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
        if let Some(path) = summary.map(PathBuf::from).filter(|_| format == Format::Github) {
            let text = step_summary(all, &self.program, arguments.strict);
            // Other commands of the step write there too.
            let mut options = std::fs::OpenOptions::new();
            let opened = options.append(true).create(true).open(&path);
            let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
            written.map_err(|error| Failed { path, error })?;
        }
        Ok(())
    }
}

/// Holds what ran against the committed table, or commits it.
fn held_to(
    blesses: bool,
    one: &Opened,
    path: &Path,
    runs: &[u8],
    checked: &mut Checked,
) -> Result<(), Failed> {
    let scenario = one.experiment.scenario();
    let shown = quoted(path);
    let is_blessed = blesses && checked.exit == Exit::AsExpected;
    let (found, differs) = match std::fs::read(path) {
        Ok(committed) => match Changes::between(&committed, runs, &scenario.tolerances()) {
            Some(changes) => (findings(scenario, &changes), changes.is_any),
            None => (baseline(format!("{shown} is no table of runs")), true),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_blessed => {
            (baseline(format!("the baseline {shown} is new")), true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            (baseline(format!("there is no baseline {shown}; `--bless` makes one")), true)
        }
        Err(error) => (baseline(format!("cannot read {shown}: {error}")), true),
    };
    if is_blessed && differs {
        if let Some(Err(error)) = path.parent().map(std::fs::create_dir_all) {
            return Err(Failed { path: path.to_path_buf(), error });
        }
        write_whole(path.to_path_buf(), runs)?;
        checked.is_blessed = true;
        let told = found.into_iter().map(|finding| Finding { level: Level::Note, ..finding });
        checked.findings.extend(told);
    } else {
        checked.findings.extend(found);
    }
    Ok(())
}

fn baseline(sentence: String) -> Vec<Finding> {
    vec![Finding { level: Level::Warning, about: "baseline", sentence, seed: None }]
}

/// What the runs come to, where it is not what they should.
fn judged(checked: &Checked, swept: &Swept) -> Option<Finding> {
    if checked.exit == Exit::AsExpected {
        return None;
    }
    let tally = &swept.tally;
    let twin = tally.differing.as_ref().map(|twin| twin.seed);
    let first = checked.unexpected.first();
    let sentence = match (twin, first) {
        (Some(seed), _) => format!("seed {seed} gave two different runs"),
        (None, Some(Unexpected { seed, verdict, detail })) => format!(
            "expected: {}; {} of {} seeds came to something else, first seed {seed}: {verdict} \
             ({detail})",
            checked.expect, tally.unexpected, tally.runs
        ),
        (None, None) => format!("expected: {}; {}", checked.expect, checked.exit.meaning()),
    };
    let seed = twin.or(first.map(|first| first.seed)).or(tally.first_failing);
    let level = match swept.stopped {
        Some(stopped) if Stopped::is_signal(stopped) => Level::Warning,
        _ => Level::Error,
    };
    Some(Finding { level, about: "expect", sentence, seed })
}

/// The scenario's own seeds and behind them those that were asked for, each once. A list of seeds
/// was chosen for what these seeds show, and stays as it is.
fn with_more(own: &Seeds, more: Option<&Seeds>) -> Seeds {
    let (Seeds::Range(_), Some(more)) = (own, more) else { return own.clone() };
    let mut seen: BTreeSet<u64> = own.iter().collect();
    let more: Vec<u64> = more.iter().filter(|seed| seen.insert(*seed)).collect();
    Seeds::Pinned(own.iter().chain(more).collect())
}

/// The nearest folder `results` beside this one, or beside one that it is in.
fn beside(scenarios: &Path) -> PathBuf {
    let around = scenarios.ancestors().skip(1).map(|folder| folder.join("results"));
    let there = around.clone().find(|folder| folder.is_dir());
    there.or_else(|| around.clone().next()).unwrap_or_else(|| PathBuf::from("results"))
}

/// A path as a page of a repository has it.
fn in_repository(path: &str) -> String {
    path.strip_prefix("./").unwrap_or(path).replace('\\', "/")
}

fn table_line(checked: &Checked) -> String {
    let (runs, passed) = (checked.seeds.len(), checked.passed);
    let Checked { name, expect, .. } = checked;
    format!("{:<17} {name:<48} {runs:>6} runs {passed:>6} passed  {expect}", checked.word())
}

/// The table of a scenario's own seeds, in memory.
struct Baseline(Table<Vec<u8>>);

fn in_memory(error: io::Error) -> Failed {
    Failed { path: "memory".into(), error }
}

impl Baseline {
    fn new(experiment: &dyn Experiment) -> Result<Self, Failed> {
        let columns = header(&experiment.gauges(), experiment.depths(), &experiment.words());
        Table::new(Vec::new(), &columns).map(Baseline).map_err(in_memory)
    }

    fn push(&mut self, cells: &[String]) -> Result<(), Failed> {
        self.0.push(cells).map_err(in_memory)
    }

    fn finish(self) -> Result<Vec<u8>, Failed> {
        self.0.finish().map_err(in_memory)
    }
}
