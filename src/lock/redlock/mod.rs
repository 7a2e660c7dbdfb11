//! Redlock: a lock on several servers that know nothing of one another (Redis, "Distributed
//! Locks").
//!
//! A client asks all servers at once (`SET name nonce NX PX ttl`). It has the lock if a majority
//! stored its nonce and something is left of `ttl` by its own clock: from `ttl` it takes what
//! passed since it asked, and a margin of 1 % and 2 ms for clocks that run apart. If not, or when
//! it is done, it has its nonce deleted *everywhere*, where it may have been stored without its
//! knowing too; a server deletes a nonce only if it is the one it has. Who failed tries again after
//! a random wait with another nonce. A server that restarts has forgotten everything, and so keeps
//! out for a `ttl`.
//!
//! A server counts `ttl` on its *wall* clock, as Redis does: to set that clock ends leases.
//!
//! # What it promises
//! - *Of grants*, always: a server deletes only for the owner (`owner-only`).
//! - *Of beliefs*, only in good time: no two hold the lock at once (`mutual-exclusion`), if clocks
//!   run alike and are not set, no process stands still, and no server restarts before its time.
//!   A nonce is no fencing token, for nonces do not grow: nothing protects the resource when the
//!   times are not good (Kleppmann 2016).
//!
//! # How much time there is
//! A client whose clock runs at the rate c and servers whose clocks run at s do not hold and grant
//! at once if `s / c <= ttl / (ttl - ttl / 100 - 2 ms)`: 1.0103 for 10 s.
//!
//! # Messages
//! For n servers 2n for a try, and n to unlock.

mod client;
mod message;
mod node;
mod rules;
mod server;
mod settings;

pub use client::Client;
pub use message::Message;
pub use node::{Command, Disk, Redlock, Timer, Write};
pub use server::Server;
pub use settings::{Config, Settings};
