//! Locks: a family of algorithms, their common words and the invariants that judge them.

pub mod etcd;
pub mod queue;
pub mod replicated;
pub mod spec;
