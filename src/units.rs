//! How people write quantities: `150ms`, `-30%`, `1/50`, `1ms..10ms`.
//!
//! Arithmetic is on integers and exact: what cannot be kept exactly, or does not fit, is an error
//! that says the cure. Every value prints in a form that reads back as the same value. In formats
//! for people (TOML, JSON) lengths, drifts and chances are these strings; in formats for machines,
//! the fingerprint among them, they stay integers.

mod span;

pub use span::{Quantity, Span, Spread};

use crate::rng::Ratio;
use crate::time::{Drift, Duration};
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// Why a text is not the quantity that was wanted: the problem, then `; ` and the cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitError(String);

impl UnitError {
    fn new(text: &str, problem: &str, cure: &str) -> Self {
        UnitError(format!("`{text}` {problem}; {cure}"))
    }
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnitError {}

/// The units of a length, with their nanoseconds. `m` is a minute.
const UNITS: [(&str, u128); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A decimal number without sign: `digits / 10^scale`, without zeros at the end of the fraction.
struct Decimal {
    digits: u128,
    scale: u32,
}

impl Decimal {
    fn parse(text: &str) -> Option<Decimal> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let scale = u32::try_from(fraction.len()).ok().filter(|scale| *scale <= 18)?;
        let whole = whole.trim_start_matches('0');
        if whole.len() > 20 {
            return None;
        }
        let mut digits = 0u128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            digits = digits * 10 + u128::from(digit - b'0');
        }
        Some(Decimal { digits, scale })
    }

    /// The number times a factor, if that is whole. A product above 128 bits is above all that can
    /// be counted after the division too, so it may saturate.
    fn times(&self, factor: u128) -> Option<u128> {
        let unit = 10u128.pow(self.scale);
        match self.digits.checked_mul(factor) {
            Some(product) => (product % unit == 0).then_some(product / unit),
            None => Some(u128::MAX),
        }
    }
}

fn split_unit(text: &str) -> (&str, &str) {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    (&text[..text.len() - unit.len()], unit)
}

fn nanos(text: &str, unsigned: &str) -> Result<u128, UnitError> {
    const CURE: &str = "write a number and one of ns, us, ms, s, m, h, as in `150ms`";
    let (number, unit) = split_unit(unsigned);
    if number.is_empty() {
        return Err(UnitError::new(text, "is not a length of time", CURE));
    }
    if unit.is_empty() {
        return Err(UnitError::new(text, "has no unit", CURE));
    }
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(UnitError::new(text, "has a unit that is not known", CURE));
    };
    let number = Decimal::parse(number).ok_or_else(|| {
        UnitError::new(text, "is not a number, or has more digits than can be kept", CURE)
    })?;
    number.times(*factor).ok_or_else(|| {
        UnitError::new(text, "is finer than a nanosecond", "write a whole number of nanoseconds")
    })
}

impl FromStr for Duration {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.starts_with('-') {
            return Err(UnitError::new(text, "is below zero", "a length has no sign"));
        }
        let nanos = nanos(text, text)?;
        u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| {
            UnitError::new(text, "is longer than can be counted", "stay below 584 years")
        })
    }
}

/// A length with a sign, in nanoseconds: `-50ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignedLength(pub i64);

impl FromStr for SignedLength {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (is_negative, unsigned) = split_sign(text);
        let nanos = nanos(text, unsigned)?;
        let nanos = i64::try_from(nanos).map_err(|_| {
            UnitError::new(text, "is longer than can be counted", "stay below 292 years")
        })?;
        Ok(SignedLength(if is_negative { -nanos } else { nanos }))
    }
}

impl fmt::Display for SignedLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", Duration::from_nanos(self.0.unsigned_abs()))
    }
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

