//! The topology as files write it: the shape of the links, and single links that differ.

use super::check::{Check, Scenario};
use super::error::Finding;
use super::file::{BandwidthEntry, LinkEntry};
use super::source::Placed;
use super::zones::ZonesEntry;
use crate::conditions::Link;
use crate::rng::Stream;
use crate::time::Duration;
use crate::topology::{Routing, Topology, links_from_dot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// More links than this are no sparse topology any more.
const LINKS_MAX: u64 = 10_000_000;

/// Which links there are, and how far apart the zones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TopologyEntry {
    /// Which links there are; one from every node to every other, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Placed<ShapeEntry>>,
    /// How a message finds its way to a node that is no neighbour: along a shortest live path, or
    /// not at all. `"shortest"` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing: Option<Placed<RoutingEntry>>,
    /// How far apart the zones are that `[nodes]` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<Placed<ZonesEntry>>,
}

/// The shape of the links, which go in both directions. Nodes take their places in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShapeEntry {
    /// A link from every node to every other.
    FullMesh,
    /// Each node beside the next, and the last beside the first.
    Ring,
    /// Each node beside the next.
    Line,
    /// Node n0 beside every other.
    Star,
    /// A tree whose root is n0.
    Tree(TreeEntry),
    /// Rows and columns, each node beside the next of its row and of its column.
    Grid(GridEntry),
    /// Drawn by the seed: every node has the same number of neighbours, and all hang together.
    Regular(RegularEntry),
    /// A graph in the DOT language: its text, or the path of a file beside this one. Its nodes are
    /// `n0`, `n1`, ...; of an edge `latency`, `loss`, `spacing` and `queue` are taken.
    Dot(Placed<String>),
}

/// A tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TreeEntry {
    /// How many children a node has.
    pub arity: Placed<u32>,
}

/// A grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GridEntry {
    /// How many rows.
    pub rows: u32,
    /// How many nodes in each row.
    pub columns: u32,
}

/// A random regular graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RegularEntry {
    /// How many neighbours a node has.
    pub degree: u32,
}

/// How a message finds its way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoutingEntry {
    /// Nodes on the way hand it on, along a shortest live path.
    Shortest,
    /// Only neighbours hear each other.
    Direct,
}

impl From<RoutingEntry> for Routing {
    fn from(entry: RoutingEntry) -> Self {
        match entry {
            RoutingEntry::Shortest => Routing::Shortest,
            RoutingEntry::Direct => Routing::Direct,
        }
    }
}

/// The links of a checked scenario, as far as they can be known before the seed.
#[derive(Clone, Debug)]
pub(super) enum Wiring {
    /// The same for every seed, with what the graph says of single links.
    Fixed(Topology, Vec<Link>),
    /// Drawn by the seed.
    Regular { degree: u32, routing: Routing },
}

impl Wiring {
    /// The links that are the same for every seed.
    pub fn fixed(&self) -> Option<&Topology> {
        match self {
            Wiring::Fixed(topology, _) => Some(topology),
            Wiring::Regular { .. } => None,
        }
    }
}

impl LinkEntry {
    pub(super) fn link(&self) -> Link {
        Link {
            latency: self.latency.as_ref().map(|latency| (**latency).into()),
            loss: self.loss.as_ref().map(|loss| **loss),
            bandwidth: self.bandwidth.as_ref().map(|bandwidth| (**bandwidth).into()),
            ..Link::new(self.from.0, self.to.0)
        }
    }
}

impl Scenario {
    /// The links of a seed, and those of them that differ.
    pub(super) fn links(&self, seed: u64) -> (Topology, Vec<Link>) {
        match &self.wiring {
            Wiring::Fixed(topology, links) => (topology.clone(), links.clone()),
            Wiring::Regular { degree, routing } => {
                let nodes = self.roles.size() as u32;
                let mut luck = Stream::new(seed, "topology");
                let drawn = Topology::regular(nodes, *degree, &mut luck);
                (drawn.routed(*routing), Vec::new())
            }
        }
    }
}

