//! When something happens, as files write it: at a time, or at a milestone; once, or again and
//! again.
//!
//! `at` counts from the beginning of the run, and so does `until` beside it. With `when` both
//! `after` and `until` count from the milestone. Everything is drawn before the run: each strike of
//! an entry that repeats is a fault of its own, with a name and a length of its own.

use super::check::Check;
use super::draw::length;
use super::error::Finding;
use super::file::instant;
use super::pick::Nodes;
use super::source::Placed;
use super::words::Who;
use crate::fault::{On, When};
use crate::rng::Luck64;
use crate::time::Duration;
use crate::units::Span;
use std::ops::Range;

/// What `when` says of a fault that strikes when the service is there and the faults of lower
/// numbers (`nth`) that wait for it are over.
pub(super) const SERVICE: &str = "service";

/// What an entry says of its time.
pub(super) struct Timing<'a> {
    /// `fault` or `command`.
    pub what: &'static str,
    pub place: Range<usize>,
    pub at: Option<&'a Placed<Span<Duration>>>,
    pub at_heal: Option<&'a Placed<bool>>,
    pub when: Option<&'a Placed<String>>,
    pub on: Option<&'a Placed<Who>>,
    pub nth: Option<&'a Placed<u32>>,
    pub each: Option<&'a Placed<bool>>,
    pub after: Option<&'a Placed<Span<Duration>>>,
    pub every: Option<&'a Placed<Span<Duration>>>,
    pub until: Option<&'a Placed<Duration>>,
    pub times: Option<&'a Placed<u32>>,
}

impl Timing<'_> {
    fn is_each(&self) -> bool {
        self.each.is_some_and(|each| **each)
    }

    /// All times of a checked entry, in their order; none after the end of the storm.
    pub fn draw(&self, nodes: Nodes<'_>, storm_end: Duration, luck: &mut impl Luck64) -> Vec<When> {
        if self.at_heal.is_some() {
            return vec![When::Heal];
        }
        let times = self.times.map_or(u64::MAX, |times| u64::from(**times));
        let until = self.until.map_or(storm_end, |until| **until);
        if let Some(word) = self.when {
            let after = self.after.map_or(Span::default(), |after| **after);
            let nth = self.nth.map_or(1, |nth| **nth);
            let milestone = |nth, after| self.milestone(nodes, word, nth, after);
            return match self.every {
                None if self.is_each() => (0..times)
                    .map(|more| milestone(nth + more as u32, length(luck, after)))
                    .collect(),
                None => vec![milestone(nth, length(luck, after))],
                Some(every) => again(length(luck, after), **every, until, times, luck)
                    .into_iter()
                    .map(|after| milestone(nth, after))
                    .collect(),
            };
        }
        let Some(at) = self.at else { return Vec::new() };
        let first = length(luck, **at);
        let all = match self.every {
            None => vec![first],
            Some(every) => again(first, **every, until, times, luck),
        };
        all.into_iter().map(|at| When::At(instant(at))).collect()
    }

    fn milestone(&self, nodes: Nodes<'_>, word: &str, nth: u32, after: Duration) -> When {
        if word == SERVICE {
            return When::Service { nth, after };
        }
        let word = word.to_owned();
        let Some(who) = self.on else { return When::Milestone { word, nth, after } };
        let on = match &**who {
            Who::Role(role) if nodes.role(role).is_none() => On::Role(role.clone()),
            fixed => On::Nodes(nodes.fixed(fixed)),
        };
        When::MilestoneOn { on, word, nth, after }
    }
}

/// The first time, and so on after each `every` until the end.
fn again(
    first: Duration,
    every: Span<Duration>,
    until: Duration,
    times: u64,
    luck: &mut impl Luck64,
) -> Vec<Duration> {
    let mut at = first;
    let mut all = Vec::new();
    while at <= until && (all.len() as u64) < times {
        all.push(at);
        at = at + length(luck, every);
    }
    all
}

