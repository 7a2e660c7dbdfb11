//! What a node declares: the words of all stores, and those of copies and views of one's own.

use crate::id::NodeId;
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::spec::Observation;
use crate::ownership::store::{OperationId, Version};
use serde::{Deserialize, Serialize};

/// What a node declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// Belief: these are the members. What owners follow it declares next, as all stores do.
    Viewed {
        /// How many views it has had in this life, this one included.
        view: Epoch,
        /// The members with their weights, in the order of their names.
        members: Vec<(NodeId, u32)>,
    },
    /// Promise of a server: it has taken in a copy of a shard.
    Taken {
        /// Which.
        shard: ShardId,
        /// The version of what it has now.
        version: Version,
    },
    /// Belief of a server: of two writes of a key that met in two copies it keeps one.
    Overruled {
        /// The key.
        key: u64,
        /// The one that it keeps.
        kept: OperationId,
        /// The one that it does not.
        lost: OperationId,
    },
    /// Belief of a server: it needs its copy of a shard no more.
    Dropped {
        /// Which.
        shard: ShardId,
        /// The version of what it had.
        version: Version,
    },
    /// What all stores say.
    Store(Observation),
}

crate::words!(Said {
    Viewed => "members-seen",
    Taken => "copy-taken",
    Overruled => "write-overruled",
    Dropped => "copy-dropped";
    in Store(Observation),
});

impl From<Observation> for Said {
    fn from(said: Observation) -> Said {
        Said::Store(said)
    }
}
