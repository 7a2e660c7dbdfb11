//! A ring by gossip: every server serves what its own view of the members says.
//!
//! The ring of Dynamo (SOSP 2007, sections 4.8 and 4.9) and of Cassandra with one replica of each
//! key, and the unsafe baseline of this family: nobody numbers the changes.
//!
//! 1. Each server has an [`Entry`] for each server: its *pulse* (which life, how many heartbeats)
//!    and its *status* (its weight, none if it is no member, and by whose change). In every
//!    interval it counts a heartbeat of its own, tells another server all that it knows, and is
//!    told what that one knows better. Of two pulses and of two statuses the later one wins.
//! 2. An operator tells any server to add, remove, replace or reweight; the others hear of it.
//! 3. Whose pulse has stood still for too long a server suspects, by a failure detector of its own.
//!    Its *view* is the members whom it does not suspect. Who is heard of again is in it again.
//! 4. It serves a shard if its view says so, from the moment in which the view does, with whatever
//!    it has of it. Clients go by a view that a server has told them.
//! 5. What a server has and owns no more it sends to the owner, again and again until that one has
//!    it on its disk; only who serves the shard takes it. Two copies are merged key by key: the
//!    *last write wins*, by a counter of the shard, and between equals by the name of the writer.
//!
//! # What it promises
//! Whatever is lost, late, paused or crashed, if disks are honest: who knows the same members names
//! the same owners (`same-members-same-owners`), and a copy is dropped only when another server has
//! taken it (`dropped-after-taken`). And when the faults are over: all servers come to the same
//! view, each shard has one server that is up, and what was left elsewhere has come to it
//! (`ring-agreed`).
//!
//! # What it does not
//! That a key has one server at a time. While views differ - a change is on its way, a detector is
//! wrong, the network is cut - two serve the same key, each takes writes, and of two writes that
//! did not know of each other the merge keeps one: acknowledged writes are lost and reads are
//! stale, in runs without any fault, too. How much of that there is is measured (`split-ns`,
//! `stale-reads`, `lost-writes`, `disagreement-mean-ppm`), and judged only where a scenario asks
//! for it (`judge-also`).

mod cells;
mod client;
mod disk;
mod hand_off;
mod message;
mod node;
mod ring;
mod roster;
mod rules;
mod said;
mod server;
mod settings;
mod watch;

mod dropped_after_taken;
mod judges;
mod merges;
mod same_members_same_owners;

pub use cells::{Cell, Cells};
pub use client::Client;
pub use disk::{Shelf, Write};
pub use dropped_after_taken::DroppedAfterTaken;
pub use merges::Merges;
pub use message::{Message, Parcel};
pub use node::{GossipStore, Timer};
pub use roster::{Entry, Pulse, Status};
pub use said::Said;
pub use same_members_same_owners::SameMembersSameOwners;
pub use server::Server;
pub use settings::{Config, Judged, Settings};
pub use watch::Detection;
