//! The file that is handed out: an ordinary scenario, with a comment that tells what it shows, how
//! small it is and what each thing in it does.

use super::draft::Size;
use super::{Ending, Search, Shrunk, Signature, Weight, Window};
use crate::catalog::{Experiment, Options};
use crate::observe::{Outcome, Past, TraceLevel, Verdict};
use crate::report::Why;
use crate::scenario::Source;
use crate::time::SimTime;
use toml::{Table, Value};

/// The longest name that a scenario may have.
const NAME_MAX: usize = 64;
/// Of more salts than this the comment tells only how many.
const SALTS_TOLD: usize = 24;
/// The width of the comment, in characters.
const WIDTH: usize = 98;

impl Search<'_> {
    /// What the best candidate is handed out as. `before` is the size, the nodes and the length of
    /// the run that was to be made smaller.
    pub(super) fn handed_out(
        mut self,
        (experiment, seed): (&dyn Experiment, u64),
        sought: &Signature,
        before: (Size, usize, SimTime),
        ended: Ending,
        weights: Vec<Weight>,
    ) -> Shrunk {
        let salt = self.shown.salt;
        let best = self.best.clone();
        let outcome = self.oracle.outcome(&best, salt).expect("what shows it can be opened");
        let outcome = sought.looked_at(outcome);
        let signature = Signature { judges_on: sought.judges_on, ..seen(sought, &outcome) };
        let salts = self.oracle.all_salts();
        let mut shrunk = Shrunk {
            text: String::new(),
            signature,
            seed,
            salt,
            sizes: (before.0, best.size()),
            nodes: (before.1, before.1),
            lasted: (before.2, outcome.ended_at),
            is_minimal: ended.is_minimal,
            is_sure: ended.is_sure,
            luck: ended.luck,
            salts,
            weights,
            runs: self.oracle.runs,
            candidates: self.oracle.candidates,
            faults: Vec::new(),
            protocol: experiment.protocol(),
        };
        let mut best = best;
        best.pin(salt);
        let mut table = best.table;
        let name = experiment.scenario().name();
        table.insert("name".to_owned(), small(name).into());
        table.insert("seeds".to_owned(), Value::Array(vec![number(salt)]));
        table.extend(expect(&outcome).map(|expect| ("expect".to_owned(), Value::Table(expect))));
        let opened = self.catalog.open(Source::new("the shrunken file", &table.to_string()));
        let Ok(opened) = opened else {
            // What is expected may not be what a file can expect: a panic, say.
            shrunk.text = format!("{}{table}", comment(&shrunk, name, &outcome));
            return shrunk;
        };
        shrunk.nodes.1 = opened.scenario().roles().size();
        shrunk.faults = opened.faults(salt);
        let recorded = opened.record(salt);
        let body = opened.scenario().canonical(Some(recorded));
        let story = told(&*opened, &outcome, &sought.options());
        shrunk.text = format!("{}{story}{body}", comment(&shrunk, name, &outcome));
        shrunk
    }
}

/// What a run shows.
fn seen(sought: &Signature, outcome: &Outcome) -> Signature {
    Signature::of(outcome).unwrap_or_else(|| sought.clone())
}

/// A seed as files write it: what is larger than their numbers is text.
fn number(seed: u64) -> Value {
    i64::try_from(seed).map_or_else(|_| seed.to_string().into(), Value::from)
}

fn small(name: &str) -> String {
    let name = name.strip_suffix("_small").unwrap_or(name);
    match name.len() + 6 <= NAME_MAX {
        true => format!("{name}_small"),
        false => name.to_owned(),
    }
}

/// What is to come of the file.
fn expect(outcome: &Outcome) -> Option<Table> {
    let (key, name) = match &outcome.verdict {
        Verdict::Violation(violation) => ("violates", violation.invariant.to_owned()),
        Verdict::Stall { property } => ("stalls", property.clone()),
        _ => return None,
    };
    let first = outcome.violations.first().filter(|first| first.invariant != name);
    let mut table: Table = match first {
        // A run ends at the first: what was looked at is violated besides.
        Some(first) => [
            (key.to_owned(), first.invariant.into()),
            ("also".to_owned(), Value::Array(vec![name.into()])),
        ]
        .into_iter()
        .collect(),
        None => [(key.to_owned(), name.into())].into_iter().collect(),
    };
    if !outcome.outside.is_empty() {
        let outside = outcome.outside.iter().map(|assumption| Value::from(assumption.word()));
        table.insert("outside".to_owned(), Value::Array(outside.collect()));
    }
    Some(table)
}

