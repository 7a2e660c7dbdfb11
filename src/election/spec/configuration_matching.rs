//! Configuration matching: the log alone says who the members are.

use super::said::{Said, violation};
use super::{LogIndex, Observation, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// Whoever acts by the configuration of an entry acts by the same one, if the logs up to it are
/// the same.
///
/// What a quorum is follows from the configuration, so two nodes that read one log differently
/// may both be sure of a majority.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationMatching {
    /// By the entry and the digest of the log up to it.
    configurations: BTreeMap<(LogIndex, u64), (u64, Said)>,
}

impl ConfigurationMatching {
    const NAME: &'static str = "configuration-matching";
}

impl<P> Invariant<P> for ConfigurationMatching
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "servers with the same log act by the same configuration (Raft, thesis 4.1)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let Observation::MembersAdopted { index, prefix, members, .. } = *said else {
            return Ok(());
        };
        let said = Said::declared(world, node, *said);
        let known = self.configurations.entry((index, prefix)).or_insert((members, said));
        let (first, when) = *known;
        if first == members {
            return Ok(());
        }
        let message = format!(
            "{} and {node} take different members from entry {index} of the same log",
            when.node
        );
        Err(violation(Self::NAME, message, &[when, said]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::Court;
    use super::*;

    const fn adopts(index: u64, prefix: u64, members: u64) -> Observation {
        let index = LogIndex(index);
        Observation::MembersAdopted { index, prefix, members, voters: 3, learners: 1 }
    }

    #[test]
    fn different_members_from_one_log_are_caught() {
        let mut court = Court::of(ConfigurationMatching::default());
        assert!(court.hears(0, adopts(2, 0xa, 7)).is_ok());
        let violation = court.hears(1, adopts(2, 0xa, 8)).expect_err("the log is the same");
        assert_eq!(
            violation.message,
            "n0 and n1 take different members from entry 2 of the same log"
        );
    }

    #[test]
    fn other_logs_may_hold_other_members() {
        let mut court = Court::of(ConfigurationMatching::default());
        assert!(court.hears(0, adopts(2, 0xa, 7)).is_ok());
        assert!(court.hears(1, adopts(2, 0xb, 8)).is_ok());
        assert!(court.hears(2, adopts(3, 0xa, 9)).is_ok());
        assert!(court.hears(3, adopts(2, 0xa, 7)).is_ok());
    }
}
