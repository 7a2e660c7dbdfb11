//! The words of the lock family: what its clients, servers and resources declare, and what they
//! show of themselves.

mod said;

mod service;

mod beliefs;
mod mutual_exclusion;

mod fifo;
mod no_wait_cycle;
mod one_token;

mod owner_only;
mod tokens_grow;

mod fenced_effect;
mod no_lost_update;
mod updates;

mod lying_observer;
mod tenure;

#[cfg(test)]
mod court;

pub use fenced_effect::FencedEffect;
pub use fifo::Fifo;
pub use lying_observer::LyingObserver;
pub use mutual_exclusion::MutualExclusion;
pub use no_lost_update::NoLostUpdate;
pub use no_wait_cycle::NoWaitCycle;
pub use one_token::OneToken;
pub use owner_only::OwnerOnly;
pub use service::{LockProgress, RequestServed, WaiterServed};
pub use tenure::Tenure;
pub use tokens_grow::TokensGrow;

use crate::id::NodeId;
use serde::{Deserialize, Serialize};

/// Which lock: algorithms that know only one call it 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct LockId(pub u32);

impl std::fmt::Display for LockId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "lock {}", self.0)
    }
}

/// A fencing token: the number of a grant. Of two grants of a lock the later has the higher.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Token(pub u64);

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A state of a protected resource, numbered in the order in which they are written; 0 is the
/// first of all. Each is written by somebody who has read another, and holds what that held.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub u64);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A request as logical clocks order it: by its time, and by its node where times are equal
/// (Lamport 1978).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// Its time, on the logical clock of its node.
    pub clock: u64,
    /// Whose request it is.
    pub node: NodeId,
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.clock, self.node)
    }
}

/// How a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// Somebody asked for it.
    Release {
        /// Who asked: the owner, if all is well.
        by: NodeId,
        /// Which request it wanted to be released.
        request: u64,
    },
    /// It was not renewed in time, as the authority's clock has it.
    Expiry,
}

