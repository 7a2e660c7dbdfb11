//! The network decides what becomes of a message; it never holds one.

use super::luck::{Fate, MessageLuck, WorldLuck};
use crate::conditions::{Latency, Network};
use crate::id::{FaultId, NodeId};
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
    network: Network,
    losses: Vec<(FaultId, Ratio)>,
    /// The first instant at which the next message of a link may arrive.
    arrivals: BTreeMap<(NodeId, NodeId), SimTime>,
}

/// A fate, and the fault that has a part in it.
pub(super) struct Decision {
    pub fate: Fate,
    pub tie: u32,
    pub by: Option<FaultId>,
}

impl Weather {
    pub const fn new(network: Network) -> Self {
        Weather { network, losses: Vec::new(), arrivals: BTreeMap::new() }
    }

    pub fn add_loss(&mut self, fault: FaultId, chance: Ratio) {
        self.losses.push((fault, chance));
    }

    pub fn end_loss(&mut self, fault: FaultId) {
        self.losses.retain(|(by, _)| *by != fault);
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
        luck: &mut WorldLuck,
        key: MessageLuck,
        (from, to, kind): (NodeId, NodeId, u16),
    ) -> Decision {
        let mut travel_luck = key.lane(MessageLuck::TRAVEL);
        let tie = travel_luck.clone().next() as u32;
        let plain = self.network.links.is_empty();
        let latency = if plain { self.network.latency } else { self.latency(from, to) };
        let after = travel(latency, &mut travel_luck);
        let mut by = None;
        let fate = match luck.fixed(from, to, kind) {
            Some(FateOverride::Lost) => Fate::Lost,
            Some(FateOverride::Delivered(after)) => Fate::Delivered(after),
            Some(FateOverride::Duplicated(first, second)) => Fate::Duplicated(first, second),
            None if self.is_lost(key, &mut by) => Fate::Lost,
            None if self.is_doubled(key) => {
                Fate::Duplicated(after, travel(latency, &mut key.lane(MessageLuck::COPY)))
            }
            None => Fate::Delivered(after),
        };
        Decision { fate, tie, by }
    }

    #[inline]
    fn is_lost(&self, key: MessageLuck, by: &mut Option<FaultId>) -> bool {
        let loss = self.network.loss;
        if !loss.is_zero() && bernoulli(&mut key.lane(MessageLuck::LOSS), loss) {
            return true;
        }
        for &(fault, chance) in &self.losses {
            let lane = MessageLuck::FAULT + (u64::from(fault.0) << 8);
            if bernoulli(&mut key.lane(lane), chance) {
                *by = Some(fault);
                return true;
            }
        }
        false
    }

    #[inline]
    fn is_doubled(&self, key: MessageLuck) -> bool {
        let chance = self.network.duplication;
        !chance.is_zero() && bernoulli(&mut key.lane(MessageLuck::DUPLICATION), chance)
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
