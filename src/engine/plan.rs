//! The schedule as the engine works through it: what is next, what waits for a milestone, what is
//! in force, and what each fault has done.

use crate::fault::{Action, Fault, FaultReport, Severed, Struck, Target, Unfired, When};
use crate::id::{FaultId, NodeId};
use crate::schedule::{Planned, Recipient, Schedule};
use crate::time::{Drift, Duration, SimTime};
use std::collections::BTreeSet;

/// One act of the plan, by its place in the schedule's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    Heal,
    End(usize),
    Strike(usize),
    Command(usize),
    /// A cut opens its links or closes them again, for the so-manieth time.
    Flap(usize, u32),
    /// A fault in force changes what it does.
    Turn(usize),
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
    triggers: Vec<Trigger>,
    counts: Vec<u32>,
    active: Vec<Active>,
    reports: Vec<FaultReport>,
}

#[derive(Debug)]
struct Trigger {
    word: u16,
    nth: u32,
    fault: usize,
}

/// Slots below this are places in the timeline; above, places among the late acts.
const LATE: u32 = 1 << 29;

impl<C> Plan<C> {
    pub fn new(schedule: Schedule<C>, words: &[&'static str], messages: &[&str]) -> Self {
        expect_sound(&schedule, messages);
        let mut timeline = Vec::new();
        let mut triggers = Vec::new();
        for (place, fault) in schedule.faults.iter().enumerate() {
            match &fault.when {
                When::At(at) => timeline.push((*at, Act::Strike(place))),
                When::Heal => {} // the heal looks for it
                When::Milestone { word, nth, .. } => {
                    let word = words.iter().position(|w| w == word);
                    let word = word.expect("milestones are checked against the family's words");
                    triggers.push(Trigger { word: word as u16, nth: *nth, fault: place });
                }
            }
        }
        let commands = schedule.commands.iter().enumerate();
        timeline.extend(commands.map(|(place, command)| (command.at, Act::Command(place))));
        timeline.extend(schedule.heal.iter().map(|heal| (heal.at, Act::Heal)));
        timeline.sort();
        let reports = schedule.faults.iter().map(report).collect();
        Plan {
            timeline,
            next: 0,
            late: Vec::new(),
            triggers,
            counts: vec![0; words.len()],
            active: Vec::new(),
            reports,
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
        Some((*at, self.next as u32, self.next as u32))
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

    #[inline]
    pub fn has_triggers(&self) -> bool {
        !self.triggers.is_empty()
    }

    /// Counts an observation; the faults that wait for this very one.
    pub fn triggered(&mut self, word: u16) -> Vec<usize> {
        let count = &mut self.counts[usize::from(word)];
        *count += 1;
        let nth = *count;
        let waiting = self.triggers.iter().filter(|t| t.word == word && t.nth == nth);
        waiting.map(|trigger| trigger.fault).collect()
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

    /// A fault has done something.
    pub fn acted(&mut self, fault: FaultId, effects: u64) {
        if let Some(report) = self.reports.iter_mut().find(|report| report.id == fault) {
            report.effects += effects;
        }
    }

    /// Something waits because its node stands still: the pauses that hold it have acted.
    pub fn waited(&mut self, pauses: &[usize]) {
        for &fault in pauses {
            self.reports[fault].effects += 1;
        }
    }

    pub fn reports(&self) -> Vec<FaultReport> {
        self.reports.clone()
    }

    pub fn command(&self, place: usize) -> &Planned<C> {
        &self.schedule.commands[place]
    }
}

fn report(fault: &Fault) -> FaultReport {
    let unfired = match fault.when {
        When::At(_) => Unfired::Ahead,
        When::Milestone { .. } => Unfired::NoMilestone,
        When::Heal => Unfired::Ahead,
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
        if let Target::Nodes(nodes) = &fault.who {
            nodes.iter().for_each(expect);
        }
        match &fault.action {
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
                if let Target::Nodes(nodes) = &filter.to {
                    nodes.iter().for_each(expect);
                }
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
