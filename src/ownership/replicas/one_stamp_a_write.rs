//! A write has one place in the order of all writes of its key, however often it is asked for.

use super::cell::Stamp;
use super::node::ReplicaStore;
use super::said::Said;
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::ownership::store::OperationId;
use crate::world::World;
use std::collections::BTreeMap;

/// No write is stamped twice, and no two alike: else one takes effect twice, or one of two never.
#[derive(Clone, Debug, Default)]
pub struct OneStampAWrite {
    stamps: BTreeMap<OperationId, (Stamp, Witness)>,
}

impl OneStampAWrite {
    const NAME: &'static str = "one-stamp-a-write";
}

impl Invariant<ReplicaStore> for OneStampAWrite {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "a write has one place in the order of all writes of its key, however often it is asked for"
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        let Said::Stamped { id, key, stamp } = *said else { return Ok(()) };
        let now = Witness::now(world, node, format!("{id} writes key {key} as {stamp}"));
        match self.stamps.insert(id, (stamp, now.clone())) {
            Some((before, then)) if before != stamp => Err(Violation {
                invariant: Self::NAME,
                message: format!("{id} is written as {before} and as {stamp}"),
                witnesses: vec![then, now],
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::Court;
    use super::*;

    #[test]
    fn a_write_that_is_stamped_again_is_caught() {
        let mut court = Court::of(OneStampAWrite::default());
        let stamped = |version| Said::Stamped {
            id: Court::stamp(1).by,
            key: 0,
            stamp: Court::stamp_at(version, 1),
        };
        assert!(court.hears(9, stamped(1)).is_ok());
        assert!(court.hears(9, stamped(1)).is_ok());
        let violation = court.hears(9, stamped(3)).expect_err("it had a place");
        assert_eq!(violation.witnesses.len(), 2);
    }
}
