//! What a command comes to, as the exit code tells it. The codes are stable.

use crate::runner::{Judgement, Stopped};

/// An exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0
    AsExpected,
    /// 1
    Failed,
    /// 2
    Usage,
    /// 3
    Inconclusive,
    /// 4
    Vacuous,
    /// 5
    NotDeterministic,
    /// 70
    Internal,
    /// 74
    Output,
    /// 130
    Interrupted,
    /// 143
    Terminated,
}

/// All codes with their meanings, the most important first: where several apply, the first counts.
pub(super) const MEANINGS: &[(Exit, &str)] = &[
    (Exit::Internal, "internal error: a bug of stormseed itself"),
    (Exit::Output, "output could not be written"),
    (Exit::Usage, "usage or scenario error"),
    (Exit::NotDeterministic, "not deterministic: the same seed gave two different runs"),
    (Exit::Failed, "a safety or liveness expectation failed, or a baseline differs"),
    (Exit::Interrupted, "interrupted by Ctrl-C; whole rows were kept"),
    (Exit::Terminated, "terminated by SIGTERM; whole rows were kept"),
    (Exit::Inconclusive, "inconclusive: a budget or the time was used up"),
    (Exit::Vacuous, "vacuous: nothing ran or was said, or a required milestone never happened"),
    (Exit::AsExpected, "all as expected"),
];

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Exit::AsExpected => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Inconclusive => 3,
            Exit::Vacuous => 4,
            Exit::NotDeterministic => 5,
            Exit::Internal => 70,
            Exit::Output => 74,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        let found = MEANINGS.iter().find(|(exit, _)| *exit == self);
        found.map_or("", |(_, meaning)| *meaning)
    }

    /// The more important of two.
    #[must_use]
    pub fn and(self, other: Exit) -> Exit {
        let rank = |exit: Exit| MEANINGS.iter().position(|(known, _)| *known == exit);
        if rank(other) < rank(self) { other } else { self }
    }
}

impl From<Judgement> for Exit {
    fn from(judgement: Judgement) -> Self {
        match judgement {
            Judgement::AsExpected => Exit::AsExpected,
            Judgement::Failed => Exit::Failed,
            Judgement::Inconclusive => Exit::Inconclusive,
            Judgement::Vacuous => Exit::Vacuous,
            Judgement::NotDeterministic => Exit::NotDeterministic,
        }
    }
}

impl From<Stopped> for Exit {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Interrupted => Exit::Interrupted,
            Stopped::Terminated => Exit::Terminated,
            // What was run is judged as it is.
            Stopped::TimeUp | Stopped::EnoughFailures => Exit::AsExpected,
        }
    }
}

/// The codes as `--help` lists them.
pub(super) fn table() -> String {
    let mut codes: Vec<_> = MEANINGS.iter().collect();
    codes.sort_by_key(|(exit, _)| exit.code());
    let lines = codes.iter().map(|(exit, meaning)| format!("  {:>3}  {meaning}\n", exit.code()));
    let order: Vec<String> = MEANINGS.iter().map(|(exit, _)| exit.code().to_string()).collect();
    format!(
        "Exit codes:\n{}Where several apply, the first of {} counts.",
        lines.collect::<String>(),
        order.join(", ")
    )
}
