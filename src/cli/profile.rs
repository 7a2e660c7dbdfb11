//! `profile`: from which moment on a violation was likely, as text, CSV and a picture.

use super::arguments::{Profile as Arguments, ShowProgress};
use super::files::Opened;
use super::progress::Progress;
use super::{Exit, Host};
use crate::catalog::Options;
use crate::observe::TraceLevel;
use crate::report::{Mark, Plot, write_whole};
use crate::runner::{Moments, Point, Profile, Stop, pool, profile};
use crate::time::SimTime;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// More marks than this cannot be read.
const MARKS_MAX: usize = 20;

impl Host<'_> {
    /// Obeys `profile`.
    pub fn profile(&mut self, arguments: &Arguments) -> Exit {
        let one = match self.open_one(&arguments.scenario) {
            Ok(one) => one,
            Err(said) => {
                self.terminal.say(&said);
                return Exit::Usage;
            }
        };
        let (Ok(stop), Ok(pool)) = (Stop::on_signals(), pool(None)) else {
            self.terminal.error("neither signals nor threads can be had");
            return Exit::Internal;
        };
        let counts = (arguments.moments, arguments.salts);
        let waiting = Waiting { how: arguments.progress, shown: Mutex::default() };
        let done = |moments, found| waiting.add((moments, arguments.salts), found);
        let found = profile(&*one.experiment, arguments.seed, counts, &pool, &stop, &done);
        waiting.finish();
        let found = match found {
            Ok(Some(found)) => found,
            Ok(None) => return stop.asked().map_or(Exit::Internal, Exit::from),
            Err(sentence) => {
                self.terminal.error(&format!("{}: {sentence}", one.path));
                return Exit::Usage;
            }
        };
        // What took long is told before anything can go wrong with a file.
        let text = match arguments.json {
            true => json_line(&one, arguments.seed, &found).to_string(),
            false => told(&found),
        };
        self.terminal.print(&text);
        let csv = arguments.csv.iter().map(|path| (path, csv(&found)));
        let svg = arguments.svg.iter().map(|path| (path, plot(&one, arguments.seed, &found)));
        for (path, text) in csv.chain(svg) {
            if let Err(failed) = write_whole(path.clone(), text.as_bytes()) {
                return self.refused(&failed);
            }
        }
        Exit::AsExpected
    }
}

/// Shows those who wait how many continuations are done, whichever thread did them.
struct Waiting {
    how: ShowProgress,
    /// With how many are done, and how many of these violate the same.
    shown: Mutex<Option<(Progress, u64, u64)>>,
}

impl Waiting {
    /// One of the moments is done.
    fn add(&self, (moments, salts): (u64, u64), found: u64) {
        let Ok(mut shown) = self.shown.lock() else { return };
        let begun = || (Progress::new(self.how, "profile", moments.saturating_mul(salts)), 0, 0);
        let (progress, runs, violating) = shown.get_or_insert_with(begun);
        *runs += salts;
        *violating += found;
        progress.is_at(*runs, *violating);
    }

    fn finish(self) {
        if let Ok(Some((progress, ..))) = self.shown.into_inner() {
            progress.finish();
        }
    }
}

fn percent(point: &Point) -> u64 {
    point.found * 100 / point.runs.max(1)
}

fn told(found: &Profile) -> String {
    let Moments { jump: (before, after), half, certain } = found.moments();
    let (from, to) = (percent(&before), percent(&after));
    let mut lines = vec![
        format!("{} is violated at {}", found.invariant, found.violated_at),
        format!("  the largest jump, {from} % to {to} %: from {} to {}", before.at, after.at),
        format!("  half of the continuations violate it from {half} on"),
        format!("  all of them do from {certain} on"),
    ];
    for point in &found.points {
        let share = percent(point);
        let bar = "#".repeat(usize::try_from(share / 4).unwrap_or(0));
        lines.push(
            format!("  {:>14} {share:>4} % {bar}", point.at.to_string()).trim_end().to_owned(),
        );
    }
    lines.join("\n")
}

fn csv(found: &Profile) -> String {
    let rows = found.points.iter();
    let rows =
        rows.map(|point| format!("{},{},{}\n", point.at.as_nanos(), point.found, point.runs));
    std::iter::once("at_ns,found,runs\n".to_owned()).chain(rows).collect()
}

fn json_line(one: &Opened, seed: u64, found: &Profile) -> Value {
    let Moments { jump: (before, after), half, certain } = found.moments();
    let points = found.points.iter();
    let points =
        points.map(|p| json!({ "at_ns": p.at.as_nanos(), "found": p.found, "runs": p.runs }));
    json!({
        "v": 1,
        "kind": "profile",
        "scenario": one.experiment.scenario().name(),
        "seed": seed,
        "invariant": found.invariant,
        "violated_at_ns": found.violated_at.as_nanos(),
        "jump_ns": [before.at.as_nanos(), after.at.as_nanos()],
        "half_ns": half.as_nanos(),
        "certain_ns": certain.as_nanos(),
        "points": points.collect::<Vec<_>>(),
    })
}

fn plot(one: &Opened, seed: u64, found: &Profile) -> String {
    let Moments { jump: (_, jump), half, certain } = found.moments();
    let nanos = SimTime::as_nanos;
    let points = found.points.iter().map(|p| (p.at.as_nanos(), p.found, p.runs));
    let name = one.experiment.scenario().name();
    let plot = Plot {
        title: format!("{name}, seed {seed}: when {} was decided", found.invariant),
        points: points.collect(),
        marks: marks(one, seed),
        named: vec![
            (nanos(jump.at), "largest jump"),
            (nanos(half), "50 %"),
            (nanos(certain), "certain"),
        ],
    };
    plot.to_string()
}

/// The faults that struck, and each word of the family when it was first said; the last of them
/// where they are many.
fn marks(one: &Opened, seed: u64) -> Vec<Mark> {
    let (mut marks, mut said) = (Vec::new(), BTreeSet::new());
    let options = Options { trace: TraceLevel::Full, ..Options::default() };
    let outcome = one.experiment.tell(seed, &options, &mut |row| {
        if matches!(row.kind, "believe" | "promise") && said.insert(row.word.to_string()) {
            let text = format!("{} {}", row.node, row.word);
            marks.push(Mark { at: row.at.as_nanos(), said: text, is_fault: false });
        }
    });
    for fault in &outcome.faults {
        let Some(struck) = &fault.struck else { continue };
        let nodes: Vec<String> = struck.nodes.iter().map(ToString::to_string).collect();
        let text = format!("{} {}", fault.family, nodes.join(" "));
        marks.push(Mark { at: struck.at.as_nanos(), said: text, is_fault: true });
    }
    marks.sort_by_key(|mark| mark.at);
    marks.split_off(marks.len().saturating_sub(MARKS_MAX))
}