/// How it came about, as lines of a comment.
fn told(small: &dyn Experiment, outcome: &Outcome, judged: &Options) -> String {
    let Verdict::Violation(violation) = &outcome.verdict else { return String::new() };
    let mut past = Past::default();
    let options = Options { trace: TraceLevel::Full, ..judged.clone() };
    small.tell(outcome.seed, &options, &mut |row| past.push(row));
    let why = Why(&past.slice(&violation.witnesses)).to_string();
    why.lines().map(|line| format!("# {}\n", line.strip_prefix("  ").unwrap_or(line))).collect()
}

/// The comment at the beginning of the file.
fn comment(shrunk: &Shrunk, from: &str, outcome: &Outcome) -> String {
    let what = match &outcome.verdict {
        Verdict::Violation(violation) => {
            format!("{} is violated: {}", violation.invariant, violation.message)
        }
        Verdict::Stall { property } => format!("{property} does not come back"),
        verdict => format!("the algorithm panics: {}", verdict.detail()),
    };
    let (was, is) = shrunk.sizes;
    let mut out = wrapped(&format!("The point: {what}."));
    let minimal = match shrunk.is_minimal {
        true => "Without any one of them, or one node less, it does not show",
        false => "It was stopped before it was minimal: some of them may not matter",
    };
    let mut salts: Vec<String> = shrunk.salts.iter().take(SALTS_TOLD).map(u64::to_string).collect();
    if shrunk.salts.len() > SALTS_TOLD {
        salts.push(format!("and {} more", shrunk.salts.len() - SALTS_TOLD));
    }
    out += &wrapped(&format!(
        "Seed {} of {from}, shrunk by stormseed {}: {} faults and {} operations of {} and {} are \
         left, {} nodes of {}{}, {} of {}{}. {minimal}, under any of the seeds {} of all other \
         luck.",
        shrunk.seed,
        env!("CARGO_PKG_VERSION"),
        is.faults,
        is.operations,
        was.faults,
        was.operations,
        shrunk.nodes.1,
        shrunk.nodes.0,
        places((was.zones, is.zones), (was.keys, is.keys)),
        shrunk.lasted.1,
        shrunk.lasted.0,
        match is.decisions {
            0 => String::new(),
            some => format!(", and {some} decisions of chance are fixed"),
        },
        salts.join(", "),
    ));
    out += &wrapped(match shrunk.is_sure {
        true => "It shows under each of the seeds that were tried first, so not by luck.",
        false => "It shows by luck: under the seed of this file, and not under each of these.",
    });
    let (fixed, told): (Vec<&Weight>, Vec<&Weight>) =
        shrunk.weights.iter().partition(|weight| weight.is_decision);
    for weight in told {
        out += &wrapped(&weighed(weight));
    }
    let without = || fixed.iter().map(|weight| percent(weight.found.1, weight.found.2));
    if let (Some(least), Some(most)) = (without().min(), without().max()) {
        out += &wrapped(&format!(
            "- each of the decisions that are fixed: without it, found in {least} % to {most} %.",
        ));
    }
    out
}

/// The zones and the named keys that are left, where there were any.
fn places((zones, zones_left): (usize, usize), (keys, keys_left): (usize, usize)) -> String {
    let counted = [(zones, zones_left, "zones"), (keys, keys_left, "named keys")];
    let there = counted.into_iter().filter(|(was, _, _)| *was > 0);
    there.map(|(was, is, what)| format!(", {is} {what} of {was}")).collect()
}

fn percent(found: u64, of: u64) -> u64 {
    found * 100 / of.max(1)
}

/// What one thing contributes, in a sentence.
fn weighed(weight: &Weight) -> String {
    let (with, without, of) = weight.found;
    let (with, without) = (percent(with, of), percent(without, of));
    let window = weight.window.map_or_else(String::new, bites);
    format!(
        "- {} ({}): found in {with} % of {of} runs with it, in {without} % without it{window}.",
        weight.name, weight.entry
    )
}

/// When it still does it, in words.
fn bites(window: Window) -> String {
    let Window { from: (from, is_lost_before), to: (to, is_lost_after) } = window;
    match (is_lost_before, is_lost_after) {
        (true, true) => format!("; it bites from {from} to {to}"),
        (true, false) => format!("; it bites from {from} on"),
        (false, true) => format!("; it bites up to {to}"),
        (false, false) => "; its time does not matter".to_owned(),
    }
}

/// A text as lines of a comment.
fn wrapped(text: &str) -> String {
    let (mut out, mut line) = (String::new(), String::from("#"));
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > 1 {
            out += &line;
            out.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line += word;
    }
    format!("{out}{line}\n")
}
