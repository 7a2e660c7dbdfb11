//! Epochs with hand-off: a shard goes from owner to owner whole, and is served by one at a time.
//!
//! The protocol of MIT's 6.824 shardkv, of Slicer, and of Redis Cluster's MIGRATING and IMPORTING,
//! by its rules:
//!
//! 1. A server makes the changes of the coordinator one by one, in their order, and begins none
//!    while it has shards to send or waits for some.
//! 2. It serves a shard if it owns it in its own epoch and has all of it; it looks when it applies
//!    an operation, not when it queues it. Whoever asks elsewhere is sent away (`NotOwner`).
//! 3. When a shard is to leave, the server first stops to serve it, and then sends it: values and
//!    dedup table (of each client the last operation that was applied), so that an operation that
//!    is asked for again is not applied again.
//! 4. The receiver serves it when it has come whole.
//! 5. The sender sends again until the receiver says that it is on its disk. Only then does it
//!    delete its own.
//! 6. Contents of another epoch than the receiver's are not taken, so that copies and late messages
//!    do nothing.
//!
//! # What it promises
//! Always, whatever is lost, late, paused or crashed, if disks are honest: one server for a key at
//! a time (`single-server`), every later owner has what was accepted before (`accepted-write-seen`,
//! `no-lost-write`), nothing is applied twice (`applied-once`), and the clients see one register
//! for each key (`linearizable`). Of clocks it assumes nothing.
//!
//! # What it does not
//! A shard whose owner is down is served by nobody, and one that is on its way to a server that is
//! down neither, until that server is back. The epoch of a request does not matter for safety: what
//! is served follows from what the server holds, and the epoch only says who has to catch up.

mod disk;
mod server;

pub use disk::{Kept, Shelf, Stage, Write};
pub use server::{Epochs, Peer};
