//! Faults of clocks as files write them, but for drift: wall clocks jump and strobe, monotonic
//! clocks stand still.

use super::{Aimed, FaultKind, Length, fixed};
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

/// How often a strobe may jump in one strike.
const JUMPS_MAX: u64 = 100_000;

/// A jump of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JumpEntry {
    /// Whose wall clocks.
    pub who: Placed<Who>,
    /// How far, forward or back.
    pub by: Placed<Span<SignedLength>>,
    /// How fast the clock is bent back afterwards; it stays where it is if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slew: Option<Placed<Drift>>,
}

impl JumpEntry {
    pub(super) fn of(aimed: Aimed<'_>, by: i64, slew: Option<Drift>) -> Self {
        JumpEntry { who: aimed.who(), by: fixed(SignedLength(by)), slew: slew.map(Placed::nowhere) }
    }
}

impl FaultKind for JumpEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        check.distance(&self.by);
        if let Some(slew) = self.slew.as_ref().filter(|slew| !(1..1_000_000).contains(&slew.ppm()))
        {
            let problem = format!("a clock cannot be bent back by {}", **slew);
            check.wrong(slew.place(), format!("{problem}; write a rate above 0 and below 100%"));
        }
    }

    fn actions(&self, _: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        let by = draw::signed(luck, *self.by);
        vec![match &self.slew {
            Some(slew) => Action::SlewedJump { by, slew: **slew },
            None => Action::Jump(by),
        }]
    }
}

/// A strobe of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StrobeEntry {
    /// Whose wall clocks.
    pub who: Placed<Who>,
    /// How far they jump, forward or back, and then back again.
    pub by: Placed<Span<SignedLength>>,
    /// The time from one jump to the next.
    pub period: Placed<Span<Duration>>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl StrobeEntry {
    pub(super) fn of(aimed: Aimed<'_>, by: i64, every: Duration) -> Self {
        let (by, period) = (fixed(SignedLength(by)), fixed(every));
        StrobeEntry { who: aimed.who(), by, period, lasts: aimed.lasts() }
    }
}

impl FaultKind for StrobeEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn holds(&self) -> Option<&'static str> {
        Some("strobe")
    }

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        check.distance(&self.by);
        let length = self.lasts.as_ref().map_or(check.storm_end, |lasts| lasts.max);
        match length.as_nanos().checked_div(self.period.min.as_nanos()) {
            None => check.wrong(self.period.place(), "jumps without a distance; begin above zero"),
            // Where no end is known, nothing can be said.
            Some(most) if most > JUMPS_MAX && length < Duration::MAX => {
                let problem = format!("up to {most} jumps; {JUMPS_MAX} are the most");
                check.wrong(self.period.place(), problem);
            }
            Some(_) => {}
        }
    }

    fn actions(&self, _: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        let by = draw::signed(luck, *self.by);
        vec![Action::Strobe { by, every: draw::length(luck, *self.period) }]
    }
}

impl Check<'_> {
    /// A jump goes somewhere.
    fn distance(&mut self, by: &Placed<Span<SignedLength>>) {
        if by.min.0 == 0 && by.max.0 == 0 {
            self.wrong(by.place(), "a jump to where the clock is; change `by`");
        }
    }
}

/// A fault that has nothing but a target and a length.
macro_rules! plain_kind {
    ($(#[$doc:meta])* $name:ident, $holds:literal, $action:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            /// Who is struck.
            pub who: Placed<Who>,
            /// For how long; until heal if not given.
            #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
            pub lasts: Option<Placed<Span<Duration>>>,
        }

        impl $name {
            pub(super) fn of(aimed: Aimed<'_>) -> Self {
                $name { who: aimed.who(), lasts: aimed.lasts() }
            }
        }

        impl FaultKind for $name {
            fn who(&self) -> Option<&Placed<Who>> {
                Some(&self.who)
            }

            fn lasts(&self) -> Length<'_> {
                self.lasts.as_ref()
            }

            fn holds(&self) -> Option<&'static str> {
                Some($holds)
            }

            fn actions(&self, _: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
                vec![$action]
            }
        }
    };
}
pub(super) use plain_kind;

plain_kind! {
    /// A suspension of the timeline.
    SuspendEntry, "down", Action::Suspend
}
plain_kind! {
    /// A freeze of the timeline.
    FreezeEntry, "freeze", Action::Freeze
}
