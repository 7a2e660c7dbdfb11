//! What an algorithm assumes of the world and what it needs for progress, as data.
//!
//! A profile of faults stays just inside what an algorithm assumes; what is found beyond it is
//! labelled so. Chang-Roberts on a lossy link is not news; Raft on a lossy link would be.

use crate::time::{Drift, Duration};
use serde::Serialize;

/// What the algorithm's safety rests on. The default assumes nothing but crash-stop nodes whose
/// disks keep what they synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Assumptions {
    /// Messages on one link arrive in the order they were sent.
    pub fifo_links: bool,
    /// No message between nodes that are up is lost.
    pub reliable_links: bool,
    /// No partition ever.
    pub no_partition: bool,
    /// A message arrives within this time, and a step takes none.
    pub delay_bound: Option<Duration>,
    /// No clock is off by more than this rate.
    pub drift_bound: Option<Drift>,
    /// No node stands still and goes on later.
    pub no_pause: bool,
    /// A crashed node never comes back.
    pub crash_stop: bool,
    /// No node loses what it synced.
    pub honest_disk: bool,
    /// The members stay the same.
    pub static_membership: bool,
}

impl Assumptions {
    /// The assumptions as scenario files name them, where they go beyond one on purpose.
    pub const NAMES: [&'static str; 9] = [
        "fifo-links",
        "reliable-links",
        "no-partition",
        "delay-bound",
        "drift-bound",
        "no-pause",
        "crash-stop",
        HONEST_DISK,
        "static-membership",
    ];
}

/// The name of the assumption that no node loses what it synced.
pub const HONEST_DISK: &str = "honest-disk";

/// What progress needs, so that a run without progress can be excused by the world's true state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Requirement {
    /// Somebody is up.
    AnyNode,
    /// Some node is connected, in both directions, to a majority that is up, itself included.
    QuorumConnected,
    /// Every node is up and connected to every other.
    AllConnected,
}
