//! The record that candidates compete for, and its versions.

use crate::election::spec::Term;
use crate::id::NodeId;
use crate::protocol::Durable;
use crate::time::{Duration, WallTime};
use serde::{Deserialize, Serialize};

/// Who holds a record: one life of one candidate. A restarted one is another, as it is in
/// Kubernetes, where a process adds something unique to the name of its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The candidate.
    pub node: NodeId,
    /// Its life.
    pub life: u64,
}

/// What the record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Who leads; nobody if the last leader has released it.
    pub holder: Option<Holder>,
    /// How long others must see it unchanged before they may take it.
    pub lease_duration: Duration,
    /// When the holder acquired it, on the holder's wall clock.
    pub acquire_time: WallTime,
    /// When the holder last renewed it, on the holder's wall clock.
    pub renew_time: WallTime,
    /// How often it has passed from one holder to another.
    pub transitions: u64,
}

impl Record {
    /// The reign of its holder.
    pub const fn term(&self) -> Term {
        Term(self.transitions + 1)
    }

    /// Whether this candidate in this life holds it.
    pub fn is_held_by(&self, holder: Holder) -> bool {
        self.holder == Some(holder)
    }
}

/// How often the record has been written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

/// The record, if there is one yet, and its version: what the store keeps on its disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned {
    /// How often it has been written.
    pub version: Version,
    /// What it says.
    pub record: Option<Record>,
}

impl Versioned {
    /// What stands there when this is written next.
    pub const fn followed_by(self, record: Record) -> Versioned {
        Versioned { version: Version(self.version.0 + 1), record: Some(record) }
    }
}

impl Durable for Versioned {
    type Write = Versioned;

    fn apply(&mut self, written: &Versioned) {
        *self = *written;
    }
}
