//! The shapes that a topology may have. Links go in both directions.
//!
//! Fewer nodes than a shape needs to be itself make the nearest thing to it: a ring of two is one
//! link.

use super::Topology;
use crate::id::NodeId;

const fn n(number: u32) -> NodeId {
    NodeId::new(number)
}

impl Topology {
    /// Each node beside the next, and the last beside the first.
    pub fn ring(nodes: u32) -> Self {
        let closing = (nodes > 2).then(|| (n(nodes - 1), n(0)));
        Topology::undirected(in_a_row(nodes).chain(closing))
    }

    /// Each node beside the next.
    pub fn line(nodes: u32) -> Self {
        Topology::undirected(in_a_row(nodes))
    }

    /// Node n0 in the middle, beside every other.
    pub fn star(nodes: u32) -> Self {
        Topology::undirected((1..nodes).map(|leaf| (n(0), n(leaf))))
    }

    /// A tree with node n0 at its root, in which every node has so many children as there are
    /// nodes left for: the children of n0 come first, then those of n1, and so on.
    ///
    /// # Panics
    /// If the arity is zero.
    pub fn tree(nodes: u32, arity: u32) -> Self {
        assert!(arity > 0, "a tree without children is a single node");
        Topology::undirected((1..nodes).map(|child| (n((child - 1) / arity), n(child))))
    }

    /// Rows and columns, each node beside the next of its row and of its column. The first row
    /// holds the first nodes.
    pub fn grid(rows: u32, columns: u32) -> Self {
        let place = move |row, column| n(row * columns + column);
        let across = (0..rows).flat_map(move |row| {
            (1..columns).map(move |column| (place(row, column - 1), place(row, column)))
        });
        let down = (1..rows).flat_map(move |row| {
            (0..columns).map(move |column| (place(row - 1, column), place(row, column)))
        });
        Topology::undirected(across.chain(down))
    }
}

fn in_a_row(nodes: u32) -> impl Iterator<Item = (NodeId, NodeId)> {
    (1..nodes).map(|next| (n(next - 1), n(next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The links as pairs of numbers, one of the two directions each.
    fn pairs(topology: &Topology) -> Vec<(u32, u32)> {
        let Topology::Sparse { links, .. } = topology else { panic!("a sparse topology") };
        for (from, to) in links {
            assert!(from != to && topology.has(*to, *from), "{from} {to}");
        }
        let numbers = links.iter().map(|(from, to)| (from.number(), to.number()));
        numbers.filter(|(from, to)| from < to).collect()
    }

    #[test]
    fn shapes_are_what_their_names_say() {
        assert_eq!(pairs(&Topology::ring(4)), [(0, 1), (0, 3), (1, 2), (2, 3)]);
        assert_eq!(pairs(&Topology::line(4)), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(pairs(&Topology::star(4)), [(0, 1), (0, 2), (0, 3)]);
        assert_eq!(pairs(&Topology::tree(6, 2)), [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5)]);
        assert_eq!(pairs(&Topology::tree(4, 1)), [(0, 1), (1, 2), (2, 3)]);
        let grid = [(0, 1), (0, 3), (1, 2), (1, 4), (2, 5), (3, 4), (4, 5)];
        assert_eq!(pairs(&Topology::grid(2, 3)), grid);
    }

    #[test]
    fn few_nodes_make_the_nearest_thing() {
        for shape in [Topology::ring, Topology::line, Topology::star, |n| Topology::tree(n, 3)] {
            assert_eq!(pairs(&shape(2)), [(0, 1)]);
            assert_eq!(pairs(&shape(1)), []);
            assert_eq!(pairs(&shape(0)), []);
        }
        assert_eq!(pairs(&Topology::grid(1, 1)), []);
    }
}
