//! Checks of the timeline: when its faults strike, and whether they contradict each other.
//!
//! Two faults contradict each other where one certainly strikes a node that the other certainly
//! holds: a crash or a pause of a node that is down, a drift of one whose drift is in force. Where
//! only luck can tell, there is no error; [`super::Scenario::schedule`] says what happens then.

use super::check::Check;
use super::error::Finding;
use super::fault::{FaultEntry, KINDS, Kind};
use super::source::Placed;
use super::words::Who;
use crate::id::NodeId;
use crate::time::Duration;
use crate::units::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// How many faults one family, or the timeline, may have in a run.
pub(super) const FAULTS_MAX: u64 = 100_000;
/// How many nodes all strikes of a family may look at: a bound on the time that a draw takes.
pub(super) const LOOKS_MAX: u64 = 50_000_000;
/// How many node times the search for contradictions looks at.
const HOLDS_MAX: usize = 1_000_000;

/// A time during which a node is certainly held by a fault.
struct Hold {
    start: u64,
    end: u64,
    kind: &'static str,
    place: Range<usize>,
}

impl Check<'_> {
    pub fn faults(&mut self) {
        let (mut total, mut looks) = (0u64, 0u64);
        let mut holds: BTreeMap<(NodeId, &str), Vec<Hold>> = BTreeMap::new();
        let mut held = 0;
        let faults = &self.file.fault;
        for fault in faults {
            if self.taken.inside(&fault.place()) {
                continue; // what is left of it cannot be judged
            }
            let strikes = self.timing(fault);
            let kinds = fault.kinds();
            let parts = kinds.iter().map(|kind| kind.entry.parts(self)).max().unwrap_or(1);
            let drawn = strikes.saturating_mul(parts);
            total = total.saturating_add(drawn);
            looks = looks.saturating_add(drawn.saturating_mul(u64::from(self.size.unwrap_or(1))));
            match &kinds[..] {
                [kind] => {
                    self.kind(kind);
                    if held < HOLDS_MAX {
                        held += self.holds(fault, kind, &mut holds);
                    }
                }
                [] => {
                    let problem = "a fault that does nothing";
                    let cure = format!("write one of {}", KINDS.join(", "));
                    self.findings.push(Finding::new(fault.place(), problem).help(cure));
                }
                [_, second, ..] => {
                    let problem = format!("`{}` is a second kind in one fault", second.name);
                    let cure = "write a `[[fault]]` for each";
                    self.findings.push(Finding::new(second.place.clone(), problem).help(cure));
                }
            }
        }
        if total > FAULTS_MAX {
            let place = faults.first().map_or(0..0, Placed::place);
            let problem = format!("the timeline has {total} faults; {FAULTS_MAX} are the most");
            self.wrong(place, problem);
        } else if looks > LOOKS_MAX {
            let place = faults.first().map_or(0..0, Placed::place);
            let nodes = self.size.unwrap_or(1);
            let problem = format!("the timeline has {total} faults on {nodes} nodes");
            self.wrong(place, format!("{problem}; strike less often, or have fewer nodes"));
        }
        self.contradictions(holds);
    }

    /// Checks when a fault strikes; how often it does at most.
    fn timing(&mut self, fault: &Placed<FaultEntry>) -> u64 {
        if let Some(at_heal) = &fault.at_heal {
            self.at_heal(fault, at_heal);
            self.waits_for_nothing(fault);
            let other = fault.at.as_ref().map(Placed::place);
            if let Some(place) = other.or(fault.when.as_ref().map(Placed::place)) {
                self.wrong(place, "the fault strikes at the heal; one fault has one time");
            }
            return self.repeats(fault);
        }
        match (&fault.at, &fault.when) {
            (Some(at), None) => {
                self.within_storm(at.place(), at.max);
                self.waits_for_nothing(fault);
            }
            (None, Some(word)) => self.observation(word),
            (None, None) => {
                let finding = Finding::new(fault.place(), "a fault without a time");
                self.findings.push(finding.help("write `at = \"500ms\"` or `when = \"...\"`"));
            }
            (Some(_), Some(when)) => {
                self.wrong(when.place(), "both `at` and `when`; one fault has one time");
            }
        }
        if let Some(nth) = fault.nth.as_ref().filter(|nth| ***nth == 0) {
            self.wrong(nth.place(), "occurrences are counted from 1; write `nth = 1`");
        }
        self.repeats(fault)
    }

    fn waits_for_nothing(&mut self, fault: &FaultEntry) {
        let nth = fault.nth.as_ref().map(Placed::place);
        for stray in nth.into_iter().chain(fault.after.as_ref().map(Placed::place)) {
            let problem = "only a fault with `when` waits; use `at` alone, or `when`";
            self.wrong(stray, problem);
        }
    }

    fn repeats(&mut self, fault: &Placed<FaultEntry>) -> u64 {
        let Some(every) = &fault.every else {
            let stray = fault.until.as_ref().map(Placed::place);
            let stray = stray.or(fault.times.as_ref().map(Placed::place));
            if let Some(place) = stray {
                self.wrong(place, "repeats need a distance; write `every = \"1s\"`");
            }
            return 1;
        };
        if every.min.as_nanos() == 0 {
            self.wrong(every.place(), "strikes without a distance; begin the range above zero");
            return 1;
        }
        if fault.when.is_some() || fault.at_heal.is_some() {
            self.wrong(every.place(), "only a fault with `at` can repeat; leave `every` out");
        }
        let start = fault.at.as_ref().map_or(0, |at| at.min.as_nanos());
        match (&fault.until, &fault.times) {
            (Some(until), None) => {
                self.within_storm(until.place(), **until);
                if until.as_nanos() < start {
                    self.wrong(until.place(), "ends before it begins; make `until` later");
                }
                until.as_nanos().saturating_sub(start) / every.min.as_nanos() + 1
            }
            (None, Some(times)) => {
                if **times == 0 {
                    self.wrong(times.place(), "no strike at all; leave the fault out");
                }
                let last = every.max.saturating_mul(u64::from(times.saturating_sub(1)));
                let at = fault.at.as_ref().map_or(Duration::ZERO, |at| at.max);
                if at + last > self.storm_end {
                    let problem = "the last strikes may come after the storm; strike less often";
                    self.wrong(times.place(), problem);
                }
                u64::from(**times)
            }
            _ => {
                let finding = Finding::new(every.place(), "repeats need an end");
                self.findings.push(finding.help("write either `until` or `times`"));
                1
            }
        }
    }

    fn within_storm(&mut self, place: Range<usize>, at: Duration) {
        if at > self.storm_end {
            let problem = format!("{at} lies after the end of the storm at {}", self.storm_end);
            self.wrong(place, format!("{problem}; strike earlier, or end the storm later"));
        }
    }

    fn kind(&mut self, kind: &Kind<'_>) {
        self.lasts(kind.entry.lasts());
        if let Some(who) = kind.entry.who() {
            self.who(who, true);
        }
        kind.entry.check(self, kind.place.clone());
    }

    pub fn lasts(&mut self, lasts: Option<&Placed<Span<Duration>>>) {
        if let Some(lasts) = lasts.filter(|lasts| lasts.min.as_nanos() == 0) {
            self.wrong(lasts.place(), "a fault that takes no time; begin the range above zero");
        }
    }

    /// Notes the times during which a fault certainly holds nodes; how many.
    fn holds(
        &self,
        fault: &FaultEntry,
        kind: &Kind<'_>,
        holds: &mut BTreeMap<(NodeId, &'static str), Vec<Hold>>,
    ) -> usize {
        let (Some(held), Some(who)) = (kind.entry.holds(), kind.entry.who()) else { return 0 };
        let Some(at) = fault.at.as_ref().filter(|at| at.min == at.max && fault.every.is_none())
        else {
            return 0;
        };
        let nodes = match &**who {
            Who::Nodes(nodes) => nodes.clone(),
            Who::All => (0..self.size.unwrap_or(0)).map(NodeId::new).collect(),
            Who::Role(role) => match self.groups.iter().find(|(name, _)| name == role) {
                Some((_, nodes)) => nodes.clone(),
                None => return 0,
            },
            _ => return 0,
        };
        let start = at.min.as_nanos();
        let end = kind.entry.lasts().map_or(u64::MAX, |lasts| (at.min + lasts.min).as_nanos());
        for node in nodes.iter().collect::<BTreeSet<_>>() {
            let hold = Hold { start, end, kind: kind.name, place: who.place() };
            holds.entry((*node, held)).or_default().push(hold);
        }
        nodes.len()
    }

    fn contradictions(&mut self, holds: BTreeMap<(NodeId, &str), Vec<Hold>>) {
        for ((node, _), mut holds) in holds {
            holds.sort_by_key(|hold| (hold.start, hold.place.start));
            let mut held: Option<Hold> = None;
            for hold in holds {
                let clash = held.as_ref().filter(|earlier| {
                    // A paused node may die; a dead one cannot be paused or die again.
                    let is_alive = matches!(earlier.kind, "pause" | "suspend");
                    hold.start < earlier.end && !(is_alive && hold.kind == "crash")
                });
                if let Some(earlier) = clash {
                    let until = match earlier.end {
                        u64::MAX => "for good".to_owned(),
                        end => format!("until {}", Duration::from_nanos(end)),
                    };
                    let problem = format!(
                        "this {} strikes {node} while a {} of {} holds it {until}",
                        hold.kind,
                        earlier.kind,
                        Duration::from_nanos(earlier.start),
                    );
                    self.wrong(hold.place.clone(), format!("{problem}; strike after that"));
                }
                if held.as_ref().is_none_or(|earlier| hold.end > earlier.end) {
                    held = Some(hold);
                }
            }
        }
    }
}
