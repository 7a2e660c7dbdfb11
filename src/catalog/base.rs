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
    ("lock-lease", include_str!("../../scenarios/lock/lease_calm.toml")),
    ("lock-lease fenced", include_str!("../../scenarios/lock/lease_calm-fenced.toml")),
    ("lock-lease checked", include_str!("../../scenarios/lock/lease_calm-checked.toml")),
    ("lock-redlock", include_str!("../../scenarios/lock/redlock_calm.toml")),
    ("lock-raft", include_str!("../../scenarios/lock/raft_calm-guarded.toml")),
    ("lock-raft fenced", include_str!("../../scenarios/lock/raft_calm-fenced.toml")),
    ("lock-etcd", include_str!("../../scenarios/lock/etcd_calm-guarded.toml")),
    ("lock-etcd fenced", include_str!("../../scenarios/lock/etcd_calm-fenced.toml")),
    ("lock-queue", include_str!("../../scenarios/lock/queue_calm-guarded.toml")),
    ("lock-queue fenced", include_str!("../../scenarios/lock/queue_calm-fenced.toml")),
    ("lock-lamport", include_str!("../../scenarios/lock/lamport_calm.toml")),
    ("lock-ricart-agrawala", include_str!("../../scenarios/lock/ricart-agrawala_calm.toml")),
    ("lock-maekawa", include_str!("../../scenarios/lock/maekawa_calm.toml")),
    ("lock-suzuki-kasami", include_str!("../../scenarios/lock/suzuki-kasami_calm.toml")),
    ("lock-raymond", include_str!("../../scenarios/lock/raymond_calm.toml")),
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
