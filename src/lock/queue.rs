//! `lock-queue`: the recipe of ephemeral sequential nodes (ZooKeeper's recipes; Curator).
//!
//! A client makes a node that is gone with its session and whose name ends in a sequence number. If
//! none of the lock has a lower one it holds the lock, else it watches the one before its own, and
//! looks again when that is gone: one waiter wakes for each release (`watches = "all"` wakes every
//! one, the herd). A client that no server has answered for two thirds of the time to live is
//! *suspended*: it holds nothing, for its session may end.

use super::replicated::store::{Answer, Ask, Child, Store};
use super::replicated::{Node, Recipe, Rules, SOUND, Step, Wish};
use crate::algorithm::Mutant;
use crate::election::spec::LogIndex;
use crate::lock::spec::Token;
use crate::time::Drift;

/// The lock of ephemeral sequential nodes, on the real Raft.
pub type QueueLock = Node<Queue>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Makes its node.
    Creates,
    /// Asks for all nodes.
    Lists,
    /// Watches the one before its own.
    Watches(LogIndex),
    /// Waits until that is gone.
    Waits,
    /// Removes its node.
    GivesBack,
}

/// The recipe.
#[derive(Debug)]
pub struct Queue {
    wish: Wish,
    key: LogIndex,
    stage: Stage,
}

impl Queue {
    /// The waiters are known: is it the first, and if not, who stands before it?
    fn finds_its_place(&mut self, mut children: Vec<Child>, rules: &Rules) -> Step {
        if !rules.orders_by_sequence {
            children.sort_by_key(|child| (child.session, child.key));
        }
        let own = self.wish.session;
        let is_mine = |child: &Child| match rules.knows_its_session {
            true => child.key == self.key,
            false => child.session.node == own.node,
        };
        let Some(place) = children.iter().position(is_mine) else {
            // Gone with its session: a new one needs a new node.
            self.stage = Stage::Creates;
            return Step::GoesOn;
        };
        let Some(before) = place.checked_sub(1) else {
            return Step::Holds(Token(children[place].key.0));
        };
        self.stage = match rules.watches_only_its_predecessor {
            true => Stage::Watches(children[before].key),
            false => Stage::Waits,
        };
        Step::GoesOn
    }
}

impl Recipe for Queue {
    type Machine = Store;

    const NAME: &'static str = "lock-queue";
    const SUMMARY: &'static str =
        "a queue of ephemeral sequential nodes, each watching the one before (ZooKeeper's recipe)";
    // Two thirds of the time to live are left: (1 - d) / (1 + d).
    const CLOCK_DRIFT_BOUND: Drift = Drift::from_ppm(200_000);
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const HAS_A_CHOICE_OF_WATCHES: bool = true;

    fn mutant(name: &str) -> Option<Rules> {
        match name {
            "ordered-by-name" => Some(Rules { orders_by_sequence: false, ..SOUND }),
            "node-of-previous-session" => Some(Rules { knows_its_session: false, ..SOUND }),
            "suspension-ignored" => Some(Rules { stops_when_not_answered: false, ..SOUND }),
            "created-twice" => Some(Rules { retries_under_the_same_number: false, ..SOUND }),
            "watch-not-renewed" => Some(Rules { looks_again: false, ..SOUND }),
            _ => None,
        }
    }

    fn wants(wish: Wish) -> Self {
        Queue { wish, key: LogIndex(0), stage: Stage::Creates }
    }

    fn asks(&self, rules: &Rules) -> Option<Ask> {
        let Wish { lock, request, .. } = self.wish;
        match self.stage {
            Stage::Creates => Some(Ask::Create { lock, request }),
            Stage::Lists => {
                let watch = !rules.watches_only_its_predecessor;
                Some(Ask::Children { lock, watch })
            }
            Stage::Watches(before) => Some(Ask::Exists { key: before, watch: true }),
            Stage::Waits => None,
            Stage::GivesBack => Some(Ask::Delete { key: self.key, request }),
        }
    }

    fn hears(&mut self, answer: Answer, rules: &Rules) -> Step {
        self.stage = match (self.stage, answer) {
            (Stage::Creates, Answer::Created { key }) => {
                self.key = key;
                Stage::Lists
            }
            (Stage::Lists, Answer::Children(children)) => {
                return self.finds_its_place(children, rules);
            }
            (Stage::Watches(_), Answer::Exists(true)) => Stage::Waits,
            (Stage::Watches(_), Answer::Exists(false)) => Stage::Lists,
            (Stage::GivesBack, Answer::Deleted) => return Step::Released,
            (stage, _) => stage,
        };
        Step::GoesOn
    }

    fn looks_again(&mut self) {
        if self.stage == Stage::Waits {
            self.stage = Stage::Lists;
        }
    }

    fn gives_back(&mut self) {
        self.stage = Stage::GivesBack;
    }
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "ordered-by-name",
        summary: "waiters are ordered by the whole names of their nodes, sessions first",
        breaks: &["mutual-exclusion"],
        source: "ZOOKEEPER-645: the lock recipe compares whole names",
    },
    Mutant {
        name: "node-of-previous-session",
        summary: "a client takes the node of its last session, which is about to go, for its own",
        breaks: &["mutual-exclusion"],
        source: "CURATOR-604",
    },
    Mutant {
        name: "suspension-ignored",
        summary: "a holder goes on although no server has answered for as long as sessions live",
        breaks: &["mutual-exclusion"],
        source: "CURATOR-206: the holder is not told",
    },
    Mutant {
        name: "created-twice",
        summary: "the answer to a create is lost, a second node made: its maker waits for itself",
        breaks: &[],
        source: "Curator's protection: a create whose answer was lost leaves a node behind",
    },
    Mutant {
        name: "watch-not-renewed",
        summary: "a waiter trusts in a watch that dies with the server that keeps it",
        breaks: &[],
        source: "ZooKeeper: watches are lost with the connection, and are to be set again",
    },
];
