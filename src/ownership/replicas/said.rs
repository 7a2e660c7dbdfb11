//! What a node declares: the words of all stores, and those of replicas.

use super::cell::Stamp;
use crate::id::NodeId;
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::spec::Observation;
use crate::ownership::store::OperationId;
use serde::{Deserialize, Serialize};

/// What a node declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// Promise of the coordinator: from this epoch on reads of each shard ask these.
    Placed {
        /// The epoch.
        epoch: Epoch,
        /// The replicas of each shard.
        reads: Vec<Vec<NodeId>>,
    },
    /// Belief of a client: its write has this place in the order of all.
    Stamped {
        /// Which operation.
        id: OperationId,
        /// The key.
        key: u64,
        /// Its place.
        stamp: Stamp,
    },
    /// Belief of a client: enough replicas have what it has written or read.
    Settled {
        /// Which operation.
        id: OperationId,
        /// The key.
        key: u64,
        /// What it has written or read.
        stamp: Stamp,
    },
    /// Belief of a client: it writes back what it has read, since too few replicas have it.
    WritesBack {
        /// Which operation.
        id: OperationId,
        /// The key.
        key: u64,
    },
    /// Promise of a replica: it has a write, or a later one.
    Stored {
        /// The key.
        key: u64,
        /// The write.
        stamp: Stamp,
    },
    /// Promise of a replica that is to come: it has taken in a copy.
    Taken {
        /// Of which shard.
        shard: ShardId,
        /// What was in it.
        held: Vec<(u64, Stamp)>,
    },
    /// Promise of a replica that starts: this is on its disk, whether it has said so before or not.
    Found {
        /// The last write of each key.
        held: Vec<(u64, Stamp)>,
    },
    /// Promise of a server: it keeps a write for another.
    Hinted {
        /// For whom.
        target: NodeId,
        /// The key.
        key: u64,
        /// The write.
        stamp: Stamp,
    },
    /// Promise of a server: the other has it.
    HandedOff {
        /// Who.
        target: NodeId,
        /// The key.
        key: u64,
        /// The write.
        stamp: Stamp,
    },
    /// Belief of a server: a shard is another's now, and what it had of it is gone.
    Dropped {
        /// Which.
        shard: ShardId,
    },
    /// What all stores say.
    Store(Observation),
}

crate::words!(Said {
    Placed => "replicas-placed",
    Stamped => "write-stamped",
    Settled => "quorum-reached",
    WritesBack => "read-written-back",
    Stored => "write-stored",
    Taken => "copy-taken",
    Found => "cells-found",
    Hinted => "hint-kept",
    HandedOff => "hint-handed-off",
    Dropped => "copy-dropped";
    in Store(Observation),
});

impl From<Observation> for Said {
    fn from(said: Observation) -> Said {
        Said::Store(said)
    }
}
