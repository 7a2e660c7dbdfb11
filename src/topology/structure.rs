//! What holds the nodes together: components, a connected majority, bridges, articulation points.
//!
//! All of it is found when somebody asks, over links that are open in both directions. In a sparse
//! topology that takes time linear in nodes and links. A full mesh is too large to look at every
//! link; there nodes are sorted by how the cuts see them, and two kinds of nodes are compared
//! instead of all their pairs: partitions make a handful of kinds, however many nodes there are.

use super::graph::Graph;
use super::links::{Links, Shape};
use crate::id::{NodeId, NodeSet};
use petgraph::algo::articulation_points::articulation_points;
use petgraph::algo::{bridges, kosaraju_scc};
use petgraph::graph::{DiGraph, UnGraph};
use petgraph::unionfind::UnionFind;
use petgraph::visit::EdgeRef;
use std::collections::BTreeMap;

/// Nodes that no cut tells apart: each has the same links to all others.
type Kind = Vec<NodeId>;

impl Links {
    /// A label per node: equal where a path of links open in both directions joins two nodes that
    /// `takes_part` lets in. Nodes left out have labels of their own. Where messages are handed on,
    /// the path may lead over a node that is left out, unless it has crashed.
    pub fn components(&self, takes_part: impl Fn(NodeId) -> bool) -> Vec<u32> {
        let mut sets = UnionFind::<u32>::new(self.nodes);
        let mut join = |a: NodeId, b: NodeId| {
            sets.union(a.number(), b.number());
        };
        let members: Vec<NodeId> = self.all().filter(|node| takes_part(*node)).collect();
        match &self.graph {
            None => self.join_kinds(members.clone(), &mut join),
            Some(graph) => {
                let hands_on = self.hands_on();
                let is_on_path =
                    |node: NodeId| takes_part(node) || (hands_on && self.is_standing(node));
                self.two_way(graph, is_on_path).for_each(|(a, b)| join(a, b));
            }
        }
        // The label is the lowest member, so that it does not tell how it was found.
        let mut lowest = vec![u32::MAX; self.nodes];
        let mut labels: Vec<u32> = (0..self.nodes as u32).collect();
        for node in members {
            let label = &mut lowest[sets.find(node.number()) as usize];
            *label = (*label).min(node.number());
            labels[node.index()] = *label;
        }
        labels
    }

    /// Whether one of these nodes exchanges messages in both directions with so many of the others
    /// that with itself they are more than half; of those that `takes_part` lets in.
    pub fn has_majority(&self, of: &[NodeId], takes_part: impl Fn(NodeId) -> bool) -> bool {
        let members: Vec<NodeId> = of.iter().copied().filter(|node| takes_part(*node)).collect();
        let is_majority = |count: usize| count > of.len() / 2;
        let Some(graph) = &self.graph else {
            let kinds = self.kinds(members);
            return kinds
                .iter()
                .any(|bucket| bucket.iter().any(|kind| is_majority(self.seen_by(kind, bucket))));
        };
        if self.hands_on() {
            let reach = self.reach();
            let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
            for node in members {
                *counts.entry(reach[node.index()]).or_default() += 1;
            }
            return counts.into_values().any(is_majority);
        }
        let set: NodeSet = members.iter().copied().collect();
        members.iter().any(|&node| {
            let others = graph.ahead(node.number()).iter().map(|other| NodeId::new(*other));
            let seen = others.filter(|other| set.contains(*other) && self.connected(node, *other));
            is_majority(seen.count() + 1)
        })
    }

    /// The links, the lower node first, without each of which two nodes that `takes_part` lets in
    /// would no longer hang together.
    pub fn bridges(&self, takes_part: impl Fn(NodeId) -> bool) -> Vec<(NodeId, NodeId)> {
        let live = self.live(takes_part);
        let mut found = Vec::new();
        for edge in bridges(&live) {
            let ends = (&live[edge.source()], &live[edge.target()]);
            let (Some((a, like_a)), Some((b, like_b))) =
                (ends.0.split_first(), ends.1.split_first())
            else {
                continue;
            };
            // Of two that are alike among themselves there is one link between them.
            if like_a.contains(b) {
                found.push((*a.min(b), *a.max(b)));
                continue;
            }
            for a in std::iter::once(a).chain(like_a) {
                let ends = std::iter::once(b).chain(like_b);
                found.extend(ends.map(|b| (*a.min(b), *a.max(b))));
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// The nodes without each of which two others that `takes_part` lets in would no longer hang
    /// together.
    pub fn articulation_points(&self, takes_part: impl Fn(NodeId) -> bool) -> Vec<NodeId> {
        let live = self.live(takes_part);
        let points = articulation_points(&live).into_iter();
        let mut found: Vec<NodeId> = points.filter_map(|at| live[at].first().copied()).collect();
        found.sort();
        found
    }

    fn all(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes as u32).map(NodeId::new)
    }

    /// Who reaches whom and back, over links that need not be open in both directions.
    pub(super) fn reach(&self) -> &[u32] {
        self.reach.get_or_init(|| {
            let mut labels: Vec<u32> = (0..self.nodes as u32).collect();
            let Some(graph) = &self.graph else { return labels };
            let stands = |node: u32| self.is_standing(NodeId::new(node));
            let open = labels.iter().filter(|from| stands(**from)).flat_map(|&from| {
                let ahead = graph.ahead(from).iter().filter(|to| stands(**to));
                let is_open =
                    move |to: &&u32| self.cut_by(NodeId::new(from), NodeId::new(**to)).is_none();
                ahead.filter(is_open).map(move |to| (from, *to))
            });
            let mut live = DiGraph::<(), (), u32>::from_edges(open);
            while live.node_count() < self.nodes {
                live.add_node(());
            }
            for group in kosaraju_scc(&live) {
                let lowest = group.iter().map(|at| at.index() as u32).min().unwrap_or_default();
                group.iter().for_each(|at| labels[at.index()] = lowest);
            }
            labels
        })
    }

    /// The links of a sparse topology that are open in both directions, the lower node first.
    fn two_way<'a>(
        &'a self,
        graph: &'a Graph,
        takes_part: impl Fn(NodeId) -> bool + 'a,
    ) -> impl Iterator<Item = (NodeId, NodeId)> + 'a {
        let links = self.all().flat_map(move |from| {
            let ahead = graph.ahead(from.number()).iter().map(|to| NodeId::new(*to));
            ahead.filter(move |to| from < *to).map(move |to| (from, to))
        });
        links.filter(move |(a, b)| {
            takes_part(*a) && takes_part(*b) && self.is_open(*a, *b) && self.is_open(*b, *a)
        })
    }

