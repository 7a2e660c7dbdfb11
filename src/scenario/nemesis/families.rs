//! The families of faults, each a small declaration: the kind of fault, and what the seed draws of
//! it where a file pins nothing.
//!
//! What is drawn are the words of a `[[fault]]` entry, so that it reads, checks, prints and can be
//! pinned as one. The number of a family is its block of fault names, frozen once it is here:
//! families that are one of [`Action::FAMILIES`](crate::fault::Action::FAMILIES) have the number of
//! its column, from 1; the others have numbers from 101 on.

use super::drawn::Draw;
use crate::scenario::fault::{self, FaultKind};
use serde::de::DeserializeOwned;

/// A family of faults.
pub(in crate::scenario) struct Family {
    /// Its name, as files write it.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub meaning: &'static str,
    /// The block of its faults' names.
    pub block: u32,
    /// Draws the words of an entry.
    pub draw: fn(&mut Draw<'_>),
    /// Reads an entry from the text of a table.
    pub read: fn(&str) -> Result<Box<dyn FaultKind>, toml::de::Error>,
    /// Reads an entry from a tree, with all that is wrong in it.
    pub review: super::check::Review,
}

fn read<K: FaultKind + DeserializeOwned + 'static>(
    text: &str,
) -> Result<Box<dyn FaultKind>, toml::de::Error> {
    toml::from_str::<K>(text).map(|kind| Box::new(kind) as Box<dyn FaultKind>)
}

