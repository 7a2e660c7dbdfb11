//! Who owns which shard: a placement of the shards on the members, changed step by step.
//!
//! A change is numbered, and every node makes the same changes in the same order. So even a
//! function that remembers how its members came and went gives the same owners everywhere.

use super::shard::{Epoch, ShardId};
use crate::hashing::{Function, Member, MemberId, Placement, Refused, Replicas};
use crate::id::NodeId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A member and its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighted {
    /// Who.
    pub node: NodeId,
    /// Its share beside those of the others; from 1 to [`Weighted::MOST`].
    pub weight: u32,
}

impl Weighted {
    /// The heaviest that a member may be: a ring has points for each unit of weight.
    pub const MOST: u32 = 1_000;
}

/// What makes an epoch of the one before. Who is in both lists gets another weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The epoch that begins with it.
    pub epoch: Epoch,
    /// Who is a member no more.
    pub leaves: Vec<NodeId>,
    /// Who is one from now on.
    pub joins: Vec<Weighted>,
    /// Whether no operator has asked for it: who had no lease any more leaves, and comes back with
    /// the next one.
    pub is_eviction: bool,
}

/// What a map begins with.
#[derive(Clone, Debug)]
pub struct Places {
    /// The function that places shards on members.
    pub function: Function,
    /// How many shards there are.
    pub shards: u32,
    /// The members of the first epoch, each of weight 1.
    pub members: Vec<NodeId>,
    /// How many may be members.
    pub servers: u32,
    /// In which zone servers stand, where that matters.
    pub zones: BTreeMap<NodeId, String>,
}

/// The owners of all shards in one epoch.
pub struct Map {
    epoch: Epoch,
    placement: Box<dyn Placement>,
    owners: Vec<NodeId>,
    zones: BTreeMap<NodeId, String>,
}

impl Map {
    /// The map of the first epoch.
    ///
    /// # Panics
    /// If there is no member, or the function cannot take them: settings are checked before.
    pub fn first(places: &Places) -> Map {
        let members = places.members.iter().map(|node| Weighted { node: *node, weight: 1 });
        let members: Vec<Weighted> = members.collect();
        Map::of(places, &members).expect("the first members are checked")
    }

    /// The map of these members, who join one after another in the order in which they are given.
    ///
    /// # Errors
    /// If somebody cannot join.
    ///
    /// # Panics
    /// If there is no member.
    pub fn of(places: &Places, members: &[Weighted]) -> Result<Map, Refused> {
        let placement = places.function.empty(places.servers);
        let owners = vec![members[0].node; places.shards as usize];
        let zones = places.zones.clone();
        let mut map = Map { epoch: Epoch::FIRST, placement, owners, zones };
        map.join(members)?;
        map.place();
        Ok(map)
    }

    fn join(&mut self, members: &[Weighted]) -> Result<(), Refused> {
        let named = members.iter().map(|member| {
            let named = Member::new(member.node.to_string()).weighing(member.weight);
            match self.zones.get(&member.node) {
                Some(zone) => named.within(zone),
                None => named,
            }
        });
        self.placement.join_all(named.collect()).map(drop)
    }

    /// The map after these changes.
    ///
    /// # Panics
    /// If one of them cannot be made: the coordinator has made it before.
    pub fn after<'a>(places: &Places, changes: impl IntoIterator<Item = &'a Change>) -> Map {
        let mut map = Map::first(places);
        for change in changes {
            map.apply(change).expect("a change that was numbered can be made");
        }
        map
    }

    /// Makes the next change, whatever its number says.
    ///
    /// # Errors
    /// If somebody cannot leave or join. The map is then of no more use.
    pub fn apply(&mut self, change: &Change) -> Result<(), Refused> {
        change.leaves.iter().try_for_each(|node| self.placement.leave(&node.to_string()))?;
        self.join(&change.joins)?;
        self.epoch = self.epoch.next();
        self.place();
        Ok(())
    }

    fn place(&mut self) {
        if self.placement.members().is_empty() {
            return;
        }
        for shard in ShardId::all(self.owners.len() as u32) {
            let key = self.placement.key(&shard.0.to_le_bytes());
            let owner = self.placement.arrive(key).expect("members own every shard");
            self.owners[shard.index()] = node(&*self.placement, owner);
        }
    }

    /// The next change, of nobody so far.
    pub fn change(&self) -> Change {
        let epoch = self.epoch.next();
        Change { epoch, leaves: Vec::new(), joins: Vec::new(), is_eviction: false }
    }

    /// Its epoch.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// How many shards there are.
    pub fn shards(&self) -> u32 {
        self.owners.len() as u32
    }

    /// The shard of a key.
    pub fn shard_of(&self, key: u64) -> ShardId {
        ShardId::of(key, self.shards())
    }

    /// Who owns a shard.
    pub fn owner(&self, shard: ShardId) -> NodeId {
        self.owners[shard.index()]
    }

    /// The owners of all shards, in their order.
    pub fn owners(&self) -> &[NodeId] {
        &self.owners
    }

    /// Who holds the replicas of a shard, in order of preference.
    pub fn replicas(&self, shard: ShardId, replicas: Replicas) -> Vec<NodeId> {
        let mut list = Vec::new();
        let key = self.placement.key(&shard.0.to_le_bytes());
        replicas.of(&*self.placement, key, &mut list);
        list.into_iter().map(|id| node(&*self.placement, id)).collect()
    }

    /// The members with their weights, in the order of their numbers.
    pub fn members(&self) -> Vec<Weighted> {
        let members = self.placement.members();
        let weighted = |(id, member): (MemberId, &Member)| Weighted {
            node: node(&*self.placement, id),
            weight: member.weight,
        };
        let mut all: Vec<Weighted> = members.by_name().map(weighted).collect();
        all.sort_by_key(|member| member.node);
        all
    }

    /// Whether a node is a member.
    pub fn has(&self, node: NodeId) -> bool {
        self.placement.members().find(&node.to_string()).is_some()
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Map { epoch, owners, .. } = self;
        f.debug_struct("Map").field("epoch", epoch).field("owners", owners).finish()
    }
}

