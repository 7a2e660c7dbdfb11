//! The universe: queue, network, clocks, disks and nodes. One loop, one rule: pop, tell, settle,
//! push. Time moves in `pop` and nowhere else.

mod ahead;
mod digest;
mod disk;
mod gate;
mod luck;
mod network;
mod node;
mod occurrence;
mod plan;
mod queue;
mod record;
mod settle;
mod simulation;
mod storm;
mod wheel;

pub use digest::Digests;
pub use luck::KeyScheme;
pub use record::{Flow, Observer, Promised, Record, What, Why};
pub use simulation::{Counts, Ended, Setup, Simulation};
