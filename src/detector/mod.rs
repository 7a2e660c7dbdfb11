//! Failure detectors: who seems to be gone. Parts that algorithms embed, and a membership protocol.
//!
//! [`Heartbeat`] and [`PhiAccrual`] watch one node by the messages that come from it. They set no
//! timers and send nothing: whoever embeds one tells it what it hears, and asks it when to lose
//! patience. [`swim`] watches a whole group, and is an algorithm of its own.
//!
//! No detector is right in a network that may be slow: each can only be late or wrong more or less
//! often (Chandra and Toueg, JACM 43(2), 1996). `docs/detectors.md` has how late and how wrong.

mod heartbeat;
mod phi;

pub mod spec;
pub mod swim;

pub use heartbeat::Heartbeat;
pub use phi::{PhiAccrual, PhiSettings};

use crate::time::LocalTime;

/// What watches one node on the clock of another.
pub trait Detector {
    /// Something has come from the node.
    fn hear(&mut self, now: LocalTime);

    /// From when on the node is suspected if nothing more comes from it.
    fn suspects_from(&self) -> LocalTime;

    /// Whether the node is suspected now.
    fn suspects(&self, now: LocalTime) -> bool {
        now >= self.suspects_from()
    }
}
