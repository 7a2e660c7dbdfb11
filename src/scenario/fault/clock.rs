//! Faults of clocks as files write them: they run fast or slow, they jump.

use super::{FaultKind, Length};
use crate::fault::Action;
use crate::rng::Stream;
use crate::scenario::check::Check;
use crate::scenario::draw;
use crate::scenario::pick::Nodes;
use crate::scenario::source::Placed;
use crate::scenario::words::Who;
use crate::time::{Drift, Duration};
use crate::units::{SignedLength, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

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

impl FaultKind for DriftEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn holds(&self) -> Option<&'static str> {
        Some("drift")
    }

    fn actions(&self, _: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        vec![Action::Drift(draw::drift(luck, *self.rate))]
    }
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

impl FaultKind for JumpEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        if self.by.min.0 == 0 && self.by.max.0 == 0 {
            check.wrong(self.by.place(), "a jump to where the clock is; change `by`");
        }
    }

    fn actions(&self, _: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        vec![Action::Jump(draw::signed(luck, *self.by))]
    }
}
