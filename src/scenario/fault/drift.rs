//! Drifts as files write them: one rate for as long as it lasts, or rates that change.
//!
//! A clock that changes its rate is drawn before the run: `rate` and `change-every` give the rates
//! and the times, `step` makes a walk of them, and what was drawn is written back as `changes`.

use super::{Aimed, Blow, FaultKind, Length, fixed};
use crate::fault::{Action, RateChange, Target};
use crate::rng::{Keyed, Luck64, Stream};
use crate::scenario::check::Check;
use crate::scenario::draw;
use crate::scenario::error::Finding;
use crate::scenario::pick::Nodes;
use crate::scenario::source::Placed;
use crate::scenario::words::Who;
use crate::time::{Drift, Duration};
use crate::units::{Span, Spread};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How often a rate may change in one strike.
const CHANGES_MAX: u64 = 10_000;

/// A drift of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DriftEntry {
    /// Whose clocks.
    pub who: Placed<Who>,
    /// The rate error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Placed<Span<Drift>>>,
    /// The time from one rate to the next; the rate stays if not given. Needs `for`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_every: Option<Placed<Span<Duration>>>,
    /// How far the rate moves at most when it changes; anywhere within `rate` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Placed<Drift>>,
    /// The rates one by one, instead of `rate`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Placed<ChangeEntry>>,
    /// For how long; until heal if not given.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Placed<Span<Duration>>>,
}

/// A rate from some time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChangeEntry {
    /// How long after the fault struck; of the first, `"0ms"`.
    pub after: Duration,
    /// The rate error from then on.
    pub rate: Drift,
}

impl DriftEntry {
    /// One rate.
    pub(super) fn steady(aimed: Aimed<'_>, rate: Drift) -> Self {
        DriftEntry { rate: Some(fixed(rate)), ..DriftEntry::changing(aimed, &[]) }
    }

    /// These rates.
    pub(super) fn changing(aimed: Aimed<'_>, changes: &[RateChange]) -> Self {
        let change = |change: &RateChange| {
            Placed::nowhere(ChangeEntry { after: change.after, rate: change.rate })
        };
        DriftEntry {
            who: aimed.who(),
            rate: None,
            change_every: None,
            step: None,
            changes: changes.iter().map(change).collect(),
            lasts: aimed.lasts(),
        }
    }
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

    fn check(&self, check: &mut Check<'_>, place: Range<usize>) {
        match (&self.rate, &self.changes[..]) {
            (Some(_), []) => self.check_walk(check),
            (None, [first, ..]) => {
                if first.after > Duration::ZERO {
                    let problem = "before the first change there is no rate; begin at `0ms`";
                    check.wrong(first.place(), problem);
                }
                let pairs = self.changes.windows(2);
                if let Some(pair) = pairs.into_iter().find(|pair| pair[1].after <= pair[0].after) {
                    check.wrong(pair[1].place(), "not after the change before it; sort them");
                }
                let strays = [
                    self.change_every.as_ref().map(Placed::place),
                    self.step.as_ref().map(Placed::place),
                ];
                for stray in strays.into_iter().flatten() {
                    check.wrong(stray, "`changes` says all; use it alone, or `rate`");
                }
            }
            _ => {
                let finding = Finding::new(place, "not one way to say how the clocks run");
                check.findings.push(finding.help("write either `rate` or `changes`"));
            }
        }
    }

    fn actions(&self, _: Nodes<'_>, luck: &mut Stream) -> Vec<Action> {
        match &self.rate {
            Some(rate) => vec![Action::Drift(draw::drift(luck, **rate))],
            None => {
                let change = |change: &Placed<ChangeEntry>| RateChange {
                    after: change.after,
                    rate: change.rate,
                };
                vec![Action::Wander(self.changes.iter().map(change).collect())]
            }
        }
    }

    fn blows(
        &self,
        who: &Target,
        lasts: Option<Duration>,
        nodes: Nodes<'_>,
        luck: &mut Stream,
    ) -> Vec<Blow> {
        let action = match (&self.rate, &self.change_every, lasts) {
            (Some(rate), Some(every), Some(length)) => {
                // However many changes there are, the next strike is drawn from the same words.
                let luck = &mut Keyed::new(luck.next());
                Some(Action::Wander(self.walk(**rate, **every, length, luck)))
            }
            _ => self.actions(nodes, luck).pop(),
        };
        let blow = |action| Blow { after: Duration::ZERO, who: who.clone(), action, lasts };
        action.map(blow).into_iter().collect()
    }
}

impl DriftEntry {
    fn check_walk(&self, check: &mut Check<'_>) {
        let Some(every) = &self.change_every else {
            if let Some(step) = &self.step {
                let problem = "a step of a rate that does not change; write `change-every`";
                check.wrong(step.place(), problem);
            }
            return;
        };
        if let Some(step) = self.step.as_ref().filter(|step| step.ppm() <= 0) {
            check.wrong(step.place(), "no step at all; write one above zero");
        }
        let is_log = self.rate.as_ref().is_some_and(|rate| rate.spread != Spread::Even);
        if let Some(step) = self.step.as_ref().filter(|_| is_log) {
            check.wrong(step.place(), "a walk over a log range; leave `step` or `log` out");
        }
        let Some(lasts) = &self.lasts else {
            let finding = Finding::new(every.place(), "changes without an end");
            return check.findings.push(finding.help("write `for`"));
        };
        match lasts.max.as_nanos().checked_div(every.min.as_nanos()) {
            None => check.wrong(every.place(), "changes without a distance; begin above zero"),
            Some(most) if most > CHANGES_MAX => {
                let problem = format!("up to {most} changes; {CHANGES_MAX} are the most");
                check.wrong(every.place(), problem);
            }
            Some(_) => {}
        }
    }

    /// Rates from the strike on, each within the range, until the fault ends.
    fn walk(
        &self,
        range: Span<Drift>,
        every: Span<Duration>,
        length: Duration,
        luck: &mut Keyed,
    ) -> Vec<RateChange> {
        let mut rate = draw::drift(luck, range);
        let mut after = Duration::ZERO;
        let mut changes = Vec::new();
        while after < length {
            changes.push(RateChange { after, rate });
            after = after + draw::length(luck, every);
            let reach = self.step.as_ref().map_or(range, |step| near(rate, **step, range));
            rate = draw::drift(luck, reach);
        }
        changes
    }
}

/// What of a range is within a step of a rate.
fn near(rate: Drift, step: Drift, range: Span<Drift>) -> Span<Drift> {
    let moved = |by: i32| Drift::from_ppm(rate.ppm().saturating_add(by));
    Span {
        min: moved(-step.ppm()).max(range.min),
        max: moved(step.ppm()).min(range.max),
        spread: range.spread,
    }
}
