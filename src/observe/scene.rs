//! The scene at the end of a run: who is up, who can hear whom, and what each node believes.
//!
//! It is made only where somebody wants to read it, by running the seed again.

use crate::id::NodeId;
use crate::world::{Condition, World};
use std::fmt::Debug;

/// How a run left one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Which node.
    pub node: NodeId,
    /// Whether it takes steps.
    pub condition: Condition,
    /// Whether it was healed; true of all while the storm lasts.
    pub in_core: bool,
    /// How many of the other nodes that are up it can hear.
    pub hears: usize,
    /// How many of them can hear it.
    pub heard_by: usize,
    /// What it shows of itself; nothing of a node that is down.
    pub view: Option<String>,
}

/// How a run left the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// The nodes, those first that were not healed or are not up; not more than were asked for.
    pub seats: Vec<Seat>,
    /// How many nodes there are in all.
    pub size: usize,
    /// How many of them are up.
    pub up: usize,
}

impl Scene {
    /// The scene of a world with these views and this healed core, with at most so many seats.
    pub fn of<V: Debug>(world: &World, views: &[Option<V>], core: &[NodeId], most: usize) -> Scene {
        let mut nodes: Vec<NodeId> = world.nodes().collect();
        let in_core = |node: &NodeId| core.binary_search(node).is_ok();
        nodes.sort_by_key(|node| in_core(node) && world.is_up(*node));
        nodes.truncate(most);
        nodes.sort_by_key(|node| (in_core(node), *node));
        let links = world.links();
        let seat = |node: NodeId| {
            let others =
                || world.nodes().filter(move |other| *other != node && world.is_up(*other));
            Seat {
                node,
                condition: world.node(node).condition,
                in_core: in_core(&node),
                hears: others().filter(|other| links.cut_by(*other, node).is_none()).count(),
                heard_by: others().filter(|other| links.cut_by(node, *other).is_none()).count(),
                view: views[node.index()].as_ref().map(|view| format!("{view:?}")),
            }
        };
        let up = world.nodes().filter(|node| world.is_up(*node)).count();
        Scene { seats: nodes.into_iter().map(seat).collect(), size: world.size(), up }
    }
}
