//! Ours and theirs, each as a look-up of many keys at once: the owners' numbers, in the order in
//! which the members are given. The loop is inside, so that look-ups are inlined on both sides.

use crate::bridge::nearest;
use crate::words::{By, Chain, Draw, Key, Node, Permutation, RingPoint, Word};
use std::collections::BTreeMap;
use stormseed::hashing::{
    Anchor, Division, Function, Ketama, Maglev, Member, MultiProbe, Placement, Rendezvous, Ring,
    hash, jump,
};

/// Asks for the owner of each key.
pub type LookUp = Box<dyn Fn(&[u64], &mut [u32])>;

/// Points of each member on a ring for each unit of its weight.
pub const POINTS: u32 = 100;

pub fn each(owner: impl Fn(u64) -> u32 + 'static) -> LookUp {
    Box::new(move |keys, owners| {
        for (key, slot) in keys.iter().zip(owners) {
            *slot = owner(*key);
        }
    })
}

/// What lives as long as the program, since the peers borrow their nodes.
fn forever<T>(what: T) -> &'static T {
    Box::leak(Box::new(what))
}

fn nodes(count: u32) -> &'static [Node] {
    forever(Node::all(count))
}

/// The weight of the n-th member, where weights are used.
pub fn weight(index: u32) -> u32 {
    index % 3 + 1
}

fn members(count: u32, weight: fn(u32) -> u32) -> Vec<Member> {
    (0..count).map(|n| Member::new(format!("m{n}")).weighing(weight(n))).collect()
}

/// One of our functions with so many members, `m0`, `m1`, ...
fn ours<P: Placement + 'static>(mut placement: P, members: Vec<Member>) -> LookUp {
    placement.join_all(members).expect("names are free, and there is room");
    each(move |key| placement.owner(key).map_or(u32::MAX, |id| id.0))
}

pub fn our_jump(buckets: u32) -> LookUp {
    each(move |key| jump(key, buckets, Division::Paper))
}

pub fn our_guava(buckets: u32) -> LookUp {
    each(move |key| jump(key, buckets, Division::Guava))
}

pub fn jumphash(buckets: u32) -> LookUp {
    let peer = jumphash::CustomJumpHasher::new(std::hash::BuildHasher::build_hasher(&By(Word)));
    each(move |key| peer.slot(&key, buckets))
}

pub fn jump_consistent_hash(buckets: u32) -> LookUp {
    each(move |key| jump_consistent_hash::hash(key, buckets as usize))
}

pub fn hash_rings_jump(buckets: u32) -> LookUp {
    let peer = hash_rings::jump::Ring::with_hasher(By(Word), buckets);
    each(move |key| peer.get_node(&key))
}

pub fn our_ring(count: u32, weight: fn(u32) -> u32) -> LookUp {
    ours(Ring::new(POINTS), members(count, weight))
}

pub fn hash_rings_ring(count: u32, weight: fn(u32) -> u32) -> LookUp {
    let mut peer = hash_rings::consistent::Ring::with_hasher(By(RingPoint));
    for node in nodes(count) {
        peer.insert_node(node, (POINTS * weight(node.index)) as usize);
    }
    each(move |key| peer.get_node(&key).index)
}

pub fn hashring(count: u32, weight: fn(u32) -> u32) -> LookUp {
    let mut peer = hashring::HashRing::with_hasher(By(Word));
    let points = nodes(count).iter().flat_map(|node| {
        let count = u64::from(POINTS * weight(node.index));
        (0..count).map(|nth| Node { name: hash::pair(node.name, nth), ..*node })
    });
    peer.batch_add(points.collect());
    each(move |key| peer.get(&key).map_or(u32::MAX, |node| node.index))
}

pub fn consistent_hash_ring(count: u32, weight: fn(u32) -> u32) -> LookUp {
    let mut next = BTreeMap::new();
    for node in nodes(count) {
        let points = u64::from(POINTS * weight(node.index));
        let mut at = node.name;
        for nth in 0..points {
            next.insert(at, hash::pair(node.name, nth));
            at = hash::pair(node.name, nth);
        }
    }
    let weighted = nodes(count).iter().map(|node| (*node, (POINTS * weight(node.index)) as usize));
    let builder = consistent_hash_ring::RingBuilder::new(By(Chain(forever(next))));
    let peer = builder.weighted_nodes_iter(weighted).build();
    each(move |key| peer.get(Key(key)).index)
}

pub fn our_ketama(members: Vec<Member>) -> LookUp {
    let mut ketama = Ketama::new();
    ketama.join_all(members).expect("names are free");
    each(move |key| {
        let key = ketama.key(&key.to_le_bytes());
        ketama.owner(key).map_or(u32::MAX, |id| id.0)
    })
}

/// Members alike.
pub fn alike(count: u32) -> Vec<Member> {
    members(count, |_| 1)
}

pub fn ketama(count: u32) -> LookUp {
    let names: Vec<String> = (0..count).map(|n| format!("m{n}")).collect();
    let peer = ketama::Ring::build(&names.iter().map(String::as_str).collect::<Vec<_>>());
    each(move |key| peer.route(&key.to_le_bytes()) as u32)
}

pub fn our_rendezvous(count: u32) -> LookUp {
    ours(Rendezvous::plain(), alike(count))
}

pub fn hash_rings_rendezvous(count: u32) -> LookUp {
    let mut peer = hash_rings::rendezvous::Ring::with_hasher(By(Draw));
    nodes(count).iter().for_each(|node| peer.insert_node(node, 1));
    each(move |key| peer.get_node(&key).index)
}

/// Our draw of a member for a key, for the crate that lets its user hash the pair.
struct OurDraw;

