//! Faults as plain data: what is done, to whom, when, and where it struck.
//!
//! A fault has an *aim* - a node, a set or a role, at a time or at a milestone - and, once it
//! struck, a record of where and when. Both are kept: the record makes a replay exact, the aim
//! makes a regression survive a change of the code.

mod aim;
mod links;
mod messages;

pub use aim::{Choice, On, Take, Target, When};
pub use links::{CutKind, Manner, Severed};
pub use messages::{Filter, Harm};

use crate::conditions::Latency;
use crate::id::{FaultId, NodeId};
use crate::rng::Ratio;
use crate::time::{Drift, Duration, SimTime};
use crate::topology::Cut;
use serde::{Deserialize, Serialize};

/// What a crash leaves on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiskFate {
    /// Every write that was synced, and none of the others.
    #[default]
    Synced,
    /// Nothing: the disk is gone too.
    Amnesia,
    /// Every write that was synced, and of the others the oldest, as many as luck says.
    Prefix,
    /// Every write that was synced, and each of the others or not, as luck says.
    Subset,
    /// As [`DiskFate::Prefix`]; the first write that is lost was under way and is torn, which the
    /// node finds at its next boot.
    Torn,
}

/// A clock's rate from some time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateChange {
    /// How long after the fault struck.
    pub after: Duration,
    /// The rate error from then on.
    pub rate: Drift,
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
    /// Links are cut as by [`Action::Partition`], [`Action::Isolate`] or [`Action::Mute`], in a
    /// manner of their own.
    Sever {
        /// Which links.
        links: Severed,
        /// How.
        manner: Manner,
    },
    /// Some of the messages that the target sends come to harm.
    Messages {
        /// Which ones.
        filter: Filter,
        /// What becomes of them.
        harm: Harm,
    },
    /// As [`Action::Drift`], but the rate changes: at once to the first, and so on.
    Wander(Vec<RateChange>),
    /// The target's wall clock jumps and is bent back from then on, until the jump is undone.
    SlewedJump {
        /// How far it jumps, in nanoseconds.
        by: i64,
        /// How fast it is bent back, above zero.
        slew: Drift,
    },
    /// The target's wall clock jumps forth and back, again and again, and is right at the end.
    Strobe {
        /// How far it jumps, in nanoseconds.
        by: i64,
        /// The time from one jump to the next.
        every: Duration,
    },
    /// The machine is suspended: as [`Action::Pause`], but the monotonic clock stands still too.
    /// The wall clock runs on.
    Suspend,
    /// The target's monotonic clock stands still, and so do its timers; its wall clock runs on.
    Freeze,
    /// A sync that is asked for takes so long. Of several the newest in force rules.
    SlowDisk(Latency),
    /// A sync that ends fails, with this chance, and those behind it with it; a prefix of what no
    /// sync has saved is on disk, and the rest never will be. Syncs take 10 ms at least.
    FailingDisk(Ratio),
    /// A sync that ends is reported as done and saves nothing: what it was to save stays unsynced
    /// until an honest sync, and a crash until then loses it.
    LyingDisk,
    /// No sync ends; those that would have do so when the last stall ends.
    StalledDisk,
    /// A sync that ends and has anything to save fails and saves nothing. It takes 10 ms at least.
    FullDisk,
    /// A crash that comes again and again: the fault's length is how long the node is down each
    /// time, and after each restart but the last it dies again.
    CrashLoop {
        /// As of a single crash, each time.
        after_effect: Option<u32>,
        /// What is left on its disk, each time.
        disk: DiskFate,
        /// How long after each of its restarts it dies again.
        ups: Vec<Duration>,
    },
    /// The node dies for good: no heal restarts it, whether it is in the core or not.
    Death {
        /// As of a crash.
        after_effect: Option<u32>,
        /// What is left on its disk.
        disk: DiskFate,
    },
    /// The process stands still *inside* a step, behind so many effects, where one more would come:
    /// the check has passed, the write leaves late. Its length counts from there. What the step has
    /// read of time stays what it read; its timers count from then. Else it is as in a pause.
    Stall {
        /// How many effects it still has, from its next step on, its boot and what a sync lets go
        /// included.
        after_effect: u32,
    },
    /// Each step takes time, drawn for it: what a node wants in a step leaves when the step ends,
    /// and what comes for it meanwhile waits in order. Of several the newest in force rules.
    Slow {
        /// How long a step takes.
        step: Latency,
    },
    /// Each node of the target is struck by a fault of its own, some time later. Those faults are
    /// named by the numbers behind this one's, in the order of all nodes.
    Spread {
        /// What strikes each.
        action: Box<Action>,
        /// How much later, for each node of the run.
        offsets: Vec<Duration>,
    },
}

