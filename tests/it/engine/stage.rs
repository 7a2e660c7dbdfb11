//! The stage for puppets: a setup in few words, and the story of a run as plain rows.

use super::puppet::{Op, Order, Puppet, Said, Script, Word};
use stormseed::conditions::{Conditions, Latency};
use stormseed::engine::{
    Counts, Ended, Flow, KeyScheme, Observer, Promised, Record, Setup, Simulation, What, Why,
};
use stormseed::fault::{Action, DiskFate, Fault, FaultReport, Target, When};
use stormseed::id::{FaultId, NodeId};
use stormseed::protocol::Synced;
use stormseed::schedule::{Heal, Planned, Recipient, Schedule};
use stormseed::time::{Duration, SimTime};
use stormseed::world::World;

pub const MS: u64 = 1_000_000;

pub const fn n(number: u32) -> NodeId {
    NodeId::new(number)
}

pub const fn ms(millis: u64) -> SimTime {
    SimTime::from_nanos(millis * MS)
}

pub const fn lasting(millis: u64) -> Option<Duration> {
    Some(Duration::from_millis(millis))
}

/// What a record said, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    Booted(u32),
    Crashed(u64),
    Paused,
    Resumed,
    Delivered(u32, Word),
    Fired(u8),
    Commanded,
    Answered(u32),
    GaveUp(u32),
    Synced,
    SyncFailed,
    Torn,
    Turned(u32),
    Sent { to: u32, word: Word, after: u64, copy: bool },
    MadeUp { fault: u32, to: u32, word: Word, after: u64 },
    Dropped { from: u32, to: u32, word: Word, why: Why, arrived: bool },
    Persisted(u64),
    Observed(Said, Promised),
    Viewed(bool),
    Struck(u32),
    Ended(u32),
    Healed,
    Held { from: u32, to: u32, word: Word, fault: u32, arrived: bool },
    Flapped { fault: u32, closed: bool },
    Forwarded { from: u32, to: u32, word: Word, next: u32, after: u64 },
}

/// One record, owned; the time in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub at: u64,
    pub event: u64,
    pub node: u32,
    pub note: Note,
}

/// Keeps all records.
#[derive(Debug, Default)]
pub struct Recorder(pub Vec<Row>);

impl Observer<Puppet> for Recorder {
    fn on_record(&mut self, record: &Record<'_, Puppet>, world: &World) -> Flow {
        assert_eq!(record.at, world.now(), "a record is of the present instant");
        self.0.push(Row {
            at: record.at.as_nanos(),
            event: record.event,
            node: record.node.number(),
            note: note(&record.what),
        });
        Flow::Continue
    }
}

fn note(what: &What<'_, Puppet>) -> Note {
    match what {
        What::Booted { boots } => Note::Booted(*boots),
        What::Crashed { writes_lost } => Note::Crashed(*writes_lost),
        What::Paused => Note::Paused,
        What::Resumed => Note::Resumed,
        What::Delivered { from, message } => Note::Delivered(from.number(), (*message).clone()),
        What::Fired(timer) => Note::Fired(*timer),
        What::Commanded(_) => Note::Commanded,
        What::Answered { client, .. } => Note::Answered(*client),
        What::GaveUp { client, .. } => Note::GaveUp(*client),
        What::Synced(Synced::Done) => Note::Synced,
        What::Synced(Synced::Failed) => Note::SyncFailed,
        What::Torn => Note::Torn,
        What::Turned { fault } => Note::Turned(fault.0),
        What::Sent { to, message, after, copy } => Note::Sent {
            to: to.number(),
            word: (*message).clone(),
            after: after.as_nanos(),
            copy: *copy,
        },
        What::MadeUp { fault, to, message, after } => Note::MadeUp {
            fault: fault.0,
            to: to.number(),
            word: (*message).clone(),
            after: after.as_nanos(),
        },
        What::Dropped { from, to, message, why, arrived } => Note::Dropped {
            from: from.number(),
            to: to.number(),
            word: (*message).clone(),
            why: *why,
            arrived: *arrived,
        },
        What::Persisted(write) => Note::Persisted(**write),
        What::Observed { observation, promised } => {
            Note::Observed((*observation).clone(), *promised)
        }
        What::Viewed(leads) => Note::Viewed(**leads),
        What::Struck { fault, .. } => Note::Struck(fault.0),
        What::Ended { fault } => Note::Ended(fault.0),
        What::Healed => Note::Healed,
        What::Held { from, to, message, fault, arrived } => Note::Held {
            from: from.number(),
            to: to.number(),
            word: (*message).clone(),
            fault: fault.0,
            arrived: *arrived,
        },
        What::Flapped { fault, closed } => Note::Flapped { fault: fault.0, closed: *closed },
        What::Forwarded { from, to, message, next, after } => Note::Forwarded {
            from: from.number(),
            to: to.number(),
            word: (*message).clone(),
            next: next.number(),
            after: after.as_nanos(),
        },
    }
}

/// A setup that grows by what a test says of it.
#[derive(Clone, Debug)]
pub struct Stage {
    pub script: Script,
    pub conditions: Conditions,
    pub schedule: Schedule<Order>,
    pub seed: u64,
    pub digests: bool,
}

/// What came of a run.
pub struct Story {
    pub rows: Vec<Row>,
    pub ended: Ended,
    pub simulation: Simulation<Puppet>,
}

