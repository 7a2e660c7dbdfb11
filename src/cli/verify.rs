//! `verify`: does the same seed give the same bits, whatever is different around it? And the twin
//! process that answers, which `--help` does not show.

use super::arguments::{TwinOf, Verify};
use super::{Exit, Host};
use crate::runner::{Question, Stop, Stopped, Verified, answer, verify};
use serde_json::{Value, json};

impl Host<'_> {
    /// Obeys `verify`.
    pub fn verify(&mut self, arguments: &Verify) -> Exit {
        let opened = match self.open(&arguments.what.scenarios) {
            Ok(opened) => opened,
            Err(exit) => return exit,
        };
        let stop = match Stop::on_signals() {
            Ok(stop) => stop,
            Err(error) => {
                self.terminal.error(&format!("no signals: {error}"));
                return Exit::Internal;
            }
        };
        let mut exit = Exit::AsExpected;
        for one in &opened {
            let experiment = &*one.experiment;
            let name = experiment.scenario().name();
            let seeds: Vec<u64> = (0..arguments.seeds).collect();
            let verified = match verify(experiment, &seeds, &twin_arguments, &stop) {
                Ok(verified) => verified,
                Err(error) => {
                    self.terminal.error(&format!("no twin process could be asked: {error}"));
                    return exit.and(Exit::Internal);
                }
            };
            let stopped = stop.asked().filter(|_| verified.is_cut_short);
            let line = match arguments.json {
                true => json_line(name, &verified, stopped).to_string(),
                false => told(name, (&verified, arguments.seeds), stopped),
            };
            self.terminal.print(&line);
            if let Some(twin) = &verified.differing {
                self.tell_twin(twin);
                exit = exit.and(Exit::NotDeterministic);
            }
            if let Some(stopped) = stopped {
                return exit.and(stopped.into());
            }
        }
        exit
    }

    /// Answers as a twin process.
    pub fn twin(&mut self, arguments: &TwinOf) -> Exit {
        let one = match self.open_one(std::path::Path::new("-")) {
            Ok(one) => one,
            Err(said) => {
                self.terminal.say(&said);
                return Exit::Usage;
            }
        };
        let question = match (arguments.numbers.as_slice(), arguments.what.as_str()) {
            (seeds, "digests") => Question::Digests(seeds.to_vec()),
            (&[seed], "checkpoints") => Question::Checkpoints(seed),
            (&[seed, first, last], "records") => Question::Records(seed, first, last),
            _ => return Exit::Usage,
        };
        for line in answer(&*one.experiment, &question) {
            self.terminal.print(&line);
        }
        Exit::AsExpected
    }
}

/// What a verification came to, in a line.
fn told(name: &str, (verified, seeds): (&Verified, u64), stopped: Option<Stopped>) -> String {
    let (ran, twins) = (verified.seeds, verified.twins);
    let came = match verified.differing {
        Some(_) => "NOT the same",
        None if twins == 0 && stopped.is_some() => "nothing is known yet",
        None => "the same to the last bit",
    };
    match stopped {
        None => format!("{name}: {ran} seeds, {twins} twins: {came}"),
        Some(stopped) => format!(
            "{name}: {}: {ran} of {seeds} seeds, {twins} twins so far: {came}",
            stopped.word()
        ),
    }
}

/// The same for programs. Of what was not compared to the end only a difference is known.
fn json_line(name: &str, verified: &Verified, stopped: Option<Stopped>) -> Value {
    let twin = verified.differing.as_ref();
    let is_known = stopped.is_none() || twin.is_some();
    json!({
        "v": 1,
        "kind": "verify",
        "scenario": name,
        "seeds": verified.seeds,
        "twins": verified.twins,
        "is_deterministic": is_known.then_some(twin.is_none()),
        "stopped": stopped.map(Stopped::word),
        "seed": twin.map(|twin| twin.seed),
        "how": twin.map(|twin| twin.how),
        "record": twin.and_then(|twin| twin.record.clone()),
    })
}

/// How a twin process is asked.
pub(super) fn twin_arguments(question: &Question) -> Vec<String> {
    let (what, numbers) = match question {
        Question::Digests(seeds) => ("digests", seeds.clone()),
        Question::Checkpoints(seed) => ("checkpoints", vec![*seed]),
        Question::Records(seed, first, last) => ("records", vec![*seed, *first, *last]),
    };
    let numbers = numbers.iter().map(u64::to_string);
    ["twin".to_owned(), what.to_owned()].into_iter().chain(numbers).collect()
}
