//! `lock-raft`: a lock service, its table of locks replicated by Raft.
//!
//! Who asks for a lock stands in the table from that entry on. The first who does is granted it,
//! the others in their order, each by the entry that ended the grant before. The position of that
//! entry is the fencing token: it grows with every grant.

use super::recipe::{Recipe, Step, Wish};
use super::rules::{Rules, SOUND};
use super::session::{Event, Machine, Session};
use crate::algorithm::Mutant;
use crate::election::spec::LogIndex;
use crate::lock::spec::{Ended, LockId, Token};
use crate::time::Drift;
use serde::{Deserialize, Serialize};

/// What a session asks of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// For a lock, or how its wish for one stands.
    Acquire {
        /// Which lock.
        lock: LockId,
        /// The number of its wish.
        request: u64,
    },
    /// To have it no more.
    Release {
        /// Which lock.
        lock: LockId,
        /// The number of its wish.
        request: u64,
    },
}

crate::words!(Ask { Acquire => "acquire", Release => "release" });

/// What the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The lock is the session's.
    Granted {
        /// Its fencing token.
        token: Token,
    },
    /// Somebody else is before it.
    Waits {
        /// The entry from which on it stands in the table.
        since: LogIndex,
    },
    /// The session does not have the lock, and does not wait for it.
    Released,
}

/// Who waits for or has a lock.
#[derive(Clone, Copy, Debug, Serialize)]
struct Claim {
    lock: LockId,
    session: Session,
    request: u64,
    since: LogIndex,
    token: Option<Token>,
}

/// The table: claims in the order of their entries.
#[derive(Debug, Default, Serialize)]
pub struct Table {
    claims: Vec<Claim>,
}

impl Table {
    /// Gives the lock to whoever is first, if nobody has it.
    fn grant(&mut self, index: LogIndex, lock: LockId, events: &mut Vec<Event>) {
        let Some(first) = self.claims.iter_mut().find(|claim| claim.lock == lock) else { return };
        if first.token.is_some() {
            return;
        }
        let token = Token(index.0);
        first.token = Some(token);
        let Claim { session, request, since, .. } = *first;
        events.push(Event::Granted { lock, session, request, token });
        events.push(Event::Changed(since));
    }

    /// Takes claims out of the table, and grants what they had to the next.
    fn remove(
        &mut self,
        index: LogIndex,
        goes: impl Fn(&Claim) -> bool,
        ended: Ended,
        events: &mut Vec<Event>,
    ) {
        let (gone, kept) = self.claims.iter().partition(|claim| goes(claim));
        self.claims = kept;
        let gone: Vec<Claim> = gone;
        for Claim { lock, session, request, token, .. } in gone {
            if token.is_some() {
                events.push(Event::Ended { lock, session, request, ended });
                self.grant(index, lock, events);
            }
        }
    }
}

impl Machine for Table {
    type Ask = Ask;
    type Answer = Answer;

    fn apply(
        &mut self,
        index: LogIndex,
        session: Session,
        ask: &Ask,
        events: &mut Vec<Event>,
    ) -> Answer {
        let (Ask::Acquire { lock, request } | Ask::Release { lock, request }) = *ask;
        let is_this =
            |claim: &Claim| (claim.lock, claim.session, claim.request) == (lock, session, request);
        if let Ask::Release { .. } = ask {
            let ended = Ended::Release { by: session.node, request };
            self.remove(index, is_this, ended, events);
            return Answer::Released;
        }
        if !self.claims.iter().any(is_this) {
            self.claims.push(Claim { lock, session, request, since: index, token: None });
            self.grant(index, lock, events);
        }
        match self.claims.iter().find(|claim| is_this(claim)) {
            Some(Claim { token: Some(token), .. }) => Answer::Granted { token: *token },
            Some(Claim { since, .. }) => Answer::Waits { since: *since },
            None => Answer::Released,
        }
    }

    fn end(&mut self, index: LogIndex, session: Session, events: &mut Vec<Event>) {
        self.remove(index, |claim| claim.session == session, Ended::Expiry, events);
    }

