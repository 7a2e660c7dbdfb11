//! Group numbers: who took it and which of its numbers, so that no two groups ever share one.

use crate::election::spec::Term;
use crate::id::NodeId;
use crate::protocol::Durable;
use serde::{Deserialize, Serialize};

/// The number of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Which of the numbers of the node that took it.
    pub counter: u64,
    /// Who took it.
    pub node: NodeId,
}

impl Group {
    /// Nodes are below this, so that a term shows both parts in decimal.
    pub const PLACES: u64 = 1_000;

    /// The group as the number of a reign: 7003 is the seventh group of n3. It tells groups apart
    /// and nothing else: the higher one is not the later one.
    pub const fn term(self) -> Term {
        Term(self.counter * Group::PLACES + self.node.number() as u64)
    }

    /// Which of the numbers of its node a term stands for.
    pub const fn counter_of(term: Term) -> u64 {
        term.0 / Group::PLACES
    }
}

/// What a node keeps on its disk: the last number that it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counter(pub u64);

impl Durable for Counter {
    type Write = u64;

    fn apply(&mut self, counter: &u64) {
        self.0 = *counter;
    }
}
