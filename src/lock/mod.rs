//! Locks: a family of algorithms, their common words and the invariants that judge them.

pub mod peers;
pub mod spec;
