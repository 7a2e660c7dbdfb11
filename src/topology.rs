//! Who can talk to whom: links that are cut, and the components that remain.
//!
//! The directed link is the primitive; a partition is sugar over it. What is cut is a short list of
//! active cuts, each by group labels or by two sets of nodes, so that the state grows with the
//! nodes and never with their square.

use crate::id::{FaultId, NodeId, NodeSet};
use petgraph::unionfind::UnionFind;
use serde::{Deserialize, Serialize};

/// Which directed links a cut closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// Every link between nodes of different groups; a node in no group is alone.
    Groups(Vec<Vec<NodeId>>),
    /// Every link from one set to another, in this direction only.
    OneWay {
        /// Senders.
        from: Vec<NodeId>,
        /// Receivers.
        to: Vec<NodeId>,
    },
}

#[derive(Clone, Debug)]
enum Shape {
    Groups(Vec<u32>),
    OneWay { from: NodeSet, to: NodeSet },
}

/// The links between nodes, and the cuts in force.
#[derive(Clone, Debug)]
pub struct Links {
    nodes: usize,
    cuts: Vec<(FaultId, Shape)>,
    /// Once the storm is over: between these no cut holds.
    spared: Option<NodeSet>,
}

impl Links {
    /// A full mesh of so many nodes.
    pub const fn full_mesh(nodes: usize) -> Self {
        Links { nodes, cuts: Vec::new(), spared: None }
    }

    /// Whether any link is cut.
    pub fn any_cut(&self) -> bool {
        !self.cuts.is_empty()
    }

    /// Closes links in the name of a fault, until [`Links::mend`].
    pub fn cut(&mut self, fault: FaultId, cut: &Cut) {
        let shape = match cut {
            Cut::Groups(groups) => Shape::Groups(self.labels(groups)),
            Cut::OneWay { from, to } => Shape::OneWay {
                from: from.iter().copied().collect(),
                to: to.iter().copied().collect(),
            },
        };
        self.cuts.push((fault, shape));
    }

    fn labels(&self, groups: &[Vec<NodeId>]) -> Vec<u32> {
        // Whoever is in no group gets a label of its own, above those of the groups.
        let mut labels: Vec<u32> =
            (0..self.nodes as u32).map(|n| n + groups.len() as u32).collect();
        for (label, group) in (0u32..).zip(groups) {
            for node in group {
                labels[node.index()] = label;
            }
        }
        labels
    }

    /// Takes back what a fault cut; `false` if it had cut nothing.
    pub fn mend(&mut self, fault: FaultId) -> bool {
        let before = self.cuts.len();
        self.cuts.retain(|(by, _)| *by != fault);
        self.cuts.len() < before
    }

    /// Opens the links between these nodes, whatever cuts them.
    pub fn spare(&mut self, core: &NodeSet) {
        self.spared = Some(core.clone());
    }

    /// The first fault that keeps a message from passing this link; `None` if it is open.
    #[inline(always)]
    pub fn cut_by(&self, from: NodeId, to: NodeId) -> Option<FaultId> {
        if self.cuts.is_empty() {
            return None;
        }
        if self.spared.as_ref().is_some_and(|core| core.contains(from) && core.contains(to)) {
            return None;
        }
        self.cuts.iter().find(|(_, shape)| shape.closes(from, to)).map(|(fault, _)| *fault)
    }

    /// Whether a fault's own cut closes this link.
    pub fn closed_by(&self, fault: FaultId, from: NodeId, to: NodeId) -> bool {
        self.cuts.iter().any(|(by, shape)| *by == fault && shape.closes(from, to))
    }

    /// Whether messages pass in both directions.
    pub fn connected(&self, a: NodeId, b: NodeId) -> bool {
        a == b || (self.cut_by(a, b).is_none() && self.cut_by(b, a).is_none())
    }

    /// A label per node: equal where a path of links open in both directions joins two nodes that
    /// `takes_part` lets in. Nodes left out have labels of their own.
    pub fn components(&self, takes_part: impl Fn(NodeId) -> bool) -> Vec<u32> {
        let mut sets = UnionFind::<u32>::new(self.nodes);
        let members: Vec<NodeId> =
            (0..self.nodes as u32).map(NodeId::new).filter(|n| takes_part(*n)).collect();
        if self.cuts.is_empty() {
            for pair in members.windows(2) {
                sets.union(pair[0].number(), pair[1].number());
            }
        } else {
            for (i, &a) in members.iter().enumerate() {
                for &b in &members[i + 1..] {
                    if self.connected(a, b) {
                        sets.union(a.number(), b.number());
                    }
                }
            }
        }
        sets.into_labeling()
    }
}

impl Shape {
    #[inline]
    fn closes(&self, from: NodeId, to: NodeId) -> bool {
        match self {
            Shape::Groups(labels) => labels[from.index()] != labels[to.index()],
            Shape::OneWay { from: senders, to: receivers } => {
                senders.contains(from) && receivers.contains(to) && from != to
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn n(index: u32) -> NodeId {
        NodeId::new(index)
    }

    #[test]
    fn a_partition_cuts_between_groups_and_isolates_who_is_in_none() {
        let mut links = Links::full_mesh(5);
        links.cut(FaultId(7), &Cut::Groups(vec![vec![n(0), n(1)], vec![n(2), n(3)]]));
        assert!(links.connected(n(0), n(1)) && links.connected(n(2), n(3)));
        assert_eq!(links.cut_by(n(0), n(2)), Some(FaultId(7)));
        assert!(!links.connected(n(4), n(0)) && !links.connected(n(4), n(3)));
        assert!(links.mend(FaultId(7)) && !links.mend(FaultId(7)));
        assert!(links.connected(n(4), n(0)));
    }

    #[test]
    fn a_one_way_cut_leaves_the_other_direction_open() {
        let mut links = Links::full_mesh(3);
        links.cut(FaultId(0), &Cut::OneWay { from: vec![n(0)], to: vec![n(1), n(2)] });
        assert_eq!(links.cut_by(n(1), n(0)), None);
        assert!(links.cut_by(n(0), n(2)).is_some() && !links.connected(n(0), n(2)));
        let labels = links.components(|_| true);
        assert!(labels[1] == labels[2] && labels[0] != labels[1]);
    }

    #[test]
    fn components_leave_out_who_does_not_take_part() {
        let labels = Links::full_mesh(4).components(|node| node != n(1));
        assert!(labels[0] == labels[2] && labels[2] == labels[3] && labels[1] != labels[0]);
    }
}
