//! The decisions that carry what replicas promise, and the known bugs.

use crate::algorithm::Mutant;

/// The decisions, each a claim about a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// What a read has found is with enough replicas before it is told.
    pub writes_back: bool,
    /// A write comes behind all that a quorum of replicas knows.
    pub stamps_by_quorum: bool,
    /// Who asks again asks for the same write.
    pub keeps_its_stamp: bool,
    /// Who answers twice counts once.
    pub counts_nodes: bool,
    /// Those that are to come must have a write, too.
    pub counts_pending: bool,
    /// A replica answers only those who name the same replicas.
    pub compares_epochs: bool,
    /// A replica goes on in the epoch in which it was.
    pub remembers_its_epoch: bool,
    /// A replica says that it has a write when the write is on its disk.
    pub acknowledges_what_is_durable: bool,
    /// Who is to come asks so many that it meets every write that is done.
    pub streams_from_enough: bool,
    /// Reads ask the new replicas when those have all there is.
    pub waits_for_streams: bool,
    /// The old replicas are let go when no read can ask enough of them any more.
    pub waits_for_readers: bool,
    /// A hint is dropped when its target has it.
    pub keeps_hints: bool,
    /// Whoever stores something says so.
    pub declares_what_it_stores: bool,
}

impl Rules {
    /// As it should be.
    pub const SOUND: Rules = Rules {
        writes_back: true,
        stamps_by_quorum: true,
        keeps_its_stamp: true,
        counts_nodes: true,
        counts_pending: true,
        compares_epochs: true,
        remembers_its_epoch: true,
        acknowledges_what_is_durable: true,
        streams_from_enough: true,
        waits_for_streams: true,
        waits_for_readers: true,
        keeps_hints: true,
        declares_what_it_stores: true,
    };

    /// The rules of a known bug; `None` if no bug has this name.
    pub fn of_mutant(name: &str) -> Option<Rules> {
        let sound = Rules::SOUND;
        Some(match name {
            "reads-not-written-back" => Rules { writes_back: false, ..sound },
            "stamped-by-clock" => Rules { stamps_by_quorum: false, ..sound },
            "stamped-again" => Rules { keeps_its_stamp: false, ..sound },
            "answers-counted-twice" => Rules { counts_nodes: false, ..sound },
            "pending-not-counted" => Rules { counts_pending: false, ..sound },
            "epochs-not-compared" => Rules { compares_epochs: false, ..sound },
            "epoch-forgotten" => Rules { remembers_its_epoch: false, ..sound },
            "stored-before-durable" => Rules { acknowledges_what_is_durable: false, ..sound },
            "streamed-from-one" => Rules { streams_from_enough: false, ..sound },
            "switched-before-streamed" => Rules { waits_for_streams: false, ..sound },
            "narrowed-at-once" => Rules { waits_for_readers: false, ..sound },
            "hint-dropped-when-sent" => Rules { keeps_hints: false, ..sound },
            "storing-not-declared" => Rules { declares_what_it_stores: false, ..sound },
            _ => return None,
        })
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "reads-not-written-back",
        summary: "a read tells what it has found although too few replicas have it: the next one \
                  may find an older one",
        breaks: &["linearizable", "quorum-holds-write"],
        source: "Attiya, Bar-Noy and Dolev, JACM 42(1), 1995: a reader writes back",
    },
    Mutant {
        name: "stamped-by-clock",
        summary: "a write is stamped by the clock of its client, as in Cassandra: who is behind \
                  writes into the past",
        breaks: &["linearizable"],
        source: "Kingsbury, Jepsen: Cassandra, 2013: the last write by timestamps wins",
    },
    Mutant {
        name: "stamped-again",
        summary: "a client that is not answered writes again, behind all that was written since",
        breaks: &["one-stamp-a-write", "linearizable"],
        source: "derived by leaving out the rule keeps_its_stamp",
    },
    Mutant {
        name: "answers-counted-twice",
        summary: "a replica whose answer comes twice is two of a quorum",
        breaks: &["quorum-holds-write", "linearizable"],
        source: "derived by leaving out the rule counts_nodes",
    },
    Mutant {
        name: "pending-not-counted",
        summary: "a write is done when W replicas have it, those that are to go among them",
        breaks: &["quorum-holds-write", "linearizable"],
        source: "Cassandra: a write waits for W and all pending replicas",
    },
    Mutant {
        name: "epochs-not-compared",
        summary: "replicas answer whoever asks, whatever replicas that one takes a shard to have",
        breaks: &["quorum-holds-write", "linearizable"],
        source: "Cassandra before CEP-21: each node went by its own view of the ring",
    },
    Mutant {
        name: "epoch-forgotten",
        summary: "a replica that restarts is in the first epoch, and answers by it",
        breaks: &["quorum-holds-write", "linearizable"],
        source: "derived by leaving out the rule remembers_its_epoch",
    },
    Mutant {
        name: "stored-before-durable",
        summary: "a replica says that it has a write before the write is on its disk",
        breaks: &["lying-observer", "quorum-holds-write", "linearizable"],
        source: "derived by leaving out the rule acknowledges_what_is_durable",
    },
    Mutant {
        name: "streamed-from-one",
        summary: "who is to come asks one of the old replicas, which need not have everything",
        breaks: &["quorum-holds-write", "linearizable"],
        source: "Cassandra before 2.1, CASSANDRA-2434: a joiner streamed from any replica",
    },
    Mutant {
        name: "switched-before-streamed",
        summary: "reads ask the new replicas before those have all there is",
        breaks: &["quorum-holds-write", "linearizable"],
        source: "H16; derived by leaving out the rule waits_for_streams",
    },
    Mutant {
        name: "narrowed-at-once",
        summary: "writes leave out the old replicas while reads still ask them",
        breaks: &["linearizable"],
        source: "derived by leaving out the rule waits_for_readers",
    },
    Mutant {
        name: "hint-dropped-when-sent",
        summary: "a server forgets what it keeps for another when it has sent it",
        breaks: &["hint-kept"],
        source: "derived by leaving out the rule keeps_hints",
    },
    Mutant {
        name: "storing-not-declared",
        summary: "replicas do not say what they store",
        breaks: &["lying-observer"],
        source: "a control of the judges",
    },
];
