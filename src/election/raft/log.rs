//! The replicated log (section 5.3): entries in order, each with the term of the leader that
//! made it, and a digest of everything up to it.

use crate::election::spec::{LogIndex, Members, Term};
use crate::fingerprint::Fingerprint;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One entry: what a leader of this term put at its place in the log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry<C> {
    /// The term of the leader that made it.
    pub term: Term,
    /// The client's command; `None` in the entry that a new leader appends for itself.
    pub command: Option<C>,
    /// Who belongs from here on; `None` where nothing changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Box<Members>>,
}

impl<C> Entry<C> {
    /// An entry that changes no members.
    pub const fn of(term: Term, command: Option<C>) -> Self {
        Entry { term, command, members: None }
    }
}

/// Few entries are configurations: the others say nothing of members.
impl<C: fmt::Debug> fmt::Debug for Entry<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Entry");
        shown.field("term", &self.term);
        match &self.members {
            Some(members) => shown.field("members", members),
            None => shown.field("command", &self.command),
        };
        shown.finish()
    }
}

/// Where a log ends. Ordered as section 5.4.1 compares logs: by the last term, then by length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogEnd {
    /// The term of the entry at `index`; 0 before the first entry.
    pub term: Term,
    /// The position.
    pub index: LogIndex,
}

/// Entries from index 1 on.
#[derive(Clone, Debug, Serialize)]
pub struct Log<C> {
    entries: Vec<Entry<C>>,
    /// For each entry, the digest of all entries up to and with it.
    prefixes: Vec<u64>,
    /// Where the configurations stand, so that the last is found without a search.
    #[serde(skip)]
    configurations: Vec<LogIndex>,
}

impl<C> Default for Log<C> {
    fn default() -> Self {
        Log { entries: Vec::new(), prefixes: Vec::new(), configurations: Vec::new() }
    }
}

impl<C> Log<C> {
    /// Where it ends.
    pub fn last(&self) -> LogEnd {
        let term = self.entries.last().map_or(Term(0), |entry| entry.term);
        LogEnd { term, index: LogIndex(self.entries.len() as u64) }
    }

    /// The entry at a position; `None` before the first and behind the last.
    pub fn entry(&self, index: LogIndex) -> Option<&Entry<C>> {
        slot(index).and_then(|slot| self.entries.get(slot))
    }

    /// The term at a position: 0 before the first entry, `None` behind the last.
    pub fn term_at(&self, index: LogIndex) -> Option<Term> {
        if index == LogIndex(0) {
            return Some(Term(0));
        }
        self.entry(index).map(|entry| entry.term)
    }

    /// The digest of all entries up to and with this one; `None` if there is no such entry.
    pub fn prefix(&self, index: LogIndex) -> Option<u64> {
        slot(index).and_then(|slot| self.prefixes.get(slot)).copied()
    }

    /// The last configuration in it, and where it stands; `None` if it holds none.
    pub fn members(&self) -> Option<(LogIndex, &Members)> {
        let index = *self.configurations.last()?;
        Some((index, self.members_at(index)?))
    }

    /// The last configuration before this position.
    pub(super) fn members_before(&self, index: LogIndex) -> Option<&Members> {
        let earlier = self.configurations.iter().rev().find(|other| **other < index)?;
        self.members_at(*earlier)
    }

    fn members_at(&self, index: LogIndex) -> Option<&Members> {
        self.entry(index)?.members.as_deref()
    }

    /// At most so many entries behind `after`.
    pub fn behind(&self, after: LogIndex, limit: usize) -> &[Entry<C>] {
        let from = (after.0 as usize).min(self.entries.len());
        &self.entries[from..self.entries.len().min(from.saturating_add(limit))]
    }

    /// Where a leader that was told of a mismatch at `index` goes on: behind the whole term that
    /// conflicts there, which saves a round trip per entry (end of section 5.3).
    pub(super) fn retry_after(&self, index: LogIndex) -> LogIndex {
        let mut after = LogIndex(index.0.saturating_sub(1));
        match self.term_at(index) {
            None => self.last().index,
            Some(conflicting) => {
                while after > LogIndex(0) && self.term_at(after) == Some(conflicting) {
                    after.0 -= 1;
                }
                after
            }
        }
    }
}

