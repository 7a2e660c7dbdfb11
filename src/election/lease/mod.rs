//! Lease election: whoever holds a record in a store leads, for as long as it renews it.
//!
//! As Kubernetes does it (client-go, `tools/leaderelection`). The store keeps one record and writes
//! it only for who knows its latest version (compare and swap). A candidate reads the record every
//! `retry-period`, with jitter. If nobody holds it, or it has not *changed* for `lease-duration` on
//! the candidate's own monotonic clock since the candidate saw it change, the candidate writes
//! itself into it and leads. A leader writes its record anew every `retry-period`; if it has not
//! succeeded for `renew-deadline` it stops.
//!
//! The dates in the record are those of the holder's wall clock. Nobody reads anything from them
//! but that they have changed, so that wrong dates do no harm.
//!
//! # What it promises
//! - *Of the record*, always: each reign - the number of transitions plus one - has one holder
//!   (`one-vote-per-term`, `election-safety`), and reigns only go up (`term-monotonic`).
//! - *Of what leaders do*, only in good time: nobody acts after a later leader has acted
//!   (`one-acting-leader`), if clocks run alike enough, messages are fast and no process stands
//!   still. client-go says itself that it does not fence.
//!
//! # How much time there is
//! client-go names `lease-duration / renew-deadline` as the ratio of clock rates that it tolerates,
//! 1.5 with its defaults. But its deadline counts from the *next* renewal, which begins a
//! `retry-period` after the answer to the last: a leader may act for `retry-period +
//! renew-deadline` after it hears that it has renewed. The ratio is therefore `lease-duration /
//! (retry-period + renew-deadline)`, 1.25 with the defaults, and less by what the answer takes:
//! [`Settings::message_delay`] is assumed of it.
//!
//! # Messages
//! A read and a write, and their answers, for each retry period of the leader; a read and its
//! answer for that of everybody else.

mod candidate;
mod message;
mod node;
mod record;
mod rules;
mod settings;
mod store;

pub use candidate::Candidate;
pub use message::Message;
pub use node::{Command, Lease, Timer};
pub use record::{Holder, Record, Version, Versioned};
pub use settings::{Config, Settings};
