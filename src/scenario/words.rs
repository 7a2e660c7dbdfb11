//! The small texts of a scenario file that have a grammar of their own: which node, how long a
//! message takes, which seeds are run.

pub use super::who::Who;

use crate::id::NodeId;
use crate::time::Duration;
use crate::units::{Span, always_text};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, value::MapAccessDeserializer, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A node by its name.
pub(super) fn node(text: &str) -> Option<NodeId> {
    let digits = text.strip_prefix('n')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let is_plain = is_number && (digits == "0" || !digits.starts_with('0'));
    digits.parse().ok().filter(|_| is_plain).map(NodeId::new)
}

/// A node as files name it: `n3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node(pub NodeId);

impl FromStr for Node {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a node; nodes are `n0`, `n1` and so on");
        node(text).map(Node).ok_or_else(wrong)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

always_text!(Node, "a node in quotes, as in \"n1\"");

/// A decimal fraction, kept in millionths: `0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Millionths(pub u32);

impl FromStr for Millionths {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ratio = |text: &str| {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            let fraction = format!("{fraction:0<6}");
            let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
            if fraction.len() != 6 || !digits(whole) || !digits(&fraction) {
                return None;
            }
            let whole = whole.parse::<u32>().ok()?.checked_mul(1_000_000)?;
            whole.checked_add(fraction.parse().ok()?)
        };
        ratio(text).map(Millionths).ok_or_else(|| {
            format!("`{text}` is not a number with at most 6 decimals; write it as in 0.5")
        })
    }
}

impl fmt::Display for Millionths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:06}", self.0 % 1_000_000);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}", self.0 / 1_000_000),
            fraction => write!(f, "{}.{fraction}", self.0 / 1_000_000),
        }
    }
}

impl Serialize for Millionths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Millionths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Millionths;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, as in 0.5")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Millionths, E> {
                text.parse().map_err(E::custom)
            }

            /// The shortest text of a float is what was written, up to 15 digits.
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Millionths, E> {
                number.to_string().parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Millionths, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// How long something takes: `"5ms"`, `"1ms..10ms"` or a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latency {
    /// Uniform between the ends, or constant where they are equal.
    Uniform(Span<Duration>),
    /// A distribution with a tail.
    Tailed(TailedLatency),
}

/// A latency with a tail: exactly one distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TailedLatency {
    /// A shortest time and an exponential rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exponential: Option<Exponential>,
    /// Log-normal around a median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_normal: Option<LogNormal>,
}

/// A shortest time and an exponentially distributed rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exponential {
    /// The shortest.
    pub min: Duration,
    /// The mean, the shortest time included.
    pub mean: Duration,
}

/// Log-normal around a median.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LogNormal {
    /// The median.
    pub median: Duration,
    /// The standard deviation of the logarithm: `"0.5"`.
    pub sigma: Millionths,
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Latency::Uniform(span) => span.serialize(serializer),
            Latency::Tailed(tailed) => tailed.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Latency;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length or a range in quotes, as in \"1ms..10ms\", or a distribution")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Latency, E> {
                text.parse().map(Latency::Uniform).map_err(E::custom)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Latency, A::Error> {
                let map = MapAccessDeserializer::new(map);
                TailedLatency::deserialize(map).map(Latency::Tailed)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A whole number up to 2^64 - 1. TOML has them up to 2^63 - 1; larger ones are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole(pub u64);

fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.replace('_', "").parse().ok(),
    }
}

impl Serialize for Whole {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.0) {
            Ok(number) => serializer.serialize_i64(number),
            Err(_) => serializer.collect_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, 0 or more")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Whole, E> {
                let wrong = || E::invalid_value(de::Unexpected::Signed(number), &self);
                u64::try_from(number).map(Whole).map_err(|_| wrong())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Whole, E> {
                whole(text)
                    .map(Whole)
                    .ok_or_else(|| E::custom(format!("`{text}` is no whole number")))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Which seeds are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seeds {
    /// `"0..200"`: from the first up to, but without, the second.
    Range(Range<u64>),
    /// `[3, 17]`: these.
    Pinned(Vec<u64>),
}

impl Seeds {
    /// The seeds in the order in which they are run.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let (range, list) = match self {
            Seeds::Range(range) => (range.clone(), &[][..]),
            Seeds::Pinned(list) => (0..0, &list[..]),
        };
        range.chain(list.iter().copied())
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        match self {
            Seeds::Range(range) => range.end.saturating_sub(range.start),
            Seeds::Pinned(list) => list.len() as u64,
        }
    }
}

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = text.split_once("..").map(|(start, end)| (whole(start), whole(end)));
        match range {
            Some((Some(start), Some(end))) => Ok(Seeds::Range(start..end)),
            _ => Err(format!("`{text}` is not a range of seeds; write it as in \"0..200\"")),
        }
    }
}

impl Serialize for Seeds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Seeds::Range(range) => {
                serializer.collect_str(&format_args!("{}..{}", range.start, range.end))
            }
            Seeds::Pinned(list) => serializer.collect_seq(list.iter().copied().map(Whole)),
        }
    }
}

impl<'de> Deserialize<'de> for Seeds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Seeds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a range of seeds or a list of them, as in \"0..200\" or [3, 17]")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Seeds, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Seeds, A::Error> {
                let list = Vec::<Whole>::deserialize(SeqAccessDeserializer::new(seq))?;
                Ok(Seeds::Pinned(list.into_iter().map(|seed| seed.0).collect()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

macro_rules! schema {
    ($type:ty, $name:literal, $generator:ident => $schema:expr) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}
schema!(Node, "Node", _g => json_schema!({
    "type": "string", "pattern": "^n(0|[1-9][0-9]*)$", "description": "A node: n0, n1, ...",
}));
schema!(Whole, "Whole", _g => json_schema!({
    "anyOf": [
        { "type": "integer", "minimum": 0 },
        { "type": "string", "pattern": "^(0x[0-9a-fA-F]+|[0-9_]+)$" },
    ],
    "description": "A whole number; from 2^63 on in quotes.",
}));
schema!(Millionths, "Decimal", _g => json_schema!({
    "anyOf": [
        { "type": "number", "minimum": 0 },
        { "type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,6})?$" },
    ],
    "description": "A number with at most six decimals: 0.5.",
}));
schema!(Latency, "Latency", generator => json_schema!({
    "description": "A length (constant), a range (uniform), or a distribution.",
    "anyOf": [
        generator.subschema_for::<Span<Duration>>(),
        generator.subschema_for::<TailedLatency>(),
    ],
}));
schema!(Seeds, "Seeds", generator => json_schema!({
    "description": "A range, end not included, or a list.",
    "anyOf": [
        { "type": "string", "pattern": r"^[0-9_]+\.\.[0-9_]+$" },
        { "type": "array", "minItems": 1, "items": generator.subschema_for::<Whole>() },
    ],
}));
