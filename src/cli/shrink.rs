//! `shrink`: the smallest scenario that still fails in the same way, shown to do so twice before it
//! is handed out.

use super::arguments::{ShowProgress, Shrink};
use super::files::{Opened, quoted};
use super::progress::now;
use super::{Exit, Host};
use crate::report::{Failed, Whole, why, write_whole};
use crate::runner::shrink::{Shrunk, Stage, shrink};
use crate::runner::{Stop, pool, repeat, slice};
use crate::scenario::Source;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// A line every so often.
const EVERY: Duration = Duration::from_secs(2);

impl Host<'_> {
    /// Obeys `shrink`.
    pub fn shrink(&mut self, arguments: &Shrink) -> Exit {
        let one = match self.open_one(&arguments.scenario) {
            Ok(one) => one,
            Err(said) => {
                self.terminal.say(&said);
                return Exit::Usage;
            }
        };
        if let Err(failed) = places(arguments) {
            return self.refused(&failed);
        }
        let jobs = arguments.jobs.and_then(|jobs| usize::try_from(jobs).ok());
        let (stop, pool) = match (Stop::on_signals(), pool(jobs)) {
            (Ok(stop), Ok(pool)) => (stop, pool),
            _ => {
                self.terminal.error("neither signals nor threads can be had");
                return Exit::Internal;
            }
        };
        let budget = Duration::from_nanos(arguments.budget.as_nanos());
        let stop = stop.within(Some(budget));
        let (salts, weighed) = (arguments.salts, arguments.weigh);
        let how = crate::runner::shrink::Shrink {
            catalog: self.catalog,
            pool: &pool,
            stop: &stop,
            salts,
            weighed,
            by: arguments.by.as_deref(),
        };
        let mut told = Told::new(arguments.progress);
        let terminal = &mut self.terminal;
        let mut progress = |stage: Stage| {
            if let Some(line) = told.line(stage) {
                terminal.say(&line);
            }
        };
        let shrunk = match shrink(&how, &*one.experiment, arguments.seed, &mut progress) {
            Ok(shrunk) => shrunk,
            Err(sentence) => {
                self.terminal.error(&format!("{}: {sentence}", one.path));
                return Exit::Usage;
            }
        };
        if let Some(exit) = self.is_unsteady(&one, &shrunk) {
            return exit;
        }
        let exit = self.hand_out(arguments, &shrunk);
        match stop.asked().filter(|stopped| stopped.is_signal()) {
            Some(stopped) => exit.and(stopped.into()),
            None => exit,
        }
    }

    /// Runs the file twice more before it is handed out.
    pub(super) fn is_unsteady(&mut self, one: &Opened, shrunk: &Shrunk) -> Option<Exit> {
        let opened = self.catalog.open(Source::new("the shrunken file", &shrunk.text));
        let Ok(small) = opened else {
            self.terminal.error("what was found cannot be written as a scenario file");
            return Some(Exit::Internal);
        };
        let options = shrunk.signature.options();
        let outcome = small.run(shrunk.salt, &options);
        if let Some(twin) = repeat(&*small, &outcome, &options) {
            self.tell_twin(&twin);
            let verify = format!("{} verify {}", self.program, one.path);
            self.terminal.error(&format!("the same seed gives two different runs; see `{verify}`"));
            return Some(Exit::NotDeterministic);
        }
        if !shrunk.signature.is_shown_by(&outcome) {
            self.terminal.error("what was written down is another run");
            return Some(Exit::Internal);
        }
        None
    }

    fn hand_out(&mut self, arguments: &Shrink, shrunk: &Shrunk) -> Exit {
        let path = arguments.output.as_deref().filter(|path| *path != Path::new("-"));
        if let Some(path) = path {
            if let Err(failed) = write_whole(path.to_path_buf(), shrunk.text.as_bytes()) {
                return self.refused(&failed);
            }
        }
        if let Some(path) = &arguments.rust_test {
            let text = match shrunk.rust_test() {
                Ok(text) => text,
                Err(sentence) => {
                    self.terminal.error(&sentence);
                    return Exit::Internal;
                }
            };
            if let Err(failed) = write_whole(path.clone(), text.as_bytes()) {
                return self.refused(&failed);
            }
        }
        if arguments.json {
            let mut line = json_line(shrunk);
            if let Ok(small) = self.catalog.open(Source::new("the shrunken file", &shrunk.text)) {
                let options = shrunk.signature.options();
                let outcome = small.run(shrunk.salt, &options);
                let outcome = shrunk.signature.looked_at(outcome);
                line["why"] = why(&slice(&*small, shrunk.salt, &options, &outcome));
            }
            self.terminal.print(&line.to_string());
            return Exit::AsExpected;
        }
        self.terminal.say(&summary(shrunk));
        match path {
            None => self.terminal.print(shrunk.text.trim_end()),
            Some(path) => {
                let run = format!("{} run {}", self.program, quoted(path));
                self.terminal.print(&format!("{run} --seed {}", shrunk.salt));
            }
        }
        Exit::AsExpected
    }
}

