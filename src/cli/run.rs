//! `run`: one run of each scenario, told as a story that ends with the command to paste.

use super::arguments::Run;
use super::files::Opened;
use super::{Exit, Host};
use crate::catalog::{Experiment, Options};
use crate::observe::{Outcome, Row, Verdict};
use crate::report::{EVENT_COLUMNS, Failed, Story, Table, Whole, event_row, outcome, plain_row};
use crate::runner::{Tally, repeat};
use crate::scenario::Expected;
use std::collections::VecDeque;
use std::io;

/// How many nodes are told one by one.
const SEATS_MAX: usize = 12;

impl Host<'_> {
    /// Obeys `run`.
    pub fn run(&mut self, run: &Run) -> Exit {
        let opened = match self.open(&run.what.scenarios) {
            Ok(opened) => opened,
            Err(exit) => return exit,
        };
        if run.events.is_some() && opened.len() > 1 {
            self.terminal.error("`--events` holds the records of one scenario; name one");
            return Exit::Usage;
        }
        let mut exit = Exit::AsExpected;
        for one in &opened {
            exit = exit.and(self.run_one(run, one));
        }
        exit
    }

    fn run_one(&mut self, run: &Run, one: &Opened) -> Exit {
        let experiment = &*one.experiment;
        let events = match run.events.as_deref().map(|path| Whole::create(path.to_path_buf())) {
            None => None,
            Some(Ok(file)) => Some(file),
            Some(Err(failed)) => return self.refused(&failed),
        };
        let outcome = experiment.run(run.seed, &Options::default());
        let mut tally = Tally::new(experiment.scenario(), experiment.words());
        tally.add(&outcome);
        tally.differing = repeat(experiment, &outcome, &Options::default());
        self.remark(one, &outcome, run);
        if let Some(twin) = &tally.differing {
            self.tell_twin(twin);
        }
        if let Some(file) = events {
            if let Err(failed) = write_events(experiment, run.seed, file) {
                return self.refused(&failed);
            }
        }
        self.tell(run, one, &outcome);
        Exit::from(tally.judge_alone())
    }

    /// Says that an output cannot be written.
    pub fn refused(&mut self, failed: &Failed) -> Exit {
        self.terminal.error(&failed.to_string());
        Exit::Output
    }

    fn tell(&mut self, run: &Run, one: &Opened, found: &Outcome) {
        let experiment = &*one.experiment;
        let scenario = experiment.scenario();
        let words = experiment.words();
        let entry = self.catalog.find(scenario.algorithm());
        let again = self.again(one, run.seed);
        let mut rows = Vec::new();
        if let Some((first, last)) = run.trace {
            experiment.trace(run.seed, first..=last, &mut |row| rows.push(row));
        }
        if run.json {
            self.terminal.print(&outcome(scenario.name(), &words, found).to_string());
            for row in &rows {
                self.terminal.print(&crate::report::trace_row(row).to_string());
            }
            return;
        }
        for row in &rows {
            self.terminal.print(&plain_row(row));
        }
        let says = match &found.verdict {
            Verdict::Violation(violation) => entry.and_then(|entry| {
                let mut known = entry.invariants.iter();
                known.find(|(name, _)| *name == violation.invariant).map(|(_, says)| *says)
            }),
            _ => None,
        };
        let last = last_records(experiment, found);
        let scene = found.standstill.is_some().then(|| experiment.scene(run.seed, SEATS_MAX));
        let story = Story {
            scenario,
            last: &last,
            faults: &experiment.faults(run.seed),
            words: &words,
            outcome: found,
            service: experiment.service(),
            says,
            scene: scene.as_ref(),
            again: &again,
        };
        self.terminal.print(&story.to_string());
    }

    /// The command that runs a seed of a scenario again.
    pub fn again(&self, one: &Opened, seed: u64) -> String {
        format!("{} run {} --seed {seed}", self.program, one.path)
    }

    /// How the verdict stands to what the scenario expects, where that is not plain.
    fn remark(&mut self, one: &Opened, outcome: &Outcome, run: &Run) {
        let scenario = one.experiment.scenario();
        let silent = outcome.faults.iter().filter(|f| f.struck.is_some() && f.effects == 0);
        let silent = silent.count();
        if silent > 0 {
            let total = outcome.faults.len();
            self.terminal.warn(&format!("{silent} of {total} faults were without effect"));
        }
        let expected = match scenario.expect().verdict {
            Expected::Holds => return,
            Expected::Violates(name) => format!("a violation of {name}"),
            Expected::Stalls(name) => format!("a stall in {name}"),
        };
        let text = match &outcome.verdict {
            Verdict::Pass => format!(
                "the scenario expects {expected} from at least one of its seeds; \
                 {} sweep {} shows which",
                self.program, one.path
            ),
            verdict => {
                let tally = Tally::new(scenario, one.experiment.words());
                match tally.is_expected(verdict) {
                    true => format!("this is what the scenario expects: {expected}"),
                    false => format!("the scenario expects something else: {expected}"),
                }
            }
        };
        if !run.json {
            self.terminal.say(&text);
        }
    }
}

fn write_events(experiment: &dyn Experiment, seed: u64, file: Whole) -> Result<(), Failed> {
    let path = file.path().to_path_buf();
    let failed = |error: io::Error| Failed { path: path.clone(), error };
    let header: Vec<&str> = EVENT_COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut table = Table::new(file, &header).map_err(failed)?;
    trace_into(experiment, seed, &mut table).map_err(failed)?;
    table.finish().map_err(failed)?.keep()
}

/// Adds every record of a run to a table.
pub(super) fn trace_into<W: io::Write>(
    experiment: &dyn Experiment,
    seed: u64,
    table: &mut Table<W>,
) -> io::Result<()> {
    let name = experiment.scenario().name().to_owned();
    let mut written = Ok(());
    experiment.trace(seed, 0..=u64::MAX, &mut |row: Row| {
        if written.is_ok() {
            written = table.push(&event_row(&name, seed, &row));
        }
    });
    written
}

/// The last records of a run that broke off, told by running it again; none of any other.
fn last_records(experiment: &dyn Experiment, outcome: &Outcome) -> Vec<Row> {
    if !matches!(outcome.verdict, Verdict::Panic { .. } | Verdict::Inconclusive { .. }) {
        return Vec::new();
    }
    let events = outcome.counts.events;
    let mut last = VecDeque::new();
    experiment.trace(outcome.seed, events.saturating_sub(9)..=events, &mut |row| {
        last.push_back(row);
        if last.len() > 10 {
            last.pop_front();
        }
    });
    last.into()
}
