//! A naive twin of the engine: a list that is searched, timers that are looked at one by one, no
//! slots, no laziness, no luck. It tells the same story, record by record, or one of the two is
//! wrong. What luck decides is kept out (constant latencies, fates fixed by hand), or guessed both
//! ways (mail or timers first after a pause); where two things meet at one instant it gives up.

mod aims;
mod disk;
mod network;
mod step;
mod storm;

use super::puppet::{Order, Puppet, Said, Word};
use super::stage::{Note, Stage};
use network::{Pen, Snag};
use std::collections::{BTreeMap, BTreeSet};
use step::Unfinished;
use stormseed::conditions::Latency;
use stormseed::engine::{Promised, Why};
use stormseed::fault::{Fault, When};
use stormseed::id::{Label, NodeId};
use stormseed::protocol::{Effect, Input, NodeLuck, Now, Process, Synced, Words};
use stormseed::schedule::Recipient;
use stormseed::time::{Clock, Duration, LocalTime, SimTime};

/// A row without the number of its event.
pub type Plain = (u64, u32, Note);

/// Two things met at one instant whose order is drawn.
#[derive(Debug)]
pub struct Tie;

#[derive(Clone, Debug)]
enum Mail {
    Word(u32, Word),
    Order(Order),
    Synced(Synced),
    /// A timer that came due, with its deadline and its time: another setting is another timer.
    Timer(u8, LocalTime, SimTime),
}

#[derive(Clone, Debug)]
enum Held {
    Word(u32, Word),
    Promise(Said),
}

#[derive(Clone, Debug)]
enum Coming {
    Heal,
    End(usize),
    Strike(usize),
    Turn(usize),
    Order(usize),
    Arrive { from: u32, to: u32, word: Word, snag: Snag },
    Flap(usize, u32),
    SyncEnds { node: usize, life: u32 },
    Told { node: usize, life: u32 },
    Timer { node: usize, timer: u8 },
    StepEnds { node: usize, life: u32 },
    Again(usize),
    Wake(usize, usize),
}

struct Actor {
    process: Process<Puppet>,
    up: bool,
    boots: u32,
    clock: Clock,
    down_by: BTreeSet<usize>,
    paused_by: BTreeSet<usize>,
    timers: BTreeMap<u8, (LocalTime, SimTime)>,
    mail: Vec<Mail>,
    disk: super::puppet::Log,
    unsynced: Vec<u64>,
    /// How many of the unsynced writes each sync under way saves, and when it will be done.
    syncs: Vec<(usize, SimTime)>,
    kept_back: usize,
    /// Whether a sync has failed and the node is still to hear of it.
    failed_late: bool,
    done: usize,
    held: Vec<(usize, Held)>,
    /// The faults that trouble its disk, and those for which its clock stands still.
    disk_faults: Vec<usize>,
    frozen_by: BTreeSet<usize>,
    doom: Option<(u32, usize)>,
    stall: Option<(u32, usize)>,
    /// What is left of a step that has not ended.
    unfinished: Option<Unfinished>,
    is_gone: bool,
    slow_for_good: Option<Latency>,
    view: Option<bool>,
}

pub struct Twin<'a> {
    stage: &'a Stage,
    /// Those of the schedule, and those that came of them.
    faults: Vec<Fault>,
    /// How often the nodes of each crash loop have restarted.
    restarts: BTreeMap<usize, usize>,
    now: SimTime,
    queue: Vec<(SimTime, u32, Coming)>,
    late: u32,
    actors: Vec<Actor>,
    /// Faults in force, with whom they struck.
    active: Vec<(usize, Vec<NodeId>)>,
    turns: BTreeMap<usize, usize>,
    /// Those whose links are closed, and those whose links are slow, in the order in which they
    /// became so.
    closed: Vec<(usize, Vec<NodeId>)>,
    slow: Vec<(usize, Vec<NodeId>)>,
    pens: Vec<Pen>,
    released: u32,
    /// Of faults that harm messages: to whom, how many passed, and when a link is free again.
    receivers: BTreeMap<usize, Vec<NodeId>>,
    seen: BTreeMap<usize, u64>,
    free_at: BTreeMap<(usize, u32, u32), SimTime>,
    spared: Option<Vec<NodeId>>,
    /// What was said: the word, by whom, and whether it led then.
    said: Vec<(u16, usize, bool)>,
    /// Faults that found nobody: until when, and whether somebody has come.
    waiting: Vec<(usize, SimTime, bool)>,
    /// Who leads, in the order in which they came to.
    came_to_lead: Vec<NodeId>,
    sent: BTreeMap<(u32, u32, u16), u32>,
    next_on_link: BTreeMap<(u32, u32), SimTime>,
    mail_first: Vec<bool>,
    /// How often an order had to be guessed.
    pub guesses: usize,
    pub rows: Vec<Plain>,
}

