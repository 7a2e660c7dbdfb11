//! Routes: from any node to one receiver, found when a message needs them and kept until the links
//! change.
//!
//! A route is a tree that leads to its receiver: at every node it says which of the links leads on.
//! One tree serves all senders and every node on the way, takes time linear in nodes and links to
//! find, and a few bits a node to keep. There never are trees for all receivers at once unless they
//! fit into [`BYTES_MAX`]; the oldest one makes room for the next. What is kept decides how fast a
//! run is and nothing else.

use super::graph::Graph;
use super::links::Links;
use crate::id::{FaultId, NodeId};

/// How much all trees may take: all those of 10,000 nodes with up to 14 neighbours each.
const BYTES_MAX: usize = 48 << 20;
/// Stands for no node, no tree and no link.
const NONE: u32 = u32::MAX;

/// Where a message goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To this neighbour.
    To(NodeId),
    /// Nowhere: this fault has cut the last path.
    CutOff(FaultId),
    /// Nowhere: no path is left, and no cut is to blame.
    Nowhere,
}

/// The trees found so far.
#[derive(Debug)]
pub(crate) struct Routes {
    bits: u32,
    /// The place of each receiver's tree.
    place_of: Vec<u32>,
    trees: Vec<Tree>,
    trees_max: usize,
    /// The place that is taken next when all are.
    oldest: usize,
    scratch: Scratch,
}

#[derive(Debug)]
struct Tree {
    receiver: u32,
    generation: u32,
    next: Packed,
    /// A fault that keeps those who have no path from having one.
    cut_by: Option<FaultId>,
}

/// What a search needs, kept for the next one.
#[derive(Debug, Default)]
struct Scratch {
    distance: Vec<u32>,
    queue: Vec<u32>,
    closed: Vec<(u32, FaultId)>,
}

impl Routes {
    /// Routes over these links; `None` where messages are not handed on.
    pub fn new(links: &Links) -> Option<Self> {
        let graph = links.graph.as_ref().filter(|_| links.hands_on())?;
        let bits = Packed::bits_for(graph.degree_max());
        let tree_bytes = Packed::bytes(links.nodes, bits).max(1);
        Some(Routes {
            bits,
            place_of: vec![NONE; links.nodes],
            trees: Vec::new(),
            trees_max: (BYTES_MAX / tree_bytes).clamp(1, links.nodes.max(1)),
            oldest: 0,
            scratch: Scratch::default(),
        })
    }

    /// Where a message for a receiver goes from here.
    #[inline]
    pub fn next(&mut self, links: &Links, here: NodeId, receiver: NodeId) -> Step {
        let Some(graph) = &links.graph else { return Step::To(receiver) };
        if here == receiver || (graph.has(here, receiver) && links.cut_by(here, receiver).is_none())
        {
            return Step::To(receiver);
        }
        // All ways to a receiver with one neighbour lead over that neighbour.
        if let &[only] = graph.back(receiver.number()) {
            let only = NodeId::new(only);
            return match links.cut_by(only, receiver) {
                Some(fault) => Step::CutOff(fault),
                None if here == only || !links.is_standing(only) => Step::Nowhere,
                None if links.is_open(here, only) => Step::To(only),
                None => self.along_the_tree(links, graph, here, only),
            };
        }
        self.along_the_tree(links, graph, here, receiver)
    }

    fn along_the_tree(
        &mut self,
        links: &Links,
        graph: &Graph,
        here: NodeId,
        receiver: NodeId,
    ) -> Step {
        let place = self.place_of[receiver.index()];
        let is_known = self.trees.get(place as usize).is_some_and(|tree| {
            tree.receiver == receiver.number() && tree.generation == links.generation
        });
        let place = if is_known { place as usize } else { self.grow(links, graph, receiver) };
        let tree = &self.trees[place];
        match (tree.next.at(here.index()), tree.cut_by) {
            (Some(nth), _) => Step::To(NodeId::new(graph.ahead(here.number())[nth])),
            (None, Some(fault)) => Step::CutOff(fault),
            (None, None) => Step::Nowhere,
        }
    }

