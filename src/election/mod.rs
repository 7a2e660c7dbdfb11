//! Leader election: a family of algorithms, their common words and the invariants that judge them.

pub mod ble;
pub mod bully;
pub mod bully_1982;
pub mod invitation;
pub mod lease;
pub mod raft;
pub mod random_half;
pub mod ring;
pub mod spec;
