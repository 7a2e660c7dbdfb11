//! What a node declares.

use crate::id::NodeId;
use crate::ownership::shard::Epoch;
use crate::ownership::spec::Observation;
use serde::{Deserialize, Serialize};

/// What a node's directory says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// In which epoch.
    pub epoch: Epoch,
    /// The members with their weights, in the order of their numbers.
    pub members: Vec<(NodeId, u32)>,
    /// The owner of each key, if it has one.
    pub owners: Vec<Option<NodeId>>,
    /// The replicas of each key.
    pub replicas: Vec<Vec<NodeId>>,
}

/// What a node declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// Belief: these own the keys.
    Named(Named),
    /// What all of this family say.
    Store(Observation),
}

crate::words!(Said { Named => "owners-named"; in Store(Observation) });

impl From<Observation> for Said {
    fn from(said: Observation) -> Said {
        Said::Store(said)
    }
}
