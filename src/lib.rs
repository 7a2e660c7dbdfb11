//! Stormseed: deterministic fault injection for leader election, data placement and locks.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod fingerprint;
pub mod id;
pub mod rng;
pub mod time;
