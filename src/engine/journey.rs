//! Messages whose way is longer than a link: every node on it looks anew where they go next.
//!
//! A message moves link by link, because only so does it meet what it would meet: a queue that is
//! full by then, a cut that lies ahead and is gone round, a node that has crashed under it. Each
//! link is an event, and costs as much as any. Its luck is a function of the message's own and of
//! the link, so that a detour leaves the luck on the links that both ways share. What faults do to
//! messages they do once, when one leaves; what they do to links they do on every link.

use super::digest::Tag;
use super::flight::{InFlight, Snag};
use super::keep::Kept;
use super::luck::MessageLuck;
use super::network::Passage;
use super::record::{Flow, Observer, Record, What, Why};
use super::simulation::{Simulation, note};
use crate::id::{FaultId, NodeId};
use crate::protocol::Protocol;
use crate::rng::mix;
use crate::time::SimTime;
use crate::topology::{Links, Routes, Step};
use crate::world::Condition;

/// What tells the luck of a copy from that of its message on the links behind the first.
const COPY: u64 = 0xb7e1_5162_8aed_2a6b;

/// A link on the way of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    pub from: NodeId,
    pub to: NodeId,
    /// The message's own luck.
    pub key: u64,
}

impl Leg {
    /// The luck on this link, for one behind the first.
    pub const fn luck(self) -> MessageLuck {
        MessageLuck(mix(self.key, (self.from.number() as u64) << 32 | self.to.number() as u64))
    }

    /// The same for the second copy of the message.
    pub const fn copy(self) -> Self {
        Leg { key: self.key ^ COPY, ..self }
    }
}

/// The routes of a world where messages are handed on, and who is under way.
#[derive(Debug)]
pub(super) struct Roads {
    routes: Routes,
    /// By the message's slot, for messages whose way is more than the link.
    legs: Vec<Option<Leg>>,
}

impl Roads {
    pub fn new(links: &Links) -> Option<Box<Self>> {
        let routes = Routes::new(links)?;
        Some(Box::new(Roads { routes, legs: Vec::new() }))
    }

    /// The link that a message is on, if that is not its whole way.
    #[inline]
    pub fn leg(&self, slot: u32) -> Option<Leg> {
        self.legs.get(slot as usize).copied().flatten()
    }
}

impl Roads {
    /// The node to which a message is on its way, and a little of what it will need there; see
    /// `Simulation::read_ahead`.
    #[inline]
    pub fn glance(&self, links: &Links, slot: u32, to: NodeId) -> (NodeId, u32) {
        match self.leg(slot) {
            Some(leg) if leg.to != to => (leg.to, self.routes.glance(links, leg.to, to)),
            _ => (to, 0),
        }
    }
}

impl<P: Protocol> Simulation<P> {
    /// Where a message that leaves now goes first, and what keeps it from going anywhere.
    #[inline(always)]
    pub(super) fn first_step(&mut self, from: NodeId, to: NodeId) -> (NodeId, Option<Why>) {
        if self.world.links.is_full_mesh() {
            return (to, self.world.links.cut_by(from, to).map(Why::Cut));
        }
        self.step_from(from, to)
    }

    /// Where a message goes from here, and what keeps it.
    #[inline(never)]
    fn step_from(&mut self, here: NodeId, to: NodeId) -> (NodeId, Option<Why>) {
        let links = &self.world.links;
        let mut cut_by = None;
        if links.has(here, to) {
            cut_by = links.cut_by(here, to);
            if cut_by.is_none() {
                return (to, None);
            }
        }
        let Some(roads) = &mut self.roads else {
            return (to, Some(cut_by.map_or(Why::NoRoute, Why::Cut)));
        };
        match roads.routes.next(links, here, to) {
            Step::To(next) => {
                // It goes round a cut: that is the cut's doing.
                cut_by.into_iter().for_each(|fault| self.plan.acted(fault, 1));
                (next, None)
            }
            Step::CutOff(fault) => (to, Some(Why::Cut(cut_by.unwrap_or(fault)))),
            Step::Nowhere => (to, Some(Why::NoRoute)),
        }
    }

    /// Counts a message that cannot go on.
    pub(super) fn count_stopped(&mut self, why: Why) {
        let (count, by): (&mut u64, Option<FaultId>) = match why {
            Why::Lost => (&mut self.counts.lost, None),
            Why::Cut(fault) => (&mut self.counts.cut, Some(fault)),
            Why::Down => (&mut self.counts.undeliverable, None),
            Why::Corrupt(fault) => (&mut self.counts.corrupted, Some(fault)),
            Why::Throttled(fault) => (&mut self.counts.throttled, Some(fault)),
            Why::NoRoute => (&mut self.counts.unroutable, None),
            Why::Overflow => (&mut self.counts.overflowed, None),
        };
        *count += 1;
        by.into_iter().for_each(|fault| self.plan.acted(fault, 1));
    }

