//! The family that waits: faults of any kind, one at a time, each only when the service is there
//! again.

use super::drawn::{Draw, Scale, Word};
use super::entry::{Nemesis, Progress};
use super::families::{FAMILIES, Family};
use super::{Storm, pin, text};
use crate::fault::{Fault, Target, When};
use crate::id::FaultId;
use crate::rng::{Stream, choose};
use crate::scenario::draw::{BLOCK, later, length, strikes_someone};
use crate::scenario::fault::{Blow, FaultKind};
use crate::scenario::pick::Nodes;
use crate::time::Duration;
use crate::units::{Span, Spread};

/// The block of its faults' names.
const BLOCK_OF_PROGRESS: u32 = 100;
/// So many strikes are the most that are planned; few runs come that far.
const STRIKES_MAX: u64 = 500;

/// A kind of fault that it may do, with every word of it.
struct Kind {
    family: &'static Family,
    /// Whether it strikes whatever the algorithm assumes.
    is_meant: bool,
    words: Vec<Word>,
    entry: Box<dyn FaultKind>,
}

/// The storm of faults that wait, drawn for a seed.
pub(super) fn storm(
    nemesis: &Nemesis,
    progress: &Progress,
    seed: u64,
    nodes: Nodes<'_>,
    scale: &Scale<'_>,
) -> Storm {
    let drawn = Draw::new(Stream::new(seed, "nemesis/words/progress"), scale).soon();
    let after = progress.after.as_deref().copied().unwrap_or(drawn);
    let mut kinds = kinds(nemesis, progress, seed, scale);
    let mut faults = loop {
        let strikes = strikes(&kinds, &after, seed, nodes, scale);
        let strays = |(kind, faults): &(usize, Vec<Fault>)| {
            (!kinds[*kind].is_meant && !scale.is_inside(faults)).then_some(*kind)
        };
        match strikes.iter().find_map(strays) {
            Some(kind) => drop(kinds.remove(kind)),
            None => break strikes.into_iter().flat_map(|(_, faults)| faults).collect::<Vec<_>>(),
        }
    };
    let mut words = vec![("after".to_owned(), format!("\"{after}\""))];
    words.extend(kinds.iter().map(|kind| (kind.family.name.to_owned(), inline(&kind.words))));
    for (place, fault) in (0..).zip(&mut faults) {
        fault.id = FaultId(BLOCK_OF_PROGRESS * BLOCK + place);
    }
    Storm { name: "progress", words, faults }
}

/// All strikes in their order, with the place of each one's kind.
fn strikes(
    kinds: &[Kind],
    after: &Span<Duration>,
    seed: u64,
    nodes: Nodes<'_>,
    scale: &Scale<'_>,
) -> Vec<(usize, Vec<Fault>)> {
    let mut luck = Stream::new(seed, "nemesis/progress");
    let beat = (scale.patience().as_nanos() / 4).max(1);
    let count = (scale.storm.as_nanos() / beat).clamp(1, STRIKES_MAX) as u32;
    let places: Vec<usize> = (0..kinds.len()).collect();
    let mut strikes = Vec::new();
    for nth in 1..=count {
        let Some(&kind) = choose(&mut luck, &places) else { break };
        let when = When::Service { nth, after: length(&mut luck, *after) };
        strikes.push((kind, strike(&*kinds[kind].entry, &when, nodes, &mut luck)));
    }
    strikes
}

/// The kinds that it names, or else those of the nemesis. Of those that a profile has named only
/// the ones stay that never leave what the algorithm assumes.
fn kinds(nemesis: &Nemesis, progress: &Progress, seed: u64, scale: &Scale<'_>) -> Vec<Kind> {
    let names_some = FAMILIES.iter().any(|family| progress.pinned(family.name).is_some());
    let kind = |family: &'static Family| {
        let pinned = match names_some {
            true => progress.pinned(family.name)?,
            false => nemesis.pinned(family.name)?,
        };
        let luck = Stream::new(seed, &format!("nemesis/words/progress/{}", family.name));
        let mut draw = Draw::new(luck, scale);
        (family.draw)(&mut draw);
        let mut words = pin(draw.finish(), pinned);
        words.retain(|(key, _)| key != "every");
        let entry = (family.read)(&text(&words)).expect("a checked family reads as a fault");
        let is_meant = names_some || !nemesis.is_of_profile(family.name);
        Some(Kind { family, is_meant, words, entry })
    };
    FAMILIES.iter().filter_map(kind).collect()
}

/// One strike.
fn strike(entry: &dyn FaultKind, when: &When, nodes: Nodes<'_>, luck: &mut Stream) -> Vec<Fault> {
    let who = match entry.who() {
        Some(who) => nodes.target(who, luck, |_| false),
        None => Target::All,
    };
    let lasts = entry.lasts().map(|lasts| length(luck, **lasts));
    let fault = |blow: Blow| Fault {
        id: FaultId(0),
        when: later(when, blow.after),
        who: blow.who,
        action: blow.action,
        lasts: blow.lasts,
        struck: None,
    };
    entry.blows(&who, lasts, nodes, luck).into_iter().map(fault).filter(strikes_someone).collect()
}

/// Words as an inline table.
pub(super) fn inline(words: &[Word]) -> String {
    let words: Vec<String> = words.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", words.join(", "))
}

impl Draw<'_> {
    /// How long after the service is there.
    fn soon(mut self) -> Span<Duration> {
        let most = self.scale.patience().as_nanos();
        let least = (self.scale.subject.calibration.round_trip.as_nanos() / 2).min(most).max(1);
        let max = self.about(least..=most);
        Span { min: Duration::ZERO, max, spread: Spread::Even }
    }
}
