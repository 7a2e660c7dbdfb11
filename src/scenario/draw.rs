//! From a scenario and a seed to a schedule: everything that shall happen, drawn before the run.
//!
//! Every purpose has a stream of its own, named by what it draws: `clocks/drift`,
//! `timeline/crash/0` (the first crash of the file), `nemesis/partition`, `workload/propose`,
//! `load/skew`, `heal/core`, `service/probe`. So a family that is switched off, or a new one, moves
//! no other.
//!
//! **Names of faults.** A fault's number is its block times 100,000 plus its place: block 0 is the
//! timeline in the order of the file, repeats included, but for those whose entries name them (then
//! their luck is named so too, and no other entry moves it); block 1 and up are the families of the
//! nemesis, each in the order of time; block 10,000 is what breaks the remainder at the heal, by
//! the number of the node.
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
use super::nemesis::{self, Pace, Scale, Storm};
use super::pick::Nodes;
use super::spread;
use crate::algorithm::Algorithm;
use crate::assumption::Assumptions;
use crate::calibration::{Calibration, Subject};
use crate::fault::{Fault, Target, When};
use crate::id::FaultId;
use crate::rng::{Luck64, Stream, log_uniform, range};
use crate::schedule::{ClockPlan, Schedule};
use crate::time::{Drift, Duration, SimTime};
use crate::units::{SignedLength, Span, Spread};
use std::collections::{BTreeMap, BTreeSet};

/// How many names a family has.
pub(super) const BLOCK: u32 = 100_000;

impl Scenario {
    /// Everything that shall happen in the run of a seed, drawn to fit the algorithm.
    ///
    /// # Panics
    /// If the scenario was not checked against the words of this algorithm.
    pub fn schedule<A: Algorithm>(&self, seed: u64, subject: &Subject) -> Schedule<A::Command> {
        self.schedule_until::<A>(seed, subject, self.end())
    }

    /// The same, of a run that goes on until another end; a workload without an end of its own does
    /// so too.
    ///
    /// # Panics
    /// If the scenario was not checked against the words of this algorithm.
    pub fn schedule_until<A: Algorithm>(
        &self,
        seed: u64,
        subject: &Subject,
        end: SimTime,
    ) -> Schedule<A::Command> {
        let seed = self.seed(seed);
        let heal = self.heal(seed);
        let mut faults = self.timeline(seed);
        faults.extend(self.storms::<A>(seed, subject).into_iter().flat_map(|storm| storm.faults));
        let core = heal.iter().map(|heal| &heal.core);
        faults.extend(core.flat_map(|core| self.remainder(seed, core, &subject.assumes)));
        Schedule {
            clocks: self.clocks(seed, &subject.assumes),
            faults,
            commands: self.commands::<A>(seed, Some(&subject.calibration), end),
            overrides: self.overrides(),
            heal,
            end,
            clients: self.clients::<A>(seed, Some(&subject.calibration), end),
        }
    }

    /// The same of a calm run: nobody has drawn a fault or a load, and the faults of the file do
    /// not strike.
    ///
    /// # Panics
    /// If the scenario was not checked against the words of this algorithm.
    pub fn calm_schedule<A: Algorithm>(
        &self,
        seed: u64,
        assumes: &Assumptions,
    ) -> Schedule<A::Command> {
        Schedule {
            clocks: self.clocks(seed, assumes),
            faults: Vec::new(),
            commands: self.commands::<A>(seed, None, self.end()),
            overrides: Vec::new(),
            heal: None,
            end: self.end(),
            clients: self.clients::<A>(seed, None, self.end()),
        }
    }

    /// The families of faults that exist in the run of a seed, as they would stand in `[nemesis]`.
    pub fn drawn<A: Algorithm>(&self, seed: u64, subject: &Subject) -> Vec<String> {
        self.storms::<A>(seed, subject).iter().map(ToString::to_string).collect()
    }

    /// The load of a seed, as lines of `[load]`; none if the file has none.
    pub fn drawn_load<A: Algorithm>(&self, seed: u64, subject: &Subject) -> Vec<String> {
        let load = self.load::<A>(self.seed(seed), &subject.calibration);
        load.map_or_else(Vec::new, |load| load.lines())
    }

    fn storms<A: Algorithm>(&self, seed: u64, subject: &Subject) -> Vec<Storm> {
        let Some(nemesis) = &self.file.nemesis else { return Vec::new() };
        let shaped = self.groups.first().map_or(0, |(_, nodes)| nodes.len());
        let nodes = self.roles.size();
        let exceed = self.exceeded();
        let scale = Scale {
            subject: *subject,
            pace: nemesis.pace.as_deref().copied().unwrap_or(Pace::USUAL),
            storm: self.storm_end,
            shaped: if shaped >= 3 { shaped } else { nodes },
            zones: self.zones.len(),
            first_has_minority: shaped >= 3,
            has_minority: self.groups.iter().any(|(_, nodes)| nodes.len() >= 3),
            targets: A::TARGETS,
            exceed: &exceed,
        };
        nemesis::storms(nemesis, seed, self.nodes(), &scale)
    }

