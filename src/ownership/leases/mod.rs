//! Epochs with leases: an owner that is down is replaced when its lease is over.
//!
//! What shards hold is in a storage beneath the servers (a replicated log, a database; here one
//! node), and a server keeps of it what it has read, as in Slicer (OSDI 2016). Its rules:
//!
//! 1. A server serves a shard if it owns it in its own epoch, has a lease, and has read all of the
//!    shard. It counts its lease from when it *asked* for it, by its own clock, and ends it
//!    `margin` early; it looks when it applies an operation.
//! 2. The coordinator grants leases only by the newest epoch. Who makes a change of the members
//!    lets go of what it owns no more, and then asks for its next lease.
//! 3. A new owner begins when its epoch is *settled*: nobody has a lease by an earlier one. Each
//!    has come to that epoch, or its lease is over.
//! 4. A member whose lease is over is put out, which is a change like any other; it comes back when
//!    it asks for a lease.
//! 5. A coordinator that restarts takes everybody to have a lease by the first epoch, for as long
//!    as one lasts.
//! 6. Whoever reads a shard from the storage as its new owner shuts out all who had it before: the
//!    storage takes a write only under the latest *fence* (epoch and question). A write is answered
//!    when it is in the storage.
//!
//! # What it promises
//! If no clock is further off than the margin allows, whoever is down, slow, cut off or stands
//! still: whoever applies anything is the latest to have begun to serve the shard
//! (`single-server`, by what servers do and not by what they believe while they stand still), and
//! all that `hashing-epochs` promises besides. The storage is protected by its fence, whatever the
//! clocks do; what clocks protect are reads, which no storage sees.
//!
//! # How much time there is
//! Of a server whose clock runs at the rate c and a coordinator whose clock runs at s, the lease of
//! the server is over first if `s / c <= ttl / (ttl - margin)`: asking lies before granting, so no
//! delay is in it.

mod clerk;
mod message;
mod mutants;
mod server;
mod storage;

pub use clerk::Clerk;
pub use message::Peer;
pub use server::Leases;
pub use storage::{Fence, Stock, Storage, Stored, Write};
