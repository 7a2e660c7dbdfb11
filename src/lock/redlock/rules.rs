//! The decisions that carry what Redlock promises, and the known bugs.

use crate::algorithm::Mutant;
use crate::time::Duration;

/// How many of so many servers must have stored the nonce.
pub(super) type Quorum = fn(usize) -> usize;

/// The decisions, each a claim about clients or servers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// How many servers make a lock.
    pub quorum: Quorum,
    /// What passed since a client asked is taken from the time for which it holds the lock.
    pub subtracts_elapsed: bool,
    /// A lock of which nothing is left is none.
    pub refuses_dead_locks: bool,
    /// A margin for clocks that run apart is taken from it too.
    pub subtracts_drift: bool,
    /// A try goes on without servers that do not answer, and who fails unlocks everywhere.
    pub does_without_some: bool,
    /// A server that restarts keeps out for a `ttl`.
    pub keeps_out_after_restart: bool,
    /// A server deletes a nonce only if it is the one that it has.
    pub compares_before_delete: bool,
}

const fn majority(servers: usize) -> usize {
    servers / 2 + 1
}

const fn half(servers: usize) -> usize {
    servers / 2
}

impl Rules {
    /// As the page of Redis has it.
    pub const SOUND: Rules = Rules {
        quorum: majority,
        subtracts_elapsed: true,
        refuses_dead_locks: true,
        subtracts_drift: true,
        does_without_some: true,
        keeps_out_after_restart: true,
        compares_before_delete: true,
    };

    /// The rules of a known bug; `None` if no bug has this name.
    pub fn of_mutant(name: &str) -> Option<Rules> {
        let sound = Rules::SOUND;
        match name {
            "elapsed-not-subtracted" => Some(Rules { subtracts_elapsed: false, ..sound }),
            "validity-underflow" => Some(Rules { refuses_dead_locks: false, ..sound }),
            "abort-on-first-error" => Some(Rules { does_without_some: false, ..sound }),
            "without-drift-margin" => Some(Rules { subtracts_drift: false, ..sound }),
            "quorum-half" => Some(Rules { quorum: half, ..sound }),
            "restart-at-once" => Some(Rules { keeps_out_after_restart: false, ..sound }),
            "delete-without-compare" => Some(Rules { compares_before_delete: false, ..sound }),
            _ => None,
        }
    }

    /// For how long a client holds the lock from now on, when so much has passed since it asked.
    /// `None` if nothing is left.
    pub fn validity(&self, ttl: Duration, elapsed: Duration) -> Option<Duration> {
        let margin = if self.subtracts_drift { drift_margin(ttl) } else { Duration::ZERO };
        let passed = if self.subtracts_elapsed { elapsed } else { Duration::ZERO };
        let taken = margin + passed;
        match (taken < ttl, self.refuses_dead_locks) {
            (true, _) => Some(ttl.saturating_sub(taken)),
            (false, true) => None,
            // An unsigned number below zero is a very large one.
            (false, false) => Some(Duration::MAX),
        }
    }
}

/// 1 % and 2 ms: for clocks that run apart, and for servers that are late in forgetting.
pub(super) fn drift_margin(ttl: Duration) -> Duration {
    Duration::from_nanos(ttl.as_nanos() / 100) + Duration::from_millis(2)
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "elapsed-not-subtracted",
        summary: "a client counts from when it was answered, not from when it asked",
        breaks: &["mutual-exclusion", "no-lost-update"],
        source: "L04; redsync#71, #72; node-redlock#369",
    },
    Mutant {
        name: "validity-underflow",
        summary: "what is left of a lock goes below zero in an unsigned number: it holds for ever",
        breaks: &["mutual-exclusion", "no-lost-update"],
        source: "L05; crate redlock 2.0.0",
    },
    Mutant {
        name: "abort-on-first-error",
        summary: "a server that does not answer ends the try, and what others stored stays there",
        breaks: &["waiter-served"],
        source: "L06; crate redlock 2.0.0",
    },
    Mutant {
        name: "without-drift-margin",
        summary: "takes nothing from the lease for clocks that run apart",
        breaks: &["mutual-exclusion", "no-lost-update"],
        source: "L07; Redis: CLOCK_DRIFT",
    },
    Mutant {
        name: "quorum-half",
        summary: "half of the servers are enough: of four, two clients get two each",
        breaks: &["mutual-exclusion", "no-lost-update"],
        source: "L08; the article: L = N/2",
    },
    Mutant {
        name: "restart-at-once",
        summary: "a server that restarts has forgotten what it stored, and serves at once",
        breaks: &["mutual-exclusion", "no-lost-update"],
        source: "L09; Redis: delayed restarts; Kleppmann 2016",
    },
    Mutant {
        name: "delete-without-compare",
        summary: "a server deletes whatever it has stored: who unlocks late unlocks the next",
        breaks: &["owner-only", "mutual-exclusion", "no-lost-update"],
        source: "L01; Redis: why a plain DEL is not a safe way to release a lock",
    },
];
