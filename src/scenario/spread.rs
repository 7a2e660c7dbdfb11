//! Strikes that are spread: each node of the target is struck at its own time by a fault of its
//! own, as when a rack loses power and its machines go one after another.
//!
//! A length is drawn for every node of the scenario, struck or not, so that the choice of the
//! target moves nobody's time. Nodes that are known before the run get their faults here; where
//! only the run can tell who they are, the engine makes them ([`Action::Spread`]).

use super::check::Check;
use super::draw::later;
use super::fault::{FaultEntry, Kind};
use super::lengths::Lengths;
use crate::fault::{Action, Fault, Target};
use crate::id::{FaultId, NodeId};
use crate::time::Duration;

/// Takes a fault apart: how much later each node of the run is struck is given.
pub(super) fn apart(fault: Fault, offsets: &[Duration]) -> Vec<Fault> {
    let nodes = match &fault.who {
        Target::Nodes(nodes) => nodes.clone(),
        Target::All => (0..offsets.len() as u32).map(NodeId::new).collect(),
        Target::Role(_) => {
            let action = Box::new(fault.action);
            let action = Action::Spread { action, offsets: offsets.to_vec() };
            return vec![Fault { action, ..fault }];
        }
    };
    let own = |node: NodeId| Fault {
        when: later(&fault.when, offsets[node.index()]),
        who: Target::Nodes(vec![node]),
        ..fault.clone()
    };
    nodes.into_iter().map(own).collect()
}

/// Numbers the faults of the timeline. One that the run takes apart is followed by the numbers of
/// the faults that it may become.
pub(super) fn number(faults: &mut [Fault]) {
    let mut next = 0;
    for fault in faults {
        fault.id = FaultId(next);
        next += match &fault.action {
            Action::Spread { offsets, .. } => 1 + offsets.len() as u32,
            _ => 1,
        };
    }
}

impl Check<'_> {
    /// Checks what is said of a spread; how many faults one strike may become by it.
    pub fn spread(&mut self, fault: &FaultEntry, kinds: &[Kind<'_>]) -> u64 {
        let Some(spread) = &fault.spread else { return 1 };
        if let [kind] = kinds {
            if kind.entry.who().is_none() {
                let problem =
                    format!("a {} strikes links, not nodes; leave `spread` out", kind.name);
                self.wrong(spread.place(), problem);
            }
        }
        let Some(size) = self.size else { return 1 };
        match &**spread {
            Lengths::List(list) if list.len() != size as usize => {
                let problem = format!("{} lengths for {size} nodes", list.len());
                self.wrong(spread.place(), format!("{problem}; write one for each, or a range"));
            }
            _ => {}
        }
        if let Some(at) = &fault.at {
            self.within_storm(spread.place(), at.max + spread.max());
        }
        1 + u64::from(size)
    }
}
