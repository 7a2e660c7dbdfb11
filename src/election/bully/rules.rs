//! The decisions that carry Bully's promises, and what it is to get one of them wrong.

use crate::algorithm::Mutant;

/// The decisions, each a claim about the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// It waits for an answer as long as the question and the answer may take together.
    pub waits_for_the_way_back: bool,
    /// It holds an election when it boots, and does not lead unasked.
    pub asks_when_it_boots: bool,
    /// A coordinator that hears of another bullies it or follows it.
    pub heeds_rivals: bool,
}

impl Rules {
    /// As the text-books have it.
    pub const SOUND: Rules =
        Rules { waits_for_the_way_back: true, asks_when_it_boots: true, heeds_rivals: true };

    /// The rules of a known bug; `None` if no bug has this name.
    pub fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "ok-timeout-too-short" => Some(Rules { waits_for_the_way_back: false, ..Rules::SOUND }),
            "announces-without-election" => {
                Some(Rules { asks_when_it_boots: false, ..Rules::SOUND })
            }
            "merge-does-not-re-elect" => Some(Rules { heeds_rivals: false, ..Rules::SOUND }),
            _ => None,
        }
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "ok-timeout-too-short",
        summary: "waits for OK only as long as one message takes: a higher node answers too late",
        breaks: &["highest-leads", "one-coordinator"],
        source: "Garcia-Molina 1982: that messages take at most T is assumed",
    },
    Mutant {
        name: "announces-without-election",
        summary: "a node that recovers leads at once, whoever leads already",
        breaks: &["one-coordinator"],
        source: "Garcia-Molina 1982: a node that recovers holds an election",
    },
    Mutant {
        name: "merge-does-not-re-elect",
        summary: "coordinators do not heed each other: both stay when a partition heals",
        breaks: &["group-agreement", "one-coordinator"],
        source: "Elasticsearch zen discovery: two masters remain after a partition (issue 10935)",
    },
];
