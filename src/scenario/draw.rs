//! From a scenario and a seed to a schedule: everything that shall happen, drawn before the run.
//!
//! Every purpose has a stream of its own, named by what it draws: `clocks/drift`,
//! `timeline/crash/0` (the first crash of the file), `nemesis/partition`, `workload/propose`,
//! `heal/core`, `service/probe`. So a family that is switched off, or a new one, moves no other.
//!
//! **Names of faults.** A fault's number is its block times 100,000 plus its place: block 0 is the
//! timeline in the order of the file, repeats included; block 1 and up are the families of the
//! nemesis in the order of [`FAMILIES`](crate::fault::Action::FAMILIES), each in the order of time;
//! block 10,000 is what breaks the remainder at the heal, by the number of the node.
//!
//! **Faults that meet.** Faults at the same instant strike in the order of the schedule: the
//! timeline as written, then the families. Within a family of the nemesis no node is struck while
//! the family still holds it, and of partitions and losses only one is in force: the next ends the
//! last. Across families and with the timeline, faults add up: a node is up when no crash holds it,
//! runs when no pause holds it, and hears another when no cut is between them; of two drifts the
//! later one counts.

use super::check::Scenario;
use super::fault::{Blow, FaultEntry, Kind};
use super::file::instant;
use super::nemesis;
use super::pick::Nodes;
use crate::algorithm::Algorithm;
use crate::fault::{Fault, Target, When};
use crate::id::FaultId;
use crate::rng::{Luck64, Stream, log_uniform, range};
use crate::schedule::{ClockPlan, Schedule};
use crate::time::{Drift, Duration, SimTime};
use crate::units::{SignedLength, Span, Spread};
use std::collections::BTreeMap;

/// How many names a family has.
pub(super) const BLOCK: u32 = 100_000;

impl Scenario {
    /// Everything that shall happen in the run of a seed.
    ///
    /// # Panics
    /// If the scenario was not checked against the words of this algorithm.
    pub fn schedule<A: Algorithm>(&self, seed: u64) -> Schedule<A::Command> {
        self.schedule_until::<A>(seed, self.end())
    }

    /// The same, of a run that goes on until another end; a workload without an end of its own does
    /// so too.
    ///
    /// # Panics
    /// If the scenario was not checked against the words of this algorithm.
    pub fn schedule_until<A: Algorithm>(&self, seed: u64, end: SimTime) -> Schedule<A::Command> {
        let heal = self.heal(seed);
        let mut faults = self.timeline(seed);
        if let Some(entry) = &self.file.nemesis {
            faults.extend(nemesis::faults(entry, seed, self.nodes(), instant(self.storm_end)));
        }
        faults.extend(heal.iter().flat_map(|heal| self.remainder(seed, &heal.core)));
        Schedule {
            clocks: self.clocks(seed),
            faults,
            commands: self.commands::<A>(seed, end),
            overrides: Vec::new(),
            heal,
            end,
        }
    }

