//! The simulation of one run: the loop that pops, tells, settles and pushes.

use super::agenda::{MESSAGE, PLANNED, SLOT_MASK, STEP_END, TIMER, Ties};
use super::clients::Clients;
use super::counts::Counts;
use super::digest::{Digests, Tag};
use super::flight::InFlight;
use super::gate::Gate;
use super::journey::{Leg, Roads};
use super::keep::Keep;
use super::luck::{DrawLuck, Fate, KeyScheme, MessageLuck, NodeDice, WorldLuck};
use super::network::Weather;
use super::node::{Mail, Node, Slab, Timers};
use super::plan::Plan;
use super::queue::{Entry, Queue};
use super::record::{Flow, Observer, Record, What, Why};
use crate::conditions::{Budgets, Conditions};
use crate::fault_budget::DiskLedger;
use crate::fingerprint::Fingerprint;
use crate::id::{NodeId, hash_name};
use crate::protocol::{Effect, Input, Now, Protocol, Words};
use crate::rng::mix;
use crate::schedule::Schedule;
use crate::time::{Clock, Duration, SimTime};
use crate::topology::Links;
use crate::world::{Condition, World};

/// Everything that a run is a function of.
#[derive(Debug)]
pub struct Setup<P: Protocol> {
    /// The algorithm's settings.
    pub config: P::Config,
    /// The world without faults.
    pub conditions: Conditions,
    /// What shall happen.
    pub schedule: Schedule<P::Command>,
    /// What the nodes' disks hold before the first boot, one each; empty disks if none is given.
    pub disks: Vec<P::Durable>,
    /// The seed of all luck during the run.
    pub seed: u64,
    /// How luck is keyed; anything but the default is for measurement.
    pub keys: KeyScheme,
    /// Whether there are digests of what happens. Without them the run is a little faster, and
    /// cannot be compared with another.
    pub digests: bool,
}

/// After how many events a run asks whether it is to go on: some tens of milliseconds.
pub const A_SLICE: u64 = 1 << 17;

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its time is up.
    Time,
    /// Nothing is left that could happen, not even a timer that was cancelled or set earlier since.
    Quiet,
    /// An observer had seen enough.
    Enough,
    /// It used up a budget: `events`, `pending` or `instant`; or it was `interrupted`.
    Budget(&'static str),
}

/// One universe: nodes, network, clocks, disks, and the queue of what is to come.
///
/// ```
/// use stormseed::engine::{Ended, Setup, Simulation};
/// # use serde::{Deserialize, Serialize};
/// # use stormseed::id::NodeId;
/// # use stormseed::protocol::{Context, Never, Protocol};
/// # use stormseed::schedule::Schedule;
/// # use stormseed::time::{Duration, SimTime};
/// # #[derive(Debug)] struct Pinger;
/// # #[derive(Clone, Debug, Serialize, Deserialize)] enum Ping { Ping }
/// # stormseed::words!(Ping { Ping => "ping" });
/// # impl Protocol for Pinger {
/// #     type Config = (); type Message = Ping; type Timer = (); type Command = Never;
/// #     type Observation = Never; type View = (); type Durable = ();
/// #     fn boot(ctx: &mut Context<'_, Self>) -> Self {
/// #         ctx.set_timer((), Duration::from_millis(10)); Pinger }
/// #     fn on_message(&mut self, _: NodeId, _: Ping, _: &mut Context<'_, Self>) {}
/// #     fn on_timer(&mut self, _: (), ctx: &mut Context<'_, Self>) {
/// #         ctx.send(NodeId::new(1 - ctx.id().number()), Ping::Ping);
/// #         ctx.set_timer((), Duration::from_millis(10)); }
/// #     fn view(&self) {}
/// # }
/// let end = SimTime::from_nanos(1_000_000_000);
/// let setup = Setup::<Pinger>::new((), Schedule::calm(2, end), 42);
/// let mut simulation = Simulation::new(setup);
/// assert_eq!(simulation.run(&mut ()), Ended::Time);
/// assert_eq!(simulation.counts().sent, 200);
/// ```
pub struct Simulation<P: Protocol> {
    pub(super) config: P::Config,
    pub(super) world: World,
    pub(super) nodes: Vec<Node<P>>,
    pub(super) views: Vec<Option<P::View>>,
    pub(super) queue: Queue,
    pub(super) messages: Slab<InFlight<P::Message>>,
    pub(super) keep: Keep,
    pub(super) timers: Timers<P::Timer>,
    pub(super) weather: Weather,
    /// `None` where messages are not handed on.
    pub(super) roads: Option<Box<Roads>>,
    pub(super) luck: WorldLuck,
    pub(super) draws: DrawLuck,
    pub(super) conditions: Conditions,
    pub(super) plan: Plan<P::Command>,
    pub(super) gate: Gate<P>,
    pub(super) clients: Clients,
    pub(super) digests: Digests,
    pub(super) counts: Counts,
    pub(super) enough: bool,
    pub(super) disks: DiskLedger,
    pub(super) disk_seed: u64,
    pub(super) pace_seed: u64,
    pub(super) ties: Ties,
    /// What is on a disk that was never used.
    pub(super) blank_disk: P::Durable,
    effects: Vec<Effect<P>>,
    at_this_instant: u64,
    has_begun: bool,
}

