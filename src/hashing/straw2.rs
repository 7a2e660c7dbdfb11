//! Straw2 of CRUSH (Weil et al., SC 2006; the bucket type that Ceph uses since Hammer): zones draw
//! straws by their weight, then the members of the winning zone do.
//!
//! A straw is `ln(u) / weight`, the longest wins; a change of one weight moves only what
//! that member gains or loses. Ceph draws 16 bits and reads a table of logarithms; here 64 bits
//! and our own logarithm are used, so the law is the same and the bits are not Ceph's.

use super::hash;
use super::placement::of_members;
use super::{DependsOn, Member, MemberId, Members, Placement, Refused};
use crate::rng::fixed::minus_ln;
use std::collections::BTreeMap;

/// How often a collision of replicas is drawn again: `choose_total_tries`.
const TRIES: u64 = 50;

#[derive(Clone, Debug)]
struct Item {
    id: u64,
    weight: u64,
}

#[derive(Clone, Debug)]
struct Zone {
    item: Item,
    hosts: Vec<(Item, MemberId)>,
}

/// A map of two levels: zones, and the members in them.
#[derive(Clone, Debug, Default)]
pub struct Straw2 {
    members: Members,
    zones: Vec<Zone>,
}

/// Whether the straw of one is longer than that of another: its cost by weight is less.
#[inline]
fn draw(key: u64, attempt: u64, item: &Item) -> (u64, u64) {
    (minus_ln(hash::pair(hash::pair(key, attempt), item.id)), item.weight)
}

#[inline]
fn is_longer(one: (u64, u64), other: (u64, u64)) -> bool {
    u128::from(one.0) * u128::from(other.1) < u128::from(other.0) * u128::from(one.1)
}

/// The place of the longest straw.
#[inline]
fn longest<'a>(key: u64, attempt: u64, items: impl Iterator<Item = &'a Item>) -> Option<usize> {
    let mut best: Option<((u64, u64), usize)> = None;
    for (place, item) in items.enumerate() {
        let straw = draw(key, attempt, item);
        if best.is_none_or(|(longest, _)| is_longer(straw, longest)) {
            best = Some((straw, place));
        }
    }
    best.map(|(_, place)| place)
}

impl Straw2 {
    /// An empty map.
    pub fn new() -> Self {
        Straw2::default()
    }

    fn rebuild(&mut self) {
        let mut zones: BTreeMap<&str, Zone> = BTreeMap::new();
        for (id, member) in self.members.by_name() {
            let item = Item { id: hash::name(&member.name), weight: u64::from(member.weight) };
            let zone = zones.entry(&member.zone).or_insert_with(|| Zone {
                item: Item { id: hash::pair(hash::name(&member.zone), 1), weight: 0 },
                hosts: Vec::new(),
            });
            zone.item.weight += item.weight;
            zone.hosts.push((item, id));
        }
        self.zones = zones.into_values().collect();
    }

    #[inline]
    fn choose(&self, key: u64, attempt: u64) -> Option<MemberId> {
        let zone = longest(key, attempt, self.zones.iter().map(|zone| &zone.item))?;
        let hosts = &self.zones[zone].hosts;
        let host = longest(key, attempt, hosts.iter().map(|(item, _)| item))?;
        Some(hosts[host].1)
    }
}

impl Placement for Straw2 {
    fn name(&self) -> &'static str {
        "straw2"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Members
    }

    of_members!();

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        self.choose(key, 0)
    }

    /// `choose firstn`: draws again with another attempt where the caller cannot use the last.
    fn walk(&self, key: u64, visit: &mut dyn FnMut(MemberId) -> bool) {
        let tries = TRIES * self.members.len() as u64;
        let drawn = (0..tries).map_while(|attempt| self.choose(key, attempt));
        let _ = drawn.chain(self.members.by_name().map(|(id, _)| id)).all(visit);
    }

    fn table_bytes(&self) -> u64 {
        self.members.len() as u64 * 24 + self.zones.len() as u64 * 40
    }
}