    pub(super) fn nodes(&self) -> Nodes<'_> {
        Nodes { groups: &self.groups, zones: &self.zones, size: self.roles.size() as u32 }
    }

    /// When a run ends.
    pub fn end(&self) -> SimTime {
        let healed = self.file.heal.as_ref().map(|heal| self.storm_end + *heal.within);
        let duration = self.file.duration.as_ref().map_or(Duration::ZERO, |duration| **duration);
        instant(healed.unwrap_or(duration).max(duration))
    }

    fn clocks(&self, seed: u64) -> Vec<ClockPlan> {
        let entry = self.file.clocks.clone().unwrap_or_default();
        let mut offsets = Stream::new(seed, "clocks/offset");
        let mut drifts = Stream::new(seed, "clocks/drift");
        let mut plans: Vec<ClockPlan> = (0..self.roles.size())
            .map(|_| ClockPlan {
                wall_offset: signed(&mut offsets, entry.offset.unwrap_or_default()),
                drift: drift(&mut drifts, entry.drift.unwrap_or_default()),
            })
            .collect();
        for (node, own) in &entry.nodes {
            let plan = &mut plans[node.0.index()];
            plan.wall_offset = own.offset.map_or(plan.wall_offset, |offset| offset.0);
            plan.drift = own.drift.unwrap_or(plan.drift);
        }
        plans
    }

    fn timeline(&self, seed: u64) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut of_kind: BTreeMap<&str, u32> = BTreeMap::new();
        for entry in &self.file.fault {
            for kind in entry.kinds() {
                let nth = of_kind.entry(kind.name).or_default();
                let mut luck = Stream::new(seed, &format!("timeline/{}/{nth}", kind.name));
                *nth += 1;
                for when in self.times(entry, &mut luck) {
                    let strike = self.strike(&kind, when, &mut luck);
                    faults.extend(strike.into_iter().filter(strikes_someone));
                }
            }
        }
        for (number, fault) in (0..).zip(&mut faults) {
            fault.id = FaultId(number);
        }
        faults
    }

    /// When an entry strikes: once, or again and again until its end or the storm's.
    fn times(&self, entry: &FaultEntry, luck: &mut impl Luck64) -> Vec<When> {
        if entry.at_heal.is_some() {
            return vec![When::Heal];
        }
        if let Some(word) = &entry.when {
            let after = entry.after.as_ref().map_or(Span::default(), |after| **after);
            let nth = entry.nth.as_ref().map_or(1, |nth| **nth);
            return vec![When::Milestone {
                word: (**word).clone(),
                nth,
                after: length(luck, after),
            }];
        }
        let Some(at) = &entry.at else { return Vec::new() };
        let mut at = length(luck, **at);
        let Some(every) = &entry.every else { return vec![When::At(instant(at))] };
        let until = entry.until.as_ref().map_or(self.storm_end, |until| **until);
        let times = entry.times.as_ref().map_or(u64::MAX, |times| u64::from(**times));
        let mut all = Vec::new();
        while at <= until && (all.len() as u64) < times {
            all.push(When::At(instant(at)));
            at = at + length(luck, **every);
        }
        all
    }

    /// One strike of an entry. A ring of majorities, a bridge or a swizzle is several faults.
    fn strike(&self, kind: &Kind<'_>, when: When, luck: &mut Stream) -> Vec<Fault> {
        let nodes = self.nodes();
        let who = match kind.entry.who() {
            Some(who) => nodes.target(who, luck, |_| false),
            None => Target::All,
        };
        let lasts = kind.entry.lasts().map(|lasts| length(luck, **lasts));
        let blows = kind.entry.blows(&who, lasts, nodes, luck);
        let fault = |blow: Blow| Fault {
            id: FaultId(0),
            when: later(&when, blow.after),
            who: blow.who,
            action: blow.action,
            lasts: blow.lasts,
            struck: None,
        };
        blows.into_iter().map(fault).collect()
    }
}

/// So much later.
fn later(when: &When, by: Duration) -> When {
    match when {
        When::At(at) => When::At(*at + by),
        When::Milestone { word, nth, after } => {
            When::Milestone { word: word.clone(), nth: *nth, after: *after + by }
        }
        When::Heal => When::Heal,
    }
}

/// Whether a fault has anybody to strike.
pub(super) fn strikes_someone(fault: &Fault) -> bool {
    !matches!(&fault.who, Target::Nodes(nodes) if nodes.is_empty())
}

/// A length of a range.
pub(super) fn length(luck: &mut impl Luck64, span: Span<Duration>) -> Duration {
    let nanos = span.min.as_nanos()..=span.max.as_nanos();
    Duration::from_nanos(match span.spread {
        Spread::Even => range(luck, nanos),
        Spread::Log | Spread::EitherLog => log_uniform(luck, nanos),
    })
}

/// A rate error of a range.
pub(super) fn drift(luck: &mut impl Luck64, span: Span<Drift>) -> Drift {
    let (min, max) = (i64::from(span.min.ppm()), i64::from(span.max.ppm()));
    Drift::from_ppm(number(luck, min, max, span.spread) as i32)
}

/// A signed length of a range, in nanoseconds.
pub(super) fn signed(luck: &mut impl Luck64, span: Span<SignedLength>) -> i64 {
    number(luck, span.min.0, span.max.0, span.spread)
}

/// A number between two, both included. Logarithms are of its size: no such range reaches zero.
fn number(luck: &mut impl Luck64, min: i64, max: i64, spread: Spread) -> i64 {
    match spread {
        Spread::Even => min.wrapping_add_unsigned(range(luck, 0..=max.abs_diff(min))),
        Spread::Log => {
            let (least, most) = (min.unsigned_abs(), max.unsigned_abs());
            let size = log_uniform(luck, least.min(most)..=least.max(most)) as i64;
            if max < 0 { -size } else { size }
        }
        Spread::EitherLog => {
            let is_below = luck.next() & 1 == 0;
            let size = log_uniform(luck, min.unsigned_abs()..=max.unsigned_abs()) as i64;
            if is_below { -size } else { size }
        }
    }
}