    /// The nodes that take part and the links between them that are open in both directions. A node
    /// of the graph stands for all that are like it: up to three of these are in it, for then
    /// bridges and articulation points are the same as if all were. The first of its list is the
    /// node itself.
    fn live(&self, takes_part: impl Fn(NodeId) -> bool) -> UnGraph<Kind, (), u32> {
        let mut live = UnGraph::default();
        let members = self.all().filter(|node| takes_part(*node));
        if let Some(graph) = &self.graph {
            let mut place_of = vec![None; self.nodes];
            members.for_each(|node| place_of[node.index()] = Some(live.add_node(vec![node])));
            for (a, b) in self.two_way(graph, &takes_part) {
                if let (Some(a), Some(b)) = (place_of[a.index()], place_of[b.index()]) {
                    live.add_edge(a, b, ());
                }
            }
            return live;
        }
        for bucket in self.kinds(members.collect()) {
            let first = live.node_count();
            for kind in bucket {
                for place in 0..kind.len().min(3) {
                    let mut kind = kind.clone();
                    kind.swap(0, place);
                    live.add_node(kind);
                }
            }
            let places: Vec<_> = live.node_indices().skip(first).collect();
            for (nth, &a) in places.iter().enumerate() {
                for &b in &places[nth + 1..] {
                    if self.connected(live[a][0], live[b][0]) {
                        live.add_edge(a, b, ());
                    }
                }
            }
        }
        live
    }

    /// Joins the members of a full mesh that are connected, kind by kind: a kind that was reached
    /// looks only for those that were not.
    fn join_kinds(&self, members: Vec<NodeId>, join: &mut impl FnMut(NodeId, NodeId)) {
        for mut unseen in self.kinds(members) {
            let mut reached: Vec<Kind> = Vec::new();
            while let Some(one) = reached.pop().or_else(|| unseen.pop()) {
                if self.are_joined(&one, &one) {
                    one.iter().for_each(|node| join(one[0], *node));
                }
                let mut place = 0;
                while place < unseen.len() {
                    if self.are_joined(&one, &unseen[place]) {
                        let other = unseen.swap_remove(place);
                        one.iter().chain(&other).for_each(|node| join(one[0], *node));
                        reached.push(other);
                    } else {
                        place += 1;
                    }
                }
            }
        }
    }

    /// Whether each node of one kind is connected to each of another, or of the same.
    fn are_joined(&self, one: &Kind, other: &Kind) -> bool {
        let second = if one[0] == other[0] { one.get(1) } else { other.first() };
        second.is_some_and(|second| self.connected(one[0], *second))
    }

    /// How many nodes of a bucket a node of a kind is connected to, itself included.
    fn seen_by(&self, kind: &Kind, bucket: &[Kind]) -> usize {
        let seen = bucket.iter().filter(|other| self.are_joined(kind, other));
        let seen: usize = seen.map(Vec::len).sum();
        if self.are_joined(kind, kind) { seen } else { seen + 1 }
    }

    /// The members of a full mesh by kind, and the kinds in buckets: no node is connected to one of
    /// another bucket.
    fn kinds(&self, members: Vec<NodeId>) -> Vec<Vec<Kind>> {
        let mut bucket = vec![0; members.len()];
        let mut kind = vec![0; members.len()];
        for (_, shape) in &self.cuts {
            refine(&mut kind, members.iter().map(|node| shape.side(*node)));
            // Links between the core of a heal are open, whatever groups its nodes are in.
            let parts = matches!(shape, Shape::Groups(_) | Shape::Downhill(_));
            if parts && self.spared.is_none() {
                refine(&mut bucket, members.iter().map(|node| shape.side(*node)));
            }
        }
        if let Some(core) = &self.spared {
            refine(&mut kind, members.iter().map(|node| u32::from(core.contains(*node))));
        }
        let mut sorted: BTreeMap<(u32, u32), Kind> = BTreeMap::new();
        for ((node, bucket), kind) in members.into_iter().zip(bucket).zip(kind) {
            sorted.entry((bucket, kind)).or_default().push(node);
        }
        let mut buckets: Vec<Vec<Kind>> = Vec::new();
        let mut last = None;
        for ((bucket, _), kind) in sorted {
            if last != Some(bucket) {
                buckets.push(Vec::new());
                last = Some(bucket);
            }
            buckets.last_mut().expect("one was pushed").push(kind);
        }
        buckets
    }
}

/// Splits classes by a second mark: what differed still does. Classes are numbered as they occur.
fn refine(class: &mut [u32], marks: impl Iterator<Item = u32>) {
    let mut number_of: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for (class, mark) in class.iter_mut().zip(marks) {
        let next = number_of.len() as u32;
        *class = *number_of.entry((*class, mark)).or_insert(next);
    }
}

#[cfg(test)]
mod tests;
