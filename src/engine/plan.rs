//! The schedule as the engine works through it: what is next, what is struck again as it was once,
//! what is in force, and what each fault has done.

use super::aims::Aims;
use super::milestones::Milestones;
use super::under_way::Pace;
use crate::fault::{Action, Fault, FaultReport, On, Severed, Struck, Take, Target, Unfired, When};
use crate::id::{FaultId, NodeId};
use crate::schedule::{Planned, Recipient, Schedule};
use crate::time::{Drift, Duration, SimTime};
use std::collections::{BTreeMap, BTreeSet};

/// One act of the plan, by its place in the schedule's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    Heal,
    /// Strike where it struck once, which was not at the time of its aim.
    StrikeAgain(usize),
    End(usize),
    Strike(usize),
    Command(usize),
    /// A client gives its next command.
    Ask(usize),
    /// A client has waited long enough for the answer to this operation.
    GiveUp(usize, usize),
    /// A cut opens its links or closes them again, for the so-manieth time.
    Flap(usize, u32),
    /// A fault in force changes what it does.
    Turn(usize),
    /// The next death of a crash loop.
    Again(usize),
    /// The end of a stall of one node.
    Wake(usize, NodeId),
}

/// A fault in force.
#[derive(Debug)]
pub(super) struct Active {
    pub fault: usize,
    pub nodes: Vec<NodeId>,
    /// How often it has changed what it does.
    pub turn: u32,
}

#[derive(Debug)]
pub(super) struct Plan<C> {
    schedule: Schedule<C>,
    /// What has a time, in order; only the next one stands in the queue.
    timeline: Vec<(SimTime, Act)>,
    next: usize,
    /// Acts whose time was found during the run.
    late: Vec<Act>,
    pub milestones: Milestones,
    pub aims: Aims,
    /// Faults at the instant at which they struck once, before the event that they were.
    held: Vec<usize>,
    active: Vec<Active>,
    reports: Vec<FaultReport>,
    /// For faults that came of a spread, which one that was.
    spread_of: BTreeMap<usize, usize>,
}

/// Slots below this are places in the timeline; above, places among the late acts.
const LATE: u32 = 1 << 29;
/// The order, at one instant, of what was held until its event is next: before all others.
pub(super) const HELD: u32 = 0;

