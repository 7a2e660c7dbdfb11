//! What became of the seeds of each known bug when they were shrunk, as a table or as JSON.

use crate::catalog::Bug;
use crate::runner::shrink::Shrunk;
use serde_json::json;
use std::time::Duration;

/// What became of the seeds of one bug.
#[derive(Default)]
pub(super) struct Judged {
    /// What they were made into, and in which time.
    pub shrunk: Vec<(Shrunk, Duration)>,
    /// Why a seed could not be made smaller.
    pub failed: Vec<String>,
    /// Why what is left of a seed shows something else.
    pub astray: Vec<String>,
    /// The size of the smallest scenario that was written for it.
    pub directed: Option<usize>,
}

impl Judged {
    /// The median of a figure.
    fn of(&self, figure: impl Fn(&Shrunk) -> u64) -> Option<u64> {
        median(self.shrunk.iter().map(|(one, _)| figure(one)).collect())
    }

    /// How large what is left is, the luck that was fixed besides not counted.
    fn size(&self) -> Option<u64> {
        self.of(|one| one.planned() as u64)
    }

    /// How many times as large as what people wrote, in hundredths.
    fn ratio(&self) -> Option<u64> {
        let written = self.directed? as u64;
        let size = self.size()?;
        Some(if size == written { 100 } else { size * 100 / written.max(1) })
    }

    /// The median of the times, in milliseconds.
    fn millis(&self) -> Option<u64> {
        median(self.shrunk.iter().map(|(_, took)| took.as_millis() as u64).collect())
    }
}

/// What all of them came to.
#[derive(Default)]
pub(super) struct Total {
    searches: usize,
    astray: usize,
    /// Which were not minimal when their time was over.
    unfinished: usize,
    millis: Vec<u64>,
    /// How many times as large as what people wrote, in hundredths, and which bug.
    ratios: Vec<(u64, String)>,
}

/// More times than this as large as what people wrote is too large, in hundredths.
const TOO_LARGE: u64 = 150;

impl Total {
    pub fn add(&mut self, bug: &Bug, judged: &Judged) {
        let unfinished = judged.shrunk.iter().filter(|(one, _)| !one.is_minimal);
        self.searches += judged.shrunk.len();
        self.astray += judged.astray.len();
        self.unfinished += unfinished.count();
        self.millis.extend(judged.shrunk.iter().map(|(_, took)| took.as_millis() as u64));
        let name = format!("{} {}", bug.algorithm, bug.mutant.name);
        self.ratios.extend(judged.ratio().map(|ratio| (ratio, name)));
    }

    fn median_ratio(&self) -> Option<u64> {
        median(self.ratios.iter().map(|(ratio, _)| *ratio).collect())
    }

    fn too_large(&self) -> impl Iterator<Item = &(u64, String)> {
        self.ratios.iter().filter(|(ratio, _)| *ratio > TOO_LARGE)
    }

    /// A line for machines, or sentences.
    pub fn told(&self, json: bool) -> String {
        if json {
            let too_large = self.too_large().map(|(_, name)| name);
            return json!({
                "v": 1,
                "kind": "shrunk-bugs",
                "searches": self.searches,
                "astray": self.astray,
                "unfinished": self.unfinished,
                "wall_ms_median": median(self.millis.clone()),
                "written_by_hand": self.ratios.len(),
                "times_as_large_percent": self.median_ratio(),
                "too_large": too_large.collect::<Vec<_>>(),
            })
            .to_string();
        }
        let mut said = format!(
            "{} searches, {} of them ended on something else, {} not at an end in time; \
             median {} s",
            self.searches,
            self.astray,
            self.unfinished,
            decimal(median(self.millis.clone()), 1000),
        );
        if let Some(ratio) = self.median_ratio() {
            said += &format!(
                "\n{} bugs have a scenario written by hand: what is left is {} times as large \
                 (median)",
                self.ratios.len(),
                decimal(Some(ratio), 100),
            );
        }
        for (ratio, name) in self.too_large() {
            said += &format!("\n  more than 1.5 times: {name}, {}", decimal(Some(*ratio), 100));
        }
        said
    }
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort();
    values.get(values.len() / 2).copied()
}

fn cell(value: Option<u64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A number of hundredths or thousandths, with one or two places.
fn decimal(value: Option<u64>, unit: u64) -> String {
    let places = if unit == 100 { 2 } else { 1 };
    value.map_or_else(|| "-".to_owned(), |v| format!("{:.places$}", v as f64 / unit as f64))
}

/// A line of the table.
pub(super) fn line(cells: [String; 9]) -> String {
    let [bug, shows, size, luck, directed, nodes, at, runs, seconds] = cells;
    format!(
        "{bug:<50} {shows:<24} {size:>10} {luck:>5} {directed:>7} {nodes:>5} {at:>7} {runs:>6} \
         {seconds:>5}"
    )
}

/// What the seeds of a bug show, or why none was made smaller.
fn shows(bug: &Bug, judged: &Judged) -> String {
    match judged.shrunk.first() {
        Some((first, _)) if first.signature.verdict == "stall" => {
            format!("stall {}", first.signature.name)
        }
        Some((first, _)) => first.signature.name.clone(),
        None if !judged.failed.is_empty() => "not made smaller".to_owned(),
        None if bug.mutant.breaks.is_empty() => "only takes time".to_owned(),
        None => "not found".to_owned(),
    }
}

/// What became of a bug, for people.
pub(super) fn table_line(bug: &Bug, judged: &Judged) -> String {
    let was = judged.of(|one| one.sizes.0.schedule() as u64);
    line([
        format!("{} {}", bug.algorithm, bug.mutant.name),
        shows(bug, judged),
        format!("{} > {}", cell(was), cell(judged.size())),
        cell(judged.of(|one| one.luck as u64)),
        cell(judged.directed.map(|size| size as u64)),
        cell(judged.of(|one| one.nodes.1 as u64)),
        cell(judged.of(|one| one.lasted.1.as_nanos() / 1_000_000)),
        cell(judged.of(|one| one.runs)),
        decimal(judged.millis(), 1000),
    ])
}

/// What became of a bug, for machines.
pub(super) fn json_line(bug: &Bug, judged: &Judged) -> String {
    let shrunk = judged.shrunk.iter().map(|(one, took)| {
        json!({
            "seed": one.seed,
            "shows": one.signature.name,
            "verdict": one.signature.verdict,
            "faults": [one.sizes.0.faults, one.sizes.1.faults],
            "operations": [one.sizes.0.operations, one.sizes.1.operations],
            "decisions": one.sizes.1.decisions,
            "luck": one.luck,
            "nodes": [one.nodes.0, one.nodes.1],
            "zones": [one.sizes.0.zones, one.sizes.1.zones],
            "keys": [one.sizes.0.keys, one.sizes.1.keys],
            "at_ns": [one.lasted.0.as_nanos(), one.lasted.1.as_nanos()],
            "is_minimal": one.is_minimal,
            "is_sure": one.is_sure,
            "runs": one.runs,
            "wall_ms": took.as_millis() as u64,
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
        "astray": judged.astray,
    })
    .to_string()
}
