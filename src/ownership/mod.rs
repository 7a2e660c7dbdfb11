//! Ownership: who serves a key while views of the members differ.
//!
//! A placement function is not a distributed algorithm ([`hashing`](crate::hashing)): faults do
//! nothing to it. Here it is the part of one. Keys are dealt to shards ([`ShardId`]), shards to
//! members by any placement function ([`Map`]), and a [`Coordinator`] numbers the changes of the
//! members. A [`Client`] routes by the map that it knows; what a server does while maps change is a
//! [`Keeper`], and that is what the algorithms of this family differ in:
//!
//! - [`epochs`] (`hashing-epochs`): shards are handed over whole, and nobody is replaced who is
//!   down;
//! - [`leases`] (`hashing-leases`): an owner that is down is replaced when its lease is over.
//!
//! [`gossip`] (`hashing-gossip`) has no coordinator: each server goes by a view of its own, and two
//! may serve a key. It is the baseline that the others are held against.
//!
//! [`replicas`] (`hashing-replicas`) keeps each shard with several servers, and its clients go by
//! quorums of them.
//!
//! [`directory`] (`hashing-directory`) is the function alone: every node names owners, nobody
//! serves.
//!
//! [`spec`] has the words that all of them declare, and who judges them.

mod client;
mod coordinator;
mod keeper;
mod map;
mod message;
mod node;
mod rules;
mod settings;
mod shard;
mod store;

pub mod directory;
pub mod epochs;
pub mod gossip;
pub mod leases;
pub mod replicas;
pub mod spec;

pub use client::Client;
pub use coordinator::Coordinator;
pub use directory::Directory;
pub use gossip::GossipStore;
pub use keeper::{Depot, Keeper, Office};
pub use map::{Change, Map, Places, Weighted, disagreement_ppm, ideal_move_ppm};
pub use message::{Command, Message, Request};
pub use node::{Disk, Node, Timer, Write};
pub use replicas::ReplicaStore;
pub use rules::{Rules, SOUND};
pub use settings::{Config, Settings};
pub use shard::{Epoch, ShardId, ShardSet};
pub use store::{Applied, Ask, Contents, OperationId, Put, Reply, Version, Writer};

/// Epochs with hand-off.
pub type EpochStore = Node<epochs::Epochs>;
/// Epochs with leases.
pub type LeaseStore = Node<leases::Leases>;
