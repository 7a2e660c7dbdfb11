//! The zoo: known bugs, each with the storm in which it is hunted. A simulator that does not find
//! them proves nothing by finding nothing.

use super::{Catalog, Entry};
use crate::algorithm::Mutant;
use crate::scenario::Source;
use std::borrow::Cow;

/// The storm of each algorithm.
const STORMS: &[(&str, &str)] = &[
    ("detector-swim", include_str!("../../scenarios/zoo/detector-swim.toml")),
    ("election-ble", include_str!("../../scenarios/zoo/election-ble.toml")),
    ("election-bully", include_str!("../../scenarios/zoo/election-bully.toml")),
    ("election-bully-1982", include_str!("../../scenarios/zoo/election-bully-1982.toml")),
    ("election-chang-roberts", include_str!("../../scenarios/zoo/election-chang-roberts.toml")),
    (
        "election-hirschberg-sinclair",
        include_str!("../../scenarios/zoo/election-hirschberg-sinclair.toml"),
    ),
    ("election-invitation", include_str!("../../scenarios/zoo/election-invitation.toml")),
    ("election-lease", include_str!("../../scenarios/zoo/election-lease.toml")),
    ("election-raft", include_str!("../../scenarios/zoo/election-raft.toml")),
    ("hashing-directory", include_str!("../../scenarios/zoo/hashing-directory.toml")),
    ("hashing-epochs", include_str!("../../scenarios/zoo/hashing-epochs.toml")),
    ("hashing-leases", include_str!("../../scenarios/zoo/hashing-leases.toml")),
    ("hashing-gossip", include_str!("../../scenarios/zoo/hashing-gossip.toml")),
    ("hashing-replicas", include_str!("../../scenarios/zoo/hashing-replicas.toml")),
    ("lock-lease", include_str!("../../scenarios/zoo/lock-lease.toml")),
    ("lock-redlock", include_str!("../../scenarios/zoo/lock-redlock.toml")),
    ("lock-lamport", include_str!("../../scenarios/zoo/lock-lamport.toml")),
    ("lock-maekawa", include_str!("../../scenarios/zoo/lock-maekawa.toml")),
    ("lock-raymond", include_str!("../../scenarios/zoo/lock-raymond.toml")),
    ("lock-ricart-agrawala", include_str!("../../scenarios/zoo/lock-ricart-agrawala.toml")),
    ("lock-suzuki-kasami", include_str!("../../scenarios/zoo/lock-suzuki-kasami.toml")),
    ("lock-etcd", include_str!("../../scenarios/zoo/lock-etcd.toml")),
    ("lock-queue", include_str!("../../scenarios/zoo/lock-queue.toml")),
    ("lock-raft", include_str!("../../scenarios/zoo/lock-raft.toml")),
];

const RIVAL: &str = include_str!("../../scenarios/zoo/election-bully-1982_rival.toml");
const MEMBERS: &str = include_str!("../../scenarios/zoo/election-raft_members.toml");
const LEASE: &str = include_str!("../../scenarios/zoo/election-raft_lease.toml");

const CUT_OFF: &str = include_str!("../../scenarios/zoo/hashing-leases_cut-off.toml");
const FENCED: &str = include_str!("../../scenarios/zoo/lock-lease_fenced.toml");
const SLOW_ANSWERS: &str = include_str!("../../scenarios/zoo/lock-redlock_slow-answers.toml");