/// Whether what is found can be written where it is to stand: known before the search, for behind
/// it is too late.
fn places(arguments: &Shrink) -> Result<(), Failed> {
    let output = arguments.output.iter().filter(|path| *path != Path::new("-"));
    output.chain(&arguments.rust_test).try_for_each(|path| Whole::create(path.clone()).map(drop))
}

fn summary(shrunk: &Shrunk) -> String {
    let (was, is) = shrunk.sizes;
    let minimal = if shrunk.is_minimal { "minimal" } else { "not proved minimal" };
    format!(
        "{}: {} faults and {} operations left of {} and {}, {} decisions of chance; \
         {} nodes of {}; {} runs; {minimal}",
        shrunk.signature.name,
        is.faults,
        is.operations,
        was.faults,
        was.operations,
        is.decisions,
        shrunk.nodes.1,
        shrunk.nodes.0,
        shrunk.runs
    )
}

/// What a shrunken run is told as.
fn json_line(shrunk: &Shrunk) -> Value {
    let (was, is) = shrunk.sizes;
    let weights = shrunk.weights.iter().map(|weight| {
        let (with, without, of) = weight.found;
        json!({
            "name": weight.name,
            "entry": weight.entry,
            "found_with": with,
            "found_without": without,
            "runs": of,
            "from_ns": weight.window.map(|window| window.from.0.as_nanos()),
            "is_lost_before": weight.window.map(|window| window.from.1),
            "to_ns": weight.window.map(|window| window.to.0.as_nanos()),
            "is_lost_after": weight.window.map(|window| window.to.1),
        })
    });
    json!({
        "v": 1,
        "kind": "shrunk",
        "verdict": shrunk.signature.verdict,
        "detail": shrunk.signature.name,
        "seed": shrunk.seed,
        "salt": shrunk.salt,
        "salts": shrunk.salts,
        "faults": [was.faults, is.faults],
        "operations": [was.operations, is.operations],
        "decisions": [was.decisions, is.decisions],
        "nodes": [shrunk.nodes.0, shrunk.nodes.1],
        "zones": [was.zones, is.zones],
        "keys": [was.keys, is.keys],
        "at_ns": [shrunk.lasted.0.as_nanos(), shrunk.lasted.1.as_nanos()],
        "is_minimal": shrunk.is_minimal,
        "is_sure": shrunk.is_sure,
        "runs": shrunk.runs,
        "candidates": shrunk.candidates.0,
        "known": shrunk.candidates.1,
        "weights": weights.collect::<Vec<_>>(),
        "text": shrunk.text,
    })
}

/// What was told of the progress.
struct Told {
    how: ShowProgress,
    last: Option<Instant>,
}

impl Told {
    const fn new(how: ShowProgress) -> Self {
        Told { how, last: None }
    }

    /// A line of progress, where it is time for one.
    fn line(&mut self, stage: Stage) -> Option<String> {
        let is_due = self.last.is_none_or(|last| now().duration_since(last) >= EVERY);
        if matches!(self.how, ShowProgress::None) || !is_due {
            return None;
        }
        self.last = Some(now());
        let Stage { name, size, runs } = stage;
        let (faults, operations) = (size.faults, size.operations);
        Some(format!("{name}: {faults} faults, {operations} operations; {runs} runs"))
    }
}
