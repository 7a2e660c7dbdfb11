//! Ranges, and how a value is drawn from one: `1ms..10ms` evenly, `10ms..300s log` so that every
//! size is as likely as any other, `+-10ms..300s log` the same with either sign.
//!
//! Faults of clocks and delays reach over five orders of magnitude: drawn evenly, nine in ten of
//! `10ms..300s` would be above half a minute, and the small ones would never be tried.

use super::{SignedLength, UnitError};
use crate::time::{Drift, Duration};
use std::fmt;
use std::str::FromStr;

/// A range with both ends included, `1ms..10ms`, or a single value, `5ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span<T> {
    /// The least; of [`Spread::EitherLog`] the least size.
    pub min: T,
    /// The greatest.
    pub max: T,
    /// How a value is drawn.
    pub spread: Spread,
}

/// How likely the values of a range are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// All alike.
    #[default]
    Even,
    /// Every order of magnitude is as likely as any other.
    Log,
    /// As [`Spread::Log`], with either sign.
    EitherLog,
}

/// What a range can be of.
pub trait Quantity: FromStr<Err = UnitError> + PartialOrd + Copy {
    /// The least value there is.
    const LEAST: i128;
    /// The value as a number of its smallest unit.
    fn number(self) -> i128;
}

impl Quantity for Duration {
    const LEAST: i128 = 0;
    fn number(self) -> i128 {
        self.as_nanos().into()
    }
}

impl Quantity for SignedLength {
    const LEAST: i128 = -(i64::MAX as i128);
    fn number(self) -> i128 {
        self.0.into()
    }
}

impl Quantity for Drift {
    const LEAST: i128 = Drift::FROZEN.ppm() as i128;
    fn number(self) -> i128 {
        self.ppm().into()
    }
}

impl<T: Copy> Span<T> {
    /// Nothing but this value.
    pub const fn only(value: T) -> Self {
        Span { min: value, max: value, spread: Spread::Even }
    }
}

impl<T: Quantity> FromStr for Span<T> {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = |problem: &str, cure: &str| Err(UnitError::new(text, problem, cure));
        let (either, rest) = match text.strip_prefix("+-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (is_log, rest) = match rest.strip_suffix(" log") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let has_sign = T::LEAST < 0;
        if either && !has_sign {
            return wrong("has two signs", "a length has none");
        }
        if either && !is_log {
            return wrong("has two signs", "write an even range from below zero to above it");
        }
        let Some((min, max)) = rest.split_once("..") else {
            if is_log {
                return wrong("is one value", "write a range, as in `10ms..300s log`");
            }
            return Ok(Span::only(rest.parse()?));
        };
        let (min, max): (T, T) = (min.parse()?, max.parse()?);
        if min > max {
            return wrong("is the wrong way round", "write the smaller end first");
        }
        if either && min.number() <= 0 {
            return wrong("has two signs", "write the sizes after it, from above zero");
        }
        if either && -max.number() < T::LEAST {
            return wrong("goes too far below zero", "lower its end, or leave `+-` out");
        }
        if is_log && min.number() <= 0 && max.number() >= 0 {
            let cure = if has_sign {
                "begin above zero, with `+-` before it for either sign"
            } else {
                "begin above zero"
            };
            return wrong("has no logarithm at zero", cure);
        }
        let spread = match (is_log, either) {
            (true, true) => Spread::EitherLog,
            (true, false) if min != max => Spread::Log,
            _ => Spread::Even,
        };
        Ok(Span { min, max, spread })
    }
}

impl<T: fmt::Display + PartialEq> fmt::Display for Span<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { min, max, spread } = self;
        match spread {
            Spread::EitherLog => write!(f, "+-{min}..{max} log"),
            _ if min == max => write!(f, "{min}"),
            Spread::Log => write!(f, "{min}..{max} log"),
            Spread::Even => write!(f, "{min}..{max}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem<T: Quantity + fmt::Debug>(text: &str) -> String {
        text.parse::<Span<T>>().unwrap_err().to_string()
    }

    #[test]
    fn a_range_is_even_unless_it_says_log() {
        let ms = Duration::from_millis;
        let span = |min, max, spread| Ok(Span { min, max, spread });
        assert_eq!("10ms..300s".parse(), span(ms(10), ms(300_000), Spread::Even));
        assert_eq!("10ms..300s log".parse(), span(ms(10), ms(300_000), Spread::Log));
        let jump = |text: &str| text.parse::<Span<SignedLength>>().map(|span| span.spread);
        assert_eq!(jump("-300s..-10ms log"), Ok(Spread::Log));
        assert_eq!(jump("+-10ms..300s log"), Ok(Spread::EitherLog));
        assert_eq!(jump("+10ms..300s log"), Ok(Spread::Log));
        let rate = "+-1ppm..30% log".parse::<Span<Drift>>();
        assert_eq!(rate.map(|span| span.max.ppm()), Ok(300_000));
    }

    #[test]
    fn a_range_that_cannot_be_drawn_from_is_told_the_cure() {
        assert!(problem::<Duration>("2s..1s").contains("wrong way round"));
        assert!(problem::<Duration>("0ms..1s log").contains("begin above zero"));
        assert!(problem::<Duration>("5ms log").contains("write a range"));
        assert!(problem::<Duration>("+-1ms..5ms log").contains("a length has none"));
        assert!(problem::<SignedLength>("-1s..1s log").contains("`+-` before it"));
        assert!(problem::<SignedLength>("+-1s..2s").contains("from below zero to above it"));
        assert!(problem::<SignedLength>("+--2s..1s log").contains("from above zero"));
        assert!(problem::<Drift>("+-1ppm..101% log").contains("too far below zero"));
        assert!(problem::<Duration>("1ms..5ms lag").contains("unit that is not known"));
    }

    proptest! {
        #[test]
        fn a_range_reads_back_as_it_was_printed(a: u64, b: u64, sign in -1i64..=1, log: bool) {
            let (a, b) = (a.max(1), b.max(1));
            let spread = if log && a != b { Spread::Log } else { Spread::Even };
            let length = Duration::from_nanos;
            let span = Span { min: length(a.min(b)), max: length(a.max(b)), spread };
            prop_assert_eq!(span.to_string().parse(), Ok(span));
            let (low, high) = ((a >> 1) as i64, (b >> 1) as i64);
            let (low, high) = (low.min(high).max(1), low.max(high).max(1));
            let (min, max) = if sign < 0 { (-high, -low) } else { (low, high) };
            let spread = match (sign, log && low != high) {
                (0, _) => Spread::EitherLog,
                (_, true) => Spread::Log,
                (_, false) => Spread::Even,
            };
            let span = Span { min: SignedLength(min), max: SignedLength(max), spread };
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }
    }
}
