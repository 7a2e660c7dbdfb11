//! Faults as files write them: the timeline's `[[fault]]`, a time and exactly one kind.
//!
//! A kind is a type of its own in the file of its family. It says what it needs of the file
//! ([`FaultKind::check`]) and what it does in the run of a seed ([`FaultKind::actions`]); one line
//! in [`FaultEntry`] makes it known. The way back, from what was drawn to an entry that draws just
//! this, is in `written`.

mod clock;
mod disk;
mod drift;
mod manner;
mod messages;
mod network;
mod process;
mod shape;
mod swizzle;
mod written;

pub use clock::*;
pub use disk::*;
pub use drift::*;
pub(super) use manner::MannerWords;
pub use manner::{DrawnFlap, Flap, KindWord};
pub use messages::*;
pub use network::*;
pub use process::*;
pub use shape::Shape;
pub use swizzle::SwizzleEntry;
pub(super) use written::chosen;
use written::{Aimed, fixed, who};

use super::canonical::{Pair, pair};
use super::check::Check;
use super::lengths::Lengths;
use super::pick::Nodes;
use super::pinned::StruckEntry;
use super::source::Placed;
use super::timing::Timing;
use super::words::Who;
use crate::fault::{Action, Target};
use crate::rng::Stream;
use crate::time::Duration;
use crate::units::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// For how long a fault is in force, as written; until heal if not given.
pub(super) type Length<'a> = Option<&'a Placed<Span<Duration>>>;

/// What a kind of fault says of itself.
pub(super) trait FaultKind {
    /// Whom it strikes, for the kinds that strike nodes.
    fn who(&self) -> Option<&Placed<Who>> {
        None
    }

    /// To whom the messages go that it harms, for the kinds that harm messages.
    fn to(&self) -> Option<&Placed<Who>> {
        None
    }

    /// How long it lasts.
    fn lasts(&self) -> Length<'_> {
        None
    }

    /// What it holds of a node while it lasts, so that no second fault can take it: `down`, ...
    fn holds(&self) -> Option<&'static str> {
        None
    }

    /// How many faults one strike of it is at most.
    fn parts(&self, check: &Check<'_>) -> u64 {
        let _ = check;
        1
    }

    /// Finds what is wrong with it, its target and its length apart.
    fn check(&self, check: &mut Check<'_>, place: Range<usize>) {
        let _ = (check, place);
    }

    /// What one strike does: each action is a fault of its own. Target and length have been drawn
    /// from the same stream before.
    fn actions(&self, nodes: Nodes<'_>, luck: &mut Stream) -> Vec<Action>;

    /// Whether it does nothing to one node alone.
    fn needs_several(&self) -> bool {
        false
    }

    /// Whether one strike of it hits one node after another.
    fn is_gradual(&self) -> bool {
        false
    }

    /// The same as blows: each action at once, on the target, for the whole length. A kind that
    /// strikes one node after another says otherwise.
    fn blows(
        &self,
        who: &Target,
        lasts: Option<Duration>,
        nodes: Nodes<'_>,
        luck: &mut Stream,
    ) -> Vec<Blow> {
        let blow = |action| Blow { after: Duration::ZERO, who: who.clone(), action, lasts };
        self.actions(nodes, luck).into_iter().map(blow).collect()
    }
}

/// A part of a strike, which becomes a fault of its own.
pub(super) struct Blow {
    /// How long after the strike.
    pub after: Duration,
    pub who: Target,
    pub action: Action,
    pub lasts: Option<Duration>,
}

/// The kind that an entry sets: its name, its place and what it is.
#[derive(Clone)]
pub(super) struct Kind<'a> {
    pub name: &'static str,
    pub place: Range<usize>,
    pub entry: &'a dyn FaultKind,
}

