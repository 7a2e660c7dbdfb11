//! Faults of messages: how one travels while faults have a say in it, and where it waits.

use crate::conditions::InFlight;
use crate::engine::digest::Tag;
use crate::engine::flight::{InFlight as Flight, Snag};
use crate::engine::harm::{Sieve, Stray, Toll};
use crate::engine::journey::Leg;
use crate::engine::keep::Kept;
use crate::engine::luck::{Fate, MessageLuck};
use crate::engine::record::{Flow, Observer, Record, What, Why};
use crate::engine::simulation::{Simulation, note};
use crate::fault::{Filter, Harm, Target};
use crate::id::{FaultId, NodeId, NodeSet};
use crate::protocol::{Protocol, Words};
use crate::time::Duration;
use crate::world::Condition;

type Link = (NodeId, NodeId);

impl<P: Protocol> Simulation<P> {
    /// From now on messages of these senders, of all if not given, come to harm.
    pub(super) fn harm(
        &mut self,
        fault: FaultId,
        senders: Option<&[NodeId]>,
        filter: &Filter,
        harm: Harm,
    ) {
        let words = P::Message::words();
        let place = |word: &String| words.iter().position(|known| known == word);
        let kinds = filter.words.iter().filter_map(place).map(|kind| kind as u16).collect();
        let senders: Option<NodeSet> = senders.map(|nodes| nodes.iter().copied().collect());
        let is_some = filter.to != Target::All;
        let receivers = is_some.then(|| self.heard_by(fault, &filter.to).into_iter().collect());
        let nodes = self.world.size() as u32;
        let sieve = Sieve::new(filter, kinds, senders, receivers, nodes);
        if harm == Harm::Hold {
            self.keep.open(fault, true);
        }
        self.weather.harms.begin(fault, sieve, harm);
    }

    /// A message leaves across a cut, into faults that harm messages, or to a fate that is fixed by
    /// hand.
    #[cold]
    #[inline(never)]
    pub(in crate::engine) fn transmit_in_storm<O: Observer<P>>(
        &mut self,
        mut leg: Leg,
        to: NodeId,
        message: P::Message,
        kind: u16,
        stopped: Option<Why>,
        observer: &mut O,
    ) {
        let link = (leg.from, to);
        let (luck, key) = (&mut self.luck, MessageLuck(leg.key));
        let of = (leg.from, to, kind);
        let decision = self.weather.decide(self.world.now, luck, key, of, leg.to);
        if decision.is_fixed {
            leg.to = to; // a fate that is fixed by hand is that of the whole way
        }
        if stopped.is_none() && decision.toll.is_none() {
            if leg.to == to {
                self.luck.decide(of, decision.fate);
            }
            let (fate, waits) = ((decision.fate, decision.tie), !decision.is_fixed);
            return self.set_out(leg, to, message, fate, waits, observer);
        }
        let cut_by = match stopped {
            Some(Why::Cut(fault)) if self.keep.takes(fault) => Some(fault),
            Some(why) => {
                if let Why::Cut(fault) = why {
                    self.luck.blame(fault, of, Fate::Lost);
                }
                self.count_stopped(why);
                return self.drop_message(link, &message, why, false, observer);
            }
            None => None,
        };
        let toll = decision.toll.unwrap_or_default();
        let (first, second) = match (decision.fate, toll.stopped) {
            (Fate::Lost, _) => {
                self.counts.lost += 1;
                return self.drop_message(link, &message, Why::Lost, false, observer);
            }
            (_, Some((fault, why))) => {
                self.luck.blame(fault, of, Fate::Lost);
                self.plan.acted(fault, u64::from(why == Why::Lost));
                self.count_stopped(why);
                return self.drop_message(link, &message, why, false, observer);
            }
            (Fate::Delivered(after), None) => (after, None),
            (Fate::Duplicated(first, second), None) => (first, Some(second)),
        };
        if decision.toll.is_some() {
            self.weather.harms.acted.iter().for_each(|fault| self.plan.acted(*fault, 1));
            self.blame(of, toll, (first, second));
        }
        let (now, from) = (self.world.now, leg.from);
        let held_by = cut_by.or(toll.held_by);
        let wait = if held_by.is_some() { None } else { self.weather.wait(&decision, leg, now) };
        if held_by.is_none() && wait.is_none() {
            self.count_stopped(Why::Overflow);
            return self.drop_message(link, &message, Why::Overflow, false, observer);
        }
        // Of what is held there is no copy: nothing has set out.
        if decision.toll.is_some() && held_by.is_none() {
            self.make_up(leg, &message, observer);
        }
        let delay = toll.delay + wait.unwrap_or_default();
        // What is held before a way of several links sets out when it is let go.
        let waits_here = leg.to != to || !self.world.links.has(from, to);
        self.counts.duplicated += u64::from(second.is_some());
        // The copy is made on the way: what the faults do to the message is not done to it, but
        // that neither passes where messages are held.
        let journeys = [Some((first + delay, false)), second.map(|after| (after, true))];
        for (after, copy) in journeys.into_iter().flatten() {
            let tie = decision.tie.wrapping_add(u32::from(copy));
            let spoilt_by = toll.spoilt_by.filter(|_| !copy);
            let leg = if copy { leg.copy() } else { leg };
            let flight = |snag| Flight { from, to, message: message.clone(), snag };
            if let Some(fault) = held_by {
                let slot = self.messages.insert(flight(None));
                let mut due = now + after;
                if waits_here {
                    self.set_leg(slot, Leg { to: from, ..leg });
                    due = now;
                }
                let kept = Kept { slot, due, tie, spoilt_by, has_arrived: false };
                self.keep_back(fault, kept, observer);
                continue;
            }
            let at = match toll.loses_place && !copy {
                true => now + after,
                false => self.weather.arrival(from, leg.to, now + after),
            };
            let what = What::Sent { to, message: &message, after: at.since(now), copy };
            note!(self, observer, from, what);
            self.launch(leg, flight(spoilt_by.map(Snag::Spoilt)), at, tie);
        }
    }

