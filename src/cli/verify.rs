//! `verify`: does the same seed give the same bits, whatever is different around it? And the twin
//! process that answers, which `--help` does not show.

use super::arguments::{TwinOf, Verify};
use super::{Exit, Host};
use crate::runner::{Question, Stop, answer, verify};
use serde_json::json;

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
            if let Some(stopped) = stop.asked() {
                return exit.and(stopped.into());
            }
            let is_same = verified.differing.is_none();
            if arguments.json {
                self.terminal.print(
                    &json!({
                        "v": 1, "kind": "verify", "scenario": name, "seeds": verified.seeds,
                        "twins": verified.twins, "is_deterministic": is_same,
                        "seed": verified.differing.as_ref().map(|twin| twin.seed),
                        "how": verified.differing.as_ref().map(|twin| twin.how),
                        "record": verified.differing.as_ref().and_then(|twin| twin.record.clone()),
                    })
                    .to_string(),
                );
            } else {
                let came = if is_same { "the same to the last bit" } else { "NOT the same" };
                self.terminal.print(&format!(
                    "{name}: {} seeds, {} twins: {came}",
                    verified.seeds, verified.twins
                ));
            }
            if let Some(twin) = &verified.differing {
                self.tell_twin(twin);
                exit = exit.and(Exit::NotDeterministic);
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
