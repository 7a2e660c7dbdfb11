//! `sweep`: many seeds of each scenario on all cores, as tables and a summary.

mod arguments;
mod keep;

pub(super) use arguments::{Keep, Sweep};

use super::files::Opened;
use super::outputs::{Outputs, baseline_path};
use super::progress::{Progress, now};
use super::summary::{Summary, meta};
use super::{Exit, Host};
use crate::catalog::Options;
use crate::observe::Verdict;
use crate::report::{Failed, first_difference, hex, write_whole};
use crate::runner::{Plan, Stop, Stopped, Swept, Told, Twin, pool, sweep};
use crate::scenario::Seeds;
use keep::Found;
use rayon::ThreadPool;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// What runs seeds, and what may stop it.
pub(super) struct Workers {
    pub stop: Stop,
    pub pool: ThreadPool,
}

impl Host<'_> {
    /// Obeys `sweep`.
    pub fn sweep(&mut self, arguments: &Sweep) -> Exit {
        let opened = match self.open(&arguments.what.scenarios) {
            Ok(opened) => opened,
            Err(exit) => return exit,
        };
        let asked = match self.asked(arguments.seeds.as_ref(), &arguments.policy) {
            Ok(asked) => asked,
            Err(exit) => return exit,
        };
        let writes = [&arguments.out, &arguments.write_baseline, &arguments.check_baseline];
        let mut refused = self.refuse_no_digests(arguments);
        if writes.iter().any(|folder| folder.is_some()) {
            refused = refused.and_then(|()| self.refuse_namesakes(&opened));
        }
        let budget = arguments.time_budget.map(|budget| Duration::from_nanos(budget.as_nanos()));
        let workers = refused.and_then(|()| self.workers(arguments.jobs, budget));
        let workers = match workers {
            Ok(workers) => workers,
            Err(exit) => return exit,
        };
        let mut exit = Exit::AsExpected;
        let mut bad = Vec::new();
        for one in &opened {
            let done = self.sweep_one(arguments, one, asked.as_ref(), &workers);
            let (came, again) = done.unwrap_or_else(|failed| (self.refused(&failed), None));
            if came != Exit::AsExpected {
                bad.push((one.experiment.scenario().name(), came, again));
            }
            exit = exit.and(came);
            if workers.stop.asked().is_some_and(Stopped::is_signal) {
                break;
            }
        }
        if opened.len() > 1 {
            self.conclude(arguments, opened.len(), &bad);
        }
        exit
    }

    /// After several scenarios: which of them did not come to what they were to.
    fn conclude(&mut self, arguments: &Sweep, total: usize, bad: &[(&str, Exit, Option<String>)]) {
        let mut lines = vec![format!("{total} scenarios: {} as expected", total - bad.len())];
        lines.extend(bad.iter().map(|(name, exit, _)| format!("  {name}: {}", exit.meaning())));
        lines.extend(bad.iter().filter_map(|(_, _, again)| again.clone()));
        let is_data = !arguments.json && arguments.out.as_deref() != Some(Path::new("-"));
        match is_data {
            true => self.terminal.print(&lines.join("\n")),
            false => self.terminal.say(&lines.join("\n")),
        }
    }

    /// Threads, and the ear for what stops them.
    pub fn workers(
        &mut self,
        jobs: Option<u64>,
        budget: Option<Duration>,
    ) -> Result<Workers, Exit> {
        match (Stop::on_signals(), pool(jobs.map(|jobs| jobs.min(4096) as usize))) {
            (Ok(stop), Ok(pool)) => Ok(Workers { stop: stop.within(budget), pool }),
            (Err(error), _) => Err(self.broken(&format!("no signals: {error}"))),
            (_, Err(error)) => Err(self.broken(&format!("no threads: {error}"))),
        }
    }

    fn broken(&mut self, sentence: &str) -> Exit {
        self.terminal.error(sentence);
        Exit::Internal
    }

    /// A row without digests is no baseline.
    fn refuse_no_digests(&mut self, arguments: &Sweep) -> Result<(), Exit> {
        let baselines = [&arguments.write_baseline, &arguments.check_baseline];
        if arguments.level().is_hashed() || baselines.iter().all(|folder| folder.is_none()) {
            return Ok(());
        }
        self.terminal.error(
            "a baseline holds the digests of its runs, and `--trace-level off` keeps none; \
             leave it out",
        );
        Err(Exit::Usage)
    }

    /// Two scenarios of one name would write over each other.
    pub fn refuse_namesakes(&mut self, opened: &[Opened]) -> Result<(), Exit> {
        let mut seen = BTreeSet::new();
        for one in opened {
            let name = one.experiment.scenario().name();
            if !seen.insert(name) {
                self.terminal.error(&format!(
                    "two of these scenarios are called {name}, and would write over each other; \
                     give one of them another name"
                ));
                return Err(Exit::Usage);
            }
        }
        Ok(())
    }

    fn sweep_one(
        &mut self,
        arguments: &Sweep,
        one: &Opened,
        asked: Option<&Seeds>,
        workers: &Workers,
    ) -> Result<(Exit, Option<String>), Failed> {
        let Workers { stop, pool } = workers;
        let experiment = &*one.experiment;
        let name = experiment.scenario().name();
        let seeds = asked.cloned().unwrap_or_else(|| experiment.scenario().seeds());
        let mut outputs = Outputs::open(arguments, experiment)?;
        let begun = now();
        let mut progress = Progress::new(arguments.progress, name, seeds.count());
        let level = arguments.level();
        let plan = Plan {
            seeds: seeds.clone(),
            max_fail: arguments.max_fail,
            stop: stop.clone(),
            options: Options { trace: level, ..Options::default() },
            // Without digests a twin could differ and not be told from the first.
            repeats: level.is_hashed(),
            told: match (level.is_told(), arguments.keep) {
                (false, _) => Told::None,
                (true, Keep::All) => Told::All,
                (true, Keep::Failures) => Told::Failures,
            },
        };
        let mut found = Found::default();
        let swept = sweep(experiment, &plan, pool, |outcome, log, tally| {
            if arguments.keep_regressions.is_some() && !tally.is_expected(outcome) {
                found.push(outcome);
            }
            progress.is_at(tally.runs, tally.runs - tally.passed);
            let is_kept = arguments.keep == Keep::All || outcome.verdict != Verdict::Pass;
            if is_kept { outputs.push(experiment, outcome, log) } else { Ok(()) }
        });
        progress.finish();
        let swept = swept?;
        let summary = Summary { scenario: experiment.scenario(), seeds: &seeds, swept: &swept };
        let meta = meta(begun, pool.current_num_threads());
        let runs = outputs.finish(&summary.json(), &meta)?;
        let exit = self.baseline(arguments, name, runs.as_deref())?;
        self.sum_up(arguments, one, &summary);
        let stopped = swept.stopped.map_or(Exit::AsExpected, Exit::from);
        let mut exit = exit.and(stopped).and(swept.tally.judge(swept.stopped).into());
        if let Some(folder) = &arguments.keep_regressions {
            exit = exit.and(self.keep(folder, one, &found, workers)?);
        }
        Ok((exit, swept.tally.first_unexpected.map(|seed| self.again(one, seed))))
    }

    /// Writes or compares the committed table.
    fn baseline(
        &mut self,
        arguments: &Sweep,
        name: &str,
        runs: Option<&[u8]>,
    ) -> Result<Exit, Failed> {
        let Some(runs) = runs else { return Ok(Exit::AsExpected) };
        if let Some(root) = &arguments.write_baseline {
            let path = baseline_path(root, name);
            if let Some(Err(error)) = path.parent().map(std::fs::create_dir_all) {
                return Err(Failed { path, error });
            }
            write_whole(path, runs)?;
        }
        match &arguments.check_baseline {
            Some(root) => Ok(self.compare(&baseline_path(root, name), name, runs)),
            None => Ok(Exit::AsExpected),
        }
    }

    fn compare(&mut self, path: &Path, name: &str, runs: &[u8]) -> Exit {
        let shown = super::files::quoted(path);
        let committed = match std::fs::read(path) {
            Ok(committed) => committed,
            Err(error) => {
                self.terminal.error(&format!(
                    "{name} has no baseline: cannot read {shown}: {error}; \
                     `--write-baseline` makes one"
                ));
                return Exit::Usage;
            }
        };
        match first_difference(&committed, runs) {
            None => Exit::AsExpected,
            Some(difference) => {
                self.terminal.error(&format!("{name} differs from {shown}: {difference}"));
                Exit::Failed
            }
        }
    }

    fn sum_up(&mut self, arguments: &Sweep, one: &Opened, summary: &Summary<'_>) {
        let is_table = arguments.out.as_deref() == Some(Path::new("-"));
        let text = match arguments.json {
            true => summary.json().to_string(),
            false => summary.to_string(),
        };
        let Swept { tally, .. } = summary.swept;
        let seed = tally.first_unexpected.or(tally.first_failing);
        let again = seed.map(|seed| self.again(one, seed)).filter(|_| !arguments.json);
        for text in std::iter::once(text).chain(again) {
            match is_table {
                true => self.terminal.say(&text),
                false => self.terminal.print(&text),
            }
        }
        for (family, (acted, struck)) in &tally.faults {
            if *acted == 0 {
                let text = format!("{struck} faults of the family {family} had no effect at all");
                self.terminal.warn(&text);
            }
        }
        if tally.is_mostly_excused() {
            self.terminal.warn(&format!(
                "{} of {} runs are excused: so many say little of the algorithm; heal more, or \
                 break less",
                tally.excused, tally.runs
            ));
        }
        if let Some(twin) = &tally.differing {
            self.tell_twin(twin);
        }
    }

    /// Says that a seed did not repeat itself, and where.
    pub fn tell_twin(&mut self, twin: &Twin) {
        let (first, second) = twin.digests;
        self.terminal.error(&format!(
            "seed {} is not deterministic: its digest is {}, and {} {}",
            twin.seed,
            hex(first),
            hex(second),
            twin.how
        ));
        match &twin.record {
            Some((one, other)) => self.terminal.say(&format!(
                "first record that differs:\n  {one}\n  {other}\nlook for a hash map that is \
                 iterated over, a clock of the host, a static, or floats"
            )),
            None => self.terminal.say("the difference did not show while both were traced"),
        }
    }
}

/// The seeds as text: `0..100`, or a list.
pub(super) fn seeds_text(seeds: &Seeds) -> String {
    match seeds {
        Seeds::Range(range) => format!("{}..{}", range.start, range.end),
        Seeds::Pinned(list) => {
            let list: Vec<String> = list.iter().map(u64::to_string).collect();
            list.join(", ")
        }
    }
}
