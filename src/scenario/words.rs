//! The small texts of a scenario file that have a grammar of their own: whom a fault strikes, how
//! long a message takes, which seeds are run.

use crate::conditions;
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

/// Whom a fault strikes, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// `"n1"` or `["n1", "n2"]`.
    Nodes(Vec<NodeId>),
    /// A role: `"servers"` (the scenario's) or `"leader"` (the algorithm's, when it strikes).
    Role(String),
    /// `"all"`.
    All,
    /// `"minority"`: at least one node, and of every role less than half.
    Minority(Option<String>),
    /// `"majority"`: more than half of the first role, or of the one in brackets.
    Majority(Option<String>),
    /// `"one"`, `"random(2)"`, `"random(2, servers)"`: so many nodes.
    Random(u32, Option<String>),
}

fn node(text: &str) -> Option<NodeId> {
    let digits = text.strip_prefix('n')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let is_plain = is_number && (digits == "0" || !digits.starts_with('0'));
    digits.parse().ok().filter(|_| is_plain).map(NodeId::new)
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(node) = node(text) {
            return Ok(Who::Nodes(vec![node]));
        }
        let (word, rest) = text.split_once('(').map_or((text, None), |(w, r)| (w, Some(r)));
        let inner = match rest {
            None => None,
            Some(rest) => Some(rest.strip_suffix(')').ok_or_else(|| {
                format!("`{text}` has a bracket that is not closed; add `)` at the end")
            })?),
        };
        let role = |role: &str| Some(role.trim().to_owned());
        match (word, inner) {
            ("all", None) => Ok(Who::All),
            ("minority", inner) => Ok(Who::Minority(inner.and_then(role))),
            ("majority", inner) => Ok(Who::Majority(inner.and_then(role))),
            ("one", inner) => Ok(Who::Random(1, inner.and_then(role))),
            ("random", Some(inner)) => {
                let (count, of) =
                    inner.split_once(',').map_or((inner, None), |(c, r)| (c, role(r)));
                match count.trim().parse::<u32>() {
                    Ok(count) if count > 0 => Ok(Who::Random(count, of)),
                    _ => Err(format!("`{text}` needs a count; write it as in `random(2)`")),
                }
            }
            (_, Some(_)) | ("random", None) => Err(format!(
                "`{text}` is not a set of nodes; write `one`, `minority`, `majority` or `random(2)`"
            )),
            (word, None) => Ok(Who::Role(word.to_owned())),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |word: &str, role: &Option<String>| match role {
            Some(role) => format!("{word}({role})"),
            None => word.to_owned(),
        };
        match self {
            Who::Nodes(nodes) => write!(f, "{nodes:?}"),
            Who::Role(role) => f.write_str(role),
            Who::All => f.write_str("all"),
            Who::Minority(role) => f.write_str(&of("minority", role)),
            Who::Majority(role) => f.write_str(&of("majority", role)),
            Who::Random(1, role) => f.write_str(&of("one", role)),
            Who::Random(count, None) => write!(f, "random({count})"),
            Who::Random(count, Some(role)) => write!(f, "random({count}, {role})"),
        }
    }
}

impl Serialize for Who {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Who::Nodes(nodes) if nodes.len() == 1 => serializer.collect_str(&nodes[0]),
            Who::Nodes(nodes) => serializer.collect_seq(nodes.iter().map(NodeId::to_string)),
            other => serializer.collect_str(other),
        }
    }
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Who;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a node, a list of nodes or a role, as in \"n1\" or \"leader\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Who, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Who, A::Error> {
                let nodes = Vec::<Node>::deserialize(SeqAccessDeserializer::new(seq))?;
                Ok(Who::Nodes(nodes.into_iter().map(|node| node.0).collect()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
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
        let number = |text: &str| {
            let text = text.trim();
            match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).ok(),
                None => text.replace('_', "").parse().ok(),
            }
        };
        let range = text.split_once("..").map(|(start, end)| (number(start), number(end)));
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
            Seeds::Pinned(list) => list.serialize(serializer),
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
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Seeds::Pinned)
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
schema!(Who, "Who", generator => json_schema!({
    "description": "A node, a list of nodes, a role, all, one, minority, majority or random(2); \
        a role in brackets narrows the last four: one(servers).",
    "anyOf": [
        { "type": "string" },
        { "type": "array", "minItems": 1, "items": generator.subschema_for::<Node>() },
    ],
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
schema!(Seeds, "Seeds", _g => json_schema!({
    "description": "A range, end not included, or a list.",
    "anyOf": [
        { "type": "string", "pattern": r"^[0-9_]+\.\.[0-9_]+$" },
        { "type": "array", "minItems": 1, "items": { "type": "integer", "minimum": 0 } },
    ],
}));
