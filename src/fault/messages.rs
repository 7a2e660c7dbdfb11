//! Harm that comes to single messages: which ones, and what becomes of them.

use super::Target;
use crate::conditions::Latency;
use crate::rng::Ratio;
use crate::time::Duration;
use serde::{Deserialize, Serialize};

/// Which messages a fault harms, of those that its target sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Those of these kinds, by their words; of every kind if none is named.
    pub words: Vec<String>,
    /// Those sent to these nodes; a role is resolved when the fault strikes.
    pub to: Target,
    /// Of what is left, counted from the strike on in the order of sending, those from this one
    /// on: 1 is the first.
    pub first: u64,
    /// ... up to this one; without end if not given.
    pub last: Option<u64>,
    /// The chance of each of these.
    pub chance: Ratio,
}

impl Filter {
    /// Every message, with this chance.
    pub const fn all(chance: Ratio) -> Self {
        Filter { words: Vec::new(), to: Target::All, first: 1, last: None, chance }
    }
}

/// What becomes of a message that a fault harms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Harm {
    /// It is lost.
    Lose,
    /// It arrives twice, the second time after a journey of its own.
    Duplicate,
    /// Its receiver finds it spoilt, and drops it.
    Corrupt,
    /// It takes so much longer. On a FIFO link all that is sent after it waits for it.
    Delay(Latency),
    /// It takes so much longer and loses its place: later ones overtake it, on a FIFO link too.
    Reorder(Latency),
    /// It is kept until the fault ends, and arrives then, in the order of sending.
    Hold,
    /// It waits in a queue of its link, which lets one message out at a time.
    Throttle {
        /// The time from one message to the next.
        spacing: Duration,
        /// How many messages may wait; what comes when the queue is full is lost.
        queue: u32,
    },
    /// It arrives a second time in the name of another of the senders that the fault is about: a
    /// voice for somebody who never spoke.
    Forge,
    /// It arrives also at another of the receivers that the fault is about.
    Misdeliver,
    /// It arrives a second time, so much later: an old message among new ones.
    Replay(Latency),
}

impl Harm {
    /// Whether the network lies with it: what arrives was never sent by whom it names, to whom it
    /// reaches, or not then.
    pub const fn is_lie(&self) -> bool {
        matches!(self, Harm::Forge | Harm::Misdeliver | Harm::Replay(_))
    }
}
