//! The lying observer: what a server shows of its state, and tells clients, is what it declares.

use super::said::{Said, violation};
use super::{Observation, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Kind, Verdict};
use crate::ownership::shard::{ShardId, ShardSet};
use crate::ownership::store::{OperationId, Version};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// Whoever serves a shard by its state has declared it, and whoever tells a client that its write
/// is done has promised that.
#[derive(Clone, Debug, Default)]
pub struct LyingObserver {
    serves: BTreeMap<NodeId, ShardSet>,
    promised: BTreeSet<(NodeId, OperationId)>,
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
            Observation::Serves { shard, .. } => self.serves.entry(node).or_default().insert(shard),
            Observation::Stops { shard, .. } => self.serves.entry(node).or_default().remove(shard),
            Observation::Applied { id, .. } | Observation::Repeated { id, .. } => {
                self.promised.insert((node, id));
            }
            _ => {}
        }
        Ok(())
    }

    fn on_claim(&mut self, node: NodeId, claim: &Observation, world: &World) -> Verdict {
        let Observation::Repeated { id, .. } = *claim else { return Ok(()) };
        if self.promised.contains(&(node, id)) {
            return Ok(());
        }
        let message = format!("{node} says that {id} is done and never declared it");
        Err(violation(Self::NAME, message, &[&Said::now(world, node, claim)]))
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) -> Verdict {
        let Some(view) = view else {
            self.serves.remove(&node);
            return Ok(());
        };
        let declared = self.serves.get(&node).copied().unwrap_or_default();
        let mut all = declared;
        all.extend(&view.serves);
        if all == declared {
            return Ok(());
        }
        let hidden = |shard: &ShardId| view.serves.contains(*shard) && !declared.contains(*shard);
        let shard = ShardId::all(ShardSet::CAPACITY).find(hidden).unwrap_or(ShardId(0));
        let message = format!("{node} serves {shard} and never declared it");
        let shown = Observation::Serves { shard, epoch: view.epoch, version: Version::default() };
        Err(violation(Self::NAME, message, &[&Said::now(world, node, &shown)]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, repeats, serves, stops, writes};
    use super::*;

    #[test]
    fn who_serves_by_its_state_has_declared_it_and_not_taken_it_back() {
        let mut court = Court::of(LyingObserver::default());
        assert!(court.hears(1, serves(0, 0)).is_ok());
        assert!(court.sees(1, &[0]).is_ok());
        let violation = court.sees(1, &[0, 2]).expect_err("shard 2 was not declared");
        assert_eq!(violation.message, "n1 serves shard 2 and never declared it");
        assert!(court.hears(1, stops(0)).is_ok());
        assert!(court.sees(1, &[]).is_ok());
        assert!(court.sees(1, &[0]).is_err());
        assert!(court.hears(2, serves(0, 0)).is_ok());
        assert!(court.sees_crash(2).is_ok());
        assert!(court.sees(2, &[0]).is_err(), "that was another life");
    }

    #[test]
    fn a_write_that_is_said_to_be_done_was_promised() {
        let mut court = Court::of(LyingObserver::default());
        assert!(court.hears(1, writes(0, 1, 1)).is_ok());
        assert!(court.overhears(1, repeats(1, 0)).is_ok());
        assert!(court.overhears(2, repeats(1, 0)).is_err());
    }
}