impl Stage {
    /// So many nodes for so many milliseconds; every message takes one millisecond.
    pub fn new(nodes: usize, end_millis: u64) -> Self {
        let mut conditions = Conditions::default();
        conditions.network.latency = Latency::Constant(Duration::from_millis(1));
        let schedule = Schedule::calm(nodes, ms(end_millis));
        Stage { script: Script::default(), conditions, schedule, seed: 1, digests: true }
    }

    /// What a node does at every boot.
    pub fn boot(mut self, node: usize, ops: Vec<Op>) -> Self {
        if self.script.boot.len() <= node {
            self.script.boot.resize(node + 1, Vec::new());
        }
        self.script.boot[node] = ops;
        self
    }

    /// What a node is ordered to do at a time in milliseconds.
    pub fn order(self, at_millis: u64, node: u32, ops: Vec<Op>) -> Self {
        self.order_when(When::At(ms(at_millis)), node, ops)
    }

    pub fn order_when(self, when: When, node: u32, ops: Vec<Op>) -> Self {
        self.order_to(when, Recipient::Node(n(node)), ops)
    }

    pub fn order_to(mut self, when: When, to: Recipient, ops: Vec<Op>) -> Self {
        self.schedule.commands.push(Planned { when, to, command: Order::Do(ops) });
        self
    }

    /// A fault at a time in milliseconds; its name is its place.
    pub fn fault(
        self,
        at_millis: u64,
        who: Target,
        action: Action,
        lasts: Option<Duration>,
    ) -> Self {
        self.fault_when(When::At(ms(at_millis)), who, action, lasts)
    }

    pub fn fault_when(
        mut self,
        when: When,
        who: Target,
        action: Action,
        lasts: Option<Duration>,
    ) -> Self {
        let id = FaultId(self.schedule.faults.len() as u32);
        self.schedule.faults.push(Fault { id, when, who, action, lasts, struck: None });
        self
    }

    /// The end of the storm.
    pub fn heal(mut self, at_millis: u64, core: &[u32]) -> Self {
        let core = core.iter().map(|&node| n(node)).collect();
        let within = Duration::from_secs(1);
        self.schedule.heal = Some(Heal { at: ms(at_millis), core, within });
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Conditions)) -> Self {
        change(&mut self.conditions);
        self
    }

    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub fn without_digests(mut self) -> Self {
        self.digests = false;
        self
    }

    pub fn simulation(&self) -> Simulation<Puppet> {
        Simulation::new(Setup {
            config: self.script.clone(),
            conditions: self.conditions.clone(),
            schedule: self.schedule.clone(),
            disks: Vec::new(),
            seed: self.seed,
            keys: KeyScheme::default(),
            digests: self.digests,
        })
    }

    pub fn run(&self) -> Story {
        let mut simulation = self.simulation();
        let mut recorder = Recorder::default();
        let ended = simulation.run(&mut recorder);
        Story { rows: recorder.0, ended, simulation }
    }
}

impl Story {
    /// What happened at a node, with the time in milliseconds (rounded down).
    pub fn of(&self, node: u32) -> Vec<(u64, &Note)> {
        self.rows.iter().filter(|row| row.node == node).map(|r| (r.at / MS, &r.note)).collect()
    }

    /// When, in nanoseconds, a node's notes of some kind came.
    pub fn times(&self, node: u32, is_it: impl Fn(&Note) -> bool) -> Vec<u64> {
        let rows = self.rows.iter().filter(|row| row.node == node && is_it(&row.note));
        rows.map(|row| row.at).collect()
    }

    /// When, in nanoseconds, a timer of a node fired.
    pub fn fired(&self, node: u32, timer: u8) -> Vec<u64> {
        self.times(node, |note| *note == Note::Fired(timer))
    }

    /// The numbers of the talk and gossip that a node was told, in order.
    pub fn heard(&self, node: u32) -> Vec<u64> {
        let told = self.rows.iter().filter(|row| row.node == node);
        told.filter_map(|row| match &row.note {
            Note::Delivered(_, Word::Talk(nth) | Word::Gossip(nth) | Word::Task(nth, _)) => {
                Some(*nth)
            }
            _ => None,
        })
        .collect()
    }

    /// What a node declared, with the time in nanoseconds.
    pub fn said(&self, node: u32) -> Vec<(u64, Said)> {
        let rows = self.rows.iter().filter(|row| row.node == node);
        rows.filter_map(|row| match &row.note {
            Note::Observed(said, _) => Some((row.at, said.clone())),
            _ => None,
        })
        .collect()
    }

    pub fn count(&self, is_it: impl Fn(&Note) -> bool) -> u64 {
        self.rows.iter().filter(|row| is_it(&row.note)).count() as u64
    }

    pub fn report(&self, fault: usize) -> FaultReport {
        self.simulation.faults()[fault].clone()
    }

    pub fn counts(&self) -> Counts {
        *self.simulation.counts()
    }

    pub fn disk(&self, node: u32) -> Vec<u64> {
        self.simulation.on_disk(n(node)).0.clone()
    }
}

/// These nodes.
pub fn nodes(numbers: &[u32]) -> Target {
    Target::Nodes(numbers.iter().map(|&number| n(number)).collect())
}

/// A crash at once that leaves what was synced.
pub const CRASH: Action = Action::Crash { after_effect: None, disk: DiskFate::Synced };

/// A crash behind the k-th effect of the next step.
pub const fn crash_after(effects: u32) -> Action {
    Action::Crash { after_effect: Some(effects), disk: DiskFate::Synced }
}

/// A message of no consequence.
pub const fn talk(to: u32, number: u64) -> Op {
    Op::Send(to, Word::Talk(number))
}
