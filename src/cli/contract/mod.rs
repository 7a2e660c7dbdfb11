//! `contract`: one assumption is broken at a time, and what happens is held against the
//! declaration.

mod matrix_file;
mod table;

use super::arguments::Contract;
use super::explain::meant;
use super::progress::Progress;
use super::{Exit, Host};
use crate::catalog::{Catalog, Experiment};
use crate::report::{terminal, write_whole};
use crate::runner::contract::{
    AXES, Axis, Base, Cell, Edge, NoBase, Record, Smallest, Standing, cell, control, edge, matrix,
    smallest,
};
use crate::runner::{Stop, pool};
use crate::scenario::{Errors, Source};
use rayon::ThreadPool;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What every row needs.
struct Work<'a> {
    arguments: &'a Contract,
    pool: &'a ThreadPool,
    stop: &'a Stop,
    axes: Vec<&'static Axis>,
}

/// A row, done.
struct Row<'a> {
    base: &'a Base,
    axis: &'static Axis,
    cell: Cell,
    edge: Option<Edge>,
    record: Record,
    /// The smallest file that shows what broke, if it was wanted and could be made.
    file: Option<Result<Evidence, String>>,
}

/// A file that shows what broke.
struct Evidence {
    path: PathBuf,
    smallest: Smallest,
}

