//! The small texts of a scenario file that have a grammar of their own: which node, how long a
//! message takes, which ones of many.

pub use super::seeds::{Seeds, Whole};
pub use super::who::Who;

use crate::conditions;
use crate::id::NodeId;
use crate::time::Duration;
use crate::units::{Span, Spread, always_text};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
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

impl From<Latency> for conditions::Latency {
    fn from(latency: Latency) -> Self {
        match latency {
            Latency::Uniform(span) => span.into(),
            Latency::Tailed(tailed) => match (tailed.exponential, tailed.log_normal) {
                (Some(e), _) => conditions::Latency::Exponential { min: e.min, mean: e.mean },
                (None, Some(l)) => {
                    conditions::Latency::LogNormal { median: l.median, sigma_ppm: l.sigma.0 }
                }
                (None, None) => conditions::Latency::ZERO,
            },
        }
    }
}

impl From<conditions::Latency> for Latency {
    fn from(latency: conditions::Latency) -> Self {
        let spread = |min, max, spread| Latency::Uniform(Span { min, max, spread });
        let tailed =
            |exponential, log_normal| Latency::Tailed(TailedLatency { exponential, log_normal });
        match latency {
            conditions::Latency::Constant(length) => Latency::Uniform(Span::only(length)),
            conditions::Latency::Uniform { min, max } => spread(min, max, Spread::Even),
            conditions::Latency::LogUniform { min, max } => spread(min, max, Spread::Log),
            conditions::Latency::Exponential { min, mean } => {
                tailed(Some(Exponential { min, mean }), None)
            }
            conditions::Latency::LogNormal { median, sigma_ppm } => {
                tailed(None, Some(LogNormal { median, sigma: Millionths(sigma_ppm) }))
            }
        }
    }
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

/// Which ones of many, counted from 1, both ends included: `3`, `"3..5"`, `"3.."`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nth {
    /// The first of them.
    pub first: u64,
    /// The last of them; without end if not given.
    pub last: Option<u64>,
}

impl Nth {
    /// All of them.
    pub const ALL: Nth = Nth { first: 1, last: None };
}

impl FromStr for Nth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<u64>().ok().filter(|_| !text.starts_with('+'));
        let (first, last) = match text.split_once("..") {
            Some((first, "")) => (number(first), Some(None)),
            Some((first, last)) => (number(first), number(last).map(Some)),
            None => (number(text), number(text).map(Some)),
        };
        match (first, last) {
            (Some(0), _) => Err("there is no number 0; counting begins with 1".to_owned()),
            (Some(first), Some(Some(last))) if last < first => {
                Err(format!("`{text}` is the wrong way round; write the smaller number first"))
            }
            (Some(first), Some(last)) => Ok(Nth { first, last }),
            _ => Err(format!("`{text}` is not a number of messages; write 3, \"3..5\" or \"3..\"")),
        }
    }
}

impl fmt::Display for Nth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(last) if last == self.first => write!(f, "{last}"),
            Some(last) => write!(f, "{}..{last}", self.first),
            None => write!(f, "{}..", self.first),
        }
    }
}

impl Serialize for Nth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Nth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Nth;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a range of them, as in 3 or \"3..5\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Nth, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Nth, E> {
                number.to_string().parse().map_err(E::custom)
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
schema!(Nth, "Nth", _g => json_schema!({
    "description": "A number, or a range of them with both ends included: 3, 3..5, 3.. (no end).",
    "anyOf": [
        { "type": "integer", "minimum": 1 },
        { "type": "string", "pattern": r"^[0-9]+(\.\.[0-9]*)?$" },
    ],
}));
