//! Transcripts: what the nodes of an algorithm say and do, step by step.
//!
//! Each file in `tests/scripts/<algorithm>/` holds blocks of commands, each followed by `----` and
//! by what happened. After a change that is meant, run the tests with `STORMSEED_REWRITE=1` and
//! read the difference.

use crate::script::{Scripted, transcript};
use std::fmt::Write as _;
use std::path::Path;
use stormseed::algorithm::{Algorithm as _, Roles};
use stormseed::detector::swim::{self, Swim};
use stormseed::election::ble::{self, BallotElection};
use stormseed::election::bully::{self, Bully};
use stormseed::election::bully_1982::{self, Bully1982};
use stormseed::election::invitation::{self, Invitation};
use stormseed::election::lease::{self, Lease};
use stormseed::election::raft::log::Entry;
use stormseed::election::raft::{Ballot, Config, Durable, Raft, Reads, Settings, Write};
use stormseed::election::random_half::{self, RandomHalf};
use stormseed::election::ring::{self, ChangRoberts, HirschbergSinclair, Numbers, Order};
use stormseed::election::spec::{LogIndex, Term, View};
use stormseed::id::{NodeId, NodeSet};
use stormseed::lock::replicated::{self, Recipe};
use stormseed::lock::{etcd::EtcdLock, queue::QueueLock, replicated::RaftLock};
use stormseed::protocol::{Durable as _, Protocol as _};

/// Holds the transcript of a script, as its file has it, against what happens.
pub(crate) fn check<P: Scripted>(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts").join(name);
    let expected = std::fs::read_to_string(&path).expect("the script is there");
    let happened = transcript::<P>(&expected);
    if std::env::var_os("STORMSEED_REWRITE").is_some() {
        std::fs::write(&path, happened).expect("the script can be rewritten");
        return;
    }
    let lines = expected.lines().zip(happened.lines()).zip(1..);
    if let Some(((expected, happened), line)) = lines.into_iter().find(|((e, h), _)| e != h) {
        panic!("{name}:{line}:\n expected: {expected}\n happened: {happened}");
    }
    assert_eq!(expected.len(), happened.len(), "{name}: one transcript is longer");
}

impl Scripted for Raft {
    fn configure(nodes: u32, words: &[&str]) -> Config {
        let servers: Vec<_> = (0..nodes).map(NodeId::new).collect();
        let mut settings = Settings::default();
        for word in words {
            match word.split_once('=') {
                None if *word == "pre-vote" => settings.pre_vote = true,
                None if *word == "check-quorum" => settings.check_quorum = true,
                Some(("no-op-on-election", "false")) => settings.no_op_on_election = false,
                Some(("members", count)) => settings.members = count.parse().ok(),
                Some(("reads", "lease")) => settings.reads = Reads::Lease,
                Some(("mutant", name)) => settings.mutant = Some(name.into()),
                _ => panic!("raft has no setting `{word}` in scripts"),
            }
        }
        settings.config(&servers).expect("the settings are in order")
    }

    /// `term 7 log 1 1 1 4 4`: the terms of the entries; each entry's command is its index.
    fn disk(words: &[&str]) -> Durable<u64> {
        let numbers = |words: &[&str]| -> Vec<u64> {
            words.iter().map(|word| word.parse().expect("a number stands here")).collect()
        };
        let ["term", term, "log", terms @ ..] = words else {
            panic!("a disk is written as `term 7 log 1 1 4`");
        };
        let mut disk = Durable::default();
        let term = Term(numbers(&[term])[0]);
        disk.apply(&Write::Ballot(Ballot { term, vote: None }));
        let terms = numbers(terms).into_iter().map(Term).zip(1..);
        let entries = terms.map(|(term, index)| Entry::of(term, Some(index))).collect();
        disk.apply(&Write::Append { after: LogIndex(0), entries });
        disk
    }