impl Check<'_> {
    /// Checks one link that differs.
    pub fn link(&mut self, link: &LinkEntry) {
        if let Some(latency) = &link.latency {
            self.one_latency(latency);
        }
        self.bandwidth(&link.bandwidth);
        let is_like_all = link.latency.is_none() && link.loss.is_none() && link.bandwidth.is_none();
        if is_like_all {
            let problem = "a link like all others; give it `latency`, `loss` or `bandwidth`";
            self.wrong(link.from.place(), problem);
        }
        let is_there = match &self.wiring {
            Wiring::Fixed(topology, _) => topology.has(link.from.0, link.to.0),
            Wiring::Regular { .. } => {
                let problem = "no link is known before the seed has drawn them; leave it out";
                return self.wrong(link.from.place(), problem);
            }
        };
        if !is_there && link.from.0 != link.to.0 {
            let problem = format!("the topology has no link from {} to {}", *link.from, *link.to);
            let finding = Finding::new(link.from.place(), problem);
            self.findings.push(finding.help("name two neighbours"));
        }
    }

    pub fn bandwidth(&mut self, bandwidth: &Option<Placed<BandwidthEntry>>) {
        let without_limit =
            |bandwidth: &&Placed<BandwidthEntry>| bandwidth.spacing == Duration::ZERO;
        if let Some(bandwidth) = bandwidth.as_ref().filter(without_limit) {
            let problem = "a link without limit; make `spacing` longer, or leave it out";
            self.wrong(bandwidth.place(), problem);
        }
    }

    pub fn topology(&mut self) {
        let Some(topology) = &self.file.topology else { return };
        if let Some(zones) = &topology.zones {
            self.distances(zones);
        }
        let Some(size) = self.size else { return };
        let shape = topology.shape.as_ref().filter(|shape| ***shape != ShapeEntry::FullMesh);
        let Some(shape) = shape else {
            if let Some(routing) = &topology.routing {
                let problem = "a full mesh has no ways but its links; leave `routing` out";
                self.wrong(routing.place(), problem);
            }
            return;
        };
        let routing = topology.routing.as_ref().map_or(Routing::default(), |r| (**r).into());
        if let Some(wiring) = self.shape_of(shape, size, routing) {
            self.wiring = wiring;
        }
    }

    /// What a shape comes to among so many nodes; `None` if it cannot be.
    fn shape_of(
        &mut self,
        shape: &Placed<ShapeEntry>,
        size: u32,
        routing: Routing,
    ) -> Option<Wiring> {
        let links = match &**shape {
            ShapeEntry::Regular(regular) => {
                let RegularEntry { degree } = *regular;
                if let Some(why) = Topology::no_regular(size, degree) {
                    let problem = format!("{size} nodes cannot have {degree} neighbours each");
                    self.findings.push(Finding::new(shape.place(), problem).help(why));
                    return None;
                }
                if u64::from(size) * u64::from(degree) > LINKS_MAX {
                    let problem = format!("more than {LINKS_MAX} links; lower the degree");
                    self.wrong(shape.place(), problem);
                    return None;
                }
                return Some(Wiring::Regular { degree, routing });
            }
            ShapeEntry::Dot(text) => return self.dot(text, routing),
            ShapeEntry::FullMesh => Topology::FullMesh,
            ShapeEntry::Ring => Topology::ring(size),
            ShapeEntry::Line => Topology::line(size),
            ShapeEntry::Star => Topology::star(size),
            ShapeEntry::Tree(tree) if *tree.arity == 0 => {
                self.wrong(tree.arity.place(), "a tree without children; give it some");
                return None;
            }
            ShapeEntry::Tree(tree) => Topology::tree(size, *tree.arity),
            ShapeEntry::Grid(GridEntry { rows, columns }) => {
                let places = u64::from(*rows) * u64::from(*columns);
                if places != u64::from(size) {
                    let problem =
                        format!("the grid has {places} places, and there are {size} nodes");
                    self.wrong(shape.place(), problem);
                    return None;
                }
                Topology::grid(*rows, *columns)
            }
        };
        Some(Wiring::Fixed(links.routed(routing), Vec::new()))
    }

    fn dot(&mut self, text: &Placed<String>, routing: Routing) -> Option<Wiring> {
        if !text.contains('{') {
            let problem = match self.unread.iter().find(|(name, _)| name == text.as_str()) {
                Some((_, why)) => format!("`{}` cannot be read: {why}", **text),
                None => format!("the graph in `{}` is not at hand here", **text),
            };
            let cure = "name a file beside this one, or write `dot = \"graph { n0 -- n1 }\"`";
            self.findings.push(Finding::new(text.place(), problem).help(cure));
            return None;
        }
        let links = match links_from_dot(text) {
            Ok(links) => links,
            Err(error) => {
                self.wrong(text.place(), error.to_string());
                return None;
            }
        };
        for link in &links {
            let last = link.from.max(link.to);
            if self.size.is_some_and(|size| last.number() >= size) {
                self.node_at(last, text.place());
                return None;
            }
        }
        let ends = links.iter().map(|link| (link.from, link.to)).collect();
        let differs = |link: &Link| *link != Link::new(link.from, link.to);
        let differing = links.iter().copied().filter(differs).collect();
        Some(Wiring::Fixed(Topology::directed(ends).routed(routing), differing))
    }
}
