//! What servers, the coordinator and the storage say to one another.

use super::storage::Fence;
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::store::{Contents, OperationId, Put};
use serde::{Deserialize, Serialize};

/// A server asks the coordinator or the storage, and is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Peer {
    /// A server asks the coordinator for a lease, or for more of it.
    Renew {
        /// Which of its questions it is.
        id: OperationId,
        /// The epoch by which it acts from now on.
        epoch: Epoch,
    },
    /// It has a lease.
    Granted {
        /// The question.
        id: OperationId,
        /// Nobody who has a lease acts by an earlier epoch.
        settled: Epoch,
    },
    /// The coordinator tells all servers the same when it changes.
    Settled {
        /// Nobody who has a lease acts by an earlier epoch.
        epoch: Epoch,
    },
    /// A new owner asks the storage for a shard, and shuts out all before it.
    Load {
        /// Which.
        shard: ShardId,
        /// By whom it is written from now on.
        fence: Fence,
    },
    /// All that the storage has of it.
    Loaded {
        /// Which.
        shard: ShardId,
        /// For whom.
        fence: Fence,
        /// What it holds.
        contents: Contents,
    },
    /// An owner writes.
    Append {
        /// To which shard.
        shard: ShardId,
        /// As whom.
        fence: Fence,
        /// What.
        put: Put,
    },
    /// It is written.
    Appended {
        /// To which shard.
        shard: ShardId,
        /// Whose operation it was.
        by: OperationId,
    },
    /// It is not, for somebody else owns the shard by now.
    Fenced {
        /// Which.
        shard: ShardId,
        /// As whom it was asked for.
        fence: Fence,
    },
}

crate::words!(Peer {
    Renew => "renew",
    Granted => "granted",
    Settled => "settled",
    Load => "load",
    Loaded => "loaded",
    Append => "append",
    Appended => "appended",
    Fenced => "fenced",
});
