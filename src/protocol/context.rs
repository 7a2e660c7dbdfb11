//! What a handler may do: read its clock and its disk, draw, and want effects.

use super::{Durable, Effect, Protocol};
use crate::id::{Label, NodeId};
use crate::time::{Duration, LocalTime, WallTime};
use std::cell::Cell;
use std::ops::RangeInclusive;

/// What a node's two clocks say during a step; time stands still within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// What timers run on.
    pub monotonic: LocalTime,
    /// What the calendar says; it may be wrong, and may jump.
    pub wall: WallTime,
}

/// Which of its clocks a node has read in a step: a clock that is wrong hurts only who reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// [`Context::monotonic`].
    pub monotonic: bool,
    /// [`Context::wall`].
    pub wall: bool,
}

/// Where a node's draws come from: keyed luck in a simulation, an explorer's choice, or the
/// entropy of a real machine.
pub trait NodeLuck {
    /// A uniform value from `low` to `high`, both included.
    fn draw(&mut self, label: Label, low: u64, high: u64) -> u64;
}

/// What a handler sees of the world, and where it leaves what it wants.
pub struct Context<'a, P: Protocol> {
    pub(super) id: NodeId,
    pub(super) now: Now,
    pub(super) reads: &'a Cell<Reads>,
    pub(super) found_torn: bool,
    pub(super) config: &'a P::Config,
    pub(super) durable: &'a mut P::Durable,
    pub(super) luck: &'a mut dyn NodeLuck,
    pub(super) effects: &'a mut Vec<Effect<P>>,
}

impl<'a, P: Protocol> Context<'a, P> {
    /// This node.
    #[inline]
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// The settings, shared by all nodes.
    #[inline]
    pub const fn config(&self) -> &'a P::Config {
        self.config
    }

    /// What this node's monotonic clock says.
    #[inline]
    pub fn monotonic(&self) -> LocalTime {
        self.reads.set(Reads { monotonic: true, ..self.reads.get() });
        self.now.monotonic
    }

    /// What this node's wall clock says.
    #[inline]
    pub fn wall(&self) -> WallTime {
        self.reads.set(Reads { wall: true, ..self.reads.get() });
        self.now.wall
    }

    /// Whether this is a boot that found the last write before the crash torn: what is on disk ends
    /// before it.
    #[inline]
    pub const fn found_torn(&self) -> bool {
        self.found_torn
    }

    /// What is on this node's disk, writes that are not yet synced included.
    #[inline]
    pub const fn durable(&self) -> &P::Durable {
        self.durable
    }

    /// A uniform value of an inclusive range, under a name that a schedule can override.
    ///
    /// # Panics
    /// If the range is empty.
    #[inline]
    pub fn draw(&mut self, label: Label, range: RangeInclusive<u64>) -> u64 {
        assert!(range.start() <= range.end(), "a draw has at least one possible value");
        self.luck.draw(label, *range.start(), *range.end())
    }

    /// A uniform length of time between two, both included.
    #[inline]
    pub fn draw_duration(&mut self, label: Label, range: RangeInclusive<Duration>) -> Duration {
        let nanos = range.start().as_nanos()..=range.end().as_nanos();
        Duration::from_nanos(self.draw(label, nanos))
    }

    /// Writes to disk: visible to this node at once, durable once a later [`Context::sync`] is
    /// done.
    pub fn persist(&mut self, write: <P::Durable as Durable>::Write) {
        self.durable.apply(&write);
        self.effects.push(Effect::Persist(write));
    }

    /// Asks that all writes so far be made durable. What is sent or promised from here on waits.
    pub fn sync(&mut self) {
        self.effects.push(Effect::Sync);
    }

    /// Sends a message, after every sync that was asked for before it.
    #[inline]
    pub fn send(&mut self, to: NodeId, message: P::Message) {
        self.effects.push(Effect::Send { to, message, urgent: false });
    }

    /// Sends a message that does not wait for the disk: for what holds without it, and for mutants.
    pub fn send_now(&mut self, to: NodeId, message: P::Message) {
        self.effects.push(Effect::Send { to, message, urgent: true });
    }

    /// Sends the same message to each of these nodes but to this one itself, in their order.
    pub fn broadcast(&mut self, nodes: impl IntoIterator<Item = NodeId>, message: &P::Message) {
        for to in nodes {
            if to != self.id {
                self.send(to, message.clone());
            }
        }
    }

    /// Sets a timer on the node's own clock, or sets it again.
    #[inline]
    pub fn set_timer(&mut self, timer: P::Timer, after: Duration) {
        self.effects.push(Effect::SetTimer { timer, after });
    }

    /// Forgets a timer; nothing happens if it was not set.
    #[inline]
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.effects.push(Effect::CancelTimer(timer));
    }

    /// Declares a belief, at once.
    #[inline]
    pub fn observe(&mut self, observation: P::Observation) {
        self.effects.push(Effect::Observe(observation));
    }

    /// Declares a promise: it waits for the disk, as the message that carries it does.
    #[inline]
    pub fn promise(&mut self, observation: P::Observation) {
        self.effects.push(Effect::Promise(observation));
    }

    /// Runs another protocol inside this one, on a part of its disk, and lifts what it wants into
    /// this protocol's words. `room` is a buffer to reuse; nothing else is allocated.
    pub fn embed<Q: Protocol, R>(
        &mut self,
        room: &mut Vec<Effect<Q>>,
        lift: &Lift<Q, P>,
        body: impl FnOnce(&mut Context<'_, Q>) -> R,
    ) -> R {
        let mut inner = Context {
            id: self.id,
            now: self.now,
            reads: self.reads,
            found_torn: self.found_torn,
            config: (lift.config)(self.config),
            durable: (lift.durable)(self.durable),
            luck: &mut *self.luck,
            effects: room,
        };
        let answer = body(&mut inner);
        self.effects.extend(room.drain(..).map(|effect| lift.effect(effect)));
        answer
    }
}

/// How a protocol `P` holds a protocol `Q` inside it: where its settings and its part of the disk
/// are, and how its words become `P`'s. Variants' constructors serve as functions.
#[derive(Debug)]
pub struct Lift<Q: Protocol, P: Protocol> {
    /// The inner settings.
    pub config: fn(&P::Config) -> &Q::Config,
    /// The inner part of the disk.
    pub durable: fn(&mut P::Durable) -> &mut Q::Durable,
    /// Wraps a message.
    pub message: fn(Q::Message) -> P::Message,
    /// Wraps a timer.
    pub timer: fn(Q::Timer) -> P::Timer,
    /// Wraps a write.
    pub write: fn(<Q::Durable as Durable>::Write) -> <P::Durable as Durable>::Write,
    /// Wraps an observation.
    pub observation: fn(Q::Observation) -> P::Observation,
}

impl<Q: Protocol, P: Protocol> Lift<Q, P> {
    fn effect(&self, effect: Effect<Q>) -> Effect<P> {
        match effect {
            Effect::Send { to, message, urgent } => {
                Effect::Send { to, message: (self.message)(message), urgent }
            }
            Effect::SetTimer { timer, after } => {
                Effect::SetTimer { timer: (self.timer)(timer), after }
            }
            Effect::CancelTimer(timer) => Effect::CancelTimer((self.timer)(timer)),
            // The inner protocol has already changed its part of the disk.
            Effect::Persist(write) => Effect::Persist((self.write)(write)),
            Effect::Sync => Effect::Sync,
            Effect::Observe(observation) => Effect::Observe((self.observation)(observation)),
            Effect::Promise(observation) => Effect::Promise((self.observation)(observation)),
        }
    }
}
