//! The lying observer: what a node says on the wire and shows of itself must be what it declares.
//!
//! The other judges believe declarations. A client that keeps silent about what it holds, or a
//! server that tells a client of a grant and declares none, would pass them all.

use super::said::{Said, violation};
use super::{LockId, Observation, Phase, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeSet;

/// Whoever holds a lock by its state has declared it, and every grant on the wire was promised.
#[derive(Clone, Debug, Default)]
pub struct LyingObserver {
    holds: BTreeSet<(NodeId, LockId)>,
    granted: BTreeSet<(NodeId, LockId, NodeId, u64)>,
}

impl LyingObserver {
    const NAME: &'static str = "lying-observer";
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

    fn on_observation(&mut self, node: NodeId, said: &Observation, _: &World) -> Verdict {
        match *said {
            Observation::Acquired { lock, .. } => {
                self.holds.insert((node, lock));
            }
            Observation::Released { lock, .. } | Observation::Lost { lock, .. } => {
                self.holds.remove(&(node, lock));
            }
            Observation::Granted { lock, client, request, .. } => {
                self.granted.insert((node, lock, client, request));
            }
            _ => {}
        }
        Ok(())
    }

    fn on_claim(&mut self, node: NodeId, claim: &Observation, world: &World) -> Verdict {
        let Observation::Granted { lock, client, request, .. } = *claim else { return Ok(()) };
        if self.granted.contains(&(node, lock, client, request)) {
            return Ok(());
        }
        let message = format!("{node} tells {client} that it has {lock} and never declared it");
        Err(violation(Self::NAME, message, &[Said::now(world, node, *claim)]))
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) -> Verdict {
        let Some(view) = view else {
            self.holds.retain(|(holder, _)| *holder != node);
            return Ok(());
        };
        if view.phase != Phase::Holds || self.holds.contains(&(node, view.lock)) {
            return Ok(());
        }
        let message = format!("{node} holds {} and never declared it", view.lock);
        let shown = Observation::Acquired { lock: view.lock, request: 0, token: None };
        Err(violation(Self::NAME, message, &[Said::now(world, node, shown)]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, acquires, grants, releases};
    use super::*;

    #[test]
    fn who_holds_by_its_state_has_declared_it_and_not_taken_it_back() {
        let mut court = Court::of(LyingObserver::default());
        assert!(court.hears(1, acquires(1)).is_ok());
        assert!(court.sees(1, Phase::Holds).is_ok());
        assert!(court.hears(1, releases(1)).is_ok());
        assert!(court.sees(1, Phase::Idle).is_ok());
        assert!(court.sees(1, Phase::Holds).is_err());
        assert!(court.hears(2, acquires(1)).is_ok());
        assert!(court.sees_crash(2).is_ok());
        assert!(court.sees(2, Phase::Holds).is_err(), "that was another life");
    }

    #[test]
    fn a_grant_on_the_wire_was_promised() {
        let mut court = Court::of(LyingObserver::default());
        assert!(court.hears(0, grants(1, 7, None)).is_ok());
        assert!(court.overhears(0, grants(1, 7, None)).is_ok());
        assert!(court.overhears(0, grants(2, 7, None)).is_err());
    }
}
