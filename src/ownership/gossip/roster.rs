//! What a server knows of the servers: versioned entries, of which the later one wins.
//!
//! So what a server knows only grows, and two that have heard the same know the same, in whatever
//! order they have heard it.

use super::settings::Config;
use crate::id::NodeId;
use crate::ownership::map::Weighted;
use serde::{Deserialize, Serialize};

/// How far a server has come, as it says itself: later lives first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pulse {
    /// Its life: how often it has started.
    pub life: u64,
    /// How many heartbeats it has counted in that life.
    pub beats: u64,
}

/// What operators have made of a server. The latest change wins, and of two at once that of the
/// higher server: both operators were told that it is done, and one of them is overruled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Status {
    /// How many changes of this server came before, as whoever made it knew.
    pub change: u64,
    /// Who made it.
    pub by: NodeId,
    /// Its weight; 0 if it is no member.
    pub weight: u32,
}

/// What is known of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub node: NodeId,
    /// How far it has come.
    pub pulse: Pulse,
    /// Whether it is a member.
    pub status: Status,
}

/// What is known of all servers, in the order of their names.
#[derive(Clone, Debug)]
pub(super) struct Roster(Vec<Entry>);

impl Roster {
    /// What everybody knows from the beginning, and what was learnt since.
    pub fn first(config: &Config, learnt: &[(NodeId, Status)]) -> Self {
        let entry = |node: &NodeId| {
            let weight = u32::from(config.places.members.contains(node));
            let status = Status { change: 0, by: *node, weight };
            let status = learnt.iter().find(|(it, _)| it == node).map_or(status, |(_, it)| *it);
            Entry { node: *node, pulse: Pulse::default(), status }
        };
        Roster(config.servers.iter().map(entry).collect())
    }

    pub fn all(&self) -> &[Entry] {
        &self.0
    }

    pub fn of(&self, node: NodeId) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.node == node)
    }

    pub fn of_mut(&mut self, node: NodeId) -> Option<&mut Entry> {
        self.0.iter_mut().find(|entry| entry.node == node)
    }

    /// The members, whether they are there or not.
    pub fn members(&self) -> Vec<Weighted> {
        let members = self.0.iter().filter(|entry| entry.status.weight > 0);
        members.map(|entry| Weighted { node: entry.node, weight: entry.status.weight }).collect()
    }

    /// What is known better here than by whoever has told this.
    pub fn news(&self, told: &[Entry]) -> Vec<Entry> {
        let is_news = |mine: &&Entry| {
            let theirs = told.iter().find(|entry| entry.node == mine.node);
            theirs.is_none_or(|it| mine.pulse > it.pulse || mine.status > it.status)
        };
        self.0.iter().filter(is_news).copied().collect()
    }
}