impl FromStr for Drift {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        const CURE: &str = "write parts per million or per cent, as in `200ppm` or `-30%`";
        let (is_negative, unsigned) = split_sign(text);
        let (number, unit) = split_unit(unsigned);
        let factor = match unit {
            "ppm" => 1,
            "%" => 10_000,
            "" if !number.is_empty() => return Err(UnitError::new(text, "has no unit", CURE)),
            _ => return Err(UnitError::new(text, "is not a drift", CURE)),
        };
        let number =
            Decimal::parse(number).ok_or_else(|| UnitError::new(text, "is not a drift", CURE))?;
        let ppm = number.times(factor).ok_or_else(|| {
            UnitError::new(text, "is finer than a millionth", "write whole parts per million")
        })?;
        let ppm = i32::try_from(ppm).map_err(|_| {
            UnitError::new(text, "is faster than a clock can run", "stay below 2147483647ppm")
        })?;
        if is_negative && ppm > 1_000_000 {
            return Err(UnitError::new(
                text,
                "would run backwards",
                "`-100%` is a clock that stands still",
            ));
        }
        Ok(Drift::from_ppm(if is_negative { -ppm } else { ppm }))
    }
}

/// Prints the shorter of the exact forms that scenario files read: `-30%`, `200ppm`.
impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, size) = (if self.ppm() < 0 { "-" } else { "" }, self.ppm().unsigned_abs());
        let percent = decimal(u64::from(size), 4);
        if percent.len() < size.to_string().len() || size == 0 {
            write!(f, "{sign}{percent}%")
        } else {
            write!(f, "{sign}{size}ppm")
        }
    }
}

/// `digits / 10^scale` without zeros at the end.
fn decimal(digits: u64, scale: usize) -> String {
    let unit = 10u64.pow(scale as u32);
    let (whole, rest) = (digits / unit, digits % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let fraction = format!("{rest:0scale$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

impl FromStr for Ratio {
    type Err = UnitError;

    /// Keeps numerator and denominator as they are written (`2%` is 2 of 100), because a chance is
    /// drawn by them.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        const CURE: &str = "write a chance between 0 and 1, as in `2%`, `1/50` or `200ppm`";
        let wrong = |problem: &str| UnitError::new(text, problem, CURE);
        let ratio = if let Some((numerator, denominator)) = text.split_once('/') {
            let part = |part: &str| {
                let is_number = part.bytes().all(|b| b.is_ascii_digit());
                part.parse::<u32>().ok().filter(|_| is_number)
            };
            match (part(numerator), part(denominator)) {
                (Some(_), Some(0)) => return Err(wrong("divides by zero")),
                (Some(numerator), Some(denominator)) => Ratio { numerator, denominator },
                _ => return Err(wrong("is not a chance")),
            }
        } else {
            let (number, unit) = split_unit(text);
            let number = Decimal::parse(number).ok_or_else(|| wrong("is not a chance"))?;
            let whole = match unit {
                "%" => 100u32,
                "ppm" => 1_000_000,
                _ => return Err(wrong("is not a chance")),
            };
            let denominator = 10u32.checked_pow(number.scale).and_then(|d| d.checked_mul(whole));
            match (u32::try_from(number.digits), denominator) {
                (Ok(0), _) => Ratio::ZERO,
                (Ok(numerator), Some(denominator)) => Ratio { numerator, denominator },
                _ => return Err(wrong("has more digits than can be kept")),
            }
        };
        if ratio.numerator > ratio.denominator {
            return Err(wrong("is more than certain"));
        }
        Ok(ratio)
    }
}

/// Prints the first form that reads back as the same ratio: `2%`, `200ppm`, `1/50`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ratio { numerator, denominator } = *self;
        let scale = (0..=7).find(|scale| u64::from(denominator) == 100 * 10u64.pow(*scale));
        let percent = match scale {
            Some(scale) => format!("{}%", decimal(u64::from(numerator), scale as usize)),
            None => "0%".to_owned(),
        };
        let ppm = format!("{numerator}ppm");
        for shown in [percent, ppm] {
            if shown.parse::<Ratio>().as_ref() == Ok(self) {
                return f.write_str(&shown);
            }
        }
        write!(f, "{numerator}/{denominator}")
    }
}

