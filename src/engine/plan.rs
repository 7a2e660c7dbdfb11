//! The schedule as the engine works through it: what is next, what waits for a milestone, what is
//! in force, and what each fault has done.

use crate::fault::{Action, Fault, FaultReport, Struck, Target, When};
use crate::id::{FaultId, NodeId};
use crate::schedule::{Planned, Recipient, Schedule};
use crate::time::{Drift, SimTime};
use crate::topology::Cut;
use std::collections::BTreeSet;

/// One act of the plan, by its place in the schedule's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    Heal,
    End(usize),
    Strike(usize),
    Command(usize),
}

/// A fault in force.
#[derive(Debug)]
pub(super) struct Active {
    pub fault: usize,
    pub nodes: Vec<NodeId>,
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
    pub fn new(schedule: Schedule<C>, words: &[&'static str]) -> Self {
        expect_sound(&schedule);
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

    pub fn began(&mut self, fault: usize, struck: Struck, is_lasting: bool) {
        if is_lasting {
            self.active.push(Active { fault, nodes: struck.nodes.clone() });
        }
        self.reports[fault].struck = Some(struck);
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

    /// The rate at which a node's clock runs: as the newest fault in force says, or as planned.
    pub fn drift_of(&self, node: NodeId) -> Drift {
        let drift = self.active.iter().rev().find_map(|active| {
            match self.schedule.faults[active.fault].action {
                Action::Drift(drift) if active.nodes.contains(&node) => Some(drift),
                _ => None,
            }
        });
        drift.unwrap_or(self.schedule.clocks[node.index()].drift)
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
    let family = fault.action.family();
    FaultReport { id: fault.id, family, struck: None, ended: None, effects: 0 }
}

/// Every node that a schedule names is there, and no two faults have one name.
fn expect_sound<C>(schedule: &Schedule<C>) {
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
            Action::Partition(Cut::Groups(groups)) => groups.iter().flatten().for_each(expect),
            Action::Partition(Cut::OneWay { from, to }) => from.iter().chain(to).for_each(expect),
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