impl Host<'_> {
    /// Obeys `contract`.
    pub fn contract(&mut self, arguments: &Contract) -> Exit {
        let asked = self.axes(arguments).and_then(|axes| Ok((axes, self.bases(arguments)?)));
        let (axes, sources) = match asked {
            Ok(asked) => asked,
            Err(said) => {
                self.terminal.say(&said);
                return Exit::Usage;
            }
        };
        if arguments.print.is_some() {
            return self.print_rows(&axes, sources);
        }
        for (label, _) in &sources {
            if let Err(exit) = self.can_renew(arguments, label) {
                return exit;
            }
        }
        let (stop, pool) = match (Stop::on_signals(), pool(None)) {
            (Ok(stop), Ok(pool)) => (stop, pool),
            _ => {
                self.terminal.error("neither signals nor threads can be had");
                return Exit::Internal;
            }
        };
        let work = Work { arguments, pool: &pool, stop: &stop, axes };
        let (mut exit, mut records) = (Exit::AsExpected, Vec::new());
        let count = sources.len();
        for (label, source) in sources {
            exit = exit.and(self.contract_of(&work, (&label, source), &mut records));
            if let Some(stopped) = stop.asked() {
                return exit.and(stopped.into());
            }
        }
        if count > 1 && !arguments.json {
            self.terminal.print(&format!("\n{}", matrix(&records)));
        }
        exit.and(self.write_matrix(arguments, &records))
    }

    /// The rows that are asked for.
    fn axes(&self, arguments: &Contract) -> Result<Vec<&'static Axis>, String> {
        let named: Vec<&String> = arguments.fault.iter().chain(&arguments.print).collect();
        if named.is_empty() {
            return Ok(AXES.iter().collect());
        }
        let known: Vec<String> = AXES.iter().map(|axis| axis.name.to_owned()).collect();
        let find = |name: &&String| {
            Axis::find(name).ok_or_else(|| {
                let wrong = terminal(name).into_owned();
                let cure = meant(name, &known, &format!("there are {}", known.join(", ")));
                format!("error: no kind of fault here is called `{wrong}`; {cure}")
            })
        };
        let mut axes: Vec<&'static Axis> = named.iter().map(find).collect::<Result<_, _>>()?;
        let mut seen = BTreeSet::new();
        axes.retain(|axis| seen.insert(axis.name));
        Ok(axes)
    }

    /// The calm scenarios that are asked for.
    fn bases(&self, arguments: &Contract) -> Result<Vec<(String, Source)>, String> {
        let entries = self.catalog.entries();
        let names = entries.iter().map(|entry| entry.name.to_owned());
        let labels = entries.iter().flat_map(|entry| self.catalog.calm(entry));
        let known: BTreeSet<String> = names.chain(labels.map(|(label, _)| label)).collect();
        if let Some(name) = arguments.algorithms.iter().find(|name| !known.contains(*name)) {
            let wrong = terminal(name).into_owned();
            let known: Vec<String> = known.into_iter().collect();
            let cure = meant(name, &known, "`list algorithms` shows what there is");
            return Err(format!("error: no algorithm here is called `{wrong}`; {cure}"));
        }
        if let Some(path) = &arguments.base {
            return self.own_base(path, &arguments.algorithms).map(|base| vec![base]);
        }
        let asked = |name: &str| arguments.algorithms.iter().any(|asked| asked == name);
        let is_asked = |label: &str| match &arguments.family {
            Some(family) => family == self::family(label),
            None => asked(label) || label.split(' ').next().is_some_and(asked),
        };
        let mut bases = Vec::new();
        for entry in entries {
            let calm = self.catalog.calm(entry);
            if calm.is_empty() && is_asked(entry.name) {
                return Err(format!(
                    "error: no calm scenario of {} can be made of its roles alone; write one, \
                     and give it by --in",
                    entry.name
                ));
            }
            bases.extend(calm.into_iter().filter(|(label, _)| is_asked(label)));
        }
        if bases.is_empty() {
            let family = terminal(arguments.family.as_deref().unwrap_or_default()).into_owned();
            let cure = "`list algorithms` shows what there is";
            return Err(format!("error: there is no algorithm of `{family}`; {cure}"));
        }
        Ok(bases)
    }

    /// A base of the user's, which names one of these algorithms if there are any.
    fn own_base(&self, path: &Path, algorithms: &[String]) -> Result<(String, Source), String> {
        let source = self.source(path)?;
        let opened = self.catalog.open(source.clone()).map_err(|errors| self.render(&errors))?;
        let named = opened.scenario().algorithm();
        if algorithms.iter().any(|algorithm| algorithm != named) {
            let path = super::files::quoted(path);
            let asked = algorithms.join(", ");
            return Err(format!("error: {path} is a scenario of {named}, and not of {asked}"));
        }
        Ok((named.to_owned(), source))
    }

    fn render(&self, errors: &Errors) -> String {
        errors.render(self.terminal.talks_in_color())
    }

    /// The base, or its refusal as text.
    fn base(&self, (label, source): (&str, Source)) -> Result<Base, String> {
        let measured = Base::measure(self.catalog, source).map_err(|no_base| match no_base {
            NoBase::Errors(errors) => self.render(&errors),
            NoBase::Unfit(sentence) => format!("error: {sentence}"),
        });
        measured.map(|base| base.labelled(label))
    }

    /// Prints the scenario of the row of each algorithm; of one that is measured in several ways
    /// the first that is asked for, since two are no scenario.
    fn print_rows(&mut self, axes: &[&'static Axis], sources: Vec<(String, Source)>) -> Exit {
        let mut printed: Option<String> = None;
        for (label, source) in sources {
            let name = label.split(' ').next().map(str::to_owned);
            if printed.is_some() && printed == name {
                self.terminal.say(&format!("note: `contract \"{label}\" --print` has another"));
                continue;
            }
            printed = name;
            let base = match self.base((&label, source)) {
                Ok(base) => base,
                Err(said) => {
                    self.terminal.say(&said);
                    return Exit::Usage;
                }
            };
            for axis in axes {
                match base.scenario(axis) {
                    Some(text) => self.terminal.print(&text),
                    None => {
                        let sentence = format!("{} says nothing of it", base.label);
                        self.terminal.error(&format!("{}: {sentence}", axis.name));
                        return Exit::Vacuous;
                    }
                }
            }
        }
        Exit::AsExpected
    }

    /// The contract of one algorithm.
    fn contract_of(
        &mut self,
        work: &Work<'_>,
        source: (&str, Source),
        records: &mut Vec<Record>,
    ) -> Exit {
        let opened = self.base(source).and_then(|base| {
            let calm = self.opened(&base.calm())?;
            Ok((base, calm))
        });
        let (base, calm) = match opened {
            Ok(opened) => opened,
            Err(said) => {
                self.terminal.say(&said);
                return Exit::Usage;
            }
        };
        let is_calm = self.cell(work, &base, None, &*calm);
        if let Some(stopped) = work.stop.asked() {
            return stopped.into();
        }
        if let Some(why) = control(&is_calm) {
            let algorithm = &base.label;
            self.terminal.error(&format!("nothing can be said of {algorithm}: {why}"));
            return Exit::Failed;
        }
        if !work.arguments.json {
            self.terminal.print(&table::head(&base, work.arguments.seeds));
        }
        let (mut exit, mut is_vacuous, mut rows) = (Exit::AsExpected, true, Vec::new());
        for axis in &work.axes {
            match self.row(work, &base, axis) {
                Ok(Some(row)) => {
                    exit = exit.and(row_exit(&row));
                    is_vacuous &= row.cell.standing() == Standing::NoEffect;
                    records.push(row.record.clone());
                    rows.push(row);
                }
                Ok(None) if work.stop.asked().is_none() && !work.arguments.json => {
                    self.terminal.print(&table::nothing(axis, &base));
                }
                Ok(None) => {}
                Err(failed) => {
                    self.terminal.error(&failed.said);
                    return exit.and(failed.exit);
                }
            }
            if let Some(stopped) = work.stop.asked() {
                return exit.and(stopped.into());
            }
        }
        if !work.arguments.json {
            self.terminal.print(&table::foot(&rows, work.arguments.seeds));
        }
        if is_vacuous { exit.and(Exit::Vacuous) } else { exit }
    }

    fn opened(&self, text: &str) -> Result<Box<dyn Experiment>, String> {
        let name = "a scenario of the contract";
        self.catalog.open(Source::new(name, text)).map_err(|errors| self.render(&errors))
    }

    /// Runs a scenario, with progress.
    fn cell(
        &mut self,
        work: &Work<'_>,
        base: &Base,
        axis: Option<&Axis>,
        experiment: &dyn Experiment,
    ) -> Cell {
        let seeds = work.arguments.seeds;
        let name = format!("{} {}", base.label, axis.map_or("calm", |axis| axis.name));
        let mut progress = Progress::new(work.arguments.progress, &name, seeds);
        let done = cell(experiment, axis, seeds, work.pool, work.stop, |done, broken| {
            progress.is_at(done, broken);
        });
        progress.finish();
        done
    }

    /// A row: its cell, its edge and its evidence; `None` if it says nothing, or was stopped.
    fn row<'a>(
        &mut self,
        work: &Work<'_>,
        base: &'a Base,
        axis: &'static Axis,
    ) -> Result<Option<Row<'a>>, Stuck> {
        let Some(text) = base.scenario(axis) else { return Ok(None) };
        let experiment = self.opened(&text).map_err(Stuck::usage)?;
        let cell = self.cell(work, base, Some(axis), &*experiment);
        if cell.is_cut_short {
            return Ok(None);
        }
        let (pool, stop) = (work.pool, work.stop);
        let edge = edge(self.catalog, base, axis, work.arguments.seeds, pool, stop);
        let edge = edge.map_err(|errors| Stuck::usage(self.render(&errors)))?;
        if edge.as_ref().is_some_and(|edge| edge.is_cut_short) {
            return Ok(None);
        }
        let record = Record::of(base, axis, &cell, edge.as_ref());
        if !work.arguments.json {
            self.terminal.print(&table::row(&record, &cell));
        }
        let file = evidence(self.catalog, work, base, axis, &cell, &*experiment)?;
        let row = Row { base, axis, cell, edge, record, file };
        if work.arguments.json {
            self.terminal.print(&table::json_line(&row));
        }
        Ok(Some(row))
    }

    /// Reads what will be renewed, before hours are spent on what cannot be written.
    fn can_renew(&mut self, arguments: &Contract, label: &str) -> Result<(), Exit> {
        let Some(folder) = &arguments.write_matrix else { return Ok(()) };
        let path = folder.join(family(label)).join("matrix.csv");
        matrix_file::old(&path).map(drop).map_err(|error| {
            let path = super::files::quoted(&path);
            self.terminal.error(&format!("cannot write {path}: {error}"));
            Exit::Output
        })
    }

    fn write_matrix(&mut self, arguments: &Contract, records: &[Record]) -> Exit {
        let Some(folder) = &arguments.write_matrix else { return Exit::AsExpected };
        let mut families: Vec<&str> =
            records.iter().map(|record| family(&record.algorithm)).collect();
        families.dedup();
        for name in families {
            let of_family = records.iter().filter(|record| family(&record.algorithm) == name);
            let path = folder.join(name).join("matrix.csv");
            if let Err(error) = matrix_file::renew(path.clone(), of_family) {
                let path = super::files::quoted(&path);
                self.terminal.error(&format!("cannot write {path}: {error}"));
                return Exit::Output;
            }
        }
        Exit::AsExpected
    }
}

