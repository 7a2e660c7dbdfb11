//! What a server keeps on its disk: the changes that it has made, and its shards with their stage.

use crate::id::NodeId;
use crate::ownership::map::Change;
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::store::{Contents, Put};
use crate::protocol::Durable;
use serde::{Deserialize, Serialize};

/// How a shard lies with a server. One that is not there at all is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// It is served.
    Owned,
    /// It is served no more, and sent until it has come.
    Sending {
        /// To whom.
        to: NodeId,
    },
    /// It is to come.
    Receiving,
}

/// A shard on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Which.
    pub shard: ShardId,
    /// How it lies.
    pub stage: Stage,
    /// What it holds.
    pub contents: Contents,
}

/// What a server keeps on its disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shelf {
    /// The changes that it has made, in the order in which it made them.
    pub changes: Vec<Change>,
    /// Whether it has run before.
    pub is_open: bool,
    /// Its shards, in the order of their numbers.
    pub shards: Vec<Kept>,
}

/// A write to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// It runs for the first time, and owns these, which are empty.
    Open(Vec<ShardId>),
    /// It has made the next changes.
    Adopt {
        /// One change, or more if it passes epochs over.
        changes: Vec<Change>,
        /// What it has to send, and to whom.
        sends: Vec<(ShardId, NodeId)>,
        /// What it waits for.
        receives: Vec<ShardId>,
    },
    /// A shard has come.
    Install(ShardId, Contents),
    /// A shard has been written to.
    Put(ShardId, Put),
    /// A shard has been sent, and has come.
    Delete(ShardId),
}

impl Shelf {
    /// The epoch of the last change.
    pub fn epoch(&self) -> Epoch {
        Epoch(Epoch::FIRST.0 + self.changes.len() as u64)
    }

    /// A shard, if it is not gone.
    pub fn find(&self, shard: ShardId) -> Option<&Kept> {
        let place = self.shards.binary_search_by_key(&shard, |kept| kept.shard).ok()?;
        Some(&self.shards[place])
    }

    fn find_mut(&mut self, shard: ShardId) -> Option<&mut Kept> {
        let place = self.shards.binary_search_by_key(&shard, |kept| kept.shard).ok()?;
        Some(&mut self.shards[place])
    }

    fn put_in(&mut self, kept: Kept) {
        match self.shards.binary_search_by_key(&kept.shard, |it| it.shard) {
            Ok(place) => self.shards[place] = kept,
            Err(place) => self.shards.insert(place, kept),
        }
    }
}

impl Durable for Shelf {
    type Write = Write;

    fn apply(&mut self, write: &Write) {
        match write {
            Write::Open(shards) => {
                self.is_open = true;
                let empty =
                    |shard| Kept { shard, stage: Stage::Owned, contents: Contents::default() };
                self.shards = shards.iter().map(|shard| empty(*shard)).collect();
            }
            Write::Adopt { changes, sends, receives } => {
                self.changes.extend_from_slice(changes);
                for (shard, to) in sends {
                    if let Some(kept) = self.find_mut(*shard) {
                        kept.stage = Stage::Sending { to: *to };
                    }
                }
                for shard in receives {
                    let contents = Contents::default();
                    self.put_in(Kept { shard: *shard, stage: Stage::Receiving, contents });
                }
            }
            Write::Install(shard, contents) => {
                let contents = contents.clone();
                self.put_in(Kept { shard: *shard, stage: Stage::Owned, contents });
            }
            Write::Put(shard, put) => {
                if let Some(kept) = self.find_mut(*shard) {
                    kept.contents.put(put);
                }
            }
            Write::Delete(shard) => self.shards.retain(|kept| kept.shard != *shard),
        }
    }
}
