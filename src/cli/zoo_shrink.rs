//! `zoo --shrink`: what shrinking is worth, judged on known bugs: how small their runs become, held
//! against the scenarios that people wrote for them.

use super::arguments::Zoo;
use super::files::Opened;
use super::progress::now;
use super::{Exit, Host};
use crate::catalog::{Bug, Experiment, Options};
use crate::observe::{Outcome, Verdict};
use crate::runner::Stop;
use crate::runner::shrink::{Shrink, Shrunk, Size, shrink, size_when_found};
use rayon::ThreadPool;
use rayon::prelude::*;
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

/// How long the search for each seed may take.
const BUDGET: Duration = Duration::from_secs(60);

/// What became of the seeds of one bug.
struct Judged {
    shrunk: Vec<Shrunk>,
    /// Why a seed could not be made smaller.
    failed: Vec<String>,
    /// The size of the smallest scenario that was written for it.
    directed: Option<usize>,
    took: Duration,
}

impl Host<'_> {
    /// Shrinks the first seeds that find each bug.
    pub(super) fn zoo_shrink(
        &mut self,
        (zoo, most): (&Zoo, u64),
        bugs: &[Bug],
        pool: &ThreadPool,
        stop: &Stop,
    ) -> Exit {
        let written = self.find(&[PathBuf::from("scenarios")]).unwrap_or_default();
        let written: Vec<Opened> =
            written.iter().filter_map(|path| self.open_one(path).ok()).collect();
        if !zoo.json {
            let cells = ["bug", "shows", "size", "fixed", "by hand", "nodes", "at ms", "runs", "s"];
            self.terminal.print(&line(cells.map(str::to_owned)));
        }
        let mut exit = Exit::AsExpected;
        for bug in bugs {
            let Ok(experiment) = self.catalog.open(bug.source()) else { return Exit::Internal };
            let judged = self.judged((zoo, most), bug, &*experiment, &written, pool, stop);
            if let Some(stopped) = stop.asked() {
                return exit.and(stopped.into());
            }
            let text = match zoo.json {
                true => json_line(bug, &judged),
                false => table_line(bug, &judged),
            };
            self.terminal.print(&text);
            for sentence in &judged.failed {
                self.terminal.error(&format!("{}: {sentence}", bug.mutant.name));
                exit = exit.and(Exit::Failed);
            }
        }
        exit
    }

    fn judged(
        &self,
        (zoo, most): (&Zoo, u64),
        bug: &Bug,
        experiment: &dyn Experiment,
        written: &[Opened],
        pool: &ThreadPool,
        stop: &Stop,
    ) -> Judged {
        let begun = now();
        let seeds = finding(bug, experiment, (zoo.seeds, most), pool, stop);
        let mut judged = Judged {
            shrunk: Vec::new(),
            failed: Vec::new(),
            directed: None,
            took: begun.elapsed(),
        };
        for seed in seeds {
            let stop = stop.clone().within(Some(BUDGET));
            let how = Shrink { catalog: self.catalog, pool, stop: &stop, salts: 6, weighed: 0 };
            match shrink(&how, experiment, seed, &mut |_| ()) {
                Ok(shrunk) => judged.shrunk.push(shrunk),
                Err(sentence) => judged.failed.push(format!("seed {seed}: {sentence}")),
            }
        }
        judged.took = begun.elapsed();
        judged.directed = directed(bug, written).map(Size::schedule);
        judged
    }
}

/// So many seeds are looked at before it is asked whether enough have been found.
const AT_ONCE: u64 = 32;

/// The first seeds that find a bug, `most` of them, of so many. None finds what breaks nothing.
fn finding(
    bug: &Bug,
    experiment: &dyn Experiment,
    (seeds, most): (u64, u64),
    pool: &ThreadPool,
    stop: &Stop,
) -> Vec<u64> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let options = Options { interrupt: Some(stop.signal()), ..Options::default() };
    let finds = |seed: &u64| found_by(bug, &experiment.run(*seed, &options));
    let mut found: Vec<u64> = Vec::new();
    let mut from = if bug.mutant.breaks.is_empty() { seeds } else { 0 };
    while from < seeds && found.len() < most && stop.asked().is_none() {
        let until = seeds.min(from.saturating_add(AT_ONCE));
        let these: Vec<u64> =
            pool.install(|| (from..until).into_par_iter().filter(finds).collect());
        found.extend(these);
        from = until;
    }
    found.truncate(most);
    found
}

