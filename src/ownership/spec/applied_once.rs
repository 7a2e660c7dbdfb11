//! No operation is applied twice, however often it is asked for and wherever its shard goes.

use super::Observation;
use super::said::{Said, violation};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::ownership::store::OperationId;
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// Each write is applied once.
#[derive(Clone, Debug, Default)]
pub struct AppliedOnce {
    applied: BTreeMap<OperationId, Said>,
}

impl AppliedOnce {
    const NAME: &'static str = "applied-once";
}

impl<P> Invariant<P> for AppliedOnce
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "a write is applied once, also if its shard moves before it is asked for again (O-NODUP)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let Observation::Applied { id, wrote: Some(_), .. } = *said else { return Ok(()) };
        let now = Said::now(world, node, said);
        match self.applied.get(&id) {
            Some(before) => {
                let message = format!("{id} was applied by {} and again by {node}", before.node);
                Err(violation(Self::NAME, message, &[before, &now]))
            }
            None => {
                self.applied.insert(id, now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, reads, repeats, writes};
    use super::*;

    #[test]
    fn a_write_that_is_applied_again_is_caught_and_a_read_is_not() {
        let mut court = Court::of(AppliedOnce::default());
        assert!(court.hears(1, writes(0, 1, 1)).is_ok());
        assert!(court.hears(1, reads(0, 2, 1)).is_ok());
        assert!(court.hears(2, reads(0, 2, 1)).is_ok());
        assert!(court.hears(2, repeats(1, 1)).is_ok(), "it is not applied again");
        let violation = court.hears(2, writes(0, 1, 2)).expect_err("n1 has applied it");
        assert_eq!(violation.message, "operation 1 of n4 was applied by n1 and again by n2");
    }
}
