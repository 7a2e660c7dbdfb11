//! A tree that spans the nodes: the fewest links over which everybody reaches everybody.

use super::Topology;
use crate::id::NodeId;
use petgraph::csr::Csr;
use petgraph::visit::Bfs;
use petgraph::{Directed, visit::IntoNeighbors};

/// How many children a node has in the tree of a full mesh, where any tree would do.
const ARITY: u32 = 2;

impl Topology {
    /// The tree of these many nodes that leads everybody to n0 over the fewest links: of each node
    /// the next on that way, n0 of itself. Only links in both directions count. Of several next
    /// nodes it is the one with the lowest number; in a full mesh it is a binary tree.
    ///
    /// `None` if somebody has no way to n0.
    pub fn spanning_tree(&self, nodes: u32) -> Option<Vec<NodeId>> {
        let Topology::Sparse { links, .. } = self else {
            return Some(
                (0..nodes).map(|node| NodeId::new(node.saturating_sub(1) / ARITY)).collect(),
            );
        };
        let two_way = links.iter().filter(|(from, to)| self.has(*to, *from));
        let edges: Vec<(u32, u32)> =
            two_way.map(|(from, to)| (from.number(), to.number())).collect();
        let mut graph: Csr<(), (), Directed, u32> = Csr::from_sorted_edges(&edges).ok()?;
        while graph.node_count() < nodes as usize {
            graph.add_node(());
        }
        let mut next: Vec<Option<NodeId>> = vec![None; nodes as usize];
        *next.first_mut()? = Some(NodeId::new(0));
        let mut depths = vec![u32::MAX; nodes as usize];
        depths[0] = 0;
        let mut walk = Bfs::new(&graph, 0);
        while let Some(node) = walk.next(&graph) {
            let depth = depths[node as usize] + 1;
            for neighbour in (&graph).neighbors(node) {
                let place = neighbour as usize;
                // Who is as far from n0 and has a lower number has the better claim.
                let is_nearer = depth < depths[place];
                let is_lower = depth == depths[place]
                    && next[place].is_some_and(|other| node < other.number());
                if is_nearer || is_lower {
                    depths[place] = depth;
                    next[place] = Some(NodeId::new(node));
                }
            }
        }
        next.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(topology: &Topology, nodes: u32) -> Option<Vec<u32>> {
        let tree = topology.spanning_tree(nodes)?;
        Some(tree.into_iter().map(NodeId::number).collect())
    }

    #[test]
    fn everybody_is_led_to_n0_over_the_fewest_links() {
        assert_eq!(tree(&Topology::line(4), 4), Some(vec![0, 0, 1, 2]));
        assert_eq!(tree(&Topology::ring(5), 5), Some(vec![0, 0, 1, 4, 0]));
        assert_eq!(tree(&Topology::star(4), 4), Some(vec![0, 0, 0, 0]));
        // Of two ways round a square of the grid that over the lower node is taken.
        assert_eq!(tree(&Topology::grid(2, 3), 6), Some(vec![0, 0, 1, 0, 1, 2]));
        assert_eq!(tree(&Topology::FullMesh, 7), Some(vec![0, 0, 0, 1, 1, 2, 2]));
        assert_eq!(tree(&Topology::tree(7, 2), 7), tree(&Topology::FullMesh, 7));
    }

    #[test]
    fn who_hangs_by_a_link_of_one_direction_is_in_no_tree() {
        let n = NodeId::new;
        let one_way = Topology::directed(vec![(n(0), n(1)), (n(1), n(0)), (n(1), n(2))]);
        assert_eq!(tree(&one_way, 3), None);
        assert_eq!(tree(&one_way, 2), Some(vec![0, 0]));
    }
}