/// Scenarios for bugs that a storm of everything does not find, or not soon.
const DIRECTED: &[(&str, &str, &str)] = &[
    (
        "election-bully",
        "merge-does-not-re-elect",
        include_str!("../../scenarios/zoo/election-bully_merge.toml"),
    ),
    (
        "election-ble",
        "takes-over-alone",
        include_str!("../../scenarios/zoo/election-ble_rejoin.toml"),
    ),
    ("election-bully-1982", "halted-by-whom-forgotten", RIVAL),
    ("election-bully-1982", "halts-all-at-once", RIVAL),
    (
        "election-invitation",
        "ready-of-any-group",
        include_str!("../../scenarios/zoo/election-invitation_late-ready.toml"),
    ),
    (
        "election-raft",
        "commit-old-term",
        include_str!("../../scenarios/zoo/election-raft_commit-old-term.toml"),
    ),
    (
        "election-raft",
        "whole-log-acknowledged",
        include_str!("../../scenarios/zoo/election-raft_whole-log-acknowledged.toml"),
    ),
    (
        "election-raft",
        "sync-failure-ignored",
        include_str!("../../scenarios/zoo/election-raft_sync-failure-ignored.toml"),
    ),
    (
        "election-raft",
        "vote-cleared-without-quorum",
        include_str!("../../scenarios/zoo/election-raft_late-request.toml"),
    ),
    ("election-raft", "lease-without-drift-margin", LEASE),
    ("election-raft", "lease-kept-over-transfer", LEASE),
    ("election-raft", "read-before-own-commit", LEASE),
    (
        "election-raft",
        "vote-at-once-after-restart",
        include_str!("../../scenarios/zoo/election-raft_restarts.toml"),
    ),
    (
        "election-raft",
        "change-before-own-commit",
        include_str!("../../scenarios/zoo/election-raft_ongaro-2015.toml"),
    ),
    ("election-raft", "overlapping-changes", MEMBERS),
    ("election-raft", "learners-dropped-on-election", MEMBERS),
    (
        "hashing-epochs",
        "acknowledged-before-durable",
        include_str!("../../scenarios/zoo/hashing-epochs_slow-disk.toml"),
    ),
    (
        "hashing-epochs",
        "changes-as-they-come",
        include_str!("../../scenarios/zoo/hashing-epochs_reordered.toml"),
    ),
    (
        "hashing-epochs",
        "checked-before-queueing",
        include_str!("../../scenarios/zoo/hashing-epochs_busy.toml"),
    ),
    (
        "hashing-epochs",
        "old-contents-taken",
        include_str!("../../scenarios/zoo/hashing-epochs_late-copies.toml"),
    ),
    (
        "hashing-leases",
        "lease-counted-from-the-answer",
        include_str!("../../scenarios/zoo/hashing-leases_slow-answers.toml"),
    ),
    ("hashing-leases", "leases-not-waited-for", CUT_OFF),
    ("hashing-leases", "leases-forgotten-at-restart", CUT_OFF),
    (
        "hashing-leases",
        "storage-not-fenced",
        include_str!("../../scenarios/zoo/hashing-leases_late-write.toml"),
    ),
    (
        "hashing-gossip",
        "changes-as-they-come",
        include_str!("../../scenarios/zoo/hashing-gossip_two-operators.toml"),
    ),
    (
        "hashing-replicas",
        "stamped-by-clock",
        include_str!("../../scenarios/zoo/hashing-replicas_clocks.toml"),
    ),
    (
        "hashing-replicas",
        "narrowed-at-once",
        include_str!("../../scenarios/zoo/hashing-replicas_slow-to-hear.toml"),
    ),
    ("lock-lease", "token-compared-per-client", FENCED),
    ("lock-lease", "reads-not-fenced", include_str!("../../scenarios/zoo/lock-lease_reads.toml")),
    ("lock-redlock", "elapsed-not-subtracted", SLOW_ANSWERS),
    ("lock-redlock", "validity-underflow", SLOW_ANSWERS),
    (
        "lock-raft",
        "clocks-not-restarted",
        include_str!("../../scenarios/zoo/lock-raft_dead-holder.toml"),
    ),
    (
        "lock-raft",
        "renewed-and-expired",
        include_str!("../../scenarios/zoo/lock-raft_late-renewal.toml"),
    ),
    (
        "lock-raft",
        "request-applied-twice",
        include_str!("../../scenarios/zoo/lock-raft_copies.toml"),
    ),
    (
        "lock-redlock",
        "abort-on-first-error",
        include_str!("../../scenarios/zoo/lock-redlock_server-down.toml"),
    ),
    (
        "lock-redlock",
        "without-drift-margin",
        include_str!("../../scenarios/zoo/lock-redlock_drift.toml"),
    ),
    ("lock-redlock", "quorum-half", include_str!("../../scenarios/zoo/lock-redlock_even.toml")),
];

