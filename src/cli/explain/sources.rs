//! Where names are from: the paper and its section, or where the bug or the fault was met.

/// Of the algorithms.
const ALGORITHMS: &[(&str, &str)] = &[
    ("detector-swim", "Das, Gupta and Motivala, SWIM, DSN 2002; suspicion as in section 4.2"),
    ("election-article-random-half", "the article that `docs/article.md` quotes and measures"),
    ("election-ble", "Ng, Haridi and Carbone, Omni-Paxos, EuroSys 2023, section 5"),
    (
        "election-bully",
        "Garcia-Molina, Elections in a Distributed Computing System, IEEE Transactions on \
         Computers C-31(1), 1982, as the text-books tell it",
    ),
    (
        "election-bully-1982",
        "Garcia-Molina, Elections in a Distributed Computing System, IEEE Transactions on \
         Computers C-31(1), 1982: the first algorithm",
    ),
    (
        "election-chang-roberts",
        "Chang and Roberts, An improved algorithm for decentralized extrema-finding, CACM 22(5), \
         1979",
    ),
    (
        "election-hirschberg-sinclair",
        "Hirschberg and Sinclair, Decentralized extrema-finding in circular configurations of \
         processors, CACM 23(11), 1980",
    ),
    (
        "election-invitation",
        "Garcia-Molina, Elections in a Distributed Computing System, IEEE Transactions on \
         Computers C-31(1), 1982: the second algorithm",
    ),
    ("election-lease", "Kubernetes, client-go: tools/leaderelection"),
    (
        "election-raft",
        "Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm, USENIX ATC \
         2014, section 5; PreVote, membership and reads: Ongaro's thesis, 2014",
    ),
    (
        "hashing-directory",
        "Karger et al., Consistent Hashing and Random Trees, STOC 1997; the functions: \
         `docs/placement.md`",
    ),
    (
        "hashing-epochs",
        "stormseed: `docs/ownership.md`; that a key has one owner at a time: Adya et al., Slicer, \
         OSDI 2016, section 2",
    ),
    (
        "hashing-gossip",
        "DeCandia et al., Dynamo, SOSP 2007, sections 4.7 to 4.9; Lakshman and Malik, Cassandra, \
         LADIS 2009, section 5.2",
    ),
    (
        "hashing-leases",
        "stormseed: `docs/ownership.md`; leases and owners as in Adya et al., Slicer, OSDI 2016",
    ),
    (
        "hashing-replicas",
        "Attiya, Bar-Noy and Dolev, Sharing Memory Robustly in Message-Passing Systems, JACM \
         42(1), 1995; hints: DeCandia et al., Dynamo, SOSP 2007, section 4.6; epochs: Cassandra, \
         CEP-21, 2022",
    ),
    ("lock-article", "the article that `docs/article.md` quotes and measures"),
    ("lock-etcd", "etcd: client/v3/concurrency/mutex.go"),
    (
        "lock-lamport",
        "Lamport, Time, Clocks, and the Ordering of Events in a Distributed System, CACM 21(7), \
         1978; as in LamportMutex.tla (Merz)",
    ),
    ("lock-lease", "Kleppmann, How to do distributed locking, 2016"),
    (
        "lock-maekawa",
        "Maekawa, A sqrt(N) algorithm for mutual exclusion in decentralized systems, ACM \
         Transactions on Computer Systems 3(2), 1985",
    ),
    ("lock-queue", "Apache ZooKeeper, Recipes and Solutions: locks"),
    ("lock-raft", "Ongaro, Consensus: Bridging Theory and Practice, thesis, 2014, section 6.3"),
    (
        "lock-raymond",
        "Raymond, A tree-based algorithm for distributed mutual exclusion, ACM Transactions on \
         Computer Systems 7(1), 1989",
    ),
    ("lock-redlock", "Redis, Distributed Locks; judged by Kleppmann, 2016"),
    (
        "lock-ricart-agrawala",
        "Ricart and Agrawala, An optimal algorithm for mutual exclusion in computer networks, \
         CACM 24(1), 1981",
    ),
    (
        "lock-suzuki-kasami",
        "Suzuki and Kasami, A distributed mutual exclusion algorithm, ACM Transactions on \
         Computer Systems 3(4), 1985",
    ),
];

