//! Who holds a shard, epoch by epoch. A change of the members takes three epochs, as in Cassandra
//! since its metadata are numbered (CEP-21): in the first, who is to come is written to; in the
//! second, it is read from; in the third, who is to go is let go.

use super::settings::Config;
use crate::hashing::Replicas;
use crate::id::NodeId;
use crate::ownership::map::{Change, Map};
use crate::ownership::shard::{Epoch, ShardId, ShardSet};
use serde::{Deserialize, Serialize};

/// What makes an epoch of the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Turn {
    /// The members change: writes go to the old replicas and to the new ones.
    Widen(Change),
    /// The new replicas have all there is: reads ask them.
    Switch,
    /// Nobody asks the old ones any more: writes go to the new ones alone.
    Narrow,
}

crate::words!(Turn { Widen => "widen", Switch => "switch", Narrow => "narrow" });

/// How far a change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Stage {
    /// None is under way.
    Settled,
    /// Behind [`Turn::Widen`].
    Widened,
    /// Behind [`Turn::Switch`].
    Switched,
}

/// How many replicas there are, and how many make a quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorums {
    /// N.
    pub replicas: u32,
    /// R: so many must answer a read.
    pub read: u32,
    /// W: so many must have a write, beside all that are to come.
    pub write: u32,
}

impl Quorums {
    /// How many replicas one must ask to meet every write that is done: N - W + 1.
    pub const fn meet_writes(self) -> usize {
        (self.replicas - self.write + 1) as usize
    }

    /// How many replicas must have a write so that every read meets it: N - R + 1.
    pub const fn meet_reads(self) -> usize {
        (self.replicas - self.read + 1) as usize
    }

    /// Whether every read meets every write that is done: R + W > N.
    pub const fn intersect(self) -> bool {
        self.read + self.write > self.replicas
    }
}

/// A change that cannot be made: somebody cannot leave or join, or too few would be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impossible;

/// The replicas of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    old: Vec<NodeId>,
    /// The same, if no change is under way that moves the shard.
    new: Vec<NodeId>,
    /// The epoch in which the two became what they are, or reads went from one to the other.
    since: Epoch,
}

impl Held {
    fn pending(&self) -> impl Iterator<Item = NodeId> {
        self.new.iter().filter(|node| !self.old.contains(node)).copied()
    }
}

/// Who holds what, in one epoch.
#[derive(Debug)]
pub struct Layout {
    epoch: Epoch,
    stage: Stage,
    map: Map,
    placed: Replicas,
    quorums: Quorums,
    shards: Vec<Held>,
}

impl Layout {
    /// That of the first epoch.
    pub(super) fn first(config: &Config) -> Layout {
        let map = Map::first(&config.places);
        let (placed, quorums) = (config.replicas(), config.quorums);
        let held = |shard| {
            let nodes = map.replicas(shard, placed);
            Held { old: nodes.clone(), new: nodes, since: Epoch::FIRST }
        };
        let shards = ShardId::all(map.shards()).map(held).collect();
        Layout { epoch: Epoch::FIRST, stage: Stage::Settled, map, placed, quorums, shards }
    }

    /// The one after these turns.
    ///
    /// # Panics
    /// If one of them cannot be made: the coordinator has made it before.
    pub(super) fn after(config: &Config, turns: &[Turn]) -> Layout {
        let mut layout = Layout::first(config);
        for turn in turns {
            layout.make(turn).expect("a turn that was numbered can be made");
        }
        layout
    }

    /// Makes the next turn.
    ///
    /// # Errors
    /// If it cannot be made. The layout is then of no more use.
    pub fn make(&mut self, turn: &Turn) -> Result<(), Impossible> {
        self.epoch = self.epoch.next();
        match turn {
            Turn::Widen(change) => {
                self.map.apply(change).map_err(|_| Impossible)?;
                if self.map.members().len() < self.quorums.replicas as usize {
                    return Err(Impossible);
                }
                for shard in ShardId::all(self.map.shards()) {
                    self.shards[shard.index()].new = self.map.replicas(shard, self.placed);
                }
                self.stage = Stage::Widened;
            }
            Turn::Switch => self.stage = Stage::Switched,
            Turn::Narrow => self.stage = Stage::Settled,
        }
        for held in &mut self.shards {
            if held.pending().next().is_some() {
                held.since = self.epoch;
            }
            if self.stage == Stage::Settled {
                held.old = held.new.clone();
            }
        }
        Ok(())
    }

    /// Makes those of these turns that are next, and tells which they were.
    pub fn catch_up(&mut self, first: Epoch, turns: &[Turn]) -> Vec<Turn> {
        let known = (self.epoch.next().0.saturating_sub(first.0)) as usize;
        if first > self.epoch.next() {
            return Vec::new();
        }
        let next = turns.get(known..).unwrap_or_default();
        for turn in next {
            self.make(turn).expect("a turn that was numbered can be made");
        }
        next.to_vec()
    }

    /// Its epoch.
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// How far a change has come.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// The members, and the shards that keys are in.
    pub const fn map(&self) -> &Map {
        &self.map
    }

    /// Since when a shard has the replicas that it has.
    pub fn since(&self, shard: ShardId) -> Epoch {
        self.shards[shard.index()].since
    }

    /// Who is asked by reads.
    pub fn reads(&self, shard: ShardId) -> &[NodeId] {
        let held = &self.shards[shard.index()];
        match self.stage {
            Stage::Settled | Stage::Widened => &held.old,
            Stage::Switched => &held.new,
        }
    }

    /// Who was asked by reads before the change that is under way.
    pub fn old(&self, shard: ShardId) -> &[NodeId] {
        &self.shards[shard.index()].old
    }

    /// Who is to come.
    pub fn pending(&self, shard: ShardId) -> impl Iterator<Item = NodeId> {
        self.shards[shard.index()].pending()
    }

    /// Whom writes go to: the old replicas and those that are to come.
    pub fn writes(&self, shard: ShardId) -> Vec<NodeId> {
        let old = self.old(shard).iter().copied();
        old.chain(self.pending(shard)).collect()
    }

    /// Whether writes of a shard go to a node.
    pub fn holds(&self, node: NodeId, shard: ShardId) -> bool {
        let held = &self.shards[shard.index()];
        held.old.contains(&node) || held.new.contains(&node)
    }

    /// How many must have a write before it is done: W and all that are to come, so that W of the
    /// new replicas have it whoever of the old ones goes.
    pub fn acks(&self, shard: ShardId) -> usize {
        self.quorums.write as usize + self.pending(shard).count()
    }

    /// The shards that reads ask a node for.
    pub fn read_from(&self, node: NodeId) -> ShardSet {
        let all = ShardId::all(self.map.shards());
        all.filter(|shard| self.reads(*shard).contains(&node)).collect()
    }

    /// The replicas of all shards that reads ask.
    pub fn all_reads(&self) -> Vec<Vec<NodeId>> {
        ShardId::all(self.map.shards()).map(|shard| self.reads(shard).to_vec()).collect()
    }

    /// The first of the replicas of each shard.
    pub fn owners(&self) -> Vec<NodeId> {
        ShardId::all(self.map.shards()).map(|shard| self.reads(shard)[0]).collect()
    }

    /// The share of all replicas that are to come, in millionths.
    pub fn moving_ppm(&self) -> u64 {
        let pending: usize = self.shards.iter().map(|held| held.pending().count()).sum();
        let all = self.shards.len() as u64 * u64::from(self.quorums.replicas);
        pending as u64 * 1_000_000 / all
    }
}
