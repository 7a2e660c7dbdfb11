//! Only the owner: a grant is released and extended by whom it was made to, and for the request
//! that it was made for.

use super::said::{Said, violation};
use super::{Ended, Observation};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;

/// No authority ends or extends a grant because somebody else asked for it, nor because its owner
/// asked for another grant of its own.
#[derive(Clone, Debug, Default)]
pub struct OwnerOnly;

impl OwnerOnly {
    const NAME: &'static str = "owner-only";
}

impl<P> Invariant<P> for OwnerOnly
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "a grant is released and extended only by its owner, for the request it was made for \
         (Redis: a lock is removed only if its value is the client's own)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let (verb, owner, asked) = match *said {
            Observation::GrantEnded {
                client,
                request,
                ended: Ended::Release { by, request: asked },
                ..
            } => ("ends", (client, request), (by, asked)),
            Observation::GrantExtended { client, request, by, asked_for, .. } => {
                ("extends", (client, request), (by, asked_for))
            }
            _ => return Ok(()),
        };
        if owner == asked {
            return Ok(());
        }
        let message = format!(
            "{node} {verb} the grant of {} (request {}) because {} asked for that of its request \
             {}",
            owner.0, owner.1, asked.0, asked.1
        );
        Err(violation(Self::NAME, message, &[Said::now(world, node, *said)]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::LockId;
    use super::super::court::{Court, n};
    use super::*;

    fn ends(client: u32, request: u64, by: u32, asked: u64) -> Observation {
        let ended = Ended::Release { by: n(by), request: asked };
        Observation::GrantEnded { lock: LockId(0), client: n(client), request, ended }
    }

    #[test]
    fn a_release_by_somebody_else_or_of_an_older_request_is_caught() {
        let mut court = Court::of(OwnerOnly);
        assert!(court.hears(0, ends(1, 7, 1, 7)).is_ok());
        let violation = court.hears(0, ends(2, 1, 1, 7)).expect_err("it is n2's");
        assert_eq!(
            violation.message,
            "n0 ends the grant of n2 (request 1) because n1 asked for that of its request 7"
        );
        assert!(court.hears(0, ends(1, 8, 1, 7)).is_err(), "its own, but of an older request");
    }

    #[test]
    fn an_extension_is_the_owners_too_and_anything_may_expire() {
        let mut court = Court::of(OwnerOnly);
        let (lock, client, request) = (LockId(0), n(1), 7);
        let ended = Ended::Expiry;
        assert!(court.hears(0, Observation::GrantEnded { lock, client, request, ended }).is_ok());
        let by =
            |by, asked_for| Observation::GrantExtended { lock, client, request, by, asked_for };
        assert!(court.hears(0, by(n(1), 7)).is_ok());
        assert!(court.hears(0, by(n(2), 7)).is_err());
    }
}
