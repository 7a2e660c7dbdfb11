//! The fault budget: how many disks the faults of one run may harm.
//!
//! A disk is harmed once it has lost anything that was synced, and stays so for the rest of the
//! run. A fault that would leave fewer unharmed disks than the algorithm survives with - all of
//! them where it assumes `honest-disk`, else a majority - does not strike, and its report says so,
//! unless the scenario says `exceed = ["honest-disk"]`.
//!
//! Why all of them: an algorithm that counts on its disks has no cure for one that forgets. Raft,
//! with a single server that has lost its disk, elects a leader without a committed entry.

use crate::assumption::Assumptions;
use crate::id::{NodeId, NodeSet};
use serde::{Deserialize, Serialize};

/// The disks that count, and how many of them no fault may harm. The default spares none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskBudget {
    /// The nodes whose disks hold the copies.
    pub holders: Vec<NodeId>,
    /// How many of them keep an unharmed disk throughout.
    pub spared: u32,
    /// Whether faults go beyond it on purpose.
    pub exceed: bool,
}

impl DiskBudget {
    /// What an algorithm that assumes this survives of the disks of these nodes.
    pub fn of(assumptions: &Assumptions, holders: Vec<NodeId>, exceed: bool) -> Self {
        let count = holders.len() as u32;
        let spared = if assumptions.honest_disk { count } else { count / 2 + 1 };
        DiskBudget { holders, spared, exceed }
    }
}

/// The account of one run.
#[derive(Clone, Debug)]
pub struct DiskLedger {
    budget: DiskBudget,
    harmed: NodeSet,
    is_exceeded: bool,
}

impl DiskLedger {
    /// No disk is harmed yet.
    pub const fn new(budget: DiskBudget) -> Self {
        DiskLedger { budget, harmed: NodeSet::new(), is_exceeded: false }
    }

    /// Notes that these disks are harmed too; `false`, with nothing noted, if they must not be.
    pub fn charge(&mut self, disks: &[NodeId]) -> bool {
        let is_whole = |node: &&NodeId| !self.harmed.contains(**node) && !disks.contains(node);
        let left = self.budget.holders.iter().filter(is_whole).count();
        if left < self.budget.spared as usize {
            if !self.budget.exceed {
                return false;
            }
            self.is_exceeded = true;
        }
        disks.iter().for_each(|disk| {
            self.harmed.insert(*disk);
        });
        true
    }

    /// Whether more disks are harmed than the algorithm survives.
    pub const fn is_exceeded(&self) -> bool {
        self.is_exceeded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(honest_disk: bool, exceed: bool) -> DiskLedger {
        let assumptions = Assumptions { honest_disk, ..Assumptions::default() };
        DiskLedger::new(DiskBudget::of(&assumptions, nodes(&[0, 1, 2, 3, 4]), exceed))
    }

    fn nodes(numbers: &[u32]) -> Vec<NodeId> {
        numbers.iter().copied().map(NodeId::new).collect()
    }

    #[test]
    fn a_majority_is_spared_over_the_whole_run() {
        let mut ledger = ledger(false, false);
        assert!(ledger.charge(&nodes(&[3])) && ledger.charge(&nodes(&[3, 1])));
        assert!(!ledger.charge(&nodes(&[0])), "a third disk of five");
        assert!(ledger.charge(&nodes(&[1, 3])), "these are harmed already");
        assert!(!ledger.is_exceeded());
    }

    #[test]
    fn a_refusal_is_whole_and_notes_nothing() {
        let mut ledger = ledger(false, false);
        assert!(!ledger.charge(&nodes(&[0, 1, 2])));
        assert!(ledger.charge(&nodes(&[3, 4])));
    }

    #[test]
    fn who_counts_on_honest_disks_keeps_them_all() {
        let mut ledger = ledger(true, false);
        assert!(!ledger.charge(&nodes(&[2])));
        assert!(ledger.charge(&nodes(&[])) && ledger.charge(&nodes(&[7])), "no holder's disk");
    }

    #[test]
    fn what_goes_beyond_on_purpose_is_told() {
        let mut ledger = ledger(true, true);
        assert!(ledger.charge(&nodes(&[7])) && !ledger.is_exceeded());
        assert!(ledger.charge(&nodes(&[2])) && ledger.is_exceeded());
    }

    #[test]
    fn without_a_budget_everything_may_be_harmed() {
        let mut ledger = DiskLedger::new(DiskBudget::default());
        assert!(ledger.charge(&nodes(&[0, 1, 2])) && !ledger.is_exceeded());
    }
}
