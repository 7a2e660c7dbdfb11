//! What nodes say to one another.

use super::cell::{Cell, Stamp};
use super::layout::Turn;
use crate::id::NodeId;
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::store::OperationId;
use serde::{Deserialize, Serialize};

/// What nodes say to one another. `since` is the epoch in which the replicas of a shard became what
/// its sender takes them to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A client asks a replica for what it has of a key.
    Ask {
        /// For which operation.
        id: OperationId,
        /// Which key.
        key: u64,
        /// By which replicas.
        since: Epoch,
    },
    /// This it has.
    Found {
        /// For which operation.
        id: OperationId,
        /// By which replicas.
        since: Epoch,
        /// The last write, if there is one.
        cell: Option<Cell>,
    },
    /// A client tells a replica a write.
    Store {
        /// For which operation.
        id: OperationId,
        /// The write.
        cell: Cell,
        /// By which replicas.
        since: Epoch,
    },
    /// It is on the replica's disk, or a later one is.
    Stored {
        /// For which operation.
        id: OperationId,
        /// Of which key.
        key: u64,
        /// The write.
        stamp: Stamp,
        /// By which replicas.
        since: Epoch,
    },
    /// Those are not the replicas.
    Refused {
        /// Which operation.
        id: OperationId,
        /// The epoch by which the server refuses.
        epoch: Epoch,
    },
    /// A client tells another server what a replica does not answer to.
    Hint {
        /// For which operation.
        id: OperationId,
        /// The replica.
        target: NodeId,
        /// The write.
        cell: Cell,
    },
    /// The hint is on its disk.
    Hinted {
        /// For which operation.
        id: OperationId,
        /// Of which key.
        key: u64,
        /// The replica.
        target: NodeId,
        /// The write.
        stamp: Stamp,
    },
    /// A server hands a replica what it was told for it.
    HandOff(Cell),
    /// The replica has it on its disk.
    HandedOff {
        /// Which key.
        key: u64,
        /// The write.
        stamp: Stamp,
    },
    /// A replica that is to come asks one that is for all that it has of a shard.
    Pull {
        /// Which.
        shard: ShardId,
        /// By which replicas.
        since: Epoch,
    },
    /// All that it has.
    Copy {
        /// Of which shard.
        shard: ShardId,
        /// By which replicas.
        since: Epoch,
        /// The last write of each key.
        cells: Vec<Cell>,
    },
    /// A node asks the coordinator for the turns behind an epoch; a server also says how far it is.
    Fetch {
        /// The epoch that it is in; if it is a server, its disk says so.
        after: Epoch,
        /// Whether it has all that it is to come to by that epoch.
        is_filled: bool,
    },
    /// The next turns, in their order.
    Turns {
        /// The epoch that begins with the first of them.
        first: Epoch,
        /// The turns.
        turns: Vec<Turn>,
    },
}

crate::words!(Message {
    Ask => "ask",
    Found => "found",
    Store => "store",
    Stored => "stored",
    Refused => "refused",
    Hint => "hint",
    Hinted => "hinted",
    HandOff => "hand-off",
    HandedOff => "handed-off",
    Pull => "pull",
    Copy => "copy",
    Fetch => "fetch",
    Turns => "turns",
});
