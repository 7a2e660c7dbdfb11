//! Drawing what a file does not pin: the words of a fault entry, in the units of a calm run.
//!
//! Every range is log-uniform, because nobody knows the scale at which an algorithm breaks: each
//! octave between a heartbeat and many elections is as likely as any other. A word is drawn whether
//! it is pinned or not, so that pinning one moves no other.

use super::entry::Pace;
use crate::assumption::Assumption;
use crate::calibration::Subject;
use crate::fault::Fault;
use crate::rng::{Luck64, Stream, below, log_uniform};
use crate::time::{Drift, Duration};
use crate::units::{Span, Spread};
use std::fmt::Display;
use std::ops::RangeInclusive;

/// So many strikes of one family are the most that a storm is drawn to have.
const STRIKES_MAX: u64 = 1_000;
/// The fastest and the slowest clock that is drawn, as an error of its rate.
const RATE_MAX_PPM: u64 = 500_000;
/// The shortest and the longest jump of a wall clock, as wide as Jepsen's.
const LEAPS: RangeInclusive<u64> = 1_000_000..=300_000_000_000;

/// What families are scaled by and have to stay inside of.
#[derive(Clone, Copy)]
pub(in crate::scenario) struct Scale<'a> {
    pub subject: Subject,
    pub pace: Pace,
    /// How long the storm lasts.
    pub storm: Duration,
    /// How many nodes shapes are cut over.
    pub shaped: usize,
    /// How many zones there are.
    pub zones: usize,
    /// Whether any role has a minority.
    pub has_minority: bool,
    /// Whether the first role has one: that which a minority with somebody is of.
    pub first_has_minority: bool,
    /// The roles that only a run can tell.
    pub targets: &'a [&'a str],
    /// The assumptions that faults may go beyond.
    pub exceed: &'a [Assumption],
}

impl Scale<'_> {
    /// A scale for those who want to see what is drawn, and not how much.
    pub fn of_storm(storm: Duration, shaped: usize) -> Self {
        Scale {
            subject: Subject::default(),
            pace: Pace::USUAL,
            storm,
            shaped,
            zones: 0,
            has_minority: false,
            first_has_minority: false,
            targets: &[],
            exceed: &[],
        }
    }

    /// How long the algorithm takes over a fault; never so long that the storm would be over.
    pub fn patience(&self) -> Duration {
        let most = Duration::from_nanos((self.storm.as_nanos() / 16).max(1));
        self.subject.calibration.patience().min(most)
    }

    /// How long a message takes.
    pub fn trip(&self) -> Duration {
        let trip = self.subject.calibration.round_trip.as_nanos() / 2;
        Duration::from_nanos(trip.max(1)).min(self.patience())
    }

    /// Whether faults stay inside what the algorithm assumes, or go beyond on purpose.
    pub fn is_inside(&self, faults: &[Fault]) -> bool {
        let breaks = |fault| self.subject.assumes.broken_by(fault);
        faults.iter().flat_map(breaks).all(|assumption| self.exceed.contains(&assumption))
    }

    /// Whether the algorithm assumes this, and the scenario does not mean to go beyond.
    pub fn keeps(&self, assumption: Assumption) -> bool {
        self.subject.assumes.include(assumption) && !self.exceed.contains(&assumption)
    }
}

/// A key and its value, as TOML text.
pub(in crate::scenario) type Word = (String, String);

/// The words of one entry while they are drawn.
pub(in crate::scenario) struct Draw<'a> {
    luck: Stream,
    pub(super) scale: &'a Scale<'a>,
    words: Vec<Word>,
}

impl<'a> Draw<'a> {
    pub fn new(luck: Stream, scale: &'a Scale<'a>) -> Self {
        Draw { luck, scale, words: Vec::new() }
    }

    /// The words, once the time between two strikes has been drawn as well.
    pub fn finish(mut self) -> Vec<Word> {
        let Pace { min, max } = self.scale.pace;
        let storm = self.scale.storm.as_nanos();
        let patience = self.scale.patience();
        let bound = |times: u32| {
            let gap = patience.saturating_mul(u64::from(times)).as_nanos();
            gap.min(storm / 3).max(storm / STRIKES_MAX).max(2)
        };
        let every = self.around(bound(min)..=bound(max));
        self.text("every", every);
        self.words
    }

    /// A text in quotes.
    pub fn text(&mut self, key: &str, value: impl Display) {
        self.words.push((key.to_owned(), format!("\"{value}\"")));
    }

    /// A number or a truth.
    pub fn plain(&mut self, key: &str, value: impl Display) {
        self.words.push((key.to_owned(), value.to_string()));
    }

    /// One of several, by weight.
    pub fn one_of<T: Copy>(&mut self, of: &[(T, u64)]) -> T {
        let mut place = below(&mut self.luck, of.iter().map(|(_, weight)| weight).sum());
        let found = of.iter().find(|(_, weight)| {
            let is_here = place < *weight;
            place = place.saturating_sub(*weight);
            is_here
        });
        found.expect("the weights add up to their sum").0
    }

