//! Faults of processes as files write them: they die, they stand still.

use super::{FaultKind, Length};
use crate::fault::{Action, DiskFate};
use crate::rng::Stream;
use crate::scenario::pick::Nodes;
use crate::scenario::source::Placed;
use crate::scenario::words::Who;
use crate::time::Duration;
use crate::units::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a crash leaves on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiskWord {
    /// Every write that was synced.
    #[default]
    Keep,
    /// Nothing.
    Lose,
    /// Every write that was synced, and the oldest of the others.
    Prefix,
    /// Every write that was synced, and some of the others.
    Subset,
    /// As `prefix`, and the next write is found torn at the restart.
    Torn,
}

impl From<DiskWord> for DiskFate {
    fn from(word: DiskWord) -> Self {
        match word {
            DiskWord::Keep => DiskFate::Synced,
            DiskWord::Lose => DiskFate::Amnesia,
            DiskWord::Prefix => DiskFate::Prefix,
            DiskWord::Subset => DiskFate::Subset,
            DiskWord::Torn => DiskFate::Torn,
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

impl FaultKind for CrashEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn holds(&self) -> Option<&'static str> {
        Some("down")
    }

    fn actions(&self, _: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
        let disk = self.disk.unwrap_or_default().into();
        vec![Action::Crash { after_effect: self.after_effect, disk }]
    }
}

/// A pause of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PauseEntry {
    /// Who is struck.
    pub who: Placed<Who>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl FaultKind for PauseEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn holds(&self) -> Option<&'static str> {
        Some("down")
    }

    fn actions(&self, _: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
        vec![Action::Pause]
    }
}
