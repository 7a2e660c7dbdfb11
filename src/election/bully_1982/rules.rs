//! The decisions that carry assertion 1, and what it is to get one of them wrong.

use crate::algorithm::Mutant;

/// The decisions, each a claim about the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// It holds an election when it boots, and does not lead unasked.
    pub asks_when_it_boots: bool,
    /// It accepts a coordinator only from who halted it last.
    pub remembers_who_halted_it: bool,
    /// It halts the next node when the one above has answered: a rival is stopped before those
    /// whom that rival may still name itself to.
    pub halts_one_by_one: bool,
    /// It waits for an answer as long as the question and the answer may take together.
    pub waits_for_the_way_back: bool,
}

impl Rules {
    /// As the paper has it.
    pub const SOUND: Rules = Rules {
        asks_when_it_boots: true,
        remembers_who_halted_it: true,
        halts_one_by_one: true,
        waits_for_the_way_back: true,
    };

    /// The rules of a known bug; `None` if no bug has this name.
    pub fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "announces-without-election" => {
                Some(Rules { asks_when_it_boots: false, ..Rules::SOUND })
            }
            "halted-by-whom-forgotten" => {
                Some(Rules { remembers_who_halted_it: false, ..Rules::SOUND })
            }
            "halts-all-at-once" => Some(Rules { halts_one_by_one: false, ..Rules::SOUND }),
            "call-timeout-too-short" => {
                Some(Rules { waits_for_the_way_back: false, ..Rules::SOUND })
            }
            _ => None,
        }
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "announces-without-election",
        summary: "a node that recovers leads at once, whoever leads already",
        breaks: &["same-coordinator", "one-coordinator", "group-agreement"],
        source: "Garcia-Molina 1982: a node that recovers holds an election",
    },
    Mutant {
        name: "halted-by-whom-forgotten",
        summary: "a halted node accepts any coordinator, also one that was halted since it spoke",
        breaks: &["same-coordinator"],
        source: "Garcia-Molina 1982: NewCoordinator is heeded only from who halted the node",
    },
    Mutant {
        name: "halts-all-at-once",
        summary: "all lower nodes are halted together: a rival among them halts some of them again",
        breaks: &["same-coordinator"],
        source: "Garcia-Molina 1982: the election halts node after node, from the highest down",
    },
    Mutant {
        name: "call-timeout-too-short",
        summary: "waits for an answer only as long as one message takes: the called seem down",
        breaks: &["same-coordinator", "one-coordinator", "highest-leads", "group-agreement"],
        source: "Garcia-Molina 1982: a node that does not answer within T is taken to be down",
    },
];