    /// Whom it strikes: a few nodes most of the time, roles where the algorithm has some, and now
    /// and then everybody.
    pub fn who(&mut self) {
        self.whom(1);
    }

    /// Whom it strikes, where it makes no sense to strike everybody.
    pub fn few(&mut self) {
        self.whom(0);
    }

    fn whom(&mut self, many: u64) {
        let minority = u64::from(self.scale.has_minority);
        let of_first = u64::from(self.scale.first_has_minority);
        // A role with an argument (the owner of which key?) cannot be drawn.
        let roles = self.scale.targets.iter().filter(|role| !role.contains('('));
        let roles: Vec<&str> = roles.copied().collect();
        let nth = below(&mut self.luck, roles.len().max(1) as u64) as usize;
        let role = roles.get(nth).copied().unwrap_or_default();
        let played = u64::from(!roles.is_empty());
        let word = self.one_of(&[
            ("one", 6),
            ("minority", 6 * minority),
            (role, 2 * played),
            ("one-of-role", played),
            ("newest", played),
            ("minority-with", 2 * of_first * played),
            ("majority", many),
            ("all", many),
        ]);
        match word {
            "one-of-role" => self.text("who", format_args!("one({role})")),
            "newest" | "minority-with" => self.text("who", format_args!("{word}({role})")),
            word => self.text("who", word),
        }
    }

    /// For how long: from an eighth of the algorithm's patience to eight times as much.
    pub fn lasts(&mut self) {
        let patience = self.scale.patience();
        let lasts = self.around(self.lengths(patience, 1, 8));
        self.text("for", lasts);
    }

    /// After how long a node that died restarts; where the algorithm assumes that nobody does, it
    /// dies for good, so that no heal restarts it either.
    pub fn until_restart(&mut self) {
        match self.scale.keeps(Assumption::CrashStop) {
            true => {
                let _ = self.luck.next();
                self.plain("for-good", true);
            }
            false => self.lasts(),
        }
    }

    /// From an eighth of a unit, times `least`, up to so many units; never half of the storm.
    fn lengths(&self, unit: Duration, least: u64, most: u64) -> RangeInclusive<u64> {
        let bound = |nanos: u64| nanos.min(self.scale.storm.as_nanos() / 2).max(2);
        let eighth = unit.as_nanos() / 8;
        bound(eighth.saturating_mul(least))..=bound(unit.saturating_mul(most).as_nanos())
    }

    fn around(&mut self, bounds: RangeInclusive<u64>) -> Span<Duration> {
        around(&mut self.luck, bounds)
    }

    /// How much longer messages take: from hardly noticed to long after everybody has given up.
    pub fn detour(&mut self) {
        let trip = self.scale.trip().as_nanos();
        let most = self.scale.patience().saturating_mul(2).as_nanos().max(trip);
        let by = self.around((trip / 2).max(2)..=most.max(2));
        self.text("by", by);
    }

    /// The time from one message of a link to the next.
    pub fn spacing(&mut self) {
        let trip = self.scale.trip();
        let spacing = self.around(self.lengths(trip, 1, 4));
        self.text("spacing", spacing);
    }

    /// How many messages may wait.
    pub fn queue(&mut self) {
        let queue = log_uniform(&mut self.luck, 1..=256);
        self.plain("queue", queue);
    }

    /// The time from one jump of a strobe to the next.
    pub fn period(&mut self) {
        let patience = self.scale.patience().as_nanos();
        let period = self.around((patience / 64).max(2)..=patience.max(2));
        self.text("period", period);
    }

    /// The time from one change of a clock's rate to the next.
    pub fn change(&mut self) {
        let patience = self.scale.patience().as_nanos();
        let every = self.around((patience / 16).max(2)..=patience.saturating_mul(4).max(2));
        self.text("change-every", every);
    }

    /// How long a sync takes on a slow disk.
    pub fn slow_sync(&mut self) {
        let trip = self.scale.trip().as_nanos();
        let most = self.scale.patience().saturating_mul(2).as_nanos().max(trip);
        let sync = self.around(trip.max(2)..=most.max(2));
        self.text("sync", sync);
    }

    /// What is left of the writes that were not synced.
    pub fn unsynced(&mut self) {
        let kept = u64::from(!self.scale.keeps(Assumption::OrderedWrites));
        let disk = self.one_of(&[("prefix", 1), ("torn", 1), ("subset", kept)]);
        self.text("disk", disk);
    }

    /// How many effects a node does of the step in which it dies.
    pub fn after_effect(&mut self) {
        let effects = log_uniform(&mut self.luck, 1..=16) - 1;
        self.plain("after-effect", effects);
    }

    /// How often a node dies in a loop, and how long it is up in between: from a death in the
    /// middle of its start to one when it has long been back.
    pub fn deaths(&mut self) {
        let deaths = log_uniform(&mut self.luck, 2..=16);
        let up = self.around(self.lengths(self.scale.patience(), 1, 2));
        self.plain("loop", format_args!("{{ times = {deaths}, up = \"{up}\" }}"));
    }

