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

impl FaultEntry {
    /// How long a strike that lasts so long waits for its role: as written, or for as long as it
    /// would last. One that comes again and again does not wait, for the next one comes anyway.
    pub(super) fn window(&self, lasts: Option<Duration>) -> Duration {
        match (&self.window, &self.every) {
            (Some(window), _) => **window,
            (None, Some(_)) => Duration::ZERO,
            (None, None) => lasts.unwrap_or(Duration::MAX),
        }
    }
}

impl Check<'_> {
    pub fn faults(&mut self) {
        let (mut total, mut looks) = (0u64, 0u64);
        let mut holds: BTreeMap<(NodeId, &str), Vec<Hold>> = BTreeMap::new();
        let mut held = 0;
        let faults = &self.file.fault;
        let mut strikes_of = Vec::with_capacity(faults.len());
        for fault in faults {
            if self.taken.inside(&fault.place()) {
                strikes_of.push(0);
                continue; // what is left of it cannot be judged
            }
            let strikes = self.timing(&fault.timing(fault.place()));
            self.for_good(fault);
            // Where it was drawn, the last part of a strike may come too late to strike.
            if let Some(at) = fault.at.as_ref().filter(|_| self.file.residual.is_none()) {
                self.within_storm(at.place(), at.max);
            }
            let kinds = fault.kinds();
            let parts = kinds.iter().map(|kind| kind.entry.parts(self)).max().unwrap_or(1);
            let (known, apart) = self.spread(fault, &kinds);
            let drawn = strikes.saturating_mul(parts);
            strikes_of.push(drawn.saturating_mul(known));
            let drawn = drawn.saturating_mul(apart);
            total = total.saturating_add(drawn);
            looks = looks.saturating_add(drawn.saturating_mul(u64::from(self.size.unwrap_or(1))));
            match &kinds[..] {
                [kind] => {
                    self.kind(kind);
                    self.waits(fault, kind);
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
        self.identities(&strikes_of);
        if self.file.residual.is_none() {
            self.contradictions(holds); // drawn faults may meet, and so may those that were drawn
        }
    }

    fn kind(&mut self, kind: &Kind<'_>) {
        self.lasts(kind.entry.lasts());
        if let Some(who) = kind.entry.who() {
            self.who(who, true);
        }
        kind.entry.check(self, kind.place.clone());
    }

    /// Only what the run can tell is waited for.
    fn waits(&mut self, fault: &FaultEntry, kind: &Kind<'_>) {
        let Some(window) = &fault.window else { return };
        let nodes = self.nodes_by_name();
        let aims = kind.entry.who().into_iter().chain(kind.entry.to());
        let waits = aims.into_iter().any(|who| nodes.choice(who).is_some());
        if !waits && self.size.is_some() {
            let problem = "this fault waits for nobody; leave `window` out, or aim at a role";
            self.wrong(window.place(), problem);
        }
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
        let is_certain = fault.every.is_none() && fault.spread.is_none();
        let Some(at) = fault.at.as_ref().filter(|at| at.min == at.max && is_certain) else {
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
