//! The nemesis: what the seed decides, a swarm on two levels.
//!
//! Swarm testing (Groce et al., ISSTA 2012): each run first picks which families of faults exist at
//! all, for a storm of everything hides what a storm of one thing finds. Then it draws how often
//! and how hard each of them strikes. Each family has streams of its own - whether it exists, its
//! words, its strikes - so that a family that is switched off, or a new one, moves no other.
//!
//! The families of a profile stay inside what the algorithm assumes, but for what the scenario
//! means to `exceed`; a family that the file itself names strikes as it is written.

mod check;
mod drawn;
mod entry;
mod families;
mod progress;
mod strikes;

pub use entry::{Density, Nemesis, Pace, Pinned, Progress};

use super::pick::Nodes;
use crate::fault::Fault;
use crate::rng::{Luck64, Stream, log_uniform};
use crate::time::{Duration, SimTime};
use drawn::{Draw, Word};
pub(in crate::scenario) use drawn::{Scale, around};
use families::{FAMILIES, Family};
use std::fmt;
use strikes::Strikes;

/// The families that a file can name, each with what it does.
pub fn known_families() -> Vec<(&'static str, &'static str)> {
    let progress = (
        "progress",
        " Faults of any kind, one at a time, each only when the service \
                                 is there again.",
    );
    FAMILIES.iter().map(|family| (family.name, family.meaning)).chain([progress]).collect()
}

/// A family that exists in a run, with every word of it, and its faults.
pub(in crate::scenario) struct Storm {
    name: &'static str,
    words: Vec<Word>,
    pub faults: Vec<Fault>,
}

impl Storm {
    fn draw(
        family: &'static Family,
        pinned: &toml::Table,
        seed: u64,
        nodes: Nodes<'_>,
        scale: &Scale<'_>,
    ) -> Self {
        let luck = Stream::new(seed, &format!("nemesis/words/{}", family.name));
        let mut draw = Draw::new(luck, scale);
        (family.draw)(&mut draw);
        let words = pin(draw.finish(), pinned);
        let (every, own): (Vec<&Word>, Vec<&Word>) =
            words.iter().partition(|(key, _)| key == "every");
        let every = every.first().map(|(_, value)| value.trim_matches('"').parse());
        let every = every.expect("it was drawn").expect("a checked family has a right time");
        let kind = (family.read)(&text(own)).expect("a checked family reads as a fault");
        let luck = Stream::new(seed, &format!("nemesis/{}", family.name));
        let strikes = Strikes { kind: &*kind, every, block: family.block, nodes };
        let faults = strikes.draw(luck, SimTime::ZERO + scale.storm);
        Storm { name: family.name, words, faults }
    }
}

/// As a line of `[nemesis]`: it can be pasted there.
impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, progress::inline(&self.words))
    }
}

/// Words that say the same in another way: where the first is pinned, the second is not drawn.
const INSTEAD: [(&str, &str); 7] = [
    ("groups", "shape"),
    ("changes", "rate"),
    ("changes", "change-every"),
    ("for-good", "for"),
    ("for-good", "loop"),
    ("for", "for-good"),
    ("loop", "for-good"),
];

/// Whether what is pinned leaves no room for a word that was drawn.
fn is_ousted(key: &str, is_pinned: impl Fn(&str) -> bool) -> bool {
    !is_pinned(key) && INSTEAD.iter().any(|(one, other)| *other == key && is_pinned(one))
}

/// Lets what is pinned win over what was drawn.
fn pin(mut words: Vec<Word>, pinned: &toml::Table) -> Vec<Word> {
    words.retain(|(key, _)| !is_ousted(key, |key| pinned.contains_key(key)));
    for (key, value) in pinned {
        let value = value.to_string();
        match words.iter_mut().find(|(drawn, _)| drawn == key) {
            Some(word) => word.1 = value,
            None => words.push((key.clone(), value)),
        }
    }
    words
}

fn text<'a>(words: impl IntoIterator<Item = &'a Word>) -> String {
    words.into_iter().map(|(key, value)| format!("{key} = {value}\n")).collect()
}

/// A family that may exist.
struct Candidate<'a> {
    what: What<'a>,
    exists: bool,
    /// Where all coins deny, the one with the lowest rank exists.
    rank: u64,
}

enum What<'a> {
    Family(&'static Family, &'a toml::Table),
    Progress(&'a Progress),
}

/// The families that exist in the run of a seed, with their faults, in the order of their blocks.
pub(in crate::scenario) fn storms(
    nemesis: &Nemesis,
    seed: u64,
    nodes: Nodes<'_>,
    scale: &Scale<'_>,
) -> Vec<Storm> {
    let storm = |candidate: &Candidate<'_>| match candidate.what {
        What::Family(family, pinned) => {
            let storm = Storm::draw(family, pinned, seed, nodes, scale);
            let is_written = !nemesis.is_of_profile(family.name);
            (is_written || scale.is_inside(&storm.faults)).then_some(storm)
        }
        // Where the service never comes there is nothing to wait for.
        What::Progress(progress) => {
            let is_awaited = scale.subject.calibration.service.is_some();
            is_awaited.then(|| progress::storm(nemesis, progress, seed, nodes, scale))
        }
    };
    let mut candidates = candidates(nemesis, seed);
    let chosen: Vec<Storm> = candidates.iter().filter(|c| c.exists).filter_map(storm).collect();
    if !chosen.is_empty() {
        return chosen;
    }
    candidates.retain(|candidate| !candidate.exists);
    candidates.sort_by_key(|candidate| candidate.rank);
    candidates.iter().find_map(storm).into_iter().collect()
}

/// Whether anything is drawn: any word of any family, or whether it exists by a range.
pub(in crate::scenario) fn draws(nemesis: &Nemesis) -> bool {
    let scale = Scale::of_storm(Duration::from_secs(1), 2);
    let is_drawn = |family: &Family| {
        let Some(pinned) = nemesis.pinned(family.name) else { return false };
        let mut draw = Draw::new(Stream::new(0, "words"), &scale);
        (family.draw)(&mut draw);
        draw.finish().iter().any(|(key, _)| !pinned.contains_key(key))
    };
    nemesis.progress.is_some() || FAMILIES.iter().any(is_drawn)
}

/// Tosses a coin for each family, from a stream of its own.
fn candidates(nemesis: &Nemesis, seed: u64) -> Vec<Candidate<'_>> {
    let density = nemesis.density.as_deref().map(|density| {
        let mut luck = Stream::new(seed, "nemesis/density");
        log_uniform(&mut luck, u64::from(density.min)..=u64::from(density.max))
    });
    let candidate = |name: &str, what| {
        let mut luck = Stream::new(seed, &format!("nemesis/swarm/{name}"));
        let (coin, rank) = (luck.next(), luck.next());
        let exists = match density {
            _ if nemesis.swarm == Some(false) => true,
            Some(ppm) => (u128::from(coin) * 1_000_000) >> 64 < u128::from(ppm),
            None => coin & 1 == 0,
        };
        Candidate { what, exists, rank }
    };
    let family = |family: &'static Family| {
        let pinned = nemesis.pinned(family.name)?;
        Some(candidate(family.name, What::Family(family, pinned)))
    };
    let progress = nemesis.progress.as_deref();
    let progress = progress.map(|progress| candidate("progress", What::Progress(progress)));
    FAMILIES.iter().filter_map(family).chain(progress).collect()
}
