//! The lying observer: who says that it has a write, or keeps it for another, has declared it.

use super::cell::Stamp;
use super::node::ReplicaStore;
use super::said::Said;
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Verdict, Violation, Witness};
use crate::world::World;
use std::collections::BTreeMap;

/// What a server says on the wire it has promised.
#[derive(Clone, Debug, Default)]
pub struct LyingObserver {
    stored: BTreeMap<(NodeId, u64), Stamp>,
    hinted: BTreeMap<(NodeId, NodeId, u64), Stamp>,
}

impl LyingObserver {
    const NAME: &'static str = "lying-observer";
}

impl Invariant<ReplicaStore> for LyingObserver {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "who says that it has a write, or keeps it for another, has declared it"
    }

    fn kind(&self) -> Kind {
        Kind::Honesty
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, _: &World) -> Verdict {
        let (declared, stamp) = match *said {
            Said::Stored { key, stamp } => (self.stored.entry((node, key)).or_insert(stamp), stamp),
            Said::Hinted { target, key, stamp } => {
                (self.hinted.entry((node, target, key)).or_insert(stamp), stamp)
            }
            _ => return Ok(()),
        };
        *declared = (*declared).max(stamp);
        Ok(())
    }

    fn on_claim(&mut self, node: NodeId, claim: &Said, world: &World) -> Verdict {
        let (declared, stamp, what) = match *claim {
            Said::Stored { key, stamp } => {
                let what = format!("says that it has {stamp} of key {key}");
                (self.stored.get(&(node, key)), stamp, what)
            }
            Said::Hinted { target, key, stamp } => {
                let what = format!("says that it keeps {stamp} of key {key} for {target}");
                (self.hinted.get(&(node, target, key)), stamp, what)
            }
            _ => return Ok(()),
        };
        if declared.is_some_and(|declared| *declared >= stamp) {
            return Ok(());
        }
        let message = format!("{node} {what} and never declared it");
        let witnesses = vec![Witness::now(world, node, what)];
        Err(Violation { invariant: Self::NAME, message, witnesses })
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::Court;
    use super::*;

    #[test]
    fn what_is_said_was_declared_before() {
        let mut court = Court::of(LyingObserver::default());
        assert!(court.overhears(1, Court::stored(1)).is_err());
        assert!(court.hears(1, Court::stored(2)).is_ok());
        assert!(court.overhears(1, Court::stored(1)).is_ok(), "it has a later one");
        assert!(court.overhears(2, Court::stored(1)).is_err());
        let kept = || Said::Hinted { target: NodeId::new(3), key: 0, stamp: Court::stamp(1) };
        assert!(court.overhears(1, kept()).is_err());
        assert!(court.hears(1, kept()).is_ok());
        assert!(court.overhears(1, kept()).is_ok());
    }
}
