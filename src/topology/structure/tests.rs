//! Structure against its definition: pair by pair, and by taking each link and each node out.

use super::*;
use crate::id::FaultId;
use crate::rng::{Keyed, Ratio, below};
use crate::topology::{Cut, Routing, Topology};

const fn n(number: u32) -> NodeId {
    NodeId::new(number)
}

/// A full mesh or a random graph, under random cuts, perhaps healed in part; and who takes part.
fn world(seed: u64) -> (Links, Vec<bool>) {
    let mut luck = Keyed::new(seed);
    let nodes = 2 + below(&mut luck, 8) as u32;
    let mut some = |share: u64| -> Vec<NodeId> {
        (0..nodes).filter(|_| below(&mut luck, share) == 0).map(n).collect()
    };
    let pairs: Vec<_> =
        (0..nodes).flat_map(|a| some(3).into_iter().map(move |b| (n(a), b))).collect();
    let topology = Topology::undirected(pairs.into_iter().filter(|(a, b)| a != b));
    let topology = match seed % 3 {
        0 => topology,
        1 => topology.routed(Routing::Direct),
        _ => Topology::FullMesh,
    };
    let mut links = Links::new(nodes as usize, &topology);
    for fault in 0..(seed % 5) as u32 {
        let cut = match fault {
            0 => Cut::OneWay { from: some(3), to: some(2) },
            3 => {
                let chance = Ratio { numerator: 1, denominator: 3 };
                Cut::Grudge { chance, one_way: seed % 2 == 0, dice: seed as u32 }
            }
            _ => {
                let first = some(3);
                let others = some(2).into_iter().filter(|node| !first.contains(node)).collect();
                let groups = vec![first, others];
                if fault == 1 { Cut::Groups(groups) } else { Cut::Downhill(groups) }
            }
        };
        links.cut(FaultId(fault), &cut);
    }
    if seed % 7 == 0 {
        links.spare(&some(2).into_iter().collect());
    }
    let takes_part = (0..nodes).map(|node| !some(6).contains(&n(node))).collect();
    (links, takes_part)
}

/// Whether two nodes hang together without one link and one node.
fn hang_together(
    links: &Links,
    (a, b): (u32, u32),
    takes_part: &dyn Fn(u32) -> bool,
    without: Option<(u32, u32)>,
) -> bool {
    let mut reached = vec![a];
    for _ in 0..links.nodes {
        let is_next = |next: &u32| {
            reached.iter().any(|&at| {
                let link = (at.min(*next), at.max(*next));
                let is_open = |a, b| links.is_open(n(a), n(b)) && links.is_open(n(b), n(a));
                Some(link) != without && takes_part(*next) && is_open(at, *next)
            })
        };
        let next: Vec<u32> = (0..links.nodes as u32).filter(is_next).collect();
        reached.extend(next);
        reached.sort();
        reached.dedup();
    }
    takes_part(a) && takes_part(b) && reached.contains(&b)
}

fn pairs(nodes: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..nodes).flat_map(move |a| (0..nodes).map(move |b| (a, b)))
}

#[test]
fn components_bridges_and_articulation_points_are_what_their_definitions_say() {
    let (mut bridges, mut points, mut joined) = (0, 0, 0);
    for seed in 0..1_000 {
        let (links, takes_part) = world(seed);
        let size = links.nodes as u32;
        let is_in = |node: u32| takes_part[node as usize];
        let is_member = |node: NodeId| is_in(node.number());
        let together = |pair, without| hang_together(&links, pair, &is_in, without);
        if !links.hands_on() {
            let labels = links.components(is_member);
            for (a, b) in pairs(size) {
                let is_same = labels[a as usize] == labels[b as usize];
                assert_eq!(is_same, a == b || together((a, b), None), "{seed}: {a} {b}");
                joined += u32::from(is_same);
            }
        }
        let separates = |link: (u32, u32)| {
            together(link, None) && !together(link, Some(link)) && link.0 < link.1
        };
        let expected: Vec<_> = pairs(size).filter(|link| separates(*link)).collect();
        let found = links.bridges(is_member);
        let found: Vec<_> = found.iter().map(|(a, b)| (a.number(), b.number())).collect();
        assert_eq!(found, expected, "{seed}");
        let is_point = |node: &u32| {
            let rest = |other: u32| other != *node && is_in(other);
            let falls_apart = |pair: (u32, u32)| {
                pair.0 != *node
                    && pair.1 != *node
                    && together(pair, None)
                    && !hang_together(&links, pair, &rest, None)
            };
            is_in(*node) && pairs(size).any(falls_apart)
        };
        let expected: Vec<u32> = (0..size).filter(is_point).collect();
        let found = links.articulation_points(is_member);
        assert_eq!(found.iter().map(|at| at.number()).collect::<Vec<_>>(), expected, "{seed}");
        bridges += links.bridges(is_member).len();
        points += found.len();
    }
    assert!(bridges > 200 && points > 100 && joined > 2_000, "{bridges} {points} {joined}");
}

