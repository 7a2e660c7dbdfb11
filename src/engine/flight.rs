//! A message on the way, and what faults have done to it.

use crate::id::{FaultId, NodeId};

/// A message on the way.
pub(super) struct InFlight<M> {
    pub from: NodeId,
    pub to: NodeId,
    pub message: M,
    /// What a fault has done to it.
    pub snag: Option<Snag>,
}

/// What becomes of a message on the way, by which fault.
#[derive(Clone, Copy, Debug)]
pub(super) enum Snag {
    /// A cut has taken it.
    Cut(FaultId),
    /// It arrives spoilt.
    Spoilt(FaultId),
    /// It is held when it arrives, if the fault is in force by then.
    Held(FaultId),
    /// It waits in the keep, and no entry of the queue stands for it.
    Kept,
}
