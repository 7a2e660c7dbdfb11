//! The decisions that carry what a lease lock promises, and the known bugs.

use crate::algorithm::Mutant;

/// The decisions, each a claim about the server or the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// The server releases and renews only for who names the request that it granted.
    pub compares_owners: bool,
    /// The server goes on with the token behind the latest on its disk.
    pub tokens_are_durable: bool,
    /// A server that restarts grants nothing before the grants of its last life are over.
    pub outlives_its_grants: bool,
    /// The resource compares a token with those of all clients.
    pub compares_with_all: bool,
    /// Who reads the resource must show a token too.
    pub fences_reads: bool,
    /// A client says that it holds the lock when it does: without its word no judge of beliefs
    /// hears of it.
    pub declares_its_hold: bool,
}

impl Rules {
    /// A lock that keeps what it promises.
    pub const SOUND: Rules = Rules {
        compares_owners: true,
        tokens_are_durable: true,
        outlives_its_grants: true,
        compares_with_all: true,
        fences_reads: true,
        declares_its_hold: true,
    };

    /// The rules of a known bug; `None` if no bug has this name.
    pub fn of_mutant(name: &str) -> Option<Rules> {
        let sound = Rules::SOUND;
        match name {
            "release-without-nonce" => Some(Rules { compares_owners: false, ..sound }),
            "token-not-durable" => Some(Rules { tokens_are_durable: false, ..sound }),
            "restart-without-memory" => Some(Rules { outlives_its_grants: false, ..sound }),
            "token-compared-per-client" => Some(Rules { compares_with_all: false, ..sound }),
            "hold-not-declared" => Some(Rules { declares_its_hold: false, ..sound }),
            "reads-not-fenced" => Some(Rules { fences_reads: false, ..sound }),
            _ => None,
        }
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "release-without-nonce",
        summary: "whoever releases or renews ends or extends the grant, whosesoever it is",
        breaks: &["owner-only", "mutual-exclusion", "no-lost-update", "fenced-effect"],
        source: "L01; Redis: why a plain DEL is not a safe way to release a lock",
    },
    Mutant {
        name: "token-not-durable",
        summary: "the server counts its tokens from 1 after each restart",
        breaks: &["tokens-grow", "fenced-effect", "no-lost-update"],
        source: "L03; Kleppmann 2016: the token must grow whatever happens",
    },
    Mutant {
        name: "restart-without-memory",
        summary: "a server that restarts has forgotten whom it granted the lock, and does not wait",
        breaks: &["mutual-exclusion", "no-lost-update", "fenced-effect"],
        source: "L09 for one server; Redis: crash recovery without persistence",
    },
    Mutant {
        name: "token-compared-per-client",
        summary: "the resource compares a token only with the last of the same client",
        breaks: &["fenced-effect", "no-lost-update"],
        source: "L03; Kleppmann 2016: the storage rejects a token lower than any it has seen",
    },
    Mutant {
        name: "hold-not-declared",
        summary: "a client does not declare that it holds the lock: a blind spot for the judges",
        breaks: &["lying-observer"],
        source: "none: it stands for an adapter that forgets to report",
    },
    Mutant {
        name: "reads-not-fenced",
        summary: "the resource looks at tokens only when it is written: the old holder may write \
                  after the new one has read",
        breaks: &["no-lost-update"],
        source: "an observation of ours on read-modify-write under a fence",
    },
];
