//! First come, first served, as far as "first" means anything: in the order of logical clocks.
//!
//! No two nodes agree on what came first in true time. Where one request was known to a node that
//! made another, clocks tell, and the algorithm promises to serve the earlier one first.

use super::said::{Said, violation};
use super::{LockId, Observation, Stamp};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// Nobody acquires a lock by a request that comes before one that was served already.
#[derive(Clone, Debug, Default)]
pub struct Fifo {
    /// The latest request of each node.
    stamped: BTreeMap<(NodeId, LockId), (u64, Stamp)>,
    /// The latest request that was served.
    served: BTreeMap<LockId, (Stamp, Said)>,
}

impl Fifo {
    const NAME: &'static str = "fifo";

    fn judge(&mut self, lock: LockId, request: u64, said: Said) -> Verdict {
        let own = self.stamped.get(&(said.node, lock)).filter(|(number, _)| *number == request);
        let Some(&(_, stamp)) = own else { return Ok(()) };
        match self.served.insert(lock, (stamp, said)) {
            Some((before, when)) if before > stamp => {
                let message = format!(
                    "{} acquires {lock} by request {stamp}, and {before} was served before",
                    said.node
                );
                Err(violation(Self::NAME, message, &[when, said]))
            }
            _ => Ok(()),
        }
    }
}

impl<P> Invariant<P> for Fifo
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "requests are served in the order of their logical clocks (Lamport 1978, condition II)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::Stamped { lock, request, stamp } => {
                self.stamped.insert((node, lock), (request, stamp));
                Ok(())
            }
            Observation::Acquired { lock, request, .. } => {
                self.judge(lock, request, Said::now(world, node, *said))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, acquires, n, stamped};
    use super::*;

    #[test]
    fn who_overtakes_an_earlier_request_is_caught_when_that_is_served() {
        let mut court = Court::of(Fifo::default());
        assert!(court.hears(0, stamped(7, 1, 0)).is_ok());
        assert!(court.hears(1, stamped(8, 2, 1)).is_ok());
        assert!(court.hears(1, acquires(8)).is_ok(), "nobody knows yet who waits");
        let violation = court.hears(0, acquires(7)).expect_err("2:n1 was served before 1:n0");
        let said = "n0 acquires lock 0 by request 1:n0, and 2:n1 was served before";
        assert_eq!(violation.message, said);
        assert_eq!(violation.witnesses.len(), 2);
    }

    #[test]
    fn of_equal_times_the_lower_node_comes_first() {
        let mut court = Court::of(Fifo::default());
        for node in [0, 1] {
            assert!(court.hears(node, stamped(5, 3, node)).is_ok());
            assert!(court.hears(node, acquires(5)).is_ok());
        }
        assert!(court.hears(0, stamped(6, 3, 0)).is_ok());
        assert!(court.hears(0, acquires(6)).is_err());
    }

    #[test]
    fn other_locks_and_requests_without_a_place_are_no_business_of_this_judge() {
        let mut court = Court::of(Fifo::default());
        let stamp = Stamp { clock: 9, node: n(1) };
        let other = Observation::Stamped { lock: LockId(1), request: 1, stamp };
        assert!(court.hears(1, other).is_ok());
        assert!(court.hears(1, acquires(1)).is_ok());
        assert!(court.hears(0, stamped(2, 1, 0)).is_ok());
        assert!(court.hears(0, acquires(2)).is_ok());
        assert!(court.hears(0, acquires(3)).is_ok());
    }
}