impl<C> Plan<C> {
    pub fn new(
        schedule: Schedule<C>,
        words: &[&'static str],
        messages: &[&str],
        seed: u64,
    ) -> Self {
        expect_sound(&schedule, messages);
        let mut timeline = Vec::new();
        let mut milestones = Milestones::new(words.len());
        let mut add = |when: &When, act: Act| match when {
            When::At(at) => timeline.push((*at, act)),
            _ => milestones.add(when, words, act),
        };
        for (place, fault) in schedule.faults.iter().enumerate() {
            match &fault.struck {
                _ if fault.when == When::Heal => {} // the heal looks for it
                Some(struck) if struck.nodes.is_empty() => {}
                Some(struck) if fault.when != When::At(struck.at) => {
                    add(&When::At(struck.at), Act::StrikeAgain(place));
                }
                _ => add(&fault.when, Act::Strike(place)),
            }
        }
        for (place, command) in schedule.commands.iter().enumerate() {
            add(&command.when, Act::Command(place));
        }
        timeline.extend(schedule.heal.iter().map(|heal| (heal.at, Act::Heal)));
        timeline.sort();
        let reports = schedule.faults.iter().map(report).collect();
        Plan {
            timeline,
            next: 0,
            late: Vec::new(),
            milestones,
            aims: Aims::new(&schedule, seed),
            held: Vec::new(),
            active: Vec::new(),
            reports,
            spread_of: BTreeMap::new(),
            schedule,
        }
    }

    pub const fn end(&self) -> SimTime {
        self.schedule.end
    }

    pub const fn schedule(&self) -> &Schedule<C> {
        &self.schedule
    }

    /// The next act of the timeline: its time, its order at that instant, and its slot.
    pub fn upcoming(&self) -> Option<(SimTime, u32, u32)> {
        let (at, _) = self.timeline.get(self.next)?;
        Some((*at, HELD + 1 + self.next as u32, self.next as u32))
    }

    /// Notes an act whose time was found during the run; its slot.
    pub fn add_late(&mut self, act: Act) -> u32 {
        self.late.push(act);
        LATE + self.late.len() as u32 - 1
    }

    /// The act behind a slot, and whether it was the timeline's next.
    pub fn take(&mut self, slot: u32) -> (Act, bool) {
        if slot >= LATE {
            return (self.late[(slot - LATE) as usize], false);
        }
        self.next = slot as usize + 1;
        (self.timeline[slot as usize].1, true)
    }

    /// Whether a fault that is struck again comes too early: the next event has a smaller number
    /// than it had.
    pub fn is_early(&self, fault: usize, next_event: u64) -> bool {
        let struck = self.schedule.faults[fault].struck.as_ref();
        struck.is_some_and(|struck| next_event < struck.event)
    }

    /// Holds a fault at its instant until [`Plan::let_go`].
    pub fn hold(&mut self, fault: usize) {
        self.held.push(fault);
    }

    /// The command that is next at this instant, if a command is.
    pub fn upcoming_command(&self, now: SimTime) -> Option<&Planned<C>> {
        match self.timeline.get(self.next) {
            Some((at, Act::Command(place))) if *at == now => Some(self.command(*place)),
            _ => None,
        }
    }

    #[inline]
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// The faults held back for an event that is not after this one, first things first.
    pub fn let_go(&mut self, next_event: u64) -> Vec<usize> {
        let faults = &mut self.schedule.faults;
        let event = |fault: &usize| faults[*fault].struck.as_ref().map_or(0, |s| s.event);
        let (mut ready, held): (Vec<usize>, Vec<usize>) =
            self.held.iter().partition(|fault| event(fault) <= next_event);
        ready.sort_by_key(event);
        for &fault in &ready {
            // From now on it is never too early.
            faults[fault].struck.iter_mut().for_each(|struck| struck.event = 0);
        }
        self.held = held;
        ready
    }

    pub fn fault(&self, place: usize) -> &Fault {
        &self.schedule.faults[place]
    }

    /// Notes why a fault has not struck so far.
    pub fn withheld(&mut self, fault: usize, why: Unfired) {
        self.reports[fault].unfired = Some(why);
    }

    pub fn began(&mut self, fault: usize, struck: Struck, is_lasting: bool) {
        if is_lasting {
            self.active.push(Active { fault, nodes: struck.nodes.clone(), turn: 0 });
        }
        self.reports[fault].struck = Some(struck);
        self.reports[fault].unfired = None;
    }

    /// Whom a fault struck that is in force.
    pub fn struck(&self, fault: usize) -> Option<&[NodeId]> {
        let active = self.active.iter().find(|active| active.fault == fault)?;
        Some(&active.nodes)
    }

    /// How often a fault in force has changed what it does.
    pub fn turn_of(&self, fault: usize) -> u32 {
        let active = self.active.iter().find(|active| active.fault == fault);
        active.map_or(0, |active| active.turn)
    }

    /// The fault of this name.
    pub fn named(&self, fault: FaultId) -> Option<&Fault> {
        self.schedule.faults.iter().find(|known| known.id == fault)
    }

    /// Takes a fault out of force; `None` if it is not.
    pub fn ended(&mut self, fault: usize, at: SimTime) -> Option<Active> {
        let place = self.active.iter().position(|active| active.fault == fault)?;
        self.reports[fault].ended = Some(at);
        Some(self.active.remove(place))
    }

    /// A crash loop lets its nodes restart: the nodes, and how long they stay up. `None` if this
    /// was the last time, or the fault is no longer in force.
    pub fn restarts(&mut self, fault: usize) -> Option<(Vec<NodeId>, Duration)> {
        let Action::CrashLoop { ups, .. } = &self.schedule.faults[fault].action else {
            return None;
        };
        let active = self.active.iter_mut().find(|active| active.fault == fault)?;
        let up = *ups.get(active.turn as usize)?;
        active.turn += 1;
        Some((active.nodes.clone(), up))
    }

    /// Lets one node of a fault go; whether it was the last, which takes the fault out of force.
    /// `None` if the fault is no longer in force.
    pub fn released(&mut self, fault: usize, node: NodeId, at: SimTime) -> Option<bool> {
        let place = self.active.iter().position(|active| active.fault == fault)?;
        self.active[place].nodes.retain(|held| *held != node);
        let is_last = self.active[place].nodes.is_empty();
        if is_last {
            self.active.remove(place);
            self.reports[fault].ended = Some(at);
        }
        Some(is_last)
    }

    /// Adds a fault that came of another; its place.
    pub fn adopt(&mut self, spread: usize, fault: Fault) -> usize {
        self.spread_of.insert(self.reports.len(), spread);
        self.reports.push(report(&fault));
        self.schedule.faults.push(fault);
        self.reports.len() - 1
    }

    /// The fault that this one came of.
    pub fn spread_of(&self, fault: usize) -> Option<usize> {
        self.spread_of.get(&fault).copied()
    }

    /// Takes all faults out of force, oldest first: the storm is over.
    pub fn disarm(&mut self) -> Vec<Active> {
        std::mem::take(&mut self.active)
    }

    /// Notes when a fault was taken back from everybody.
    pub fn healed(&mut self, fault: usize, at: SimTime) {
        self.reports[fault].ended = Some(at);
    }

    /// The next turn of a fault in force: how often it has turned with it, and whom it struck;
    /// `None` if it is no longer in force.
    pub fn turns(&mut self, fault: usize) -> Option<(u32, Vec<NodeId>)> {
        let active = self.active.iter_mut().find(|active| active.fault == fault)?;
        active.turn += 1;
        Some((active.turn, active.nodes.clone()))
    }

    /// When a fault that has turned so often turns again, if it does.
    pub fn next_turn(&self, fault: usize, turn: u32) -> Option<SimTime> {
        let struck = self.reports[fault].struck.as_ref()?.at;
        match &self.schedule.faults[fault].action {
            Action::Strobe { every, .. } => {
                Some(struck + every.saturating_mul(u64::from(turn) + 1))
            }
            Action::Wander(changes) => Some(struck + changes.get(turn as usize + 1)?.after),
            _ => None,
        }
    }

    /// The rate at which a node's clock runs: as the newest fault in force says, or as planned.
    /// With the fault, if it makes a difference.
    pub fn drift_of(&self, node: NodeId) -> (Option<usize>, Drift) {
        let planned = self.schedule.clocks[node.index()].drift;
        let ruling = self.active.iter().rev().find_map(|active| {
            let rate = match &self.schedule.faults[active.fault].action {
                Action::Drift(rate) => *rate,
                Action::Wander(changes) => changes[active.turn as usize].rate,
                _ => return None,
            };
            active.nodes.contains(&node).then_some((active.fault, rate))
        });
        match ruling {
            Some((fault, rate)) => ((rate != planned).then_some(fault), rate),
            None => (None, planned),
        }
    }

    /// A fault has done something, by its place.
    pub fn did(&mut self, fault: usize, effects: u64) {
        self.reports[fault].effects += effects;
    }

    /// How long a node's steps take, as the newest fault in force says, and that fault's place.
    pub fn pace_of(&self, node: NodeId) -> Option<Pace> {
        self.active.iter().rev().find_map(|active| {
            match self.schedule.faults[active.fault].action {
                Action::Slow { step } if active.nodes.contains(&node) => {
                    Some(Pace::new(step, active.fault))
                }
                _ => None,
            }
        })
    }

    /// A fault has done something.
    pub fn acted(&mut self, fault: FaultId, effects: u64) {
        if let Some(report) = self.reports.iter_mut().find(|report| report.id == fault) {
            report.effects += effects;
        }
    }

    pub fn report(&self, place: usize) -> &FaultReport {
        &self.reports[place]
    }

    pub fn reports(&self) -> Vec<FaultReport> {
        self.reports.clone()
    }

    pub fn command(&self, place: usize) -> &Planned<C> {
        &self.schedule.commands[place]
    }
}

fn report(fault: &Fault) -> FaultReport {
    let unfired = match (&fault.struck, &fault.when) {
        (Some(struck), _) if struck.nodes.is_empty() => Unfired::Nobody,
        (Some(_), _) | (None, When::At(_) | When::Heal) => Unfired::Ahead,
        (None, When::Service { .. }) => Unfired::NoService,
        (None, _) => Unfired::NoMilestone,
    };
    FaultReport {
        id: fault.id,
        family: fault.action.family(),
        struck: None,
        unfired: Some(unfired),
        ended: None,
        effects: 0,
    }
}

/// Every node that a schedule names is there, and every word; no two faults have one name, and no
/// cut opens and closes without end at one instant.
fn expect_sound<C>(schedule: &Schedule<C>, messages: &[&str]) {
    let size = schedule.clocks.len();
    let expect = |node: &NodeId| {
        assert!(node.index() < size, "the schedule names {node} and has clocks for {size} nodes");
    };
    let mut names = BTreeSet::new();
    for fault in &schedule.faults {
        assert!(names.insert(fault.id), "two faults of the schedule are called {}", fault.id);
        fault.struck.iter().flat_map(|struck| &struck.nodes).for_each(expect);
        if let When::MilestoneOn { on: On::Nodes(nodes), .. } = &fault.when {
            nodes.iter().for_each(expect);
        }
        let expect_target = |target: &Target| match target {
            Target::Nodes(nodes) => nodes.iter().for_each(expect),
            Target::Chosen { choice, .. } => {
                if let Take::With { among, .. } = &choice.take {
                    among.iter().for_each(expect);
                }
            }
            Target::Role(_) | Target::All => {}
        };
        expect_target(&fault.who);
        expect_room(fault, size, &mut names);
        match fault.action.at_once() {
            Action::Partition(cut) => cut.nodes().for_each(expect),
            Action::Sever { links, manner } => {
                if let Severed::Between(cut) = links {
                    cut.nodes().for_each(expect);
                }
                let (flap, id) = (&manner.flap, fault.id);
                let total = flap.iter().fold(Duration::ZERO, |total, &length| total + length);
                let is_sound = flap.len() % 2 == 0 && (flap.is_empty() || total > Duration::ZERO);
                assert!(is_sound, "{id} flaps by pairs of lengths, not all of them zero");
            }
            Action::Messages { filter, .. } => {
                expect_target(&filter.to);
                for word in &filter.words {
                    let is_known = messages.contains(&word.as_str());
                    assert!(is_known, "the schedule names `{word}`, which is no kind of message");
                }
            }
            Action::Wander(changes) => {
                let starts = changes.first().is_some_and(|first| first.after == Duration::ZERO);
                let is_sorted = changes.is_sorted_by_key(|change| change.after);
                assert!(starts && is_sorted, "{}: rates in their order, from the strike", fault.id);
            }
            Action::Strobe { every, .. } => {
                assert!(*every > Duration::ZERO, "{}: a strobe takes time", fault.id);
            }
            _ => {}
        }
    }
    for planned in &schedule.commands {
        if let Recipient::Node(node) = &planned.to {
            expect(node);
        }
    }
    schedule.heal.iter().flat_map(|heal| &heal.core).for_each(expect);
}

/// A fault that is spread knows when each node is struck, and keeps names for what it becomes.
fn expect_room(fault: &Fault, size: usize, names: &mut BTreeSet<FaultId>) {
    let Action::Spread { action, offsets } = &fault.action else { return };
    let (id, is_spread_twice) = (fault.id, matches!(**action, Action::Spread { .. }));
    assert!(!is_spread_twice, "{id} is spread twice");
    assert_eq!(offsets.len(), size, "{id} is spread over as many nodes as there are");
    for name in (1..=size as u32).map(|nth| FaultId(id.0 + nth)) {
        assert!(names.insert(name), "{name} is kept for what comes of {id}");
    }
}