    fn watched(_: &Ask, answer: &Answer) -> Vec<LogIndex> {
        match answer {
            Answer::Waits { since } => vec![*since],
            Answer::Granted { .. } | Answer::Released => Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Asks,
    Waits,
    GivesBack,
}

/// The recipe: ask, wait for the notice, ask again.
#[derive(Debug)]
pub struct TableLock {
    wish: Wish,
    stage: Stage,
}

impl Recipe for TableLock {
    type Machine = Table;

    const NAME: &'static str = "lock-raft";
    const SUMMARY: &'static str =
        "a lock service on Raft, with sessions and exactly-once requests (Raft thesis 6.3)";
    const CLOCK_DRIFT_BOUND: Drift = Drift::from_ppm(10_000);
    const MUTANTS: &'static [Mutant] = MUTANTS;

    fn mutant(name: &str) -> Option<Rules> {
        match name {
            "expiry-by-own-clock" => Some(Rules { expires_by_the_log: false, ..SOUND }),
            "renewed-and-expired" => Some(Rules { spares_who_was_renewed: false, ..SOUND }),
            "clocks-not-restarted" => Some(Rules { restarts_clocks_of_sessions: false, ..SOUND }),
            "request-applied-twice" => Some(Rules { applies_once: false, ..SOUND }),
            _ => None,
        }
    }

    fn wants(wish: Wish) -> Self {
        TableLock { wish, stage: Stage::Asks }
    }

    fn asks(&self, _: &Rules) -> Option<Ask> {
        let Wish { lock, request, .. } = self.wish;
        match self.stage {
            Stage::Asks => Some(Ask::Acquire { lock, request }),
            Stage::GivesBack => Some(Ask::Release { lock, request }),
            Stage::Waits => None,
        }
    }

    fn hears(&mut self, answer: Answer, _: &Rules) -> Step {
        match (self.stage, answer) {
            (Stage::Asks, Answer::Granted { token }) => Step::Holds(token),
            (Stage::Asks, Answer::Waits { .. }) => {
                self.stage = Stage::Waits;
                Step::GoesOn
            }
            (Stage::GivesBack, Answer::Released) => Step::Released,
            _ => Step::GoesOn,
        }
    }

    fn looks_again(&mut self) {
        if self.stage == Stage::Waits {
            self.stage = Stage::Asks;
        }
    }

    fn gives_back(&mut self) {
        self.stage = Stage::GivesBack;
    }
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "expiry-by-own-clock",
        summary: "every replica ends sessions by its own clock: their tables part",
        breaks: &["replicas-agree", "mutual-exclusion"],
        source: "Raft thesis 6.3: replicas must agree on which session has expired, and when",
    },
    Mutant {
        name: "renewed-and-expired",
        summary: "an entry that ends a session ends it although it was renewed before that entry",
        breaks: &["mutual-exclusion"],
        source: "derived from the conditional revocation that a lease in a log needs",
    },
    Mutant {
        name: "clocks-not-restarted",
        summary: "a new leader counts the time of no session that was quiet since: a dead client \
                  keeps its lock",
        breaks: &[],
        source: "etcd-io/etcd#14019: leases that never expire",
    },
    Mutant {
        name: "request-applied-twice",
        summary: "a copy of a request that comes late takes a lock that nobody wants",
        breaks: &[],
        source: "Raft thesis 6.3: without sessions a command may be executed twice",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;

    fn session(node: u32) -> Session {
        Session { node: NodeId::new(node), life: 0, number: 0 }
    }

    fn ask(table: &mut Table, index: u64, node: u32, ask: Ask) -> Answer {
        table.apply(LogIndex(index), session(node), &ask, &mut Vec::new())
    }

    #[test]
    fn the_lock_is_granted_in_the_order_of_entries_and_its_token_is_the_entry_that_frees_it() {
        let (lock, request) = (LockId(0), 1);
        let (acquire, release) = (Ask::Acquire { lock, request }, Ask::Release { lock, request });
        let mut table = Table::default();
        assert_eq!(ask(&mut table, 3, 1, acquire), Answer::Granted { token: Token(3) });
        assert_eq!(ask(&mut table, 4, 2, acquire), Answer::Waits { since: LogIndex(4) });
        assert_eq!(ask(&mut table, 5, 3, acquire), Answer::Waits { since: LogIndex(5) });
        assert_eq!(ask(&mut table, 6, 2, acquire), Answer::Waits { since: LogIndex(4) });
        assert_eq!(ask(&mut table, 7, 1, release), Answer::Released);
        assert_eq!(ask(&mut table, 8, 2, acquire), Answer::Granted { token: Token(7) });
        assert_eq!(ask(&mut table, 9, 3, release), Answer::Released, "it waits no longer");
        assert_eq!(ask(&mut table, 10, 2, release), Answer::Released);
        assert_eq!(ask(&mut table, 11, 1, acquire), Answer::Granted { token: Token(11) });
    }

    #[test]
    fn locks_are_apart_and_a_release_of_another_request_frees_nothing() {
        let (lock, request) = (LockId(0), 1);
        let mut table = Table::default();
        ask(&mut table, 1, 1, Ask::Acquire { lock, request });
        ask(&mut table, 2, 1, Ask::Release { lock, request: 9 });
        let waits = Answer::Waits { since: LogIndex(3) };
        assert_eq!(ask(&mut table, 3, 2, Ask::Acquire { lock, request }), waits);
        let other = Ask::Acquire { lock: LockId(1), request };
        assert_eq!(ask(&mut table, 4, 2, other), Answer::Granted { token: Token(4) });
    }
}
