//! A ballot is led in one life of its server: what it knew of its followers dies with it.

use super::said::{Said, violation};
use super::{Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// No server that restarts leads a ballot that it led before.
///
/// Elections whose leaders live in memory alone may break it and be right; those on which a
/// consensus stands that tells the messages of two reigns apart by their ballot may not.
#[derive(Clone, Debug, Default)]
pub struct OneLifePerBallot {
    /// How often each node has crashed.
    crashes: BTreeMap<NodeId, u32>,
    /// How often it had crashed when it first led a ballot.
    led: BTreeMap<(NodeId, Term), (u32, Said)>,
}

impl OneLifePerBallot {
    const NAME: &'static str = "one-life-per-ballot";
}

impl<P> Invariant<P> for OneLifePerBallot
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "a server that restarts never leads on in a ballot of its former life (Omni-Paxos, 5: a \
         recovered server takes a new ballot)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let Observation::LeaderElected { term } = *said else { return Ok(()) };
        let life = self.crashes.get(&node).copied().unwrap_or(0);
        let said = Said::declared(world, node, *said);
        let (first_life, first) = *self.led.entry((node, term)).or_insert((life, said));
        if first_life == life {
            return Ok(());
        }
        let message = format!("{node} leads term {term} again after a restart");
        Err(violation(Self::NAME, message, &[first, said]))
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, _: &World) -> Verdict {
        if view.is_none() {
            *self.crashes.entry(node).or_default() += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, leads};
    use super::*;

    #[test]
    fn a_ballot_led_again_after_a_restart_is_caught_and_a_new_one_is_not() {
        let mut court = Court::of(OneLifePerBallot::default());
        assert!(court.hears(1, leads(4)).is_ok());
        assert!(court.hears(1, leads(4)).is_ok());
        assert!(court.sees_crash(1).is_ok());
        assert!(court.hears(1, leads(5)).is_ok());
        let violation = court.hears(1, leads(4)).expect_err("it is of its former life");
        assert_eq!(violation.message, "n1 leads term 4 again after a restart");
    }

    #[test]
    fn what_another_server_led_is_not_its_business() {
        let mut court = Court::of(OneLifePerBallot::default());
        assert!(court.hears(1, leads(4)).is_ok());
        assert!(court.sees_crash(1).is_ok());
        assert!(court.hears(2, leads(4)).is_ok());
    }
}