macro_rules! fault_entry {
    ($($(#[$doc:meta])* $name:literal $field:ident: $type:ty,)*) => {
        /// One entry of the timeline: a time, and exactly one kind of fault.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct FaultEntry {
            /// Its name in reports, so that it keeps it when others come or go; by its place among
            /// the faults if not given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub id: Option<Placed<u32>>,
            /// When, or between which times.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub at: Option<Placed<Span<Duration>>>,
            /// On which observation, instead of `at`; or `"service"`: when the service is there and
            /// the faults of lower `nth` that wait for it are over.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub when: Option<Placed<String>>,
            /// When the storm ends, instead of `at`: it breaks for good whom of its targets it
            /// finds outside the core and whole.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub at_heal: Option<Placed<bool>>,
            /// Whose observations count: nodes, or whoever plays a role then; anybody's if not
            /// given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub on: Option<Placed<Who>>,
            /// On which occurrence of `when`, from 1; the first if not given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub nth: Option<Placed<u32>>,
            /// Strike each time that `when` happens, from `nth` on, `times` times at most.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub each: Option<Placed<bool>>,
            /// How long after `when`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub after: Option<Placed<Span<Duration>>>,
            /// Strike again so long after each strike. Needs `until` or `times`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub every: Option<Placed<Span<Duration>>>,
            /// No strike comes after this; with `when`, so long after it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub until: Option<Placed<Duration>>,
            /// How many strikes in all.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub times: Option<Placed<u32>>,
            /// Strike each node of the target by a fault of its own, so much later: a range, or a
            /// list with a length for each node of the scenario.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub spread: Option<Placed<Lengths>>,
            /// How long it waits where nobody plays the role that it is aimed at. If not given, for
            /// as long as it would last (without `for` until heal), or with `every` not at all.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub window: Option<Placed<Duration>>,
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<Placed<$type>>,
            )*
            /// Where it struck: it strikes there again, whatever is said of its time and its
            /// target. Left out, it strikes where they say.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub struck: Option<Placed<StruckEntry>>,
        }

        /// The names of the kinds.
        pub(super) const KINDS: &[&str] = &[$($name),*];

        impl FaultEntry {
            /// When it strikes, as written.
            pub(super) fn timing(&self, place: Range<usize>) -> Timing<'_> {
                Timing {
                    what: "fault",
                    place,
                    at: self.at.as_ref(),
                    at_heal: self.at_heal.as_ref(),
                    when: self.when.as_ref(),
                    on: self.on.as_ref(),
                    nth: self.nth.as_ref(),
                    each: self.each.as_ref(),
                    after: self.after.as_ref(),
                    every: self.every.as_ref(),
                    until: self.until.as_ref(),
                    times: self.times.as_ref(),
                }
            }

            /// What is set, key by key, each with its value as TOML.
            pub(super) fn pairs(&self) -> Vec<Pair> {
                let pairs = [
                    pair("id", &self.id),
                    pair("at", &self.at),
                    pair("at-heal", &self.at_heal),
                    pair("when", &self.when),
                    pair("on", &self.on),
                    pair("nth", &self.nth),
                    pair("each", &self.each),
                    pair("after", &self.after),
                    pair("every", &self.every),
                    pair("until", &self.until),
                    pair("times", &self.times),
                    pair("spread", &self.spread),
                    pair("window", &self.window),
                    $(pair($name, &self.$field),)*
                    pair("struck", &self.struck),
                ];
                pairs.into_iter().flatten().collect()
            }

            /// The kinds that are set. A checked entry has one.
            pub(super) fn kinds(&self) -> Vec<Kind<'_>> {
                let kinds = [$(
                    self.$field.as_ref().map(|entry| {
                        Kind { name: $name, place: entry.place(), entry: &**entry }
                    }),
                )*];
                kinds.into_iter().flatten().collect()
            }
        }
    };
}

fault_entry! {
    /// The node dies; with `for` it restarts, with `loop` it dies again and again.
    "crash" crash: CrashEntry,
    /// The node stands still; its clocks run on.
    "pause" pause: PauseEntry,
    /// Groups of nodes that cannot talk to each other.
    "partition" partition: PartitionEntry,
    /// Links that are cut in one direction.
    "cut" cut: CutEntry,
    /// Nodes that are cut off from all others.
    "isolate" isolate: IsolateEntry,
    /// Nodes that are cut off in one direction.
    "mute" mute: MuteEntry,
    /// Messages are lost.
    "loss" loss: LossEntry,
    /// Messages arrive twice.
    "duplication" duplication: DuplicationEntry,
    /// Messages arrive spoilt, and are dropped by their receivers.
    "corruption" corruption: CorruptionEntry,
    /// Messages take longer.
    "delay" delay: DelayEntry,
    /// Messages are overtaken by later ones.
    "reorder" reorder: ReorderEntry,
    /// Messages are kept until the fault ends.
    "hold" hold: HoldEntry,
    /// Links let out one message at a time.
    "throttle" throttle: ThrottleEntry,
    /// Messages arrive again in the name of another.
    "forgery" forgery: ForgeryEntry,
    /// Messages arrive at another node as well.
    "misdelivery" misdelivery: MisdeliveryEntry,
    /// Messages arrive again, long after.
    "replay" replay: ReplayEntry,
    /// Nodes are cut off one after another, and let go in another order.
    "swizzle" swizzle: SwizzleEntry,
    /// Clocks that run fast or slow.
    "drift" drift: DriftEntry,
    /// Wall clocks that jump.
    "jump" jump: JumpEntry,
    /// Wall clocks that jump forth and back.
    "strobe" strobe: StrobeEntry,
    /// Machines that are suspended: nodes and their monotonic clocks stand still.
    "suspend" suspend: SuspendEntry,
    /// Monotonic clocks that stand still.
    "freeze" freeze: FreezeEntry,
    /// Disks whose syncs take long.
    "slow-disk" slow_disk: SlowDiskEntry,
    /// Disks whose syncs fail.
    "failing-disk" failing_disk: FailingDiskEntry,
    /// Disks that say that they have saved and have not.
    "lying-disk" lying_disk: LyingDiskEntry,
    /// Disks whose syncs do not end.
    "stalled-disk" stalled_disk: StalledDiskEntry,
    /// Disks without room.
    "full-disk" full_disk: FullDiskEntry,
    /// The node stands still inside a step, with the rest of it pending.
    "stall" stall: StallEntry,
    /// Each step of the node takes time.
    "slow" slow: SlowEntry,
}
