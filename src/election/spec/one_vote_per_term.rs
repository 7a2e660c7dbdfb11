//! One vote per term: what makes two majorities of one term impossible.

use super::said::{Said, violation};
use super::{Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// No node votes for two candidates in one term, across its restarts.
#[derive(Clone, Debug, Default)]
pub struct OneVotePerTerm {
    votes: BTreeMap<(NodeId, Term), (NodeId, Said)>,
}

impl OneVotePerTerm {
    const NAME: &'static str = "one-vote-per-term";

    fn judge(&mut self, term: Term, candidate: NodeId, said: Said) -> Verdict {
        let voter = said.node;
        let (first, when) = *self.votes.entry((voter, term)).or_insert((candidate, said));
        if first == candidate {
            return Ok(());
        }
        let message = format!("{voter} voted for both {first} and {candidate} in term {term}");
        Err(violation(Self::NAME, message, &[when, said]))
    }
}

impl<P> Invariant<P> for OneVotePerTerm
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "a server votes for at most one candidate in a term, restarts included (Raft, 5.2)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::VoteGranted { candidate, term } => {
                self.judge(term, candidate, Said::declared(world, node, *said))
            }
            _ => Ok(()),
        }
    }

    fn on_claim(&mut self, node: NodeId, claim: &Observation, world: &World) -> Verdict {
        match *claim {
            Observation::VoteGranted { candidate, term } => {
                self.judge(term, candidate, Said::on_the_wire(world, node, *claim))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, votes};
    use super::*;

    #[test]
    fn a_vote_forgotten_in_a_restart_is_caught() {
        let mut court = Court::of(OneVotePerTerm::default());
        assert!(court.hears(2, votes(0, 5)).is_ok());
        assert!(court.sees_crash(2).is_ok());
        let violation = court.hears(2, votes(1, 5)).expect_err("two votes");
        assert_eq!(violation.message, "n2 voted for both n0 and n1 in term 5");
        assert_eq!(violation.witnesses.len(), 2);
    }

    #[test]
    fn a_vote_on_the_wire_is_a_vote() {
        let mut court = Court::of(OneVotePerTerm::default());
        assert!(court.overhears(2, votes(0, 5)).is_ok());
        assert!(court.hears(2, votes(1, 5)).is_err());
    }

    #[test]
    fn the_same_vote_again_and_another_in_a_later_term_are_in_order() {
        let mut court = Court::of(OneVotePerTerm::default());
        assert!(court.hears(2, votes(0, 5)).is_ok());
        assert!(court.overhears(2, votes(0, 5)).is_ok());
        assert!(court.hears(2, votes(1, 6)).is_ok());
        assert!(court.hears(1, votes(1, 5)).is_ok());
    }
}
