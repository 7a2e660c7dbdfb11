//! When: true time, a node's own time, and the clocks that turn one into the other.
//!
//! All times are integer nanoseconds. [`SimTime`] is the true time that only the engine and the
//! judges see; [`LocalTime`] is what a node's monotonic clock says and what its timers run on;
//! [`WallTime`] is what a node believes the calendar says. The three cannot be mixed up.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);
    /// The longest length that can be written; no clock reaches it.
    pub const MAX: Duration = Duration(u64::MAX);

    /// So many nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Duration(nanos)
    }

    /// So many microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Duration(micros * 1_000)
    }

    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Duration(millis * 1_000_000)
    }

    /// So many seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Duration(secs * 1_000_000_000)
    }

    /// The length in nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The length times a factor, or [`Duration::MAX`] where that does not fit.
    pub const fn saturating_mul(self, factor: u64) -> Self {
        Duration(self.0.saturating_mul(factor))
    }

    /// The rest after taking `other` away, or zero.
    pub const fn saturating_sub(self, other: Duration) -> Self {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Prints the shortest exact form with a unit that scenario files read back: `150ms`, `1.5s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, digits, name) = match self.0 {
            n if n >= 1_000_000_000 => (1_000_000_000, 9, "s"),
            n if n >= 1_000_000 => (1_000_000, 6, "ms"),
            n if n >= 1_000 => (1_000, 3, "us"),
            n => return write!(f, "{n}ns"),
        };
        let (whole, rest) = (self.0 / unit, self.0 % unit);
        if rest == 0 {
            return write!(f, "{whole}{name}");
        }
        let fraction = format!("{rest:0digits$}");
        write!(f, "{whole}.{}{name}", fraction.trim_end_matches('0'))
    }
}

macro_rules! instant {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The beginning.
            pub const ZERO: Self = $name(0);
            /// Later than anything that happens.
            pub const MAX: Self = $name(u64::MAX);

            /// The instant so many nanoseconds after the beginning.
            pub const fn from_nanos(nanos: u64) -> Self {
                $name(nanos)
            }

            /// Nanoseconds since the beginning.
            pub const fn as_nanos(self) -> u64 {
                self.0
            }

            /// The time since `earlier`, or zero if that lies ahead.
            pub const fn since(self, earlier: Self) -> Duration {
                Duration(self.0.saturating_sub(earlier.0))
            }
        }

        impl Add<Duration> for $name {
            type Output = $name;
            fn add(self, length: Duration) -> $name {
                $name(self.0.saturating_add(length.0))
            }
        }

        impl AddAssign<Duration> for $name {
            fn add_assign(&mut self, length: Duration) {
                *self = *self + length;
            }
        }

        impl Sub<Duration> for $name {
            type Output = $name;
            fn sub(self, length: Duration) -> $name {
                $name(self.0.saturating_sub(length.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", Duration(self.0))
            }
        }
    };
}

instant! {
    /// True time: nanoseconds since the run began. Algorithms never see it.
    SimTime
}
instant! {
    /// What a node's monotonic clock says: it never goes back, but it may run fast or slow.
    LocalTime
}
instant! {
    /// What a node's wall clock says, in nanoseconds since its epoch. It may be wrong and may jump.
    WallTime
}

/// How fast a clock runs against true time, in parts per million of error.
///
/// `+200` gains 200 microseconds a second; `-1_000_000` stands still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Drift(i32);

impl Drift {
    /// A perfect clock.
    pub const NONE: Drift = Drift(0);
    /// A clock that stands still.
    pub const FROZEN: Drift = Drift(-1_000_000);

    /// An error in parts per million, not below a standstill.
    pub const fn from_ppm(ppm: i32) -> Self {
        if ppm < -1_000_000 { Drift::FROZEN } else { Drift(ppm) }
    }

    /// The error in parts per million.
    pub const fn ppm(self) -> i32 {
        self.0
    }

    /// How long a span of a local clock takes at most in true time, if no clock is further off than
    /// this.
    pub fn longest(self, local: Duration) -> Duration {
        let rate = 1_000_000 - self.ppm().unsigned_abs().min(999_999);
        let nanos = (u128::from(local.as_nanos()) * 1_000_000).div_ceil(u128::from(rate));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Local nanoseconds that pass in a million true ones.
    const fn rate(self) -> u64 {
        (1_000_000 + self.0 as i64) as u64
    }

    /// Local time that passes while `elapsed` true time does, rounded down.
    const fn local(self, elapsed: Duration) -> Duration {
        if self.0 == 0 {
            return elapsed;
        }
        let local = elapsed.0 as u128 * self.rate() as u128 / 1_000_000;
        Duration(if local > u64::MAX as u128 { u64::MAX } else { local as u64 })
    }

    /// True time until at least `length` has passed on the clock; `None` if it stands still.
    const fn true_time(self, length: Duration) -> Option<Duration> {
        if self.0 == 0 {
            return Some(length);
        }
        let rate = self.rate() as u128;
        if rate == 0 {
            return if length.0 == 0 { Some(length) } else { None };
        }
        let elapsed = (length.0 as u128 * 1_000_000).div_ceil(rate);
        Some(Duration(if elapsed > u64::MAX as u128 { u64::MAX } else { elapsed as u64 }))
    }
}

/// The two clocks of a node: monotonic (drift, freeze) and wall (offset, drift, jumps, slew).
///
/// Both are anchored: a change of drift starts from what the clock says now, so that it bends the
/// line and never makes it jump. One oscillator drives both, so drift is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    anchor: SimTime,
    monotonic: LocalTime,
    wall: WallTime,
    /// What of the jumps of the wall clock is still to be undone.
    to_slew: i64,
    drift: Drift,
    /// How fast the wall clock is bent back meanwhile; never against its direction.
    slew: Drift,
    is_frozen: bool,
}

impl Clock {
    /// What a perfect wall clock says when the run begins: far from zero, so that no offset or
    /// backward jump within reason can reach below it.
    pub const WALL_EPOCH: WallTime = WallTime(1_000_000_000_000_000_000);

    /// A clock that agrees with true time but for a wall offset in nanoseconds and a drift.
    pub fn new(wall_offset: i64, drift: Drift) -> Self {
        let wall = WallTime(Self::WALL_EPOCH.0.saturating_add_signed(wall_offset));
        Clock {
            anchor: SimTime::ZERO,
            monotonic: LocalTime::ZERO,
            wall,
            to_slew: 0,
            drift,
            slew: Drift::NONE,
            is_frozen: false,
        }
    }

    /// What the monotonic clock says at a true instant.
    #[inline]
    pub fn monotonic(&self, now: SimTime) -> LocalTime {
        self.read(now).0
    }

    /// What the wall clock says at a true instant.
    #[inline]
    pub fn wall(&self, now: SimTime) -> WallTime {
        self.read(now).1
    }

    /// What both say at a true instant.
    #[inline]
    pub fn read(&self, now: SimTime) -> (LocalTime, WallTime) {
        let elapsed = self.drift.local(now.since(self.anchor));
        let monotonic = if self.is_frozen { self.monotonic } else { self.monotonic + elapsed };
        let mut wall = self.wall + elapsed;
        if self.to_slew != 0 {
            wall = WallTime(wall.0.saturating_add_signed(-self.slewed(elapsed)));
        }
        (monotonic, wall)
    }

    /// What of the jumps has been undone since the anchor, so much time having passed on the clock.
    fn slewed(&self, elapsed: Duration) -> i64 {
        let most = u128::from(elapsed.0) * u128::from(self.slew.0.unsigned_abs()) / 1_000_000;
        let done = most.min(u128::from(self.to_slew.unsigned_abs())) as i64;
        if self.to_slew < 0 { -done } else { done }
    }

    /// What of the jumps is still to be undone at a true instant, in nanoseconds.
    pub fn to_slew(&self, now: SimTime) -> i64 {
        self.to_slew - self.slewed(self.drift.local(now.since(self.anchor)))
    }

    /// The present rate error.
    pub const fn drift(&self) -> Drift {
        self.drift
    }

    /// The first true instant at which the monotonic clock says `deadline` or more;
    /// [`SimTime::MAX`] while it stands still.
    pub fn true_time(&self, deadline: LocalTime) -> SimTime {
        if self.is_frozen {
            return if deadline > self.monotonic { SimTime::MAX } else { self.anchor };
        }
        match self.drift.true_time(deadline.since(self.monotonic)) {
            Some(elapsed) => self.anchor + elapsed,
            None => SimTime::MAX,
        }
    }

    /// From now on the clock runs at another rate.
    pub fn set_drift(&mut self, now: SimTime, drift: Drift) {
        self.anchor_at(now);
        self.drift = drift;
    }

    /// The wall clock jumps by so many nanoseconds, forward or back; the monotonic one does not.
    pub fn jump(&mut self, now: SimTime, by: i64) {
        self.anchor_at(now);
        self.wall = WallTime(self.wall.0.saturating_add_signed(by));
    }

    /// As a jump, but the clock is bent back from now on until the jump is undone: a daemon that
    /// keeps the time notices and slews, by so many parts per million of what passes on the clock.
    /// Of several such jumps all are undone, at the rate of the last.
    pub fn jump_and_slew(&mut self, now: SimTime, by: i64, slew: Drift) {
        self.jump(now, by);
        self.to_slew = self.to_slew.saturating_add(by).max(-i64::MAX);
        self.slew = Drift(slew.0.clamp(-999_999, 999_999));
    }

    /// The monotonic clock stands still from now on, or goes on from where it stood. The wall clock
    /// does not care.
    pub fn set_frozen(&mut self, now: SimTime, is_frozen: bool) {
        if self.is_frozen != is_frozen {
            self.anchor_at(now);
            self.is_frozen = is_frozen;
        }
    }

    /// The monotonic clock starts anew, as after a reboot.
    pub fn reset_monotonic(&mut self, now: SimTime) {
        self.anchor_at(now);
        self.monotonic = LocalTime::ZERO;
    }

    fn anchor_at(&mut self, now: SimTime) {
        let to_slew = self.to_slew(now);
        (self.monotonic, self.wall) = self.read(now);
        self.to_slew = to_slew;
        self.anchor = now;
    }
}

impl Default for Clock {
    fn default() -> Self {
        Clock::new(0, Drift::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> SimTime {
        SimTime(millis * 1_000_000)
    }

    #[test]
    fn a_change_of_drift_bends_the_line_and_does_not_jump() {
        let mut clock = Clock::new(0, Drift::from_ppm(500_000));
        assert_eq!(clock.monotonic(at(10)), LocalTime(15_000_000));
        clock.set_drift(at(10), Drift::from_ppm(-500_000));
        assert_eq!(clock.monotonic(at(10)), LocalTime(15_000_000));
        assert_eq!(clock.monotonic(at(20)), LocalTime(20_000_000));
    }

    #[test]
    fn a_jump_moves_the_wall_and_leaves_the_timers_alone() {
        let mut clock = Clock::new(-5, Drift::NONE);
        clock.jump(at(1), -1_000);
        assert_eq!(clock.monotonic(at(1)), LocalTime(1_000_000));
        assert_eq!(clock.wall(at(1)).0, Clock::WALL_EPOCH.0 + 1_000_000 - 1_005);
    }

    #[test]
    fn a_deadline_is_met_at_the_first_true_instant_that_reaches_it() {
        for ppm in [-999_999, -300_000, -1, 0, 1, 200, 300_000, 7_000_000] {
            let mut clock = Clock::new(0, Drift::from_ppm(ppm));
            clock.set_drift(at(3), Drift::from_ppm(ppm / 2));
            let deadline = LocalTime(7_654_321_987);
            let due = clock.true_time(deadline);
            assert!(clock.monotonic(due) >= deadline, "{ppm} ppm: not yet");
            assert!(clock.monotonic(due - Duration(1)) < deadline, "{ppm} ppm: too late");
        }
    }

    #[test]
    fn a_frozen_clock_never_reaches_a_deadline() {
        let mut clock = Clock::default();
        clock.set_drift(at(5), Drift::FROZEN);
        assert_eq!(clock.true_time(LocalTime(5_000_001)), SimTime::MAX);
        assert_eq!(clock.true_time(LocalTime(5_000_000)), at(5));
        clock.set_drift(at(9), Drift::NONE);
        assert_eq!(clock.monotonic(at(10)), LocalTime(6_000_000));
    }

    #[test]
    fn a_frozen_monotonic_clock_stands_still_and_the_wall_goes_on() {
        let mut clock = Clock::new(0, Drift::from_ppm(1_000_000));
        clock.set_frozen(at(5), true);
        assert_eq!(clock.monotonic(at(9)), LocalTime(10_000_000));
        assert_eq!(clock.wall(at(9)).0, Clock::WALL_EPOCH.0 + 18_000_000);
        assert_eq!(clock.true_time(LocalTime(10_000_001)), SimTime::MAX);
        assert_eq!(clock.true_time(LocalTime(10_000_000)), at(5));
        clock.set_drift(at(7), Drift::NONE);
        assert_eq!(clock.monotonic(at(9)), LocalTime(10_000_000), "a drift does not thaw it");
        clock.set_frozen(at(10), false);
        assert_eq!(clock.monotonic(at(11)), LocalTime(11_000_000));
        assert_eq!(clock.true_time(LocalTime(13_000_000)), at(13));
    }

    #[test]
    fn a_slewed_jump_is_undone_at_its_rate_and_not_a_nanosecond_further() {
        for by in [5_000_000i64, -5_000_000] {
            let mut clock = Clock::default();
            clock.jump_and_slew(at(10), by, Drift::from_ppm(100_000));
            let off = |clock: &Clock, millis| {
                clock.wall(at(millis)).0.wrapping_sub(Clock::WALL_EPOCH.0 + millis * 1_000_000)
                    as i64
            };
            // A tenth of what passes: 50 ms to undo 5 ms.
            let seen = [10, 20, 35, 60, 1_000].map(|millis| off(&clock, millis) * by.signum());
            assert_eq!(seen, [5_000_000, 4_000_000, 2_500_000, 0, 0]);
            assert_eq!(clock.monotonic(at(60)), LocalTime(60_000_000));
            // To be looked at in between changes nothing.
            clock.set_drift(at(35), Drift::NONE);
            assert_eq!(clock.to_slew(at(35)), by / 2);
            assert_eq!(off(&clock, 60), 0);
        }
    }

    #[test]
    fn a_wall_clock_that_is_slewed_never_runs_backwards() {
        for slew in [1, 500, 999_999, i32::MAX] {
            let mut clock = Clock::default();
            clock.jump_and_slew(at(1), i64::MAX, Drift::from_ppm(slew));
            clock.jump_and_slew(at(2), -7, Drift::from_ppm(slew));
            let walls = (2..200).map(|millis| clock.wall(at(millis)));
            assert!(walls.collect::<Vec<_>>().is_sorted(), "{slew}");
        }
    }

    #[test]
    fn lengths_print_as_scenario_files_write_them() {
        let shown: Vec<String> = [0, 999, 1_500, 150_000_000, 1_500_000_000, 61_000_000_001]
            .map(|n| Duration(n).to_string())
            .into();
        assert_eq!(shown, ["0ns", "999ns", "1.5us", "150ms", "1.5s", "61.000000001s"]);
    }
}
