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
            /// Nodes die and restart.
            1 "crash" crash: CrashEntry = |draw| {
                draw.who();
                if draw.may_restart() {
                    draw.lasts(1..=64);
                }
            };
            /// Nodes stand still.
            2 "pause" pause: PauseEntry = |draw| {
                draw.who();
                draw.lasts(1..=64);
            };
            /// The network falls apart.
            3 "partition" partition: PartitionEntry = |draw| {
                draw.shape();
                draw.lasts(1..=64);
            };
            /// The network falls apart in one direction.
            4 "cut" cut: PartitionEntry = |draw| {
                draw.one_way_shape();
                draw.plain("one-way", true);
                draw.lasts(1..=64);
            };
            /// Messages are lost.
            5 "loss" loss: LossEntry = |draw| {
                draw.chance(500_000);
                draw.lasts(1..=64);
            };
            /// Clocks run fast or slow.
            6 "drift" drift: DriftEntry = |draw| {
                draw.who();
                draw.rate();
                draw.lasts(8..=128);
            };
            /// Wall clocks jump.
            7 "jump" jump: JumpEntry = |draw| {
                draw.who();
                draw.leap();
            };
            /// Nodes are cut off from all others.
            101 "isolate" isolate: IsolateEntry = |draw| {
                draw.few();
                draw.lasts(1..=64);
            };
            /// Nodes are cut off in one direction.
            102 "mute" mute: MuteEntry = |draw| {
                draw.few();
                let way = draw.one_of(&[("sends", 1), ("hears", 1)]);
                draw.plain(way, true);
                draw.lasts(1..=64);
            };
        }
    };
}
pub(super) use with_families;

macro_rules! registry {
    ($($(#[$doc:meta])* $block:literal $name:literal $field:ident: $kind:ident = $draw:expr;)*) => {
        /// All of them, in the order of their blocks.
        pub(in crate::scenario) const FAMILIES: &[Family] = &[$(Family {
            name: $name,
            block: $block,
            draw: $draw,
            read: read::<fault::$kind>,
            review: super::check::review::<fault::$kind>,
        }),*];
    };
}
with_families!(registry);
