//! What is pinned: the seed of all luck that nothing lists, single decisions of chance, and where
//! a fault struck. Frozen files are made of these, and people may write them too.

use super::check::{Check, Scenario};
use super::error::Finding;
use super::source::Placed;
use super::words::{Node, Whole};
use crate::fault::Struck;
use crate::id::FaultId;
use crate::schedule::{FateOverride, Override};
use crate::time::{Duration, SimTime};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// The dice that this version throws.
pub(super) const DICE: u64 = 1;

/// The luck that nothing in the file lists: latencies, losses, and what nodes draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResidualEntry {
    /// What draws mean: the version of the dice, 1.
    pub dice: Placed<u64>,
    /// The seed, whatever seed is asked for.
    pub seed: Placed<Whole>,
}

/// Where a fault struck. It strikes there again, whatever its aim says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StruckEntry {
    /// When.
    pub at: Placed<Duration>,
    /// Which event of the run it was: within its instant it waits until that one is next.
    pub event: u64,
    /// Whom; nobody, for a fault that did not strike.
    pub nodes: Vec<Placed<Node>>,
}

impl StruckEntry {
    pub(super) fn struck(&self) -> Struck {
        let nodes = self.nodes.iter().map(|node| node.0).collect();
        Struck { at: SimTime::ZERO + *self.at, event: self.event, nodes }
    }
}

impl From<&Struck> for StruckEntry {
    fn from(struck: &Struck) -> Self {
        StruckEntry {
            at: Placed::nowhere(struck.at.since(SimTime::ZERO)),
            event: struck.event,
            nodes: struck.nodes.iter().map(|node| Placed::nowhere(Node(*node))).collect(),
        }
    }
}

/// One decision of chance that wins over luck: exactly one of `message` and `draw`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OverrideEntry {
    /// What becomes of a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Placed<MessageOverride>>,
    /// What a node draws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<Placed<DrawOverride>>,
}

/// What becomes of the n-th message of a kind on a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MessageOverride {
    /// Sender.
    pub from: Placed<Node>,
    /// Receiver.
    pub to: Placed<Node>,
    /// The message's word.
    pub word: Placed<String>,
    /// Which one, from 1.
    pub nth: Placed<u32>,
    /// `"lost"`; or after how long it arrives; or after how long both of its copies do.
    pub fate: Fate,
}

/// What a node draws when it draws under a name for the n-th time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DrawOverride {
    /// Who draws.
    pub node: Placed<Node>,
    /// The draw's name.
    pub name: Placed<String>,
    /// Which one, from 1.
    pub nth: Placed<u32>,
    /// What is drawn, as near as the range of the draw allows: a number, or a length of time.
    pub value: Drawn,
}

/// What is drawn, as written: `211`, `"211ms"` (a draw of nanoseconds).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn(pub u64);

impl Serialize for Drawn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Whole(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Drawn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Drawn;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, or a length in quotes as in \"211ms\"")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Drawn, E> {
                Whole::deserialize(de::value::I64Deserializer::new(number)).map(|n| Drawn(n.0))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Drawn, E> {
                match text.parse::<Duration>() {
                    Ok(length) => Ok(Drawn(length.as_nanos())),
                    Err(_) => Whole::deserialize(de::value::StrDeserializer::new(text))
                        .map(|number| Drawn(number.0)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Drawn {
    fn schema_name() -> Cow<'static, str> {
        "Drawn".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A whole number, or a length for a draw of nanoseconds.",
            "anyOf": [generator.subschema_for::<Whole>(), generator.subschema_for::<Duration>()],
        })
    }
}

/// What becomes of a message, as written: `"lost"`, `"5ms"`, `["5ms", "9ms"]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fate(pub FateOverride);

impl Serialize for Fate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            FateOverride::Lost => serializer.serialize_str("lost"),
            FateOverride::Delivered(after) => after.serialize(serializer),
            FateOverride::Duplicated(first, second) => [first, second].serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Fate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Fate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"lost\", a length as in \"5ms\", or two as in [\"5ms\", \"9ms\"]")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Fate, E> {
                match text {
                    "lost" => Ok(Fate(FateOverride::Lost)),
                    text => text
                        .parse()
                        .map(|after| Fate(FateOverride::Delivered(after)))
                        .map_err(E::custom),
                }
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Fate, A::Error> {
                let both = <[Duration; 2]>::deserialize(SeqAccessDeserializer::new(seq))?;
                Ok(Fate(FateOverride::Duplicated(both[0], both[1])))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Fate {
    fn schema_name() -> Cow<'static, str> {
        "Fate".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`lost`, a length, or two lengths for a message that arrives twice.",
            "anyOf": [
                { "const": "lost" },
                generator.subschema_for::<Duration>(),
                {
                    "type": "array", "minItems": 2, "maxItems": 2,
                    "items": generator.subschema_for::<Duration>(),
                },
            ],
        })
    }
}

