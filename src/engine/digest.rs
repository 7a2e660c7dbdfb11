//! The three digests of a run and the checkpoints of its trace.

use crate::fingerprint::Fingerprint;
use crate::id::NodeId;
use crate::time::SimTime;
use serde::Serialize;

/// How many checkpoints are kept before every second one is let go.
const CHECKPOINTS: usize = 1024;

/// What kind of record a head word opens. The numbers are frozen.
#[derive(Clone, Copy)]
pub(super) enum Tag {
    Delivered = 1,
    Fired = 2,
    Commanded = 3,
    Synced = 4,
    Booted = 5,
    Crashed = 6,
    Paused = 7,
    Resumed = 8,
    Sent = 9,
    Dropped = 10,
    Persisted = 11,
    Observed = 12,
    Struck = 13,
    Ended = 14,
    Healed = 15,
    Answered = 16,
    GaveUp = 17,
    Held = 24,
    Flapped = 25,
    Turned = 28,
    Torn = 29,
    Forwarded = 30,
}

/// A digest of what happens, or none where it is switched off.
#[derive(Clone, Debug)]
pub(super) struct Rolling {
    digest: Fingerprint,
    is_on: bool,
}

impl Rolling {
    const fn new(is_on: bool) -> Self {
        Rolling { digest: Fingerprint::EMPTY, is_on }
    }

    #[inline(always)]
    pub const fn fold(&mut self, word: u64) {
        if self.is_on {
            self.digest.fold(word);
        }
    }

    #[inline(always)]
    const fn fold2(&mut self, a: u64, b: u64) {
        if self.is_on {
            self.digest.fold2(a, b);
        }
    }

    #[inline(always)]
    pub fn fold_value<T: Serialize>(&mut self, value: &T) {
        if self.is_on {
            self.digest.fold_value(value);
        }
    }

    const fn value(&self) -> Option<Fingerprint> {
        if self.is_on { Some(self.digest) } else { None }
    }
}

/// Plan (what was scheduled), milestones (what was observed, without times) and trace (all).
#[derive(Clone, Debug)]
pub struct Digests {
    plan: Fingerprint,
    milestones: Rolling,
    pub(super) trace: Rolling,
    every: u64,
    checkpoints: Vec<u64>,
}

impl Digests {
    /// The digests of what happens are kept only if they are on; that of the plan always is.
    pub(super) fn new(is_on: bool) -> Self {
        Digests {
            plan: Fingerprint::EMPTY,
            milestones: Rolling::new(is_on),
            trace: Rolling::new(is_on),
            every: 64,
            checkpoints: Vec::with_capacity(CHECKPOINTS),
        }
    }

    pub(super) fn plan_is<T: Serialize>(&mut self, plan: &T) {
        self.plan.fold_value(plan);
    }

    /// Opens a record: its kind and time, and two nodes or a node and a small number.
    #[inline(always)]
    pub(super) const fn head(&mut self, tag: Tag, at: SimTime, node: NodeId, other: u32) {
        let first = at.as_nanos() | (tag as u64) << 59;
        self.trace.fold2(first, (node.number() as u64) << 32 | other as u64);
    }

    #[inline]
    pub(super) fn observed<T: Serialize>(&mut self, node: NodeId, observation: &T) {
        self.milestones.fold(u64::from(node.number()));
        self.milestones.fold_value(observation);
    }

    /// Keeps the trace digest after every 2^k events, k growing so that the list stays short.
    #[inline(always)]
    pub(super) fn checkpoint(&mut self, event: u64) {
        if event & (self.every - 1) == 0 && self.trace.is_on {
            self.keep();
        }
    }

    #[cold]
    fn keep(&mut self) {
        self.checkpoints.push(self.trace.digest.value());
        if self.checkpoints.len() == CHECKPOINTS {
            let mut nth = 0;
            self.checkpoints.retain(|_| {
                nth += 1;
                nth % 2 == 0
            });
            self.every *= 2;
        }
    }

    /// The digest of the schedule.
    pub const fn plan(&self) -> Fingerprint {
        self.plan
    }

    /// The digest of all observations in order, without their times: what is compared across
    /// changes of the code. `None` if digests are switched off.
    pub const fn milestones(&self) -> Option<Fingerprint> {
        self.milestones.value()
    }

    /// The digest of everything: what identical means. `None` if digests are switched off.
    pub const fn trace(&self) -> Option<Fingerprint> {
        self.trace.value()
    }

    /// How many events lie between two checkpoints, and the trace digest at each.
    pub fn checkpoints(&self) -> (u64, &[u64]) {
        (self.every, &self.checkpoints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_stay_few_and_evenly_spaced() {
        let mut digests = Digests::new(true);
        for event in 1..=1_000_000u64 {
            digests.trace.fold(event);
            digests.checkpoint(event);
        }
        let (every, kept) = digests.checkpoints();
        assert!(kept.len() < CHECKPOINTS && every.is_power_of_two());
        assert_eq!(kept.len() as u64, 1_000_000 / every);
    }
}
