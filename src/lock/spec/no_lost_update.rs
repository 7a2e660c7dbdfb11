//! No lost update: what a lock is for. Holders read, change what they have read, and write it; if
//! two do so at once, the second writes over what the first has changed.

use super::Observation;
use super::said::violation;
use super::updates::Updates;
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Verdict};
use crate::protocol::Protocol;
use crate::world::World;

/// Whatever was acknowledged is in the present state of the resource: lost = acknowledged minus
/// present, at every moment.
#[derive(Clone, Debug, Default)]
pub struct NoLostUpdate {
    updates: Updates,
}

impl NoLostUpdate {
    const NAME: &'static str = "no-lost-update";
}

impl<P> Invariant<P> for NoLostUpdate
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "an acknowledged write is never written over by somebody who had not read it (Jepsen: \
         etcd 3.4.3, locks)"
    }

    fn kind(&self) -> Kind {
        Kind::Effect
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        if !self.updates.hear(node, said, world) {
            return Ok(());
        }
        let Some(loss) = self.updates.losses().next() else { return Ok(()) };
        let message = format!(
            "state {} was acknowledged to {} and is lost: the present state was not made from it",
            loss.lost, loss.acknowledged.node
        );
        Err(violation(Self::NAME, message, &[loss.acknowledged, loss.by]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, accepts, acknowledges};
    use super::*;

    #[test]
    fn an_acknowledged_write_that_somebody_writes_over_unread_is_lost() {
        let mut court = Court::of(NoLostUpdate::default());
        assert!(court.hears(0, accepts(1, 1, 0, 1)).is_ok());
        assert!(court.hears(1, acknowledges(1)).is_ok());
        let violation = court.hears(0, accepts(2, 2, 0, 2)).expect_err("state 1 was not read");
        assert_eq!(
            violation.message,
            "state 1 was acknowledged to n1 and is lost: the present state was not made from it"
        );
        assert_eq!(violation.witnesses.len(), 2);
    }

    #[test]
    fn a_write_that_is_lost_before_it_is_acknowledged_is_caught_then() {
        let mut court = Court::of(NoLostUpdate::default());
        assert!(court.hears(0, accepts(1, 1, 0, 1)).is_ok());
        assert!(court.hears(0, accepts(2, 2, 0, 2)).is_ok(), "nobody was told of state 1 yet");
        assert!(court.hears(2, acknowledges(2)).is_ok());
        assert!(court.hears(1, acknowledges(1)).is_err());
    }

    #[test]
    fn whatever_was_read_is_kept() {
        let mut court = Court::of(NoLostUpdate::default());
        for state in 1..=5 {
            assert!(court.hears(0, accepts(1, state, state - 1, state)).is_ok());
            assert!(court.hears(1, acknowledges(state)).is_ok());
        }
    }

    #[test]
    fn what_is_declared_again_after_a_restart_loses_nothing() {
        let mut court = Court::of(NoLostUpdate::default());
        for _ in 0..2 {
            for state in 1..=3 {
                assert!(court.hears(0, accepts(1, state, state - 1, state)).is_ok());
                assert!(court.hears(1, acknowledges(state)).is_ok());
            }
        }
    }

    #[test]
    fn a_loss_far_back_is_found() {
        let mut court = Court::of(NoLostUpdate::default());
        for (read, written) in [(0, 1), (1, 2), (2, 3)] {
            assert!(court.hears(0, accepts(1, 1, read, written)).is_ok());
        }
        assert!(court.hears(1, acknowledges(1)).is_ok());
        assert!(court.hears(1, acknowledges(2)).is_ok());
        assert!(court.hears(0, accepts(2, 2, 2, 4)).is_ok(), "only state 3 is gone, unknown yet");
        assert!(court.hears(0, accepts(2, 2, 1, 5)).is_err(), "state 2 was acknowledged");
    }
}
