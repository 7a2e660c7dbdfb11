//! Drawing what a load does not pin: which commands there are and how often each is asked for, then
//! everything else, each from a stream of its own.
//!
//! Lengths are log-uniform in the units of a calm run, as those of the nemesis are. Everything is
//! drawn whether it is pinned or not, and whether the run has a use for it or not.

use super::entry::{Burst, BurstsEntry, LoadEntry, LoopEntry, Skew};
use super::{COMMANDS_MAX, Clients, Load, Rhythm};
use crate::algorithm::Algorithm;
use crate::calibration::Calibration;
use crate::rng::{Luck64, Stream, log_uniform, range};
use crate::scenario::Vocabulary;
use crate::scenario::nemesis::around;
use crate::scenario::words::{Millionths, Who};
use crate::time::Duration;
use crate::units::{Span, Spread};

/// A hundredth in millionths.
const HUNDREDTH: u64 = 10_000;

/// What a load is drawn to fit.
pub(super) struct Scale {
    patience: Duration,
    round_trip: Duration,
    /// No command comes more often than this by itself: it is asked for until the run ends, and at
    /// most [`COMMANDS_MAX`] times.
    least: u64,
}

impl Scale {
    /// Of a run that takes this long, with a storm of this length.
    pub fn new(calibration: &Calibration, storm: Duration, run: Duration) -> Self {
        let most = Duration::from_nanos((storm.as_nanos() / 16).max(1));
        let patience = calibration.patience().min(most);
        Scale {
            patience,
            round_trip: calibration.round_trip.max(Duration::from_nanos(1)).min(patience),
            // Twice, for what is drawn around a length reaches down to half of it.
            least: (run.as_nanos() / COMMANDS_MAX).saturating_mul(2).max(2),
        }
    }

    /// So many patiences, halves, or eighths of them, in nanoseconds.
    fn patience(&self, times: u64) -> u64 {
        self.patience.saturating_mul(times).as_nanos().max(2)
    }

    fn round_trip(&self, over: u64) -> u64 {
        (self.round_trip.as_nanos() / over).max(1)
    }
}

/// The load of a seed: what is pinned, and the rest drawn.
pub(super) fn load<A: Algorithm>(
    entry: &LoadEntry,
    first_role: Option<&String>,
    seed: u64,
    scale: &Scale,
) -> Load {
    let words = Vocabulary::of::<A>();
    let luck = |what: &str| Stream::new(seed, &format!("load/{what}"));
    let drawn = match luck("loop").next() & 1 {
        0 => LoopEntry::Open,
        _ => LoopEntry::Closed,
    };
    let kind = entry.kind.as_deref().copied().unwrap_or(drawn);
    // Where nobody answers anything that may be asked, nobody can wait.
    let is_closed = kind == LoopEntry::Closed && entry.has_answers(&words);
    let bursts = bursts(entry, luck("bursts"), scale);
    let every = around(&mut luck("every"), scale.every());
    let think = think(luck("think"), scale);
    let steady = match is_closed {
        true => entry.think.as_deref().copied().unwrap_or(think),
        false => entry.every.as_deref().copied().unwrap_or(every),
    };
    let count = log_uniform(&mut luck("clients"), 1..=16) as u32;
    let timeout = scale.patience.saturating_mul(2);
    let clients = Clients {
        count: entry.clients.as_deref().copied().unwrap_or(count),
        timeout: entry.timeout.as_deref().copied().unwrap_or(timeout),
    };
    let keys = log_uniform(&mut luck("keys"), 1..=256) as u32;
    let to = to::<A>(luck("to"), first_role);
    Load {
        mix: mix(entry, &words, is_closed, seed),
        keys: entry.keys.as_deref().copied().unwrap_or(keys),
        skew: entry.skew.as_deref().copied().unwrap_or(skew(luck("skew"))),
        clients: is_closed.then_some(clients),
        rhythm: bursts.unwrap_or(Rhythm::Steady(steady)),
        to: entry.to.as_deref().cloned().unwrap_or(to),
    }
}

impl Scale {
    /// Between which lengths the time from one command to the next lies.
    fn every(&self) -> std::ops::RangeInclusive<u64> {
        let least = self.round_trip(8).max(self.least);
        least..=self.patience(2).max(least)
    }
}

