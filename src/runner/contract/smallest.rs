//! The smallest file that shows a breach, as small as taking out makes it.
//!
//! The run is frozen, so that every fault and every command stands there by itself. Then parts are
//! taken out, half of them at a time, then a quarter, down to one; what is left is run in full, and
//! stays out if the same thing still breaks. Nothing is made shorter, simpler or earlier.

use super::cell::Breach;
use crate::catalog::{Catalog, Experiment, Options};
use crate::observe::{Outcome, Verdict};
use crate::runner::Stop;
use crate::scenario::Source;
use std::fmt::Write;

/// A file that shows a breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smallest {
    /// Its text.
    pub text: String,
    /// The seed of the run that it was made from.
    pub seed: u64,
    /// How many faults the run had, and how many are left.
    pub faults: (usize, usize),
    /// How many runs it took.
    pub runs: u64,
}

/// Makes the smallest file that shows a breach of this experiment.
///
/// # Errors
/// Why the run cannot be written down, in a sentence.
pub fn smallest(
    catalog: &Catalog,
    experiment: &dyn Experiment,
    breach: &Breach,
    stop: &Stop,
) -> Result<Smallest, String> {
    let seed = breach.simplest;
    let frozen = experiment.freeze(seed)?;
    let mut search = Search { catalog, breach, seed, runs: 0 };
    let mut parts = parts(&frozen);
    if search.shows(&parts).is_none() {
        return Err(format!("seed {seed} written down does not show {} again", breach.name));
    }
    let before = count(&parts, FAULT);
    search.take_out_unstruck(&mut parts);
    for kind in [FAULT, "[[command]]", "[[client]]"] {
        search.take_out(&mut parts, kind, stop);
    }
    let outcome = search.shows(&parts).expect("only what shows it was kept");
    let outcome = search.exceed_less(&mut parts, outcome);
    let faults = (before, count(&parts, FAULT));
    let text = search.written(&parts, &outcome, faults);
    Ok(Smallest { text, seed, faults, runs: search.runs })
}

const FAULT: &str = "[[fault]]";

/// A text in parts, each of which begins with the title of a section; without what is recorded of
/// its run, for what is left is another run.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            let _ = writeln!(part, "{line}");
        }
    }
    parts.retain(|part| !part.starts_with("[recorded]"));
    parts
}

fn count(parts: &[String], kind: &str) -> usize {
    parts.iter().filter(|part| part.starts_with(kind)).count()
}

/// The assumptions that a run went beyond, as a file lists them.
fn quoted(outcome: &Outcome) -> String {
    let words = outcome.outside.iter().map(|assumption| format!("\"{}\"", assumption.word()));
    words.collect::<Vec<_>>().join(", ")
}

struct Search<'a> {
    catalog: &'a Catalog,
    breach: &'a Breach,
    seed: u64,
    runs: u64,
}

impl Search<'_> {
    /// The run of these parts, if the same thing breaks in it.
    fn shows(&mut self, parts: &[String]) -> Option<Outcome> {
        let opened = self.catalog.open(Source::new("the smallest file", &parts.concat())).ok()?;
        self.runs += 1;
        let outcome = opened.run(self.seed, &Options::default());
        let is_same = outcome.verdict.word() == self.breach.verdict
            && (self.breach.verdict == "panic" || outcome.verdict.detail() == self.breach.name)
            && (self.breach.inside == 0 || outcome.outside.is_empty());
        is_same.then_some(outcome)
    }

    /// Takes out what never struck, all at once: else one of them might, without the others.
    fn take_out_unstruck(&mut self, parts: &mut Vec<String>) {
        let mut left = parts.clone();
        left.retain(|part| !part.starts_with(FAULT) || part.contains("\nstruck"));
        if self.shows(&left).is_some() {
            *parts = left;
        }
    }

    /// Takes parts of a kind out, as long as what is left shows it.
    fn take_out(&mut self, parts: &mut Vec<String>, kind: &str, stop: &Stop) {
        let mut size = count(parts, kind);
        while size > 0 && stop.asked().is_none() {
            let (before, mut from) = (parts.len(), 0);
            while from < count(parts, kind) {
                let is_out = |nth: usize| (from..from + size).contains(&nth);
                let mut nth = 0;
                let mut left = parts.clone();
                left.retain(|part| {
                    let is_kind = part.starts_with(kind);
                    nth += usize::from(is_kind);
                    !(is_kind && is_out(nth - 1))
                });
                match self.shows(&left) {
                    Some(_) => *parts = left,
                    None => from += size,
                }
            }
            // What could not go while something else was there may go now.
            let is_settled = size > 1 || parts.len() == before;
            size = if is_settled { size / 2 } else { 1 };
        }
    }

    /// Lets the file go beyond no more than the run does, if it shows the same.
    fn exceed_less(&mut self, parts: &mut [String], outcome: Outcome) -> Outcome {
        let beyond = quoted(&outcome);
        let exceed = match beyond.is_empty() {
            true => String::new(),
            false => format!("exceed   = [{beyond}]\n"),
        };
        let line = |line: &str| match line.starts_with("exceed ") {
            true => exceed.clone(),
            false => format!("{line}\n"),
        };
        let mut less = parts.to_vec();
        if let Some(head) = less.first_mut() {
            *head = head.lines().map(line).collect();
        }
        match self.shows(&less) {
            Some(outcome) => {
                parts.clone_from_slice(&less);
                outcome
            }
            None => outcome,
        }
    }

    /// The file, with what it shows and what is to come of it.
    fn written(&self, parts: &[String], outcome: &Outcome, faults: (usize, usize)) -> String {
        let Breach { name, .. } = self.breach;
        let (before, left) = faults;
        let what = match &outcome.verdict {
            Verdict::Violation(_) => format!("{name} is violated"),
            Verdict::Stall { .. } => format!("{name} does not come back"),
            _ => "the algorithm panics".to_owned(),
        };
        let outside = quoted(outcome);
        let beyond = match outside.is_empty() {
            true => String::new(),
            false => format!(", outside = [{outside}]"),
        };
        let expect = match &outcome.verdict {
            Verdict::Violation(_) => format!("expect   = {{ violates = \"{name}\"{beyond} }}\n"),
            Verdict::Stall { .. } => format!("expect   = {{ stalls = \"{name}\"{beyond} }}\n"),
            _ => String::new(),
        };
        let head = parts.first().map_or("", String::as_str);
        let rest = parts.get(1..).unwrap_or_default().concat();
        format!(
            "# The point: {what}. Seed {} of `stormseed contract`, frozen; {left} of its {before}\n\
             # faults are left, without any of which it does not show.\n{}\n{expect}\n{rest}",
            self.seed,
            head.trim_end(),
        )
    }
}