    /// Tells what those faults have done that let a message leave.
    fn blame(
        &mut self,
        of: (NodeId, NodeId, u16),
        toll: Toll,
        (first, second): (Duration, Option<Duration>),
    ) {
        let fate = match (toll.spoilt_by, second) {
            (Some(_), _) => Fate::Lost,
            (None, Some(second)) => Fate::Duplicated(first + toll.delay, second),
            (None, None) => Fate::Delivered(first + toll.delay),
        };
        // When one arrives that is held is not known yet.
        let acted = self.weather.harms.acted.iter().filter(|_| toll.held_by.is_none());
        for fault in toll.spoilt_by.iter().chain(acted) {
            self.luck.blame(*fault, of, fate);
        }
    }

    /// The network makes up copies of a message that leaves: nobody sent them, no cut keeps them
    /// from leaving, and they keep no order on FIFO links.
    fn make_up<O: Observer<P>>(&mut self, leg: Leg, message: &P::Message, observer: &mut O) {
        let now = self.world.now;
        let strays = std::mem::take(&mut self.weather.harms.strays);
        for stray in &strays {
            let Stray { fault, from, to, .. } = *stray;
            let (after, tie) = self.weather.stray_travel(stray, MessageLuck(leg.key));
            self.counts.made_up += 1;
            self.plan.acted(fault, 1);
            note!(self, observer, from, What::MadeUp { fault, to, message, after });
            let flight = Flight { from, to, message: message.clone(), snag: None };
            self.launch(Leg { from, to, key: leg.key }, flight, now + after, tie);
        }
        self.weather.harms.strays = strays;
    }

