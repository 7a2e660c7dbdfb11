//! A view: the members as a node sees them, and the owners that follow.

use super::node::Ctx;
use super::said::Said;
use super::settings::Config;
use crate::id::{NodeId, NodeSet};
use crate::ownership::map::{Change, Map, Weighted};
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::spec::Observation;

/// A node's view.
#[derive(Debug)]
pub(super) struct Ring {
    /// How many views the node has had in this life.
    number: Epoch,
    members: Vec<Weighted>,
    map: Map,
}

impl Ring {
    /// The view of these members, in the order of their names.
    ///
    /// # Panics
    /// If there is none.
    pub fn of(config: &Config, members: Vec<Weighted>) -> Self {
        let map = placed(config, &members);
        Ring { number: Epoch::FIRST, members, map }
    }

    /// What everybody believes at first.
    pub fn first(config: &Config) -> Self {
        let members = config.places.members.iter();
        Ring::of(config, members.map(|node| Weighted { node: *node, weight: 1 }).collect())
    }

    /// Goes by these members from now on; `false` if it did so before.
    pub fn take(&mut self, members: Vec<Weighted>, config: &Config) -> bool {
        if self.members == members {
            return false;
        }
        let change = difference(&self.members, &members, self.map.change());
        // After a change that cannot be made a map is of no use.
        if config.rules.places_anew || self.map.apply(&change).is_err() {
            self.map = placed(config, &members);
        }
        self.members = members;
        self.number = self.number.next();
        true
    }

    pub const fn number(&self) -> Epoch {
        self.number
    }

    pub fn members(&self) -> &[Weighted] {
        &self.members
    }

    pub fn names(&self) -> NodeSet {
        self.members.iter().map(|member| member.node).collect()
    }

    pub const fn map(&self) -> &Map {
        &self.map
    }

    pub fn owner(&self, shard: ShardId) -> NodeId {
        self.map.owner(shard)
    }

    /// Says what the node sees, and what owners follow.
    pub fn declare(&self, ctx: &mut Ctx<'_>) {
        let members = self.members.iter().map(|it| (it.node, it.weight)).collect();
        ctx.observe(Said::Viewed { view: self.number, members });
        let (epoch, owners) = (self.number, self.map.owners().to_vec());
        ctx.observe(Observation::Adopted { epoch, owners }.into());
    }
}

/// The owners that follow from the members, in the order of their names.
pub(super) fn placed(config: &Config, members: &[Weighted]) -> Map {
    Map::of(&config.places, members)
        .expect("there is room for all servers, and all weigh something")
}

fn difference(before: &[Weighted], after: &[Weighted], nothing: Change) -> Change {
    let leaves = before.iter().filter(|it| !after.contains(it)).map(|it| it.node).collect();
    let joins = after.iter().filter(|it| !before.contains(it)).copied().collect();
    Change { leaves, joins, ..nothing }
}