impl Action {
    /// The fault family's name, as scenario files and columns write it.
    pub const fn family(&self) -> &'static str {
        match self {
            Action::Crash { .. } => "crash",
            Action::Pause => "pause",
            Action::Partition(cut) => family_of(cut),
            Action::Isolate => "partition",
            Action::Mute { .. } => "cut",
            Action::Loss(_) => "loss",
            Action::Drift(_) | Action::Wander(_) => "drift",
            Action::Jump(_) | Action::SlewedJump { .. } => "jump",
            Action::Sever { links, manner } => match (manner.kind, links) {
                (CutKind::Hold, _) => "hold",
                (CutKind::Slow(_), _) => "delay",
                (CutKind::Drop, Severed::Between(cut)) => family_of(cut),
                (CutKind::Drop, Severed::Around) => "partition",
                (CutKind::Drop, Severed::By { .. }) => "cut",
            },
            Action::Messages { harm, .. } => match harm {
                Harm::Lose => "loss",
                Harm::Duplicate => "duplication",
                Harm::Corrupt => "corruption",
                Harm::Delay(_) => "delay",
                Harm::Reorder(_) => "reorder",
                Harm::Hold => "hold",
                Harm::Throttle { .. } => "throttle",
                Harm::Forge => "forgery",
                Harm::Misdeliver => "misdelivery",
                Harm::Replay(_) => "replay",
            },
            Action::Strobe { .. } => "strobe",
            Action::Suspend => "suspend",
            Action::Freeze => "freeze",
            Action::SlowDisk(_) => "slow-disk",
            Action::FailingDisk(_) => "failing-disk",
            Action::LyingDisk => "lying-disk",
            Action::StalledDisk => "stalled-disk",
            Action::FullDisk => "full-disk",
            Action::CrashLoop { .. } => "crash-loop",
            Action::Death { .. } => "death",
            Action::Stall { .. } => "stall",
            Action::Slow { .. } => "slow",
            Action::Spread { .. } => "spread",
        }
    }

    /// Of a fault that kills: behind how many effects, and what it leaves on the disk.
    pub const fn crash(&self) -> Option<(Option<u32>, DiskFate)> {
        match self {
            Action::Crash { after_effect, disk }
            | Action::CrashLoop { after_effect, disk, .. }
            | Action::Death { after_effect, disk } => Some((*after_effect, *disk)),
            _ => None,
        }
    }

    /// What strikes a node: of a spread, what it spreads.
    pub fn at_once(&self) -> &Action {
        match self {
            Action::Spread { action, .. } => action,
            other => other,
        }
    }

    /// Whether it holds a node down or still, so that taking it back lets the node take steps.
    pub const fn holds_process(&self) -> bool {
        self.crash().is_some()
            || matches!(self, Action::Pause | Action::Suspend | Action::Stall { .. })
    }

    /// How long it holds whom it struck, if it lasts so long each time; until heal if `None`.
    pub fn holds_for(&self, lasts: Option<Duration>) -> Option<Duration> {
        let lasts = lasts?;
        match self.at_once() {
            Action::CrashLoop { ups, .. } => {
                Some(ups.iter().fold(lasts, |total, &up| total + up + lasts))
            }
            _ => Some(lasts),
        }
    }

    /// Whether it is over as soon as it has struck.
    pub const fn is_instant(&self) -> bool {
        matches!(self, Action::Jump(_) | Action::SlewedJump { .. } | Action::Spread { .. })
    }

    /// All families, in the order of the columns.
    pub const FAMILIES: [&'static str; 29] = [
        "crash",
        "pause",
        "partition",
        "cut",
        "loss",
        "drift",
        "jump",
        "duplication",
        "corruption",
        "delay",
        "reorder",
        "hold",
        "throttle",
        "strobe",
        "suspend",
        "freeze",
        "slow-disk",
        "failing-disk",
        "lying-disk",
        "stalled-disk",
        "full-disk",
        "crash-loop",
        "death",
        "stall",
        "slow",
        "spread",
        "forgery",
        "misdelivery",
        "replay",
    ];
}

/// Whether a cut is a partition, which keeps both from hearing each other, or goes one way.
const fn family_of(cut: &Cut) -> &'static str {
    match cut {
        Cut::Groups(_) | Cut::Grudge { one_way: false, .. } | Cut::BridgeLink { .. } => "partition",
        Cut::OneWay { .. } | Cut::Downhill(_) | Cut::Grudge { one_way: true, .. } => "cut",
    }
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
    ///
    /// It strikes these nodes at that instant, as soon as so many events have happened as had then;
    /// at the latest when the instant is over, if another schedule makes them fewer. One that has
    /// struck nobody strikes nobody.
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

/// Why a fault did not strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unfired {
    /// The run was over before its time.
    Ahead,
    /// Its milestone never came.
    NoMilestone,
    /// The service was not there again before the run was over.
    NoService,
    /// Its time came when the storm was over.
    StormOver,
    /// Nobody played its role.
    Nobody,
    /// Whom it waited for to break when the storm ended was broken already, or is healed.
    NotWhole,
    /// It would have harmed more disks than the [fault budget](crate::fault_budget) allows.
    Budget,
}

/// What became of a fault of the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultReport {
    /// Which one.
    pub id: FaultId,
    /// Its family.
    pub family: &'static str,
    /// Where it struck.
    pub struck: Option<Struck>,
    /// Why it has not; `None` if it did.
    pub unfired: Option<Unfired>,
    /// When it was taken back from everybody; never where the heal left it in force outside the
    /// core.
    pub ended: Option<SimTime>,
    /// What it did: messages cut, lost, spoilt, doubled, delayed or held, messages kept waiting,
    /// writes lost, timers bent, steps that read a wrong clock, syncs slowed, failed or kept back,
    /// writes lost though a sync had been reported as done, effects that left late, and for a
    /// crash, a pause or a stall the node itself.
    pub effects: u64,
}

impl FaultReport {
    /// Whether it changed nothing: it never struck, or without effect.
    pub const fn did_nothing(&self) -> bool {
        self.effects == 0
    }
}
