//! Election safety: at most one leader per term, over the whole history.
//!
//! Judged on the history and not on the present state: two leaders of one term that never lead at
//! the same moment are as wrong as two that do.

use super::said::{Said, led, violation};
use super::{Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// At most one leader per term, whether it declares itself, says so to others, or shows it.
#[derive(Clone, Debug, Default)]
pub struct ElectionSafety {
    leaders: BTreeMap<Term, Said>,
}

impl ElectionSafety {
    const NAME: &'static str = "election-safety";

    fn judge(&mut self, term: Term, said: Said) -> Verdict {
        let first = self.leaders.entry(term).or_insert(said);
        if first.node == said.node {
            return Ok(());
        }
        let message = format!("{} and {} both lead term {term}", first.node, said.node);
        Err(violation(Self::NAME, message, &[*first, said]))
    }
}

impl<P> Invariant<P> for ElectionSafety
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "at most one leader can be elected in a given term (Raft, 5.2)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::LeaderElected { term } => {
                self.judge(term, Said::declared(world, node, *said))
            }
            _ => Ok(()),
        }
    }

    fn on_claim(&mut self, node: NodeId, claim: &Observation, world: &World) -> Verdict {
        match *claim {
            Observation::LeaderElected { term } => {
                self.judge(term, Said::on_the_wire(world, node, *claim))
            }
            _ => Ok(()),
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) -> Verdict {
        match view.and_then(led) {
            Some(term) => self.judge(term, Said::to_lead(world, node, term)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, leads, n, stands};
    use super::*;

    #[test]
    fn two_leaders_of_one_term_are_caught_even_if_the_first_has_crashed() {
        let mut court = Court::of(ElectionSafety::default());
        assert!(court.hears(0, leads(3)).is_ok());
        assert!(court.sees_crash(0).is_ok());
        let violation = court.hears(1, leads(3)).expect_err("two leaders");
        assert_eq!(violation.message, "n0 and n1 both lead term 3");
        let nodes: Vec<_> = violation.witnesses.iter().map(|witness| witness.node).collect();
        assert_eq!(nodes, [n(0), n(1)]);
        assert!(violation.witnesses[0].event < violation.witnesses[1].event);
    }

    #[test]
    fn a_claim_and_a_view_count_as_much_as_a_declaration() {
        let mut court = Court::of(ElectionSafety::default());
        assert!(court.hears(0, leads(3)).is_ok());
        assert!(court.overhears(1, leads(3)).is_err());
        assert!(court.sees_leader(2, 3).is_err());
    }

    #[test]
    fn one_leader_may_say_so_often_and_another_may_lead_another_term() {
        let mut court = Court::of(ElectionSafety::default());
        assert!(court.hears(0, leads(3)).is_ok());
        assert!(court.overhears(0, leads(3)).is_ok());
        assert!(court.sees_leader(0, 3).is_ok());
        assert!(court.hears(1, stands(4)).is_ok());
        assert!(court.hears(1, leads(4)).is_ok());
    }
}
