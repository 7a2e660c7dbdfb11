//! Locks: a family of algorithms, their common words and the invariants that judge them.

pub mod errand;
pub mod etcd;
pub mod lease;
pub mod peers;
pub mod queue;
pub mod redlock;
pub mod replicated;
pub mod resource;
pub mod spec;