/// Reads any quantity from its text.
pub(crate) struct Text<T>(pub &'static str, pub PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> de::Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

const LENGTH: &str = "a length of time in quotes, as in \"150ms\"";
const DRIFT: &str = "a drift in quotes, as in \"200ppm\" or \"-30%\"";
const CHANCE: &str = "a chance in quotes, as in \"2%\" or \"1/50\"";

/// A type that is text for people and a number, or numbers, for machines.
macro_rules! text_for_people {
    ($type:ty, $expecting:expr, |$value:ident| $number:expr, $from:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    return serializer.collect_str(self);
                }
                let $value = self;
                $number.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    return deserializer.deserialize_str(Text($expecting, PhantomData));
                }
                Deserialize::deserialize(deserializer).map($from)
            }
        }
    };
}

text_for_people!(Duration, LENGTH, |length| length.as_nanos(), Duration::from_nanos);
text_for_people!(Drift, DRIFT, |drift| drift.ppm(), Drift::from_ppm);
text_for_people!(Ratio, CHANCE, |ratio| (ratio.numerator, ratio.denominator), |(n, d)| Ratio {
    numerator: n,
    denominator: d
});

/// A type that is always text.
macro_rules! always_text {
    ($type:ty, $expecting:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = crate::units::Text($expecting, std::marker::PhantomData);
                deserializer.deserialize_str(text)
            }
        }
    };
}
#[cfg(feature = "scenario")]
pub(crate) use always_text;

always_text!(SignedLength, "a length of time in quotes, as in \"-50ms\"");
always_text!(Span<Duration>, "a length or a range in quotes, as in \"1ms..10ms\"");
always_text!(Span<SignedLength>, "a length or a range in quotes, as in \"-50ms..50ms\"");
always_text!(Span<Drift>, "a drift or a range in quotes, as in \"-200ppm..200ppm\"");

#[cfg(feature = "scenario")]
mod schema {
    use super::{SignedLength, Span};
    use crate::rng::Ratio;
    use crate::time::{Drift, Duration};
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    const LENGTH: &str = r"[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)";
    const SIGNED: &str = r"[+-]?[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)";
    const DRIFT: &str = r"[+-]?[0-9]+(\.[0-9]+)?(ppm|%)";
    const CHANCE: &str = r"([0-9]+(\.[0-9]+)?(ppm|%)|[0-9]+/[0-9]+)";