    fn show(&self, durable: &Durable<u64>) -> String {
        let view = self.view();
        let leader = view.leader.map_or("nobody".into(), |leader| leader.to_string());
        let mut shown = format!("{:?} of {leader} in term {}, log", view.role, view.term);
        for entry in durable.log().behind(LogIndex(0), usize::MAX) {
            let plain = if entry.members.is_some() { "members" } else { "-" };
            let command = entry.command.map_or(plain.into(), |command| command.to_string());
            write!(shown, " {}:{command}", entry.term).expect("writing to a string succeeds");
        }
        write!(shown, ", commit {}", self.commit_index()).expect("writing to a string succeeds");
        if let Some(now) = view.members {
            let (voters, learners) = (now.members.voters(), now.members.learners());
            write!(shown, ", of {voters:?} and {learners:?}").expect("writing succeeds");
        }
        shown
    }
}

impl Scripted for BallotElection {
    fn configure(nodes: u32, words: &[&str]) -> ble::Config {
        let mut settings = ble::Settings::default();
        for word in words {
            match word.split_once('=') {
                Some(("mutant", name)) => settings.mutant = Some(name.into()),
                _ => panic!("ballot leader election has no setting `{word}` in scripts"),
            }
        }
        let roles = Roles::deal([("servers", nodes)]);
        BallotElection::config(settings, &roles).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> ble::Promised {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, durable: &ble::Promised) -> String {
        let mood = if self.is_content() { "happy" } else { "unhappy" };
        let promised = durable.0.map_or("nothing".into(), |ballot| ballot.to_string());
        format!("is {mood}, its leader {}, {promised} on disk", self.leader())
    }
}

/// The settings of a ring: `numbers=3,1,2 order=smallest`.
fn ring(words: &[&str]) -> ring::Settings {
    let mut settings = ring::Settings { numbers: Numbers::Places, ..ring::Settings::default() };
    for word in words {
        match word.split_once('=') {
            Some(("mutant", name)) => settings.mutant = Some(name.into()),
            None if *word == "drawn" => settings.numbers = Numbers::Drawn,
            Some(("order", "smallest")) => settings.order = Order::Smallest,
            Some(("numbers", numbers)) => {
                let numbers = numbers.split(',').map(|it| it.parse().expect("it is a number"));
                settings.numbers = Numbers::Given(numbers.collect());
            }
            _ => panic!("a ring has no setting `{word}` in scripts"),
        }
    }
    settings
}

fn role_and_leader(view: &View) -> String {
    let leader = view.leader.map_or("nobody".into(), |leader| leader.to_string());
    format!("{:?} of {leader} in term {}", view.role, view.term)
}

macro_rules! servers_without_disk {
    ($algorithm:ty, $settings:expr) => {
        impl Scripted for $algorithm {
            fn configure(nodes: u32, words: &[&str]) -> Self::Config {
                let roles = Roles::deal([("servers", nodes)]);
                Self::config($settings(words), &roles).expect("the settings are in order")
            }

            fn disk(_: &[&str]) {
                panic!("it keeps nothing on disk")
            }

            fn show(&self, (): &()) -> String {
                role_and_leader(&self.view())
            }
        }
    };
}

servers_without_disk!(ChangRoberts, ring);
servers_without_disk!(HirschbergSinclair, ring);
servers_without_disk!(RandomHalf, |_: &[&str]| random_half::Settings::default());
servers_without_disk!(Bully, |words: &[&str]| {
    let mutant = words.iter().find_map(|word| word.strip_prefix("mutant=")).map(String::from);
    bully::Settings { mutant, ..bully::Settings::default() }
});

impl Scripted for Bully1982 {
    fn configure(nodes: u32, words: &[&str]) -> bully_1982::Config {
        let mut settings = bully_1982::Settings::default();
        for word in words {
            match word.split_once('=') {
                Some(("mutant", name)) => settings.mutant = Some(name.into()),
                _ => panic!("Bully of 1982 has no setting `{word}` in scripts"),
            }
        }
        let roles = Roles::deal([("servers", nodes)]);
        Bully1982::config(settings, &roles).expect("the settings are in order")
    }

    fn disk(_: &[&str]) {
        panic!("it keeps nothing on disk")
    }

