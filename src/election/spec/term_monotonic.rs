//! Terms only go up: they are the logical clock that tells the old from the new.

use super::declared_log::of_node;
use super::said::{Said, violation};
use super::{Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;

/// No node promises a term, and then a lower one, across its restarts.
#[derive(Clone, Debug, Default)]
pub struct TermMonotonic {
    highest: Vec<Option<(Term, Said)>>,
}

impl TermMonotonic {
    const NAME: &'static str = "term-monotonic";

    fn judge(&mut self, term: Term, said: Said) -> Verdict {
        let node = said.node;
        let highest = of_node(&mut self.highest, node);
        match *highest {
            Some((before, when)) if term < before => {
                let message = format!("{node} went back from term {before} to term {term}");
                Err(violation(Self::NAME, message, &[when, said]))
            }
            Some((before, _)) if term == before => Ok(()),
            _ => {
                *highest = Some((term, said));
                Ok(())
            }
        }
    }
}

impl<P> Invariant<P> for TermMonotonic
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "a server's current term increases monotonically, restarts included (Raft, 5.1)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::TermAdopted { term } | Observation::VoteGranted { term, .. } => {
                self.judge(term, Said::declared(world, node, *said))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, votes};
    use super::*;

    const fn adopts(term: u64) -> Observation {
        Observation::TermAdopted { term: Term(term) }
    }

    #[test]
    fn a_term_forgotten_in_a_restart_is_caught() {
        let mut court = Court::of(TermMonotonic::default());
        assert!(court.hears(1, adopts(4)).is_ok());
        assert!(court.sees_crash(1).is_ok());
        let violation = court.hears(1, votes(0, 3)).expect_err("the term went back");
        assert_eq!(violation.message, "n1 went back from term 4 to term 3");
    }

    #[test]
    fn terms_that_stay_or_rise_are_in_order_and_nodes_are_judged_apart() {
        let mut court = Court::of(TermMonotonic::default());
        for (node, said) in [(1, adopts(4)), (1, votes(0, 4)), (0, adopts(2)), (1, adopts(7))] {
            assert!(court.hears(node, said).is_ok());
        }
    }
}
