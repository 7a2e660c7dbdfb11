//! Faults of processes as files write them: they die, they stand still, they are slow.

use super::{Aimed, FaultKind, Length};
use crate::fault::{Action, DiskFate};
use crate::rng::Stream;
use crate::scenario::check::Check;
use crate::scenario::error::Finding;
use crate::scenario::lengths::Lengths;
use crate::scenario::pick::Nodes;
use crate::scenario::source::Placed;
use crate::scenario::words::{Latency, Who};
use crate::time::Duration;
use crate::units::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

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

impl From<DiskFate> for DiskWord {
    fn from(fate: DiskFate) -> Self {
        match fate {
            DiskFate::Synced => DiskWord::Keep,
            DiskFate::Amnesia => DiskWord::Lose,
            DiskFate::Prefix => DiskWord::Prefix,
            DiskFate::Subset => DiskWord::Subset,
            DiskFate::Torn => DiskWord::Torn,
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
    /// Let it die again and again, shortly after each restart; `for` is how long it is down each
    /// time.
    #[serde(default, rename = "loop", skip_serializing_if = "Option::is_none")]
    pub again: Option<Placed<LoopEntry>>,
    /// Whether it never comes back: no heal restarts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_good: Option<Placed<bool>>,
}

/// A crash loop: how often a node dies, and how long it is up in between.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoopEntry {
    /// How many deaths in all; one more than `up` has lengths, if that is a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Placed<u32>>,
    /// How long after each restart it dies again: drawn for each, or a list.
    pub up: Placed<Lengths>,
}

/// How many deaths one loop may have.
const DEATHS_MAX: u32 = 10_000;

impl LoopEntry {
    fn check(&self, check: &mut Check<'_>, place: Range<usize>) {
        let times = self.times.as_ref();
        match (&*self.up, times) {
            (Lengths::Range(_), None) => {
                let finding = Finding::new(place, "a loop without an end");
                check.findings.push(finding.help("write how many deaths: `times = 5`"));
            }
            (Lengths::Range(_), Some(times)) if **times < 2 => {
                check.wrong(times.place(), "no second death, so no loop; leave `loop` out");
            }
            (Lengths::Range(_), Some(times)) if **times > DEATHS_MAX => {
                let problem = format!("{} deaths; {DEATHS_MAX} are the most", **times);
                check.wrong(times.place(), problem);
            }
            (Lengths::List(_), Some(times)) => {
                let problem = "the list says how often already; leave `times` out";
                check.wrong(times.place(), problem);
            }
            (Lengths::List(list), None) if list.is_empty() => {
                check.wrong(self.up.place(), "no second death, so no loop; leave `loop` out");
            }
            _ => {}
        }
    }

    fn ups(&self, luck: &mut Stream) -> Vec<Duration> {
        let deaths = self.times.as_ref().map_or(1, |times| **times);
        self.up.draw(deaths.saturating_sub(1) as usize, luck)
    }
}

impl CrashEntry {
    /// The entry of an action that kills.
    pub(super) fn of(aimed: Aimed<'_>, action: &Action) -> Option<Self> {
        let (after_effect, disk) = action.crash()?;
        let again = match action {
            Action::CrashLoop { ups, .. } => {
                Some(LoopEntry { times: None, up: Placed::nowhere(Lengths::List(ups.clone())) })
            }
            _ => None,
        };
        let is_for_good = matches!(action, Action::Death { .. });
        Some(CrashEntry {
            who: aimed.who(),
            lasts: aimed.lasts(),
            after_effect,
            disk: (disk != DiskFate::default()).then_some(disk.into()),
            again: again.map(Placed::nowhere),
            for_good: is_for_good.then_some(Placed::nowhere(true)),
        })
    }

    fn is_for_good(&self) -> bool {
        self.for_good.as_ref().is_some_and(|for_good| **for_good)
    }
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

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        if let Some(again) = &self.again {
            again.check(check, again.place());
            if self.lasts.is_none() && !self.is_for_good() {
                let finding = Finding::new(again.place(), "a loop of a node that never restarts");
                let cure = "write how long it is down each time: `for = \"100ms\"`";
                check.findings.push(finding.help(cure));
            }
        }
        let Some(for_good) = self.for_good.as_ref().filter(|_| self.is_for_good()) else { return };
        let restarts = [("for", self.lasts.is_some()), ("loop", self.again.is_some())];
        for (key, _) in restarts.into_iter().filter(|(_, is_set)| *is_set) {
            let problem = format!("who dies for good does not restart; leave `{key}` out");
            check.wrong(for_good.place(), problem);
        }
    }

    fn actions(&self, _: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        let (after_effect, disk) = (self.after_effect, self.disk.unwrap_or_default().into());
        vec![match &self.again {
            Some(again) => Action::CrashLoop { after_effect, disk, ups: again.ups(luck) },
            None if self.is_for_good() => Action::Death { after_effect, disk },
            None => Action::Crash { after_effect, disk },
        }]
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

impl PauseEntry {
    pub(super) fn of(aimed: Aimed<'_>) -> Self {
        PauseEntry { who: aimed.who(), lasts: aimed.lasts() }
    }
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

/// A stall of the timeline: a pause inside a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StallEntry {
    /// Who is struck.
    pub who: Placed<Who>,
    /// Let the node's next step do so many effects and stand still there, where one more would
    /// come; none if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_effect: Option<u32>,
    /// For how long, from the standstill on; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl StallEntry {
    pub(super) fn of(aimed: Aimed<'_>, after_effect: u32) -> Self {
        let after_effect = (after_effect > 0).then_some(after_effect);
        StallEntry { who: aimed.who(), lasts: aimed.lasts(), after_effect }
    }
}

impl FaultKind for StallEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn actions(&self, _: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
        vec![Action::Stall { after_effect: self.after_effect.unwrap_or(0) }]
    }
}

/// A slow node of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SlowEntry {
    /// Who is struck.
    pub who: Placed<Who>,
    /// How long each of its steps takes: a length, a range or a distribution.
    pub step: Placed<Latency>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl SlowEntry {
    pub(super) fn of(aimed: Aimed<'_>, step: crate::conditions::Latency) -> Self {
        SlowEntry { who: aimed.who(), lasts: aimed.lasts(), step: Placed::nowhere(step.into()) }
    }
}

impl FaultKind for SlowEntry {
    fn who(&self) -> Option<&Placed<Who>> {
        Some(&self.who)
    }

    fn lasts(&self) -> Length<'_> {
        self.lasts.as_ref()
    }

    fn holds(&self) -> Option<&'static str> {
        Some("slow")
    }

    fn check(&self, check: &mut Check<'_>, _: Range<usize>) {
        check.one_latency(&self.step);
        if matches!(*self.step, Latency::Uniform(span) if span.max == Duration::ZERO) {
            check.wrong(self.step.place(), "steps that take no time; make `step` longer");
        }
    }

    fn actions(&self, _: Nodes<'_>, _: &mut Stream) -> Vec<Action> {
        vec![Action::Slow { step: (*self.step).into() }]
    }
}
