//! What nodes say to one another.

use super::cells::Cells;
use super::roster::Entry;
use crate::ownership::map::Weighted;
use crate::ownership::message::Request;
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::store::{OperationId, Reply};
use serde::{Deserialize, Serialize};

/// A copy on its way: no other of its sender has the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The life in which it was sent.
    pub life: u64,
    /// Its number among those of that life.
    pub number: u64,
}

/// What nodes say to one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A client asks a server.
    Request(Request),
    /// It is done.
    Answer {
        /// Which operation.
        id: OperationId,
        /// What came of it.
        reply: Reply,
    },
    /// It is not done here.
    NotOwner {
        /// Which operation.
        id: OperationId,
        /// The number of the server's view.
        epoch: Epoch,
    },
    /// A client asks for a view.
    Fetch,
    /// The view of a server.
    Ring(Vec<Weighted>),
    /// All that a server knows of the others; it wants to know what it does not.
    Gossip(Vec<Entry>),
    /// What another knows better.
    News(Vec<Entry>),
    /// A copy of a shard, for whom its sender takes to be the owner.
    Shard {
        /// Which.
        shard: ShardId,
        /// Which parcel it is.
        parcel: Parcel,
        /// The copy.
        cells: Cells,
    },
    /// The copy has come, and is on the receiver's disk.
    Taken {
        /// Which.
        shard: ShardId,
        /// The parcel in which it came.
        parcel: Parcel,
    },
}

crate::words!(Message {
    Request => "request",
    Answer => "answer",
    NotOwner => "not-owner",
    Fetch => "fetch",
    Ring => "ring",
    Gossip => "gossip",
    News => "news",
    Shard => "shard",
    Taken => "taken",
});
