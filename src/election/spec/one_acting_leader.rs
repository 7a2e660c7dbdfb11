//! Leaders act one after another: whoever is superseded acts no more.
//!
//! To believe that one leads harms nobody; to act on it does. An election by quorum does not
//! promise this - what an old leader does is refused by the quorum of the new one. An election by
//! leases does, as long as clocks and messages are as good as it assumes.

use super::said::{Said, violation};
use super::{Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;

/// Nobody acts as the leader of a reign once somebody has acted in a later one, nor two nodes in
/// the same.
#[derive(Clone, Debug, Default)]
pub struct OneActingLeader {
    latest: Option<(Term, Said)>,
}

impl OneActingLeader {
    const NAME: &'static str = "one-acting-leader";

    fn judge(&mut self, term: Term, said: Said) -> Verdict {
        match self.latest {
            Some((latest, when)) if latest > term || (latest == term && when.node != said.node) => {
                let message = format!(
                    "{} acts in term {term} after {} has acted in term {latest}",
                    said.node, when.node
                );
                Err(violation(Self::NAME, message, &[when, said]))
            }
            Some((latest, _)) if latest == term => Ok(()),
            _ => {
                self.latest = Some((term, said));
                Ok(())
            }
        }
    }
}

impl<P> Invariant<P> for OneActingLeader
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "no leader acts once a later one has acted (client-go: what it calls fencing and does not \
         guarantee)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::LeaderActed { term } => {
                self.judge(term, Said::declared(world, node, *said))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::Court;
    use super::*;

    const fn acts(term: u64) -> Observation {
        Observation::LeaderActed { term: Term(term) }
    }

    #[test]
    fn whoever_acts_after_a_later_leader_has_acted_is_caught() {
        let mut court = Court::of(OneActingLeader::default());
        assert!(court.hears(0, acts(3)).is_ok());
        assert!(court.hears(1, acts(4)).is_ok());
        let violation = court.hears(0, acts(3)).expect_err("n1 has acted since");
        assert_eq!(violation.message, "n0 acts in term 3 after n1 has acted in term 4");
        assert!(court.hears(2, acts(4)).is_err(), "a reign has one leader");
    }

    #[test]
    fn leaders_that_act_one_after_another_are_in_order() {
        let mut court = Court::of(OneActingLeader::default());
        for (node, term) in [(0, 1), (0, 1), (1, 2), (0, 5), (0, 5)] {
            assert!(court.hears(node, acts(term)).is_ok());
        }
    }
}
