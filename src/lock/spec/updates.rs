//! The states of a resource as a tree: each was written by somebody who had read another. What the
//! present one descends from is in it; all others are lost.

use super::said::Said;
use super::{LockId, Observation, Version};
use crate::id::NodeId;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// An acknowledged write that the present state does not have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    pub(super) lost: Version,
    /// The word of the client that it was done.
    pub(super) acknowledged: Said,
    /// The write that did not have it.
    pub(super) by: Said,
}

/// What was written to one resource, and what its clients know of it.
#[derive(Clone, Debug, Default)]
struct States {
    /// What the writer of each had read, who it was, and for which request it wrote.
    parents: BTreeMap<Version, (Version, NodeId, u64)>,
    /// All that the present state descends from, and itself.
    present: BTreeSet<Version>,
    latest: Version,
    latest_write: Option<Said>,
    acknowledged: BTreeMap<Version, Said>,
}

impl States {
    /// Whether this wrote over something that its writer had not read. A resource that restarts may
    /// declare again what it had accepted.
    fn write(&mut self, written: Version, of: (Version, NodeId, u64), said: Said) -> bool {
        if self.parents.insert(written, of) == Some(of) {
            return false;
        }
        let (read, ..) = of;
        let overwrites = read != self.latest;
        if overwrites {
            self.present = self.ancestry(read);
        }
        self.present.insert(written);
        self.latest = written;
        self.latest_write = Some(said);
        overwrites
    }

    fn ancestry(&self, of: Version) -> BTreeSet<Version> {
        std::iter::successors(Some(of), |state| {
            // A parent is older, whatever anybody says: so this ends.
            self.parents.get(state).map(|(read, ..)| *read).filter(|read| read < state)
        })
        .collect()
    }

    fn losses(&self) -> impl Iterator<Item = Loss> + '_ {
        let by = self.latest_write.into_iter();
        by.flat_map(move |by| {
            let lost = self.acknowledged.iter().filter(|(state, _)| !self.present.contains(state));
            lost.map(move |(lost, acknowledged)| Loss {
                lost: *lost,
                acknowledged: *acknowledged,
                by,
            })
        })
    }
}

/// What was written under all locks.
#[derive(Clone, Debug, Default)]
pub(super) struct Updates {
    resources: BTreeMap<LockId, States>,
}

impl Updates {
    /// Takes note of what a node declares. Whether something may have been lost by it.
    pub(super) fn hear(&mut self, node: NodeId, said: &Observation, world: &World) -> bool {
        let declared = Said::now(world, node, *said);
        match *said {
            Observation::WriteAccepted { lock, client, request, read, written, .. } => {
                let states = self.resources.entry(lock).or_default();
                states.write(written, (read, client, request), declared)
            }
            Observation::WriteAcknowledged { lock, written, .. } => {
                let states = self.resources.entry(lock).or_default();
                states.acknowledged.insert(written, declared);
                !states.present.contains(&written)
            }
            _ => false,
        }
    }

    /// All that was acknowledged and is not there.
    pub(super) fn losses(&self) -> impl Iterator<Item = Loss> + '_ {
        self.resources.values().flat_map(States::losses)
    }

    /// How many writes were acknowledged.
    pub(super) fn acknowledged(&self) -> u64 {
        self.resources.values().map(|states| states.acknowledged.len() as u64).sum()
    }
}
