//! The outcome of one run: its verdict, and every figure that a row of results is made of.

use super::{Figures, Standstill};
use crate::assumption::Assumption;
use crate::engine::Counts;
use crate::fault::FaultReport;
use crate::invariant::Violation;
use crate::time::{Duration, SimTime};
use serde::Serialize;

/// What a run shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything held.
    Pass,
    /// An invariant did not hold.
    Violation(Violation),
    /// After the heal there was no progress within the bound, and nothing excuses it.
    Stall {
        /// The service that did not come back.
        property: String,
    },
    /// A budget was used up before the end.
    Inconclusive {
        /// Which one.
        budget: &'static str,
    },
    /// The algorithm panicked.
    Panic {
        /// What it said, and where.
        message: String,
    },
}

impl Verdict {
    /// The verdict in one word, as the column has it.
    pub const fn word(&self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Violation(_) => "violation",
            Verdict::Stall { .. } => "stall",
            Verdict::Inconclusive { .. } => "inconclusive",
            Verdict::Panic { .. } => "panic",
        }
    }

    /// The invariant, property, budget or message behind it; empty for a pass.
    pub fn detail(&self) -> &str {
        match self {
            Verdict::Pass => "",
            Verdict::Violation(violation) => violation.invariant,
            Verdict::Stall { property } => property,
            Verdict::Inconclusive { budget } => budget,
            Verdict::Panic { message } => message,
        }
    }
}

/// All that is known of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What it shows.
    pub verdict: Verdict,
    /// Every invariant that was violated; more than one only where judging went on.
    pub violations: Vec<Violation>,
    /// When the run was over.
    pub ended_at: SimTime,
    /// What was counted.
    pub counts: Counts,
    /// The digest of the schedule.
    pub plan: u64,
    /// The digest of what was observed, without times; `None` if digests were off.
    pub milestones: Option<u64>,
    /// The digest of everything; `None` if digests were off.
    pub trace: Option<u64>,
    /// What became of each fault.
    pub faults: Vec<FaultReport>,
    /// The assumptions that the faults went beyond on purpose.
    pub outside: Vec<Assumption>,
    /// The figures of the service that is measured, if there is one.
    pub service: Option<Figures>,
    /// What is known of a service that was not back in time after the storm.
    pub standstill: Option<Standstill>,
    /// How often each word of the family was observed.
    pub words: Vec<u64>,
    /// How deep it got, in the order of the algorithm's measures.
    pub depths: Vec<u64>,
    /// What the algorithm's metrics tell of it, in their order.
    pub metrics: Vec<Option<u64>>,
    /// Required milestones that never happened.
    pub missing: Vec<String>,
}

impl Outcome {
    /// How long the run lasted.
    pub const fn length(&self) -> Duration {
        self.ended_at.since(SimTime::ZERO)
    }

    /// Whether no node said anything of what a node of its family can say, and none heard another:
    /// then nothing was judged. Detectors that have nobody to suspect are silent, and at work.
    pub fn has_said_nothing(&self) -> bool {
        let is_silent = !self.words.is_empty() && self.words.iter().all(|count| *count == 0);
        is_silent && self.counts.delivered == 0
    }

    /// Whether it passes only because the world was not as the algorithm needs it.
    pub fn is_excused(&self) -> bool {
        self.verdict == Verdict::Pass && self.standstill.is_some()
    }

    /// Whether nothing can be concluded because a required milestone never happened.
    pub fn is_vacuous(&self) -> bool {
        !self.missing.is_empty()
    }
}
