//! Drawing nodes: which ones a fault strikes, and how a partition divides them.
//!
//! A draw takes the same number of words whoever is held already, so that the choice of one strike
//! moves no later one.

use super::fault::Shape;
use super::words::Who;
use crate::fault::{Choice, Take, Target};
use crate::id::NodeId;
use crate::rng::{Luck64, below, range, shuffle};
use crate::time::Duration;
use crate::topology::Cut;

/// The nodes of a scenario, by role.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nodes<'a> {
    pub groups: &'a [(String, Vec<NodeId>)],
    /// The nodes of each zone.
    pub zones: &'a [(String, Vec<NodeId>)],
    pub size: u32,
}

impl Nodes<'_> {
    pub fn all(self) -> Vec<NodeId> {
        (0..self.size).map(NodeId::new).collect()
    }

    /// The nodes of a role of the scenario or of a zone, `zone(a)`; `None` if only a run can tell
    /// who plays it.
    pub fn role(self, role: &str) -> Option<Vec<NodeId>> {
        let (group, name) = match zone(role) {
            Some(zone) => (self.zones, zone),
            None => (self.groups, role),
        };
        group.iter().find(|(known, _)| known == name).map(|(_, nodes)| nodes.clone())
    }

    /// The nodes of a set that is not drawn.
    pub fn fixed(self, who: &Who) -> Vec<NodeId> {
        match who {
            Who::Nodes(nodes) => nodes.clone(),
            Who::Role(role) => self.role(role).unwrap_or_default(),
            Who::AllBut(who) => {
                let without = self.fixed(who);
                self.all().into_iter().filter(|node| !without.contains(node)).collect()
            }
            _ => self.all(),
        }
    }

    /// The choice that only a run can make; `None` if these nodes can be told before it.
    pub fn choice(self, who: &Who) -> Option<Choice> {
        let (role, take) = match who {
            Who::Role(role) => (role, Take::Everyone),
            Who::Random(count, Some(role)) => (role, Take::Drawn(*count)),
            Who::Newest(role) => (role, Take::Newest),
            Who::Stale(role) => (role, Take::Stale),
            Who::AllBut(who) => match &**who {
                Who::Role(role) => (role, Take::Others),
                _ => return None,
            },
            Who::MinorityWith(role) | Who::MajorityWith(role) => {
                let among = self.groups.first().map_or_else(Vec::new, |(_, nodes)| nodes.clone());
                let size = among.len() as u32;
                let (least, most) = match who {
                    Who::MinorityWith(_) => (1, size.saturating_sub(1) / 2),
                    _ => (size / 2 + 1, size),
                };
                (role, Take::With { among, least, most })
            }
            _ => return None,
        };
        let is_known = self.role(role).is_some();
        (!is_known).then(|| Choice { role: role.clone(), take })
    }

    fn pool(self, role: &Option<String>) -> Vec<NodeId> {
        role.as_ref().and_then(|role| self.role(role)).unwrap_or_else(|| self.all())
    }

    /// Whom a strike hits. Sets that are drawn are drawn among the nodes that are not held, and a
    /// set's size bounds how many are held at once; so the result may be no node. What only the run
    /// can tell is left to it, and does not wait.
    pub fn target(
        self,
        who: &Who,
        luck: &mut impl Luck64,
        is_held: impl Fn(NodeId) -> bool,
    ) -> Target {
        let free = |nodes: Vec<NodeId>| nodes.into_iter().filter(|n| !is_held(*n)).collect();
        match self.choice(who) {
            Some(Choice { role, take: Take::Everyone }) => return Target::Role(role),
            Some(choice) => return Target::Chosen { choice, window: Duration::ZERO },
            None => {}
        }
        let mut nodes: Vec<NodeId> = match who {
            Who::All => {
                let nodes: Vec<NodeId> = free(self.all());
                if nodes.len() == self.size as usize {
                    return Target::All;
                }
                nodes
            }
            Who::Random(count, role) => {
                let count = *count as usize;
                draw(self.pool(role), count, count, luck, &is_held)
            }
            Who::Minority(role) => self.minority(role, luck, &is_held),
            Who::Majority(role) => {
                let first = self.groups.first().map(|(name, _)| name.clone());
                let pool = self.pool(&role.clone().or(first));
                let count = range(luck, pool.len() as u64 / 2 + 1..=pool.len() as u64) as usize;
                let size = pool.len();
                draw(pool, count, size, luck, &is_held)
            }
            fixed => free(self.fixed(fixed)),
        };
        nodes.sort();
        Target::Nodes(nodes)
    }

    fn minority(
        self,
        role: &Option<String>,
        luck: &mut impl Luck64,
        is_held: &impl Fn(NodeId) -> bool,
    ) -> Vec<NodeId> {
        let mut struck = Vec::new();
        let mut least = 1;
        let named = |name: &String| role.as_ref().is_none_or(|role| role == name);
        for (_, group) in self.groups.iter().filter(|(name, _)| named(name)) {
            let most = (group.len() - 1) / 2;
            if most == 0 {
                continue;
            }
            let count = range(luck, least..=most as u64) as usize;
            struck.extend(draw(group.clone(), count, most, luck, is_held));
            least = 0; // one node is enough, of the first role that has a minority
        }
        struck
    }

    /// What a partition of this shape cuts. Every cut is a fault of its own.
    pub fn cuts(self, shape: Shape, is_one_way: bool, luck: &mut impl Luck64) -> Vec<Cut> {
        match shape {
            Shape::BridgeLink => vec![Cut::BridgeLink { dice: luck.next() as u32 }],
            Shape::Grudge(chance) => {
                vec![Cut::Grudge { chance, one_way: is_one_way, dice: luck.next() as u32 }]
            }
            Shape::Zones | Shape::OneZone => {
                let zones = self.zones.iter().map(|(_, nodes)| nodes.clone());
                let mut zones: Vec<Vec<NodeId>> = zones.collect();
                shuffle(luck, &mut zones);
                if shape == Shape::OneZone {
                    let rest = zones.split_off(zones.len().min(1));
                    zones.push(rest.concat());
                }
                vec![if is_one_way { Cut::Downhill(zones) } else { Cut::Groups(zones) }]
            }
            _ => self.shaped(shape, is_one_way, luck),
        }
    }

    fn shaped(self, shape: Shape, is_one_way: bool, luck: &mut impl Luck64) -> Vec<Cut> {
        let first = self.groups.first().map_or(&[][..], |(_, nodes)| nodes);
        let mut shaped = if first.len() >= 3 { first.to_vec() } else { self.all() };
        let others: Vec<NodeId> =
            self.all().into_iter().filter(|node| shaped.binary_search(node).is_err()).collect();
        shuffle(luck, &mut shaped);
        let size = shaped.len();
        let mut sides = match shape {
            Shape::MajoritiesRing => return ring(&shaped),
            Shape::Bridge => {
                let rest = shaped.split_off(1);
                let (a, b) = rest.split_at(rest.len() / 2);
                vec![a.to_vec(), b.to_vec()]
            }
            Shape::IsolateOne => {
                let rest = shaped.split_off(1);
                vec![rest, shaped]
            }
            Shape::Halves => {
                let rest = shaped.split_off(size / 2);
                vec![shaped, rest]
            }
            Shape::MinorityMajority => {
                let rest = shaped.split_off(range(luck, 1..=(size as u64 - 1) / 2) as usize);
                vec![shaped, rest]
            }
            Shape::KWay(ways) => {
                let ways = ways.max(1) as usize;
                let group = |way| shaped.iter().copied().skip(way).step_by(ways).collect();
                (0..ways).map(group).collect()
            }
            Shape::Zones | Shape::OneZone | Shape::Grudge(_) | Shape::BridgeLink => Vec::new(),
            Shape::Random => groups(&shaped, luck),
        };
        for other in others {
            let side = below(luck, sides.len() as u64) as usize;
            sides[if shape == Shape::IsolateOne { 0 } else { side }].push(other);
        }
        sides.iter_mut().for_each(|side| side.sort());
        let turn = luck.next() & 1 == 0;
        if !is_one_way && shape != Shape::Bridge {
            return vec![Cut::Groups(sides)];
        }
        if turn {
            sides.reverse();
        }
        let one_way = |from: usize, to: usize| Cut::OneWay {
            from: sides[from].clone(),
            to: sides[to].clone(),
        };
        if is_one_way { vec![one_way(0, 1)] } else { vec![one_way(0, 1), one_way(1, 0)] }
    }
}

