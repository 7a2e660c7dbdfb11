//! What a server keeps on its disk: its lives, the statuses that it has heard of, its shards.

use super::cells::Cells;
use super::roster::Status;
use crate::id::NodeId;
use crate::ownership::shard::ShardId;
use crate::ownership::store::Put;
use crate::protocol::Durable;
use serde::{Deserialize, Serialize};

/// What a server keeps on its disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shelf {
    /// How often it has started.
    pub lives: u64,
    /// The statuses that some operator has changed, in the order of their servers.
    pub statuses: Vec<(NodeId, Status)>,
    /// Its copies of shards, in the order of their numbers.
    pub shards: Vec<(ShardId, Cells)>,
}

/// A write to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// It starts.
    Start,
    /// A server has another status.
    Learn(NodeId, Status),
    /// A key is written.
    Put(ShardId, Put),
    /// A copy has come.
    Merge(ShardId, Cells),
    /// Another server has the copy.
    Drop(ShardId),
}

impl Shelf {
    /// Its copy of a shard, if it has one.
    pub fn find(&self, shard: ShardId) -> Option<&Cells> {
        let place = self.shards.binary_search_by_key(&shard, |(shard, _)| *shard).ok()?;
        Some(&self.shards[place].1)
    }

    fn copy(&mut self, shard: ShardId) -> &mut Cells {
        let place = match self.shards.binary_search_by_key(&shard, |(shard, _)| *shard) {
            Ok(place) => place,
            Err(place) => {
                self.shards.insert(place, (shard, Cells::default()));
                place
            }
        };
        &mut self.shards[place].1
    }
}

impl Durable for Shelf {
    type Write = Write;

    fn apply(&mut self, write: &Write) {
        match write {
            Write::Start => self.lives += 1,
            Write::Learn(node, status) => {
                match self.statuses.binary_search_by_key(node, |(node, _)| *node) {
                    Ok(place) => self.statuses[place].1 = *status,
                    Err(place) => self.statuses.insert(place, (*node, *status)),
                }
            }
            Write::Put(shard, put) => self.copy(*shard).put(put),
            Write::Merge(shard, cells) => self.copy(*shard).merge(cells),
            Write::Drop(shard) => self.shards.retain(|(kept, _)| kept != shard),
        }
    }
}
