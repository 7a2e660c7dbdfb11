//! What judges may see: true time, who is up, who is connected to whom, and every clock.
//!
//! Algorithms never see a `World`. The engine keeps it up to date and lends it to invariants, so
//! that a sentence such as "within a connected component" can be judged.

use crate::id::NodeId;
use crate::time::{Clock, SimTime};
use crate::topology::Links;

/// What a fault may be aimed at that no algorithm knows of: the nodes of
/// [`World::articulation_points`], when it strikes.
pub const ARTICULATION_POINT: &str = "articulation-point";

/// Whether a node takes steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It takes steps.
    Up,
    /// It stands still and does not know it; its clocks go on and its mail waits.
    Paused,
    /// It has crashed: its memory is gone.
    Down,
}

/// One node as the world knows it: a cache line of its own, so that the engine can read ahead all
/// of it with one load.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct NodeStatus {
    /// Whether it takes steps.
    pub condition: Condition,
    /// Its clocks.
    pub clock: Clock,
    /// How often it has booted.
    pub boots: u32,
    /// Whether it has died for good: no heal restarts it.
    pub is_gone: bool,
}

/// The true state of the simulated world.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) now: SimTime,
    pub(crate) event: u64,
    pub(crate) nodes: Vec<NodeStatus>,
    pub(crate) links: Links,
    pub(crate) connectivity_changed: SimTime,
    pub(crate) healed: bool,
}

impl World {
    /// A world of nodes that have not booted yet, all connected.
    pub fn new(clocks: Vec<Clock>) -> Self {
        let links = Links::full_mesh(clocks.len());
        World::linked(clocks, links)
    }

    /// A world of nodes that have not booted yet, with these links.
    pub(crate) fn linked(clocks: Vec<Clock>, links: Links) -> Self {
        let nodes = clocks
            .into_iter()
            .map(|clock| NodeStatus { condition: Condition::Down, clock, boots: 0, is_gone: false })
            .collect();
        World {
            now: SimTime::ZERO,
            event: 0,
            nodes,
            links,
            connectivity_changed: SimTime::ZERO,
            healed: false,
        }
    }

    /// True time.
    #[inline]
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// The number of the present event, from 1.
    pub const fn event(&self) -> u64 {
        self.event
    }

    /// How many nodes there are, up or not.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// All nodes in order.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId::new)
    }

    /// One node.
    pub fn node(&self, node: NodeId) -> &NodeStatus {
        &self.nodes[node.index()]
    }

    /// Whether the node takes steps now.
    #[inline]
    pub fn is_up(&self, node: NodeId) -> bool {
        self.nodes[node.index()].condition == Condition::Up
    }

    /// Whether the node has died for good.
    pub fn is_gone(&self, node: NodeId) -> bool {
        self.nodes[node.index()].is_gone
    }

    /// The links and what is cut of them.
    pub const fn links(&self) -> &Links {
        &self.links
    }

    /// A label per node: equal for nodes that are up and joined by open links.
    pub fn components(&self) -> Vec<u32> {
        self.links.components(|node| self.is_up(node))
    }

    /// Whether one of these nodes that is up exchanges messages, in both directions, with so many
    /// of the others that are up that with itself they are more than half of all these.
    pub fn has_connected_majority(&self, of: &[NodeId]) -> bool {
        self.links.has_majority(of, |node| self.is_up(node))
    }

    /// The links, the lower node first, without each of which two nodes that have not crashed would
    /// no longer hang together; of links that are open in both directions.
    pub fn bridges(&self) -> Vec<(NodeId, NodeId)> {
        self.links.bridges(|node| self.node(node).condition != Condition::Down)
    }

    /// The nodes without each of which two others that have not crashed would no longer hang
    /// together, by links that are open in both directions.
    pub fn articulation_points(&self) -> Vec<NodeId> {
        self.links.articulation_points(|node| self.node(node).condition != Condition::Down)
    }

    /// When a node last went up, down, into or out of a pause, or a link was last cut or mended.
    pub const fn connectivity_changed(&self) -> SimTime {
        self.connectivity_changed
    }

    /// Whether the storm is over and the faults have been healed.
    pub const fn is_healed(&self) -> bool {
        self.healed
    }
}
