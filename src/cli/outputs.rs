//! What a sweep writes: tables that grow row by row, and appear when they are complete.

use super::sweep::Sweep;
use crate::catalog::Experiment;
use crate::observe::Outcome;
use crate::report::{
    Failed, Folder, Table, VIOLATION_COLUMNS, Whole, event_header, header, row, violation_rows,
};
use crate::runner::Log;
use serde_json::Value;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The tables of one scenario that are being written.
#[derive(Default)]
pub(super) struct Outputs {
    folder: Option<Folder>,
    runs: Option<Table<Whole>>,
    violations: Option<Table<Whole>>,
    events: Option<Whole>,
    /// The table of runs for a baseline, in memory.
    baseline: Option<Table<Vec<u8>>>,
    stdout: Option<Table<io::Stdout>>,
}

/// Where the baseline of a scenario stands.
pub(super) fn baseline_path(root: &Path, name: &str) -> PathBuf {
    let mut path = root.to_path_buf();
    path.extend(name.split('/'));
    path.as_mut_os_string().push(".csv");
    path
}

fn named(columns: &[(&'static str, &str)]) -> Vec<&'static str> {
    columns.iter().map(|(name, _)| *name).collect()
}

fn table(folder: &Folder, name: &str, header: &[impl AsRef<str>]) -> Result<Table<Whole>, Failed> {
    let failed = |error| Failed { path: folder.path().join(name), error };
    Table::new(folder.create(name)?, header).map_err(failed)
}

/// A reader of stdout that has gone is no failure.
fn unless_gone(done: io::Result<()>) -> Result<(), Failed> {
    match done {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failed { path: PathBuf::from("stdout"), error })
        }
        _ => Ok(()),
    }
}

impl Outputs {
    /// Opens all that is to be written, so that what cannot be is known before anything runs.
    pub fn open(arguments: &Sweep, experiment: &dyn Experiment) -> Result<Self, Failed> {
        let columns = header(&experiment.gauges(), experiment.depths(), &experiment.words());
        let mut outputs = Outputs::default();
        if arguments.write_baseline.is_some() || arguments.check_baseline.is_some() {
            let in_memory = Table::new(Vec::new(), &columns);
            let failed = |error| Failed { path: PathBuf::from("memory"), error };
            outputs.baseline = Some(in_memory.map_err(failed)?);
        }
        let Some(root) = &arguments.out else { return Ok(outputs) };
        if root == Path::new("-") {
            let opened = Table::new(io::stdout(), &columns);
            let failed = |error| Failed { path: PathBuf::from("stdout"), error };
            outputs.stdout = Some(opened.map_err(failed)?);
            return Ok(outputs);
        }
        let folder = Folder::open(root, experiment.scenario().name())?;
        outputs.runs = Some(table(&folder, "runs.csv", &columns)?);
        outputs.violations = Some(table(&folder, "violations.csv", &named(VIOLATION_COLUMNS))?);
        if arguments.level().is_told() {
            let mut file = folder.create("events.csv")?;
            let failed = |error| Failed { path: folder.path().join("events.csv"), error };
            event_header(&mut file).map_err(failed)?;
            outputs.events = Some(file);
        }
        outputs.folder = Some(folder);
        Ok(outputs)
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.as_ref().map_or_else(PathBuf::new, |folder| folder.path().join(name))
    }

    /// Adds a run, with its event log if it has one.
    pub fn push(
        &mut self,
        experiment: &dyn Experiment,
        outcome: &Outcome,
        log: Option<Log>,
    ) -> Result<(), Failed> {
        let name = experiment.scenario().name();
        let cells = row(name, outcome);
        let (runs, violations) = (self.place("runs.csv"), self.place("violations.csv"));
        let events = self.place("events.csv");
        if let Some(table) = &mut self.runs {
            table.push(&cells).map_err(|error| Failed { path: runs, error })?;
        }
        if let Some(table) = &mut self.baseline {
            table.push(&cells).map_err(|error| Failed { path: "memory".into(), error })?;
        }
        if let Some(table) = &mut self.stdout {
            unless_gone(table.push(&cells))?;
        }
        if let Some(table) = &mut self.violations {
            for cells in violation_rows(name, outcome) {
                let failed = |error| Failed { path: violations.clone(), error };
                table.push(&cells).map_err(failed)?;
            }
        }
        if let (Some(file), Some(log)) = (&mut self.events, log) {
            log.copy_into(file).map_err(|error| Failed { path: events, error })?;
        }
        Ok(())
    }

    /// Gives all files their names; the summary last, for it says whether they are complete. The
    /// table for a baseline is handed back.
    pub fn finish(mut self, summary: &Value, meta: &Value) -> Result<Option<Vec<u8>>, Failed> {
        let tables = [(self.runs.take(), "runs.csv"), (self.violations.take(), "violations.csv")];
        for (table, name) in tables {
            let Some(table) = table else { continue };
            let failed = |error| Failed { path: self.place(name), error };
            table.finish().map_err(failed)?.keep()?;
        }
        if let Some(file) = self.events.take() {
            file.keep()?;
        }
        if let Some(folder) = &self.folder {
            for (name, value) in [("meta.json", meta), ("summary.json", summary)] {
                let mut file = folder.create(name)?;
                let failed = |error| Failed { path: folder.path().join(name), error };
                file.write_all(format!("{value:#}\n").as_bytes()).map_err(failed)?;
                file.keep()?;
            }
        }
        if let Some(table) = self.stdout.take() {
            unless_gone(table.finish().and_then(|mut out| out.flush()))?;
        }
        let failed = |error| Failed { path: "memory".into(), error };
        self.baseline.take().map(|table| table.finish().map_err(failed)).transpose()
    }
}