    fn show(&self, (): &()) -> String {
        match self.view().leader {
            Some(coordinator) => format!("has the coordinator {coordinator}"),
            None => "has no coordinator".into(),
        }
    }
}

impl Scripted for Invitation {
    fn configure(nodes: u32, words: &[&str]) -> invitation::Config {
        let mut settings = invitation::Settings::default();
        for word in words {
            match word.split_once('=') {
                Some(("mutant", name)) => settings.mutant = Some(name.into()),
                _ => panic!("Invitation has no setting `{word}` in scripts"),
            }
        }
        let roles = Roles::deal([("servers", nodes)]);
        Invitation::config(settings, &roles).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> invitation::Counter {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, durable: &invitation::Counter) -> String {
        let view = self.view();
        let leader = view.leader.map_or("nobody".into(), |leader| leader.to_string());
        format!("{:?} of {leader} in group {}, {} on disk", view.role, view.term, durable.0)
    }
}

impl Scripted for Lease {
    /// n0 is the store.
    fn configure(nodes: u32, words: &[&str]) -> lease::Config {
        let mut settings = lease::Settings::default();
        for word in words {
            match word.split_once('=') {
                Some(("mutant", name)) => settings.mutant = Some(name.into()),
                _ => panic!("lease election has no setting `{word}` in scripts"),
            }
        }
        let roles = Roles::deal([("store", 1), ("candidates", nodes - 1)]);
        Lease::config(settings, &roles).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> lease::Versioned {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, durable: &lease::Versioned) -> String {
        let Lease::Candidate(_) = self else {
            let holder = durable.record.and_then(|record| record.holder);
            let holder = holder.map_or("nobody".into(), |holder| holder.node.to_string());
            return format!("keeps a record of version {}, held by {holder}", durable.version.0);
        };
        role_and_leader(&self.view())
    }
}

impl Scripted for Swim {
    fn configure(nodes: u32, words: &[&str]) -> swim::Config {
        let mut settings = swim::Settings::default();
        for word in words {
            match word.split_once('=') {
                Some(("mutant", name)) => settings.mutant = Some(name.into()),
                _ => panic!("SWIM has no setting `{word}` in scripts"),
            }
        }
        let roles = Roles::deal([("members", nodes)]);
        Swim::config(settings, &roles).expect("the settings are in order")
    }

    fn disk(_: &[&str]) {}

    fn show(&self, (): &()) -> String {
        let list = |nodes: &NodeSet| {
            let nodes: Vec<String> = nodes.iter().map(|node| node.to_string()).collect();
            if nodes.is_empty() { "nobody".to_owned() } else { nodes.join(" ") }
        };
        let view = self.view();
        format!("suspects {}, takes {} to be gone", list(&view.suspected), list(&view.gone))
    }
}

impl<R: Recipe> Scripted for replicated::Node<R> {
    /// n0 to n2 are servers, all others clients.
    fn configure(nodes: u32, words: &[&str]) -> replicated::Config {
        let mut settings = replicated::Settings::default();
        for word in words {
            match word.split_once('=') {
                Some(("mutant", name)) => settings.mutant = Some(name.into()),
                _ => panic!("a replicated lock has no setting `{word}` in scripts"),
            }
        }
        let roles = Roles::deal([("servers", 3), ("clients", nodes - 3)]);
        Self::config(settings, &roles).expect("the settings are in order")
    }

    fn disk(_: &[&str]) -> Self::Durable {
        panic!("no script needs a disk that was written before")
    }

