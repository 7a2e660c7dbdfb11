//! The calm scenario of each algorithm: what a contract is measured against.
//!
//! A few have theirs among the scenarios: of the rings it has messages that take long, since they
//! elect once and faults should find them at it. For any other a network is made in which nothing
//! goes wrong and nothing that the algorithm assumes is broken.

use super::{Catalog, Entry};
use crate::conditions::{Latency, Network};
use crate::scenario::Source;
use crate::time::Duration;

/// The calm scenarios that are shipped.
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
];

/// How many nodes play the first role and each other one, in the order in which it is tried: peers,
/// and one who serves many.
const SIZES: [(u32, u32); 4] = [(5, 3), (3, 3), (1, 4), (2, 2)];

impl Catalog {
    /// The calm scenario of an algorithm: the one that is shipped, or the first of those made of
    /// its roles that it accepts. `None` if it accepts none: then its user has to write one.
    pub fn calm(&self, entry: &Entry) -> Option<Source> {
        let name = format!("the calm scenario of {}", entry.name);
        if let Some((_, text)) = CALM.iter().find(|(algorithm, _)| *algorithm == entry.name) {
            return Some(Source::new(&name, text));
        }
        let made = SIZES.iter().map(|sizes| Source::new(&name, &made(entry, *sizes)));
        made.into_iter().find(|source| self.open(source.clone()).is_ok())
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
