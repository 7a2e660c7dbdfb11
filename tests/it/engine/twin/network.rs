//! The network as the twin sees it: what becomes of a message, cut by cut and harm by harm, each
//! looked up anew.

use super::{Coming, Mail, RELEASED, REST, Twin};
use crate::engine::puppet::Word;
use crate::engine::stage::Note;
use stormseed::conditions::{InFlight, Latency};
use stormseed::engine::Why;
use stormseed::fault::{Action, CutKind, Filter, Harm, Manner};
use stormseed::id::{FaultId, NodeId};
use stormseed::protocol::Words;
use stormseed::schedule::{FateOverride, Override};
use stormseed::time::{Duration, SimTime};

/// What a fault has done to a message on the way; faults by their places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Snag {
    None,
    Cut(usize),
    Spoilt(usize),
    Held(usize),
}

/// What one fault keeps back.
pub struct Pen {
    pub fault: usize,
    pub takes_sent: bool,
    on_the_way: Vec<Kept>,
    sent: Vec<Kept>,
}

#[derive(Clone)]
struct Kept {
    due: SimTime,
    from: u32,
    to: u32,
    word: Word,
    snag: Snag,
}

/// What the faults do to a message.
#[derive(Default)]
struct Toll {
    stopped: Option<(usize, bool)>,
    doubled: bool,
    spoilt_by: Option<usize>,
    held_by: Option<usize>,
    delay: Duration,
    overtaken: bool,
    replays: Vec<(usize, Duration)>,
}

fn constant(latency: Latency) -> Duration {
    match latency {
        Latency::Constant(length) => length,
        other => panic!("the twin has no luck for {other:?}"),
    }
}