/// Changes of the world instead of the algorithm: what each assumes and does not get. The control
/// is the same scenario without its faults.
const WORLDS: &[(&str, Mutant, &str)] = &[
    (
        "election-bully",
        Mutant {
            name: "under-partition",
            summary: "the network is cut in two: the algorithm assumes that it never is",
            breaks: &["one-coordinator"],
            source: "Garcia-Molina 1982: a coordinator for each component",
        },
        include_str!("../../scenarios/election/bully_partition.toml"),
    ),
    (
        "election-bully-1982",
        Mutant {
            name: "under-partition",
            summary: "the network is cut in two: who is beyond the cut cannot be halted",
            breaks: &["one-coordinator", "same-coordinator", "group-agreement"],
            source: "Garcia-Molina 1982: a partition is for the invitation algorithm",
        },
        include_str!("../../scenarios/election/bully-1982_partition.toml"),
    ),
    (
        "election-chang-roberts",
        Mutant {
            name: "unclaimed-number",
            summary: "an initiator crashes behind its number, which nobody else removes",
            breaks: &["one-lap"],
            source: "Chang and Roberts 1979: a number ends at the node that sent it",
        },
        include_str!("../../scenarios/election/chang-roberts_unclaimed-number.toml"),
    ),
    (
        "hashing-gossip",
        Mutant {
            name: "under-partition",
            summary: "the network is cut in two: each half serves all keys",
            breaks: &["no-lost-write"],
            source: "H15; DeCandia et al., Dynamo, SOSP 2007, section 4.4",
        },
        include_str!("../../scenarios/hashing/gossip_lost-write.toml"),
    ),
    (
        "lock-redlock",
        Mutant {
            name: "clock-jump",
            summary: "the clock of one of three servers is set ahead: it forgets what it stored",
            breaks: &["mutual-exclusion", "no-lost-update"],
            source: "L10; Kleppmann 2016, the first of his examples",
        },
        include_str!("../../scenarios/lock/redlock_clock-jump.toml"),
    ),
    (
        "lock-redlock",
        Mutant {
            name: "paused-holder",
            summary: "the holder stands still for longer than its lease",
            breaks: &["mutual-exclusion", "no-lost-update"],
            source: "L11; Kleppmann 2016, the second of his examples",
        },
        include_str!("../../scenarios/lock/redlock_paused-holder.toml"),
    ),
    (
        "lock-lamport",
        Mutant {
            name: "under-reordering",
            summary: "messages overtake one another: an acknowledgement comes before a request",
            breaks: &["mutual-exclusion", "fifo"],
            source: "Lamport 1978: that messages are received in the order sent is assumed",
        },
        include_str!("../../scenarios/lock/lamport_out-of-order.toml"),
    ),
    (
        "lock-maekawa",
        Mutant {
            name: "under-reordering",
            summary: "messages overtake one another: a grant is given back before it has come",
            breaks: &["mutual-exclusion", "no-wait-cycle"],
            source: "Maekawa 1985: that messages are received in the order sent is assumed",
        },
        include_str!("../../scenarios/lock/maekawa_out-of-order.toml"),
    ),
];

