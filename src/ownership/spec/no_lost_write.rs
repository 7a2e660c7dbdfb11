//! No acknowledged write is lost.
//!
//! A client that was told that its write is done may rely on it: a server has applied it, and no
//! shard goes back behind it.

use super::Observation;
use super::said::{Said, violation};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::ownership::shard::ShardId;
use crate::ownership::store::{OperationId, Reply, Version};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// What clients know to be done is in every later state of its shard, and was applied at all.
#[derive(Clone, Debug, Default)]
pub struct NoLostWrite {
    /// Writes that were applied and not yet acknowledged, as far as clients may still ask.
    applied: BTreeMap<OperationId, (ShardId, Version)>,
    /// The latest write of each shard that a client knows of.
    acknowledged: BTreeMap<ShardId, (Version, Said)>,
    /// Writes that a server has kept and never declared, until they were asked for again.
    repeated: BTreeSet<OperationId>,
    /// Acknowledged, and applied by nobody so far.
    unheard: BTreeMap<OperationId, Said>,
}

impl NoLostWrite {
    const NAME: &'static str = "no-lost-write";

    fn acknowledge(&mut self, shard: ShardId, version: Version, said: Said) {
        let is_newer = |(known, _): &(Version, Said)| *known < version;
        if self.acknowledged.get(&shard).is_none_or(is_newer) {
            self.acknowledged.insert(shard, (version, said));
        }
    }

    /// A server has the shard at this version; a write has made it.
    fn judge(&self, shard: ShardId, version: Version, is_write: bool, now: &Said) -> Verdict {
        let Some((known, said)) = self.acknowledged.get(&shard) else { return Ok(()) };
        if version.0 >= known.0 + u64::from(is_write) {
            return Ok(());
        }
        let message = format!(
            "{known} of {shard} was acknowledged to {} and is lost: {} has {version}",
            said.node, now.node
        );
        Err(violation(Self::NAME, message, &[said, now]))
    }
}

impl<P> Invariant<P> for NoLostWrite
where
    P: Protocol<Observation = Observation>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "a write that a client knows to be done survives every move (O-NOLOSS)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::Serves { shard, version, .. } => {
                self.judge(shard, version, false, &Said::now(world, node, said))
            }
            Observation::Applied { shard, version, wrote: None, .. } => {
                self.judge(shard, version, false, &Said::now(world, node, said))
            }
            Observation::Applied { id, shard, version, wrote: Some(_), .. } => {
                let verdict = self.judge(shard, version, true, &Said::now(world, node, said));
                self.applied.insert(id, (shard, version));
                if let Some(told) = self.unheard.remove(&id) {
                    self.acknowledge(shard, version, told);
                }
                verdict
            }
            Observation::Repeated { id, .. } => {
                if self.unheard.remove(&id).is_none() && !self.applied.contains_key(&id) {
                    self.repeated.insert(id);
                }
                Ok(())
            }
            Observation::Answered { id, reply: Reply::Done, .. } => {
                let told = Said::now(world, node, said);
                match self.applied.remove(&id) {
                    Some((shard, version)) => self.acknowledge(shard, version, told),
                    None if self.repeated.remove(&id) => {}
                    None => drop(self.unheard.insert(id, told)),
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn on_end(&mut self, _: &World) -> Verdict {
        let Some((id, told)) = self.unheard.first_key_value() else { return Ok(()) };
        let message = format!("{id} was acknowledged, and nobody has it");
        Err(violation(Self::NAME, message, &[told]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, done, repeats, serves, writes};
    use super::*;

    #[test]
    fn a_shard_that_goes_back_behind_an_acknowledged_write_has_lost_it() {
        let mut court = Court::of(NoLostWrite::default());
        assert!(court.hears(1, writes(0, 1, 1)).is_ok());
        assert!(court.hears(1, writes(0, 2, 2)).is_ok());
        assert!(court.hears(4, done(1)).is_ok());
        assert!(court.hears(2, serves(0, 1)).is_ok(), "nobody was told of version 2");
        assert!(court.hears(4, done(2)).is_ok());
        let violation = court.hears(2, serves(0, 1)).expect_err("version 2 is gone");
        assert_eq!(
            violation.message,
            "version 2 of shard 0 was acknowledged to n4 and is lost: n2 has version 1"
        );
    }

    #[test]
    fn what_was_acknowledged_must_have_been_applied_in_the_end() {
        let mut court = Court::of(NoLostWrite::default());
        assert!(court.hears(4, done(1)).is_ok());
        assert!(court.hears(1, writes(0, 1, 1)).is_ok());
        assert!(court.ends().is_ok(), "it was declared a little later");
        assert!(court.hears(4, done(2)).is_ok());
        assert!(court.ends().is_err());
        let mut court = Court::of(NoLostWrite::default());
        assert!(court.hears(1, repeats(3, 7)).is_ok());
        assert!(court.hears(4, done(3)).is_ok());
        assert!(court.ends().is_ok(), "a write that was kept undeclared is declared when repeated");
    }
}