impl<P: Protocol> Setup<P> {
    /// A run under the default conditions.
    pub fn new(config: P::Config, schedule: Schedule<P::Command>, seed: u64) -> Self {
        let conditions = Conditions::default();
        let (disks, keys) = (Vec::new(), KeyScheme::default());
        Setup { config, conditions, schedule, disks, seed, keys, digests: true }
    }
}

/// Tells an observer, and remembers if it has seen enough.
macro_rules! note {
    ($sim:ident, $observer:ident, $node:expr, $what:expr) => {{
        let world = &$sim.world;
        let record = Record { at: world.now, event: world.event, node: $node, what: $what };
        if $observer.on_record(&record, world) == Flow::Enough {
            $sim.enough = true;
        }
    }};
}
pub(super) use note;

impl<P: Protocol> Simulation<P> {
    /// A universe in which nothing has happened yet.
    ///
    /// # Panics
    /// If the schedule names a node that it gives no clock, two faults alike, or a milestone that
    /// is no word of the family; and if there are disks for some nodes only.
    pub fn new(setup: Setup<P>) -> Self {
        let Setup { config, conditions, schedule, disks, seed, keys, digests } = setup;
        let clocks: Vec<Clock> = schedule.clocks.iter().map(|plan| plan.clock()).collect();
        let words = P::Message::words();
        let mut digests = Digests::new(digests);
        digests.plan_is(&schedule);
        let links = Links::new(clocks.len(), &conditions.network.topology);
        if !links.is_full_mesh() {
            digests.plan_is(&conditions.network.topology);
        }
        let all_or_none = disks.is_empty() || disks.len() == clocks.len();
        assert!(all_or_none, "{} disks are given to {} nodes", disks.len(), clocks.len());
        let mut disks = disks.into_iter();
        let mut disk = || disks.next();
        let nodes = (0..clocks.len() as u32).map(|n| Node::new(NodeId::new(n), disk())).collect();
        Simulation {
            config,
            nodes,
            views: vec![None; clocks.len()],
            queue: Queue::default(),
            messages: Slab::new(),
            keep: Keep::default(),
            timers: Timers::new(clocks.len() as u32),
            weather: Weather::new(&conditions.network),
            roads: Roads::new(&links),
            luck: WorldLuck::new(seed, keys, &words, &schedule.overrides),
            draws: DrawLuck::new(seed, keys, &schedule.overrides),
            disks: DiskLedger::new(conditions.disk_budget.clone()),
            conditions,
            gate: Gate::new(&schedule.faults),
            ties: Ties::new(seed, &schedule.overrides),
            clients: Clients::new(&schedule.clients, clocks.len()),
            plan: Plan::new(schedule, &P::Observation::words(), &words, seed),
            digests,
            counts: Counts::default(),
            enough: false,
            disk_seed: mix(seed, hash_name("disk")),
            pace_seed: mix(seed, hash_name("pace")),
            blank_disk: P::Durable::default(),
            effects: Vec::new(),
            at_this_instant: 0,
            has_begun: false,
            world: World::linked(clocks, links),
        }
    }