/// Settings that are mistakes: the algorithm, the mistake, the scenario that has it right, the line
/// that does, and what is written instead. Most break no invariant, but service.
const SETTINGS: &[(&str, Mutant, &str, (&str, &str))] = &[
    (
        "election-raft",
        Mutant {
            name: "timeouts-not-randomised",
            summary: "all servers wait equally long: they stand together, and split the vote",
            breaks: &[],
            source: "Raft 9.3, figure 16: 150-150 ms",
        },
        include_str!("../../scenarios/zoo/election-raft_timeouts.toml"),
        ("election-timeout-max = \"300ms\"", "election-timeout-max = \"150ms\""),
    ),
    (
        "election-raft",
        Mutant {
            name: "without-check-quorum",
            summary: "a leader that hears nobody leads on, and its heartbeats keep others from it",
            breaks: &[],
            source: "thesis 6.2",
        },
        include_str!("../../scenarios/zoo/election-raft_deaf-leader.toml"),
        ("check-quorum = true", "check-quorum = false"),
    ),
    (
        "election-raft",
        Mutant {
            name: "without-pre-vote",
            summary: "a server that was cut off comes back with a higher term and deposes a leader",
            breaks: &[],
            source: "thesis 4.2.3 and 9.6",
        },
        include_str!("../../scenarios/zoo/election-raft_rejoin.toml"),
        ("pre-vote = true", "pre-vote = false"),
    ),
    (
        "lock-lease",
        Mutant {
            name: "without-fencing",
            summary: "the resource serves everybody: who stood still writes over the next",
            breaks: &["fenced-effect", "no-lost-update"],
            source: "L02; Kleppmann 2016; Jepsen: etcd 3.4.3 loses 18 % of the updates",
        },
        FENCED,
        ("resource = \"fenced\"", "resource = \"unfenced\""),
    ),
];

/// A known bug and where it is hunted.
#[derive(Clone, Debug)]
pub struct Bug {
    /// The algorithm that has it.
    pub algorithm: &'static str,
    /// What it is, what it breaks, and where it was seen.
    pub mutant: Mutant,
    /// Whether the scenario was written for this bug.
    pub is_directed: bool,
    /// Whether the world is changed, not the algorithm.
    pub is_world: bool,
    /// The line of the scenario that is the mistake, behind the right one, where it is a setting.
    setting: Option<(&'static str, &'static str)>,
    text: Cow<'static, str>,
}

impl Bug {
    /// The scenario with the bug switched on.
    pub fn source(&self) -> Source {
        let name = format!("zoo {} {}", self.algorithm, self.mutant.name);
        if self.is_world {
            return Source::new(&name, &self.text);
        }
        if let Some((right, wrong)) = self.setting {
            return Source::new(&name, &self.text.replacen(right, wrong, 1));
        }
        let section = format!("[algorithm.{}]", self.algorithm);
        let switch = format!("{section}\nmutant = \"{}\"", self.mutant.name);
        Source::new(&name, &self.text.replacen(&section, &switch, 1))
    }

    /// The same scenario without it.
    pub fn control(&self) -> Source {
        let name = format!("zoo {}", self.algorithm);
        if self.is_world {
            return Source::new(&name, &without_faults(&self.text));
        }
        Source::new(&name, &self.text)
    }

    /// A file that has the bug, such as one that was made of a run, without it. `None` of a world:
    /// all that such a file has is the world.
    pub fn mended(&self, file: &str) -> Option<String> {
        if self.is_world {
            return None;
        }
        let mend = |line| match (unpadded(line) == self.mistake(), self.setting) {
            (true, Some((right, _))) => Some(right),
            (true, None) => None,
            (false, _) => Some(line),
        };
        Some(file.lines().filter_map(mend).flat_map(|line| [line, "\n"]).collect())
    }

    /// Whether a scenario has this bug.
    pub fn is_in(&self, algorithm: &str, scenario: &str) -> bool {
        let has_it = || match self.is_world {
            true => scenario == self.text,
            false => scenario.lines().any(|line| unpadded(line) == self.mistake()),
        };
        algorithm == self.algorithm && has_it()
    }

    /// The line of a file that switches the bug on.
    fn mistake(&self) -> String {
        match self.setting {
            Some((_, wrong)) => wrong.to_owned(),
            None => format!("mutant = \"{}\"", self.mutant.name),
        }
    }
}