    /// Finds the tree of a receiver anew; its place.
    #[cold]
    fn grow(&mut self, links: &Links, graph: &Graph, receiver: NodeId) -> usize {
        let place = self.place_for(links.nodes, receiver.number());
        let tree = &mut self.trees[place];
        tree.generation = links.generation;
        self.scratch.grow(links, graph, receiver.number(), tree);
        place
    }

    /// The place of a receiver's tree: its old one, a new one, or that of the oldest.
    fn place_for(&mut self, nodes: usize, receiver: u32) -> usize {
        let known = self.place_of[receiver as usize];
        if known != NONE {
            return known as usize;
        }
        let place = if self.trees.len() < self.trees_max {
            let next = Packed::new(nodes, self.bits);
            self.trees.push(Tree { receiver, generation: 0, next, cut_by: None });
            self.trees.len() - 1
        } else {
            let place = self.oldest;
            self.oldest = (place + 1) % self.trees.len();
            self.place_of[self.trees[place].receiver as usize] = NONE;
            self.trees[place].receiver = receiver;
            place
        };
        self.place_of[receiver as usize] = place as u32;
        place
    }
}

impl Scratch {
    /// Searches back from the receiver, breadth first; then every node looks which of its links
    /// leads nearer, the lowest neighbour first.
    fn grow(&mut self, links: &Links, graph: &Graph, receiver: u32, tree: &mut Tree) {
        self.distance.clear();
        self.distance.resize(links.nodes, NONE);
        self.queue.clear();
        self.closed.clear();
        self.distance[receiver as usize] = 0;
        self.queue.push(receiver);
        let leads_on = |node: u32| node == receiver || links.is_standing(NodeId::new(node));
        let mut searched = 0;
        while let Some(&to) = self.queue.get(searched) {
            searched += 1;
            if !leads_on(to) {
                continue;
            }
            for &from in graph.back(to) {
                if self.distance[from as usize] != NONE {
                    continue;
                }
                match links.cut_by(NodeId::new(from), NodeId::new(to)) {
                    Some(fault) => self.closed.push((from, fault)),
                    None => {
                        self.distance[from as usize] = self.distance[to as usize] + 1;
                        self.queue.push(from);
                    }
                }
            }
        }
        tree.next.clear();
        for &from in &self.queue[1..] {
            let nearer = self.distance[from as usize] - 1;
            let is_nearer = |to: &u32| {
                let is_open = || links.cut_by(NodeId::new(from), NodeId::new(*to)).is_none();
                self.distance[*to as usize] == nearer && leads_on(*to) && is_open()
            };
            let nth = graph.ahead(from).iter().position(is_nearer);
            tree.next.set(from as usize, nth.expect("the search came over one of its links"));
        }
        let is_cut_off = |(from, _): &&(u32, FaultId)| self.distance[*from as usize] == NONE;
        tree.cut_by = self.closed.iter().find(is_cut_off).map(|(_, fault)| *fault);
    }
}

/// A small number, or none, for each node, in as many bits as the largest takes.
#[derive(Debug)]
struct Packed {
    bits: u32,
    words: Vec<u64>,
}

impl Packed {
    /// How many bits, a power of two, tell numbers below a count and none apart.
    const fn bits_for(count: usize) -> u32 {
        (usize::BITS - count.leading_zeros()).next_power_of_two()
    }

    const fn bytes(size: usize, bits: u32) -> usize {
        (size * bits as usize).div_ceil(64) * 8
    }

    fn new(size: usize, bits: u32) -> Self {
        Packed { bits, words: vec![u64::MAX; Packed::bytes(size, bits) / 8] }
    }

    const fn place(&self, at: usize) -> (usize, u32) {
        let bit = at * self.bits as usize;
        (bit / 64, (bit % 64) as u32)
    }

    const fn mask(&self) -> u64 {
        u64::MAX >> (64 - self.bits)
    }

    #[inline]
    fn at(&self, at: usize) -> Option<usize> {
        let (word, shift) = self.place(at);
        let value = self.words[word] >> shift & self.mask();
        (value != self.mask()).then_some(value as usize)
    }

    fn set(&mut self, at: usize, value: usize) {
        let (word, shift) = self.place(at);
        self.words[word] &= !(self.mask() << shift);
        self.words[word] |= (value as u64) << shift;
    }

    fn clear(&mut self) {
        self.words.fill(u64::MAX);
    }
}

#[cfg(test)]
mod tests;