/// What a node of a lock declares. A request is a number of its client's own: it grows while the
/// client lives, and another life does not use it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observation {
    /// Belief of a client: it wants the lock, and waits.
    Requested {
        /// Which lock.
        lock: LockId,
        /// The client's number.
        request: u64,
    },
    /// Belief of a client: it holds the lock from now on.
    Acquired {
        /// Which lock.
        lock: LockId,
        /// The client's number.
        request: u64,
        /// The token of the grant, where the algorithm has tokens.
        token: Option<Token>,
    },
    /// Belief of a client: it no longer holds the lock, by its own will.
    Released {
        /// Which lock.
        lock: LockId,
        /// The client's number.
        request: u64,
    },
    /// Belief of a client: it no longer holds the lock, for its lease is over by its own clock, or
    /// it was told so.
    Lost {
        /// Which lock.
        lock: LockId,
        /// The client's number.
        request: u64,
    },
    /// Belief of a client: it no longer waits.
    Abandoned {
        /// Which lock.
        lock: LockId,
        /// The client's number.
        request: u64,
    },
    /// Promise of an authority: it granted the lock.
    Granted {
        /// Which lock.
        lock: LockId,
        /// To whom.
        client: NodeId,
        /// For which of its requests.
        request: u64,
        /// The token of the grant, where the algorithm has tokens.
        token: Option<Token>,
    },
    /// Promise of an authority: this grant lasts longer.
    GrantExtended {
        /// Which lock.
        lock: LockId,
        /// Whose grant it is.
        client: NodeId,
        /// For which request it was made.
        request: u64,
        /// Who asked for more time: the owner, if all is well.
        by: NodeId,
        /// For which request it asked.
        asked_for: u64,
    },
    /// Promise of an authority: this grant is over.
    GrantEnded {
        /// Which lock.
        lock: LockId,
        /// Whose grant it was.
        client: NodeId,
        /// For which request it was made.
        request: u64,
        /// Why it is over.
        ended: Ended,
    },
    /// Promise of a resource: it has a new state.
    WriteAccepted {
        /// The lock that protects it.
        lock: LockId,
        /// Who wrote.
        client: NodeId,
        /// Under which request.
        request: u64,
        /// Under which token, where there are tokens.
        token: Option<Token>,
        /// The state that the writer had read.
        read: Version,
        /// The new state.
        written: Version,
    },
    /// Promise of a resource: it refused a write, and nothing has changed.
    WriteRefused {
        /// The lock that protects it.
        lock: LockId,
        /// Who wanted to write.
        client: NodeId,
        /// Under which request.
        request: u64,
        /// Under which token, where there are tokens.
        token: Option<Token>,
    },
    /// Belief of a client: its write is done.
    WriteAcknowledged {
        /// The lock that protects the resource.
        lock: LockId,
        /// Under which request it wrote.
        request: u64,
        /// What it wrote.
        written: Version,
    },
    /// Belief of a node: it has passed the token on. Of algorithms in which whoever has the token
    /// may enter.
    TokenSent {
        /// Of which lock.
        lock: LockId,
        /// To whom.
        to: NodeId,
    },
    /// Belief of a node: it has the token.
    TokenReceived {
        /// Of which lock.
        lock: LockId,
        /// From whom; itself when it begins with the token.
        from: NodeId,
    },
    /// Belief of a node: it cannot go on before this one answers or releases.
    WaitsFor {
        /// Which lock.
        lock: LockId,
        /// Whom it waits for.
        of: NodeId,
    },
    /// Belief of a node: its request has this place in the order of all.
    Stamped {
        /// Which lock.
        lock: LockId,
        /// The client's number.
        request: u64,
        /// Its place.
        stamp: Stamp,
    },
    /// Promise of a node that may say no: it does not let this request pass before that one has
    /// been served.
    HeldBack {
        /// Which lock.
        lock: LockId,
        /// The request that waits.
        waits: Stamp,
        /// The request that it waits for.
        behind: Stamp,
    },
}

impl Observation {
    /// Whether by this a client is done with a request: it has had the lock, or will not.
    pub fn ends(&self, of: u64) -> bool {
        match self {
            Observation::Released { request, .. }
            | Observation::Lost { request, .. }
            | Observation::Abandoned { request, .. } => *request == of,
            _ => false,
        }
    }
}

crate::words!(Observation {
    Requested => "lock-requested",
    Acquired => "lock-acquired",
    Released => "lock-released",
    Lost => "lock-lost",
    Abandoned => "request-abandoned",
    Granted => "lock-granted",
    GrantExtended => "grant-extended",
    GrantEnded => "grant-ended",
    WriteAccepted => "write-accepted",
    WriteRefused => "write-refused",
    WriteAcknowledged => "write-acknowledged",
    TokenSent => "token-sent",
    TokenReceived => "token-received",
    WaitsFor => "waits-for",
    Stamped => "request-stamped",
    HeldBack => "request-held-back",
});

/// What a node of a lock does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Phase {
    /// It wants nothing.
    Idle,
    /// It wants a lock and waits for it.
    Waits,
    /// It believes that it holds a lock.
    Holds,
}

/// What a node of a lock shows of itself after every step. One with a single lock shows that; one
/// with many shows the one that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// What it does itself.
    pub phase: Phase,
    /// Which lock it waits for or holds.
    pub lock: LockId,
    /// Whom, as an authority, it has granted the lock to.
    pub granted_to: Option<NodeId>,
}

impl View {
    /// Of a node that neither wants nor grants anything.
    pub const IDLE: View = View { phase: Phase::Idle, lock: LockId(0), granted_to: None };

    /// Of a client of the only lock.
    pub const fn of_client(phase: Phase) -> View {
        View { phase, ..View::IDLE }
    }
}
