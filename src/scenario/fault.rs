//! Faults as files write them: the timeline's `[[fault]]` and the families of the `[nemesis]`.

use super::source::Placed;
use super::words::{Node, Who};
use crate::fault::DiskFate;
use crate::rng::Ratio;
use crate::time::{Drift, Duration};
use crate::units::{SignedLength, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// One entry of the timeline: a time, and exactly one kind of fault.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FaultEntry {
    /// When, or between which times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Placed<Span<Duration>>>,
    /// On which observation, instead of `at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Placed<String>>,
    /// On which occurrence of `when`, from 1; the first if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<Placed<u32>>,
    /// How long after `when`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Placed<Span<Duration>>>,
    /// Strike again so long after each strike. Needs `until` or `times`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Placed<Span<Duration>>>,
    /// No strike comes after this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Placed<Duration>>,
    /// How many strikes in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Placed<u32>>,
    /// The node dies; with `for` it restarts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<Placed<CrashEntry>>,
    /// The node stands still; its clocks run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Placed<StruckEntry>>,
    /// Groups of nodes that cannot talk to each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Placed<PartitionEntry>>,
    /// Links that are cut in one direction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Placed<CutEntry>>,
    /// Nodes that are cut off from all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolate: Option<Placed<StruckEntry>>,
    /// Nodes that are cut off in one direction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mute: Option<Placed<MuteEntry>>,
    /// Messages are lost on every link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Placed<LossEntry>>,
    /// Clocks that run fast or slow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Placed<DriftEntry>>,
    /// Wall clocks that jump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jump: Option<Placed<JumpEntry>>,
}

