//! Key by key where a library takes our hashes, and by the shares of the members where it does not.

use crate::bridge::{Sets, fnv, scaled};
use crate::functions::{self as f, LookUp};
use crate::keys::{spread, words};
use std::io::{self, Write};
use stormseed::hashing::hash;

/// One of ours beside one of theirs.
struct Comparison {
    function: &'static str,
    /// The crate, and the version that `Cargo.lock` has.
    peer: &'static str,
    members: u32,
    ours: LookUp,
    theirs: LookUp,
    /// Whether some keys have another owner there. docs/placement.md says why.
    differs: bool,
}

type Weight = fn(u32) -> u32;
const ALIKE: Weight = |_| 1;

fn jumps() -> Vec<Comparison> {
    type Make = fn(u32) -> LookUp;
    let peers: [(&str, Make); 3] = [
        ("jumphash 0.1.9", f::jumphash),
        ("jump-consistent-hash 0.1.0", f::jump_consistent_hash),
        ("hash-rings 1.1.0", f::hash_rings_jump),
    ];
    let sizes = [10, 1_000, 100_000];
    let pairs = peers.iter().flat_map(|peer| sizes.map(|members| (*peer, members)));
    pairs
        .map(|((peer, make), members)| Comparison {
            function: "jump",
            peer,
            members,
            ours: f::our_jump(members),
            theirs: make(members),
            differs: false,
        })
        .collect()
}

fn rings() -> Vec<Comparison> {
    type Make = fn(u32, Weight) -> LookUp;
    let peers: [(&str, Make); 3] = [
        ("hash-rings 1.1.0", f::hash_rings_ring),
        ("hashring 0.3.6", f::hashring),
        ("consistent_hash_ring 0.8.0", f::consistent_hash_ring),
    ];
    let settings: [(&str, u32, Weight); 3] =
        [("ring", 10, ALIKE), ("ring", 300, ALIKE), ("weighted ring", 300, f::weight)];
    let pairs = peers.iter().flat_map(|peer| settings.map(|setting| (*peer, setting)));
    pairs
        .map(|((peer, make), (function, members, weight))| Comparison {
            function,
            peer,
            members,
            ours: f::our_ring(members, weight),
            theirs: make(members, weight),
            differs: false,
        })
        .collect()
}

fn ketamas() -> Vec<Comparison> {
    let of = |members, differs| Comparison {
        function: "ketama",
        peer: "ketama 0.0.2",
        members,
        ours: f::our_ketama(f::alike(members)),
        theirs: f::ketama(members),
        differs,
    };
    vec![of(8, false), of(10, false), of(100, true)]
}

fn rendezvous() -> Vec<Comparison> {
    let mut all = Vec::new();
    for members in [10, 100] {
        let of = |function, peer, ours, theirs| Comparison {
            function,
            peer,
            members,
            ours,
            theirs,
            differs: false,
        };
        let ours = || f::our_rendezvous(members);
        let theirs = f::hash_rings_rendezvous(members);
        all.push(of("rendezvous", "hash-rings 1.1.0", ours(), theirs));
        all.push(of("rendezvous", "rendezvous_hash 0.3.0", ours(), f::rendezvous_hash(members)));
        all.push(of(
            "weighted-rendezvous",
            "hash-rings 1.1.0",
            f::our_weighted_rendezvous(members),
            f::hash_rings_weighted_rendezvous(members),
        ));
    }
    all
}

fn maglevs() -> Vec<Comparison> {
    let of = |members| Comparison {
        function: "maglev",
        peer: "maglev 0.2.1",
        members,
        ours: f::our_maglev(members, 65_537),
        theirs: f::maglev(members, 65_537),
        differs: false,
    };
    vec![of(1), of(10), of(1_000)]
}

