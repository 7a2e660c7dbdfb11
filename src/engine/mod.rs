//! The universe: queue, network, clocks, disks and nodes. One loop, one rule: pop, tell, settle,
//! push. Time moves in `pop` and nowhere else.

mod record;

pub use record::{Flow, Observer, Promised, Record, What, Why};
