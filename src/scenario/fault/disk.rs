//! Faults of disks as files write them: they are slow, they fail, they lie, they stall, they are
//! full.

use super::clock::plain_kind;
use super::{Aimed, FaultKind, Length};
use crate::conditions;
use crate::fault::Action;
use crate::rng::{Ratio, Stream};
use crate::scenario::check::Check;
use crate::scenario::pick::Nodes;
use crate::scenario::source::Placed;
use crate::scenario::words::{Latency, Who};
use crate::time::Duration;
use crate::units::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A slow disk of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SlowDiskEntry {
    /// Whose disks.
    pub who: Placed<Who>,
    /// How long a sync takes, instead of what `[disk]` says.
    pub sync: Placed<Latency>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl SlowDiskEntry {
    pub(super) fn of(aimed: Aimed<'_>, sync: conditions::Latency) -> Self {
        let sync = Placed::nowhere(sync.into());
        SlowDiskEntry { who: aimed.who(), sync, lasts: aimed.lasts() }
    }
}

impl FaultKind for SlowDiskEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn holds(&self) -> Option<&'static str> {
        Some("slow disk")
    }

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        check.one_latency(&self.sync);
    }

    fn actions(&self, _: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
        vec![Action::SlowDisk((*self.sync).into())]
    }
}

/// A failing disk of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FailingDiskEntry {
    /// Whose disks.
    pub who: Placed<Who>,
    /// The chance that a sync fails; certain if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<Placed<Ratio>>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl FailingDiskEntry {
    pub(super) fn of(aimed: Aimed<'_>, chance: Ratio) -> Self {
        let chance = Some(Placed::nowhere(chance));
        FailingDiskEntry { who: aimed.who(), chance, lasts: aimed.lasts() }
    }
}

impl FaultKind for FailingDiskEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn holds(&self) -> Option<&'static str> {
        Some("failing disk")
    }

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        if let Some(chance) = self.chance.as_ref().filter(|chance| chance.is_zero()) {
            check.wrong(chance.place(), "nothing fails; raise `chance`");
        }
    }

    fn actions(&self, _: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
        let certain = Ratio { numerator: 1, denominator: 1 };
        vec![Action::FailingDisk(self.chance.as_ref().map_or(certain, |chance| **chance))]
    }
}

plain_kind! {
    /// A lying disk of the timeline.
    LyingDiskEntry, "lying disk", Action::LyingDisk
}
plain_kind! {
    /// A stalled disk of the timeline.
    StalledDiskEntry, "stalled disk", Action::StalledDisk
}
plain_kind! {
    /// A full disk of the timeline.
    FullDiskEntry, "full disk", Action::FullDisk
}
