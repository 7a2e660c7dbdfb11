//! Ballots: the reigns of ballot leader election, in a total order.

use crate::election::spec::Term;
use crate::id::NodeId;
use crate::protocol::Durable;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One reign: its number first, then the priority of its server, then the server itself decide
/// which of two ballots is the higher one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ballot {
    /// The number of the ballot.
    pub number: u64,
    /// How much the server is preferred to others of the same number.
    pub priority: u32,
    /// Who leads it.
    pub server: NodeId,
}

impl Ballot {
    /// The number of a server that has never promised anything.
    pub const FIRST: u64 = 1;
    /// The number of a server that restarts with a promise: below all ballots that anybody led.
    pub const RECOVERED: u64 = 0;
    /// Priorities and servers are below this, so that a term shows all three in decimal.
    pub const PLACES: u64 = 1_000;

    /// The ballot as the number of a reign: 2005003 is the ballot of number 2, priority 5 and n3.
    /// Terms are ordered as ballots are.
    pub const fn term(self) -> Term {
        let below = self.priority as u64 * Ballot::PLACES + self.server.number() as u64;
        Term(self.number * Ballot::PLACES * Ballot::PLACES + below)
    }

    /// The number of the ballot that a term stands for.
    pub const fn number_of(term: Term) -> u64 {
        term.0 / (Ballot::PLACES * Ballot::PLACES)
    }
}

impl fmt::Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.number, self.priority, self.server)
    }
}

/// What a server keeps on its disk: the highest ballot that it has accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Promised(pub Option<Ballot>);

impl Durable for Promised {
    type Write = Ballot;

    fn apply(&mut self, ballot: &Ballot) {
        self.0 = Some(*ballot);
    }
}