    fn show(&self, durable: &Self::Durable) -> String {
        match (self.view(), self) {
            (replicated::View::Server(view), replicated::Node::Server(server)) => {
                let last = durable.raft.log().last().index;
                let live = server.sessions().live().count();
                format!("{:?}, {last} entries in its log, {live} sessions", view.role)
            }
            (replicated::View::Client(view), _) => format!("{:?}", view.phase),
            _ => unreachable!("a server shows itself as one"),
        }
    }
}

macro_rules! scripts {
    ($($name:ident: $algorithm:ty = $file:literal;)*) => {$(
        #[test]
        fn $name() {
            check::<$algorithm>($file);
        }
    )*};
}

scripts! {
    a_majority_elects_a_leader: Raft = "raft/elect.txt";
    a_majority_commits_an_entry: Raft = "raft/replicate.txt";
    messages_of_older_terms_change_nothing: Raft = "raft/old_term.txt";
    a_split_vote_is_resolved_in_the_next_term: Raft = "raft/split_vote.txt";
    pre_vote_keeps_a_server_that_was_cut_off_from_deposing_a_leader: Raft = "raft/pre_vote.txt";
    a_leader_that_hears_from_no_quorum_steps_down: Raft = "raft/check_quorum.txt";
    a_leader_repairs_the_logs_of_figure_7: Raft = "raft/log_repair.txt";
    an_entry_of_an_older_term_waits_for_one_of_the_leaders_own: Raft = "raft/figure_8.txt";
    a_vote_survives_a_restart_and_is_not_told_before_it_does: Raft = "raft/restart.txt";
    a_failed_disk_is_written_anew: Raft = "raft/disk_error.txt";
    a_leader_hands_over_to_a_server_that_has_its_log: Raft = "raft/transfer.txt";
    a_read_waits_for_a_round_and_for_an_entry_of_the_leaders_own: Raft = "raft/read_index.txt";
    a_lease_reads_without_a_round_until_it_ends: Raft = "raft/lease.txt";
    a_new_server_learns_before_it_votes_and_a_removed_leader_leads_until_it_may_go: Raft =
        "raft/members.txt";
    the_log_says_who_the_members_are_after_a_restart_and_a_truncation: Raft =
        "raft/members_restored.txt";
    the_only_voter_leads_once_its_vote_is_on_disk: Raft = "raft/lone_voter.txt";
    who_is_no_member_disrupts_nobody_who_hears_a_leader: Raft = "raft/removed_server.txt";
    mutants_are_caught_in_the_act: Raft = "raft/mutants.txt";
    the_highest_ballot_leads_after_a_round: BallotElection = "ble/elect.txt";
    who_sees_a_quorum_of_the_unhappy_takes_over: BallotElection = "ble/take_over.txt";
    a_restarted_leader_needs_a_new_ballot: BallotElection = "ble/restart.txt";
    the_highest_that_answers_leads: Bully = "bully/elect.txt";
    a_coordinator_that_falls_silent_is_followed_by_the_next: Bully = "bully/failover.txt";
    who_announces_itself_is_no_coordinator_by_election: Bully = "bully/mutants.txt";
    the_best_number_comes_home: ChangRoberts = "chang_roberts/elect.txt";
    mutants_of_chang_roberts_are_caught_in_the_act: ChangRoberts = "chang_roberts/mutants.txt";
    who_is_best_as_far_as_it_sent_looks_twice_as_far: HirschbergSinclair =
        "hirschberg_sinclair/elect.txt";
    mutants_of_hirschberg_sinclair_are_caught_in_the_act: HirschbergSinclair =
        "hirschberg_sinclair/mutants.txt";
    half_of_the_nodes_are_elected_by_one_call: RandomHalf = "random_half/elect.txt";
    all_are_halted_before_one_is_named: Bully1982 = "bully_1982/elect.txt";
    a_rival_is_halted_before_those_it_may_name_itself_to: Bully1982 = "bully_1982/rival.txt";
    mutants_of_bully_name_a_second_coordinator: Bully1982 = "bully_1982/mutants.txt";
    two_groups_merge_into_one: Invitation = "invitation/merge.txt";
    a_member_that_is_cut_off_starts_again_alone: Invitation = "invitation/alone.txt";
    what_comes_late_changes_no_group: Invitation = "invitation/late.txt";
    mutants_of_invitation_are_caught_in_the_act: Invitation = "invitation/mutants.txt";
    a_record_unchanged_for_a_lease_duration_is_taken: Lease = "lease/take_over.txt";
    a_leader_that_steps_down_says_so_in_the_record: Lease = "lease/step_down.txt";
    mutants_of_leases_are_caught_in_the_act: Lease = "lease/mutants.txt";
    who_does_not_answer_is_suspected_and_then_gone: Swim = "swim/death.txt";
    a_suspected_member_refutes_in_a_new_incarnation: Swim = "swim/refute.txt";
    a_refutation_without_a_new_incarnation_is_not_believed: Swim = "swim/mutants.txt";
    mutants_of_ballots_are_caught_in_the_act: BallotElection = "ble/mutants.txt";
    a_lock_on_raft_goes_from_one_client_to_the_next: RaftLock = "lock-raft/turns.txt";
    a_waiter_of_etcd_looks_whether_its_own_key_is_there: EtcdLock = "lock-etcd/turns.txt";
    a_release_wakes_the_next_in_the_queue_alone: QueueLock = "lock-queue/turns.txt";
}
