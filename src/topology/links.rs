//! The links as they stand: which there are, which are cut, and who hands messages on.
//!
//! The directed link is the primitive; a partition is sugar over it. What is cut is a short list of
//! active cuts, each by group labels or by two sets of nodes, so that the state grows with the
//! nodes and never with their square. A cut speaks of pairs of nodes: in a full mesh each is a
//! link, in a sparse topology it cuts those links that there are, and who has no path left because
//! of it is cut off.

use super::graph::Graph;
use super::{Routing, Topology};
use crate::id::{FaultId, NodeId, NodeSet};
use crate::rng::{Keyed, Ratio, bernoulli, mix};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

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
    /// Both directions of one link without which some of the nodes would no longer hang together:
    /// of those that there are when the cut is made, the one that the dice say. Nothing if there
    /// are none.
    BridgeLink {
        /// What is drawn before the run.
        dice: u32,
    },
}

impl Cut {
    /// The nodes that it names.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeId> {
        let (groups, sides) = match self {
            Cut::Groups(groups) | Cut::Downhill(groups) => (&groups[..], [&[][..], &[]]),
            Cut::OneWay { from, to } => (&[][..], [&from[..], &to[..]]),
            Cut::Grudge { .. } | Cut::BridgeLink { .. } => (&[][..], [&[][..], &[]]),
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
    pub(super) nodes: usize,
    /// `None` in a full mesh.
    pub(super) graph: Option<Box<Graph>>,
    pub(super) cuts: Vec<(FaultId, Shape)>,
    /// Once the storm is over: between these no cut holds, and the others' cuts are for good.
    pub(super) spared: Option<NodeSet>,
    /// Nodes that have crashed, and hand nothing on.
    fallen: NodeSet,
    /// How often anything of it has changed.
    pub(super) generation: u32,
    /// Who reaches whom and back over several links, found when it is first asked for: equal
    /// labels for those who do.
    pub(super) reach: OnceLock<Vec<u32>>,
}

impl Links {
    /// A full mesh of so many nodes.
    pub const fn full_mesh(nodes: usize) -> Self {
        Links {
            nodes,
            graph: None,
            cuts: Vec::new(),
            spared: None,
            fallen: NodeSet::new(),
            generation: 0,
            reach: OnceLock::new(),
        }
    }

    /// The links of a topology among so many nodes.
    ///
    /// # Panics
    /// If a link leads to a node that is not there, or to where it comes from.
    pub fn new(nodes: usize, topology: &Topology) -> Self {
        let graph = Graph::new(nodes, topology).map(Box::new);
        Links { graph, ..Links::full_mesh(nodes) }
    }

    /// Whether everyone has a link to everyone.
    #[inline(always)]
    pub const fn is_full_mesh(&self) -> bool {
        self.graph.is_none()
    }

    /// Whether messages are handed on by others where sender and receiver are no neighbours.
    #[inline]
    pub fn hands_on(&self) -> bool {
        self.graph.as_ref().is_some_and(|graph| graph.routing == Routing::Shortest)
    }

    /// Whether there is a link from one node to another, cut or not. Everyone is its own neighbour.
    #[inline]
    pub fn has(&self, from: NodeId, to: NodeId) -> bool {
        from == to || self.graph.as_ref().is_none_or(|graph| graph.has(from, to))
    }

    /// Everything that was found out about who reaches whom is void.
    fn changed(&mut self) {
        self.generation += 1;
        self.reach.take();
    }

    /// A node has crashed: until it rises it hands nothing on.
    pub(crate) fn fall(&mut self, node: NodeId) {
        if self.hands_on() && self.fallen.insert(node) {
            self.changed();
        }
    }

    /// A node has booted.
    pub(crate) fn rise(&mut self, node: NodeId) {
        if self.fallen.remove(node) {
            self.changed();
        }
    }

    /// Whether a node hands messages on, once it has them.
    #[inline]
    pub(super) fn is_standing(&self, node: NodeId) -> bool {
        !self.fallen.contains(node)
    }

    /// Whether any link is cut.
    pub fn any_cut(&self) -> bool {
        !self.cuts.is_empty()
    }

    /// Closes links in the name of a fault, until [`Links::mend`].
    pub fn cut(&mut self, fault: FaultId, cut: &Cut) {
        self.cuts.push((fault, Shape::of(cut, self.nodes)));
        self.changed();
    }

    /// Takes back what a fault cut; `false` if it had cut nothing.
    pub fn mend(&mut self, fault: FaultId) -> bool {
        if self.spared.is_some() {
            return false;
        }
        let before = self.cuts.len();
        self.cuts.retain(|(by, _)| *by != fault);
        self.changed();
        self.cuts.len() < before
    }

    /// Opens the links between these nodes, whatever cuts them; nothing is cut where that is all.
    pub fn spare(&mut self, core: &NodeSet) {
        self.spared = Some(core.clone());
        if core.len() == self.nodes {
            self.cuts.clear();
        }
        self.changed();
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

    /// Whether there is a link from one node to another, and it is open.
    #[inline]
    pub fn is_open(&self, from: NodeId, to: NodeId) -> bool {
        self.has(from, to) && self.cut_by(from, to).is_none()
    }

    /// Whether messages pass in both directions: over the link between two nodes or, where they
    /// are handed on, over a live path each way.
    pub fn connected(&self, a: NodeId, b: NodeId) -> bool {
        if self.hands_on() {
            let reach = self.reach();
            return reach[a.index()] == reach[b.index()];
        }
        a == b || (self.is_open(a, b) && self.is_open(b, a))
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
            // Which link that is only a run can tell, which cuts that one instead.
            Cut::BridgeLink { .. } => Shape::OneWay { from: NodeSet::new(), to: NodeSet::new() },
        }
    }

    /// What of a node the cut looks at: nodes on the same side are alike to it. A grudge looks at
    /// each pair of its own.
    pub(super) fn side(&self, node: NodeId) -> u32 {
        match self {
            Shape::Groups(labels) | Shape::Downhill(labels) => labels[node.index()],
            Shape::OneWay { from, to } => {
                u32::from(from.contains(node)) | u32::from(to.contains(node)) << 1
            }
            Shape::Grudge { .. } => node.number(),
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
}
