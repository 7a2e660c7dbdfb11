//! A load as files write it: `[load]`, of which every key may be absent.

use crate::scenario::source::Placed;
use crate::scenario::words::{Millionths, Who};
use crate::time::Duration;
use crate::units::{Span, always_text};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A workload that the seed draws: what is asked, of which keys, how often and by whom. A key that
/// is given pins what it says and moves nothing else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoadEntry {
    /// How often each command is asked for, in proportion to the others: `{ propose = 3 }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mix: Option<Placed<BTreeMap<Placed<String>, Placed<u32>>>>,
    /// How many keys commands are about, numbered from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Placed<u32>>,
    /// How popular they are: `"uniform"`, or an exponent of Zipf's law, `"0.99"`, by which key 0 is
    /// asked for most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew: Option<Placed<Skew>>,
    /// Whether commands come at their times, `"open"`, or from clients that wait for each answer,
    /// `"closed"`.
    #[serde(default, rename = "loop", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Placed<LoopEntry>>,
    /// In an open loop without bursts the time from one command to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Placed<Span<Duration>>>,
    /// In a closed loop how many clients there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<Placed<u32>>,
    /// In a closed loop without bursts how long a client thinks before its next command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub think: Option<Placed<Span<Duration>>>,
    /// In a closed loop how long a client waits for an answer before it goes on without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Placed<Duration>>,
    /// Commands in quick succession, and pauses: `{ size = 8, pause = "1s" }`; or `"none"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bursts: Option<Placed<BurstsEntry>>,
    /// Who is asked, as for a single command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Placed<Who>>,
}

/// Whether anybody waits for answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoopEntry {
    /// Commands come at their times, whatever becomes of those before them.
    Open,
    /// Each client waits for an answer before it asks again.
    Closed,
}

/// How popular keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skew {
    /// One is asked for as often as another.
    Uniform,
    /// By Zipf's law, with this exponent.
    Zipf(Millionths),
}

impl FromStr for Skew {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "uniform" {
            return Ok(Skew::Uniform);
        }
        let exponent = text.parse().map(Skew::Zipf);
        exponent.map_err(|_| format!("`{text}` is not a skew; write \"uniform\", or \"0.99\""))
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Skew::Uniform => f.write_str("uniform"),
            Skew::Zipf(exponent) => write!(f, "{exponent}"),
        }
    }
}

always_text!(Skew, "a skew in quotes, as in \"uniform\" or \"0.99\"");

impl JsonSchema for Skew {
    fn schema_name() -> Cow<'static, str> {
        "Skew".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "uniform, or the exponent of Zipf's law: 0.99.",
            "type": "string", "pattern": r"^(uniform|[0-9]+(\.[0-9]{1,6})?)$",
        })
    }
}

/// Whether commands come in bursts, as written: `"none"` or a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BurstsEntry {
    /// They do not.
    None,
    /// They do.
    Of(Burst),
}

/// Commands in quick succession, and a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Burst {
    /// How many commands one has.
    pub size: u32,
    /// The time from one of them to the next: an eighth of a round trip at most if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Span<Duration>>,
    /// The time from the last of them to the next burst.
    pub pause: Span<Duration>,
}

impl Serialize for BurstsEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            BurstsEntry::None => serializer.serialize_str("none"),
            BurstsEntry::Of(burst) => burst.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for BurstsEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = BurstsEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"none\", or a table as in { size = 8, pause = \"1s\" }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<BurstsEntry, E> {
                match text {
                    "none" => Ok(BurstsEntry::None),
                    text => Err(E::custom(format!(
                        "`{text}` are no bursts; write \"none\", or {{ size = 8, pause = \"1s\" }}"
                    ))),
                }
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<BurstsEntry, A::Error> {
                Burst::deserialize(MapAccessDeserializer::new(map)).map(BurstsEntry::Of)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for BurstsEntry {
    fn schema_name() -> Cow<'static, str> {
        "Bursts".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "none, or how many commands come at once and the pause behind them.",
            "anyOf": [{ "const": "none" }, generator.subschema_for::<Burst>()],
        })
    }
}
