//! A run told to people: what it came to, and what a violation depends on.

use crate::catalog::{Catalog, Experiment, Options};
use crate::observe::{Outcome, Past, Row, Step, TraceLevel, Verdict};
use crate::report::Story;

/// How many nodes are told one by one.
const SEATS_MAX: usize = 12;

/// The story of a run with these options, which ends with the command `again` if it did not pass.
/// `last` are its last records, if it broke off.
pub fn story(
    catalog: &Catalog,
    experiment: &dyn Experiment,
    (options, found): (&Options, &Outcome),
    last: &[Row],
    again: &str,
) -> String {
    let (scenario, seed) = (experiment.scenario(), found.seed);
    let entry = catalog.find(scenario.algorithm());
    let says = match &found.verdict {
        Verdict::Violation(violation) => entry.and_then(|entry| {
            let mut known = entry.invariants.iter();
            known.find(|judge| judge.name == violation.invariant).map(|judge| judge.says)
        }),
        _ => None,
    };
    let scene = found.standstill.is_some().then(|| experiment.scene(seed, options, SEATS_MAX));
    let calm = experiment.calm().map(ToString::to_string);
    let story = Story {
        scenario,
        calm: calm.as_deref(),
        drawn: &experiment.drawn(seed),
        load: &experiment.drawn_load(seed),
        last,
        faults: &experiment.faults(seed),
        words: &experiment.words(),
        gauges: &experiment.gauges(),
        outcome: found,
        service: experiment.service(),
        says,
        scene: scene.as_ref(),
        why: &slice(experiment, seed, options, found),
        again,
    };
    story.to_string()
}

/// What the violation of a run depends on, by running it once more with the options that it had.
pub fn slice(
    experiment: &dyn Experiment,
    seed: u64,
    options: &Options,
    found: &Outcome,
) -> Vec<Step> {
    let Verdict::Violation(violation) = &found.verdict else { return Vec::new() };
    let mut past = Past::default();
    let options = Options { trace: TraceLevel::Full, ..options.clone() };
    experiment.tell(seed, &options, &mut |row| past.push(row));
    past.slice(&violation.witnesses)
}
