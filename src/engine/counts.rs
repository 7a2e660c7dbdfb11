//! What is counted in every run, whoever watches.

use serde::Serialize;

/// What was counted during a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Events, of every kind.
    pub events: u64,
    /// Messages that nodes sent, copies not counted.
    pub sent: u64,
    /// Messages that nodes were told, copies included.
    pub delivered: u64,
    /// Messages lost by chance.
    pub lost: u64,
    /// Messages that a cut kept back.
    pub cut: u64,
    /// Messages to nodes that were down, or on their way over one.
    pub undeliverable: u64,
    /// Second copies.
    pub duplicated: u64,
    /// Copies that the network made up: in another's name, at another node, or long after.
    pub made_up: u64,
    /// Messages that their receivers found spoilt.
    pub corrupted: u64,
    /// Messages that found the queue of their link full.
    pub throttled: u64,
    /// Messages that a fault held back; what it held may arrive later.
    pub held: u64,
    /// Messages for which there was no way, cuts apart.
    pub unroutable: u64,
    /// Messages that found the queue of a link full that is narrow without a fault.
    pub overflowed: u64,
    /// How often a message was handed on by a node on its way.
    pub forwarded: u64,
    /// Timers that came due.
    pub timers: u64,
    /// Boots, first ones included.
    pub boots: u64,
    /// Commands that nodes were given.
    pub commanded: u64,
    /// Commands that nobody heard: their node was down, or nobody played their role.
    pub unheard: u64,
    /// Commands whose client had its answer.
    pub answered: u64,
    /// Commands whose client waited in vain.
    pub given_up: u64,
}
