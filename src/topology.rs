//! Who can talk to whom: links that are cut, and the components that remain.
//!
//! The directed link is the primitive; a partition is sugar over it. What is cut is a short list of
//! active cuts, each by group labels or by two sets of nodes, so that the state grows with the
//! nodes and never with their square.

use crate::id::{FaultId, NodeId, NodeSet};
use crate::rng::{Keyed, Ratio, bernoulli, mix};
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
    /// Every link from a node to one of a later group, in this direction only. A node in no group
    /// comes after all groups, alone.
    Downhill(Vec<Vec<NodeId>>),
    /// Each link with a chance of its own. What the dice say of a link is a function of its ends,
    /// so that nothing is kept for it: a grudge among 10,000 nodes takes no more room than among 3.
    Grudge {
        /// The chance of each link.
        chance: Ratio,
        /// Whether the two directions between two nodes are links of their own.
        one_way: bool,
        /// What tells two grudges apart; drawn before the run.
        dice: u32,
    },
}

impl Cut {
    /// The nodes that it names.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeId> {
        let (groups, sides) = match self {
            Cut::Groups(groups) | Cut::Downhill(groups) => (&groups[..], [&[][..], &[]]),
            Cut::OneWay { from, to } => (&[][..], [&from[..], &to[..]]),
            Cut::Grudge { .. } => (&[][..], [&[][..], &[]]),
        };
        groups.iter().flatten().chain(sides.into_iter().flatten())
    }
}

/// A cut as a question about one link.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Groups(Vec<u32>),
    OneWay { from: NodeSet, to: NodeSet },
    Downhill(Vec<u32>),
    Grudge { chance: Ratio, one_way: bool, dice: u32 },
}

/// The links between nodes, and the cuts in force.
#[derive(Clone, Debug)]
pub struct Links {
    nodes: usize,
    cuts: Vec<(FaultId, Shape)>,
    /// Once the storm is over: between these no cut holds, and the others' cuts are for good.
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
        self.cuts.push((fault, Shape::of(cut, self.nodes)));
    }

    /// Takes back what a fault cut; `false` if it had cut nothing.
    pub fn mend(&mut self, fault: FaultId) -> bool {
        if self.spared.is_some() {
            return false;
        }
        let before = self.cuts.len();
        self.cuts.retain(|(by, _)| *by != fault);
        self.cuts.len() < before
    }

    /// Opens the links between these nodes, whatever cuts them; nothing is cut where that is all.
    pub fn spare(&mut self, core: &NodeSet) {
        self.spared = Some(core.clone());
        if core.len() == self.nodes {
            self.cuts.clear();
        }
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
    /// The shape of a cut among so many nodes.
    pub(crate) fn of(cut: &Cut, nodes: usize) -> Shape {
        match cut {
            Cut::Groups(groups) => Shape::Groups(labels(groups, nodes)),
            Cut::OneWay { from, to } => Shape::OneWay {
                from: from.iter().copied().collect(),
                to: to.iter().copied().collect(),
            },
            Cut::Downhill(groups) => Shape::Downhill(labels(groups, nodes)),
            Cut::Grudge { chance, one_way, dice } => {
                Shape::Grudge { chance: *chance, one_way: *one_way, dice: *dice }
            }
        }
    }

    /// Whether the link from one node to another is among those that it closes.
    #[inline]
    pub(crate) fn closes(&self, from: NodeId, to: NodeId) -> bool {
        match self {
            Shape::Groups(labels) => labels[from.index()] != labels[to.index()],
            Shape::OneWay { from: senders, to: receivers } => {
                senders.contains(from) && receivers.contains(to) && from != to
            }
            Shape::Downhill(labels) => labels[from.index()] < labels[to.index()],
            Shape::Grudge { chance, one_way, dice } => {
                let (a, b) = if *one_way { (from, to) } else { (from.min(to), from.max(to)) };
                let link = u64::from(a.number()) << 32 | u64::from(b.number());
                let mut luck = Keyed::new(mix(link, u64::from(*dice)));
                from != to && bernoulli(&mut luck, *chance)
            }
        }
    }
}

/// A label per node: the place of its group. Whoever is in no group gets a label of its own, above
/// those of the groups.
fn labels(groups: &[Vec<NodeId>], nodes: usize) -> Vec<u32> {
    let mut labels: Vec<u32> = (0..nodes as u32).map(|n| n + groups.len() as u32).collect();
    for (label, group) in (0u32..).zip(groups) {
        for node in group {
            labels[node.index()] = label;
        }
    }
    labels
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
    fn a_cut_downhill_lets_the_later_speak_to_the_earlier() {
        let mut links = Links::full_mesh(5);
        links.cut(FaultId(0), &Cut::Downhill(vec![vec![n(3)], vec![n(0), n(1)]]));
        let closed = |from, to| links.cut_by(n(from), n(to)).is_some();
        assert!(closed(3, 0) && !closed(0, 3), "the first group is not heard by the second");
        assert!(!closed(0, 1) && !closed(1, 0) && closed(1, 2) && !closed(2, 1));
        assert!(closed(2, 4) && !closed(4, 2), "who is in no group is alone, behind them all");
    }

    #[test]
    fn a_grudge_is_a_function_of_its_dice_and_closes_its_share_of_links() {
        let grudge = |one_way, dice| {
            let mut links = Links::full_mesh(200);
            let chance = Ratio { numerator: 1, denominator: 4 };
            links.cut(FaultId(0), &Cut::Grudge { chance, one_way, dice });
            links
        };
        let pairs = || (0..200).flat_map(|a| (0..200).map(move |b| (n(a), n(b))));
        for (one_way, dice) in [(true, 1), (true, 2), (false, 3), (false, 4)] {
            let links = grudge(one_way, dice);
            let is_cut = |(a, b): &(NodeId, NodeId)| links.cut_by(*a, *b).is_some();
            assert!(pairs().all(|(a, b)| a != b || !is_cut(&(a, b))), "nobody is cut off itself");
            let cut = pairs().filter(is_cut).count();
            let mutual = pairs().filter(|(a, b)| is_cut(&(*a, *b)) && is_cut(&(*b, *a))).count();
            // 39,800 links at one in four: 9,950, with a deviation of 86, or of 122 for pairs.
            assert!(cut.abs_diff(9_950) < 6 * 122, "{cut} links of 39,800");
            let expected = if one_way { 2_487 } else { cut };
            assert!(mutual.abs_diff(expected) < 6 * 68, "{mutual} both ways");
            assert!(one_way || mutual == cut);
            let again = grudge(one_way, dice);
            assert!(pairs().all(|(a, b)| again.cut_by(a, b).is_some() == is_cut(&(a, b))));
            let other = grudge(one_way, dice + 10);
            assert!(pairs().any(|(a, b)| other.cut_by(a, b).is_some() != is_cut(&(a, b))));
        }
    }

    #[test]
    fn components_leave_out_who_does_not_take_part() {
        let labels = Links::full_mesh(4).components(|node| node != n(1));
        assert!(labels[0] == labels[2] && labels[2] == labels[3] && labels[1] != labels[0]);
    }
}