    /// A message arrives to which a fault has done something.
    #[cold]
    #[inline(never)]
    pub(in crate::engine) fn arrive_in_storm<O: Observer<P>>(
        &mut self,
        flight: Flight<P::Message>,
        observer: &mut O,
    ) {
        let Flight { from, to, message, snag } = flight;
        let snag = match snag {
            Some(Snag::Held(fault)) => self.still_held(fault, (from, to)).map(Snag::Held),
            snag => snag,
        };
        match snag {
            Some(Snag::Cut(fault)) => {
                self.counts.cut += 1;
                self.plan.acted(fault, 1);
                self.drop_message((from, to), &message, Why::Cut(fault), true, observer);
            }
            Some(Snag::Spoilt(fault)) => {
                if self.world.nodes[to.index()].condition == Condition::Down {
                    return self.undeliverable(from, to, &message, observer);
                }
                self.counts.corrupted += 1;
                self.plan.acted(fault, 1);
                self.drop_message((from, to), &message, Why::Corrupt(fault), true, observer);
            }
            Some(Snag::Held(fault)) => {
                let slot = self.messages.insert(Flight { from, to, message, snag: None });
                if self.roads.is_some() {
                    self.set_leg(slot, Leg { from: to, to, key: 0 }); // it has no link to pass
                }
                let due = self.world.now;
                let kept = Kept { slot, due, tie: 0, spoilt_by: None, has_arrived: true };
                self.keep_back(fault, kept, observer);
            }
            Some(Snag::Kept) | None => self.hand_over(from, to, message, observer),
        }
    }

    /// The fault that holds a message at the end of its way which one has struck on it: that one,
    /// or, where that is over, a cut that has closed the link since and holds what is on the way.
    fn still_held(&self, fault: FaultId, (from, to): Link) -> Option<FaultId> {
        if self.keep.is_open(fault) || self.roads.is_some() {
            return Some(fault).filter(|fault| self.keep.is_open(*fault));
        }
        let by = self.world.links.cut_by(from, to)?;
        let holds = self.keep.is_open(by) && self.in_flight(by) == InFlight::Hold;
        holds.then_some(by)
    }

    pub(in crate::engine) fn keep_back<O: Observer<P>>(
        &mut self,
        fault: FaultId,
        kept: Kept,
        observer: &mut O,
    ) {
        let arrived = kept.has_arrived;
        self.counts.held += 1;
        self.plan.acted(fault, 1);
        self.keep.put(fault, kept);
        let flight = self.messages.get_mut(kept.slot).expect("what is kept has a place");
        flight.snag = Some(Snag::Kept);
        let (from, to) = (flight.from, flight.to);
        self.digests.head(Tag::Held, self.world.now, from, to.number());
        let link = self.link_of(kept.slot);
        let flight = self.messages.get(kept.slot).expect("what is kept has a place");
        let what = What::Held { from, to, message: &flight.message, fault, arrived };
        note!(self, observer, if arrived { link.1 } else { link.0 }, what);
    }

    /// What a fault held goes on its way: in the order of sending, at once or when it would have
    /// arrived by itself. Where another cut closes the link by now, it fares as any message that
    /// is on the way across.
    pub(super) fn release(&mut self, fault: FaultId) {
        for kept in self.keep.close(fault) {
            let link = self.link_of(kept.slot);
            let cut_by = self.world.links.cut_by(link.0, link.1);
            let snag = cut_by.and_then(|by| match self.in_flight(by) {
                InFlight::Drop => Some(Snag::Cut(by)),
                InFlight::Hold => Some(Snag::Held(by)),
                InFlight::Deliver => None,
            });
            self.let_go(kept, link, snag);
        }
    }

    /// The storm is over: what faults held goes on its way, and what a cut keeps back for good is
    /// lost.
    pub(super) fn release_for_good(&mut self) {
        for fault in self.keep.faults() {
            for kept in self.keep.close(fault) {
                let link = self.link_of(kept.slot);
                let snag = self.world.links.cut_by(link.0, link.1).map(Snag::Cut);
                self.let_go(kept, link, snag);
            }
        }
    }

    fn let_go(&mut self, kept: Kept, (from, to): Link, snag: Option<Snag>) {
        let now = self.world.now;
        let is_late = matches!(snag, Some(Snag::Cut(_))) || kept.due <= now;
        let (at, tie) = if is_late { (now, self.keep.next_tie()) } else { (kept.due, kept.tie) };
        // What has come to the end of its link was sent before all that is still on it.
        let at = if kept.has_arrived { at } else { self.weather.arrival(from, to, at) };
        let flight = self.messages.get_mut(kept.slot).expect("what is kept has a place");
        flight.snag = match snag {
            Some(Snag::Cut(_)) => snag,
            _ => kept.spoilt_by.map(Snag::Spoilt).or(snag),
        };
        self.queue_message((from, to), kept.slot, at, tie);
    }
}