struct NoLuck;

impl NodeLuck for NoLuck {
    fn draw(&mut self, _: Label, low: u64, _: u64) -> u64 {
        low
    }
}

/// Everything but the plan comes after it; syncs that took no time are told before the rest, in
/// the order of the nodes.
const TOLD: u32 = u32::MAX - 1_000_000;
/// What a fault held, and lets go now.
const RELEASED: u32 = TOLD + 100;
const REST: u32 = u32::MAX;

impl<'a> Twin<'a> {
    /// A twin that guesses, after its n-th pause, that the mail comes first.
    pub fn new(stage: &'a Stage, mail_first: Vec<bool>) -> Self {
        let actor = |(number, plan): (u32, &stormseed::schedule::ClockPlan)| Actor {
            process: Process::new(NodeId::new(number), Default::default()),
            up: false,
            boots: 0,
            clock: plan.clock(),
            down_by: BTreeSet::new(),
            paused_by: BTreeSet::new(),
            timers: BTreeMap::new(),
            mail: Vec::new(),
            disk: Default::default(),
            unsynced: Vec::new(),
            syncs: Vec::new(),
            kept_back: 0,
            failed_late: false,
            done: 0,
            held: Vec::new(),
            disk_faults: Vec::new(),
            frozen_by: BTreeSet::new(),
            doom: None,
            stall: None,
            unfinished: None,
            is_gone: false,
            slow_for_good: None,
            view: None,
        };
        let mut twin = Twin {
            stage,
            faults: stage.schedule.faults.clone(),
            restarts: BTreeMap::new(),
            now: SimTime::ZERO,
            queue: Vec::new(),
            late: 1 << 20,
            actors: (0..).zip(&stage.schedule.clocks).map(actor).collect(),
            active: Vec::new(),
            turns: BTreeMap::new(),
            closed: Vec::new(),
            slow: Vec::new(),
            pens: Vec::new(),
            released: 0,
            receivers: BTreeMap::new(),
            seen: BTreeMap::new(),
            free_at: BTreeMap::new(),
            spared: None,
            said: Vec::new(),
            waiting: Vec::new(),
            came_to_lead: Vec::new(),
            sent: BTreeMap::new(),
            next_on_link: BTreeMap::new(),
            mail_first,
            guesses: 0,
            rows: Vec::new(),
        };
        twin.plan();
        twin
    }

    fn plan(&mut self) {
        let schedule = &self.stage.schedule;
        let mut acts: Vec<(SimTime, u8, Coming)> = Vec::new();
        acts.extend(schedule.heal.iter().map(|heal| (heal.at, 0, Coming::Heal)));
        for (place, fault) in schedule.faults.iter().enumerate() {
            if let When::At(at) = fault.when {
                acts.push((at, 1, Coming::Strike(place)));
            }
        }
        for (place, order) in schedule.commands.iter().enumerate() {
            if let When::At(at) = order.when {
                acts.push((at, 2, Coming::Order(place)));
            }
        }
        acts.sort_by_key(|(at, kind, _)| (*at, *kind));
        self.queue = (0..).zip(acts).map(|(nth, (at, _, act))| (at, nth, act)).collect();
    }

    fn add_late(&mut self, after: Duration, act: Coming) {
        self.late += 1;
        self.queue.push((self.now + after, self.late, act));
    }

    fn row(&mut self, node: usize, note: Note) {
        self.rows.push((self.now.as_nanos(), node as u32, note));
    }

