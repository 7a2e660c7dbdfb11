//! Several lengths of time at once: a range that each is drawn from, or a list of them.
//!
//! The list is how a file writes what was drawn, so that nothing of it is left to luck.

use super::draw;
use crate::rng::Luck64;
use crate::time::Duration;
use crate::units::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// `"20ms..200ms"` or `["20ms", "35ms"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lengths {
    /// Each is drawn from here.
    Range(Span<Duration>),
    /// These, in order.
    List(Vec<Duration>),
}

impl Lengths {
    /// So many lengths. A list gives what it has.
    pub(super) fn draw(&self, count: usize, luck: &mut impl Luck64) -> Vec<Duration> {
        match self {
            Lengths::Range(span) => (0..count).map(|_| draw::length(luck, *span)).collect(),
            Lengths::List(list) => list.clone(),
        }
    }

    /// The longest.
    pub(super) fn max(&self) -> Duration {
        match self {
            Lengths::Range(span) => span.max,
            Lengths::List(list) => list.iter().copied().max().unwrap_or(Duration::ZERO),
        }
    }
}

impl Serialize for Lengths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Lengths::Range(span) => span.serialize(serializer),
            Lengths::List(list) => list.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Lengths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Lengths;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a range in quotes, as in \"1ms..10ms\", or a list of lengths")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Lengths, E> {
                text.parse().map(Lengths::Range).map_err(E::custom)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Lengths, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Lengths::List)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Lengths {
    fn schema_name() -> Cow<'static, str> {
        "Lengths".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A range that each is drawn from, or a list of lengths.",
            "anyOf": [
                generator.subschema_for::<Span<Duration>>(),
                { "type": "array", "items": generator.subschema_for::<Duration>() },
            ],
        })
    }
}
