//! The calm scenario of each algorithm: what a contract is measured against.
//!
//! Many have theirs among the scenarios: of the rings it has messages that take long, since they
//! elect once and faults should find them at it; of a lock there is one for each kind of resource
//! that it protects. For any other a network is made in which nothing
//! goes wrong and nothing that the algorithm assumes is broken.

use super::{Catalog, Entry};
use crate::conditions::{Latency, Network};
use crate::scenario::Source;
use crate::time::Duration;

/// A calm scenario of a lock. A lock that many want is handed on all the time, and those who wait
/// wait for a while each time: it is back when it is held for as long as somebody works.
macro_rules! lock {
    ($name:literal) => {
        concat!(
            include_str!(concat!("../../scenarios/lock/", $name, ".toml")),
            "\n[heal]\nwithin = \"10s\"\nsteady = \"20ms\"\n",
        )
    };
}

/// The calm scenarios that are shipped: of an algorithm that may be used in several ways, one of
/// each.
const CALM: &[(&str, &str)] = &[
    (
        "election-chang-roberts",
        include_str!("../../scenarios/election/chang-roberts_slow-links.toml"),
    ),
    (
        "election-hirschberg-sinclair",
        include_str!("../../scenarios/election/hirschberg-sinclair_slow-links.toml"),
    ),
    ("election-bully", include_str!("../../scenarios/election/bully_calm.toml")),
    ("election-raft", include_str!("../../scenarios/election/raft_calm.toml")),
    ("election-raft by lease", include_str!("../../scenarios/election/raft_calm-lease-reads.toml")),
    ("lock-article", lock!("article_calm")),
    ("lock-lease", lock!("lease_calm")),
    ("lock-lease fenced", lock!("lease_calm-fenced")),
    ("lock-lease checked", lock!("lease_calm-checked")),
    ("lock-redlock", lock!("redlock_calm")),
    ("lock-raft", lock!("raft_calm-guarded")),
    ("lock-raft fenced", lock!("raft_calm-fenced")),
    ("lock-etcd", lock!("etcd_calm-guarded")),
    ("lock-etcd fenced", lock!("etcd_calm-fenced")),
    ("lock-queue", lock!("queue_calm-guarded")),
    ("lock-queue fenced", lock!("queue_calm-fenced")),
    ("lock-lamport", lock!("lamport_calm")),
    ("lock-ricart-agrawala", lock!("ricart-agrawala_calm")),
    ("lock-maekawa", lock!("maekawa_calm")),
    ("lock-suzuki-kasami", lock!("suzuki-kasami_calm")),
    ("lock-raymond", lock!("raymond_calm")),
];

/// How many nodes play the first role and each other one, in the order in which it is tried: peers,
/// and one who serves many.
const SIZES: [(u32, u32); 4] = [(5, 3), (3, 3), (1, 4), (2, 2)];

impl Catalog {
    /// The calm scenarios of an algorithm, each under a label that begins with its name: those that
    /// are shipped, or the first of those made of its roles that it accepts. Empty if it accepts
    /// none: then its user has to write one.
    pub fn calm(&self, entry: &Entry) -> Vec<(String, Source)> {
        let source = |label: &str, text: &str| {
            (label.to_owned(), Source::new(&format!("the calm scenario of {label}"), text))
        };
        let is_its = |label: &str| label.split(' ').next() == Some(entry.name);
        let shipped = CALM.iter().filter(|(label, _)| is_its(label));
        let shipped: Vec<_> = shipped.map(|(label, text)| source(label, text)).collect();
        if !shipped.is_empty() {
            return shipped;
        }
        let made = SIZES.iter().map(|sizes| source(entry.name, &made(entry, *sizes)));
        made.into_iter().find(|(_, source)| self.open(source.clone()).is_ok()).into_iter().collect()
    }
}

/// A scenario of these roles in a world that breaks nothing.
fn made(entry: &Entry, (first, other): (u32, u32)) -> String {
    let family = entry.name.split('-').next().unwrap_or(entry.name);
    let counts = std::iter::once(first).chain(std::iter::repeat(other));
    let roles = entry.vocabulary.roles.iter().zip(counts);
    let nodes: String = roles.map(|(role, count)| format!("{role} = {count}\n")).collect();
    let (least, most) = latency(entry.assumes.delay_bound);
    format!(
        "name = \"{family}/calm\"\nformat = 1\nduration = \"10s\"\n\n[nodes]\n{nodes}\n\
         [algorithm.{}]\n\n[network]\nlatency = \"{least}..{most}\"\nfifo = {}\n",
        entry.name, entry.assumes.fifo_links,
    )
}

/// The usual latency, or what a bound leaves of it.
fn latency(bound: Option<Duration>) -> (Duration, Duration) {
    let Latency::Uniform { min, max } = Network::default().latency else {
        return (Duration::ZERO, Duration::ZERO);
    };
    let most = bound.map_or(max, |bound| bound.min(max));
    (min.min(most), most)
}
