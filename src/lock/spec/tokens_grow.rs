//! Tokens grow: what tells a resource which of two holders is the later one.

use super::said::{Said, violation};
use super::{LockId, Observation, Token};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// Each grant of a lock has a higher token than all before it, restarts of the authority included.
/// The replicas of an authority may each declare the same grant.
#[derive(Clone, Debug, Default)]
pub struct TokensGrow {
    /// Who got each token, and who said so first.
    grants: BTreeMap<(LockId, Token), (NodeId, u64, Said)>,
}

impl TokensGrow {
    const NAME: &'static str = "tokens-grow";

    fn judge(
        &mut self,
        (lock, token): (LockId, Token),
        (client, request): (NodeId, u64),
        said: Said,
    ) -> Verdict {
        let same = self.grants.get(&(lock, token));
        if same.is_some_and(|(to, of, _)| (*to, *of) == (client, request)) {
            return Ok(());
        }
        let of_this = (lock, Token(0))..=(lock, Token(u64::MAX));
        let latest = self.grants.range(of_this).next_back();
        let superseded = latest.filter(|((_, highest), _)| *highest >= token);
        if let Some(((_, highest), (to, _, when))) = superseded {
            let message = format!(
                "{} grants {lock} to {client} under token {token} after {to} got it under token \
                 {highest}",
                said.node
            );
            return Err(violation(Self::NAME, message, &[*when, said]));
        }
        self.grants.insert((lock, token), (client, request, said));
        Ok(())
    }
}

impl<P> Invariant<P> for TokensGrow
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "each grant of a lock has a higher token than all before it (Chubby's lock generation \
         number; Kleppmann 2016)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::Granted { lock, client, request, token: Some(token) } => {
                self.judge((lock, token), (client, request), Said::now(world, node, *said))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, grants};
    use super::*;

    #[test]
    fn a_token_that_comes_again_for_somebody_else_is_caught() {
        let mut court = Court::of(TokensGrow::default());
        assert!(court.hears(0, grants(3, 1, Some(1))).is_ok());
        assert!(court.hears(0, grants(4, 1, Some(2))).is_ok());
        let violation = court.hears(0, grants(3, 2, Some(1))).expect_err("token 1 is used up");
        assert_eq!(
            violation.message,
            "n0 grants lock 0 to n3 under token 1 after n4 got it under token 2"
        );
        assert!(court.hears(0, grants(3, 9, Some(2))).is_err(), "a token has one grant");
    }

    #[test]
    fn replicas_may_tell_of_the_same_grant_and_of_old_ones() {
        let mut court = Court::of(TokensGrow::default());
        for node in [0, 1] {
            assert!(court.hears(node, grants(3, 1, Some(5))).is_ok());
            assert!(court.hears(node, grants(4, 1, Some(9))).is_ok());
        }
        assert!(court.hears(2, grants(4, 7, None)).is_ok(), "without a token nothing is promised");
    }
}
