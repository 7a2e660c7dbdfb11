//! A row of the contract as it is written: in a table of one algorithm, in the matrix of many, and
//! as CSV.

use super::axis::Axis;
use super::base::Base;
use super::cell::{Cell, Seen, Standing};
use super::edge::Edge;
use crate::assumption::Assumption;
use serde::Serialize;
use std::fmt::Write;

/// What is known of one algorithm under one fault. A text is empty where there is nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The algorithm, and which of its calm scenarios it was measured in, if it has several.
    pub algorithm: String,
    /// The fault.
    pub fault: String,
    /// What is declared: `must-hold`, or the assumptions that it goes beyond.
    pub declared: String,
    /// The runs.
    pub runs: u64,
    /// How many of them went beyond what is assumed.
    pub beyond: u64,
    /// Whether nothing broke that never may: `yes` or `no`.
    pub safe: String,
    /// Whether no two believed at once what one may believe, promised or not: `yes` or `no`.
    pub alone: String,
    /// The first seed in which two did.
    pub overlap_seed: String,
    /// Whether that had no effect: `yes` or `no`.
    pub harmless: String,
    /// The first seed in which it had.
    pub effect_seed: String,
    /// Whether the service came back: `yes`, `no`, `starved` where progress needs another world.
    pub live: String,
    /// How it stands to what is declared; of a fault that never did anything, what there was not.
    pub standing: String,
    /// The invariant or property that broke.
    pub breaks: String,
    /// In how many runs.
    pub found: u64,
    /// The seed that shows it first.
    pub seed: String,
    /// Where it is another one than those that tell of beliefs and effects: the invariant that
    /// broke beneath them, and the first seed.
    pub beneath: String,
    /// The biggest size of the fault at which no seed broke anything.
    pub safe_to: String,
    /// The smallest at which one did.
    pub breaks_at: String,
    /// The invariant that broke there.
    pub edge_breaks: String,
    /// The seed that shows it.
    pub edge_seed: String,
}

/// What stands before that which the algorithm does not have.
const NO_EFFECT: &str = "no effect: ";

impl Record {
    /// The names of the columns, in order.
    pub const COLUMNS: [&str; 20] = [
        "algorithm",
        "fault",
        "declared",
        "runs",
        "beyond",
        "safe",
        "alone",
        "overlap_seed",
        "harmless",
        "effect_seed",
        "live",
        "standing",
        "breaks",
        "found",
        "seed",
        "beneath",
        "safe_to",
        "breaks_at",
        "edge_breaks",
        "edge_seed",
    ];

    /// What a cell says, with the edge if one was looked for.
    pub fn of(base: &Base, axis: &Axis, cell: &Cell, edge: Option<&Edge>) -> Self {
        let words = |all: &[Assumption]| {
            let words: Vec<&str> = all.iter().map(|assumption| assumption.word()).collect();
            words.join(" ")
        };
        let outside: Vec<Assumption> = cell.outside.iter().copied().collect();
        let yes = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
        let worst = cell.worst();
        let broken = edge.and_then(|edge| edge.broken.as_ref());
        let size = |size: u64| edge.map(|edge| edge.unit.text(size)).unwrap_or_default();
        let is_nothing = cell.standing() == Standing::NoEffect;
        let text = |text: String| if is_nothing { String::new() } else { text };
        Record {
            algorithm: base.label.clone(),
            fault: axis.name.to_owned(),
            declared: if outside.is_empty() { "must-hold".to_owned() } else { words(&outside) },
            runs: cell.runs,
            beyond: cell.beyond,
            safe: text(yes(cell.unsafe_by().is_none())),
            alone: text(not_seen(cell.overlap)),
            overlap_seed: first(cell.overlap),
            harmless: text(not_seen(cell.effect)),
            effect_seed: first(cell.effect),
            live: text(live(base, cell).to_owned()),
            standing: match cell.standing() {
                Standing::NoEffect => format!("{NO_EFFECT}{}", axis.idle),
                standing => standing.words().to_owned(),
            },
            breaks: worst.map(|breach| breach.name.clone()).unwrap_or_default(),
            found: worst.map_or(0, |breach| breach.runs),
            seed: worst.map(|breach| breach.first.to_string()).unwrap_or_default(),
            beneath: cell
                .effect
                .and(cell.beneath())
                .map(|breach| breach.seeded())
                .unwrap_or_default(),
            safe_to: edge.and_then(|edge| edge.safe_to).map(size).unwrap_or_default(),
            breaks_at: broken.map(|broken| size(broken.at)).unwrap_or_default(),
            edge_breaks: broken.map(|broken| broken.name.clone()).unwrap_or_default(),
            edge_seed: broken.map(|broken| broken.seed.to_string()).unwrap_or_default(),
        }
    }

    /// What rows are sorted by: their algorithm, and where the table has their fault.
    pub fn place(&self) -> (String, usize) {
        let axes = super::AXES.iter();
        let place = axes.take_while(|axis| axis.name != self.fault).count();
        (self.algorithm.clone(), place)
    }

    /// The cells of its row, in the order of [`Record::COLUMNS`].
    pub fn cells(&self) -> [String; 20] {
        let number = |number: u64| number.to_string();
        [
            self.algorithm.clone(),
            self.fault.clone(),
            self.declared.clone(),
            number(self.runs),
            number(self.beyond),
            self.safe.clone(),
            self.alone.clone(),
            self.overlap_seed.clone(),
            self.harmless.clone(),
            self.effect_seed.clone(),
            self.live.clone(),
            self.standing.clone(),
            self.breaks.clone(),
            number(self.found),
            self.seed.clone(),
            self.beneath.clone(),
            self.safe_to.clone(),
            self.breaks_at.clone(),
            self.edge_breaks.clone(),
            self.edge_seed.clone(),
        ]
    }

