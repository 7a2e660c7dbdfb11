//! `check`: what is wrong with scenario files, all of it, without running them.

use super::arguments::Check;
use super::{Exit, Host};
use crate::catalog::Experiment;
use crate::scenario::Expected;
use serde_json::json;

impl Host<'_> {
    /// Obeys `check`.
    pub fn check(&mut self, check: &Check) -> Exit {
        let paths = match self.find(&check.what.scenarios) {
            Ok(paths) => paths,
            Err(exit) => return exit,
        };
        let (mut good, mut bad) = (0, 0);
        for path in &paths {
            match self.open_one(path) {
                Ok(opened) => {
                    good += 1;
                    let scenario = opened.experiment.scenario();
                    let expected = expected(&scenario.expect().verdict);
                    let seeds = scenario.seeds().count();
                    let text = match check.json {
                        true => json!({
                            "v": 1, "kind": "check", "path": opened.path, "is_good": true,
                            "scenario": scenario.name(), "algorithm": scenario.algorithm(),
                            "expect": expected, "seeds": seeds,
                            "calibration": opened.experiment.calm().map(|calm| calm.calibration),
                        })
                        .to_string(),
                        false => format!(
                            "{}: {}, {}, {seeds} seeds, expects: {expected}{}",
                            opened.path,
                            scenario.name(),
                            scenario.algorithm(),
                            calm(&*opened.experiment),
                        ),
                    };
                    self.terminal.print(&text);
                }
                Err(said) => {
                    bad += 1;
                    if check.json {
                        let path = super::files::quoted(path);
                        let line = json!({
                            "v": 1, "kind": "check", "path": path, "is_good": false, "errors": said,
                        });
                        self.terminal.print(&line.to_string());
                    } else {
                        self.terminal.say(&said);
                    }
                }
            }
        }
        match (good, bad) {
            (0, 0) => {
                self.terminal.error("there is no scenario here: nothing was checked");
                Exit::Vacuous
            }
            (_, 0) => Exit::AsExpected,
            (_, _) => {
                self.terminal.say(&format!("{bad} of {} scenarios are wrong", good + bad));
                Exit::Usage
            }
        }
    }
}

/// The calm run by which the faults are scaled, on a line of its own.
fn calm(experiment: &dyn Experiment) -> String {
    experiment.calm().map_or_else(String::new, |calm| format!("\n  {calm}"))
}

/// What is expected, in words.
pub(super) fn expected(expected: &Expected) -> String {
    match expected {
        Expected::Holds => "holds".to_owned(),
        Expected::Violates(name) => format!("violates {name}"),
        Expected::Stalls(name) => format!("stalls {name}"),
    }
}