macro_rules! with_families {
    ($with:ident) => {
        $with! {
            /// Nodes die and restart, with all that they had synced.
            1 "crash" crash: CrashEntry = |draw| {
                draw.who();
                draw.until_restart();
            };
            /// Nodes stand still.
            2 "pause" pause: PauseEntry = |draw| {
                draw.who();
                draw.lasts();
            };
            /// The network falls apart.
            3 "partition" partition: PartitionEntry = |draw| {
                draw.shape();
                draw.lasts();
            };
            /// The network falls apart in one direction.
            4 "cut" cut: PartitionEntry = |draw| {
                draw.one_way_shape();
                draw.plain("one-way", true);
                draw.lasts();
            };
            /// Messages are lost.
            5 "loss" loss: LossEntry = |draw| {
                draw.chance();
                draw.lasts();
            };
            /// Clocks run fast or slow.
            6 "drift" drift: DriftEntry = |draw| {
                draw.who();
                draw.rate();
                draw.lasts();
            };
            /// Wall clocks jump.
            7 "jump" jump: JumpEntry = |draw| {
                draw.who();
                draw.leap();
            };
            /// Messages arrive twice.
            8 "duplication" duplication: DuplicationEntry = |draw| {
                draw.chance();
                draw.lasts();
            };
            /// Messages arrive spoilt, and are dropped by their receivers.
            9 "corruption" corruption: CorruptionEntry = |draw| {
                draw.chance();
                draw.lasts();
            };
            /// Some messages take much longer.
            10 "delay" delay: DelayEntry = |draw| {
                draw.chance();
                draw.detour();
                draw.lasts();
            };
            /// Messages are overtaken by later ones.
            11 "reorder" reorder: ReorderEntry = |draw| {
                draw.chance();
                draw.detour();
                draw.lasts();
            };
            /// Some messages are kept until it is over.
            12 "hold" hold: HoldEntry = |draw| {
                draw.chance();
                draw.lasts();
            };
            /// Links let out one message at a time.
            13 "throttle" throttle: ThrottleEntry = |draw| {
                draw.spacing();
                draw.queue();
                draw.lasts();
            };
            /// Wall clocks jump forth and back.
            14 "strobe" strobe: StrobeEntry = |draw| {
                draw.who();
                draw.leap();
                draw.period();
                draw.lasts();
            };
            /// Machines are suspended: nodes and their monotonic clocks stand still.
            15 "suspend" suspend: SuspendEntry = |draw| {
                draw.who();
                draw.lasts();
            };
            /// Monotonic clocks stand still.
            16 "freeze" freeze: FreezeEntry = |draw| {
                draw.who();
                draw.lasts();
            };
            /// Syncs take long.
            17 "slow-disk" slow_disk: SlowDiskEntry = |draw| {
                draw.who();
                draw.slow_sync();
                draw.lasts();
            };
            /// Syncs fail.
            18 "failing-disk" failing_disk: FailingDiskEntry = |draw| {
                draw.who();
                draw.chance();
                draw.lasts();
            };
            /// Disks say that they have saved and have not.
            19 "lying-disk" lying_disk: LyingDiskEntry = |draw| {
                draw.who();
                draw.lasts();
            };
            /// Syncs do not end.
            20 "stalled-disk" stalled_disk: StalledDiskEntry = |draw| {
                draw.who();
                draw.lasts();
            };
            /// Disks have no room.
            21 "full-disk" full_disk: FullDiskEntry = |draw| {
                draw.who();
                draw.lasts();
            };
            /// Nodes die again and again, shortly after each restart.
            22 "crash-loop" crash_loop: CrashEntry = |draw| {
                draw.who();
                draw.deaths();
                draw.lasts();
            };
            /// Nodes stand still in the middle of a step.
            24 "stall" stall: StallEntry = |draw| {
                draw.who();
                draw.after_effect();
                draw.lasts();
            };
            /// Each step of a node takes time.
            25 "slow" slow: SlowEntry = |draw| {
                draw.who();
                draw.slow_step();
                draw.lasts();
            };
            /// Messages arrive again in the name of another.
            27 "forgery" forgery: ForgeryEntry = |draw| {
                draw.chance();
                draw.lasts();
            };
            /// Messages arrive at another node as well.
            28 "misdelivery" misdelivery: MisdeliveryEntry = |draw| {
                draw.chance();
                draw.lasts();
            };
            /// Messages arrive again, long after.
            29 "replay" replay: ReplayEntry = |draw| {
                draw.chance();
                draw.detour();
                draw.lasts();
            };
            /// Nodes are cut off from all others.
            101 "isolate" isolate: IsolateEntry = |draw| {
                draw.few();
                draw.lasts();
            };
            /// Nodes are cut off in one direction.
            102 "mute" mute: MuteEntry = |draw| {
                draw.few();
                let (sends, hears) = draw.one_of(&[((true, false), 1), ((false, true), 1)]);
                draw.plain("sends", sends);
                draw.plain("hears", hears);
                draw.lasts();
            };
            /// Nodes die with some of what they had not synced on their disks.
            103 "power-loss" power_loss: CrashEntry = |draw| {
                draw.who();
                draw.unsynced();
                draw.until_restart();
            };
            /// Nodes die in the middle of a step.
            104 "cut-point" cut_point: CrashEntry = |draw| {
                draw.who();
                draw.after_effect();
                draw.until_restart();
            };
            /// Nodes die and lose their disks.
            105 "amnesia" amnesia: CrashEntry = |draw| {
                draw.few();
                draw.text("disk", "lose");
                draw.until_restart();
            };
            /// Links that come and go.
            106 "flap" flap: PartitionEntry = |draw| {
                draw.shape();
                draw.flap();
                draw.lasts();
            };
            /// Links that hold back what is sent across, and let it all go at once.
            107 "jam" jam: PartitionEntry = |draw| {
                draw.shape();
                draw.text("kind", "hold");
                draw.lasts();
            };
            /// Links that are slow.
            108 "slow-links" slow_links: PartitionEntry = |draw| {
                draw.shape();
                draw.text("kind", "slow");
                draw.detour();
                draw.lasts();
            };
            /// Nodes are cut off one after another, and let go in another order.
            109 "swizzle" swizzle: SwizzleEntry = |draw| {
                draw.lasts();
            };
            /// Clocks change how fast they run.
            110 "wander" wander: DriftEntry = |draw| {
                draw.who();
                draw.rate();
                draw.change();
                draw.lasts();
            };
        }
    };
}
pub(super) use with_families;

macro_rules! registry {
    (
        $(
            $(#[doc = $doc:literal])*
            $block:literal $name:literal $field:ident: $kind:ident = $draw:expr;
        )*
    ) => {
        /// All of them, in the order of their blocks.
        pub(in crate::scenario) const FAMILIES: &[Family] = &[$(Family {
            name: $name,
            meaning: concat!($($doc),*),
            block: $block,
            draw: $draw,
            read: read::<fault::$kind>,
            review: super::check::review::<fault::$kind>,
        }),*];
    };
}
with_families!(registry);