impl<C: Clone + Serialize> Log<C> {
    /// Puts entries behind `after`, in place of whatever stood there.
    ///
    /// Where `after` lies behind the end nothing happens: a disk that lost an earlier write and
    /// kept this one holds the log up to the hole.
    pub(super) fn put(&mut self, after: LogIndex, entries: &[Entry<C>]) {
        if after > self.last().index {
            return;
        }
        self.entries.truncate(after.0 as usize);
        self.prefixes.truncate(after.0 as usize);
        self.configurations.retain(|index| *index <= after);
        for entry in entries {
            let digest = self.digest_with(entry);
            self.prefixes.push(digest);
            if entry.members.is_some() {
                self.configurations.push(LogIndex(self.prefixes.len() as u64));
            }
            self.entries.push(entry.clone());
        }
    }

    fn digest_with(&self, entry: &Entry<C>) -> u64 {
        let mut digest = Fingerprint::EMPTY;
        digest.fold(self.prefixes.last().copied().unwrap_or(0));
        digest.fold2(self.entries.len() as u64 + 1, entry.term.0);
        digest.fold_value(&entry.command);
        if let Some(members) = &entry.members {
            digest.fold_value(members);
        }
        digest.value()
    }
}

fn slot(index: LogIndex) -> Option<usize> {
    index.0.checked_sub(1).map(|slot| slot as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;

    fn log(terms: &[u64]) -> Log<u64> {
        let mut log = Log::default();
        let entries: Vec<_> = terms.iter().map(|&term| Entry::of(Term(term), Some(term))).collect();
        log.put(LogIndex(0), &entries);
        log
    }

    #[test]
    fn a_log_with_a_later_last_term_is_more_up_to_date_than_a_longer_one() {
        assert!(log(&[1, 3]).last() > log(&[1, 2, 2, 2]).last());
        assert!(log(&[1, 2, 2]).last() > log(&[1, 2]).last());
    }

    #[test]
    fn equal_prefixes_have_equal_digests_and_others_do_not() {
        let (a, b) = (log(&[1, 1, 2]), log(&[1, 1, 3]));
        assert_eq!(a.prefix(LogIndex(2)), b.prefix(LogIndex(2)));
        assert_ne!(a.prefix(LogIndex(3)), b.prefix(LogIndex(3)));
        assert_eq!((a.prefix(LogIndex(0)), a.prefix(LogIndex(4))), (None, None));
    }

    #[test]
    fn entries_replace_what_stood_behind_their_place() {
        let mut log = log(&[1, 2, 2, 2]);
        log.put(LogIndex(1), &[Entry::of(Term(3), None)]);
        assert_eq!(log.last(), LogEnd { term: Term(3), index: LogIndex(2) });
        assert_eq!(log.term_at(LogIndex(3)), None);
    }

    #[test]
    fn a_configuration_goes_with_its_entry_and_the_one_before_it_holds_again() {
        let voter = |number| Members::of([NodeId::new(number)]);
        let entry = |term, number| Entry::<u64> {
            members: Some(Box::new(voter(number))),
            ..Entry::of(Term(term), None)
        };
        let mut log = Log::default();
        log.put(LogIndex(0), &[Entry::of(Term(1), None), entry(1, 1), entry(1, 2)]);
        assert_eq!(log.members(), Some((LogIndex(3), &voter(2))));
        assert_eq!(log.members_before(LogIndex(3)), Some(&voter(1)));
        log.put(LogIndex(2), &[Entry::of(Term(2), None)]);
        assert_eq!(log.members(), Some((LogIndex(2), &voter(1))));
        assert_eq!(log.members_before(LogIndex(2)), None);
        log.put(LogIndex(1), &[entry(3, 3)]);
        assert_eq!(log.members(), Some((LogIndex(2), &voter(3))));
    }

    #[test]
    fn what_a_configuration_says_is_part_of_the_digest() {
        let digest = |members: &[u32]| {
            let members = Members::of(members.iter().copied().map(NodeId::new));
            let mut log = Log::<u64>::default();
            let entry = Entry { members: Some(Box::new(members)), ..Entry::of(Term(1), None) };
            log.put(LogIndex(0), &[entry]);
            log.prefix(LogIndex(1))
        };
        assert_ne!(digest(&[0, 1]), digest(&[0, 2]));
    }

    #[test]
    fn an_entry_behind_a_hole_is_not_in_the_log() {
        let mut log = log(&[1]);
        log.put(LogIndex(2), &[Entry::of(Term(1), None)]);
        assert_eq!(log.last().index, LogIndex(1));
    }

    #[test]
    fn a_mismatch_is_retried_behind_the_conflicting_term() {
        let log = log(&[1, 1, 2, 2, 2]);
        assert_eq!(log.retry_after(LogIndex(5)), LogIndex(2));
        assert_eq!(log.retry_after(LogIndex(9)), LogIndex(5));
        assert_eq!(log.retry_after(LogIndex(1)), LogIndex(0));
    }
}
