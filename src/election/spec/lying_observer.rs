//! The lying observer: what a node says to others and shows of itself must be what it declares.
//!
//! The other invariants believe declarations. An algorithm that keeps silent about its leaders, or
//! declares one vote and sends another, would pass them all.

use super::said::{Said, led, violation};
use super::{Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// Whoever leads on the wire or by its state has declared so, and no vote on the wire contradicts
/// the one that was promised.
#[derive(Clone, Debug, Default)]
pub struct LyingObserver {
    leads: BTreeSet<(NodeId, Term)>,
    votes: BTreeMap<(NodeId, Term), (NodeId, Said)>,
}

impl LyingObserver {
    const NAME: &'static str = "lying-observer";

    fn leads(&self, term: Term, said: Said) -> Verdict {
        if self.leads.contains(&(said.node, term)) {
            return Ok(());
        }
        let message = format!("{} leads term {term} and never declared it", said.node);
        Err(violation(Self::NAME, message, &[said]))
    }

    fn votes(&self, term: Term, candidate: NodeId, said: Said) -> Verdict {
        match self.votes.get(&(said.node, term)) {
            Some(&(promised, when)) if promised != candidate => {
                let message = format!(
                    "{} tells {candidate} that it has its vote in term {term}, which it promised \
                     to {promised}",
                    said.node
                );
                Err(violation(Self::NAME, message, &[when, said]))
            }
            _ => Ok(()),
        }
    }
}

impl<P> Invariant<P> for LyingObserver
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "what a node says on the wire and shows of its state agrees with what it declares"
    }

    fn kind(&self) -> Kind {
        Kind::Honesty
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::LeaderElected { term } => {
                self.leads.insert((node, term));
            }
            // The last promise: a node that breaks an older one is caught as a double voter.
            Observation::VoteGranted { candidate, term } => {
                let said = Said::declared(world, node, *said);
                self.votes.insert((node, term), (candidate, said));
            }
            _ => {}
        }
        Ok(())
    }

    fn on_claim(&mut self, node: NodeId, claim: &Observation, world: &World) -> Verdict {
        let said = Said::on_the_wire(world, node, *claim);
        match *claim {
            Observation::LeaderElected { term } => self.leads(term, said),
            Observation::VoteGranted { candidate, term } => self.votes(term, candidate, said),
            _ => Ok(()),
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) -> Verdict {
        match view.and_then(led) {
            Some(term) => self.leads(term, Said::to_lead(world, node, term)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, leads, votes};
    use super::*;

    #[test]
    fn a_leader_that_never_declared_itself_is_caught_by_its_words_and_by_its_state() {
        let mut court = Court::of(LyingObserver::default());
        assert!(court.hears(0, leads(1)).is_ok());
        assert!(court.overhears(0, leads(2)).is_err());
        assert!(court.sees_leader(0, 2).is_err());
        assert!(court.overhears(1, leads(1)).is_err());
    }

    #[test]
    fn a_vote_sent_to_another_than_it_was_promised_to_is_caught() {
        let mut court = Court::of(LyingObserver::default());
        assert!(court.hears(2, votes(0, 5)).is_ok());
        let violation = court.overhears(2, votes(1, 5)).expect_err("it was promised to n0");
        assert_eq!(violation.witnesses.len(), 2);
    }

    #[test]
    fn words_that_follow_declarations_are_in_order() {
        let mut court = Court::of(LyingObserver::default());
        assert!(court.hears(0, leads(1)).is_ok());
        assert!(court.sees_leader(0, 1).is_ok());
        assert!(court.overhears(0, leads(1)).is_ok());
        assert!(court.hears(2, votes(0, 5)).is_ok());
        assert!(court.overhears(2, votes(0, 5)).is_ok());
        assert!(court.overhears(2, votes(1, 4)).is_ok());
    }
}
