//! What came of one scenario: whether it is what it expects, and what differs from its baseline.

use crate::cli::exit::Exit;
use crate::observe::Outcome;
use crate::report::Changes;
use crate::scenario::Scenario;

/// How many findings of one kind are told one by one.
const TOLD_MAX: usize = 5;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// It is told.
    Note,
    /// It fails where warnings do.
    Warning,
    /// It fails.
    Error,
}

impl Level {
    /// The word for people and for files.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// Something to be told of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub level: Level,
    /// What it is about: `expect`, `verdict`, `metric`, `milestones`, `trace`, `baseline`.
    pub about: &'static str,
    pub sentence: String,
    /// The seed that shows it.
    pub seed: Option<u64>,
}

/// A run that came to something that the scenario does not expect.
#[derive(Clone, Debug)]
pub(super) struct Unexpected {
    pub seed: u64,
    pub verdict: &'static str,
    pub detail: String,
}

impl Unexpected {
    pub fn of(outcome: &Outcome) -> Self {
        let (verdict, detail) = (outcome.verdict.word(), outcome.verdict.detail().to_owned());
        Unexpected { seed: outcome.seed, verdict, detail }
    }
}

/// What came of one scenario.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub name: String,
    /// Its file as a shell takes it.
    pub path: String,
    /// Its file as it is, and the line that says what it expects.
    pub file: String,
    pub line: usize,
    pub expect: String,
    pub invariants: Vec<&'static str>,
    /// The seeds in the order in which they ran.
    pub seeds: Vec<u64>,
    pub passed: u64,
    /// What was not expected, the first of it.
    pub unexpected: Vec<Unexpected>,
    /// The runs that broke off, the first of them.
    pub untold: Vec<Unexpected>,
    pub findings: Vec<Finding>,
    /// What the runs come to, without the baseline.
    pub exit: Exit,
    pub is_blessed: bool,
}

impl Checked {
    /// The most that matters of it.
    pub fn worst(&self) -> Option<Level> {
        self.findings.iter().map(|finding| finding.level).max()
    }

    /// What it comes to, baseline included.
    pub fn exit(&self, is_strict: bool) -> Exit {
        let least = if is_strict { Level::Warning } else { Level::Error };
        let fails = self.worst().is_some_and(|worst| worst >= least);
        // Where the runs themselves are no verdict, that is what is to be told.
        match (self.exit, fails) {
            (Exit::AsExpected, true) => Exit::Failed,
            (exit, _) => exit,
        }
    }

    /// Whether it is as it should be.
    pub fn is_good(&self, is_strict: bool) -> bool {
        self.exit(is_strict) == Exit::AsExpected
    }

    /// A word for the table.
    pub fn word(&self) -> &'static str {
        match (self.exit, self.worst()) {
            (Exit::AsExpected, _) if self.is_blessed => "blessed",
            (Exit::AsExpected, Some(Level::Error)) => "CHANGED",
            (Exit::AsExpected, Some(Level::Warning)) => "warning",
            (Exit::AsExpected, _) => "ok",
            (Exit::Failed, _) => "FAILED",
            (Exit::Vacuous, _) => "VACUOUS",
            (Exit::Inconclusive, _) => "INCONCLUSIVE",
            (Exit::NotDeterministic, _) => "NOT DETERMINISTIC",
            _ => "stopped",
        }
    }

    /// The command that shows a finding again.
    pub fn again(&self, program: &str, seed: Option<u64>) -> String {
        match seed {
            Some(seed) => format!("{program} run {} --seed {seed}", self.path),
            None => format!("{program} sweep {}", self.path),
        }
    }
}

/// What the changes of a table mean, in sentences.
pub(super) fn findings(scenario: &Scenario, changes: &Changes) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut tell = |level, about, sentence: String, seed| {
        found.push(Finding { level, about, sentence, seed });
    };
    for turned in changes.turned.iter().take(TOLD_MAX) {
        tell(Level::Error, "verdict", turned.to_string(), Some(turned.seed));
    }
    if let Some(more) = changes.turned.len().checked_sub(TOLD_MAX).filter(|more| *more > 0) {
        tell(Level::Error, "verdict", format!("{more} seeds more came to another verdict"), None);
    }
    for moved in &changes.moved {
        tell(Level::Error, "metric", moved.to_string(), None);
    }
    if let Some(first) = changes.milestones.first() {
        let n = changes.milestones.len();
        let sentence = format!("{n} seeds passed other milestones, the first of them seed {first}");
        tell(Level::Warning, "milestones", sentence, Some(*first));
    }
    if let Some(first) = changes.traces.first() {
        let n = changes.traces.len();
        let (level, pinned) = match scenario.pins_trace() {
            true => (Level::Error, ", and the scenario pins it"),
            false => (Level::Note, ""),
        };
        let sentence =
            format!("{n} seeds have another trace{pinned}, the first of them seed {first}");
        tell(level, "trace", sentence, Some(*first));
    }
    if let Some(first) = changes.unmatched.first() {
        let n = changes.unmatched.len();
        let sentence =
            format!("{n} seeds stand only in one of baseline and file, the first {first}");
        tell(Level::Warning, "baseline", sentence, None);
    }
    if changes.has_other_columns {
        let sentence = "the baseline has other columns than there are now".to_owned();
        tell(Level::Warning, "baseline", sentence, None);
    }
    if changes.is_any && found.is_empty() {
        let sentence = "numbers differ that no tolerance watches".to_owned();
        found.push(Finding { level: Level::Note, about: "metric", sentence, seed: None });
    }
    found
}
