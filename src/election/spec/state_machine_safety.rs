//! State machine safety: all nodes apply the same entries in the same places, once and for all.

use super::declared_log::of_node;
use super::said::{Said, violation};
use super::{LogIndex, Observation, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;

/// No two nodes apply different entries at one index, and no node takes back what it applied.
#[derive(Clone, Debug, Default)]
pub struct StateMachineSafety {
    /// By index, from 1: the digest of what was first known to be committed up to there.
    applied: Vec<Option<(u64, Said)>>,
    /// By node: the last entry that it applied, in any of its lives.
    last: Vec<Option<(LogIndex, Said)>>,
}

impl StateMachineSafety {
    const NAME: &'static str = "state-machine-safety";

    fn applies(&mut self, index: LogIndex, prefix: u64, said: Said) -> Verdict {
        let slot = index.0.saturating_sub(1) as usize;
        if self.applied.len() <= slot {
            self.applied.resize(slot + 1, None);
        }
        let (first, when) = *self.applied[slot].get_or_insert((prefix, said));
        if first != prefix {
            let message = format!(
                "{} and {} apply different entries at index {index} or before it",
                when.node, said.node
            );
            return Err(violation(Self::NAME, message, &[when, said]));
        }
        let last = of_node(&mut self.last, said.node);
        if last.is_none_or(|(before, _)| before < index) {
            *last = Some((index, said));
        }
        Ok(())
    }

    fn appends(&mut self, index: LogIndex, prefix: u64, said: Said) -> Verdict {
        let slot = index.0.saturating_sub(1) as usize;
        match self.applied.get(slot).copied().flatten() {
            Some((applied, _)) if applied != prefix => self.drops(index, said),
            _ => Ok(()),
        }
    }

    fn drops(&mut self, from: LogIndex, said: Said) -> Verdict {
        match *of_node(&mut self.last, said.node) {
            Some((last, when)) if from <= last => {
                let message = format!(
                    "{} drops entry {from} from its log after it had applied entry {last}",
                    said.node
                );
                Err(violation(Self::NAME, message, &[when, said]))
            }
            _ => Ok(()),
        }
    }
}

impl<P> Invariant<P> for StateMachineSafety
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "no two servers ever apply different entries at the same index (Raft, 5.4.3)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let declared = Said::declared(world, node, *said);
        match *said {
            Observation::EntryCommitted { index, prefix, .. } => {
                self.applies(index, prefix, declared)
            }
            Observation::EntryAppended { index, prefix, .. } => {
                self.appends(index, prefix, declared)
            }
            Observation::LogTruncated { from } => self.drops(from, declared),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, appends, commits};
    use super::*;

    #[test]
    fn different_entries_at_one_index_are_caught() {
        let mut court = Court::of(StateMachineSafety::default());
        assert!(court.hears(0, commits(1, 1, 0xa, 1)).is_ok());
        let violation = court.hears(1, commits(1, 2, 0xb, 2)).expect_err("they differ");
        assert!(violation.message.starts_with("n0 and n1 apply different entries at index 1"));
    }

    #[test]
    fn a_node_that_drops_or_replaces_what_it_applied_is_caught_after_a_restart_too() {
        let mut court = Court::of(StateMachineSafety::default());
        assert!(court.hears(0, commits(1, 1, 0xa, 1)).is_ok());
        assert!(court.hears(0, commits(2, 1, 0xb, 1)).is_ok());
        assert!(court.sees_crash(0).is_ok());
        let from = LogIndex(2);
        let violation = court.hears(0, Observation::LogTruncated { from }).expect_err("dropped");
        let expected = "n0 drops entry 2 from its log after it had applied entry 2";
        assert_eq!(violation.message, expected);
        assert!(court.hears(0, appends(1, 2, 0xc)).is_err());
    }

    #[test]
    fn applying_again_after_a_restart_and_dropping_the_rest_are_in_order() {
        let mut court = Court::of(StateMachineSafety::default());
        assert!(court.hears(0, commits(1, 1, 0xa, 1)).is_ok());
        assert!(court.sees_crash(0).is_ok());
        assert!(court.hears(0, appends(1, 1, 0xa)).is_ok());
        assert!(court.hears(0, commits(1, 1, 0xa, 3)).is_ok());
        assert!(court.hears(0, Observation::LogTruncated { from: LogIndex(2) }).is_ok());
        assert!(court.hears(1, appends(1, 2, 0xb)).is_ok());
    }
}
