//! The network decides what becomes of a message; it never holds one.

use super::bandwidth::Queues;
use super::luck::{Fate, MessageLuck, WorldLuck};
use super::quality::Qualities;
use crate::conditions::{Latency, Network};
use crate::id::{FaultId, NodeId};
use crate::rng::{Luck64, Ratio, bernoulli, exponential, log_normal, range};
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
    };
    Duration::from_nanos(nanos)
}

/// Standing conditions, what faults add to them, and the memory that FIFO links need.
#[derive(Debug)]
pub(super) struct Weather {
    qualities: Qualities,
    duplication: Ratio,
    fifo: bool,
    losses: Vec<(FaultId, Ratio)>,
    /// What waits before narrow links.
    queues: Queues,
    /// The first instant at which the next message of a link may arrive.
    arrivals: BTreeMap<(NodeId, NodeId), SimTime>,
}

/// A fate, and the fault that has a part in it.
pub(super) struct Decision {
    pub fate: Fate,
    pub tie: u32,
    pub by: Option<FaultId>,
    /// Whether the fate is fixed by hand: it is that of the whole way, whatever lies on it.
    pub is_fixed: bool,
}

/// What becomes of a message on one more link of its way.
pub(super) enum Passage {
    Lost(Option<FaultId>),
    Passed { after: Duration, tie: u32 },
}

impl Weather {
    pub fn new(network: &Network) -> Self {
        Weather {
            qualities: Qualities::new(network),
            duplication: network.duplication,
            fifo: network.fifo,
            losses: Vec::new(),
            queues: Queues::default(),
            arrivals: BTreeMap::new(),
        }
    }

    pub fn add_loss(&mut self, fault: FaultId, chance: Ratio) {
        self.losses.push((fault, chance));
    }

    pub fn end_loss(&mut self, fault: FaultId) {
        self.losses.retain(|(by, _)| *by != fault);
    }

    /// What becomes of a message whose first link, `(from, next)`, is open. Inlined into its one
    /// caller, as what it calls: 5 % of an event.
    #[inline(always)]
    pub fn decide(
        &mut self,
        luck: &mut WorldLuck,
        key: MessageLuck,
        (from, to, kind): (NodeId, NodeId, u16),
        next: NodeId,
    ) -> Decision {
        let mut travel_luck = key.lane(MessageLuck::TRAVEL);
        let tie = travel_luck.clone().next() as u32;
        let (latency, loss) = self.qualities.of(from, next);
        let after = travel(latency, &mut travel_luck);
        let mut by = None;
        let fixed = luck.fixed(from, to, kind);
        let fate = match fixed {
            Some(FateOverride::Lost) => Fate::Lost,
            Some(FateOverride::Delivered(after)) => Fate::Delivered(after),
            Some(FateOverride::Duplicated(first, second)) => Fate::Duplicated(first, second),
            None if self.is_lost(key, loss, &mut by) => Fate::Lost,
            None if self.is_doubled(key) => {
                Fate::Duplicated(after, travel(latency, &mut key.lane(MessageLuck::COPY)))
            }
            None => Fate::Delivered(after),
        };
        Decision { fate, tie, by, is_fixed: fixed.is_some() }
    }

    /// What becomes of a message on a later link of its way.
    pub fn pass(&self, key: MessageLuck, (from, to): (NodeId, NodeId)) -> Passage {
        let mut travel_luck = key.lane(MessageLuck::TRAVEL);
        let tie = travel_luck.clone().next() as u32;
        let (latency, loss) = self.qualities.of(from, to);
        let after = travel(latency, &mut travel_luck);
        let mut by = None;
        if self.is_lost(key, loss, &mut by) {
            return Passage::Lost(by);
        }
        Passage::Passed { after, tie }
    }

    /// How long a message waits before it enters a link; `None` if there is no room for it.
    #[inline(always)]
    pub fn wait(&mut self, from: NodeId, to: NodeId, now: SimTime) -> Option<Duration> {
        if !self.qualities.any_is_narrow() {
            return Some(Duration::ZERO);
        }
        match self.qualities.bandwidth(from, to) {
            Some(bandwidth) => self.queues.wait((from, to), bandwidth, now),
            None => Some(Duration::ZERO),
        }
    }

    #[inline]
    fn is_lost(&self, key: MessageLuck, loss: Ratio, by: &mut Option<FaultId>) -> bool {
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
        let chance = self.duplication;
        !chance.is_zero() && bernoulli(&mut key.lane(MessageLuck::DUPLICATION), chance)
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
