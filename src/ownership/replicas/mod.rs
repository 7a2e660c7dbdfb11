//! Replicas: quorums that meet, while members change.
//!
//! Each shard has N replicas on distinct members, in distinct zones if asked for
//! ([`Replicas`](crate::hashing::Replicas)). Clients read and write them by the register of Attiya,
//! Bar-Noy and Dolev (JACM 42(1), 1995): a read asks R of them, a write is done when W have it, and
//! R + W > N.
//!
//! 1. A write asks a quorum for the latest *stamp* of its key and tells all replicas the next one;
//!    a read asks a quorum and, unless enough have what it has found, writes that back.
//! 2. A change of the members takes three numbered epochs ([`Turn`]), as in Cassandra since CEP-21.
//!    *Widen*: writes go to the old replicas and to those that are to come, and are done when W and
//!    all of these have them; each new one asks N - W + 1 old ones for what there is. *Switch*,
//!    when all have it: reads ask the new replicas. *Narrow*, when N - R + 1 of the old replicas
//!    are in that epoch: writes go to the new ones alone, and the old ones drop what they have.
//! 3. A replica answers only who goes by the same replicas of the shard as itself, and its disk
//!    says by which it goes. A quorum is made of answers from one epoch of the shard.
//! 4. A write to which a replica does not answer another server keeps for it (*hinted hand-off*,
//!    Dynamo, SOSP 2007, section 4.6), and hands it over.
//!
//! # What it promises
//! Whatever is lost, late, paused or crashed, and whatever clocks say, if disks are honest: every
//! quorum of a read has each write that is done (`quorum-holds-write`), so that clients see one
//! register for each key (`linearizable`). With N - W replicas of a shard down it is written, with
//! N - R it is read. One change of the members is made at a time; it waits for those who are to
//! come, and for nobody who is to go.
//!
//! # What it does not
//! Where R + W <= N, or where a hint counts for the quorum, nothing of this is promised, and none
//! of it judged unless a scenario asks for it (`judge-also`): what that costs is measured
//! (`stale-reads`, `lost-writes`). Replicas that nobody reads come together by hints alone: there
//! is no anti-entropy. What operators have asked for and is not begun a crash of the coordinator
//! forgets.

mod cell;
mod client;
mod coordinator;
mod disk;
mod hints;
mod layout;
mod message;
mod node;
mod rules;
mod said;
mod server;
mod settings;
mod stream;

mod hint_kept;
mod judges;
mod lying_observer;
mod one_stamp_a_write;
mod quorum_holds_write;
mod quorums_served;
mod replication;

#[cfg(test)]
mod court;

pub use cell::{Cell, Stamp};
pub use client::Client;
pub use coordinator::Coordinator;
pub use disk::{Hint, Shelf, Write};
pub use hint_kept::HintKept;
pub use layout::{Impossible, Layout, Quorums, Stage, Turn};
pub use lying_observer::LyingObserver;
pub use message::Message;
pub use node::{ReplicaStore, Timer};
pub use one_stamp_a_write::OneStampAWrite;
pub use quorum_holds_write::QuorumHoldsWrite;
pub use quorums_served::{QuorumsServed, ReplicasSettled};
pub use replication::Replication;
pub use said::Said;
pub use server::Server;
pub use settings::{Config, Hints, Judged, Lie, Settings};
