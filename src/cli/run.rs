//! `run`: one run of each scenario, told as a story that ends with the command to paste.

use super::arguments::Run;
use super::files::Opened;
use super::{Exit, Host};
use crate::catalog::{Experiment, Options};
use crate::observe::{Outcome, Row, Verdict};
use crate::report::{EventLog, Failed, Story, Whole, event_header, outcome, plain_row};
use crate::runner::{Tally, repeat};
use crate::scenario::Expected;
use std::collections::VecDeque;
use std::io;

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
        let (outcome, rows, log) = told(run, experiment, events);
        let mut tally = Tally::new(experiment.scenario(), experiment.words());
        tally.add(&outcome);
        tally.differing = repeat(experiment, &outcome, &Options::default());
        self.remark(one, &outcome, run);
        if let Some(twin) = &tally.differing {
            self.tell_twin(twin);
        }
        if let Err(failed) = log {
            return self.refused(&failed);
        }
        self.tell(run, one, &outcome, &rows);
        Exit::from(tally.judge_alone())
    }

    /// Says that an output cannot be written.
    pub fn refused(&mut self, failed: &Failed) -> Exit {
        self.terminal.error(&failed.to_string());
        Exit::Output
    }

    fn tell(&mut self, run: &Run, one: &Opened, found: &Outcome, rows: &[Row]) {
        let experiment = &*one.experiment;
        let scenario = experiment.scenario();
        let words = experiment.words();
        let entry = self.catalog.find(scenario.algorithm());
        let again = self.again(one, run.seed);
        if run.json {
            self.terminal.print(&outcome(scenario.name(), &words, found).to_string());
            for row in rows {
                self.terminal.print(&crate::report::trace_row(row).to_string());
            }
            return;
        }
        for row in rows {
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
        let story = Story {
            scenario,
            last: &last,
            faults: &experiment.faults(run.seed),
            words: &words,
            outcome: found,
            service: entry.and_then(|entry| entry.service).map(|(_, name)| name),
            says,
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

/// One run. Its records are told while it runs: all of them to the event log, and those of the
/// window that is to be printed.
fn told(
    run: &Run,
    experiment: &dyn Experiment,
    events: Option<Whole>,
) -> (Outcome, Vec<Row>, Result<(), Failed>) {
    let path = events.as_ref().map(|file| file.path().to_path_buf()).unwrap_or_default();
    let failed = |error: io::Error| Failed { path: path.clone(), error };
    let mut rows = Vec::new();
    let printed = run.trace.map(|(first, last)| first..=last);
    let mut keep = |row: &Row| {
        if printed.as_ref().is_some_and(|window| window.contains(&row.event)) {
            rows.push(row.clone());
        }
    };
    let options = Options::default();
    let all = 0..=u64::MAX;
    let (outcome, log) = match (events, &run.trace) {
        (None, None) => (experiment.run(run.seed, &options), Ok(())),
        (None, Some(_)) => (experiment.tell(run.seed, &options, all, &mut keep), Ok(())),
        (Some(mut file), _) => {
            let begun = event_header(&mut file);
            let mut log = EventLog::new(run.seed, file);
            let outcome = experiment.tell(run.seed, &options, all, &mut |row| {
                keep(row);
                log.push(row);
            });
            let done = begun.and_then(|()| log.finish()).map_err(failed);
            (outcome, done.and_then(Whole::keep))
        }
    };
    (outcome, rows, log)
}

/// The last records of a run that broke off, told by running it again; none of any other.
fn last_records(experiment: &dyn Experiment, outcome: &Outcome) -> Vec<Row> {
    if !matches!(outcome.verdict, Verdict::Panic { .. } | Verdict::Inconclusive { .. }) {
        return Vec::new();
    }
    let events = outcome.counts.events;
    let mut last = VecDeque::new();
    let window = events.saturating_sub(9)..=events;
    experiment.tell(outcome.seed, &Options::default(), window, &mut |row| {
        last.push_back(row.clone());
        if last.len() > 10 {
            last.pop_front();
        }
    });
    last.into()
}