impl Catalog {
    /// The known bugs of an algorithm, each to be hunted in this scenario instead of its own storm:
    /// what the scenario finds shows what it would have found.
    ///
    /// Its text must have the section `[algorithm.<name>]` on a line of its own.
    pub fn zoo_in(&self, algorithm: &str, scenario: &str) -> Vec<Bug> {
        let entry = self.find(algorithm).into_iter();
        let bug = |(algorithm, mutant): (&'static str, &Mutant)| Bug {
            algorithm,
            mutant: *mutant,
            is_directed: false,
            is_world: false,
            setting: None,
            text: Cow::Owned(scenario.to_owned()),
        };
        entry.flat_map(|e| e.mutants.iter().map(|mutant| (e.name, mutant))).map(bug).collect()
    }

    /// All known bugs for which there is a storm, algorithm by algorithm.
    pub fn zoo(&self) -> Vec<Bug> {
        self.entries().iter().flat_map(known).collect()
    }
}

fn known(entry: &Entry) -> impl Iterator<Item = Bug> {
    bugs(entry).chain(settings(entry)).chain(worlds(entry))
}

fn bugs(entry: &Entry) -> impl Iterator<Item = Bug> {
    let algorithm = entry.name;
    entry.mutants.iter().filter_map(move |mutant| {
        let directed =
            DIRECTED.iter().find(|(of, name, _)| *of == algorithm && *name == mutant.name);
        let storm = STORMS.iter().find(|(of, _)| *of == algorithm);
        let text = directed.map(|(_, _, text)| *text).or(storm.map(|(_, text)| *text))?;
        let is_directed = directed.is_some();
        let text = Cow::Borrowed(text);
        let setting = None;
        Some(Bug { algorithm, mutant: *mutant, is_directed, is_world: false, setting, text })
    })
}

fn settings(entry: &Entry) -> impl Iterator<Item = Bug> {
    let algorithm = entry.name;
    let of_this = SETTINGS.iter().filter(move |(of, ..)| *of == algorithm);
    of_this.map(move |&(_, mutant, text, change)| Bug {
        algorithm,
        mutant,
        is_directed: true,
        is_world: false,
        setting: Some(change),
        text: Cow::Borrowed(text),
    })
}

fn worlds(entry: &Entry) -> impl Iterator<Item = Bug> {
    let algorithm = entry.name;
    let of_this = WORLDS.iter().filter(move |(of, _, _)| *of == algorithm);
    of_this.map(move |&(_, mutant, text)| Bug {
        algorithm,
        mutant,
        is_directed: true,
        is_world: true,
        setting: None,
        text: Cow::Borrowed(text),
    })
}

/// A scenario's text without its `[[fault]]` tables.
fn without_faults(text: &str) -> String {
    let mut is_fault = false;
    let kept = text.lines().filter(|line| {
        if line.starts_with('[') {
            is_fault = *line == "[[fault]]";
        }
        !is_fault
    });
    kept.flat_map(|line| [line, "\n"]).collect()
}

/// A line of a file without what aligns it with others.
fn unpadded(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_without_its_bug_is_the_control() {
        for bug in Catalog::builtin().zoo().iter().filter(|bug| !bug.is_world) {
            let (with, without) = (bug.source(), bug.control());
            let name = (bug.algorithm, bug.mutant.name);
            assert!(bug.is_in(bug.algorithm, with.text()), "{name:?}");
            assert!(!bug.is_in(bug.algorithm, without.text()), "{name:?}");
            let mended = bug.mended(with.text()).expect("it is no world");
            assert_eq!(mended.trim_end(), without.text().trim_end(), "{name:?}");
        }
    }

    #[test]
    fn a_bug_is_found_in_a_line_that_is_aligned_with_others() {
        let bugs = Catalog::builtin().zoo();
        let bug = bugs.iter().find(|bug| bug.mutant.name == "quorum-half").expect("it is known");
        let file = "[algorithm.election-raft]\nmutant  = \"quorum-half\"\nreads   = \"log\"\n";
        assert_eq!(
            bug.mended(file).expect("it is no world"),
            "[algorithm.election-raft]\nreads   = \"log\"\n"
        );
    }
}
