//! The decisions that keep arbiters from waiting for one another, and what it is to get one wrong.

use crate::algorithm::Mutant;

/// The decisions, each a claim about the arbiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// When an older request comes it asks for its grant back.
    pub inquires: bool,
    /// Whose request came first in its queue is told when an older one comes.
    pub tells_the_overtaken: bool,
}

impl Rules {
    /// As Maekawa has it, with the correction of Sanders.
    pub const SOUND: Rules = Rules { inquires: true, tells_the_overtaken: true };

    pub fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "never-inquires" => Some(Rules { inquires: false, ..Rules::SOUND }),
            "overtaken-not-told" => Some(Rules { tells_the_overtaken: false, ..Rules::SOUND }),
            _ => None,
        }
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "never-inquires",
        summary: "an arbiter never asks for its grant back: three who ask at once wait in a ring",
        breaks: &["no-wait-cycle"],
        source: "Maekawa 1985, section 3: INQUIRE and RELINQUISH prevent deadlock",
    },
    Mutant {
        name: "overtaken-not-told",
        summary: "who is overtaken in an arbiter's queue is not told, and keeps what it has",
        breaks: &[],
        source: "Sanders 1987, ACM TOCS 5(3): a deadlock of the algorithm as it was published",
    },
];
