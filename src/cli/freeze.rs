//! `freeze`: the run of one seed as a scenario file of its own, shown to be the same run before it
//! is handed out.

use super::arguments::Freeze;
use super::files::quoted;
use super::{Exit, Host};
use crate::catalog::{Experiment, Options};
use crate::observe::Verdict;
use crate::report::write_whole;
use crate::scenario::Source;
use std::fs;
use std::path::Path;

/// By what two runs are known to be the same.
type Came = (Option<u64>, Option<u64>, u64, Verdict);

fn came(experiment: &dyn Experiment, seed: u64) -> Came {
    let outcome = experiment.run(seed, &Options::default());
    (outcome.trace, outcome.milestones, outcome.counts.events, outcome.verdict)
}

/// Whether both paths lead to one file.
fn is_same(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

impl Host<'_> {
    /// Obeys `freeze`.
    pub fn freeze(&mut self, freeze: &Freeze) -> Exit {
        if let Some(path) = freeze.output.as_ref().filter(|path| is_same(path, &freeze.scenario)) {
            let path = quoted(path);
            self.terminal.error(&format!("{path} is the scenario itself; name another file"));
            return Exit::Usage;
        }
        let (text, again) = match self.frozen(freeze) {
            Ok(frozen) => frozen,
            Err(exit) => return exit,
        };
        match freeze.output.as_ref().filter(|path| *path != Path::new("-")) {
            None => self.terminal.print(text.trim_end()),
            Some(path) => {
                if let Err(failed) = write_whole(path.clone(), text.as_bytes()) {
                    return self.refused(&failed);
                }
                self.terminal.print(&again);
            }
        }
        Exit::AsExpected
    }

    /// The frozen file, and the command that runs it.
    fn frozen(&mut self, freeze: &Freeze) -> Result<(String, String), Exit> {
        let seed = freeze.seed;
        let one = self.open_one(&freeze.scenario).map_err(|said| {
            self.terminal.say(&said);
            Exit::Usage
        })?;
        let text = one.experiment.freeze(seed).map_err(|sentence| {
            self.terminal.error(&format!("this run cannot be frozen: {sentence}"));
            Exit::Usage
        })?;
        let source = Source::from_bytes("the frozen file", text.as_bytes());
        let frozen = source.and_then(|source| self.catalog.open(source)).map_err(|errors| {
            self.terminal.say(&errors.render(self.terminal.talks_in_color()));
            self.terminal.error("this run cannot be frozen: no scenario file can say all of it");
            Exit::Usage
        })?;
        let first = came(&*one.experiment, seed);
        if first != came(&*one.experiment, seed) {
            let verify = format!("{} verify {}", self.program, one.path);
            let problem = "this run cannot be frozen: the same seed gives two different runs";
            self.terminal.error(&format!("{problem}; `{verify}` says where they part"));
            return Err(Exit::NotDeterministic);
        }
        if first != came(&*frozen, seed) {
            self.terminal.error("this run cannot be frozen: what was written down is another run");
            return Err(Exit::Internal);
        }
        let output = freeze.output.as_deref().unwrap_or(Path::new("-"));
        Ok((text, format!("{} run {} --seed {seed}", self.program, quoted(output))))
    }
}