    /// Lets no more than so many events happen, if the conditions allow more.
    pub fn limit_events(&mut self, most: u64) {
        self.conditions.budgets.events = self.conditions.budgets.events.min(most);
    }

    /// From now on luck is another: of messages, draws, disks and steps. What is planned stays, and
    /// so does the order of timers at one instant.
    pub fn reseed(&mut self, seed: u64) {
        self.luck.reseed(seed);
        self.draws.reseed(seed);
        self.disk_seed = mix(seed, hash_name("disk"));
        self.pace_seed = mix(seed, hash_name("pace"));
    }

    /// Runs to the end of the schedule.
    pub fn run<O: Observer<P>>(&mut self, observer: &mut O) -> Ended {
        let end = self.plan.end();
        self.run_until(end, observer)
    }

    /// Runs to the end of the schedule as long as it is to go on, which is asked every
    /// [`A_SLICE`] events. Who breaks it off uses up its budget.
    pub fn run_while<O: Observer<P>>(
        &mut self,
        goes_on: impl Fn() -> bool,
        observer: &mut O,
    ) -> Ended {
        let budget = self.conditions.budgets.events;
        loop {
            self.conditions.budgets.events = budget.min(self.counts.events + A_SLICE);
            let ended = self.run(observer);
            self.conditions.budgets.events = budget;
            if ended != Ended::Budget("events") || self.counts.events >= budget {
                return ended;
            }
            if !goes_on() {
                return Ended::Budget("interrupted");
            }
        }
    }

