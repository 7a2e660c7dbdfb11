//! The same run again, and what became of it since it was written down.
//!
//! A frozen file keeps what became of its run ([`RecordedEntry`]). The code may have changed since:
//! then its run is another, and this says in what it is, as far as the record can tell.

use super::twin::{differing_records, full, in_words};
use super::verify::last_common;
use crate::catalog::{Experiment, Options};
use crate::fault::{Fault, FaultReport, Unfired};
use crate::id::FaultId;
use crate::observe::{Outcome, Verdict};
use crate::report::plain_row;
use crate::scenario::entries::RecordedEntry;

/// What became of a run that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is the same to the last bit.
    Identical,
    /// It comes to the same, by another way.
    SameFinding(Parting),
    /// It passes now, and every fault that acted then acts now: what it found is likely mended.
    Passes(Parting),
    /// It passes now, but these faults that acted then do not: nothing is shown.
    NoLongerApplies(Parting, Vec<Unmet>),
    /// It comes to something else.
    AnotherFinding(Parting),
    /// Nothing was recorded, and it is the same twice.
    Unrecorded,
}

impl Answer {
    /// Its word, as JSON has it.
    pub const fn word(&self) -> &'static str {
        match self {
            Answer::Identical => "identical",
            Answer::SameFinding(_) => "same-finding",
            Answer::Passes(_) => "passes",
            Answer::NoLongerApplies(..) => "no-longer-applies",
            Answer::AnotherFinding(_) => "another-finding",
            Answer::Unrecorded => "unrecorded",
        }
    }

    /// Where it parts from what was recorded, if it does.
    pub const fn parting(&self) -> Option<&Parting> {
        match self {
            Answer::Identical | Answer::Unrecorded => None,
            Answer::SameFinding(parting)
            | Answer::Passes(parting)
            | Answer::NoLongerApplies(parting, _)
            | Answer::AnotherFinding(parting) => Some(parting),
        }
    }
}

/// Where two runs part. Of a run that only was recorded no more is known than its checkpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parting {
    /// Up to this event they are the same.
    pub after: u64,
    /// In this event, or before it, they are not; `None` if that is not known.
    pub until: Option<u64>,
    /// The first record in which they differ, in words, of the recorded run and of the new one. Of
    /// one that cannot be run again there is none.
    pub records: Option<(Option<String>, String)>,
}

/// A fault that acted when the run was recorded, and now does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Which one.
    pub fault: FaultId,
    /// Its family.
    pub family: &'static str,
    /// Why it did not strike; `None` if it struck and did nothing.
    pub why: Option<Unfired>,
}

/// A run that was run again.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What it shows now.
    pub outcome: Outcome,
    /// What became of it.
    pub answer: Answer,
}

/// Runs a seed again and holds it against what is recorded of it: by its file, if it was frozen, or
/// by this digest of its trace. `by_aim` lets faults strike where they are aimed.
pub fn replay(
    experiment: &dyn Experiment,
    seed: u64,
    digest: Option<u64>,
    by_aim: bool,
) -> Replayed {
    let options = Options { by_aim, ..Options::default() };
    let outcome = experiment.run(seed, &options);
    let recorded = experiment.scenario().recorded();
    let answer = match (recorded, digest) {
        (_, Some(digest)) if outcome.trace == Some(digest) => Answer::Identical,
        (_, Some(_)) => Answer::AnotherFinding(Parting::default()),
        (None, None) => Answer::Unrecorded,
        (Some(recorded), None) => held_against(experiment, &outcome, recorded, by_aim),
    };
    Replayed { outcome, answer }
}

fn held_against(
    experiment: &dyn Experiment,
    outcome: &Outcome,
    recorded: &RecordedEntry,
    by_aim: bool,
) -> Answer {
    let (verdict, detail) = (outcome.verdict.word(), outcome.verdict.detail());
    let is_same = verdict == recorded.verdict && detail == recorded.detail;
    if is_same && outcome.trace == Some(recorded.trace.0) {
        return Answer::Identical;
    }
    let parting = match by_aim {
        true => Parting::default(),
        false => parting(experiment, outcome, recorded),
    };
    if is_same && outcome.verdict != Verdict::Pass {
        return Answer::SameFinding(parting);
    }
    if outcome.verdict != Verdict::Pass {
        return Answer::AnotherFinding(parting);
    }
    let unmet = unmet(&experiment.faults(outcome.seed), &outcome.faults, recorded);
    match unmet.is_empty() {
        true => Answer::Passes(parting),
        false => Answer::NoLongerApplies(parting, unmet),
    }
}

/// The faults that acted when the run was recorded, and now do not.
fn unmet(planned: &[Fault], reports: &[FaultReport], recorded: &RecordedEntry) -> Vec<Unmet> {
    let acted = |fault: &&Fault| !recorded.is_idle(fault.id);
    let unmet = planned.iter().filter(acted).filter_map(|fault| {
        let report = reports.iter().find(|report| report.id == fault.id);
        let has_acted = report.is_some_and(|report| report.effects > 0);
        (!has_acted).then(|| Unmet {
            fault: fault.id,
            family: fault.action.family(),
            why: report.and_then(|report| report.unfired),
        })
    });
    unmet.collect()
}

/// The window between two checkpoints in which a run leaves its record, and the first record of the
/// new run in it: the old run cannot be run any more.
fn parting(experiment: &dyn Experiment, outcome: &Outcome, recorded: &RecordedEntry) -> Parting {
    let kept: Vec<u64> = recorded.checkpoints.iter().map(|digest| digest.0).collect();
    let every = recorded.every.as_deref().copied().unwrap_or(u64::MAX);
    let (new_every, new_kept) = experiment.checkpoints(outcome.seed);
    let after = last_common((every, &kept), (new_every, &new_kept));
    let step = every.max(new_every);
    let end = recorded.events.max(outcome.counts.events);
    let until = after.checked_add(step).map_or(end, |until| until.min(end));
    let mut first = None;
    experiment.tell(outcome.seed, &full(&Options::default()), &mut |row| {
        if row.event > after && first.is_none() {
            first = Some(plain_row(row));
        }
    });
    Parting { after, until: Some(until), records: first.map(|first| (None, first)) }
}

/// The first record in which two runs differ that both can be run; `None` if they are the same.
pub fn first_parting(
    one: (&dyn Experiment, u64),
    other: (&dyn Experiment, u64),
) -> Option<Parting> {
    let (kept, other_kept) = (one.0.checkpoints(one.1), other.0.checkpoints(other.1));
    // What lies before the last common checkpoint is not compared record by record.
    let after = last_common((kept.0, &kept.1), (other_kept.0, &other_kept.1));
    let (old, new) = differing_records(one, other, &Options::default(), after..=u64::MAX)?;
    let event = [&old, &new].into_iter().flatten().map(|row| row.event).min().unwrap_or(after);
    let records = Some((Some(in_words(old)), in_words(new)));
    Some(Parting { after: event.saturating_sub(1), until: Some(event), records })
}