    macro_rules! text_schema {
        ($type:ty, $name:literal, $pattern:expr, $description:literal) => {
            impl JsonSchema for $type {
                fn schema_name() -> Cow<'static, str> {
                    $name.into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({
                        "type": "string",
                        "pattern": $pattern,
                        "description": $description,
                    })
                }
            }
        };
    }
    fn one(part: &str) -> String {
        format!("^{part}$")
    }
    fn range(part: &str) -> String {
        format!(r"^{part}(\.\.{part}( log)?)?$")
    }
    fn signed_range(part: &str) -> String {
        range(part).replacen('^', r"^(\+-)?", 1)
    }
    text_schema!(Duration, "Length", one(LENGTH), "A length of time: 150ms, 1.5s.");
    text_schema!(SignedLength, "SignedLength", one(SIGNED), "A length with a sign: -50ms.");
    text_schema!(Drift, "Drift", one(DRIFT), "A clock's rate error: 200ppm, -30%.");
    text_schema!(Ratio, "Chance", one(CHANCE), "A chance between 0 and 1: 2%, 1/50, 200ppm.");
    text_schema!(
        Span<Duration>,
        "LengthRange",
        range(LENGTH),
        "A length or a range: 1ms..10ms, 1ms..1m log."
    );
    text_schema!(
        Span<SignedLength>,
        "SignedRange",
        signed_range(SIGNED),
        "A range: -50ms..50ms, +-1ms..5m log."
    );
    text_schema!(
        Span<Drift>,
        "DriftRange",
        signed_range(DRIFT),
        "A drift or a range: -200ppm..200ppm."
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem<T: FromStr<Err = UnitError> + fmt::Debug>(text: &str) -> String {
        text.parse::<T>().unwrap_err().to_string()
    }

    #[test]
    fn lengths_are_read_exactly() {
        for (text, nanos) in [
            ("0ns", 0),
            ("1.5s", 1_500_000_000),
            ("0.25us", 250),
            ("2m", 120_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("18446744073709551615ns", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Duration::from_nanos(nanos)), "{text}");
        }
        assert_eq!("-1.5ms".parse(), Ok(SignedLength(-1_500_000)));
    }

    #[test]
    fn what_is_not_a_quantity_is_told_the_cure() {
        assert_eq!(
            problem::<Duration>("150"),
            "`150` has no unit; write a number and one of ns, us, ms, s, m, h, as in `150ms`"
        );
        assert!(problem::<Duration>("1.5ns").contains("finer than a nanosecond"));
        assert!(problem::<Duration>("18446744073709551616ns").contains("584 years"));
        assert!(problem::<Duration>("99999999999999999999999999h").contains("digits"));
        assert!(problem::<Duration>("-1s").contains("below zero"));
        assert!(problem::<Duration>("nan").contains("not a length"));
        assert!(problem::<Drift>("-101%").contains("backwards"));
        assert!(problem::<Drift>("5").contains("no unit"));
        assert!(problem::<Ratio>("101%").contains("more than certain"));
        assert!(problem::<Ratio>("1/0").contains("divides by zero"));
        assert!(problem::<Ratio>("0.5").contains("not a chance"));
    }

    #[test]
    fn quantities_print_as_people_write_them() {
        let drifts = [0, 200, -300_000, 15_000, -1].map(|ppm| Drift::from_ppm(ppm).to_string());
        assert_eq!(drifts, ["0%", "200ppm", "-30%", "1.5%", "-1ppm"]);
        let ratio = |numerator, denominator| Ratio { numerator, denominator }.to_string();
        assert_eq!(ratio(2, 100), "2%");
        assert_eq!(ratio(5, 1_000), "0.5%");
        assert_eq!(ratio(50, 1_000), "50/1000");
        assert_eq!(Ratio::from_ppm(200).to_string(), "200ppm");
        assert_eq!(Ratio::ZERO.to_string(), "0%");
    }

    #[test]
    fn people_read_text_and_the_fingerprint_integers() {
        let mut text = crate::fingerprint::Fingerprint::EMPTY;
        let mut number = text;
        text.fold_value(&(Duration::from_millis(3), Drift::from_ppm(-7), Ratio::from_ppm(9)));
        number.fold_value(&(3_000_000u64, -7i32, 9u32, 1_000_000u32));
        assert_eq!(text, number);
    }

    proptest! {
        #[test]
        fn a_quantity_reads_back_as_it_was_printed(
            nanos: u64, signed: i64, ppm in -1_000_000..=i32::MAX,
            (denominator, numerator) in (1..=u32::MAX).prop_flat_map(|d| (Just(d), 0..=d)),
            scale in 0u32..8, part in 0u32..=100,
        ) {
            let length = Duration::from_nanos(nanos);
            prop_assert_eq!(length.to_string().parse(), Ok(length));
            prop_assume!(signed > i64::MIN);
            let signed = SignedLength(signed);
            prop_assert_eq!(signed.to_string().parse(), Ok(signed));
            let drift = Drift::from_ppm(ppm);
            prop_assert_eq!(drift.to_string().parse(), Ok(drift));
            let ratio = Ratio { numerator, denominator };
            prop_assert_eq!(ratio.to_string().parse(), Ok(ratio));
            let round = Ratio { numerator: part, denominator: 100 * 10u32.pow(scale.min(7)) };
            prop_assert_eq!(round.to_string().parse(), Ok(round));
        }
    }
}
