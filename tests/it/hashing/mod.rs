//! Data placement: published vectors, the laws of each function, and properties over random
//! histories of members.

mod laws;
mod properties;
mod table;
mod vectors;

use stormseed::hashing::{
    Anchor, Bounded, Division, Dx, Jump, Ketama, Maglev, Member, Memento, Modulo, MultiProbe,
    Placement, Rendezvous, Ring, Straw2, hash,
};

/// Members called `m0`, `m1`, ...
pub(crate) fn members(count: u32) -> Vec<Member> {
    (0..count).map(|n| Member::new(format!("m{n}"))).collect()
}

/// Every function, empty, with room for so many members.
pub(crate) fn all(capacity: u32) -> Vec<Box<dyn Placement>> {
    vec![
        Box::new(Modulo::new()),
        Box::new(Ring::new(40)),
        Box::new(Ketama::new()),
        Box::new(Rendezvous::plain()),
        Box::new(Rendezvous::weighted()),
        Box::new(Jump::new(Division::Paper)),
        Box::new(Jump::new(Division::Guava)),
        Box::new(Maglev::new(Maglev::SMALL)),
        Box::new(MultiProbe::new(MultiProbe::PROBES)),
        Box::new(Anchor::new(capacity)),
        Box::new(Dx::new(capacity)),
        Box::new(Memento::new()),
        Box::new(Straw2::new()),
        Box::new(Bounded::new(40, 250_000)),
    ]
}

/// The name of a key's owner.
pub(crate) fn owner(placement: &dyn Placement, key: u64) -> Option<&str> {
    let members = placement.members();
    placement.owner(key).map(|id| members.member(id).name.as_str())
}

/// So many keys, as this placement hashes them.
pub(crate) fn keys(placement: &dyn Placement, count: u32) -> Vec<u64> {
    (0..count).map(|n| placement.key(format!("key-{n}").as_bytes())).collect()
}

/// So many uniform words.
pub(crate) fn words(count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(|n| hash::pair(0x5eed, n))
}
