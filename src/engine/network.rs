//! The network decides what becomes of a message; it never holds one.

use super::harm::{Harms, Toll};
use super::luck::{Fate, MessageLuck, WorldLuck};
use crate::conditions::{Latency, Network};
use crate::id::NodeId;
use crate::rng::{Luck64, bernoulli, exponential, log_normal, log_uniform, range};
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
    network: Network,
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
}

impl Weather {
    pub fn new(network: Network) -> Self {
        Weather { network, harms: Harms::default(), arrivals: BTreeMap::new() }
    }

    fn latency(&self, from: NodeId, to: NodeId) -> Latency {
        let own = self.network.links.iter().find(|link| link.from == from && link.to == to);
        own.map_or(self.network.latency, |link| link.latency)
    }

    /// What becomes of a message whose link is open. Inlined into its one caller, as what it calls:
    /// 5 % of an event.
    #[inline(always)]
    pub fn decide(
        &mut self,
        now: SimTime,
        luck: &mut WorldLuck,
        key: MessageLuck,
        (from, to, kind): (NodeId, NodeId, u16),
    ) -> Decision {
        let mut travel_luck = key.lane(MessageLuck::TRAVEL);
        let tie = travel_luck.clone().next() as u32;
        let plain = self.network.links.is_empty();
        let latency = if plain { self.network.latency } else { self.latency(from, to) };
        let after = travel(latency, &mut travel_luck);
        let is_idle = self.harms.is_idle();
        let mut toll = if is_idle { None } else { self.harms.judge(now, key, (from, to, kind)) };
        let fate = match luck.fixed(from, to, kind) {
            Some(fixed) => {
                toll = None; // what is fixed by hand wins over the harm that faults do
                match fixed {
                    FateOverride::Lost => Fate::Lost,
                    FateOverride::Delivered(after) => Fate::Delivered(after),
                    FateOverride::Duplicated(first, second) => Fate::Duplicated(first, second),
                }
            }
            None if self.is_lost(key) => Fate::Lost,
            None if self.is_doubled(key, &toll) => {
                Fate::Duplicated(after, travel(latency, &mut key.lane(MessageLuck::COPY)))
            }
            None => Fate::Delivered(after),
        };
        Decision { fate, tie, toll }
    }

    #[inline]
    fn is_lost(&self, key: MessageLuck) -> bool {
        let loss = self.network.loss;
        !loss.is_zero() && bernoulli(&mut key.lane(MessageLuck::LOSS), loss)
    }

    #[inline]
    fn is_doubled(&mut self, key: MessageLuck, toll: &Option<Toll>) -> bool {
        let chance = self.network.duplication;
        if !chance.is_zero() && bernoulli(&mut key.lane(MessageLuck::DUPLICATION), chance) {
            return true;
        }
        match toll.and_then(|toll| toll.doubled_by) {
            Some(fault) => {
                self.harms.acted.push(fault);
                true
            }
            None => false,
        }
    }

    /// When a message arrives: on a FIFO link, not before what was sent before it.
    #[inline(always)]
    pub fn arrival(&mut self, from: NodeId, to: NodeId, at: SimTime) -> SimTime {
        if !self.network.fifo {
            return at;
        }
        let next = self.arrivals.entry((from, to)).or_default();
        let at = at.max(*next);
        *next = at + Duration::from_nanos(1);
        at
    }
}
