//! What the seed decides, as files write it: `[nemesis]`, a family of faults a key.
//!
//! A family is a `[[fault]]` that comes again and again. All that can be said of one fault can be
//! pinned here; what is not pinned the seed draws ([`super::families`]).

use super::families::with_families;
use crate::rng::Ratio;
use crate::scenario::fault::*;
use crate::scenario::source::Placed;
use crate::time::Duration;
use crate::units::{Span, always_text};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

macro_rules! nemesis_entry {
    (
        $(
            $(#[doc = $doc:literal])*
            $block:literal $name:literal $field:ident: $kind:ty = $draw:expr;
        )*
    ) => {
        /// What the seed decides: families of faults that come again and again during the storm.
        /// Of each family what is not pinned is drawn, in the units of a calm run.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct Nemesis {
            /// The profile whose families these are, instead of the scenario's. Families that stand
            /// here win over its own.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub profile: Option<Placed<String>>,
            /// Whether the seed first picks which of the families exist in this run, at least one.
            /// True if not given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub swarm: Option<bool>,
            /// The chance of each family to exist in a run, or a range from which each run draws
            /// it; one half if not given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub density: Option<Placed<Density>>,
            /// How often the families strike whose `every` is not pinned: the time from one strike
            /// to the next in multiples of the algorithm's patience, `"1..32"`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub pace: Option<Placed<Pace>>,
            $(
                $(#[doc = $doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<Placed<Pinned<$kind>>>,
            )*
            /// Faults of all these kinds, one at a time: the next strikes only when the service is
            /// there again.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub progress: Option<Placed<Progress>>,
            /// The families that the profile has added.
            #[serde(skip)]
            of_profile: Vec<&'static str>,
        }

        impl Nemesis {
            /// What is pinned of the family of this name; `None` if it is not there.
            pub(in crate::scenario) fn pinned(&self, name: &str) -> Option<&toml::Table> {
                match name {
                    $($name => self.$field.as_ref().map(|entry| &entry.table),)*
                    _ => None,
                }
            }

            /// With what a profile adds to it.
            pub(in crate::scenario) fn completed(self, profile: Nemesis) -> Self {
                let mut of_profile = Vec::new();
                $(
                    if self.$field.is_none() && profile.$field.is_some() {
                        of_profile.push($name);
                    }
                )*
                Nemesis {
                    profile: self.profile,
                    swarm: self.swarm.or(profile.swarm),
                    density: self.density.or(profile.density),
                    pace: self.pace.or(profile.pace),
                    $($field: self.$field.or(profile.$field),)*
                    progress: self.progress.or(profile.progress),
                    of_profile,
                }
            }

            /// Where the family of this name is written.
            pub(in crate::scenario) fn place_of(&self, name: &str) -> std::ops::Range<usize> {
                match name {
                    $($name => self.$field.as_ref().map_or(0..0, Placed::place),)*
                    _ => 0..0,
                }
            }

            /// Whether the family of this name was added by a profile.
            pub(in crate::scenario) fn is_of_profile(&self, name: &str) -> bool {
                self.of_profile.contains(&name)
            }
        }

        /// Faults one at a time, each only when the service is there again: what never comes to
        /// rest never gets far.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct Progress {
            /// How long after the service is there the next one strikes.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub after: Option<Placed<Span<Duration>>>,
            $(
                $(#[doc = $doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<Placed<Pinned<$kind>>>,
            )*
        }

        impl Progress {
            /// What is pinned of the family of this name; `None` if it is not there.
            pub(in crate::scenario) fn pinned(&self, name: &str) -> Option<&toml::Table> {
                match name {
                    $($name => self.$field.as_ref().map(|entry| &entry.table),)*
                    _ => None,
                }
            }

            /// Where the family of this name is written.
            pub(in crate::scenario) fn place_of(&self, name: &str) -> std::ops::Range<usize> {
                match name {
                    $($name => self.$field.as_ref().map_or(0..0, Placed::place),)*
                    _ => 0..0,
                }
            }
        }
    };
}
with_families!(nemesis_entry);

/// A family as written: what is pinned of a fault of this kind, and of the time between two.
#[derive(Clone, Debug)]
pub struct Pinned<K> {
    table: toml::Table,
    kind: PhantomData<fn() -> K>,
}

impl<K> PartialEq for Pinned<K> {
    fn eq(&self, other: &Self) -> bool {
        self.table == other.table
    }
}

impl<K> Serialize for Pinned<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.table.serialize(serializer)
    }
}

impl<'de, K> Deserialize<'de> for Pinned<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        Ok(Pinned { table, kind: PhantomData })
    }
}

impl<K: JsonSchema> JsonSchema for Pinned<K> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Family", K::schema_name()).into()
    }

    /// The schema of the kind, in which nothing has to be there, and `every`.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = K::json_schema(generator);
        schema.remove("required");
        let every = generator.subschema_for::<Option<Span<Duration>>>();
        if let Some(serde_json::Value::Object(properties)) = schema.get_mut("properties") {
            properties.insert("every".to_owned(), every.to_value());
        }
        schema
    }
}

/// The chance of each family to exist, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Density {
    /// The least.
    pub min: u32,
    /// The greatest.
    pub max: u32,
}

impl FromStr for Density {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (min, max) = text.split_once("..").unwrap_or((text, text));
        let ppm = |text: &str| match text.parse::<Ratio>() {
            Ok(ratio) if ratio.is_zero() => Err(format!("`{text}` lets no family exist")),
            Ok(Ratio { numerator, denominator }) => {
                Ok((u64::from(numerator) * 1_000_000 / u64::from(denominator)).max(1) as u32)
            }
            Err(error) => Err(error.to_string()),
        };
        let density = Density { min: ppm(min)?, max: ppm(max)? };
        if density.min > density.max {
            return Err(format!("`{text}` is the wrong way round; write the smaller end first"));
        }
        Ok(density)
    }
}

impl fmt::Display for Density {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.min == self.max {
            true => write!(f, "{}ppm", self.min),
            false => write!(f, "{}ppm..{}ppm", self.min, self.max),
        }
    }
}

always_text!(Density, "a chance or a range in quotes, as in \"1/2\" or \"10%..50%\"");

/// How often drawn families strike, in multiples of the algorithm's patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The least.
    pub min: u32,
    /// The greatest.
    pub max: u32,
}

impl Pace {
    /// What is taken where no pace is given.
    pub const USUAL: Pace = Pace { min: 1, max: 32 };
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (min, max) = text.split_once("..").unwrap_or((text, text));
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
        match (number(min), number(max)) {
            (Some(min), Some(max)) if min <= max => Ok(Pace { min, max }),
            _ => Err(format!("`{text}` is not a pace; write two whole numbers, as in \"1..32\"")),
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.min, self.max)
    }
}

always_text!(Pace, "a range of multiples in quotes, as in \"1..32\"");

macro_rules! text_schema {
    ($type:ty, $name:literal, $pattern:literal, $description:literal) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string", "pattern": $pattern, "description": $description,
                })
            }
        }
    };
}
text_schema!(
    Density,
    "Density",
    r"^[0-9./]+(ppm|%)?(\.\.[0-9./]+(ppm|%)?)?$",
    "A chance, or a range from which each run draws one: 10%..50%."
);
text_schema!(Pace, "Pace", r"^[1-9][0-9]*(\.\.[1-9][0-9]*)?$", "A range of multiples: 1..32.");
