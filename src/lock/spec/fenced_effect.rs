//! Mutual exclusion of effects: what the resource accepts comes from one holder after another.
//!
//! Two clients may believe for a while that they hold the lock. That harms nobody as long as the
//! resource takes no write of the first once it has taken one of the second.

use super::said::{Said, violation};
use super::{LockId, Observation, Token, Version};
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// The tokens of the writes that a resource accepts never go back. A resource that restarts may
/// declare again what it had accepted.
#[derive(Clone, Debug, Default)]
pub struct FencedEffect {
    highest: BTreeMap<LockId, (Token, Said)>,
    /// What was declared before: each state, and who wrote it for which request.
    declared: BTreeSet<(LockId, Version, NodeId, u64)>,
}

impl FencedEffect {
    const NAME: &'static str = "fenced-effect";

    fn judge(&mut self, lock: LockId, client: NodeId, token: Token, said: Said) -> Verdict {
        match self.highest.get(&lock) {
            Some((highest, when)) if *highest > token => {
                let message = format!(
                    "{} accepts a write of {client} under token {token} after one under token \
                     {highest}",
                    said.node
                );
                Err(violation(Self::NAME, message, &[*when, said]))
            }
            _ => {
                self.highest.insert(lock, (token, said));
                Ok(())
            }
        }
    }
}

impl<P> Invariant<P> for FencedEffect
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "the resource accepts no write under a token older than one it has accepted (Kleppmann \
         2016, fencing)"
    }

    fn kind(&self) -> Kind {
        Kind::Effect
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::WriteAccepted {
                lock,
                client,
                request,
                token: Some(token),
                written,
                ..
            } if self.declared.insert((lock, written, client, request)) => {
                self.judge(lock, client, token, Said::now(world, node, *said))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, accepts};
    use super::*;

    #[test]
    fn what_is_declared_again_after_a_restart_is_not_accepted_again() {
        let mut court = Court::of(FencedEffect::default());
        for _ in 0..2 {
            assert!(court.hears(0, accepts(1, 33, 0, 1)).is_ok());
            assert!(court.hears(0, accepts(2, 34, 1, 2)).is_ok());
        }
    }

    #[test]
    fn a_write_under_an_old_token_is_caught_and_the_same_token_again_is_not() {
        let mut court = Court::of(FencedEffect::default());
        assert!(court.hears(0, accepts(1, 33, 0, 1)).is_ok());
        assert!(court.hears(0, accepts(2, 34, 1, 2)).is_ok());
        assert!(court.hears(0, accepts(2, 34, 2, 3)).is_ok());
        let violation = court.hears(0, accepts(1, 33, 1, 4)).expect_err("33 is behind 34");
        assert_eq!(
            violation.message,
            "n0 accepts a write of n1 under token 33 after one under token 34"
        );
    }
}
