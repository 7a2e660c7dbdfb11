//! The decisions that carry what a ring by gossip promises, and the known bugs.

use crate::algorithm::Mutant;

/// The decisions, each a claim about a server or a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// Owners follow from who is a member, and not from how the members came and went.
    pub places_anew: bool,
    /// A copy is dropped when another server has said that it has it.
    pub drops_what_was_taken: bool,
    /// A server says that it has a copy when the copy is on its disk.
    pub takes_what_is_durable: bool,
    /// A server takes a copy only of a shard that it serves.
    pub takes_only_what_it_serves: bool,
    /// Who is heard of again is suspected no more.
    pub lifts_suspicions: bool,
    /// Of heartbeats those of a later life are the later ones, however few they are.
    pub tells_lives_apart: bool,
    /// Whoever serves a shard says so.
    pub declares_what_it_serves: bool,
}

impl Rules {
    /// As it should be.
    pub const SOUND: Rules = Rules {
        places_anew: true,
        drops_what_was_taken: true,
        takes_what_is_durable: true,
        takes_only_what_it_serves: true,
        lifts_suspicions: true,
        tells_lives_apart: true,
        declares_what_it_serves: true,
    };

    /// The rules of a known bug; `None` if no bug has this name.
    pub fn of_mutant(name: &str) -> Option<Rules> {
        Some(match name {
            "changes-as-they-come" => Rules { places_anew: false, ..Rules::SOUND },
            "dropped-when-sent" => Rules { drops_what_was_taken: false, ..Rules::SOUND },
            "taken-before-durable" => Rules { takes_what_is_durable: false, ..Rules::SOUND },
            "taken-by-anybody" => Rules { takes_only_what_it_serves: false, ..Rules::SOUND },
            "suspicion-kept" => Rules { lifts_suspicions: false, ..Rules::SOUND },
            "lives-not-told-apart" => Rules { tells_lives_apart: false, ..Rules::SOUND },
            "serving-not-declared" => Rules { declares_what_it_serves: false, ..Rules::SOUND },
            _ => return None,
        })
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "changes-as-they-come",
        summary: "members join and leave the placement in the order in which a node hears of it: \
                  with a function that has a history two nodes with the same members name \
                  different owners, for good",
        breaks: &["same-members-same-owners"],
        source: "derived by leaving out the rule places_anew; `docs/placement.md`",
    },
    Mutant {
        name: "dropped-when-sent",
        summary: "a server that hands a shard off drops its copy when it has sent it",
        breaks: &["dropped-after-taken"],
        source: "derived by leaving out the rule drops_what_was_taken",
    },
    Mutant {
        name: "taken-before-durable",
        summary: "a server says that it has a copy before the copy is on its disk",
        breaks: &["dropped-after-taken"],
        source: "derived by leaving out the rule takes_what_is_durable",
    },
    Mutant {
        name: "taken-by-anybody",
        summary: "a server takes a copy of a shard that it does not serve, to send it on: two that \
                  send each other the same copy both drop it",
        breaks: &["dropped-after-taken"],
        source: "seed 1 of hashing/gossip_history-independent, before the rule was there",
    },
    Mutant {
        name: "suspicion-kept",
        summary: "who was suspected once is never taken back",
        breaks: &[],
        source: "derived by leaving out the rule lifts_suspicions",
    },
    Mutant {
        name: "lives-not-told-apart",
        summary: "heartbeats are compared without the life that they are from: a server that \
                  restarts is not heard of until it has sent more than in the life before",
        breaks: &[],
        source: "what the generation of an endpoint is for in Cassandra's gossip",
    },
    Mutant {
        name: "serving-not-declared",
        summary: "servers do not say what they serve",
        breaks: &["lying-observer"],
        source: "a control of the judges",
    },
];