    /// A message is on a link that is not its whole way.
    pub(super) fn set_leg(&mut self, slot: u32, leg: Leg) {
        let roads = self.roads.as_mut().expect("only where messages are handed on do they go on");
        let slot = slot as usize;
        if roads.legs.len() <= slot {
            roads.legs.resize(slot + 1, None);
        }
        roads.legs[slot] = Some(leg);
    }

    /// The link that a message is on.
    pub(super) fn link_of(&self, slot: u32) -> (NodeId, NodeId) {
        if let Some(leg) = self.roads.as_ref().and_then(|roads| roads.leg(slot)) {
            return (leg.from, leg.to);
        }
        let flight = self.messages.get(slot).expect("what is on the way has a place");
        (flight.from, flight.to)
    }

    /// A message has come to the end of a link; it comes back if that is where it is to go.
    #[inline]
    pub(super) fn end_leg<O: Observer<P>>(
        &mut self,
        slot: u32,
        flight: InFlight<P::Message>,
        observer: &mut O,
    ) -> Option<InFlight<P::Message>> {
        let legs = self.roads.as_mut().map(|roads| &mut roads.legs);
        match legs.and_then(|legs| legs.get_mut(slot as usize)?.take()) {
            Some(leg) if leg.to != flight.to => {
                self.hand_on(flight, leg, observer);
                None
            }
            _ => Some(flight),
        }
    }

    /// A node on the way sends a message on, or cannot.
    fn hand_on<O: Observer<P>>(
        &mut self,
        mut flight: InFlight<P::Message>,
        Leg { to: here, key, .. }: Leg,
        observer: &mut O,
    ) {
        self.event();
        let now = self.world.now;
        let (from, to) = (flight.from, flight.to);
        self.digests.head(Tag::Forwarded, now, here, to.number());
        let is_down = self.world.nodes[here.index()].condition == Condition::Down;
        let held = Leg { from: here, to: here, key };
        let step = match flight.snag {
            Some(Snag::Cut(fault)) => Err(Why::Cut(fault)),
            // It waits where it is for as long as the fault lasts that took it on its link.
            Some(Snag::Held(fault)) if self.keep.is_open(fault) => {
                return self.hold(fault, flight, held, observer);
            }
            // Nobody hands it on.
            _ if is_down => Err(Why::NoRoute),
            _ => match self.next_leg(here, to, key) {
                Err(Why::Cut(fault)) if self.keep.takes(fault) => {
                    return self.hold(fault, flight, held, observer);
                }
                step => step,
            },
        };
        match step {
            Err(why) => {
                self.count_stopped(why);
                self.digests.head(Tag::Dropped, now, from, to.number());
                let message = &flight.message;
                let what = What::Dropped { from, to, message, why, arrived: true };
                note!(self, observer, here, what);
            }
            Ok((leg, at, tie)) => {
                self.counts.forwarded += 1;
                let (next, after) = (leg.to, at.since(now));
                let what = What::Forwarded { from, to, message: &flight.message, next, after };
                note!(self, observer, here, what);
                flight.snag = flight.snag.filter(|snag| matches!(snag, Snag::Spoilt(_)));
                self.launch(leg, flight, at, tie);
            }
        }
    }

    /// A fault holds a message on its way; let go, it goes on from where it is.
    fn hold<O: Observer<P>>(
        &mut self,
        fault: FaultId,
        mut flight: InFlight<P::Message>,
        leg: Leg,
        observer: &mut O,
    ) {
        let spoilt_by = match flight.snag.take() {
            Some(Snag::Spoilt(by)) => Some(by),
            _ => None,
        };
        let slot = self.messages.insert(flight);
        self.set_leg(slot, leg);
        let kept = Kept { slot, due: self.world.now, tie: 0, spoilt_by, has_arrived: true };
        self.keep_back(fault, kept, observer);
    }

    /// The next link of a message, when it will be at its end, and its tie there.
    fn next_leg(&mut self, here: NodeId, to: NodeId, key: u64) -> Result<(Leg, SimTime, u32), Why> {
        let now = self.world.now;
        let (next, stopped) = self.step_from(here, to);
        if let Some(why) = stopped {
            return Err(why);
        }
        let leg = Leg { from: here, to: next, key };
        let wait = self.weather.queue(leg, now).ok_or(Why::Overflow)?;
        match self.weather.pass(leg) {
            Passage::Lost => Err(Why::Lost),
            Passage::Passed { after, tie } => {
                if !self.weather.harms.is_idle() {
                    self.weather.harms.acted.iter().for_each(|fault| self.plan.acted(*fault, 1));
                }
                Ok((leg, self.weather.arrival(here, next, now + wait + after), tie))
            }
        }
    }
}