/// Of invariants that do not name it in what they say.
const INVARIANTS: &[(&str, &str)] = &[
    ("accepted-write-seen", "stormseed: `docs/ownership.md`"),
    (
        "applied-once",
        "stormseed: `docs/ownership.md`; requests with numbers: Raft thesis, section 6.3",
    ),
    ("dropped-after-taken", "stormseed: `docs/ownership.md`"),
    ("same-members-same-owners", "stormseed: `docs/ownership.md`, `docs/placement.md`"),
    ("one-map-an-epoch", "stormseed: `docs/ownership.md`"),
    (
        "quorum-holds-write",
        "Gifford, Weighted Voting for Replicated Data, SOSP 1979: R + W > N; as judged: \
         `docs/ownership.md`",
    ),
    ("one-stamp-a-write", "Attiya, Bar-Noy and Dolev, JACM 42(1), 1995; `docs/ownership.md`"),
    ("hint-kept", "DeCandia et al., Dynamo, SOSP 2007, section 4.6; `docs/ownership.md`"),
    ("every-key-owned", "Karger et al., STOC 1997; `docs/placement.md`"),
    (
        "moves-only-what-it-must",
        "Karger et al., STOC 1997, section 4: monotonicity; `docs/placement.md`",
    ),
    ("replicas-distinct", "DeCandia et al., Dynamo, SOSP 2007, section 4.3; `docs/placement.md`"),
    ("no-lost-write", "stormseed: `docs/ownership.md`"),
    ("lying-observer", "stormseed: what a node declares is held against what it sends and shows"),
];

/// Of the faults: a class of failures by its paper, or a tool or an incident that shows it.
const FAULTS: &[(&[&str], &str)] = &[
    (
        &["crash", "death", "crash-loop"],
        "Cristian, Understanding Fault-Tolerant Distributed Systems, CACM 34(2), 1991: crash \
         failures; with what was not synced, Pillai et al., OSDI 2014",
    ),
    (
        &["pause", "stall", "suspend"],
        "Kleppmann, How to do distributed locking, 2016: pauses of processes; Jepsen's nemesis \
         by SIGSTOP",
    ),
    (
        &["partition", "cut", "hold"],
        "Bailis and Kingsbury, The Network is Reliable, ACM Queue 12(7), 2014; partial ones: \
         Alfatafta et al., OSDI 2020",
    ),
    (
        &["loss", "duplication", "reorder", "delay", "corruption"],
        "Cristian, Understanding Fault-Tolerant Distributed Systems, CACM 34(2), 1991: omission \
         and timing failures; Linux tc-netem does the same to real packets",
    ),
    (
        &["throttle"],
        "Gettys and Nichols, Bufferbloat: Dark Buffers in the Internet, ACM Queue 9(11), 2011",
    ),
    (
        &["drift", "jump", "strobe", "freeze"],
        "Cristian and Fetzer, The Timed Asynchronous Distributed System Model, IEEE TPDS 10(6), \
         1999: clock failures; Jepsen's clock nemesis (bump and strobe)",
    ),
    (&["slow", "slow-disk", "stalled-disk"], "Gunawi et al., Fail-Slow at Scale, FAST 2018"),
    (
        &["failing-disk", "full-disk"],
        "Rebello et al., Can Applications Recover from fsync Failures?, USENIX ATC 2020",
    ),
    (
        &["lying-disk"],
        "Zheng et al., Understanding the Robustness of SSDs under Power Fault, FAST 2013",
    ),
    (
        &["spread"],
        "stormseed: one fault for each node of a target, each at its own time (`docs/faults.md`)",
    ),
    (
        &["forgery", "misdelivery", "replay"],
        "Lamport, Shostak and Pease, The Byzantine Generals Problem, ACM TOPLAS 4(3), 1982; as \
         messages, Dolev and Yao, IEEE TIT 29(2), 1983",
    ),
];

/// Where an algorithm is from; `None` for one of a user's own, whose summary says it.
pub(super) fn of_algorithm(name: &str) -> Option<&'static str> {
    ALGORITHMS.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}

/// Where an invariant is from, unless it names that itself, in brackets, in what it says.
pub(super) fn of_invariant(name: &str) -> Option<&'static str> {
    INVARIANTS.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}

/// Where a fault is from.
pub(super) fn of_fault(name: &str) -> Option<&'static str> {
    FAULTS.iter().find(|(names, _)| names.contains(&name)).map(|(_, source)| *source)
}

/// Where an exit code is from: those from 64 on are of sysexits.h, those above 128 of the shell.
pub(super) const fn of_exit(code: u8) -> &'static str {
    match code {
        0..=2 => "POSIX, and the habit of Unix: 0 for success, 1 and 2 for what is wrong",
        64..=78 => "BSD, sysexits.h: EX_SOFTWARE is 70, EX_IOERR is 74",
        129..=255 => "the shell: 128 and the number of the signal",
        _ => "stormseed: `docs/ci.md` says what CI makes of it",
    }
}