    /// Reads the cells of a row; `None` if they are none.
    pub fn read(cells: &[&str]) -> Option<Self> {
        let [algorithm, fault, declared, runs, beyond, safe, rest @ ..] = cells else {
            return None;
        };
        let [alone, overlap_seed, harmless, effect_seed, live, standing, rest @ ..] = rest else {
            return None;
        };
        let [breaks, found, seed, beneath, safe_to, breaks_at, edge_breaks, edge_seed] = rest
        else {
            return None;
        };
        let owned = |text: &&str| (*text).to_owned();
        Some(Record {
            algorithm: owned(algorithm),
            fault: owned(fault),
            declared: owned(declared),
            runs: runs.parse().ok()?,
            beyond: beyond.parse().ok()?,
            safe: owned(safe),
            alone: owned(alone),
            overlap_seed: owned(overlap_seed),
            harmless: owned(harmless),
            effect_seed: owned(effect_seed),
            live: owned(live),
            standing: owned(standing),
            breaks: owned(breaks),
            found: found.parse().ok()?,
            seed: owned(seed),
            beneath: owned(beneath),
            safe_to: owned(safe_to),
            breaks_at: owned(breaks_at),
            edge_breaks: owned(edge_breaks),
            edge_seed: owned(edge_seed),
        })
    }

    /// What was seen, with the first seed: where effects are judged what was believed, what came
    /// of it and what broke beneath, else what broke.
    fn why(&self) -> String {
        let seen = [("overlap", &self.overlap_seed), ("lost", &self.effect_seed)];
        let seen = seen.iter().filter(|(_, seed)| !seed.is_empty());
        let mut told: Vec<String> = seen.map(|(word, seed)| format!("{word} ({seed})")).collect();
        told.extend(Some(self.beneath.clone()).filter(|beneath| !beneath.is_empty()));
        match self.seed.as_str() {
            _ if !self.harmless.is_empty() && !told.is_empty() => format!(": {}", told.join(", ")),
            "" => String::new(),
            seed => format!(" ({seed})"),
        }
    }

    /// The row in a few words, as the matrix has it.
    fn in_short(&self) -> String {
        if let Some(idle) = self.standing.strip_prefix(NO_EFFECT) {
            return format!("({idle})");
        }
        let safe = if self.safe == "yes" { "safe" } else { "unsafe" };
        let live = match self.live.as_str() {
            "yes" => ", live",
            "no" => ", stuck",
            "starved" => ", starved",
            _ => "",
        };
        let words = format!("{safe}{live}{}", self.why());
        let standings = [Standing::BrokenPromise, Standing::NotNeeded, Standing::Unclear];
        match standings.into_iter().find(|standing| standing.words() == self.standing) {
            Some(Standing::BrokenPromise) => format!("**{words}**"),
            Some(Standing::NotNeeded) => format!("{words} +"),
            Some(_) => format!("{words} ?"),
            None if self.declared == "must-hold" => words,
            None => format!("*{words}*"),
        }
    }
}

fn not_seen(seen: Option<Seen>) -> String {
    seen.map_or("", |seen| if seen.runs == 0 { "yes" } else { "no" }).to_owned()
}

fn first(seen: Option<Seen>) -> String {
    seen.filter(|seen| seen.runs > 0).map(|seen| seen.first.to_string()).unwrap_or_default()
}

/// Whether the service came back, in a word.
fn live(base: &Base, cell: &Cell) -> &'static str {
    match (base.service, cell.stalled()) {
        (None, _) => "",
        (Some(_), Some(_)) => "no",
        _ if cell.starved > 0 => "starved",
        _ if cell.ended() == cell.runs => "",
        _ => "yes",
    }
}

/// The matrix of faults by algorithms, in Markdown, of rows that stand algorithm by algorithm.
pub fn matrix(records: &[Record]) -> String {
    let mut algorithms: Vec<&str> = Vec::new();
    for record in records {
        if !algorithms.contains(&record.algorithm.as_str()) {
            algorithms.push(&record.algorithm);
        }
    }
    let axes = super::AXES.iter().map(|axis| axis.name);
    let faults = axes.filter(|name| records.iter().any(|record| record.fault == *name));
    let mut rows = vec![vec!["fault".to_owned()]];
    rows[0].extend(algorithms.iter().map(|name| (*name).to_owned()));
    for fault in faults {
        let of = |algorithm: &&str| {
            let is_it = |record: &&Record| record.algorithm == **algorithm && record.fault == fault;
            records.iter().find(is_it).map_or_else(|| "-".to_owned(), Record::in_short)
        };
        rows.push(std::iter::once(fault.to_owned()).chain(algorithms.iter().map(of)).collect());
    }
    aligned(&rows)
}

/// Rows as a table in Markdown; the first are the titles.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter().map(|row| row.get(column).map_or(0, String::len)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "| {cell:<width$} ");
        }
        text.push_str("|\n");
        if place == 0 {
            let line: String =
                widths.iter().map(|width| format!("|{}", "-".repeat(width + 2))).collect();
            let _ = writeln!(text, "{line}|");
        }
    }
    text
}
