//! Routes: from any node to one receiver, found when a message needs them and kept until the links
//! change.
//!
//! A route is a tree that leads to its receiver: at every node it says which of the links leads on.
//! One tree serves all senders and every node on the way, takes time linear in nodes and links to
//! find, and a few bits a node to keep. There never are trees for all receivers at once unless they
//! fit into [`BYTES_MAX`]: the oldest one makes room for the next. What is kept decides how fast a
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
    /// The place of each receiver's tree.
    place_of: Vec<u32>,
    trees: Vec<Tree>,
    next: Packed,
    trees_max: usize,
    /// The place that is taken next when all are.
    oldest: usize,
    scratch: Scratch,
}

/// What is known of a tree but its links.
#[derive(Clone, Copy, Debug)]
struct Tree {
    receiver: u32,
    generation: u32,
    /// A fault that keeps those who have no path from having one.
    cut_by: Option<FaultId>,
}

/// What a search needs, kept for the next one.
#[derive(Debug, Default)]
struct Scratch {
    distance: Vec<u32>,
    /// The lowest neighbour that is nearer, so far.
    nearer: Vec<u32>,
    queue: Vec<u32>,
    closed: Vec<(u32, FaultId)>,
}

impl Routes {
    /// Routes over these links; `None` where messages are not handed on.
    pub fn new(links: &Links) -> Option<Self> {
        let graph = links.graph.as_ref().filter(|_| links.hands_on())?;
        let next = Packed::new(links.nodes, graph.degree_max());
        Some(Routes {
            place_of: vec![NONE; links.nodes],
            trees: Vec::new(),
            trees_max: (BYTES_MAX / next.row_bytes()).clamp(1, links.nodes.max(1)),
            next,
            oldest: 0,
            scratch: Scratch::default(),
        })
    }

    /// Where a message for a receiver goes from here, if not over a link of the two that is open.
    #[inline]
    pub fn next(&mut self, links: &Links, here: NodeId, receiver: NodeId) -> Step {
        let Some(graph) = &links.graph else { return Step::Nowhere };
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
        let place = self.place_of[receiver.index()] as usize;
        let known = self.trees.get(place).filter(|tree| tree.generation == links.generation);
        let place = if known.is_some() { place } else { self.grow(links, graph, receiver) };
        match (self.next.at(place, here.index()), self.trees[place].cut_by) {
            (Some(nth), _) => Step::To(NodeId::new(graph.ahead(here.number())[nth])),
            (None, Some(fault)) => Step::CutOff(fault),
            (None, None) => Step::Nowhere,
        }
    }

    /// Reads a little of what the next step to a receiver needs; see `Simulation::read_ahead`.
    #[inline]
    pub fn glance(&self, links: &Links, here: NodeId, receiver: NodeId) -> u32 {
        let place = self.place_of[receiver.index()] as usize;
        let nth = self.next.at(place, here.index()).unwrap_or_default() as u32;
        let ahead = links.graph.as_ref().and_then(|graph| graph.ahead(here.number()).first());
        nth ^ ahead.copied().unwrap_or_default()
    }

    /// Finds the tree of a receiver anew; its place.
    #[cold]
    fn grow(&mut self, links: &Links, graph: &Graph, receiver: NodeId) -> usize {
        let place = self.place_for(receiver.number());
        let cut_by = self.scratch.search(links, graph, receiver.number());
        let generation = links.generation;
        self.trees[place] = Tree { receiver: receiver.number(), generation, cut_by };
        self.next.clear(place);
        for &from in &self.scratch.queue[1..] {
            let nearer = self.scratch.nearer[from as usize];
            let nth = graph.ahead(from).binary_search(&nearer);
            let nth = nth.expect("the search came over one of its links");
            self.next.set(place, from as usize, nth);
        }
        place
    }

    /// The place of a receiver's tree: its old one, a new one, or that of the oldest.
    fn place_for(&mut self, receiver: u32) -> usize {
        let known = self.place_of[receiver as usize];
        if known != NONE {
            return known as usize;
        }
        let place = if self.trees.len() < self.trees_max {
            self.trees.push(Tree { receiver, generation: 0, cut_by: None });
            self.next.add_row();
            self.trees.len() - 1
        } else {
            let place = self.oldest;
            self.oldest = (place + 1) % self.trees.len();
            self.place_of[self.trees[place].receiver as usize] = NONE;
            place
        };
        self.place_of[receiver as usize] = place as u32;
        place
    }
}

impl Scratch {
    /// Searches back from the receiver, breadth first: who reaches it, over which neighbour; and a
    /// fault that keeps the others from it.
    fn search(&mut self, links: &Links, graph: &Graph, receiver: u32) -> Option<FaultId> {
        self.distance.clear();
        self.distance.resize(links.nodes, NONE);
        self.nearer.resize(links.nodes, NONE);
        self.queue.clear();
        self.closed.clear();
        self.distance[receiver as usize] = 0;
        self.queue.push(receiver);
        let mut searched = 0;
        while let Some(&to) = self.queue.get(searched) {
            searched += 1;
            if to != receiver && !links.is_standing(NodeId::new(to)) {
                continue;
            }
            let farther = self.distance[to as usize] + 1;
            for &from in graph.back(to) {
                let (place, distance) = (from as usize, self.distance[from as usize]);
                if distance < farther {
                    continue;
                }
                if let Some(fault) = links.cut_by(NodeId::new(from), NodeId::new(to)) {
                    self.closed.push((from, fault));
                } else if distance == farther {
                    self.nearer[place] = self.nearer[place].min(to);
                } else {
                    (self.distance[place], self.nearer[place]) = (farther, to);
                    self.queue.push(from);
                }
            }
        }
        let is_cut_off = |(from, _): &&(u32, FaultId)| self.distance[*from as usize] == NONE;
        self.closed.iter().find(is_cut_off).map(|(_, fault)| *fault)
    }
}

/// Rows of small numbers, or none, in as many bits as the largest takes.
#[derive(Debug)]
struct Packed {
    bits: u32,
    row_words: usize,
    words: Vec<u64>,
}

impl Packed {
    /// No rows yet, of so many numbers that are below a count.
    fn new(size: usize, count: usize) -> Self {
        // One value is left for none.
        let bits = (usize::BITS - count.leading_zeros()).next_power_of_two();
        let row_words = (size * bits as usize).div_ceil(64).max(1);
        Packed { bits, row_words, words: Vec::new() }
    }

    const fn row_bytes(&self) -> usize {
        self.row_words * 8
    }

    fn add_row(&mut self) {
        self.words.resize(self.words.len() + self.row_words, u64::MAX);
    }

    fn clear(&mut self, row: usize) {
        self.words[row * self.row_words..][..self.row_words].fill(u64::MAX);
    }

    const fn place(&self, row: usize, at: usize) -> (usize, u32) {
        let bit = at * self.bits as usize;
        (row * self.row_words + bit / 64, (bit % 64) as u32)
    }

    const fn mask(&self) -> u64 {
        u64::MAX >> (64 - self.bits)
    }

    /// A number of a row; none also of a row that is not there.
    #[inline]
    fn at(&self, row: usize, at: usize) -> Option<usize> {
        let (word, shift) = self.place(row, at);
        let value = self.words.get(word)? >> shift & self.mask();
        (value != self.mask()).then_some(value as usize)
    }

    /// Sets a number that was none.
    fn set(&mut self, row: usize, at: usize, value: usize) {
        let (word, shift) = self.place(row, at);
        self.words[word] &= !(self.mask() << shift);
        self.words[word] |= (value as u64) << shift;
    }
}

#[cfg(test)]
mod tests;
