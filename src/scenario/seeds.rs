//! Which seeds are run, and other whole numbers that may be larger than TOML can write.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

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

impl JsonSchema for Whole {
    fn schema_name() -> Cow<'static, str> {
        "Whole".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^(0x[0-9a-fA-F]+|[0-9_]+)$" },
            ],
            "description": "A whole number; from 2^63 on in quotes.",
        })
    }
}

impl JsonSchema for Seeds {
    fn schema_name() -> Cow<'static, str> {
        "Seeds".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A range, end not included, or a list.",
            "anyOf": [
                { "type": "string", "pattern": r"^[0-9_]+\.\.[0-9_]+$" },
                { "type": "array", "minItems": 1, "items": generator.subschema_for::<Whole>() },
            ],
        })
    }
}
