//! Which links there are, what is cut of them, and who reaches whom over the rest.
//!
//! In a full mesh everyone has a link to everyone, and nothing is kept for it. Any other
//! [`Topology`] is a list of directed links. Nothing here grows with the square of the nodes:
//! routes are found when a message needs them and structure when somebody asks, in time linear in
//! nodes and links.

mod dot;
mod graph;
mod links;
mod regular;
mod routes;
mod shapes;
mod spanning;
mod structure;

pub use dot::{DotError, links_from_dot};
pub(crate) use links::Shape;
pub use links::{Cut, Links};
pub(crate) use routes::{Routes, Step};

use crate::id::NodeId;
use serde::{Deserialize, Serialize};

/// How a message finds its way where its receiver is no neighbour of its sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Routing {
    /// It is handed on along a shortest live path, counted in links: every node on the way looks
    /// for one anew, and of several next nodes takes the one with the lowest number. Links that
    /// are cut are no part of a path, and a node that has crashed hands nothing on; one that
    /// stands still does, since what is below its process goes on.
    ///
    /// Links are counted, not lengths of time, because a latency is a distribution, and so that
    /// neighbours always talk over their own link.
    #[default]
    Shortest,
    /// It does not: only neighbours hear each other.
    Direct,
}

/// The links that there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topology {
    /// One from every node to every other. A message takes its own link or none.
    #[default]
    FullMesh,
    /// These, and no other.
    Sparse {
        /// From whom to whom, each once, in ascending order.
        links: Vec<(NodeId, NodeId)>,
        /// How messages find their way.
        routing: Routing,
    },
}

impl Topology {
    /// These directed links, in any order.
    pub fn directed(mut links: Vec<(NodeId, NodeId)>) -> Self {
        links.sort();
        links.dedup();
        Topology::Sparse { links, routing: Routing::default() }
    }

    /// Links in both directions between these pairs, in any order.
    pub fn undirected(pairs: impl IntoIterator<Item = (NodeId, NodeId)>) -> Self {
        Topology::directed(pairs.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]).collect())
    }

    /// The same links with another routing. A full mesh has none: it stays what it is.
    pub fn routed(self, routing: Routing) -> Self {
        match self {
            Topology::FullMesh => Topology::FullMesh,
            Topology::Sparse { links, .. } => Topology::Sparse { links, routing },
        }
    }

    /// Whether everyone has a link to everyone.
    pub const fn is_full_mesh(&self) -> bool {
        matches!(self, Topology::FullMesh)
    }

    /// Whether there is a link from one node to another.
    pub fn has(&self, from: NodeId, to: NodeId) -> bool {
        match self {
            Topology::FullMesh => from != to,
            Topology::Sparse { links, .. } => links.binary_search(&(from, to)).is_ok(),
        }
    }
}