/// Why the rest cannot be done.
struct Stuck {
    said: String,
    exit: Exit,
}

impl Stuck {
    const fn usage(said: String) -> Self {
        Stuck { said, exit: Exit::Usage }
    }
}

fn family(algorithm: &str) -> &str {
    algorithm.split('-').next().unwrap_or_default()
}

fn row_exit(row: &Row<'_>) -> Exit {
    let broken = row.edge.as_ref().and_then(|edge| edge.broken.as_ref());
    match row.cell.standing() {
        Standing::BrokenPromise => Exit::Failed,
        _ if broken.is_some_and(|broken| broken.is_inside) => Exit::Failed,
        _ if row.edge.as_ref().is_some_and(|edge| edge.undecided.is_some()) => Exit::Inconclusive,
        Standing::Unclear => Exit::Inconclusive,
        Standing::AsDeclared | Standing::NotNeeded | Standing::NoEffect => Exit::AsExpected,
    }
}

/// Writes the smallest file that shows what broke in a cell, if that is wanted.
fn evidence(
    catalog: &Catalog,
    work: &Work<'_>,
    base: &Base,
    axis: &Axis,
    cell: &Cell,
    experiment: &dyn Experiment,
) -> Result<Option<Result<Evidence, String>>, Stuck> {
    let (Some(folder), Some(breach)) = (&work.arguments.out, cell.worst()) else {
        return Ok(None);
    };
    let smallest = match smallest(catalog, experiment, breach, work.stop) {
        Ok(smallest) => smallest,
        Err(why) => return Ok(Some(Err(why))),
    };
    let path = folder.join(format!("{}_{}.toml", base.file_name(), axis.name));
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| write_whole(path.clone(), smallest.text.as_bytes()).map_err(|f| f.error));
    match written {
        Ok(()) => Ok(Some(Ok(Evidence { path, smallest }))),
        Err(error) => {
            let path = super::files::quoted(&path);
            Err(Stuck { said: format!("cannot write {path}: {error}"), exit: Exit::Output })
        }
    }
}