    /// Whether anything is drawn in the units of a calm run.
    pub const fn draws(&self) -> bool {
        self.draws
    }

    /// How fast the algorithm is, if the file says so itself.
    pub fn calibration(&self) -> Option<Calibration> {
        self.file.calibration.as_deref().map(Into::into)
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

    /// When the storm is over; `None` if it lasts as long as the run.
    pub fn healed_at(&self) -> Option<SimTime> {
        self.file.heal.as_ref().map(|_| instant(self.storm_end))
    }

    fn clocks(&self, seed: u64, assumes: &Assumptions) -> Vec<ClockPlan> {
        let entry = self.file.clocks.clone().unwrap_or_default();
        let first_drift = self.first_drift(assumes);
        let mut offsets = Stream::new(seed, "clocks/offset");
        let mut drifts = Stream::new(seed, "clocks/drift");
        let mut plans: Vec<ClockPlan> = (0..self.roles.size())
            .map(|_| ClockPlan {
                wall_offset: signed(&mut offsets, entry.offset.unwrap_or_default()),
                drift: drift(&mut drifts, first_drift),
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
        self.strikes(seed).into_iter().map(|(_, fault)| fault).collect()
    }

    /// The faults of the timeline, each with the place of its entry in the file.
    pub(super) fn strikes(&self, seed: u64) -> Vec<(usize, Fault)> {
        let mut faults = Vec::new();
        let mut of_kind: BTreeMap<&str, u32> = BTreeMap::new();
        for (place, entry) in self.file.fault.iter().enumerate() {
            for kind in entry.kinds() {
                let mut luck = match &entry.id {
                    Some(id) => Stream::new(seed, &format!("timeline/id/{}", **id)),
                    None => {
                        let nth = of_kind.entry(kind.name).or_default();
                        *nth += 1;
                        Stream::new(seed, &format!("timeline/{}/{}", kind.name, *nth - 1))
                    }
                };
                let timing = entry.timing(entry.place());
                for when in timing.draw(self.nodes(), self.storm_end, &mut luck) {
                    let strike = self.strike(entry, &kind, when, &mut luck);
                    let strike = strike.into_iter().filter(strikes_someone);
                    faults.extend(strike.map(|fault| (place, fault)));
                }
            }
        }
        self.give_names(&mut faults);
        faults
    }

    /// Names faults: as their entries say, and the rest by their places, past the names given. What
    /// the run may take apart has room behind it for what it becomes.
    fn give_names(&self, faults: &mut [(usize, Fault)]) {
        let entries = &self.file.fault;
        let given = entries.iter().filter_map(|entry| Some((**entry.id.as_ref()?, &entry.spread)));
        let room = |spread: &Option<_>| if spread.is_some() { self.roles.size() as u32 } else { 0 };
        let given: BTreeSet<u32> = given.flat_map(|(id, spread)| id..=id + room(spread)).collect();
        let mut next = 0;
        for (place, fault) in faults {
            if let Some(id) = &entries[*place].id {
                fault.id = FaultId(**id);
                continue;
            }
            let last = spread::names_behind(&fault.action);
            while let Some(taken) = given.range(next..=next + last).next_back() {
                next = taken + 1;
            }
            fault.id = FaultId(next);
            next += 1 + last;
        }
    }

    /// One strike of an entry. A ring of majorities, a bridge, a swizzle or a spread is several
    /// faults.
    fn strike(
        &self,
        entry: &FaultEntry,
        kind: &Kind<'_>,
        when: When,
        luck: &mut Stream,
    ) -> Vec<Fault> {
        let nodes = self.nodes();
        let who = match kind.entry.who() {
            Some(who) => nodes.target(who, luck, |_| false),
            None => Target::All,
        };
        let lasts = kind.entry.lasts().map(|lasts| length(luck, **lasts));
        let window = entry.window(lasts);
        let blows = kind.entry.blows(&who, lasts, nodes, luck);
        let fault = |blow: Blow| Fault {
            id: FaultId(0),
            when: later(&when, blow.after),
            who: blow.who.waiting(window),
            action: blow.action.waiting(window),
            lasts: blow.lasts,
            struck: entry.struck.as_ref().map(|struck| struck.struck()),
        };
        let faults = blows.into_iter().map(fault);
        match &entry.spread {
            None => faults.collect(),
            Some(spread) => {
                let offsets = spread.draw(nodes.size as usize, luck);
                faults.flat_map(|fault| spread::apart(fault, &offsets)).collect()
            }
        }
    }
}

/// So much later.
pub(super) fn later(when: &When, by: Duration) -> When {
    match when {
        When::Service { nth, after } => When::Service { nth: *nth, after: *after + by },
        When::At(at) => When::At(*at + by),
        When::Milestone { word, nth, after } => {
            When::Milestone { word: word.clone(), nth: *nth, after: *after + by }
        }
        When::Heal => When::Heal,
        When::MilestoneOn { on, word, nth, after } => {
            let (on, word, nth) = (on.clone(), word.clone(), *nth);
            When::MilestoneOn { on, word, nth, after: *after + by }
        }
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