    pub fn run(&mut self) -> Result<(), Tie> {
        (0..self.actors.len()).for_each(|node| self.boot(node));
        while let Some(place) = self.next()? {
            let (at, _, what) = self.queue.remove(place);
            self.now = at;
            self.happen(what)?;
        }
        Ok(())
    }

    /// The place in the queue of what is next, timers that are due by then added to it.
    fn next(&mut self) -> Result<Option<usize>, Tie> {
        self.queue.retain(|(_, _, what)| !matches!(what, Coming::Timer { .. }));
        for (node, actor) in self.actors.iter().enumerate() {
            let awake = actor.up && actor.paused_by.is_empty();
            for (&timer, &(deadline, due)) in actor.timers.iter().filter(|_| awake) {
                if due < SimTime::MAX && !actor.has_in_line(timer, deadline, due) {
                    self.queue.push((due, REST, Coming::Timer { node, timer }));
                }
            }
        }
        let key = |place: &usize| (self.queue[*place].0, self.queue[*place].1);
        let Some(least) = (0..self.queue.len()).min_by_key(key) else { return Ok(None) };
        let (at, order) = key(&least);
        if at > self.stage.schedule.end {
            return Ok(None);
        }
        let met = (0..self.queue.len()).filter(|place| key(place) == (at, order)).count();
        if order == REST && met > 1 { Err(Tie) } else { Ok(Some(least)) }
    }

    fn happen(&mut self, what: Coming) -> Result<(), Tie> {
        match what {
            Coming::Heal => self.heal()?,
            Coming::End(_) | Coming::Again(_) | Coming::Wake(..) if self.spared.is_some() => {}
            Coming::Again(fault) => self.strike_again(fault),
            Coming::Wake(fault, node) => self.end_stall(fault, node)?,
            Coming::StepEnds { node, life } => self.step_ends(node, life),
            Coming::End(fault) if self.restart_in_loop(fault) => {}
            Coming::End(fault) => {
                if let Some(place) = self.active.iter().position(|(by, _)| *by == fault) {
                    let (_, nodes) = self.active.remove(place);
                    self.take_back(fault, &nodes)?;
                }
            }
            Coming::Strike(fault) => self.strike(fault),
            Coming::Turn(fault) => self.turn(fault),
            Coming::Order(place) => {
                let planned = &self.stage.schedule.commands[place];
                if let Recipient::Node(node) = planned.to {
                    self.mail(node.index(), Mail::Order(planned.command.clone()));
                }
            }
            Coming::Arrive { from, to, word, snag } => self.arrive(from, to, word, snag),
            Coming::Flap(place, nth) => self.flap(place, nth),
            Coming::SyncEnds { node, life } if self.actors[node].boots == life => {
                if self.actors[node].up {
                    self.sync_ends(node);
                }
            }
            Coming::Told { node, life } if self.actors[node].boots == life => {
                if self.actors[node].up {
                    self.mail(node, Mail::Synced(Synced::Done));
                }
            }
            Coming::SyncEnds { .. } | Coming::Told { .. } => {}
            Coming::Timer { node, timer } => self.due(node, timer),
        }
        Ok(())
    }

    /// Something comes for a node.
    fn mail(&mut self, node: usize, mail: Mail) {
        let actor = &mut self.actors[node];
        match (actor.up, actor.is_free(), mail) {
            (true, true, mail) => self.open(node, mail),
            (true, false, mail) => {
                actor.failed_late |= matches!(mail, Mail::Synced(Synced::Failed));
                actor.mail.push(mail);
            }
            (false, _, Mail::Word(from, word)) => self.undeliverable(from, node, word),
            (false, _, _) => {}
        }
    }

    fn undeliverable(&mut self, from: u32, node: usize, word: Word) {
        let to = node as u32;
        self.row(node, Note::Dropped { from, to, word, why: Why::Down, arrived: true });
    }

