//! A lease lock: one server grants it to one client at a time, for a while.
//!
//! A client asks until it gets the lock. A grant lasts for `ttl` by the server's clock; the holder
//! counts from when it *asked*, by its own clock, and stops `margin` earlier. It renews after a
//! third of `ttl`. Whoever releases or renews names the request that was granted, so that a late
//! word of an old holder does nothing to the new one.
//!
//! Each grant has a *fencing token*, higher than all before it. The resource is told the token with
//! every read and write ([`resource`](crate::lock::resource)).
//!
//! # What it promises
//! - *Of grants*, always: only their owner ends or extends them (`owner-only`), and tokens grow
//!   (`tokens-grow`).
//! - *Of effects*, with a resource that is fenced or checked, however long anybody stands still and
//!   whatever the clocks say: no write by an old holder after one by a new holder
//!   (`fenced-effect`), and no update is lost (`no-lost-update`).
//! - *Of beliefs*, only in good time: no two hold the lock at once (`mutual-exclusion`), if clocks
//!   run alike enough, messages are fast and no process stands still. With a resource that serves
//!   everybody this is all there is.
//!
//! # How much time there is
//! A client whose clock runs at the rate c and a server whose clock runs at s do not hold and grant
//! at once if `s / c <= ttl / (ttl - margin)`.
//!
//! # Messages
//! Two for a lock that is free, one to release it, and two for each third of `ttl` that it is held.

mod client;
mod disk;
mod message;
mod node;
mod rules;
mod server;
mod settings;

pub use client::Client;
pub use disk::{Disk, Grant, Kept, Write};
pub use message::Message;
pub use node::{Command, Lease, Timer};
pub use server::Server;
pub use settings::{Config, Restart, Settings};
