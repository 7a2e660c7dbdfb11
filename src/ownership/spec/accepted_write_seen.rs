//! Every later owner sees the writes that were accepted before.
//!
//! A shard counts its writes. Whoever serves it after another, writes to it or reads from it must
//! have come as far as anybody who had it before.

use super::Observation;
use super::said::{Said, violation};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::ownership::shard::ShardId;
use crate::ownership::store::Version;
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// What is accepted at one epoch is seen at every later one: versions of a shard do not go back.
#[derive(Clone, Debug, Default)]
pub struct AcceptedWriteSeen {
    /// The highest version of each shard, and who declared it.
    newest: BTreeMap<ShardId, (Version, Said)>,
}

impl AcceptedWriteSeen {
    const NAME: &'static str = "accepted-write-seen";
}

impl<P> Invariant<P> for AcceptedWriteSeen
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "a write that was accepted is seen by every later owner, by its reads and its writes \
         (O-EPOCH)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let (shard, version, least) = match *said {
            Observation::Serves { shard, version, .. } => (shard, version, 0),
            Observation::Applied { shard, version, wrote, .. } => {
                (shard, version, u64::from(wrote.is_some()))
            }
            _ => return Ok(()),
        };
        let now = Said::now(world, node, said);
        let Some((newest, before)) = self.newest.get(&shard) else {
            if least > 0 {
                self.newest.insert(shard, (version, now));
            }
            return Ok(());
        };
        if version.0 < newest.0 + least {
            let message = format!(
                "{node} has {shard} at {version} and does not see {newest} that {} accepted",
                before.node
            );
            return Err(violation(Self::NAME, message, &[before, &now]));
        }
        if least > 0 {
            self.newest.insert(shard, (version, now));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, reads, serves, writes};
    use super::*;

    #[test]
    fn an_owner_that_begins_behind_what_was_accepted_is_caught() {
        let mut court = Court::of(AcceptedWriteSeen::default());
        assert!(court.hears(1, serves(0, 0)).is_ok());
        assert!(court.hears(1, writes(0, 1, 1)).is_ok());
        assert!(court.hears(1, writes(0, 2, 2)).is_ok());
        assert!(court.hears(2, serves(1, 0)).is_ok(), "another shard");
        let violation = court.hears(2, serves(0, 1)).expect_err("version 2 was accepted");
        assert_eq!(
            violation.message,
            "n2 has shard 0 at version 1 and does not see version 2 that n1 accepted"
        );
    }

    #[test]
    fn a_write_follows_all_before_and_a_read_sees_them() {
        let mut court = Court::of(AcceptedWriteSeen::default());
        assert!(court.hears(1, writes(0, 1, 1)).is_ok());
        assert!(court.hears(2, reads(0, 2, 1)).is_ok());
        assert!(court.hears(2, writes(0, 3, 3)).is_ok(), "one was kept that nobody declared");
        assert!(court.hears(1, reads(0, 4, 2)).is_err(), "a stale read");
        assert!(court.hears(1, writes(0, 5, 3)).is_err(), "version 3 is another write");
    }
}
