//! The decisions that make Raft safe, each under a name, and what happens without each of them.
//!
//! [`SOUND`] is the paper. A mutant is `SOUND` with one rule changed; its entry in the zoo says
//! where that mistake was made and which invariants may catch it.

use super::durable::Ballot;
use super::election::Votes;
use super::log::{Log, LogEnd};
use crate::algorithm::Mutant;
use crate::election::spec::Term;
use crate::id::NodeId;

/// What a server does and does not do.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many of so many servers win an election and commit an entry.
    pub quorum: fn(usize) -> usize,
    /// Whether a candidate's log is at least as up-to-date as the voter's (5.4.1).
    pub is_up_to_date: fn(candidate: LogEnd, mine: LogEnd) -> bool,
    /// The term is on disk before anybody hears of it.
    pub persists_term: bool,
    /// The vote is on disk before anybody hears of it.
    pub persists_vote: bool,
    /// A vote leaves only when the disk holds it.
    pub syncs_before_reply: bool,
    /// A candidate's vote for itself is a vote like any other (5.2).
    pub votes_for_itself: bool,
    /// A vote lasts as long as its term, whoever turns out to lead it.
    pub keeps_vote_within_term: bool,
    /// A vote outlasts the lead that it won: a leader without a quorum steps down in its own term.
    pub keeps_vote_without_quorum: bool,
    /// A voter counts once, however often its reply arrives.
    pub counts_votes_as_a_set: bool,
    /// Only votes of the term that is being contested count.
    pub drops_votes_of_older_terms: bool,
    /// Only a granted vote, not every request for one, puts a server's own candidacy off.
    pub waits_only_for_whom_it_votes: bool,
    /// A follower appends behind an entry of the same index *and term* as its leader's (5.3).
    pub checks_previous_entry: bool,
    /// Entries that the follower has already stay: an old message must not shorten a log (5.3).
    pub keeps_matching_entries: bool,
    /// A follower acknowledges what it compared with its leader's log, not all that it has.
    pub acknowledges_only_what_it_compared: bool,
    /// A leader counts replicas of entries of its own term only (5.4.2, figure 8).
    pub commits_only_own_term: bool,
    /// Whoever leads says so: what a judge does not hear of, it cannot judge.
    pub declares_its_lead: bool,
    /// What a failed sync may have lost is written again: the next sync does not save it.
    pub writes_again_after_failure: bool,
    /// A lease is shorter than an election timeout by as much as clocks may be apart (6.4.1).
    pub lease_allows_for_drift: bool,
    /// A leader gives up its lease before it tells another to stand (6.4.1).
    pub gives_up_lease_before_transfer: bool,
    /// A server that has restarted lets an election timeout pass before it votes: it may have
    /// answered a leader that counts on it.
    pub waits_after_restart: bool,
    /// A leader reads only after it has committed an entry of its own term (6.4).
    pub reads_after_own_commit: bool,
    /// A leader changes members only after it has committed an entry of its own term (2015).
    pub changes_after_own_commit: bool,
    /// A leader changes members only after the last change has been committed (thesis 4.1).
    pub changes_one_at_a_time: bool,
    /// The entry that begins a reign changes nobody's part: learners stay learners.
    pub keeps_learners_on_election: bool,
}

/// Raft as published.
pub const SOUND: Rules = Rules {
    quorum: majority,
    is_up_to_date: by_term_then_length,
    persists_term: true,
    persists_vote: true,
    syncs_before_reply: true,
    votes_for_itself: true,
    keeps_vote_within_term: true,
    keeps_vote_without_quorum: true,
    counts_votes_as_a_set: true,
    drops_votes_of_older_terms: true,
    waits_only_for_whom_it_votes: true,
    checks_previous_entry: true,
    keeps_matching_entries: true,
    acknowledges_only_what_it_compared: true,
    commits_only_own_term: true,
    declares_its_lead: true,
    writes_again_after_failure: true,
    lease_allows_for_drift: true,
    gives_up_lease_before_transfer: true,
    waits_after_restart: true,
    reads_after_own_commit: true,
    changes_after_own_commit: true,
    changes_one_at_a_time: true,
    keeps_learners_on_election: true,
};

