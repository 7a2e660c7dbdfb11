//! The known bugs of leases: one rule each.

use crate::algorithm::Mutant;
use crate::ownership::rules::{Rules, SOUND};

/// The rules of a known bug.
pub(super) fn rules(name: &str) -> Option<Rules> {
    Some(match name {
        "lease-not-looked-at" => Rules { looks_at_its_lease: false, ..SOUND },
        "lease-counted-from-the-answer" => Rules { counts_from_the_question: false, ..SOUND },
        "leases-not-waited-for" => Rules { waits_for_leases: false, ..SOUND },
        "leases-forgotten-at-restart" => Rules { waits_after_restart: false, ..SOUND },
        "storage-not-fenced" => Rules { storage_is_fenced: false, ..SOUND },
        "epochs-passed-over" => Rules { passes_no_epoch: false, ..SOUND },
        "serving-not-declared" => Rules { declares_what_it_serves: false, ..SOUND },
        _ => return None,
    })
}

const STALE: &[&str] = &["single-server", "accepted-write-seen", "no-lost-write", "linearizable"];

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "lease-not-looked-at",
        summary: "a server that has had a lease serves on when it is over",
        breaks: STALE,
        source: "derived by leaving out the rule looks_at_its_lease",
    },
    Mutant {
        name: "lease-counted-from-the-answer",
        summary: "a server counts its lease from when it was told of it, not from when it asked",
        breaks: STALE,
        source: "Gray and Cheriton, SOSP 1989, section 5",
    },
    Mutant {
        name: "leases-not-waited-for",
        summary: "a new owner begins when it hears of its epoch, whoever still has a lease by an \
                  earlier one",
        breaks: STALE,
        source: "derived from rule 3 of the leases",
    },
    Mutant {
        name: "leases-forgotten-at-restart",
        summary: "a coordinator that comes back takes nobody to have a lease by an earlier epoch",
        breaks: STALE,
        source: "derived from rule 5 of the leases; Chubby, OSDI 2006, section 2.9",
    },
    Mutant {
        name: "storage-not-fenced",
        summary: "the storage lets everybody write who has ever owned the shard",
        breaks: &["applied-once", "accepted-write-seen", "no-lost-write", "linearizable"],
        source: "Kleppmann, How to do distributed locking, 2016",
    },
    Mutant {
        name: "epochs-passed-over",
        summary: "a server that is behind goes to the latest epoch at once, and keeps what it has \
                  read of a shard that was another's in between",
        breaks: STALE,
        source: "derived by leaving out the rule passes_no_epoch",
    },
    Mutant {
        name: "serving-not-declared",
        summary: "servers do not say what they serve",
        breaks: &["lying-observer"],
        source: "a control of the judges",
    },
];
