//! The universe: queue, network, clocks, disks and nodes. One loop, one rule: pop, tell, settle,
//! push. Time moves in `pop` and nowhere else.

mod agenda;
mod ahead;
mod aims;
mod bandwidth;
mod clients;
mod counts;
mod digest;
mod disk;
mod flight;
mod gate;
mod harm;
mod journey;
mod keep;
mod luck;
mod milestones;
mod moment;
mod network;
mod node;
mod occurrence;
mod plan;
mod quality;
mod queue;
mod record;
mod settle;
mod shown;
mod simulation;
mod storm;
mod sync;
mod under_way;
mod wheel;

pub use counts::Counts;
pub use digest::Digests;
pub use luck::KeyScheme;
pub use moment::OnTheWay;
pub use record::{Flow, Observer, Promised, Record, What, Why};
pub use simulation::{A_SLICE, Ended, Setup, Simulation};
