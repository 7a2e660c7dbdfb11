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
use crate::id::NodeId;
use crate::time::Duration;

/// Takes a fault apart: how much later each node of the run is struck is given.
pub(super) fn apart(fault: Fault, offsets: &[Duration]) -> Vec<Fault> {
    let nodes = match &fault.who {
        Target::Nodes(nodes) => nodes.clone(),
        Target::All => (0..offsets.len() as u32).map(NodeId::new).collect(),
        Target::Role(_) | Target::Chosen { .. } => {
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

/// How many numbers behind its own a fault keeps for those that it may become in the run.
pub(super) fn names_behind(action: &Action) -> u32 {
    match action {
        Action::Spread { offsets, .. } => offsets.len() as u32,
        _ => 0,
    }
}

impl Check<'_> {
    /// Checks what is said of a spread; how many faults one strike may become by it, before the run
    /// and in all.
    pub fn spread(&mut self, fault: &FaultEntry, kinds: &[Kind<'_>]) -> (u64, u64) {
        let Some(spread) = &fault.spread else { return (1, 1) };
        if let [kind] = kinds {
            if kind.entry.who().is_none() {
                let problem =
                    format!("a {} strikes links, not nodes; leave `spread` out", kind.name);
                self.wrong(spread.place(), problem);
            }
        }
        let Some(size) = self.size else { return (1, 1) };
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
        let nodes = self.nodes_by_name();
        let who = kinds.iter().find_map(|kind| kind.entry.who());
        let is_known = who.is_some_and(|who| nodes.choice(who).is_none());
        (if is_known { u64::from(size) } else { 1 }, 1 + u64::from(size))
    }
}
