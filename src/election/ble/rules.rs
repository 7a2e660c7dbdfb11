//! The decisions that carry what ballot leader election promises, and the known bugs.

use crate::algorithm::Mutant;

/// The decisions, each a claim about the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// A server that restarts takes a ballot below all others, and not the one that it led.
    pub gives_up_its_ballot_when_it_restarts: bool,
    /// The accepted ballot is on disk.
    pub persists_promise: bool,
    /// Only who hears a quorum takes over.
    pub takes_over_with_a_quorum: bool,
    /// Whoever leads says so: what a judge does not hear of, it cannot judge.
    pub declares_its_lead: bool,
}

impl Rules {
    /// As published.
    pub const SOUND: Rules = Rules {
        gives_up_its_ballot_when_it_restarts: true,
        persists_promise: true,
        takes_over_with_a_quorum: true,
        declares_its_lead: true,
    };

    /// The rules of a known bug; `None` if no bug has this name.
    pub fn of_mutant(name: &str) -> Option<Rules> {
        match name {
            "ballot-kept-by-restarted-leader" => {
                Some(Rules { gives_up_its_ballot_when_it_restarts: false, ..Rules::SOUND })
            }
            "promise-not-persisted" => Some(Rules { persists_promise: false, ..Rules::SOUND }),
            "takes-over-alone" => Some(Rules { takes_over_with_a_quorum: false, ..Rules::SOUND }),
            "lead-not-declared" => Some(Rules { declares_its_lead: false, ..Rules::SOUND }),
            _ => None,
        }
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "ballot-kept-by-restarted-leader",
        summary: "a leader that restarts goes on in its old ballot, and nobody notices",
        breaks: &["one-life-per-ballot"],
        source: "omnipaxos 0.2.4: a recovered server must not retain its ballot",
    },
    Mutant {
        name: "promise-not-persisted",
        summary: "a server that restarts has forgotten which ballot it accepted",
        breaks: &["term-monotonic", "one-life-per-ballot"],
        source: "Omni-Paxos, section 5: ballots increase monotonically (LE3)",
    },
    Mutant {
        name: "takes-over-alone",
        summary: "who was cut off comes back with a higher ballot and deposes a leader that works",
        breaks: &[],
        source: "Omni-Paxos, section 5.2: only a quorum-connected server takes over (LE1)",
    },
    Mutant {
        name: "lead-not-declared",
        summary: "a leader acts without declaring that it leads: a blind spot for the judges",
        breaks: &["lying-observer"],
        source: "none: it stands for an adapter that forgets to report",
    },
];