const fn majority(servers: usize) -> usize {
    servers / 2 + 1
}

fn half(servers: usize) -> usize {
    (servers / 2).max(1)
}

fn by_term_then_length(candidate: LogEnd, mine: LogEnd) -> bool {
    candidate >= mine
}

fn by_length(candidate: LogEnd, mine: LogEnd) -> bool {
    candidate.index >= mine.index
}

const fn by_nothing(_: LogEnd, _: LogEnd) -> bool {
    true
}

impl Rules {
    /// Whether a voter that has given this vote in the candidate's term may vote for it (5.2, 5.4).
    pub fn may_grant_vote(
        &self,
        given: Option<NodeId>,
        candidate: NodeId,
        theirs: LogEnd,
        mine: LogEnd,
    ) -> bool {
        given.is_none_or(|other| other == candidate) && (self.is_up_to_date)(theirs, mine)
    }

    /// Whether so many votes elect a leader.
    pub(super) fn wins(&self, votes: &Votes, servers: usize) -> bool {
        let counted = if self.counts_votes_as_a_set { votes.from.len() } else { votes.replies };
        counted >= (self.quorum)(servers)
    }

    /// What of the ballot goes to disk; `on_disk` is what is there.
    pub(super) fn kept(&self, ballot: Ballot, on_disk: Ballot) -> Ballot {
        Ballot {
            term: if self.persists_term { ballot.term } else { on_disk.term },
            vote: if self.persists_vote { ballot.vote } else { None },
        }
    }

    /// Whether a follower's log has what must come before new entries.
    pub(super) fn fits_behind<C>(&self, log: &Log<C>, previous: LogEnd) -> bool {
        match log.term_at(previous.index) {
            Some(term) => term == previous.term || !self.checks_previous_entry,
            None => false,
        }
    }

    /// Whether a leader may commit, by counting, an entry of this term.
    pub(super) fn may_commit(&self, entry: Term, own: Term) -> bool {
        entry == own || !self.commits_only_own_term
    }
}

/// The known bugs, by name.
pub const MUTANTS: [Mutant; ZOO.len()] = {
    let mut mutants = [ZOO[0].0; ZOO.len()];
    let mut i = 0;
    while i < ZOO.len() {
        mutants[i] = ZOO[i].0;
        i += 1;
    }
    mutants
};

/// The rules of a mutant; `None` if no mutant has this name.
pub fn mutant(name: &str) -> Option<Rules> {
    ZOO.iter().find(|(mutant, _)| mutant.name == name).map(|(_, rules)| *rules)
}

const ELECTION: &[&str] = &["election-safety", "one-vote-per-term"];
const LOGS: &[&str] = &["leader-completeness", "state-machine-safety", "log-matching"];

const STALE: &[&str] = &["stale-read"];

/// What two leaders bring about whose quorums do not meet.
const MEMBERS: &[&str] =
    &["election-safety", "leader-completeness", "state-machine-safety", "log-matching"];

