//! Incarnations: only a member itself says that it is alive anew.

use super::{Incarnation, Observation, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// Nobody speaks of an incarnation of a member that the member itself has not claimed.
#[derive(Clone, Debug, Default)]
pub struct OwnIncarnation {
    /// The highest that each member has claimed, and how it did.
    claimed: BTreeMap<NodeId, (Incarnation, Witness)>,
}

impl<P> Invariant<P> for OwnIncarnation
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        "own-incarnation"
    }

    fn explains(&self) -> &'static str {
        "only a member itself raises its incarnation (SWIM, section 4.2)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let (member, incarnation) = match *said {
            Observation::Refuted { incarnation } => {
                let witness = Witness::now(world, node, format!("is alive as {incarnation}"));
                let claimed = self.claimed.entry(node).or_insert((incarnation, witness.clone()));
                if claimed.0 < incarnation {
                    *claimed = (incarnation, witness);
                }
                return Ok(());
            }
            Observation::Suspected { member, incarnation }
            | Observation::Confirmed { member, incarnation }
            | Observation::Restored { member, incarnation } => (member, incarnation),
        };
        let claimed = self.claimed.get(&member);
        let highest = claimed.map_or(Incarnation(0), |(highest, _)| *highest);
        if incarnation <= highest {
            return Ok(());
        }
        let mut witnesses: Vec<Witness> =
            claimed.map(|(_, when)| when.clone()).into_iter().collect();
        witnesses.push(Witness::now(world, node, format!("speaks of {member} as {incarnation}")));
        Err(Violation {
            invariant: "own-incarnation",
            message: format!(
                "{node} speaks of incarnation {incarnation} of {member}, who has claimed {highest}"
            ),
            witnesses,
        })
    }
}
