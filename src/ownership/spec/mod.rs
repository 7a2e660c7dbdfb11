//! The words of ownership: what coordinators, servers and clients declare and show, and who judges
//! them.

mod said;

mod service;

mod accepted_write_seen;
mod applied_once;
mod linearizable;
mod lying_observer;
mod no_lost_write;
mod one_map_an_epoch;
mod single_server;

mod as_store;
mod operations;
mod owners_of_members;
mod serving;
mod traffic;
mod views;

#[cfg(test)]
mod court;

pub use accepted_write_seen::AcceptedWriteSeen;
pub use applied_once::AppliedOnce;
pub use as_store::{AsStore, SeenAnswered};
pub use linearizable::Linearizable;
pub use lying_observer::LyingObserver;
pub use no_lost_write::NoLostWrite;
pub use one_map_an_epoch::OneMapAnEpoch;
pub use operations::Operations;
pub use owners_of_members::OwnersOfMembers;
pub use service::{RequestAnswered, RingAgreed, ShardsServed};
pub use serving::Serving;
pub use single_server::SingleServer;
pub use traffic::Traffic;
pub use views::Views;

use super::shard::{Epoch, ShardId, ShardSet};
use super::store::{Ask, OperationId, Reply, Version};
use crate::id::{NodeId, NodeSet};
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::Protocol;
use serde::{Deserialize, Serialize};

/// What a node declares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observation {
    /// Promise of the coordinator, or of whoever else was told to: an epoch begins.
    Configured {
        /// Its number.
        epoch: Epoch,
        /// Its members with their weights.
        members: Vec<(NodeId, u32)>,
        /// The share of the shards that move, in millionths.
        moved_ppm: u64,
        /// The least share of the keys that have to, in millionths.
        ideal_ppm: u64,
    },
    /// Belief of the coordinator: a change that was asked for cannot be made.
    ChangeRefused {
        /// The epoch that goes on.
        epoch: Epoch,
    },
    /// Belief of a node: these are the owners.
    Adopted {
        /// In which epoch.
        epoch: Epoch,
        /// The owner of each shard.
        owners: Vec<NodeId>,
    },
    /// Belief of a server: it serves this shard from now on.
    Serves {
        /// Which.
        shard: ShardId,
        /// In which epoch.
        epoch: Epoch,
        /// How many writes the shard has seen, as this server has it.
        version: Version,
    },
    /// Belief of a server: it serves this shard no more.
    Stops {
        /// Which.
        shard: ShardId,
        /// Since which epoch.
        epoch: Epoch,
    },
    /// Belief of a server: it has sent a shard to its new owner.
    Sent {
        /// Which.
        shard: ShardId,
        /// Into which epoch.
        epoch: Epoch,
        /// To whom.
        to: NodeId,
        /// How many bytes.
        bytes: u64,
    },
    /// Promise of a server: it has applied an operation.
    Applied {
        /// Which.
        id: OperationId,
        /// In which shard.
        shard: ShardId,
        /// To which key.
        key: u64,
        /// The version of the shard: that which a write has made, or in which a read has read.
        version: Version,
        /// What was written; nothing by a read.
        wrote: Option<u64>,
    },
    /// Promise of a server: a write had been applied before it was asked for again.
    Repeated {
        /// Which.
        id: OperationId,
        /// The version that it made then.
        version: Version,
    },
    /// Belief of a server: it does not serve the key of an operation.
    Refused {
        /// Which.
        id: OperationId,
        /// In which epoch.
        epoch: Epoch,
    },
    /// Belief of a client: it wants this, and waits.
    Invoked {
        /// Which of its operations it is.
        id: OperationId,
        /// The key.
        key: u64,
        /// What is asked of it.
        ask: Ask,
    },
    /// Belief of a client: it was answered.
    Answered {
        /// Which operation.
        id: OperationId,
        /// The number of the command that asked for it.
        command: u64,
        /// The key.
        key: u64,
        /// The answer.
        reply: Reply,
    },
    /// Belief of a client: it waits no more, and does not know.
    Abandoned {
        /// Which operation.
        id: OperationId,
        /// The number of the command that asked for it.
        command: u64,
        /// The key.
        key: u64,
    },
}

crate::words!(Observation {
    Configured => "configured",
    ChangeRefused => "change-refused",
    Adopted => "epoch-adopted",
    Serves => "shard-served",
    Stops => "shard-stopped",
    Sent => "shard-sent",
    Applied => "operation-applied",
    Repeated => "operation-repeated",
    Refused => "operation-refused",
    Invoked => "operation-invoked",
    Answered => "operation-answered",
    Abandoned => "operation-abandoned",
});

/// The part that a node plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Part {
    /// It numbers changes.
    Coordinator,
    /// It keeps shards.
    Server,
    /// It is beneath the servers.
    Storage,
    /// It reads and writes.
    Client,
}

/// What a node shows of itself after every step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// Its part.
    pub part: Part,
    /// The epoch that it knows.
    pub epoch: Epoch,
    /// What it serves.
    pub serves: ShardSet,
    /// Whether it has shards to send.
    pub sends: bool,
    /// Whether it waits for shards.
    pub receives: bool,
    /// The members, as the coordinator knows them, or whoever goes by a view of its own.
    pub members: NodeSet,
}

impl View {
    /// Of a node that serves nothing.
    pub const fn of(part: Part, epoch: Epoch) -> View {
        let serves = ShardSet::NONE;
        View { part, epoch, serves, sends: false, receives: false, members: NodeSet::new() }
    }
}

/// The judges of a store in which a key has one server at a time. With leases who stands still may
/// believe in a lease that is over: there the judges look at what servers do.
pub(super) fn invariants<P>(has_leases: bool) -> Vec<Box<dyn Invariant<P>>>
where
    P: Protocol<Observation = Observation, View = View>,
{
    vec![
        Box::new(if has_leases { SingleServer::by_acts() } else { SingleServer::by_beliefs() }),
        Box::new(AcceptedWriteSeen::default()),
        Box::new(NoLostWrite::default()),
        Box::new(AppliedOnce::default()),
        Box::new(Linearizable::default()),
        Box::new(OneMapAnEpoch::default()),
        Box::new(LyingObserver::default()),
    ]
}

/// What is counted of such a store with so many shards.
pub(super) fn metrics<P>(shards: u32) -> Vec<Box<dyn Metric<P>>>
where
    P: Protocol<Observation = Observation, View = View>,
{
    vec![
        Box::new(Operations::default()),
        Box::new(Traffic::default()),
        Box::new(Serving::of(shards)),
        Box::new(Views::default()),
    ]
}
