//! How world luck should be keyed: how often does a violation survive when a fault is taken away?
//!
//! For each key scheme, failing seeds of every known bug are found in the storm in which the zoo
//! hunts it. Then each fault that struck is removed in turn (does the same invariant still fall?),
//! and faults are removed greedily for as long as it does (how many are left?).
//! `docs/determinism.md` holds the table.
//!
//! `cargo run --release --example luck_keys -- [FAILING_SEEDS_PER_MUTANT]`
#![expect(clippy::print_stdout, reason = "a measurement prints its table")]

use stormseed::catalog::{Bug, Catalog, Experiment, Options};
use stormseed::engine::KeyScheme;
use stormseed::fault::Fault;
use stormseed::observe::{Outcome, Verdict};

const SCHEMES: [(KeyScheme, &str); 5] = [
    (KeyScheme::Global, "one global stream"),
    (KeyScheme::Ordinal, "link + ordinal"),
    (KeyScheme::KindOrdinal, "link + kind + ordinal"),
    (KeyScheme::Content, "link + kind + content"),
    (KeyScheme::Weather, "weather: link + kind + 10 ms slot + occurrence"),
];

/// The seeds that are searched for failures, for each mutant.
const SEARCHED: u64 = 2_000;

fn violated(outcome: &Outcome) -> Option<&'static str> {
    match &outcome.verdict {
        Verdict::Violation(violation) => Some(violation.invariant),
        _ => None,
    }
}

struct Bench {
    experiment: Box<dyn Experiment>,
    keys: KeyScheme,
}

impl Bench {
    fn run(&self, seed: u64, faults: &[Fault]) -> Outcome {
        let faults = Some(faults.to_vec());
        self.experiment.run(seed, &Options { keys: self.keys, faults, ..Options::default() })
    }

    fn fails(&self, seed: u64, faults: &[Fault], invariant: &str) -> bool {
        violated(&self.run(seed, faults)) == Some(invariant)
    }

    /// The faults that struck before the run failed, and what it violated.
    fn failing(&self, seed: u64) -> Option<(Vec<Fault>, &'static str)> {
        let mut faults = self.experiment.faults(seed);
        let outcome = self.run(seed, &faults);
        let invariant = violated(&outcome)?;
        let struck = |fault: &Fault| {
            outcome.faults.iter().any(|report| report.id == fault.id && report.struck.is_some())
        };
        faults.retain(struck);
        self.fails(seed, &faults, invariant).then_some((faults, invariant))
    }

    /// How many single removals keep the violation, and how many there are.
    fn survival(&self, seed: u64, faults: &[Fault], invariant: &str) -> (u64, u64) {
        let kept = (0..faults.len()).filter(|&place| {
            let mut fewer = faults.to_vec();
            fewer.remove(place);
            self.fails(seed, &fewer, invariant)
        });
        (kept.count() as u64, faults.len() as u64)
    }

    /// How many faults are left when no single one can be removed any more.
    fn greedy(&self, seed: u64, faults: &[Fault], invariant: &str) -> u64 {
        let mut left = faults.to_vec();
        let mut place = left.len();
        let mut removed_any = false;
        while place > 0 {
            place -= 1;
            let mut fewer = left.clone();
            fewer.remove(place);
            if self.fails(seed, &fewer, invariant) {
                left = fewer;
                removed_any = true;
            }
            if place == 0 && removed_any {
                (place, removed_any) = (left.len(), false);
            }
        }
        left.len() as u64
    }
}

fn open(bug: &Bug) -> Box<dyn Experiment> {
    let opened = Catalog::builtin().open(bug.source());
    opened.unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

/// Those that some invariant can tell: a world that is changed is no bug, and what only delays
/// violates nothing.
fn bugs() -> Vec<Bug> {
    let mut bugs = Catalog::builtin().zoo();
    bugs.retain(|bug| !bug.is_world && !bug.mutant.breaks.is_empty());
    bugs
}

fn main() {
    let wanted = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(8usize);
    println!(
        "| key | failing seeds | violation kept | faults before | left after greedy removal |"
    );
    println!("|---|---|---|---|---|");
    for (keys, name) in SCHEMES {
        let (mut runs, mut kept, mut removals, mut left) = (0u64, 0u64, 0u64, 0u64);
        for bug in &bugs() {
            let bench = Bench { experiment: open(bug), keys };
            let failing = (0..SEARCHED)
                .filter_map(|seed| bench.failing(seed).map(|(faults, of)| (seed, faults, of)));
            for (seed, faults, invariant) in failing.take(wanted) {
                let (survived, of) = bench.survival(seed, &faults, invariant);
                runs += 1;
                kept += survived;
                removals += of;
                left += bench.greedy(seed, &faults, invariant);
            }
        }
        let (share, faults) = (kept * 1000 / removals.max(1), removals * 10 / runs.max(1));
        let left = left * 10 / runs.max(1);
        println!(
            "| {name} | {runs} | {}.{} % | {}.{} | {}.{} |",
            share / 10,
            share % 10,
            faults / 10,
            faults % 10,
            left / 10,
            left % 10
        );
    }
}
