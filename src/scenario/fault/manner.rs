//! The manner of a cut as files write it: what it does to messages, and how it flaps.

use crate::conditions::InFlight;
use crate::fault::{CutKind, Manner};
use crate::rng::Stream;
use crate::scenario::check::Check;
use crate::scenario::draw;
use crate::scenario::file::InFlightEntry;
use crate::scenario::source::Placed;
use crate::scenario::words::Latency;
use crate::time::Duration;
use crate::units::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;

/// How many pairs of lengths are drawn for a cut that flaps; then they come again.
const FLAPS: usize = 16;
/// How many lengths a file may list.
const FLAPS_MAX: usize = 10_000;

/// What a cut does to messages that are sent across it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KindWord {
    /// They are lost.
    #[default]
    Drop,
    /// They are kept, and arrive when the links open, in the order of sending.
    Hold,
    /// They pass, and take longer: `by`.
    Slow,
}

/// How a cut flaps: ranges that the seed draws from, or the lengths themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flap {
    /// `{ closed = "50ms..200ms", open = "1s" }`.
    Drawn(DrawnFlap),
    /// `["50ms", "1s"]`: closed, open, closed and so on, over and over.
    Listed(Vec<Duration>),
}

/// Between which lengths a cut that flaps is closed and open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DrawnFlap {
    /// How long the links are closed, each time.
    pub closed: Span<Duration>,
    /// How long they are open in between.
    pub open: Span<Duration>,
}

impl Flap {
    /// The lengths, closed and open in turn.
    fn draw(&self, luck: &mut Stream) -> Vec<Duration> {
        let DrawnFlap { closed, open } = match self {
            Flap::Listed(lengths) => return lengths.clone(),
            Flap::Drawn(drawn) => *drawn,
        };
        let is_fixed = closed.min == closed.max && open.min == open.max;
        let count = if is_fixed { 1 } else { FLAPS };
        let pairs = (0..count).map(|_| [draw::length(luck, closed), draw::length(luck, open)]);
        pairs.flatten().collect()
    }

    fn check(&self, check: &mut Check<'_>, flap: &Placed<Flap>) {
        match self {
            Flap::Drawn(DrawnFlap { closed, open }) => {
                if closed.min == Duration::ZERO || open.min == Duration::ZERO {
                    let problem = "links that flap in no time; begin both ranges above zero";
                    check.wrong(flap.place(), problem);
                }
            }
            Flap::Listed(lengths) => {
                if lengths.is_empty() || lengths.len() % 2 == 1 {
                    let problem = "lengths that do not come in pairs";
                    let cure = "list how long it is closed, open, closed, open and so on";
                    check.wrong(flap.place(), format!("{problem}; {cure}"));
                }
                if lengths.contains(&Duration::ZERO) {
                    check
                        .wrong(flap.place(), "links that flap in no time; leave no length at zero");
                }
                if lengths.len() > FLAPS_MAX {
                    let problem = format!("{} lengths; {FLAPS_MAX} are the most", lengths.len());
                    check.wrong(flap.place(), problem);
                }
            }
        }
    }
}

impl Serialize for Flap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Flap::Drawn(drawn) => drawn.serialize(serializer),
            Flap::Listed(lengths) => lengths.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Flap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Flap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`{ closed = ..., open = ... }`, or a list of lengths")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Flap, A::Error> {
                DrawnFlap::deserialize(MapAccessDeserializer::new(map)).map(Flap::Drawn)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Flap, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Flap::Listed)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Flap {
    fn schema_name() -> Cow<'static, str> {
        "Flap".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How long the links are closed and open in turn, over and over: ranges, \
                or the lengths themselves (closed, open, closed, open, ...).",
            "anyOf": [
                generator.subschema_for::<DrawnFlap>(),
                { "type": "array", "minItems": 2, "items": generator.subschema_for::<Duration>() },
            ],
        })
    }
}

/// All that an entry says of the manner of its cut.
#[derive(Clone, Copy)]
pub(in crate::scenario) struct MannerWords<'a> {
    pub kind: Option<&'a Placed<KindWord>>,
    pub by: Option<&'a Placed<Latency>>,
    pub in_flight: Option<&'a Placed<InFlightEntry>>,
    pub flap: Option<&'a Placed<Flap>>,
    /// What the cut does if no kind is given.
    pub usual: KindWord,
}