/// Both through the same bridge: ours with our hash, theirs with theirs.
fn bridged() -> Vec<Comparison> {
    let of = |function, peer, members, ours, theirs| Comparison {
        function,
        peer,
        members,
        ours,
        theirs,
        differs: false,
    };
    let mut all = Vec::new();
    for members in [10, 100] {
        let (room, most) = (2 * members, members * 2 / 5);
        let leave: Vec<u32> = (0..most).map(|n| n * 7 % members).collect();
        let sets = || Sets::new(room, members, &leave);
        let ours = f::our_anchor(room, members, &leave);
        let draw = |key, bucket, size| hash::pair(key, u64::from(bucket)) % size;
        let bridge = sets().look_up(|key, room| key % room, draw);
        all.push(of("anchor", "sets of the paper with our hash", members, ours, bridge));
        let theirs = f::anchorhash(room, members, &leave);
        let draw = |key, bucket, size| scaled(fnv(key as u32, bucket), size);
        let bridge = sets().look_up(|key, room| scaled(key as u32, room), draw);
        all.push(of(
            "anchor",
            "sets of the paper with the hash of anchorhash 0.2.2",
            members,
            theirs,
            bridge,
        ));
        let (ours, bridge) = (f::our_multi_probe(members, 23), f::our_probes(members, 23));
        all.push(of("multi-probe", "nearest of all points to our probes", members, ours, bridge));
        let (theirs, bridge) = (f::mpchash(members), f::mpchash_probes(members, 23));
        all.push(of(
            "multi-probe",
            "nearest of all points to the probes of mpchash 2.0.10",
            members,
            theirs,
            bridge,
        ));
    }
    all
}

fn owners(look_up: &LookUp, keys: &[u64]) -> Vec<u32> {
    let mut owners = vec![u32::MAX; keys.len()];
    look_up(keys, &mut owners);
    owners
}

/// Writes a row for each comparison; whether all came out as they should.
///
/// # Errors
/// If the rows cannot be written.
pub fn key_by_key(out: &mut impl Write, count: u64) -> io::Result<bool> {
    let keys = words(count);
    let mut is_as_expected = true;
    writeln!(out, "function,peer,members,keys,disagreements")?;
    let families = [jumps, rings, ketamas, rendezvous, maglevs, bridged];
    for one in families.into_iter().flat_map(|family| family()) {
        let (ours, theirs) = (owners(&one.ours, &keys), owners(&one.theirs, &keys));
        let found = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs).count();
        let Comparison { function, peer, members, differs, .. } = one;
        writeln!(out, "{function},{peer},{members},{count},{found}")?;
        is_as_expected &= (found > 0) == differs;
    }
    Ok(is_as_expected)
}

/// How far two samples of owners lie apart: the sum of `(a - b)^2 / (a + b)`, for equal laws about
/// as much as there are members less one, with a deviation of the root of twice that.
fn distance(ours: &LookUp, theirs: &LookUp, members: u32, keys: &[u64]) -> (f64, f64) {
    let mut loads = vec![(0i64, 0i64); members as usize];
    for owner in owners(ours, keys) {
        loads[owner as usize].0 += 1;
    }
    for owner in owners(theirs, keys) {
        loads[owner as usize].1 += 1;
    }
    let present = loads.iter().filter(|(a, b)| a + b > 0);
    let apart = |(a, b): &(i64, i64)| ((a - b) * (a - b)) as f64 / (a + b) as f64;
    (present.clone().map(apart).sum(), present.count() as f64 - 1.0)
}

struct Law {
    function: &'static str,
    peer: &'static str,
    members: u32,
    ours: LookUp,
    theirs: LookUp,
}

fn laws() -> Vec<Law> {
    let of = |members| Law {
        function: "weighted-rendezvous",
        peer: "hrw-hash 2.0.3",
        members,
        ours: f::our_weighted_rendezvous(members),
        theirs: f::hrw_hash(members),
    };
    vec![of(10), of(100)]
}

/// Writes a row for each law; whether all hold.
///
/// # Errors
/// If the rows cannot be written.
pub fn by_law(out: &mut impl Write, count: u64) -> io::Result<bool> {
    let keys = spread(count);
    let mut holds = true;
    writeln!(out, "\nfunction,peer,members,keys,distance,freedom")?;
    for Law { function, peer, members, ours, theirs } in laws() {
        let (found, freedom) = distance(&ours, &theirs, members, &keys);
        writeln!(out, "{function},{peer},{members},{count},{found:.0},{freedom}")?;
        holds &= found < freedom + 5.0 * (2.0 * freedom).sqrt();
    }
    Ok(holds)
}
