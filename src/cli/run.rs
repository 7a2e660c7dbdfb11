//! `run`: one run of each scenario, told as a story that ends with the command to paste.

use super::arguments::Run;
use super::files::Opened;
use super::{Exit, Host};
use crate::catalog::{Experiment, Options};
use crate::observe::{Outcome, Row, TraceLevel, Verdict};
use crate::report::{EventLog, Failed, Whole, event_header, outcome, plain_row, why};
use crate::runner::{Tally, repeat, slice, story};
use crate::scenario::Expected;
use std::collections::VecDeque;
use std::path::Path;

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
        let events = match run.events.as_deref().map(event_file).transpose() {
            Ok(events) => events,
            Err(failed) => return self.refused(&failed),
        };
        let Told { outcome, rows, last, log } = told(run, experiment, events);
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
        self.tell(run, one, &outcome, (&rows, &last));
        Exit::from(tally.judge_alone())
    }

    /// Says that an output cannot be written.
    pub fn refused(&mut self, failed: &Failed) -> Exit {
        self.terminal.error(&failed.to_string());
        Exit::Output
    }

    fn tell(&mut self, run: &Run, one: &Opened, found: &Outcome, (rows, last): (&[Row], &[Row])) {
        let experiment = &*one.experiment;
        if run.json {
            let (scenario, words) = (experiment.scenario(), experiment.words());
            let depths = experiment.depths();
            let gauges = experiment.gauges();
            let mut line = outcome(scenario.name(), &words, depths, &gauges, found);
            line["why"] = why(&slice(experiment, run.seed, &Options::default(), found));
            self.terminal.print(&line.to_string());
            for row in rows {
                self.terminal.print(&crate::report::trace_row(row).to_string());
            }
            return;
        }
        for row in rows {
            self.terminal.print(&plain_row(row));
        }
        let again = self.again(one, run.seed);
        self.tell_story(one, (&Options::default(), found), last, &again);
    }

    /// Tells the story of a run that had these options; `last` are its last records, if it broke
    /// off, and `again` is the command that runs it again.
    pub fn tell_story(
        &mut self,
        one: &Opened,
        (options, found): (&Options, &Outcome),
        last: &[Row],
        again: &str,
    ) {
        let story = story(self.catalog, &*one.experiment, (options, found), last, again);
        self.terminal.print(&story);
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
            _ => {
                let tally = Tally::new(scenario, one.experiment.words());
                match tally.is_expected(outcome) {
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

/// An event log's file, with its header.
fn event_file(path: &Path) -> Result<Whole, Failed> {
    let mut file = Whole::create(path.to_path_buf())?;
    event_header(&mut file).map_err(|error| Failed { path: path.to_path_buf(), error })?;
    Ok(file)
}

/// One run, and what was kept of it.
struct Told {
    outcome: Outcome,
    /// The records that are to be printed.
    rows: Vec<Row>,
    /// The last records, if the run broke off.
    last: Vec<Row>,
    /// What became of the event log.
    log: Result<(), Failed>,
}

/// How many of the last records are kept if nobody says how much.
const LAST: u32 = 10;

/// Runs once, and tells the run while it happens: all of it to the event log, the window that is
/// to be printed, and the last records.
fn told(run: &Run, experiment: &dyn Experiment, events: Option<Whole>) -> Told {
    let path = events.as_ref().map(|file| file.path().to_path_buf()).unwrap_or_default();
    let mut log = events.map(|file| EventLog::new(run.seed, file));
    let (trace, printed) = match (run.trace_level, run.trace) {
        (Some(level), _) => (level, Some((0, u64::MAX))),
        (None, Some(window)) => (TraceLevel::Full, Some(window)),
        (None, None) if log.is_some() => (TraceLevel::Full, None),
        (None, None) => (TraceLevel::Ring(LAST), None),
    };
    let (mut rows, mut last) = (Vec::new(), VecDeque::new());
    let options = Options { trace, ..Options::default() };
    let outcome = experiment.tell(run.seed, &options, &mut |row| {
        if let Some(log) = &mut log {
            log.push(row);
        }
        if printed.is_some_and(|(from, to)| (from..=to).contains(&row.event)) {
            rows.push(row.clone());
            return;
        }
        if last.len() == LAST as usize {
            last.pop_front();
        }
        last.push_back(row.clone());
    });
    let broke_off = matches!(outcome.verdict, Verdict::Panic { .. } | Verdict::Inconclusive { .. });
    let last = if broke_off { last.into() } else { Vec::new() };
    let log = log.map_or(Ok(()), |log| {
        log.finish().map_err(|error| Failed { path, error }).and_then(Whole::keep)
    });
    Told { outcome, rows, last, log }
}