fn node(placement: &dyn Placement, id: MemberId) -> NodeId {
    let name = &placement.members().member(id).name;
    let number = name.strip_prefix('n').and_then(|number| number.parse().ok());
    NodeId::new(number.expect("a member is called like its node"))
}

/// The least share of the keys that can move between two sets of members, in millionths: what
/// members gain by their weights.
pub fn ideal_move_ppm(before: &[Weighted], after: &[Weighted]) -> u64 {
    let total = |members: &[Weighted]| members.iter().map(|it| u128::from(it.weight)).sum::<u128>();
    let (all_before, all_after) = (total(before).max(1), total(after).max(1));
    let gained = after.iter().map(|member| {
        let had = before.iter().find(|it| it.node == member.node).map_or(0, |it| it.weight);
        let has = u128::from(member.weight) * all_before;
        has.saturating_sub(u128::from(had) * all_after)
    });
    (gained.sum::<u128>() * 1_000_000 / (all_before * all_after)) as u64
}

/// The share of the shards that have other owners, in millionths: D(v1, v2).
pub fn disagreement_ppm(one: &[NodeId], other: &[NodeId]) -> u64 {
    let differ = one.iter().zip(other).filter(|(one, other)| one != other).count() as u64;
    differ * 1_000_000 / (one.len() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(name: &str) -> Places {
        let function = Function::named(name).expect("it is known");
        let members = (0..3).map(NodeId::new).collect();
        Places { function, shards: 64, members, servers: 8, zones: BTreeMap::new() }
    }

    fn change(leaves: &[u32], joins: &[u32]) -> Change {
        let join = |node: &u32| Weighted { node: NodeId::new(*node), weight: 1 };
        Change {
            epoch: Epoch(0),
            leaves: leaves.iter().map(|node| NodeId::new(*node)).collect(),
            joins: joins.iter().map(join).collect(),
            is_eviction: false,
        }
    }

    #[test]
    fn a_join_moves_shards_to_the_joiner_and_to_nobody_else() {
        for function in ["ring", "rendezvous", "jump", "anchor", "straw2"] {
            let mut map = Map::first(&places(function));
            let before = map.owners().to_vec();
            map.apply(&change(&[], &[3])).expect("there is room");
            let moved = map.owners().iter().zip(&before).filter(|(now, then)| now != then);
            assert!(moved.clone().all(|(now, _)| *now == NodeId::new(3)), "{function}");
            assert!((4..=32).contains(&moved.count()), "{function}");
            assert_eq!(map.epoch(), Epoch(2));
        }
    }

    #[test]
    fn a_function_with_a_history_needs_changes_in_one_order() {
        let (one, two) = (change(&[0], &[]), change(&[1], &[]));
        let come_back = change(&[], &[0, 1]);
        let owners = |changes: [&Change; 3], function: &str| {
            Map::after(&places(function), changes).owners().to_vec()
        };
        let here = owners([&one, &two, &come_back], "anchor");
        let there = owners([&two, &one, &come_back], "anchor");
        assert!(disagreement_ppm(&here, &there) > 100_000);
        let ring = owners([&one, &two, &come_back], "ring");
        assert_eq!(ring, owners([&two, &one, &come_back], "ring"));
    }

    #[test]
    fn who_cannot_leave_is_refused() {
        let mut map = Map::first(&places("jump"));
        assert!(map.apply(&change(&[0], &[])).is_err(), "jump lets only the last one go");
        assert!(Map::first(&places("ring")).apply(&change(&[7], &[])).is_err());
    }

    #[test]
    fn the_ideal_is_what_members_gain_by_weight() {
        let of = |weights: &[(u32, u32)]| -> Vec<Weighted> {
            let weighted = |(node, weight): &(u32, u32)| Weighted {
                node: NodeId::new(*node),
                weight: *weight,
            };
            weights.iter().map(weighted).collect()
        };
        let three = of(&[(0, 1), (1, 1), (2, 1)]);
        let four = of(&[(0, 1), (1, 1), (2, 1), (3, 1)]);
        assert_eq!(ideal_move_ppm(&three, &four), 250_000);
        assert_eq!(ideal_move_ppm(&four, &three), 250_000);
        let heavier = of(&[(0, 2), (1, 1), (2, 1)]);
        assert_eq!(ideal_move_ppm(&three, &heavier), 166_666);
        assert_eq!(ideal_move_ppm(&three, &three), 0);
    }
}