/// The zone that a role in a file stands for: `zone(a)`.
pub(super) fn zone(role: &str) -> Option<&str> {
    role.strip_prefix("zone(")?.strip_suffix(')').map(str::trim)
}

/// So many of the nodes that are not held; but with those that are held no more than `most`.
fn draw(
    mut pool: Vec<NodeId>,
    count: usize,
    most: usize,
    luck: &mut impl Luck64,
    is_held: &impl Fn(NodeId) -> bool,
) -> Vec<NodeId> {
    shuffle(luck, &mut pool);
    let held = pool.iter().filter(|node| is_held(**node)).count();
    let count = count.min(most.saturating_sub(held));
    pool.into_iter().filter(|node| !is_held(*node)).take(count).collect()
}

/// Two or three groups of random size, none of the first two empty.
fn groups(shuffled: &[NodeId], luck: &mut impl Luck64) -> Vec<Vec<NodeId>> {
    let count = range(luck, 2..=3) as usize;
    let mut groups = vec![Vec::new(); count];
    for (place, node) in shuffled.iter().enumerate() {
        let group = below(luck, count as u64) as usize;
        groups[if place < 2 { place } else { group }].push(*node);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// Every node sees its neighbours on a ring, just so many that they are a majority with it.
fn ring(shuffled: &[NodeId]) -> Vec<Cut> {
    let size = shuffled.len();
    let reach = (size / 2).div_ceil(2);
    let unseen = |place: usize| {
        let seen = |other: usize| {
            let distance = place.abs_diff(other);
            distance.min(size - distance) <= reach
        };
        let mut unseen: Vec<NodeId> =
            (0..size).filter(|other| !seen(*other)).map(|other| shuffled[other]).collect();
        unseen.sort();
        unseen
    };
    let cuts =
        (0..size).map(|place| Cut::OneWay { from: unseen(place), to: vec![shuffled[place]] });
    cuts.collect()
}
