//! One token: whoever has it may enter, so that there must be no second.
//!
//! The token is with a node or on its way to one. What becomes of it is followed hand by hand: one
//! that comes from nowhere is a second token, even if nobody has used it yet.

use super::said::{Said, violation};
use super::{LockId, Observation};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// Where a token is, as the last who had to do with it said.
#[derive(Clone, Copy, Debug)]
enum Place {
    With(Said),
    OnItsWay {
        to: NodeId,
        sent: Said,
    },
    /// Whoever had it has crashed.
    Gone,
}

/// Of each lock there is one token at most, held by a node or in flight to one.
#[derive(Clone, Debug, Default)]
pub struct OneToken {
    tokens: BTreeMap<LockId, Place>,
}

impl OneToken {
    const NAME: &'static str = "one-token";

    fn receives(&mut self, lock: LockId, from: NodeId, said: Said) -> Verdict {
        let before = self.tokens.insert(lock, Place::With(said));
        let elsewhere = match before {
            None | Some(Place::Gone) => return Ok(()),
            Some(Place::OnItsWay { to, sent }) if to == said.node && sent.node == from => {
                return Ok(());
            }
            Some(Place::OnItsWay { sent, .. }) => sent,
            Some(Place::With(holder)) => holder,
        };
        let message = format!("{} receives a second token of {lock}", said.node);
        Err(violation(Self::NAME, message, &[elsewhere, said]))
    }

    fn sends(&mut self, lock: LockId, to: NodeId, said: Said) -> Verdict {
        match self.tokens.insert(lock, Place::OnItsWay { to, sent: said }) {
            Some(Place::With(holder)) if holder.node == said.node => Ok(()),
            None | Some(Place::Gone) => Ok(()),
            Some(Place::With(elsewhere) | Place::OnItsWay { sent: elsewhere, .. }) => {
                let message = format!("{} sends a second token of {lock}", said.node);
                Err(violation(Self::NAME, message, &[elsewhere, said]))
            }
        }
    }
}

impl<P> Invariant<P> for OneToken
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "of each lock there is one token at most, held or in flight (Suzuki and Kasami 1985)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let now = Said::now(world, node, *said);
        match *said {
            Observation::TokenReceived { lock, from } => self.receives(lock, from, now),
            Observation::TokenSent { lock, to } => self.sends(lock, to, now),
            _ => Ok(()),
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&P::View>, _: &World) -> Verdict {
        if view.is_none() {
            for place in self.tokens.values_mut() {
                if matches!(place, Place::With(holder) if holder.node == node) {
                    *place = Place::Gone;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, n};
    use super::*;

    const LOCK: LockId = LockId(0);

    fn sends(to: u32) -> Observation {
        Observation::TokenSent { lock: LOCK, to: n(to) }
    }

    fn receives(from: u32) -> Observation {
        Observation::TokenReceived { lock: LOCK, from: n(from) }
    }

    /// n0 has begun with the token and sent it to n1.
    fn in_flight() -> Court {
        let mut court = Court::of(OneToken::default());
        assert!(court.hears(0, receives(0)).is_ok());
        assert!(court.hears(0, sends(1)).is_ok());
        court
    }

    #[test]
    fn a_token_that_goes_from_hand_to_hand_is_one() {
        let mut court = in_flight();
        assert!(court.hears(1, receives(0)).is_ok());
        assert!(court.hears(1, sends(0)).is_ok());
        assert!(court.hears(0, receives(1)).is_ok());
    }

    #[test]
    fn a_copy_is_caught_before_anybody_has_used_it() {
        let mut court = in_flight();
        assert!(court.hears(1, receives(0)).is_ok());
        let violation = court.hears(1, receives(0)).expect_err("it has come before");
        assert_eq!(violation.message, "n1 receives a second token of lock 0");
        assert_eq!(violation.witnesses.len(), 2);
    }

    #[test]
    fn a_token_out_of_nothing_is_caught_while_the_other_is_in_flight() {
        assert!(in_flight().hears(2, receives(2)).is_err());
        assert!(in_flight().hears(1, receives(2)).is_err(), "that is not the one from n0");
        assert!(in_flight().hears(2, sends(1)).is_err(), "n2 has none to send");
        assert!(in_flight().hears(0, sends(2)).is_err(), "n0 has none any more");
    }

    #[test]
    fn a_token_may_be_made_anew_when_whoever_had_it_has_crashed() {
        let mut court = in_flight();
        assert!(court.hears(1, receives(0)).is_ok());
        assert!(court.sees_crash(0).is_ok());
        assert!(court.sees_crash(1).is_ok());
        assert!(court.hears(2, receives(2)).is_ok());
        assert!(court.hears(3, receives(3)).is_err());
    }
}