#[test]
fn a_majority_is_one_that_a_single_node_exchanges_messages_with() {
    let (mut yes, mut no) = (0, 0);
    for seed in 0..4_000 {
        let (links, takes_part) = world(seed);
        let is_member = |node: NodeId| takes_part[node.index()];
        let of: Vec<NodeId> =
            links.all().filter(|node| node.number() as u64 % 3 != seed % 5).collect();
        let seen = |node: &NodeId| {
            let others = of.iter().filter(|other| is_member(**other));
            others.filter(|other| *other == node || links.connected(*node, **other)).count()
        };
        let up = of.iter().filter(|node| is_member(**node));
        let expected = up.map(seen).max().unwrap_or(0) * 2 > of.len();
        assert_eq!(links.has_majority(&of, is_member), expected, "{seed}");
        *(if expected { &mut yes } else { &mut no }) += 1;
    }
    assert!(yes > 500 && no > 500, "{yes} {no}");
}

#[test]
fn where_messages_are_handed_on_a_path_of_one_way_links_is_enough_to_be_connected() {
    let round = [(0, 1), (1, 2), (2, 0), (2, 3)].map(|(a, b)| (n(a), n(b)));
    let mut links = Links::new(4, &Topology::directed(round.to_vec()));
    let connected = |links: &Links, a, b| links.connected(n(a), n(b));
    assert!(connected(&links, 0, 2) && connected(&links, 2, 1) && !connected(&links, 2, 3));
    assert!(links.has_majority(&[n(0), n(1), n(2), n(3)], |_| true));
    links.fall(n(1));
    assert!(!connected(&links, 0, 2), "who has crashed hands nothing on");
    links.rise(n(1));
    links.cut(FaultId(0), &Cut::OneWay { from: vec![n(0)], to: vec![n(1)] });
    assert!(!connected(&links, 0, 2));
    assert!(links.mend(FaultId(0)) && connected(&links, 0, 2));
    let labels = links.components(|_| true);
    assert_eq!(labels, [0, 1, 2, 3], "components are of links open in both directions");
}

#[test]
fn a_component_may_hang_together_by_one_who_stands_still_where_messages_are_handed_on() {
    let links = Links::new(3, &Topology::line(3));
    let ends = |node: NodeId| node != n(1);
    assert_eq!(links.components(ends), [0, 1, 0]);
    let links = Links::new(3, &Topology::line(3).routed(Routing::Direct));
    assert_eq!(links.components(ends), [0, 1, 2]);
}

/// 20,000 nodes in groups: a way that looks at pairs would take minutes.
#[test]
fn partitions_of_many_nodes_are_seen_through_by_kind() {
    let size = 20_000;
    let mut links = Links::full_mesh(size as usize);
    let group = |rest: u32| (0..size - 7_000).filter(move |node| node % 3 == rest).map(n).collect();
    links.cut(FaultId(0), &Cut::Groups(vec![group(0), group(1), group(2)]));
    let labels = links.components(|_| true);
    assert_eq!(labels[..4], [0, 1, 2, 0]);
    assert_eq!(labels[19_999], 19_999, "who is in no group is alone");
    let all: Vec<NodeId> = links.all().collect();
    assert!(!links.has_majority(&all, |_| true));
    assert!(links.bridges(|_| true).is_empty() && links.articulation_points(|_| true).is_empty());
    links.cut(FaultId(1), &Cut::OneWay { from: vec![n(0)], to: all });
    assert_eq!(links.components(|_| true)[..7], [0, 1, 2, 3, 1, 2, 3]);
}
