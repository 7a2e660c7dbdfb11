//! Leader completeness: what is committed in a term is in the log of every later leader.
//!
//! Judged from both sides: a new leader that lacks an entry known to be committed in an older
//! term, and an entry found committed in an older term that a later leader began without.

use super::declared_log::{DeclaredLog, of_node};
use super::said::{Said, violation};
use super::{LogIndex, Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
struct Committed {
    index: LogIndex,
    prefix: u64,
    /// The term in which it was first known: it was committed in that term or before.
    learned_in: Term,
    said: Said,
}

/// A committed entry is in the logs of the leaders of all higher terms.
#[derive(Clone, Debug, Default)]
pub struct LeaderCompleteness {
    logs: Vec<DeclaredLog>,
    /// By index, from 1; `None` where the declaration skipped one.
    committed: Vec<Option<Committed>>,
    /// The leaders' logs as they were when they were elected.
    leaders: BTreeMap<Term, (DeclaredLog, Said)>,
}

impl LeaderCompleteness {
    const NAME: &'static str = "leader-completeness";

    fn elected(&mut self, term: Term, said: Said) -> Verdict {
        let log = of_node(&mut self.logs, said.node);
        // The digest of an entry vouches for all before it, so the last one is enough.
        let older = |entry: &&Committed| entry.learned_in < term;
        let last = self.committed.iter().rev().flatten().find(older);
        let verdict = match last {
            Some(entry) if log.prefix(entry.index) != Some(entry.prefix) => {
                Err(lacks(entry, term, said))
            }
            _ => Ok(()),
        };
        self.leaders.entry(term).or_insert_with(|| (log.clone(), said));
        verdict
    }

    fn learned(&mut self, entry: Committed) -> Verdict {
        let slot = entry.index.0.saturating_sub(1) as usize;
        if self.committed.len() <= slot {
            self.committed.resize(slot + 1, None);
        }
        if self.committed[slot].is_some_and(|known| known.learned_in <= entry.learned_in) {
            return Ok(());
        }
        self.committed[slot] = Some(entry);
        let mut later = self.leaders.range(Term(entry.learned_in.0 + 1)..);
        match later.find(|(_, (log, _))| log.prefix(entry.index) != Some(entry.prefix)) {
            Some((&term, &(_, elected))) => Err(lacks(&entry, term, elected)),
            None => Ok(()),
        }
    }
}

fn lacks(entry: &Committed, term: Term, elected: Said) -> Violation {
    let message = format!(
        "{} leads term {term} without entry {}, which {} knows in term {} to be committed",
        elected.node, entry.index, entry.said.node, entry.learned_in
    );
    violation(LeaderCompleteness::NAME, message, &[entry.said, elected])
}

impl<P> Invariant<P> for LeaderCompleteness
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "an entry committed in a term is in the logs of the leaders of all later terms (Raft, 5.4)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        let declared = Said::declared(world, node, *said);
        match *said {
            Observation::LeaderElected { term } => self.elected(term, declared),
            Observation::EntryCommitted { index, prefix, learned_in, .. } => {
                self.learned(Committed { index, prefix, learned_in, said: declared })
            }
            _ => {
                of_node(&mut self.logs, node).note(said);
                Ok(())
            }
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, _: &World) -> Verdict {
        if view.is_none() {
            of_node(&mut self.logs, node).clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, appends, commits, leads};
    use super::*;

    #[test]
    fn a_leader_without_a_committed_entry_is_caught_when_it_is_elected() {
        let mut court = Court::of(LeaderCompleteness::default());
        assert!(court.hears(0, appends(1, 1, 0xa)).is_ok());
        assert!(court.hears(0, commits(1, 1, 0xa, 1)).is_ok());
        let violation = court.hears(1, leads(2)).expect_err("n1 holds nothing");
        assert_eq!(
            violation.message,
            "n1 leads term 2 without entry 1, which n0 knows in term 1 to be committed"
        );
    }

    #[test]
    fn a_commit_that_a_later_leader_began_without_is_caught_even_if_it_holds_it_now() {
        let mut court = Court::of(LeaderCompleteness::default());
        assert!(court.hears(1, leads(2)).is_ok());
        assert!(court.hears(1, appends(1, 1, 0xa)).is_ok());
        let violation = court.hears(0, commits(1, 1, 0xa, 1)).expect_err("n1 began without it");
        assert_eq!(violation.witnesses[0].what, "leads term 2");
    }

    #[test]
    fn a_leader_that_holds_another_entry_there_is_caught() {
        let mut court = Court::of(LeaderCompleteness::default());
        assert!(court.hears(0, commits(1, 1, 0xa, 1)).is_ok());
        assert!(court.hears(1, appends(1, 1, 0xb)).is_ok());
        assert!(court.hears(1, leads(2)).is_err());
    }

    #[test]
    fn leaders_that_hold_what_was_committed_before_them_are_in_order() {
        let mut court = Court::of(LeaderCompleteness::default());
        assert!(court.hears(1, appends(1, 1, 0xa)).is_ok());
        assert!(court.hears(0, commits(1, 1, 0xa, 1)).is_ok());
        assert!(court.hears(1, leads(2)).is_ok());
        // Committed in term 2 itself: no leader of a later term yet.
        assert!(court.hears(1, appends(2, 2, 0xb)).is_ok());
        assert!(court.hears(1, commits(2, 2, 0xb, 2)).is_ok());
        // A leader of an older term, elected late, owes nothing to later terms.
        assert!(court.hears(2, leads(1)).is_ok());
        // Learned again, later, by a follower.
        assert!(court.hears(3, commits(1, 1, 0xa, 3)).is_ok());
    }

    #[test]
    fn a_log_that_the_disk_lost_is_not_held() {
        let mut court = Court::of(LeaderCompleteness::default());
        assert!(court.hears(1, appends(1, 1, 0xa)).is_ok());
        assert!(court.hears(1, commits(1, 1, 0xa, 1)).is_ok());
        assert!(court.sees_crash(1).is_ok());
        assert!(court.hears(1, leads(2)).is_err());
    }
}
