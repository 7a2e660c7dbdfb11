//! The decisions that carry what lease election promises, and the known bugs.

use crate::algorithm::Mutant;

/// The decisions, each a claim about the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// A leader that has not renewed until its deadline acts no more.
    pub stops_at_its_deadline: bool,
    /// A candidate counts how long the record has not changed, on its own clock.
    pub counts_on_its_own_clock: bool,
    /// The store writes only for who knows the latest version.
    pub compares_versions: bool,
}

impl Rules {
    /// As client-go has it.
    pub const SOUND: Rules = Rules {
        stops_at_its_deadline: true,
        counts_on_its_own_clock: true,
        compares_versions: true,
    };

    /// The rules of a known bug; `None` if no bug has this name.
    pub fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "stopped-leading-ignored" => {
                Some(Rules { stops_at_its_deadline: false, ..Rules::SOUND })
            }
            "expiry-by-remote-clock" => {
                Some(Rules { counts_on_its_own_clock: false, ..Rules::SOUND })
            }
            "blind-update" => Some(Rules { compares_versions: false, ..Rules::SOUND }),
            _ => None,
        }
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "stopped-leading-ignored",
        summary: "a leader that could not renew goes on acting, whoever holds the record now",
        breaks: &["one-acting-leader"],
        source: "kubernetes#23731: OnStoppedLeading is never called",
    },
    Mutant {
        name: "expiry-by-remote-clock",
        summary: "compares the holder's date of renewal with its own wall clock",
        breaks: &["one-acting-leader"],
        source: "kubernetes#125761: two leaders after a clock was set",
    },
    Mutant {
        name: "blind-update",
        summary: "the store writes whatever it is told: two candidates win the same reign",
        breaks: &["one-vote-per-term", "election-safety", "one-acting-leader"],
        source: "client-go: the store must be one in which updates of an old version fail",
    },
];
