//! `lock-etcd`: the lock of etcd's `concurrency` package (`client/v3/concurrency/mutex.go`).
//!
//! A client makes a key, tied to its lease, unless it has one, and holds the lock if no key of the
//! lock is older. Else it waits until the newest of the older ones is gone, looks for another, and,
//! when there is none, looks whether its own key is still there: its lease may have ended while it
//! waited.

use super::replicated::store::{Answer, Ask, Store};
use super::replicated::{Node, Recipe, Rules, SOUND, Step, Wish};
use crate::algorithm::Mutant;
use crate::election::spec::LogIndex;
use crate::lock::spec::Token;
use crate::time::Drift;

/// etcd's lock, on the real Raft.
pub type EtcdLock = Node<Mutex>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Makes its key.
    Puts,
    /// Asks for the key before its own.
    LooksBefore,
    /// Watches that key.
    Watches(LogIndex),
    /// Waits until it is gone.
    Waits,
    /// Nobody is before it: asks whether its own key is there.
    LooksAtItsOwn,
    /// Removes its key.
    GivesBack,
}

/// The recipe.
#[derive(Debug)]
pub struct Mutex {
    wish: Wish,
    key: LogIndex,
    stage: Stage,
}

impl Mutex {
    const fn token(&self) -> Token {
        Token(self.key.0)
    }
}

impl Recipe for Mutex {
    type Machine = Store;

    const NAME: &'static str = "lock-etcd";
    const SUMMARY: &'static str =
        "etcd's lock: a key with a lease, oldest first (etcd client/v3/concurrency/mutex.go)";
    const CLOCK_DRIFT_BOUND: Drift = Drift::from_ppm(10_000);
    const MUTANTS: &'static [Mutant] = MUTANTS;

    fn mutant(name: &str) -> Option<Rules> {
        match name {
            "expired-while-waiting" => Some(Rules { looks_at_its_own_key: false, ..SOUND }),
            "lost-after-two-ttls" => Some(Rules { believes_for_leases: 2, ..SOUND }),
            "key-without-lease" => Some(Rules { ties_its_key_to_its_session: false, ..SOUND }),
            "lease-never-renewed" => Some(Rules {
                keeps_its_session_alive: false,
                stops_when_not_answered: false,
                ..SOUND
            }),
            _ => None,
        }
    }

    fn wants(wish: Wish) -> Self {
        Mutex { wish, key: LogIndex(0), stage: Stage::Puts }
    }

    fn asks(&self, rules: &Rules) -> Option<Ask> {
        let (Wish { lock, request, .. }, key) = (self.wish, self.key);
        match self.stage {
            Stage::Puts => {
                let is_tied = rules.ties_its_key_to_its_session;
                Some(Ask::Put { lock, request, is_tied })
            }
            Stage::LooksBefore => Some(Ask::Before { lock, key }),
            Stage::Watches(before) => Some(Ask::Exists { key: before, watch: true }),
            Stage::Waits => None,
            Stage::LooksAtItsOwn => Some(Ask::Exists { key, watch: false }),
            Stage::GivesBack => Some(Ask::Delete { key, request }),
        }
    }

    fn hears(&mut self, answer: Answer, rules: &Rules) -> Step {
        self.stage = match (self.stage, answer) {
            (Stage::Puts, Answer::Put { key, first }) => {
                self.key = key;
                if first == key {
                    return Step::Holds(self.token());
                }
                Stage::LooksBefore
            }
            (Stage::LooksBefore, Answer::Before(Some(before))) => Stage::Watches(before),
            (Stage::LooksBefore, Answer::Before(None)) => {
                if !rules.looks_at_its_own_key {
                    return Step::Holds(self.token());
                }
                Stage::LooksAtItsOwn
            }
            (Stage::Watches(_), Answer::Exists(true)) => Stage::Waits,
            (Stage::Watches(_), Answer::Exists(false)) => Stage::LooksBefore,
            (Stage::LooksAtItsOwn, Answer::Exists(true)) => return Step::Holds(self.token()),
            // Gone with its session: a new one needs a new key.
            (Stage::LooksAtItsOwn, Answer::Exists(false)) => Stage::Puts,
            (Stage::GivesBack, Answer::Deleted) => return Step::Released,
            (stage, _) => stage,
        };
        Step::GoesOn
    }

    fn looks_again(&mut self) {
        if self.stage == Stage::Waits {
            self.stage = Stage::LooksBefore;
        }
    }

    fn gives_back(&mut self) {
        self.stage = Stage::GivesBack;
    }
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "expired-while-waiting",
        summary: "a waiter whose lease ended meanwhile takes the lock when its turn comes",
        breaks: &["mutual-exclusion"],
        source: "etcd-io/etcd#11456: Lock returns although the lease has expired",
    },
    Mutant {
        name: "lost-after-two-ttls",
        summary: "a client takes its lease for lost only after twice the time to live",
        breaks: &["mutual-exclusion"],
        source: "microsoft/etcd3#155",
    },
    Mutant {
        name: "key-without-lease",
        summary: "the key is not tied to a lease: a dead holder keeps the lock for ever",
        breaks: &[],
        source: "hashicorp/vault#2526; python-etcd3#109",
    },
    Mutant {
        name: "lease-never-renewed",
        summary: "nobody keeps the lease alive: who holds for longer than it lasts is not alone",
        breaks: &["mutual-exclusion"],
        source: "shubhamranjan/dotnet-etcd#321",
    },
];