/// Whether a run finds a bug by what it may break.
fn found_by(bug: &Bug, outcome: &Outcome) -> bool {
    match &outcome.verdict {
        Verdict::Pass | Verdict::Inconclusive { .. } => false,
        verdict => {
            let name = verdict.detail();
            bug.mutant.breaks.iter().any(|breaks| *breaks == name || *breaks == verdict.word())
        }
    }
}

/// The size of the smallest scenario that has this bug switched on, up to what it finds.
fn directed(bug: &Bug, written: &[Opened]) -> Option<Size> {
    let switch = format!("\"{}\"", bug.mutant.name);
    let sizes = written.iter().filter_map(|one| {
        let scenario = one.experiment.scenario();
        let has_it = |line: &str| {
            line.split_once('=')
                .is_some_and(|(key, value)| key.trim() == "mutant" && value.trim() == switch)
        };
        if scenario.algorithm() != bug.algorithm || !scenario.source().text().lines().any(has_it) {
            return None;
        }
        let seeds = scenario.seeds();
        seeds.iter().take(50).find_map(|seed| size_when_found(&*one.experiment, seed))
    });
    sizes.min_by_key(|size| size.schedule())
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort();
    values.get(values.len() / 2).copied()
}

fn of(judged: &Judged, figure: impl Fn(&Shrunk) -> u64) -> String {
    let values = judged.shrunk.iter().map(figure).collect();
    median(values).map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn line(cells: [String; 9]) -> String {
    let [bug, shows, size, fixed, directed, nodes, at, runs, seconds] = cells;
    format!(
        "{bug:<50} {shows:<24} {size:>10} {fixed:>5} {directed:>7} {nodes:>5} {at:>7} {runs:>6} \
         {seconds:>5}"
    )
}

/// What the seeds of a bug show, or why none was made smaller.
fn shows(bug: &Bug, judged: &Judged) -> String {
    match judged.shrunk.first() {
        Some(first) => first.signature.name.clone(),
        None if bug.mutant.breaks.is_empty() => "only takes time".to_owned(),
        None if !judged.failed.is_empty() => "not made smaller".to_owned(),
        None => "not found".to_owned(),
    }
}

fn table_line(bug: &Bug, judged: &Judged) -> String {
    let was = of(judged, |one| one.sizes.0.schedule() as u64);
    let is = of(judged, |one| one.sizes.1.schedule() as u64);
    let count = judged.shrunk.len().max(1) as u64;
    line([
        format!("{} {}", bug.algorithm, bug.mutant.name),
        shows(bug, judged),
        format!("{was} > {is}"),
        of(judged, |one| one.sizes.1.decisions as u64),
        judged.directed.map_or_else(|| "-".to_owned(), |size| size.to_string()),
        of(judged, |one| one.nodes.1 as u64),
        of(judged, |one| one.lasted.1.as_nanos() / 1_000_000),
        of(judged, |one| one.runs),
        (judged.took.as_secs() / count).to_string(),
    ])
}

fn json_line(bug: &Bug, judged: &Judged) -> String {
    let shrunk = judged.shrunk.iter().map(|one| {
        json!({
            "seed": one.seed,
            "shows": one.signature.name,
            "faults": [one.sizes.0.faults, one.sizes.1.faults],
            "operations": [one.sizes.0.operations, one.sizes.1.operations],
            "decisions": one.sizes.1.decisions,
            "nodes": [one.nodes.0, one.nodes.1],
            "zones": [one.sizes.0.zones, one.sizes.1.zones],
            "keys": [one.sizes.0.keys, one.sizes.1.keys],
            "at_ns": [one.lasted.0.as_nanos(), one.lasted.1.as_nanos()],
            "is_minimal": one.is_minimal,
            "is_sure": one.is_sure,
            "runs": one.runs,
        })
    });
    json!({
        "v": 1,
        "kind": "shrunk-bug",
        "algorithm": bug.algorithm,
        "mutant": bug.mutant.name,
        "breaks": bug.mutant.breaks,
        "directed": judged.directed,
        "shrunk": shrunk.collect::<Vec<_>>(),
        "failed": judged.failed,
    })
    .to_string()
}
