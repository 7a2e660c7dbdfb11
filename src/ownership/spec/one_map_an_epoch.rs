//! One map for an epoch.
//!
//! A number stands for one set of owners. Where it does not, servers of the same epoch give shards
//! to who does not wait for them, or serve them twice: what is seen of it depends on the protocol,
//! and this is where it begins.

use super::Observation;
use super::said::{Said, violation};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::ownership::map::disagreement_ppm;
use crate::ownership::shard::Epoch;
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// Whoever goes by an epoch names the owners that all others of that epoch name.
#[derive(Clone, Debug, Default)]
pub struct OneMapAnEpoch {
    /// The first who has named the owners of an epoch.
    first: BTreeMap<Epoch, (Vec<NodeId>, Said)>,
}

impl<P> Invariant<P> for OneMapAnEpoch
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        "one-map-an-epoch"
    }

    fn explains(&self) -> &'static str {
        "all nodes of an epoch name the same owners (H-DET)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let Observation::Adopted { epoch, owners } = said else { return Ok(()) };
        let now = Said::now(world, node, said);
        let Some((known, first)) = self.first.get(epoch) else {
            self.first.insert(*epoch, (owners.clone(), now));
            return Ok(());
        };
        if known == owners {
            return Ok(());
        }
        let percent = disagreement_ppm(known, owners) / 10_000;
        let message = format!(
            "{} and {node} name different owners of {percent} % of the shards in {epoch}",
            first.node
        );
        Err(violation("one-map-an-epoch", message, &[first, &now]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::Court;
    use super::*;

    #[test]
    fn other_owners_under_the_same_number_are_caught() {
        let adopts = |epoch: u64, owners: [u32; 4]| Observation::Adopted {
            epoch: Epoch(epoch),
            owners: owners.map(NodeId::new).to_vec(),
        };
        let mut court = Court::of(OneMapAnEpoch::default());
        assert!(court.hears(0, adopts(1, [1, 2, 1, 2])).is_ok());
        assert!(court.hears(1, adopts(1, [1, 2, 1, 2])).is_ok());
        assert!(court.hears(1, adopts(2, [1, 3, 1, 2])).is_ok());
        let violation = court.hears(2, adopts(2, [1, 3, 1, 3])).expect_err("not the same map");
        assert_eq!(
            violation.message,
            "n1 and n2 name different owners of 25 % of the shards in epoch 2"
        );
    }
}
