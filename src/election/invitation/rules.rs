//! The decisions that carry assertion 3, and what it is to get one of them wrong.

use crate::algorithm::Mutant;

/// The decisions, each a claim about the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// It takes a number when the disk holds it, and so no number twice.
    pub keeps_its_numbers: bool,
    /// Its numbers have its name in them.
    pub names_its_numbers: bool,
    /// It heeds a Ready only of the group that it has joined.
    pub compares_the_group: bool,
}

impl Rules {
    /// As the paper has it.
    pub const SOUND: Rules =
        Rules { keeps_its_numbers: true, names_its_numbers: true, compares_the_group: true };

    /// The rules of a known bug; `None` if no bug has this name.
    pub fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "number-not-persisted" => Some(Rules { keeps_its_numbers: false, ..Rules::SOUND }),
            "number-without-name" => Some(Rules { names_its_numbers: false, ..Rules::SOUND }),
            "ready-of-any-group" => Some(Rules { compares_the_group: false, ..Rules::SOUND }),
            _ => None,
        }
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "number-not-persisted",
        summary: "a node that restarts counts its groups from 1 again",
        breaks: &["one-coordinator-a-group"],
        source: "Garcia-Molina 1982: group numbers are unique, also after a failure",
    },
    Mutant {
        name: "number-without-name",
        summary: "a group number is the counter alone: two nodes take the same one",
        breaks: &["one-coordinator-a-group", "election-safety"],
        source: "Garcia-Molina 1982: a group number is a node and a sequence number",
    },
    Mutant {
        name: "ready-of-any-group",
        summary: "a late Ready of a group that the node has left puts it back, under its new \
                  coordinator",
        breaks: &["one-coordinator-a-group"],
        source: "Garcia-Molina 1982: Ready is heeded only with the group number of the node",
    },
];
