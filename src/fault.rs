//! Faults as plain data: what is done, to whom, when, and where it struck.
//!
//! A fault has an *aim* - a node, a set or a role, at a time or at a milestone - and, once it
//! struck, a record of where and when. Both are kept: the record makes a replay exact, the aim
//! makes a regression survive a change of the code.

use crate::id::{FaultId, NodeId};
use crate::rng::Ratio;
use crate::time::{Drift, Duration, SimTime};
use crate::topology::Cut;
use serde::{Deserialize, Serialize};

/// Whom a fault is aimed at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// These nodes.
    Nodes(Vec<NodeId>),
    /// Every node that plays this role when the fault strikes: `leader`.
    Role(String),
    /// Every node.
    All,
}

/// When a fault strikes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// At this true instant.
    At(SimTime),
    /// Some time after a kind of observation was made for the n-th time.
    Milestone {
        /// The observation's word: `leader-elected`.
        word: String,
        /// Which occurrence, from 1.
        nth: u32,
        /// How long after it.
        after: Duration,
    },
    /// When the storm ends: it breaks for good whom of its targets it finds outside the core and
    /// whole, that is up and joined in both directions to more than half of the core.
    Heal,
}

/// What a crash leaves on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiskFate {
    /// Every write that was synced, and none of the others.
    #[default]
    Synced,
    /// Nothing: the disk is gone too.
    Amnesia,
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// The node dies. With a length it restarts afterwards, when no other crash holds it down;
    /// without one it stays down until heal. A node that is down loses what the disk fate says.
    Crash {
        /// Let the node do so many effects from its next step on and die there, its boot and what
        /// a sync lets go included; at once if not given.
        after_effect: Option<u32>,
        /// What is left on its disk.
        disk: DiskFate,
    },
    /// The process stands still; its clocks run on and its mail waits, until the last pause of it
    /// ends. It holds the process that runs when it strikes: a crash ends it.
    Pause,
    /// Links are cut between groups, or one way.
    Partition(Cut),
    /// The target is cut off from all others, in both directions.
    Isolate,
    /// What the target sends, hears, or both, is cut off from all others, in that direction only.
    Mute {
        /// Nothing that it sends arrives.
        sends: bool,
        /// Nothing that is sent to it arrives.
        hears: bool,
    },
    /// Messages are lost at random, on every link.
    Loss(Ratio),
    /// The target's clocks run fast or slow. Of several the newest in force rules.
    Drift(Drift),
    /// The target's wall clock jumps by so many nanoseconds, for good.
    Jump(i64),
}

impl Action {
    /// The fault family's name, as scenario files and columns write it.
    pub const fn family(&self) -> &'static str {
        match self {
            Action::Crash { .. } => "crash",
            Action::Pause => "pause",
            Action::Partition(Cut::Groups(_)) | Action::Isolate => "partition",
            Action::Partition(Cut::OneWay { .. }) | Action::Mute { .. } => "cut",
            Action::Loss(_) => "loss",
            Action::Drift(_) => "drift",
            Action::Jump(_) => "jump",
        }
    }

    /// All families, in the order of the columns.
    pub const FAMILIES: [&'static str; 7] =
        ["crash", "pause", "partition", "cut", "loss", "drift", "jump"];
}

/// One fault of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its name, which survives the removal of others.
    pub id: FaultId,
    /// When it is to strike.
    pub when: When,
    /// Whom.
    pub who: Target,
    /// What it does.
    pub action: Action,
    /// After how long it is taken back; until heal if not given.
    pub lasts: Option<Duration>,
    /// Where it struck: for an exact replay this wins over the aim.
    pub struck: Option<Struck>,
}

/// Where and when a fault struck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Struck {
    /// True time.
    pub at: SimTime,
    /// The number of the event.
    pub event: u64,
    /// The nodes that it struck; none if the role was empty.
    pub nodes: Vec<NodeId>,
}

/// What became of a fault of the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultReport {
    /// Which one.
    pub id: FaultId,
    /// Its family.
    pub family: &'static str,
    /// Where it struck; `None` if its milestone never came or nobody played its role.
    pub struck: Option<Struck>,
    /// When it was taken back from everybody; never where the heal left it in force outside the
    /// core.
    pub ended: Option<SimTime>,
    /// What it did: messages cut or lost, writes lost, messages kept waiting, timers bent, and for
    /// a crash or a pause the node itself.
    pub effects: u64,
}
