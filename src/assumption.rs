//! What an algorithm assumes of the world and what it needs for progress, as data.
//!
//! A profile of faults stays just inside what an algorithm assumes; what is found beyond it is
//! labelled so. Chang-Roberts on a lossy link is not news; Raft on a lossy link would be.

mod broken;
mod world;

use crate::time::{Drift, Duration};
use serde::Serialize;

/// What the algorithm's safety rests on. The default assumes nothing but links that do not
/// forge.
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
    /// Of the writes that were not synced a crash keeps none but the oldest, without a gap.
    pub ordered_writes: bool,
    /// No sync fails.
    pub no_disk_errors: bool,
    /// No wall clock is ever further off than this.
    pub offset_bound: Option<Duration>,
    /// It survives what is not assumed of anybody else: messages in the name of nodes that never
    /// sent them, or at nodes that they were not for. All others assume authentic links.
    pub untrusted_links: bool,
}

/// One of the [`Assumptions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assumption {
    /// [`Assumptions::fifo_links`].
    FifoLinks,
    /// [`Assumptions::reliable_links`].
    ReliableLinks,
    /// [`Assumptions::no_partition`].
    NoPartition,
    /// [`Assumptions::delay_bound`].
    DelayBound,
    /// [`Assumptions::drift_bound`].
    DriftBound,
    /// [`Assumptions::no_pause`].
    NoPause,
    /// [`Assumptions::crash_stop`].
    CrashStop,
    /// [`Assumptions::honest_disk`].
    HonestDisk,
    /// [`Assumptions::static_membership`].
    StaticMembership,
    /// [`Assumptions::ordered_writes`].
    OrderedWrites,
    /// [`Assumptions::no_disk_errors`].
    NoDiskErrors,
    /// [`Assumptions::offset_bound`].
    OffsetBound,
    /// No [`Assumptions::untrusted_links`].
    AuthenticLinks,
}

impl Assumption {
    /// All of them, each with the word that labels what is found outside of it.
    pub const WORDS: [(Assumption, &'static str); 13] = [
        (Assumption::FifoLinks, "fifo-links"),
        (Assumption::ReliableLinks, "reliable-links"),
        (Assumption::NoPartition, "no-partition"),
        (Assumption::DelayBound, "delay-bound"),
        (Assumption::DriftBound, "drift-bound"),
        (Assumption::NoPause, "no-pause"),
        (Assumption::CrashStop, "crash-stop"),
        (Assumption::HonestDisk, "honest-disk"),
        (Assumption::StaticMembership, "static-membership"),
        (Assumption::OrderedWrites, "ordered-writes"),
        (Assumption::NoDiskErrors, "no-disk-errors"),
        (Assumption::OffsetBound, "offset-bound"),
        (Assumption::AuthenticLinks, "authentic-links"),
    ];

    /// Its word: `honest-disk`.
    pub fn word(self) -> &'static str {
        let known = Self::WORDS.iter().find(|(assumption, _)| *assumption == self);
        known.map_or("", |(_, word)| word)
    }
}

impl Assumptions {
    /// Whether this one is among them.
    pub const fn include(&self, assumption: Assumption) -> bool {
        match assumption {
            Assumption::FifoLinks => self.fifo_links,
            Assumption::ReliableLinks => self.reliable_links,
            Assumption::NoPartition => self.no_partition,
            Assumption::DelayBound => self.delay_bound.is_some(),
            Assumption::DriftBound => self.drift_bound.is_some(),
            Assumption::NoPause => self.no_pause,
            Assumption::CrashStop => self.crash_stop,
            Assumption::HonestDisk => self.honest_disk,
            Assumption::StaticMembership => self.static_membership,
            Assumption::OrderedWrites => self.ordered_writes,
            Assumption::NoDiskErrors => self.no_disk_errors,
            Assumption::OffsetBound => self.offset_bound.is_some(),
            Assumption::AuthenticLinks => !self.untrusted_links,
        }
    }
}

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