impl LoadEntry {
    /// Whether a client can wait for any of the commands that may be asked.
    pub(super) fn has_answers(&self, words: &Vocabulary) -> bool {
        let is_answered = |word: &String| words.answered.contains(word);
        match self.mix.as_deref() {
            Some(mix) => mix.keys().any(|word| is_answered(word)),
            None => words.plain.iter().any(is_answered),
        }
    }

    /// Whether anything is drawn in the units of a calm run.
    pub(in crate::scenario) fn draws(&self) -> bool {
        let open = self.kind.as_deref() != Some(&LoopEntry::Closed);
        let closed = self.kind.as_deref() != Some(&LoopEntry::Open);
        let steady = (open && self.every.is_none()) || (closed && self.think.is_none());
        let rhythm = match self.bursts.as_deref() {
            None => true,
            Some(BurstsEntry::None) => steady,
            Some(BurstsEntry::Of(burst)) => burst.gap.is_none(),
        };
        rhythm || (closed && self.timeout.is_none())
    }
}

/// The words that are asked for, each with its weight. In a closed loop only those with answers.
fn mix(entry: &LoadEntry, words: &Vocabulary, is_closed: bool, seed: u64) -> Vec<(String, u32)> {
    let is_asked = |word: &String| !is_closed || words.answered.contains(word);
    if let Some(mix) = entry.mix.as_deref() {
        let mix = mix.iter().filter(|(word, _)| is_asked(word));
        return mix.map(|(word, weight)| ((**word).clone(), **weight)).collect();
    }
    let drawn = words.plain.iter().filter(|word| is_asked(word)).map(|word| {
        let mut luck = Stream::new(seed, &format!("load/mix/{word}"));
        let (coin, rank) = (luck.next(), luck.next());
        (coin & 1 == 0, rank, (word.clone(), log_uniform(&mut luck, 1..=16) as u32))
    });
    let mut drawn: Vec<_> = drawn.collect();
    if !drawn.iter().any(|(exists, ..)| *exists) {
        let first = drawn.iter_mut().min_by_key(|(_, rank, _)| *rank);
        first.into_iter().for_each(|(exists, ..)| *exists = true);
    }
    drawn.into_iter().filter(|(exists, ..)| *exists).map(|(_, _, word)| word).collect()
}

/// Uniform or Zipf, evenly; of Zipf an exponent between a half and one and a half.
fn skew(mut luck: Stream) -> Skew {
    let (coin, hundredths) = (luck.next(), range(&mut luck, 50..=150));
    match coin & 1 {
        0 => Skew::Uniform,
        _ => Skew::Zipf(Millionths((hundredths * HUNDREDTH) as u32)),
    }
}

/// No time at all in half of the runs.
fn think(mut luck: Stream, scale: &Scale) -> Span<Duration> {
    let coin = luck.next();
    let think = around(&mut luck, scale.round_trip(2).max(2)..=scale.patience(1));
    if coin & 1 == 0 { Span::default() } else { think }
}

/// No bursts in half of the runs; `None` if there are none.
fn bursts(entry: &LoadEntry, mut luck: Stream, scale: &Scale) -> Option<Rhythm> {
    let (coin, size) = (luck.next(), log_uniform(&mut luck, 2..=64));
    let least = scale.patience(1).max(scale.least.saturating_mul(size));
    let pause = around(&mut luck, least..=scale.patience(8).max(least));
    let drawn = Burst { size: size as u32, gap: None, pause };
    let burst = match entry.bursts.as_deref() {
        Some(BurstsEntry::None) => return None,
        Some(BurstsEntry::Of(burst)) => *burst,
        None if coin & 1 == 0 => return None,
        None => drawn,
    };
    let gap = Span {
        min: Duration::ZERO,
        max: Duration::from_nanos(scale.round_trip(8)),
        spread: Spread::Even,
    };
    let Burst { size, gap: own, pause } = burst;
    Some(Rhythm::Bursts { size, gap: own.unwrap_or(gap), pause })
}

/// Whoever leads at that moment, where the algorithm has such a role, or any node of the first one.
fn to<A: Algorithm>(mut luck: Stream, first_role: Option<&String>) -> Who {
    let leads = luck.next() & 1 == 0;
    match A::TARGETS.iter().find(|role| leads && **role == LEADER) {
        Some(role) => Who::Role((*role).to_owned()),
        None => Who::Random(1, first_role.cloned()),
    }
}

/// The role that is asked in half of the runs.
const LEADER: &str = "leader";