impl Twin<'_> {
    fn id(&self, place: usize) -> FaultId {
        self.faults[place].id
    }

    pub(super) fn manner(&self, place: usize) -> Manner {
        let severs = self.faults[place].action.severs();
        severs.map_or_else(Manner::default, |(_, manner)| manner)
    }

    pub(super) fn in_flight(&self, place: usize) -> InFlight {
        self.manner(place).in_flight(self.stage.conditions.network.in_flight)
    }

    pub(super) fn open_pen(&mut self, fault: usize, takes_sent: bool) {
        self.pens.push(Pen { fault, takes_sent, on_the_way: Vec::new(), sent: Vec::new() });
    }

    fn keep(&mut self, fault: usize, kept: Kept, arrived: bool) {
        let Kept { from, to, word, .. } = kept.clone();
        let pen = self.pens.iter_mut().find(|pen| pen.fault == fault).expect("it is open");
        if arrived {
            pen.on_the_way.push(kept);
        } else {
            pen.sent.push(kept);
        }
        let fault = self.id(fault).0;
        let node = if arrived { to } else { from };
        self.row(node as usize, Note::Held { from, to, word, fault, arrived });
    }

    /// Lets go what a fault holds.
    pub(super) fn release(&mut self, fault: usize, for_good: bool) {
        let Some(place) = self.pens.iter().position(|pen| pen.fault == fault) else { return };
        let pen = self.pens.remove(place);
        let arrived = pen.on_the_way.into_iter().map(|kept| (kept, true));
        let sent = pen.sent.into_iter().map(|kept| (kept, false));
        for (Kept { due, from, to, word, mut snag }, has_arrived) in arrived.chain(sent) {
            let cut_by = self.cut_by(NodeId::new(from), NodeId::new(to));
            match cut_by.map(|by| (by, self.in_flight(by))) {
                Some((by, _)) if for_good => snag = Snag::Cut(by),
                Some((by, InFlight::Drop)) => snag = Snag::Cut(by),
                Some((by, InFlight::Hold)) if snag == Snag::None => snag = Snag::Held(by),
                _ => {}
            }
            let is_late = due <= self.now || matches!(snag, Snag::Cut(_));
            let mut at = if is_late { self.now } else { due };
            self.released += u32::from(is_late);
            let order = if is_late { RELEASED + self.released } else { REST };
            // It was sent before all that is still on the link.
            if !has_arrived {
                self.in_order(from, to, &mut at);
            }
            self.queue.push((at, order, Coming::Arrive { from, to, word, snag }));
        }
    }

    /// Who holds a message at its end that this one was to hold.
    fn still_held(&self, by: usize, from: u32, to: u32) -> Option<usize> {
        let is_open = |fault: usize| self.pens.iter().any(|pen| pen.fault == fault);
        let next = || self.cut_by(NodeId::new(from), NodeId::new(to));
        let next = || next().filter(|next| self.in_flight(*next) == InFlight::Hold);
        if is_open(by) { Some(by) } else { next().filter(|next| is_open(*next)) }
    }

    fn in_order(&mut self, from: u32, to: u32, at: &mut SimTime) {
        if self.stage.conditions.network.fifo {
            let next = self.next_on_link.entry((from, to)).or_default();
            *at = (*at).max(*next);
            *next = *at + Duration::from_nanos(1);
        }
    }

    pub(super) fn arrive(&mut self, from: u32, to: u32, word: Word, snag: Snag) {
        let node = to as usize;
        let snag = match snag {
            Snag::Held(by) => self.still_held(by, from, to).map_or(Snag::None, Snag::Held),
            snag => snag,
        };
        match snag {
            Snag::Cut(by) => {
                let why = Why::Cut(self.id(by));
                self.row(node, Note::Dropped { from, to, word, why, arrived: true });
            }
            Snag::Spoilt(by) if self.actors[node].up => {
                let why = Why::Corrupt(self.id(by));
                self.row(node, Note::Dropped { from, to, word, why, arrived: true });
            }
            Snag::Held(by) => {
                let kept = Kept { due: self.now, from, to, word, snag: Snag::None };
                self.keep(by, kept, true);
            }
            _ => self.mail(node, Mail::Word(from, word)),
        }
    }

    /// What the faults in force do to a message, all of which count it.
    fn toll(&mut self, from: NodeId, to: NodeId, word: &Word) -> Toll {
        let mut toll = Toll::default();
        let spared = |core: &Vec<NodeId>| core.contains(&from) && core.contains(&to);
        if !self.spared.as_ref().is_some_and(spared) {
            for (by, struck) in &self.slow {
                let fault = &self.faults[*by];
                if super::storm::closes(&fault.action, struck, from, to) {
                    if let CutKind::Slow(longer) = self.manner(*by).kind {
                        toll.delay = toll.delay + constant(longer);
                    }
                }
            }
        }
        for (by, struck) in self.active.clone() {
            let Action::Messages { filter, harm } = &self.faults[by].action.clone() else {
                continue;
            };
            let is_his = struck.contains(&from) && self.receivers[&by].contains(&to);
            if !is_his || !self.counts(by, filter, word) || filter.chance.is_zero() {
                continue;
            }
            match *harm {
                Harm::Lose => drop(toll.stopped.get_or_insert((by, false))),
                Harm::Duplicate => toll.doubled = true,
                Harm::Corrupt => drop(toll.spoilt_by.get_or_insert(by)),
                Harm::Hold => drop(toll.held_by.get_or_insert(by)),
                Harm::Delay(longer) => toll.delay = toll.delay + constant(longer),
                Harm::Reorder(longer) => {
                    toll.delay = toll.delay + constant(longer);
                    toll.overtaken = true;
                }
                Harm::Replay(later) => toll.replays.push((by, constant(later))),
                Harm::Forge | Harm::Misdeliver => panic!("the twin has no luck for whose it is"),
                Harm::Throttle { spacing, queue } => {
                    let link = (by, from.number(), to.number());
                    let free_at = self.free_at.get(&link).copied().unwrap_or_default();
                    let wait = free_at.since(self.now);
                    if wait.as_nanos() > u64::from(queue) * spacing.as_nanos() {
                        toll.stopped.get_or_insert((by, true));
                    } else {
                        self.free_at.insert(link, self.now + wait + spacing);
                        toll.delay = toll.delay + wait;
                    }
                }
            }
        }
        toll
    }

    /// Whether a message is one of those that a filter counts, and its number is among them.
    fn counts(&mut self, by: usize, filter: &Filter, word: &Word) -> bool {
        let kind = Word::words()[usize::from(word.word())];
        if !filter.words.is_empty() && !filter.words.iter().any(|known| known == kind) {
            return false;
        }
        let seen = self.seen.entry(by).or_default();
        *seen += 1;
        *seen >= filter.first && filter.last.is_none_or(|last| *seen <= last)
    }

    fn fixed(&self, from: u32, to: u32, word: &Word, count: u32) -> Option<FateOverride> {
        self.stage.schedule.overrides.iter().find_map(|fixed| match fixed {
            Override::Fate { from: f, to: t, word: w, nth, fate } => {
                let is_it = f.number() == from && t.number() == to && *nth == count;
                (is_it && w == Word::words()[usize::from(word.word())]).then_some(*fate)
            }
            Override::Draw { .. } | Override::Tie { .. } => None,
        })
    }

    pub(super) fn transmit(&mut self, node: usize, to: u32, word: Word) {
        let from = node as u32;
        let count = self.sent.entry((from, to, word.word())).or_default();
        *count += 1;
        let count = *count;
        let mut toll = self.toll(NodeId::new(from), NodeId::new(to), &word);
        let lost = |twin: &mut Self, why| {
            let word = word.clone();
            twin.row(node, Note::Dropped { from, to, word, why, arrived: false });
        };
        let cut_by = self.cut_by(NodeId::new(from), NodeId::new(to));
        let takes = |by: &usize| self.pens.iter().any(|pen| pen.fault == *by && pen.takes_sent);
        if let Some(by) = cut_by.filter(|by| !takes(by)) {
            return lost(self, Why::Cut(self.id(by)));
        }
        let network = &self.stage.conditions.network;
        let link = network.links.iter().find(|l| l.from.number() == from && l.to.number() == to);
        let usual = constant(link.and_then(|link| link.latency).unwrap_or(network.latency));
        let fixed = self.fixed(from, to, &word, count);
        if fixed.is_some() {
            toll = Toll::default();
        }
        let journeys = match (fixed, toll.stopped) {
            (Some(FateOverride::Lost), _) | (None, Some((_, false))) => {
                return lost(self, Why::Lost);
            }
            (None, Some((by, true))) => return lost(self, Why::Throttled(self.id(by))),
            (Some(FateOverride::Delivered(after)), _) => vec![after],
            (Some(FateOverride::Duplicated(first, second)), _) => vec![first, second],
            (None, None) if toll.doubled => vec![usual + toll.delay, usual],
            (None, None) => vec![usual + toll.delay],
        };
        let is_held = cut_by.or(toll.held_by).is_some();
        for (by, later) in toll.replays.into_iter().filter(|_| !is_held) {
            let (at, word, fault) = (self.now + usual + later, word.clone(), self.id(by).0);
            let after = (usual + later).as_nanos();
            self.row(node, Note::MadeUp { fault, to, word: word.clone(), after });
            let coming = Coming::Arrive { from, to, word, snag: Snag::None };
            self.queue.push((at, REST, coming));
        }
        for (nth, after) in journeys.into_iter().enumerate() {
            let (copy, mut at, word) = (nth == 1, self.now + after, word.clone());
            let spoilt = toll.spoilt_by.filter(|_| !copy).map_or(Snag::None, Snag::Spoilt);
            if let Some(by) = cut_by.or(toll.held_by) {
                self.keep(by, Kept { due: at, from, to, word, snag: spoilt }, false);
                continue;
            }
            if copy || !toll.overtaken {
                self.in_order(from, to, &mut at);
            }
            let after = at.since(self.now).as_nanos();
            self.row(node, Note::Sent { to, word: word.clone(), after, copy });
            self.queue.push((at, REST, Coming::Arrive { from, to, word, snag: spoilt }));
        }
    }
}