    /// How long a step takes on a slow node: from hardly noticed to slower than all timers allow.
    pub fn slow_step(&mut self) {
        let trip = self.scale.trip().as_nanos();
        let most = self.scale.patience().as_nanos() / 2;
        let step = self.around((trip / 8).max(2)..=most.max(trip).max(2));
        self.text("step", step);
    }

    /// How long links are closed and open in turn.
    pub fn flap(&mut self) {
        let patience = self.scale.patience();
        let closed = self.around(self.lengths(patience, 1, 1));
        let open = self.around(self.lengths(patience, 1, 1));
        self.plain("flap", format_args!("{{ closed = \"{closed}\", open = \"{open}\" }}"));
    }

    /// A length to two digits.
    pub fn about(&mut self, bounds: RangeInclusive<u64>) -> Duration {
        Duration::from_nanos(rounded(log_uniform(&mut self.luck, bounds)).max(1))
    }

    /// The chance of each message, or of each sync: from one in a thousand to one half.
    pub fn chance(&mut self) {
        let ppm = rounded(log_uniform(&mut self.luck, 1_000..=500_000));
        self.text("chance", percent(ppm));
    }

    /// The error of a clock's rate, within the bound that the algorithm assumes.
    pub fn rate(&mut self) {
        let assumed = self.scale.subject.assumes.drift_bound;
        let kept = assumed.filter(|_| self.scale.keeps(Assumption::DriftBound));
        let most = kept.map_or(RATE_MAX_PPM, |bound| u64::from(bound.ppm().unsigned_abs()));
        let most = rounded_down(log_uniform(&mut self.luck, 1..=most.clamp(1, RATE_MAX_PPM)));
        let most = most.min(kept.map_or(u64::MAX, |b| u64::from(b.ppm().unsigned_abs()))) as i32;
        let (min, max) = self.one_of(&[((-most, most), 2), ((-most, -most), 1), ((most, most), 1)]);
        let (min, max) = (Drift::from_ppm(min), Drift::from_ppm(max));
        self.text("rate", Span { min, max, spread: Spread::Even });
    }

    /// How far a wall clock jumps, within the bound that the algorithm assumes.
    pub fn leap(&mut self) {
        let assumed = self.scale.subject.assumes.offset_bound;
        let kept = assumed.filter(|_| self.scale.keeps(Assumption::OffsetBound));
        let most = kept.map_or(*LEAPS.end(), |bound| bound.as_nanos().clamp(1, *LEAPS.end()));
        let leap = log_uniform(&mut self.luck, (*LEAPS.start()).min(most)..=most);
        let leap = Duration::from_nanos(rounded_down(leap));
        let text = self.one_of(&[("both", 2), ("forth", 1), ("back", 1)]);
        match text {
            "both" => self.text("by", format_args!("-{leap}..{leap}")),
            "forth" => self.text("by", leap),
            _ => self.text("by", format_args!("-{leap}")),
        }
    }

    /// How a partition divides the nodes.
    pub fn shape(&mut self) {
        let three = u64::from(self.scale.shaped >= 3);
        let four = u64::from(self.scale.shaped >= 4);
        let zones = u64::from(self.scale.zones >= 2);
        let grudge = rounded(log_uniform(&mut self.luck, 50_000..=500_000));
        let word = self.one_of(&[
            ("halves", 2),
            ("isolate-one", 2),
            ("random", 2),
            ("minority-majority", 2 * three),
            ("bridge", 2 * three),
            ("majorities-ring", 2 * four),
            ("k-way(3)", three),
            ("zones", zones),
            ("one-zone", 3 * zones),
            ("grudge", 2),
        ]);
        match word {
            "grudge" => self.text("shape", format_args!("grudge({})", percent(grudge))),
            word => self.text("shape", word),
        }
    }

    /// How a cut that goes one way divides them.
    pub fn one_way_shape(&mut self) {
        let three = u64::from(self.scale.shaped >= 3);
        let word = self.one_of(&[
            ("halves", 1),
            ("isolate-one", 2),
            ("random", 1),
            ("minority-majority", 2 * three),
        ]);
        self.text("shape", word);
    }
}

/// Lengths around one that is drawn: from half of it to half as much again.
pub(in crate::scenario) fn around(
    luck: &mut impl Luck64,
    bounds: RangeInclusive<u64>,
) -> Span<Duration> {
    let length = log_uniform(luck, bounds);
    let min = Duration::from_nanos(rounded(length / 2).max(1));
    let max = rounded(length.saturating_add(length / 2)).max(min.as_nanos());
    Span { min, max: Duration::from_nanos(max), spread: Spread::Even }
}

/// To two digits, so that people can read it; never zero.
fn rounded(value: u64) -> u64 {
    let unit = 10u64.pow(value.max(1).ilog10().saturating_sub(1));
    value.saturating_add(unit / 2) / unit * unit
}

/// The same, but never up: for what must stay below a bound.
fn rounded_down(value: u64) -> u64 {
    let unit = 10u64.pow(value.max(1).ilog10().saturating_sub(1));
    value / unit * unit
}

/// A chance as files write it.
fn percent(ppm: u64) -> Drift {
    Drift::from_ppm(ppm as i32)
}
