//! Mutual exclusion of beliefs: no two nodes believe at one moment that they hold the same lock.
//!
//! The moment is one of true time, which no node knows. A lock by permission or by token keeps this
//! always; a lock by lease as long as clocks, messages and processes are as good as it assumes.

use super::Observation;
use super::beliefs::Beliefs;
use super::said::violation;
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Verdict};
use crate::protocol::Protocol;
use crate::world::World;

/// No two nodes believe at one moment that they hold the same lock. Who stands still goes on
/// believing; who crashes does not.
#[derive(Clone, Debug, Default)]
pub struct MutualExclusion {
    beliefs: Beliefs,
}

impl MutualExclusion {
    const NAME: &'static str = "mutual-exclusion";
}

impl<P> Invariant<P> for MutualExclusion
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "no two nodes believe at one moment that they hold the same lock (Dijkstra 1965; Lamport \
         1978, condition I)"
    }

    fn kind(&self) -> Kind {
        Kind::Belief
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        self.beliefs.hear(node, said, world);
        let Observation::Acquired { lock, .. } = *said else { return Ok(()) };
        match *self.beliefs.holders(lock) {
            [.., before, now] => {
                let message = format!("{} and {} both hold {lock}", before.node, now.node);
                Err(violation(Self::NAME, message, &[before, now]))
            }
            _ => Ok(()),
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, _: &World) -> Verdict {
        if view.is_none() {
            self.beliefs.crash(node);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::LockId;
    use super::super::court::{Court, acquires, releases};
    use super::*;

    #[test]
    fn two_who_hold_at_once_are_caught_and_each_is_a_witness() {
        let mut court = Court::of(MutualExclusion::default());
        assert!(court.hears(1, acquires(1)).is_ok());
        let violation = court.hears(2, acquires(1)).expect_err("n1 has not released");
        assert_eq!(violation.message, "n1 and n2 both hold lock 0");
        assert_eq!(violation.witnesses.len(), 2);
        assert_eq!(violation.witnesses[0].what, "holds lock 0 (request 1)");
    }

    #[test]
    fn who_released_or_lost_the_lock_or_crashed_holds_it_no_more() {
        let mut court = Court::of(MutualExclusion::default());
        assert!(court.hears(1, acquires(1)).is_ok());
        assert!(court.hears(1, releases(1)).is_ok());
        assert!(court.hears(2, acquires(1)).is_ok());
        let lost = Observation::Lost { lock: LockId(0), request: 1 };
        assert!(court.hears(2, lost).is_ok());
        assert!(court.hears(1, acquires(2)).is_ok());
        assert!(court.sees_crash(1).is_ok());
        assert!(court.hears(2, acquires(2)).is_ok());
    }

    #[test]
    fn locks_are_judged_apart_and_who_says_it_twice_is_one() {
        let mut court = Court::of(MutualExclusion::default());
        assert!(court.hears(1, acquires(1)).is_ok());
        assert!(court.hears(1, acquires(2)).is_ok());
        let other = Observation::Acquired { lock: LockId(1), request: 1, token: None };
        assert!(court.hears(2, other).is_ok());
        assert!(court.hears(2, releases(7)).is_ok(), "it holds no lock 0 to release");
        assert!(court.hears(2, acquires(3)).is_err());
    }
}
