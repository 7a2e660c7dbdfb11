//! Log matching: an index and a term name one log prefix in the whole cluster.

use super::said::{Said, violation};
use super::{LogIndex, Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// If two logs hold an entry with the same index and term, they are the same up to it.
#[derive(Clone, Debug, Default)]
pub struct LogMatching {
    prefixes: BTreeMap<(LogIndex, Term), (u64, Said)>,
}

impl LogMatching {
    const NAME: &'static str = "log-matching";
}

impl<P> Invariant<P> for LogMatching
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "logs that hold an entry with the same index and term are the same up to it (Raft, 5.3)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let Observation::EntryAppended { index, term, prefix } = *said else { return Ok(()) };
        let said = Said::declared(world, node, *said);
        let (first, when) = *self.prefixes.entry((index, term)).or_insert((prefix, said));
        if first == prefix {
            return Ok(());
        }
        let message = format!(
            "{} and {node} both hold entry {index} of term {term}, but their logs differ up to it",
            when.node
        );
        Err(violation(Self::NAME, message, &[when, said]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, appends};
    use super::*;

    #[test]
    fn logs_that_differ_below_an_equal_entry_are_caught() {
        let mut court = Court::of(LogMatching::default());
        assert!(court.hears(0, appends(2, 1, 0xa)).is_ok());
        let violation = court.hears(1, appends(2, 1, 0xb)).expect_err("the logs differ");
        assert!(violation.message.starts_with("n0 and n1 both hold entry 2 of term 1"));
    }

    #[test]
    fn equal_logs_and_entries_of_other_terms_are_in_order() {
        let mut court = Court::of(LogMatching::default());
        assert!(court.hears(0, appends(2, 1, 0xa)).is_ok());
        assert!(court.hears(1, appends(2, 1, 0xa)).is_ok());
        assert!(court.hears(2, appends(2, 2, 0xc)).is_ok());
    }
}
