//! A node's log as it declared it: what judges know without looking into the node.
//!
//! Every declaration is a promise, so a crash takes none of it back; but a disk may keep more than
//! was promised, or, when it is broken, less. A node therefore declares its log again at boot, and
//! what is known of it ends with a crash.

use super::{LogIndex, Observation};
use crate::id::NodeId;

/// The digests of the log's prefixes, from index 1 on.
#[derive(Clone, Debug, Default)]
pub(super) struct DeclaredLog {
    prefixes: Vec<u64>,
}

impl DeclaredLog {
    /// The digest of the log up to and with this entry; `None` if it is shorter.
    pub(super) fn prefix(&self, index: LogIndex) -> Option<u64> {
        self.prefixes.get(index.0.checked_sub(1)? as usize).copied()
    }

    pub(super) fn clear(&mut self) {
        self.prefixes.clear();
    }

    /// Takes note of an observation that changes the log; others change nothing.
    pub(super) fn note(&mut self, observation: &Observation) {
        match *observation {
            Observation::EntryAppended { index, prefix, .. } => self.append(index, prefix),
            Observation::LogTruncated { from } => self.truncate_to(from.0.saturating_sub(1)),
            _ => {}
        }
    }

    fn append(&mut self, index: LogIndex, prefix: u64) {
        if self.prefix(index) == Some(prefix) {
            return;
        }
        let before = index.0.saturating_sub(1);
        self.truncate_to(before);
        // The digest vouches for all entries up to this one; those that were never declared stay
        // unknown, and no digest is zero.
        self.prefixes.resize(before as usize, 0);
        self.prefixes.push(prefix);
    }

    fn truncate_to(&mut self, entries: u64) {
        self.prefixes.truncate(entries as usize);
    }
}

/// The entry of a node in a table that grows as nodes are heard of.
pub(super) fn of_node<T: Default + Clone>(table: &mut Vec<T>, node: NodeId) -> &mut T {
    if table.len() <= node.index() {
        table.resize(node.index() + 1, T::default());
    }
    &mut table[node.index()]
}