impl MannerWords<'_> {
    fn kind(&self) -> KindWord {
        self.kind.map_or(self.usual, |kind| **kind)
    }

    pub fn check(&self, check: &mut Check<'_>) {
        match (self.kind, self.by) {
            (Some(kind), None) if **kind == KindWord::Slow => {
                let problem = "how slow is not said; write `by = \"100ms\"` beside it";
                check.wrong(kind.place(), problem);
            }
            (_, Some(by)) if self.kind() != KindWord::Slow => {
                check.wrong(by.place(), "only slow links have `by`; write `kind = \"slow\"`");
            }
            (_, Some(by)) => check.one_latency(by),
            _ => {}
        }
        if let Some(in_flight) = self.in_flight.filter(|_| self.kind() == KindWord::Slow) {
            let problem = "slow links let everything pass; leave `in-flight` out";
            check.wrong(in_flight.place(), problem);
        }
        if let Some(flap) = self.flap {
            flap.check(check, flap);
        }
    }

    pub fn draw(&self, luck: &mut Stream) -> Manner {
        let by = self.by.map_or(crate::conditions::Latency::ZERO, |by| (**by).into());
        Manner {
            kind: match self.kind() {
                KindWord::Drop => CutKind::Drop,
                KindWord::Hold => CutKind::Hold,
                KindWord::Slow => CutKind::Slow(by),
            },
            in_flight: self.in_flight.map(|in_flight| InFlight::from(**in_flight)),
            flap: self.flap.map_or_else(Vec::new, |flap| flap.draw(luck)),
        }
    }
}

/// What an entry says of the manner of a cut that was drawn, and of its length.
#[derive(Clone)]
pub(super) struct Drawn {
    pub kind: Option<Placed<KindWord>>,
    pub by: Option<Placed<Latency>>,
    pub in_flight: Option<Placed<InFlightEntry>>,
    pub flap: Option<Placed<Flap>>,
    pub lasts: Option<Placed<Span<Duration>>>,
}

impl Drawn {
    pub fn of(manner: &Manner, lasts: Option<Placed<Span<Duration>>>) -> Self {
        let (kind, by) = match manner.kind {
            CutKind::Drop => (None, None),
            CutKind::Hold => (Some(KindWord::Hold), None),
            CutKind::Slow(by) => (Some(KindWord::Slow), Some(by.into())),
        };
        let flap = (!manner.flap.is_empty()).then(|| Flap::Listed(manner.flap.clone()));
        Drawn {
            kind: kind.map(Placed::nowhere),
            by: by.map(Placed::nowhere),
            in_flight: manner.in_flight.map(|in_flight| Placed::nowhere(in_flight.into())),
            flap: flap.map(Placed::nowhere),
            lasts,
        }
    }
}

/// A cut that was drawn, as its entry.
macro_rules! drawn_cut {
    ($name:ident { $($field:ident: $value:expr),* }, $drawn:expr) => {{
        let Drawn { kind, by, in_flight, flap, lasts } = $drawn;
        Placed::nowhere($name { $($field: $value,)* kind, by, in_flight, flap, lasts })
    }};
}
pub(super) use drawn_cut;

/// An entry that cuts links: its own keys, and those that say how and for how long.
macro_rules! cut_entry {
    ($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            $($(#[$inner])* pub $field: $type,)*
            /// What becomes of messages that are sent across. They are lost if not given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub kind: Option<Placed<KindWord>>,
            /// How much longer messages take on slow links.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub by: Option<Placed<Latency>>,
            /// What becomes of messages on the way when the links close. If not given: those of a
            /// cut that holds are held, all others fare as `[network]` says.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub in_flight: Option<Placed<InFlightEntry>>,
            /// Lets the links close and open again and again while the cut lasts.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub flap: Option<Placed<Flap>>,
            /// For how long; until heal if not given.
            #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
            pub lasts: Option<Placed<Span<Duration>>>,
        }

        impl $name {
            const fn manner(&self) -> MannerWords<'_> {
                MannerWords {
                    kind: self.kind.as_ref(),
                    by: self.by.as_ref(),
                    in_flight: self.in_flight.as_ref(),
                    flap: self.flap.as_ref(),
                    usual: KindWord::Drop,
                }
            }
        }
    };
}
pub(super) use cut_entry;