const ZOO: &[(Mutant, Rules)] = &[
    (
        Mutant {
            name: "lead-not-declared",
            summary: "a leader acts without declaring that it leads: a blind spot for the judges",
            breaks: &["lying-observer"],
            source: "none: it stands for an adapter that forgets to report",
        },
        Rules { declares_its_lead: false, ..SOUND },
    ),
    (
        Mutant {
            name: "vote-not-persisted",
            summary: "a restarted server has forgotten its vote and votes again in the same term",
            breaks: ELECTION,
            source: "Raft figure 2; datatechnology/cornerstone#65",
        },
        Rules { persists_vote: false, ..SOUND },
    ),
    (
        Mutant {
            name: "term-not-persisted",
            summary: "a restarted server starts again from the first term",
            breaks: &["term-monotonic", "one-vote-per-term", "election-safety"],
            source: "Raft figure 2; vesoft-inc/nebula#2405 (the term goes back)",
        },
        Rules { persists_term: false, ..SOUND },
    ),
    (
        Mutant {
            name: "vote-persisted-after-reply",
            summary: "the vote is sent first and written later: a crash in between forgets it",
            breaks: ELECTION,
            source: "Raft figure 2: updated on stable storage before responding to RPCs",
        },
        Rules { syncs_before_reply: false, ..SOUND },
    ),
    (
        Mutant {
            name: "quorum-half",
            summary: "half of the servers elect a leader and commit an entry",
            breaks: &["election-safety", "leader-completeness", "state-machine-safety"],
            source: "Raft 5.2: votes from a majority",
        },
        Rules { quorum: half, ..SOUND },
    ),
    (
        Mutant {
            name: "commit-old-term",
            summary: "an entry of an older term is committed as soon as a majority has it",
            breaks: &["leader-completeness", "state-machine-safety"],
            source: "Raft 5.4.2, figure 8",
        },
        Rules { commits_only_own_term: false, ..SOUND },
    ),
    (
        Mutant {
            name: "previous-entry-unchecked",
            summary: "entries are appended whatever the term of the entry before them",
            breaks: LOGS,
            source: "Raft 5.3: the consistency check of AppendEntries",
        },
        Rules { checks_previous_entry: false, ..SOUND },
    ),
    (
        Mutant {
            name: "votes-counted-twice",
            summary: "votes are counted with a counter, so that a duplicated reply elects a leader",
            breaks: &["election-safety"],
            source: "datatechnology/xraft#27; ktoso/akka-raft#45",
        },
        Rules { counts_votes_as_a_set: false, ..SOUND },
    ),
    (
        Mutant {
            name: "log-not-compared",
            summary: "a vote is granted whatever the candidate's log",
            breaks: LOGS,
            source: "Raft 5.4.1",
        },
        Rules { is_up_to_date: by_nothing, ..SOUND },
    ),
    (
        Mutant {
            name: "log-length-only",
            summary: "logs are compared by length, without the term of the last entry",
            breaks: LOGS,
            source: "Raft 5.4.1",
        },
        Rules { is_up_to_date: by_length, ..SOUND },
    ),
    (
        Mutant {
            name: "vote-cleared-on-step-down-same-term",
            summary: "the vote is forgotten when a leader of the same term becomes known",
            breaks: ELECTION,
            source: "camunda/zeebe#5356",
        },
        Rules { keeps_vote_within_term: false, ..SOUND },
    ),
    (
        Mutant {
            name: "vote-cleared-without-quorum",
            summary: "a leader that steps down, for no quorum answers, forgets its vote for itself",
            breaks: ELECTION,
            source: "hazelcast/hazelcast#16643",
        },
        Rules { keeps_vote_without_quorum: false, ..SOUND },
    ),
    (
        Mutant {
            name: "no-vote-for-self",
            summary: "a candidate counts its own vote but does not remember it",
            breaks: ELECTION,
            source: "vesoft-inc/nebula#3415",
        },
        Rules { votes_for_itself: false, ..SOUND },
    ),
    (
        Mutant {
            name: "stale-vote-counted",
            summary: "a vote of an older term, which comes late, counts in the present election",
            breaks: &["election-safety"],
            source: "ktoso/akka-raft#45",
        },
        Rules { drops_votes_of_older_terms: false, ..SOUND },
    ),
    (
        Mutant {
            name: "append-truncates-always",
            summary: "a late AppendEntries cuts off entries that were acknowledged since",
            breaks: &["leader-completeness", "state-machine-safety"],
            source: "Raft 5.3; J. Gjengset, Students' Guide to Raft, 2016",
        },
        Rules { keeps_matching_entries: false, ..SOUND },
    ),
    (
        Mutant {
            name: "whole-log-acknowledged",
            summary: "a follower acknowledges its whole log, the part not compared included",
            breaks: &["leader-completeness", "state-machine-safety"],
            source: "J. Gjengset, Students' Guide to Raft, 2016 (matchIndex)",
        },
        Rules { acknowledges_only_what_it_compared: false, ..SOUND },
    ),
    (
        Mutant {
            name: "timer-reset-on-any-request",
            summary: "every vote request puts the own candidacy off: elections take twice as long",
            breaks: &[],
            source: "Raft figure 2, rules for followers; AvailSim of the Raft thesis, chapter 9",
        },
        Rules { waits_only_for_whom_it_votes: false, ..SOUND },
    ),
    (
        Mutant {
            name: "sync-failure-ignored",
            summary: "a failed sync is taken for a slow one: the next is to save what it lost",
            breaks: &["leader-completeness", "state-machine-safety", "log-matching"],
            source: "PostgreSQL, 2018 (\"fsyncgate\"): a retried fsync reports success",
        },
        Rules { writes_again_after_failure: false, ..SOUND },
    ),
    (
        Mutant {
            name: "lease-without-drift-margin",
            summary: "a lease lasts a whole election timeout: a slow clock outlives it",
            breaks: STALE,
            source: "thesis 6.4.1; tikv/tikv#964",
        },
        Rules { lease_allows_for_drift: false, ..SOUND },
    ),
    (
        Mutant {
            name: "lease-kept-over-transfer",
            summary: "a leader that has told another to stand still reads by its lease",
            breaks: STALE,
            source: "thesis 6.4.1; databendlabs/openraft#1749",
        },
        Rules { gives_up_lease_before_transfer: false, ..SOUND },
    ),
    (
        Mutant {
            name: "vote-at-once-after-restart",
            summary: "a restarted server votes although it let a leader count on it",
            breaks: STALE,
            source: "derived from thesis 6.4.1: what stickiness remembers dies in a crash",
        },
        Rules { waits_after_restart: false, ..SOUND },
    ),
    (
        Mutant {
            name: "read-before-own-commit",
            summary: "a new leader reads before it knows what its predecessors committed",
            breaks: STALE,
            source: "thesis 6.4, step 1 of ReadIndex",
        },
        Rules { reads_after_own_commit: false, ..SOUND },
    ),
    (
        Mutant {
            name: "change-before-own-commit",
            summary: "a new leader changes members before it has committed an entry of its term",
            breaks: MEMBERS,
            source: "D. Ongaro, raft-dev, July 2015; atomix/copycat#23, baidu/braft#182",
        },
        Rules { changes_after_own_commit: false, ..SOUND },
    ),
    (
        Mutant {
            name: "overlapping-changes",
            summary: "members are changed again before the last change has been committed",
            breaks: MEMBERS,
            source: "thesis 4.1: adjacent configurations overlap, others need not",
        },
        Rules { changes_one_at_a_time: false, ..SOUND },
    ),
    (
        Mutant {
            name: "learners-dropped-on-election",
            summary: "a new leader takes its first entry for a configuration of the voters alone",
            breaks: &["configuration-matching"],
            source: "derived from thesis 4.1: a server uses the latest configuration in its log",
        },
        Rules { keeps_learners_on_election: false, ..SOUND },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::election::spec::LogIndex;

    #[test]
    fn a_majority_of_an_even_number_is_more_than_half() {
        assert_eq!([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3]);
    }

    #[test]
    fn a_vote_once_given_is_given_again_only_to_the_same_candidate() {
        let (a, b, end) = (NodeId::new(0), NodeId::new(1), LogEnd::default());
        assert!(SOUND.may_grant_vote(None, a, end, end));
        assert!(SOUND.may_grant_vote(Some(a), a, end, end));
        assert!(!SOUND.may_grant_vote(Some(b), a, end, end));
    }

    #[test]
    fn a_vote_is_refused_to_a_log_that_ends_in_an_older_term_however_long() {
        let long = LogEnd { term: Term(2), index: LogIndex(9) };
        let late = LogEnd { term: Term(3), index: LogIndex(4) };
        assert!(!SOUND.may_grant_vote(None, NodeId::new(0), long, late));
        assert!(SOUND.may_grant_vote(None, NodeId::new(0), late, long));
    }

    #[test]
    fn every_mutant_has_a_name_of_its_own() {
        let mut names: Vec<_> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), MUTANTS.len());
        assert!(names.iter().all(|name| mutant(name).is_some()));
    }
}
