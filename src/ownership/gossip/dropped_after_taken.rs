//! A copy is dropped only when another server has taken it.
//!
//! What no view says any more where it is, is still somewhere: so all of it comes together again
//! when views agree. Of writes that the merge of two copies does not keep this says nothing.

use super::node::GossipStore;
use super::said::Said;
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::ownership::shard::ShardId;
use crate::ownership::spec::Observation;
use crate::ownership::store::Version;
use crate::world::World;
use std::collections::BTreeMap;

/// Who drops a copy leaves one behind that has come as far, on the disk of another.
#[derive(Clone, Debug, Default)]
pub struct DroppedAfterTaken {
    /// Who has copies of a shard on its disk, and how far they have come.
    copies: BTreeMap<ShardId, BTreeMap<NodeId, Version>>,
}

impl Invariant<GossipStore> for DroppedAfterTaken {
    fn name(&self) -> &'static str {
        "dropped-after-taken"
    }

    fn explains(&self) -> &'static str {
        "a copy of a shard is dropped only when another server has one on its disk that has come \
         as far"
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        match *said {
            Said::Taken { shard, version }
            | Said::Store(Observation::Applied { shard, version, wrote: Some(_), .. }) => {
                self.copies.entry(shard).or_default().insert(node, version);
            }
            Said::Dropped { shard, version } => {
                let copies = self.copies.entry(shard).or_default();
                copies.remove(&node);
                if version > Version::default() && copies.values().all(|it| *it < version) {
                    let what = format!("drops {shard} at {version}");
                    return Err(Violation {
                        invariant: "dropped-after-taken",
                        message: format!("{node} {what}, and nobody has it"),
                        witnesses: vec![Witness::now(world, node, what)],
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::store::{OperationId, Writer};
    use crate::time::Clock;

    #[test]
    fn who_drops_what_nobody_has_is_caught() {
        let (mut judge, world) =
            (DroppedAfterTaken::default(), World::new(vec![Clock::default(); 5]));
        let mut hears = |node, said| judge.on_observation(NodeId::new(node), &said, &world);
        let shard = ShardId(0);
        let taken = |version| Said::Taken { shard, version: Version(version) };
        let drops = |version| Said::Dropped { shard, version: Version(version) };
        let writes = |number| {
            let id = OperationId { writer: Writer { node: NodeId::new(4), life: 0 }, number };
            let (version, wrote) = (Version(number), Some(number));
            Said::Store(Observation::Applied { id, shard, key: 0, version, wrote })
        };
        assert!(hears(3, drops(0)).is_ok(), "there is nothing in it");
        assert!(hears(1, writes(1)).is_ok());
        assert!(hears(1, writes(2)).is_ok());
        assert!(hears(2, taken(2)).is_ok());
        assert!(hears(1, drops(2)).is_ok());
        let violation = hears(2, drops(2)).expect_err("it was the last");
        assert_eq!(violation.message, "n2 drops shard 0 at version 2, and nobody has it");
    }
}