impl Scenario {
    /// The seed of a run that is asked for by this one: a frozen file has its own.
    pub fn seed(&self, asked: u64) -> u64 {
        self.file.residual.as_ref().map_or(asked, |residual| residual.seed.0)
    }

    /// Gives a frozen file another seed of its own.
    pub fn pin(&mut self, seed: u64) {
        for file in [&mut self.file, &mut self.written] {
            if let Some(residual) = &mut file.residual {
                let pinned = ResidualEntry {
                    dice: residual.dice.clone(),
                    seed: Placed::nowhere(Whole(seed)),
                };
                *residual = Placed::nowhere(pinned);
            }
        }
    }

    /// Whether it is what one seed made of another scenario.
    pub const fn is_frozen(&self) -> bool {
        self.file.residual.is_some()
    }

    pub(super) fn overrides(&self) -> Vec<Override> {
        let fixed = self.file.overrides.iter();
        let fixed = fixed.flat_map(|entry| {
            let message = entry.message.as_ref().map(|message| Override::Fate {
                from: message.from.0,
                to: message.to.0,
                word: (*message.word).clone(),
                nth: *message.nth,
                fate: message.fate.0,
            });
            let draw = entry.draw.as_ref().map(|draw| Override::Draw {
                node: draw.node.0,
                label: (*draw.name).clone(),
                nth: *draw.nth,
                value: draw.value.0,
            });
            message.into_iter().chain(draw)
        });
        fixed.collect()
    }
}

impl Check<'_> {
    pub fn pinned(&mut self) {
        if let Some(residual) = self.file.residual.as_ref() {
            if *residual.dice != DICE {
                let problem =
                    format!("dice {} are not known here; these are {DICE}", *residual.dice);
                self.wrong(residual.dice.place(), problem);
            }
        }
        for entry in &self.file.overrides {
            match (&entry.message, &entry.draw) {
                (Some(message), None) => self.message(message),
                (None, Some(draw)) => {
                    self.node(&draw.node);
                    self.counted(&draw.nth);
                }
                _ if self.taken.inside(&entry.place()) => {}
                _ => {
                    let finding = Finding::new(entry.place(), "not one decision of chance");
                    self.findings.push(finding.help("write either `message` or `draw`"));
                }
            }
        }
    }

    fn message(&mut self, message: &MessageOverride) {
        self.node(&message.from);
        self.node(&message.to);
        self.counted(&message.nth);
        let Some(vocabulary) = self.vocabulary else { return };
        if !vocabulary.messages.contains(&message.word) {
            let word = &message.word;
            let problem = format!("`{}` is not a message of {}", **word, vocabulary.algorithm);
            let finding = Finding::new(word.place(), problem);
            self.findings.push(finding.suggest(word, &vocabulary.messages));
        }
    }

    fn counted(&mut self, nth: &Placed<u32>) {
        if **nth == 0 {
            self.wrong(nth.place(), "occurrences are counted from 1; write `nth = 1`");
        }
    }

    /// Checks the names that faults are given, and where they are said to have struck. An entry
    /// that is several faults has no name of its own.
    pub fn identities(&mut self, strikes: &[u64]) {
        let mut seen = BTreeSet::new();
        for (entry, strikes) in self.file.fault.iter().zip(strikes) {
            let place = entry.id.as_ref().map(Placed::place);
            let place = place.or(entry.struck.as_ref().map(Placed::place));
            if let Some(place) = place.filter(|_| *strikes > 1) {
                let problem = "one record for several faults; let the entry strike once";
                self.wrong(place, problem);
            }
            if let Some(id) = &entry.id {
                if !seen.insert(FaultId(**id)) {
                    self.wrong(id.place(), format!("two faults are called {}", **id));
                }
                let behind = self.size.filter(|_| entry.spread.is_some()).unwrap_or(0);
                if u64::from(**id) + u64::from(behind) >= u64::from(FaultId::LIES) {
                    let problem = format!("names end before {}; take a smaller one", FaultId::LIES);
                    self.wrong(id.place(), problem);
                    continue;
                }
                for name in (1..=behind).filter_map(|nth| id.checked_add(nth)) {
                    if !seen.insert(FaultId(name)) {
                        let problem = format!("{name} is kept for what this spread becomes");
                        self.wrong(id.place(), format!("{problem}; leave room behind its name"));
                    }
                }
                if self.file.nemesis.is_some() && **id >= super::draw::BLOCK {
                    let problem = "names from 100000 on belong to the nemesis; take a smaller one";
                    self.wrong(id.place(), problem);
                }
            }
            if let Some(struck) = &entry.struck {
                self.within_storm(struck.at.place(), *struck.at);
                struck.nodes.iter().for_each(|node| self.node(node));
            }
        }
    }
}
