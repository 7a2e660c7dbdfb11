//! The decisions that carry what SWIM promises, and the known bugs.

use crate::algorithm::Mutant;

/// The decisions, each a claim about the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// Whoever hears that it is suspected claims to be alive in a new incarnation.
    pub refutes_in_a_new_incarnation: bool,
    /// Whoever suspects a member does so in the incarnation that the member has claimed.
    pub leaves_incarnations_to_their_member: bool,
    /// Whoever hears an old suspicion of itself tells again that it has refuted it.
    pub repeats_its_refutation: bool,
}

impl Rules {
    /// As published.
    pub const SOUND: Rules = Rules {
        refutes_in_a_new_incarnation: true,
        leaves_incarnations_to_their_member: true,
        repeats_its_refutation: true,
    };

    /// The rules of a known bug; `None` if no bug has this name.
    pub fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "refuted-without-incarnation" => {
                Some(Rules { refutes_in_a_new_incarnation: false, ..Rules::SOUND })
            }
            "incarnation-raised-by-others" => {
                Some(Rules { leaves_incarnations_to_their_member: false, ..Rules::SOUND })
            }
            "refuted-once" => Some(Rules { repeats_its_refutation: false, ..Rules::SOUND }),
            _ => None,
        }
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "refuted-without-incarnation",
        summary: "a suspected member repeats its old claim to be alive, which nobody believes",
        breaks: &["membership-agreement"],
        source: "SWIM, section 4.2: a refutation needs a higher incarnation",
    },
    Mutant {
        name: "incarnation-raised-by-others",
        summary: "whoever suspects a member raises its incarnation: suspicion beats refutation",
        breaks: &["own-incarnation"],
        source: "SWIM, section 4.2: only the member itself raises its incarnation",
    },
    Mutant {
        name: "refuted-once",
        summary: "an old suspicion is not answered: who missed the refutation never hears it",
        breaks: &["membership-agreement"],
        source: "seed 13 of detector/swim_storm; memberlist exchanges whole states instead",
    },
];
