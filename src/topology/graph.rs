//! A sparse topology as the run looks at it: the neighbours of each node, side by side.

use super::{Routing, Topology};
use crate::id::NodeId;
use petgraph::Directed;
use petgraph::csr::Csr;

/// So many neighbours are looked through one by one.
const FEW: usize = 8;

type Rows = Csr<(), (), Directed, u32>;

/// The links of a sparse topology, by sender and by receiver.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    ahead: Rows,
    back: Rows,
    pub routing: Routing,
}

impl Graph {
    /// The graph of a topology among so many nodes; `None` for a full mesh, which needs none.
    ///
    /// # Panics
    /// If a link leads to a node that is not there, or to where it comes from.
    pub fn new(nodes: usize, topology: &Topology) -> Option<Self> {
        let Topology::Sparse { links, routing } = topology else { return None };
        for (from, to) in links {
            let is_there = from.index().max(to.index()) < nodes;
            assert!(is_there, "the topology links {from} to {to}, and there are {nodes} nodes");
            assert!(from != to, "the topology links {from} to itself");
        }
        let mut ahead: Vec<(u32, u32)> =
            links.iter().map(|(a, b)| (a.number(), b.number())).collect();
        let mut back: Vec<(u32, u32)> = ahead.iter().map(|(a, b)| (*b, *a)).collect();
        Some(Graph {
            ahead: rows(nodes, &mut ahead),
            back: rows(nodes, &mut back),
            routing: *routing,
        })
    }

    /// The nodes that a node has a link to, in order.
    #[inline]
    pub fn ahead(&self, node: u32) -> &[u32] {
        self.ahead.neighbors_slice(node)
    }

    /// The nodes that have a link to a node, in order.
    #[inline]
    pub fn back(&self, node: u32) -> &[u32] {
        self.back.neighbors_slice(node)
    }

    #[inline]
    pub fn has(&self, from: NodeId, to: NodeId) -> bool {
        let row = self.ahead(from.number());
        if row.len() <= FEW {
            row.contains(&to.number())
        } else {
            row.binary_search(&to.number()).is_ok()
        }
    }

    /// The most links that lead away from one node.
    pub fn degree_max(&self) -> usize {
        let nodes = self.ahead.node_count() as u32;
        (0..nodes).map(|node| self.ahead(node).len()).max().unwrap_or(0)
    }
}

fn rows(nodes: usize, pairs: &mut Vec<(u32, u32)>) -> Rows {
    pairs.sort();
    pairs.dedup();
    let mut rows = Rows::from_sorted_edges(pairs).expect("they are sorted, each once");
    while rows.node_count() < nodes {
        rows.add_node(());
    }
    rows
}
