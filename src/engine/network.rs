//! The network decides what becomes of a message; it never holds one.

use super::bandwidth::Queues;
use super::harm::{Harms, Stray, Toll};
use super::journey::Leg;
use super::luck::{Fate, MessageLuck, WorldLuck};
use super::quality::Qualities;
use crate::conditions::{Latency, Network};
use crate::id::NodeId;
use crate::rng::{Luck64, Ratio, bernoulli, exponential, log_normal, log_uniform, range};
use crate::schedule::FateOverride;
use crate::time::{Duration, SimTime};
use std::collections::BTreeMap;

/// A time drawn as the distribution says.
#[inline(always)]
pub(super) fn travel(latency: Latency, luck: &mut impl Luck64) -> Duration {
    let nanos = match latency {
        Latency::Constant(length) => return length,
        Latency::Uniform { min, max } => range(luck, min.as_nanos()..=max.as_nanos()),
        Latency::Exponential { min, mean } => {
            let rest = exponential(luck, mean.saturating_sub(min).as_nanos());
            min.as_nanos().saturating_add(rest)
        }
        Latency::LogNormal { median, sigma_ppm } => log_normal(luck, median.as_nanos(), sigma_ppm),
        Latency::LogUniform { min, max } => log_uniform(luck, min.as_nanos()..=max.as_nanos()),
    };
    Duration::from_nanos(nanos)
}

/// Standing conditions, what faults add to them, and the memory that FIFO links need.
#[derive(Debug)]
pub(super) struct Weather {
    qualities: Qualities,
    duplication: Ratio,
    fifo: bool,
    /// What waits before narrow links.
    queues: Queues,
    /// The faults that do something to messages.
    pub harms: Harms,
    /// The first instant at which the next message of a link may arrive.
    arrivals: BTreeMap<(NodeId, NodeId), SimTime>,
}

/// A fate, and what faults do to it.
pub(super) struct Decision {
    pub fate: Fate,
    pub tie: u32,
    pub toll: Option<Toll>,
    /// Whether the fate is fixed by hand: it is that of the whole way, whatever lies on it.
    pub is_fixed: bool,
}

/// What becomes of a message on one more link of its way.
pub(super) enum Passage {
    Lost,
    Passed { after: Duration, tie: u32 },
}

impl Weather {
    pub fn new(network: &Network) -> Self {
        Weather {
            qualities: Qualities::new(network),
            duplication: network.duplication,
            fifo: network.fifo,
            queues: Queues::default(),
            harms: Harms::default(),
            arrivals: BTreeMap::new(),
        }
    }

    /// Whether there is a link before which messages wait.
    #[inline(always)]
    pub const fn any_is_narrow(&self) -> bool {
        self.qualities.any_is_narrow()
    }

    /// What the weather makes of a message whose first link, `(from, next)`, is open, and its tie.
    #[inline(always)]
    pub fn fate(&self, key: MessageLuck, from: NodeId, next: NodeId) -> (Fate, u32) {
        let mut luck = key.lane(MessageLuck::TRAVEL);
        let tie = luck.clone().next() as u32;
        let (latency, loss) = self.qualities.of(from, next);
        let after = travel(latency, &mut luck);
        if is_lost(key, loss) {
            return (Fate::Lost, tie);
        }
        let chance = self.duplication;
        if !chance.is_zero() && bernoulli(&mut key.lane(MessageLuck::DUPLICATION), chance) {
            let second = travel(latency, &mut key.lane(MessageLuck::COPY));
            return (Fate::Duplicated(after, second), tie);
        }
        (Fate::Delivered(after), tie)
    }

    /// The same where faults, or what is fixed by hand, have a say as well.
    pub fn decide(
        &mut self,
        now: SimTime,
        luck: &mut WorldLuck,
        key: MessageLuck,
        (from, to, kind): (NodeId, NodeId, u16),
        next: NodeId,
    ) -> Decision {
        let (fate, tie) = self.fate(key, from, next);
        let mut toll = None;
        if !self.harms.is_idle() {
            toll = self.harms.judge(now, key, (from, to, kind), next);
        }
        let fixed = luck.fixed(from, to, kind);
        let fate = match (fixed.fate, fate) {
            (Some(fixed), _) => {
                toll = None; // what is fixed by hand wins over the harm that faults do
                match fixed {
                    FateOverride::Lost => Fate::Lost,
                    FateOverride::Delivered(after) => Fate::Delivered(after),
                    FateOverride::Duplicated(first, second) => Fate::Duplicated(first, second),
                }
            }
            (None, Fate::Delivered(after)) => match toll.and_then(|toll| toll.doubled_by) {
                Some(fault) => {
                    self.harms.acted.push(fault);
                    let (latency, _) = self.qualities.of(from, next);
                    Fate::Duplicated(after, travel(latency, &mut key.lane(MessageLuck::COPY)))
                }
                None => fate,
            },
            (None, fate) => fate,
        };
        Decision { fate, tie: fixed.tie.unwrap_or(tie), toll, is_fixed: fixed.fate.is_some() }
    }

    /// What becomes of a message on a later link of its way.
    pub fn pass(&mut self, leg: Leg) -> Passage {
        let (key, link) = (leg.luck(), (leg.from, leg.to));
        let mut travel_luck = key.lane(MessageLuck::TRAVEL);
        let tie = travel_luck.clone().next() as u32;
        let (latency, loss) = self.qualities.of(link.0, link.1);
        let after = travel(latency, &mut travel_luck);
        let mut delay = Duration::ZERO;
        if !self.harms.is_idle() {
            delay = self.harms.delay(key, link);
        }
        if is_lost(key, loss) {
            Passage::Lost
        } else {
            Passage::Passed { after: after + delay, tie }
        }
    }

    /// How long a message waits before it leaves over its first link; `None` if there is no room
    /// for it. What is fixed by hand waits for nothing.
    pub fn wait(&mut self, decision: &Decision, leg: Leg, now: SimTime) -> Option<Duration> {
        if !self.qualities.any_is_narrow() || decision.is_fixed {
            return Some(Duration::ZERO);
        }
        self.queue(leg, now)
    }

    /// How long a message waits before it enters a link; `None` if there is no room for it.
    pub fn queue(&mut self, leg: Leg, now: SimTime) -> Option<Duration> {
        match self.qualities.bandwidth(leg.from, leg.to) {
            Some(bandwidth) => self.queues.wait((leg.from, leg.to), bandwidth, now),
            None => Some(Duration::ZERO),
        }
    }

    /// How long a copy that is made up travels, and its tie.
    pub fn stray_travel(&self, stray: &Stray, key: MessageLuck) -> (Duration, u32) {
        let (latency, _) = self.qualities.of(stray.from, stray.to);
        let mut luck = key.lane(stray.lane);
        let tie = luck.clone().next() as u32;
        (travel(latency, &mut luck) + stray.delay, tie)
    }

    /// When a message arrives: on a FIFO link, not before what was sent before it.
    #[inline(always)]
    pub fn arrival(&mut self, from: NodeId, to: NodeId, at: SimTime) -> SimTime {
        if !self.fifo {
            return at;
        }
        let next = self.arrivals.entry((from, to)).or_default();
        let at = at.max(*next);
        *next = at + Duration::from_nanos(1);
        at
    }
}

#[inline]
fn is_lost(key: MessageLuck, loss: Ratio) -> bool {
    !loss.is_zero() && bernoulli(&mut key.lane(MessageLuck::LOSS), loss)
}
