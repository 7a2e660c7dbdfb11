//! Checks of what shall happen: the timeline, the families of the nemesis, commands.
//!
//! Two faults contradict each other where one certainly strikes a node that the other certainly
//! holds: a crash or a pause of a node that is down, a drift of one whose drift is in force. Where
//! only luck can tell, there is no error; [`super::Scenario::schedule`] says what happens then.

use super::check::Check;
use super::error::Finding;
use super::fault::{FaultEntry, KINDS, Kind, Nemesis, PartitionEntry, Shape};
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
const LOOKS_MAX: u64 = 50_000_000;
/// How many commands one line of the workload may ask for.
const COMMANDS_MAX: u64 = 1_000_000;
/// How many node times the search for contradictions looks at.
const HOLDS_MAX: usize = 1_000_000;
/// The smallest cluster in which a ring of majorities cuts anything.
const RING_MIN: usize = 4;

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
            let parts = kinds.iter().map(|(_, kind)| self.parts(*kind)).max().unwrap_or(1);
            let drawn = strikes.saturating_mul(parts);
            total = total.saturating_add(drawn);
            looks = looks.saturating_add(drawn.saturating_mul(u64::from(self.size.unwrap_or(1))));
            match kinds[..] {
                [(ref place, kind)] => {
                    self.kind(place.clone(), kind);
                    if held < HOLDS_MAX {
                        held += self.holds(fault, kind, &mut holds);
                    }
                }
                [] => {
                    let problem = "a fault that does nothing";
                    let cure = format!("write one of {}", KINDS.join(", "));
                    self.findings.push(Finding::new(fault.place(), problem).help(cure));
                }
                [_, ref second, ..] => {
                    let problem = format!("`{}` is a second kind in one fault", second.1.name());
                    let cure = "write a `[[fault]]` for each";
                    self.findings.push(Finding::new(second.0.clone(), problem).help(cure));
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
        match (&fault.at, &fault.when) {
            (Some(at), None) => {
                self.within_storm(at.place(), at.max);
                for stray in
                    [fault.nth.as_ref().map(Placed::place), fault.after.as_ref().map(Placed::place)]
                        .into_iter()
                        .flatten()
                {
                    let problem = "only a fault with `when` waits; use `at` alone, or `when`";
                    self.wrong(stray, problem);
                }
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
        if fault.when.is_some() {
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

    fn kind(&mut self, place: Range<usize>, kind: Kind<'_>) {
        self.lasts(kind.lasts());
        if let Some(who) = kind.who() {
            self.who(who, true);
        }
        match kind {
            Kind::Partition(partition) => self.partition(place, partition),
            Kind::Cut(cut) => {
                for side in [&cut.from, &cut.to] {
                    self.who(side, false);
                    if !matches!(**side, Who::Nodes(_) | Who::Role(_) | Who::All) {
                        let cure = "name nodes, a role of the scenario, or `all`";
                        let finding = Finding::new(side.place(), "a cut between drawn sets");
                        self.findings.push(finding.help(cure));
                    }
                }
            }
            Kind::Mute(mute) => {
                let neither = mute.sends.is_some() || mute.hears.is_some();
                if neither && !mute.sends.unwrap_or(false) && !mute.hears.unwrap_or(false) {
                    self.wrong(place, "neither direction is cut; write `sends = true`");
                }
            }
            Kind::Loss(loss) if loss.chance.is_zero() => {
                self.wrong(loss.chance.place(), "nothing is lost; raise `chance`");
            }
            Kind::Jump(jump) if jump.by.min.0 == 0 && jump.by.max.0 == 0 => {
                self.wrong(jump.by.place(), "a jump to where the clock is; change `by`");
            }
            _ => {}
        }
    }

    fn lasts(&mut self, lasts: Option<&Placed<Span<Duration>>>) {
        if let Some(lasts) = lasts.filter(|lasts| lasts.min.as_nanos() == 0) {
            self.wrong(lasts.place(), "a fault that takes no time; begin the range above zero");
        }
    }

    fn partition(&mut self, place: Range<usize>, partition: &PartitionEntry) {
        match (&partition.groups, &partition.shape) {
            (Some(groups), None) => {
                let mut seen = BTreeSet::new();
                for node in groups.iter().flatten() {
                    self.node(node);
                    if !seen.insert(node.0) {
                        self.wrong(node.place(), format!("{} is in two groups", **node));
                    }
                }
                if seen.is_empty() {
                    self.wrong(groups.place(), "no node is named; name some in each group");
                }
            }
            (None, Some(shape)) => self.shape(shape),
            _ => {
                let finding = Finding::new(place, "not one way to divide the nodes");
                self.findings.push(finding.help("write either `groups` or `shape`"));
            }
        }
    }

    /// How many faults one strike of a kind is.
    fn parts(&self, kind: Kind<'_>) -> u64 {
        let Kind::Partition(partition) = kind else { return 1 };
        match partition.shape.as_deref() {
            Some(Shape::MajoritiesRing) => self.shaped().unwrap_or(1) as u64,
            Some(Shape::Bridge) => 2,
            _ => 1,
        }
    }

    /// How many nodes a shape is cut over: see [`Shape`].
    fn shaped(&self) -> Option<usize> {
        let size = self.size? as usize;
        let first = self.groups.first().map_or(0, |(_, nodes)| nodes.len());
        Some(if first >= 3 { first } else { size })
    }

    fn shape(&mut self, shape: &Placed<Shape>) {
        let Some(nodes) = self.shaped() else { return };
        let least = match **shape {
            Shape::Halves | Shape::IsolateOne | Shape::Random => 2,
            Shape::MinorityMajority | Shape::Bridge => 3,
            Shape::MajoritiesRing => RING_MIN,
        };
        if nodes < least {
            self.wrong(shape.place(), format!("{nodes} nodes; this shape needs {least}"));
        }
    }

    /// Notes the times during which a fault certainly holds nodes; how many.
    fn holds(
        &self,
        fault: &FaultEntry,
        kind: Kind<'_>,
        holds: &mut BTreeMap<(NodeId, &'static str), Vec<Hold>>,
    ) -> usize {
        let (class, Some(who)) = (kind.name(), kind.who()) else { return 0 };
        let Some(at) = fault.at.as_ref().filter(|at| at.min == at.max && fault.every.is_none())
        else {
            return 0;
        };
        if !matches!(kind, Kind::Crash(_) | Kind::Pause(_) | Kind::Drift(_)) {
            return 0;
        }
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
        let end = kind.lasts().map_or(u64::MAX, |lasts| (at.min + lasts.min).as_nanos());
        let key = if class == "drift" { "drift" } else { "down" };
        for node in nodes.iter().collect::<BTreeSet<_>>() {
            let hold = Hold { start, end, kind: class, place: who.place() };
            holds.entry((*node, key)).or_default().push(hold);
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
                    hold.start < earlier.end && (earlier.kind, hold.kind) != ("pause", "crash")
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

    pub fn nemesis(&mut self) {
        let Some(nemesis) = &self.file.nemesis else { return };
        let Nemesis { swarm: _, crash, pause, partition, loss, drift, jump } = nemesis;
        if let Some(crash) = crash {
            self.who(&crash.who, true);
            self.family(&crash.every, crash.lasts.as_ref(), 1);
        }
        if let Some(pause) = pause {
            self.who(&pause.who, true);
            self.family(&pause.every, pause.lasts.as_ref(), 1);
        }
        if let Some(partition) = partition {
            self.shape(&partition.shape);
            let ring = *partition.shape == Shape::MajoritiesRing;
            if ring && partition.one_way == Some(true) {
                let problem = "a ring of majorities has no direction; leave `one-way` out";
                self.wrong(partition.shape.place(), problem);
            }
            let parts = if ring { self.shaped().unwrap_or(1) as u64 } else { 2 };
            self.family(&partition.every, partition.lasts.as_ref(), parts);
        }
        if let Some(loss) = loss {
            if loss.chance.is_zero() {
                self.wrong(loss.chance.place(), "nothing is lost; raise `chance`");
            }
            self.family(&loss.every, loss.lasts.as_ref(), 1);
        }
        if let Some(drift) = drift {
            self.who(&drift.who, true);
            self.family(&drift.every, drift.lasts.as_ref(), 1);
        }
        if let Some(jump) = jump {
            self.who(&jump.who, true);
            self.family(&jump.every, None, 1);
        }
    }

    /// Checks the times of a family whose strikes have so many parts each.
    fn family(
        &mut self,
        every: &Placed<Span<Duration>>,
        lasts: Option<&Placed<Span<Duration>>>,
        parts: u64,
    ) {
        self.lasts(lasts);
        let Some(strikes) = self.storm_end.as_nanos().checked_div(every.min.as_nanos()) else {
            self.wrong(every.place(), "strikes without a distance; begin the range above zero");
            return;
        };
        if self.file.duration.is_none() {
            return; // how often it strikes cannot be told
        }
        let nodes = u64::from(self.size.unwrap_or(1));
        let (faults, looks) = (strikes.saturating_mul(parts), strikes.saturating_mul(nodes));
        if faults > FAULTS_MAX {
            let problem = format!("up to {faults} faults; {FAULTS_MAX} are the most");
            self.wrong(every.place(), problem);
        } else if looks.saturating_mul(parts) > LOOKS_MAX {
            let problem = format!("{strikes} strikes on {nodes} nodes; strike less often");
            self.wrong(every.place(), problem);
        }
    }

    pub fn commands(&mut self) {
        let commands = self.file.command.iter().filter(|c| !self.taken.inside(&c.place()));
        for command in commands {
            self.command_word(&command.word);
            self.recipient(&command.to);
            if command.at.max > self.end {
                let problem = format!("{} lies after the end of the run", command.at.max);
                self.wrong(command.at.place(), format!("{problem}; it ends at {}", self.end));
            }
        }
        for (word, work) in &self.file.workload {
            if self.taken.inside(&work.place()) {
                continue;
            }
            self.command_word(word);
            self.recipient(&work.to);
            let from = work.from.as_ref().map_or(Duration::ZERO, |from| **from);
            let until = work.until.as_ref().map_or(self.end, |until| **until);
            if until < from {
                let place = work.until.as_ref().or(work.from.as_ref()).map(Placed::place);
                self.wrong(place.unwrap_or(0..0), "ends before it begins; make `until` later");
            }
            if until > self.end {
                let place = work.until.as_ref().map_or(0..0, Placed::place);
                self.wrong(place, format!("lies after the end of the run at {}", self.end));
            }
            match until.as_nanos().saturating_sub(from.as_nanos()).checked_div(every(work)) {
                None => {
                    let problem = "commands without a distance; begin the range above zero";
                    self.wrong(work.every.place(), problem);
                }
                Some(count) if count > COMMANDS_MAX && self.file.duration.is_some() => {
                    let problem = format!("up to {count} commands; {COMMANDS_MAX} are the most");
                    self.wrong(work.every.place(), problem);
                }
                Some(_) => {}
            }
        }
    }

    fn command_word(&mut self, word: &Placed<String>) {
        let Some(vocabulary) = self.vocabulary else { return };
        if !vocabulary.commands.contains(word) {
            let problem = format!("`{}` is not a command of {}", **word, vocabulary.algorithm);
            let finding = Finding::new(word.place(), problem);
            self.findings.push(finding.suggest(word, &vocabulary.commands));
        }
    }

    fn recipient(&mut self, to: &Placed<Who>) {
        match &**to {
            Who::Nodes(_) | Who::Role(_) | Who::Random(1, _) => self.who(to, true),
            _ => {
                let finding = Finding::new(to.place(), "a command is given to one node at a time");
                self.findings.push(finding.help("name a node or a role, or write `one`"));
            }
        }
    }
}

fn every(work: &super::file::WorkEntry) -> u64 {
    work.every.min.as_nanos()
}