    /// Runs until all that happens at or before an instant has happened. It can be called again.
    pub fn run_until<O: Observer<P>>(&mut self, limit: SimTime, observer: &mut O) -> Ended {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.begin(observer);
        }
        let Budgets { events, pending, instant } = self.conditions.budgets;
        loop {
            if self.enough {
                return Ended::Enough;
            }
            if self.queue.wants_window() {
                self.queue.open_window();
                self.read_ahead();
            }
            let mut until = limit;
            if self.plan.is_holding() {
                self.strike_held(false);
                until = self.world.now;
            }
            let Some(entry) = self.queue.pop_until(until) else {
                if self.plan.is_holding() {
                    self.strike_held(true);
                    continue;
                }
                break;
            };
            if entry.time != self.world.now {
                assert!(entry.time > self.world.now, "time never goes back");
                if observer.before(entry.time, &self.world) == Flow::Enough {
                    self.enough = true;
                    self.queue.push(entry); // it has not happened
                    continue;
                }
                self.at_this_instant = 0;
                self.world.now = entry.time;
            }
            self.tell(entry, observer);
            if self.gate.holds_something() {
                self.look_for_service();
            }
            self.at_this_instant += 1;
            if self.at_this_instant > instant {
                return Ended::Budget("instant");
            }
            if self.queue.len() as u64 + self.keep.waiting() > pending {
                return Ended::Budget("pending");
            }
            if self.counts.events >= events {
                return Ended::Budget("events");
            }
        }
        if limit > self.world.now {
            if observer.before(limit, &self.world) == Flow::Enough {
                self.enough = true;
                return Ended::Enough;
            }
            self.world.now = limit;
        }
        if self.queue.len() == 0 { Ended::Quiet } else { Ended::Time }
    }

    fn begin<O: Observer<P>>(&mut self, observer: &mut O) {
        for node in self.world.nodes() {
            self.boot(node, observer);
        }
        self.plan_next();
        self.begin_clients();
    }

    #[inline(always)]
    fn tell<O: Observer<P>>(&mut self, entry: Entry, observer: &mut O) {
        let slot = entry.slot & SLOT_MASK;
        match entry.slot & !SLOT_MASK {
            MESSAGE => self.arrive(slot, observer),
            TIMER => self.surface(slot, entry.time, observer),
            PLANNED => self.strike_planned(slot, observer),
            _ if entry.slot >= STEP_END => {
                self.step_ends(NodeId::new(entry.slot ^ STEP_END), observer);
            }
            _ => self.sync_done(slot, observer),
        }
    }

    /// Begins an event: every step of a node, and every act of the plan, is one.
    #[inline]
    pub(super) fn event(&mut self) {
        self.counts.events += 1;
        self.world.event = self.counts.events;
        self.digests.checkpoint(self.counts.events);
    }

    #[inline(always)]
    fn arrive<O: Observer<P>>(&mut self, slot: u32, observer: &mut O) {
        let mut flight = self.messages.remove(slot).expect("a message arrives once");
        if self.roads.is_some() {
            match self.end_leg(slot, flight, observer) {
                Some(arrived) => flight = arrived,
                None => return, // its way goes on
            }
        }
        if flight.snag.is_some() {
            return self.arrive_in_storm(flight, observer);
        }
        let InFlight { from, to, message, .. } = flight;
        self.hand_over(from, to, message, observer);
    }

    /// A message has arrived.
    #[inline(always)]
    pub(super) fn hand_over<O: Observer<P>>(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: P::Message,
        observer: &mut O,
    ) {
        match self.world.nodes[to.index()].condition {
            Condition::Up if !self.nodes[to.index()].is_busy() => {
                self.deliver(to, from, message, observer);
            }
            Condition::Up | Condition::Paused => self.wait(to, Mail::Message { from, message }),
            Condition::Down => self.undeliverable(from, to, &message, observer),
        }
    }

    /// A message finds its receiver down.
    pub(super) fn undeliverable<O: Observer<P>>(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: &P::Message,
        observer: &mut O,
    ) {
        self.counts.undeliverable += 1;
        self.drop_message((from, to), message, Why::Down, true, observer);
    }

    #[inline(always)]
    pub(super) fn deliver<O: Observer<P>>(
        &mut self,
        to: NodeId,
        from: NodeId,
        message: P::Message,
        observer: &mut O,
    ) {
        self.event();
        self.counts.delivered += 1;
        self.digests.head(Tag::Delivered, self.world.now, to, from.number());
        self.digests.trace.fold_value(&message);
        note!(self, observer, to, What::Delivered { from, message: &message });
        self.step(to, Input::Message { from, message }, observer);
    }

    pub(super) fn drop_message<O: Observer<P>>(
        &mut self,
        (from, to): (NodeId, NodeId),
        message: &P::Message,
        why: Why,
        arrived: bool,
        observer: &mut O,
    ) {
        self.digests.head(Tag::Dropped, self.world.now, from, to.number());
        let node = if arrived { to } else { from };
        note!(self, observer, node, What::Dropped { from, to, message, why, arrived });
    }

    fn surface<O: Observer<P>>(&mut self, slot: u32, at: SimTime, observer: &mut O) {
        let timer = self.timers.at(&mut self.nodes, slot);
        if timer.queued != at {
            return; // an older entry of a timer that was set to an earlier time
        }
        timer.queued = SimTime::MAX;
        if !timer.armed {
            return;
        }
        if timer.due > at {
            self.queue_timer(slot);
            return;
        }
        let (node, _) = self.timers.owner(slot);
        // A node that is down has no timer that is armed.
        if self.is_free(node) {
            self.fire(slot, observer);
        } else {
            self.wait_overdue(slot);
        }
    }

    #[inline]
    pub(super) fn fire<O: Observer<P>>(&mut self, slot: u32, observer: &mut O) {
        let (node, _) = self.timers.owner(slot);
        let timer = self.timers.at(&mut self.nodes, slot);
        timer.armed = false;
        let timer = timer.timer.expect("a timer that was set has a name");
        self.event();
        self.counts.timers += 1;
        self.digests.head(Tag::Fired, self.world.now, node, 0);
        self.digests.trace.fold_value(&timer);
        note!(self, observer, node, What::Fired(timer));
        self.step(node, Input::Timer(timer), observer);
    }

    /// One step of a node: it is told, and what it wants is carried out.
    pub(super) fn step<O: Observer<P>>(&mut self, node: NodeId, input: Input<P>, observer: &mut O) {
        let mut effects = std::mem::take(&mut self.effects);
        let (monotonic, wall) = self.world.nodes[node.index()].clock.read(self.world.now);
        let now = Now { monotonic, wall };
        let own = &mut self.nodes[node.index()];
        let mut luck = NodeDice {
            luck: &mut self.draws,
            counts: &mut own.occurrences,
            node,
            now: self.world.now,
        };
        own.process.step(&self.config, now, &mut luck, input, &mut effects);
        let is_troubled = own.is_troubled();
        let goes_on = is_troubled && self.is_held_up(node, now, &mut effects);
        let is_over = !goes_on && self.settle(node, now, &mut effects, observer);
        self.effects = effects;
        if is_over {
            self.sample_view(node, observer);
        }
        // What it plays is in its memory, whenever the step ends.
        if self.plan.aims.is_watching() {
            self.watch(node);
        }
    }

    #[inline]
    pub(super) fn sample_view<O: Observer<P>>(&mut self, node: NodeId, observer: &mut O) {
        let Some(state) = self.nodes[node.index()].process.state() else { return };
        let view = state.view();
        let last = &mut self.views[node.index()];
        if last.as_ref() != Some(&view) {
            *last = Some(view);
            self.gate.stir();
            let view = last.as_ref().expect("set just now");
            note!(self, observer, node, What::Viewed(view));
        }
    }

    /// Hands a message to the network.
    #[inline]
    pub(super) fn transmit<O: Observer<P>>(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: P::Message,
        observer: &mut O,
    ) {
        self.counts.sent += 1;
        let now = self.world.now;
        let kind = message.word();
        let sender = &mut self.nodes[from.index()].occurrences;
        let key = self.luck.message(now, (from, to, kind), sender, || {
            let mut content = Fingerprint::EMPTY;
            content.fold_value(&message);
            content.value()
        });
        let (next, stopped) = self.first_step(from, to);
        let leg = Leg { from, to: next, key };
        // Most messages meet nothing but the weather, and most of an event is their way.
        if stopped.is_some() || !self.weather.harms.is_idle() || self.luck.fixes_fates() {
            return self.transmit_in_storm(leg, to, message, kind, stopped, observer);
        }
        let fate = self.weather.fate(MessageLuck(key), from, next);
        self.set_out(leg, to, message, fate, true, observer);
    }

    /// A message sets out to its fate, once it has waited where the link is narrow.
    #[inline(always)]
    pub(super) fn set_out<O: Observer<P>>(
        &mut self,
        leg: Leg,
        to: NodeId,
        message: P::Message,
        (fate, tie): (Fate, u32),
        waits: bool,
        observer: &mut O,
    ) {
        let from = leg.from;
        let mut wait = Duration::ZERO;
        if waits && self.weather.any_is_narrow() {
            let Some(length) = self.weather.queue(leg, self.world.now) else {
                self.count_stopped(Why::Overflow);
                return self.drop_message((from, to), &message, Why::Overflow, false, observer);
            };
            wait = length;
        }
        match fate {
            Fate::Lost => {
                self.counts.lost += 1;
                self.drop_message((from, to), &message, Why::Lost, false, observer);
            }
            Fate::Delivered(after) => {
                self.depart(leg, to, message, (wait + after, tie, false), observer);
            }
            Fate::Duplicated(first, second) => {
                self.counts.duplicated += 1;
                self.depart(leg, to, message.clone(), (wait + first, tie, false), observer);
                let tie = tie.wrapping_add(1);
                self.depart(leg.copy(), to, message, (wait + second, tie, true), observer);
            }
        }
    }

    /// A message leaves over its first link.
    #[inline(always)]
    fn depart<O: Observer<P>>(
        &mut self,
        leg: Leg,
        to: NodeId,
        message: P::Message,
        (after, tie, copy): (Duration, u32, bool),
        observer: &mut O,
    ) {
        let (from, next) = (leg.from, leg.to);
        let at = self.weather.arrival(from, next, self.world.now + after);
        let after = at.since(self.world.now);
        note!(self, observer, from, What::Sent { to, message: &message, after, copy });
        self.launch(leg, InFlight { from, to, message, snag: None }, at, tie);
    }

    /// A message is on its way over a link.
    #[inline(always)]
    pub(super) fn launch(&mut self, leg: Leg, flight: InFlight<P::Message>, at: SimTime, tie: u32) {
        let is_whole_way = (leg.from, leg.to) == (flight.from, flight.to);
        let slot = self.messages.insert(flight);
        if !is_whole_way {
            self.set_leg(slot, leg);
        }
        self.queue_message((leg.from, leg.to), slot, at, tie);
    }
}