    fn open(&mut self, node: usize, mail: Mail) {
        match mail {
            Mail::Word(from, message) => {
                self.row(node, Note::Delivered(from, message.clone()));
                self.step(node, Input::Message { from: NodeId::new(from), message });
            }
            Mail::Order(order) => {
                self.row(node, Note::Commanded);
                self.step(node, Input::Command(order));
            }
            Mail::Synced(synced) => {
                let is_done = synced == Synced::Done;
                self.row(node, if is_done { Note::Synced } else { Note::SyncFailed });
                let actor = &mut self.actors[node];
                if !is_done && std::mem::take(&mut actor.failed_late) {
                    actor.held.retain(|(barrier, _)| *barrier != usize::MAX);
                    actor.done += actor.syncs.len();
                    actor.syncs.clear();
                }
                self.release_held(node, synced);
            }
            Mail::Timer(timer, deadline, due) => {
                // It may have been cancelled or set again since.
                if self.actors[node].timers.get(&timer) == Some(&(deadline, due)) {
                    self.ring(node, timer);
                }
            }
        }
    }

    fn ring(&mut self, node: usize, timer: u8) {
        self.actors[node].timers.remove(&timer);
        self.row(node, Note::Fired(timer));
        self.step(node, Input::Timer(timer));
    }

    fn boot(&mut self, node: usize) {
        let actor = &mut self.actors[node];
        if actor.boots > 0 && self.stage.conditions.restart_resets_clock {
            actor.clock.reset_monotonic(self.now);
        }
        actor.boots += 1;
        actor.up = true;
        let boots = actor.boots;
        self.row(node, Note::Booted(boots));
        self.step(node, Input::Boot);
    }

    fn step(&mut self, node: usize, input: Input<Puppet>) {
        let actor = &mut self.actors[node];
        let now =
            Now { monotonic: actor.clock.monotonic(self.now), wall: actor.clock.wall(self.now) };
        let mut effects = Vec::new();
        actor.process.step(&self.stage.script, now, &mut NoLuck, input, &mut effects);
        self.begin(node, now.monotonic, effects);
        if self.actors[node].up {
            self.look_around(NodeId::new(node as u32));
        }
    }

    fn show(&mut self, node: usize) {
        let view = self.actors[node].process.state().map(stormseed::protocol::Protocol::view);
        if view != self.actors[node].view {
            self.actors[node].view = view;
            self.row(node, Note::Viewed(view.expect("it is up")));
        }
    }

    fn dies(&mut self, node: usize, wants_more: bool) -> bool {
        match &mut self.actors[node].doom {
            None => false,
            Some((left, _)) if *left > 0 => {
                *left -= u32::from(wants_more);
                false
            }
            Some((_, fault)) => {
                let fault = *fault;
                self.crash(node, fault);
                true
            }
        }
    }

    fn settle(&mut self, node: usize, local: LocalTime, effect: Effect<Puppet>) {
        let now = self.now;
        let actor = &mut self.actors[node];
        let has_failed = actor.has_failed_unheard();
        let waits = !actor.syncs.is_empty() || !actor.held.is_empty() || has_failed;
        let barrier = if has_failed { usize::MAX } else { actor.done + actor.syncs.len() };
        match effect {
            Effect::Send { to, message, urgent } if urgent || !waits => {
                self.transmit(node, to.number(), message);
            }
            Effect::Send { to, message, .. } => {
                actor.held.push((barrier, Held::Word(to.number(), message)));
            }
            Effect::SetTimer { timer, after } => {
                let deadline = local + after;
                let due = actor.clock.true_time(deadline).max(now);
                actor.timers.insert(timer, (deadline, due));
            }
            Effect::CancelTimer(timer) => drop(actor.timers.remove(&timer)),
            Effect::Persist(write) => {
                actor.unsynced.push(write);
                self.row(node, Note::Persisted(write));
            }
            Effect::Sync => self.sync(node, waits),
            Effect::Observe(said) => self.say(node, said, Promised::Belief),
            Effect::Promise(said) if waits => actor.held.push((barrier, Held::Promise(said))),
            Effect::Promise(said) => self.say(node, said, Promised::Promise),
        }
    }

    fn say(&mut self, node: usize, said: Said, promised: Promised) {
        let word = said.word();
        self.row(node, Note::Observed(said, promised));
        self.milestone(node, word);
    }
}