impl Check<'_> {
    /// Checks when an entry happens; how often it does at most.
    pub fn timing(&mut self, timing: &Timing<'_>) -> u64 {
        let what = timing.what;
        if let Some(at_heal) = timing.at_heal {
            self.at_heal(timing, at_heal);
            self.waits_for_nothing(timing);
            return 1;
        }
        match (timing.at, timing.when) {
            (Some(_), None) => self.waits_for_nothing(timing),
            (None, Some(word)) if **word == SERVICE => self.waits_for_service(timing),
            (None, Some(word)) => self.observation(word),
            (None, None) => {
                let finding =
                    Finding::new(timing.place.clone(), format!("a {what} without a time"));
                self.findings.push(finding.help("write `at = \"500ms\"` or `when = \"...\"`"));
            }
            (Some(_), Some(when)) => {
                let problem = format!("both `at` and `when`; one {what} has one time");
                self.wrong(when.place(), problem);
            }
        }
        if let Some(nth) = timing.nth.filter(|nth| ***nth == 0) {
            self.wrong(nth.place(), "occurrences are counted from 1; write `nth = 1`");
        }
        if let Some(on) = timing.on {
            self.who(on, true);
            if !matches!(**on, Who::Nodes(_) | Who::Role(_)) {
                let finding = Finding::new(on.place(), "the observations of a set");
                self.findings.push(finding.help("name nodes or a role whose observations count"));
            }
        }
        match timing.every {
            Some(every) => self.repeats(timing, every),
            None => self.each(timing),
        }
    }

    fn waits_for_nothing(&mut self, timing: &Timing<'_>) {
        let strays = [
            timing.nth.map(Placed::place),
            timing.on.map(Placed::place),
            timing.each.map(Placed::place),
            timing.after.map(Placed::place),
        ];
        for stray in strays.into_iter().flatten() {
            let problem = format!("only a {} with `when` waits", timing.what);
            self.wrong(stray, format!("{problem}; use `at` alone, or `when`"));
        }
    }

    /// What waits for the service waits for whoever gives it.
    fn waits_for_service(&mut self, timing: &Timing<'_>) {
        if let Some(on) = timing.on {
            self.wrong(on.place(), "the service is no node's own; leave `on` out");
        }
        if let Some(when) = timing.when.filter(|_| timing.what == "command") {
            self.wrong(when.place(), "only faults wait for the service; name an observation");
        }
        if let Some(every) = timing.every {
            self.wrong(every.place(), "each waits for the service; write `each = true` instead");
        }
    }

    /// Once, or each time that the milestone comes.
    fn each(&mut self, timing: &Timing<'_>) -> u64 {
        if !timing.is_each() {
            let stray = timing.until.map(Placed::place).or(timing.times.map(Placed::place));
            if let Some(place) = stray {
                let cure = match timing.what {
                    "command" => "write `each = true`, or a `[workload]`",
                    _ => "write `every = \"1s\"`, or `each = true`",
                };
                self.wrong(place, format!("repeats need a distance; {cure}"));
            }
            return 1;
        }
        if let Some(until) = timing.until {
            self.wrong(until.place(), "what comes each time has no end; write `times` instead");
        }
        match timing.times {
            Some(times) => self.at_least_once(times),
            None => {
                let place = timing.each.map_or(0..0, Placed::place);
                self.wrong(place, "each time, but how often at most is not said; write `times`");
                1
            }
        }
    }

    fn at_least_once(&mut self, times: &Placed<u32>) -> u64 {
        if **times == 0 {
            self.wrong(times.place(), "not even once; leave it out");
        }
        u64::from(**times)
    }

    fn repeats(&mut self, timing: &Timing<'_>, every: &Placed<Span<Duration>>) -> u64 {
        if every.min.as_nanos() == 0 {
            self.wrong(every.place(), "strikes without a distance; begin the range above zero");
            return 1;
        }
        if let Some(each) = timing.each.filter(|each| ***each) {
            self.wrong(each.place(), "both `each` and `every`; repeat in one way");
        }
        let start = timing.at.or(timing.after).map_or(Span::default(), |start| **start);
        match (timing.until, timing.times) {
            (Some(until), None) => {
                self.within_storm(until.place(), **until);
                if **until < start.min {
                    self.wrong(until.place(), "ends before it begins; make `until` later");
                }
                let length = until.saturating_sub(start.min);
                length.as_nanos() / every.min.as_nanos() + 1
            }
            (None, Some(times)) => {
                let most = self.at_least_once(times);
                // When a milestone comes is not known: at the beginning perhaps.
                let (first, distance) = match timing.when {
                    Some(_) => (start.min, every.min),
                    None => (start.max, every.max),
                };
                if first + distance.saturating_mul(most.saturating_sub(1)) > self.storm_end {
                    let problem = "the last strikes may come after the storm; strike less often";
                    self.wrong(times.place(), problem);
                }
                most
            }
            _ => {
                let finding = Finding::new(every.place(), "repeats need an end");
                self.findings.push(finding.help("write either `until` or `times`"));
                1
            }
        }
    }

    pub fn within_storm(&mut self, place: Range<usize>, at: Duration) {
        if at > self.storm_end {
            let problem = format!("{at} lies after the end of the storm at {}", self.storm_end);
            self.wrong(place, format!("{problem}; strike earlier, or end the storm later"));
        }
    }
}