/// The one kind that an entry sets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind<'a> {
    Crash(&'a CrashEntry),
    Pause(&'a StruckEntry),
    Partition(&'a PartitionEntry),
    Cut(&'a CutEntry),
    Isolate(&'a StruckEntry),
    Mute(&'a MuteEntry),
    Loss(&'a LossEntry),
    Drift(&'a DriftEntry),
    Jump(&'a JumpEntry),
}

/// The names of the kinds, in the order of [`Kind`].
pub(super) const KINDS: [&str; 9] =
    ["crash", "pause", "partition", "cut", "isolate", "mute", "loss", "drift", "jump"];

impl FaultEntry {
    /// The kinds that are set, each with its place. A checked entry has one.
    pub(super) fn kinds(&self) -> Vec<(Range<usize>, Kind<'_>)> {
        fn set<'a, T>(
            entry: &'a Option<Placed<T>>,
            kind: fn(&'a T) -> Kind<'a>,
        ) -> Option<(Range<usize>, Kind<'a>)> {
            entry.as_ref().map(|entry| (entry.place(), kind(entry)))
        }
        let kinds = [
            set(&self.crash, Kind::Crash),
            set(&self.pause, Kind::Pause),
            set(&self.partition, Kind::Partition),
            set(&self.cut, Kind::Cut),
            set(&self.isolate, Kind::Isolate),
            set(&self.mute, Kind::Mute),
            set(&self.loss, Kind::Loss),
            set(&self.drift, Kind::Drift),
            set(&self.jump, Kind::Jump),
        ];
        kinds.into_iter().flatten().collect()
    }
}

impl<'a> Kind<'a> {
    /// How long it lasts, as written.
    pub(super) fn lasts(self) -> Option<&'a Placed<Span<Duration>>> {
        match self {
            Kind::Crash(crash) => crash.lasts.as_ref(),
            Kind::Pause(entry) | Kind::Isolate(entry) => entry.lasts.as_ref(),
            Kind::Partition(partition) => partition.lasts.as_ref(),
            Kind::Cut(cut) => cut.lasts.as_ref(),
            Kind::Mute(mute) => mute.lasts.as_ref(),
            Kind::Loss(loss) => loss.lasts.as_ref(),
            Kind::Drift(drift) => drift.lasts.as_ref(),
            Kind::Jump(_) => None,
        }
    }

    /// Whom it strikes, for the kinds that strike nodes.
    pub(super) fn who(self) -> Option<&'a Placed<Who>> {
        match self {
            Kind::Crash(crash) => Some(&crash.who),
            Kind::Pause(entry) | Kind::Isolate(entry) => Some(&entry.who),
            Kind::Mute(mute) => Some(&mute.who),
            Kind::Drift(drift) => Some(&drift.who),
            Kind::Jump(jump) => Some(&jump.who),
            Kind::Partition(_) | Kind::Cut(_) | Kind::Loss(_) => None,
        }
    }

    /// Its name, as files write it.
    pub(super) const fn name(self) -> &'static str {
        KINDS[match self {
            Kind::Crash(_) => 0,
            Kind::Pause(_) => 1,
            Kind::Partition(_) => 2,
            Kind::Cut(_) => 3,
            Kind::Isolate(_) => 4,
            Kind::Mute(_) => 5,
            Kind::Loss(_) => 6,
            Kind::Drift(_) => 7,
            Kind::Jump(_) => 8,
        }]
    }
}

/// What a crash leaves on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiskWord {
    /// Every write that was synced.
    #[default]
    Keep,
    /// Nothing.
    Lose,
}

impl From<DiskWord> for DiskFate {
    fn from(word: DiskWord) -> Self {
        match word {
            DiskWord::Keep => DiskFate::Synced,
            DiskWord::Lose => DiskFate::Amnesia,
        }
    }
}

/// A crash of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CrashEntry {
    /// Who dies.
    pub who: Placed<Who>,
    /// After how long it restarts; not before heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
    /// Let the node's next step do so many effects and die there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_effect: Option<u32>,
    /// What is left on the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<DiskWord>,
}

/// A fault that is nothing but its target and its length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StruckEntry {
    /// Who is struck.
    pub who: Placed<Who>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

/// A partition of the timeline: groups, or a shape that the seed fills.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PartitionEntry {
    /// The groups. A node in none of them is alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Placed<Vec<Vec<Placed<Node>>>>>,
    /// A shape instead of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Placed<Shape>>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

/// How a partition divides the nodes. Shapes are cut over the first role (over all nodes if it has
/// fewer than three); every other node is put on a random side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Two halves.
    Halves,
    /// A minority of random size against the rest.
    MinorityMajority,
    /// One node against the rest.
    IsolateOne,
    /// Every node sees a majority, and no two see the same one.
    MajoritiesRing,
    /// Two halves, and one node that sees both.
    Bridge,
    /// Two or three groups of random size.
    Random,
}

/// A one-way cut of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CutEntry {
    /// Senders: nodes, a role of the scenario or all.
    pub from: Placed<Who>,
    /// Receivers: nodes, a role of the scenario or all.
    pub to: Placed<Who>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

/// A mute of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MuteEntry {
    /// Who is struck.
    pub who: Placed<Who>,
    /// Whether what it sends is cut off. True if neither is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sends: Option<bool>,
    /// Whether what is sent to it is cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hears: Option<bool>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

/// A loss of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LossEntry {
    /// The chance of each message.
    pub chance: Placed<Ratio>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

/// A drift of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DriftEntry {
    /// Whose clocks.
    pub who: Placed<Who>,
    /// The rate error.
    pub rate: Placed<Span<Drift>>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

/// A jump of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JumpEntry {
    /// Whose wall clocks.
    pub who: Placed<Who>,
    /// How far, forward or back.
    pub by: Placed<Span<SignedLength>>,
}

/// What the seed decides: families of faults that come again and again during the storm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Nemesis {
    /// Whether the seed first picks which of the families exist in this run, each with chance one
    /// half and at least one. True if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm: Option<bool>,
    /// Nodes die and restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<Placed<CrashFamily>>,
    /// Nodes stand still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Placed<StruckFamily>>,
    /// The network falls apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Placed<PartitionFamily>>,
    /// Messages are lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Placed<LossFamily>>,
    /// Clocks run fast or slow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Placed<DriftFamily>>,
    /// Wall clocks jump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jump: Option<Placed<JumpFamily>>,
}

macro_rules! family {
    ($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            $($(#[$inner])* pub $field: $type,)*
            /// The time from one strike to the next.
            pub every: Placed<Span<Duration>>,
            /// For how long; until heal if not given.
            #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
            pub lasts: Option<Placed<Span<Duration>>>,
        }
    };
}

family! {
    /// Nodes die and restart.
    CrashFamily {
        /// Who, and how many at most at once.
        who: Placed<Who>,
        /// What is left on the disk.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disk: Option<DiskWord>,
    }
}
family! {
    /// Nodes stand still.
    StruckFamily {
        /// Who, and how many at most at once.
        who: Placed<Who>,
    }
}
family! {
    /// The network falls apart.
    PartitionFamily {
        /// How.
        shape: Placed<Shape>,
        /// Whether only one direction is cut.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        one_way: Option<bool>,
    }
}
family! {
    /// Messages are lost.
    LossFamily {
        /// The chance of each message.
        chance: Placed<Ratio>,
    }
}
family! {
    /// Clocks run fast or slow.
    DriftFamily {
        /// Whose, and how many at most at once.
        who: Placed<Who>,
        /// The rate error.
        rate: Placed<Span<Drift>>,
    }
}

/// Wall clocks jump.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JumpFamily {
    /// Whose.
    pub who: Placed<Who>,
    /// How far, forward or back.
    pub by: Placed<Span<SignedLength>>,
    /// The time from one strike to the next.
    pub every: Placed<Span<Duration>>,
}
