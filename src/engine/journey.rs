//! Messages whose way is longer than a link: every node on it looks anew where they go next.
//!
//! A message moves link by link, because only so does it meet what it would meet: a queue that is
//! full by then, a cut that lies ahead and is gone round, a node that has crashed under it. Each
//! link is an event, and costs as much as any. Its luck is a function of the message's own and of
//! the link, so that a detour leaves the luck on the links that both ways share.

use super::digest::Tag;
use super::luck::MessageLuck;
use super::network::Passage;
use super::record::{Flow, Observer, Record, What, Why};
use super::simulation::{InFlight, Simulation, note};
use crate::id::NodeId;
use crate::protocol::Protocol;
use crate::rng::mix;
use crate::time::SimTime;
use crate::topology::{Links, Routes, Step};
use crate::world::Condition;

/// The link that a message is on, for one that goes on behind it or comes from before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    pub from: NodeId,
    pub to: NodeId,
    /// The message's own luck.
    pub key: u64,
}

impl Leg {
    const fn luck(self) -> MessageLuck {
        MessageLuck(mix(self.key, (self.from.number() as u64) << 32 | self.to.number() as u64))
    }
}

/// The routes of a world where messages are handed on, and who is under way.
#[derive(Debug)]
pub(super) struct Roads {
    routes: Routes,
    /// By the message's slot.
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

    #[inline]
    fn take(&mut self, slot: u32) -> Option<Leg> {
        self.legs.get_mut(slot as usize)?.take()
    }

    fn set(&mut self, slot: u32, leg: Leg) {
        let slot = slot as usize;
        if self.legs.len() <= slot {
            self.legs.resize(slot + 1, None);
        }
        self.legs[slot] = Some(leg);
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
        let has_link = links.has(here, to);
        let cut_by = if has_link { links.cut_by(here, to) } else { None };
        if has_link && cut_by.is_none() {
            return (to, None);
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
        match why {
            Why::Cut(fault) => {
                self.counts.cut += 1;
                self.plan.acted(fault, 1);
            }
            Why::Lost => self.counts.lost += 1,
            Why::Down => self.counts.undeliverable += 1,
            Why::NoRoute => self.counts.unroutable += 1,
            Why::Overflow => self.counts.overflowed += 1,
        }
    }

    /// A message has left over a link behind which its way goes on.
    #[inline]
    pub(super) fn set_out(&mut self, slot: u32, leg: Leg) {
        let roads = self.roads.as_mut().expect("only where messages are handed on do they go on");
        roads.set(slot, leg);
    }

    /// A message has come to the end of a link; it comes back if that is where it is to go.
    #[inline]
    pub(super) fn end_leg<O: Observer<P>>(
        &mut self,
        slot: u32,
        flight: InFlight<P::Message>,
        observer: &mut O,
    ) -> Option<InFlight<P::Message>> {
        match self.roads.as_mut().and_then(|roads| roads.take(slot)) {
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
        flight: InFlight<P::Message>,
        Leg { to: here, key, .. }: Leg,
        observer: &mut O,
    ) {
        self.event();
        let now = self.world.now;
        let (from, to) = (flight.from, flight.to);
        self.digests.head(Tag::Forwarded, now, here, to.number());
        let stopped = match flight.cut_by {
            Some(fault) => Err(Why::Cut(fault)),
            None if self.world.nodes[here.index()].condition == Condition::Down => Err(Why::Down),
            None => self.next_leg(here, to, key),
        };
        match stopped {
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
                let slot = self.launch((here, next), flight, at, tie);
                self.set_out(slot, leg);
            }
        }
    }

    /// The next link of a message, when it will be at its end, and its tie there.
    fn next_leg(&mut self, here: NodeId, to: NodeId, key: u64) -> Result<(Leg, SimTime, u32), Why> {
        let now = self.world.now;
        let (next, stopped) = self.step_from(here, to);
        let leg = Leg { from: here, to: next, key };
        if let Some(why) = stopped {
            return Err(why);
        }
        let wait = self.weather.wait(here, next, now).ok_or(Why::Overflow)?;
        match self.weather.pass(leg.luck(), (here, next)) {
            Passage::Lost(by) => {
                by.into_iter().for_each(|fault| self.plan.acted(fault, 1));
                Err(Why::Lost)
            }
            Passage::Passed { after, tie } => {
                let at = self.weather.arrival(here, next, now + wait + after);
                Ok((leg, at, tie))
            }
        }
    }
}