impl rendezvous_hash::NodeHasher<Node> for OurDraw {
    #[inline]
    fn hash<T: std::hash::Hash>(&self, node: &Node, item: &T) -> u64 {
        hash::pair(std::hash::BuildHasher::hash_one(&By(Word), item), node.name)
    }
}

pub fn rendezvous_hash(count: u32) -> LookUp {
    let mut peer = rendezvous_hash::RendezvousNodes::new(OurDraw);
    peer.extend(nodes(count).iter().map(|node| rendezvous_hash::IdNode::new(*node)));
    each(move |key| peer.calc_candidates(&key).next().map_or(u32::MAX, |node| node.index))
}

pub fn hrw_hash(count: u32) -> LookUp {
    let peer = hrw_hash::HrwNodes::with_build_hasher(By(Word), nodes(count).iter().map(Heavy));
    each(move |key| peer.sorted(&key).next().map_or(u32::MAX, |node| node.0.index))
}

/// A member that weighs what [`weight`] says.
#[derive(PartialEq, Eq, Hash)]
struct Heavy(&'static Node);

impl hrw_hash::HrwNode for Heavy {
    fn capacity(&self) -> usize {
        weight(self.0.index) as usize
    }
}

pub fn our_weighted_rendezvous(count: u32) -> LookUp {
    ours(Rendezvous::weighted(), members(count, weight))
}

pub fn hash_rings_weighted_rendezvous(count: u32) -> LookUp {
    let mut peer = hash_rings::weighted_rendezvous::Ring::with_hasher(By(Draw));
    nodes(count).iter().for_each(|node| peer.insert_node(node, f64::from(weight(node.index))));
    each(move |key| peer.get_node(&key).index)
}

pub fn our_maglev(count: u32, size: u32) -> LookUp {
    // The turns go by name.
    ours(Maglev::new(size), alike(count))
}

pub fn maglev(count: u32, size: u32) -> LookUp {
    use maglev::ConsistentHasher;
    let mut by_name = nodes(count).to_vec();
    by_name.sort_by_key(|node| format!("m{}", node.index));
    let peer = maglev::Maglev::with_capacity_and_hasher(by_name, size as usize, By(Permutation));
    each(move |key| peer.get(&Key(key)).map_or(u32::MAX, |node| node.index))
}

pub fn our_multi_probe(count: u32, probes: u32) -> LookUp {
    ours(MultiProbe::new(probes), alike(count))
}

/// Its probes are its own; the points are ours.
pub fn mpchash(count: u32) -> LookUp {
    let peer = mpchash::HashRing::new();
    nodes(count).iter().for_each(|node| peer.insert(node.name, *node));
    each(move |key| peer.node(&key).map_or(u32::MAX, |token| token.node().index))
}

/// The same by way of the bridge, with our probes.
pub fn our_probes(count: u32, probes: u32) -> LookUp {
    nearest(points(count), move |key| (0..probes).map(move |nth| hash::pair(key, u64::from(nth))))
}

/// The same by way of the bridge, with the probes of `mpchash`.
pub fn mpchash_probes(count: u32, probes: u32) -> LookUp {
    let partitioner: &'static _ = forever(mpchash::DefaultPartitioner::new());
    nearest(points(count), move |key| {
        let probes = mpchash::Partitioner::positions(partitioner, &key, probes as usize);
        probes.collect::<Vec<_>>().into_iter()
    })
}

fn points(count: u32) -> Vec<(u64, u32)> {
    nodes(count).iter().map(|node| (node.name, node.index)).collect()
}

/// Its probes are its own; the points are ours.
pub fn hash_rings_multi_probe(count: u32, probes: u32) -> LookUp {
    let mut peer = hash_rings::mpc::Ring::with_hasher(By(Word), u64::from(probes));
    nodes(count).iter().for_each(|node| peer.insert_node(node));
    each(move |key| peer.get_node(&key).index)
}

/// Room for so many members, and these leave after so many have joined.
pub fn our_anchor(room: u32, count: u32, leave: &[u32]) -> LookUp {
    let mut anchor = Anchor::new(room);
    anchor.join_all(alike(count)).expect("names are free");
    for index in leave {
        anchor.leave(&format!("m{index}")).expect("it is a member");
    }
    each(move |key| anchor.owner(key).map_or(u32::MAX, |id| id.0))
}

/// Its hashes of 32 bits are its own.
pub fn anchorhash(room: u32, count: u32, leave: &[u32]) -> LookUp {
    let builder = anchorhash::Builder::with_hasher(By(Word)).with_resources(0..count);
    let mut peer = builder.build::<u64>(room.try_into().expect("it has room for 65,535"));
    for index in leave {
        peer.remove_resource(index).expect("it is a member");
    }
    each(move |key| peer.get_resource(key).copied().unwrap_or(u32::MAX))
}

/// Those of ours that have no peer, by their names; in ten zones, and where a function remembers
/// who left, a tenth of the members has.
pub fn ours_by_name(name: &str, count: u32) -> LookUp {
    let function = Function::named(name).expect("it is one of ours");
    let mut placement = function.empty(count);
    let zoned = |member: Member| {
        let zone = format!("z{}", hash::name(&member.name) % 10);
        member.within(zone)
    };
    let all: Vec<Member> = alike(count).into_iter().map(zoned).collect();
    placement.join_all(all).expect("names are free, and there is room");
    if matches!(name, "dx" | "memento") {
        (0..count / 10).for_each(|n| placement.leave(&format!("m{}", n * 7)).expect("a member"));
    }
    each(move |key| placement.owner(key).map_or(u32::MAX, |id| id.0))
}
