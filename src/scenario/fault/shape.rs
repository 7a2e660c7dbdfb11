//! The shapes in which a partition divides the nodes, as files write them.

use crate::rng::Ratio;
use crate::scenario::check::Check;
use crate::scenario::source::Placed;
use crate::scenario::topology::Wiring;
use crate::topology::Topology;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;

/// The smallest cluster in which a ring of majorities cuts anything.
const RING_MIN: usize = 4;

/// How a partition divides the nodes. Shapes are cut over the first role (over all nodes if it has
/// fewer than three), and every other node is put on a random side; zones, grudges and bridges are
/// about all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `halves`: two halves.
    Halves,
    /// `minority-majority`: a minority of random size against the rest.
    MinorityMajority,
    /// `isolate-one`: one node against the rest.
    IsolateOne,
    /// `majorities-ring`: every node sees a majority, and no two see the same one.
    MajoritiesRing,
    /// `bridge`: two halves, and one node that sees both.
    Bridge,
    /// `random`: two or three groups of random size.
    Random,
    /// `k-way(3)`: so many groups of the same size, or nearly.
    KWay(u32),
    /// `zones`: every zone of the scenario for itself.
    Zones,
    /// `one-zone`: one zone of the scenario against the rest.
    OneZone,
    /// `grudge(10%)`: each link with this chance.
    Grudge(Ratio),
    /// `bridge-link`: one link without which nodes would no longer hang together.
    BridgeLink,
}

/// The shapes that are a word alone.
const PLAIN: [(&str, Shape); 9] = [
    ("halves", Shape::Halves),
    ("minority-majority", Shape::MinorityMajority),
    ("isolate-one", Shape::IsolateOne),
    ("majorities-ring", Shape::MajoritiesRing),
    ("bridge", Shape::Bridge),
    ("random", Shape::Random),
    ("zones", Shape::Zones),
    ("one-zone", Shape::OneZone),
    ("bridge-link", Shape::BridgeLink),
];

/// All shapes, as they are offered to whoever wrote another word.
const WORDS: &[&str] = &[
    "halves",
    "minority-majority",
    "isolate-one",
    "majorities-ring",
    "bridge",
    "random",
    "zones",
    "one-zone",
    "bridge-link",
    "k-way(3)",
    "grudge(10%)",
];

/// A grudge as the schema knows it.
const GRUDGE: &str = r"^grudge\(([0-9]+(\.[0-9]+)?(ppm|%)|[0-9]+/[0-9]+)\)$";

/// A shape's word and what stands in its brackets.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once('(') {
        Some((word, rest)) => (word, rest.strip_suffix(')')),
        None => (text, None),
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::KWay(ways) => write!(f, "k-way({ways})"),
            Shape::Grudge(chance) => write!(f, "grudge({chance})"),
            plain => {
                let found = PLAIN.iter().find(|(_, shape)| shape == plain);
                f.write_str(found.map_or("", |(word, _)| word))
            }
        }
    }
}

impl Serialize for Shape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Shape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a shape in quotes, as in \"halves\" or \"k-way(3)\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Shape, E> {
                if let Some((_, shape)) = PLAIN.iter().find(|(word, _)| *word == text) {
                    return Ok(*shape);
                }
                match split(text) {
                    ("k-way", Some(ways)) => ways.trim().parse().map(Shape::KWay).map_err(|_| {
                        let cure = "write how many groups, as in `k-way(3)`";
                        E::custom(format!("`{ways}` is not a number of groups; {cure}"))
                    }),
                    ("grudge", Some(chance)) => {
                        chance.trim().parse().map(Shape::Grudge).map_err(E::custom)
                    }
                    ("k-way" | "grudge", None) => {
                        let cure = "write it as in `k-way(3)` or `grudge(10%)`";
                        Err(E::custom(format!(
                            "`{text}` says neither how many nor how much; {cure}"
                        )))
                    }
                    _ => Err(E::unknown_variant(text, WORDS)),
                }
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl JsonSchema for Shape {
    fn schema_name() -> Cow<'static, str> {
        "Shape".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How a partition divides the nodes: halves; minority-majority (of \
                random size); isolate-one; majorities-ring (every node sees a majority, no two \
                the same); bridge (two halves, and one node that sees both); random (two or \
                three groups); k-way(3) (so many groups); zones (each for itself); one-zone \
                (against the rest); grudge(10%) (each link with this chance); bridge-link (one of \
                the links of the topology without which nodes would no longer hang together, as \
                it is by then). Shapes are cut over the first role, and other nodes are put on \
                random sides; the last four are about all nodes.",
            "anyOf": [
                { "enum": PLAIN.map(|(word, _)| word) },
                { "type": "string", "pattern": r"^k-way\([0-9]+\)$" },
                { "type": "string", "pattern": GRUDGE },
            ],
        })
    }
}

impl Check<'_> {
    /// How many nodes a shape is cut over: see [`Shape`].
    pub fn shaped(&self) -> Option<usize> {
        let size = self.size? as usize;
        let first = self.groups.first().map_or(0, |(_, nodes)| nodes.len());
        Some(if first >= 3 { first } else { size })
    }

    pub fn shape(&mut self, shape: &Placed<Shape>) {
        let Some(nodes) = self.shaped() else { return };
        let least = match **shape {
            Shape::Halves | Shape::IsolateOne | Shape::Random => 2,
            Shape::MinorityMajority | Shape::Bridge => 3,
            Shape::MajoritiesRing => RING_MIN,
            Shape::KWay(ways) => {
                if ways < 2 {
                    self.wrong(shape.place(), "nothing is divided; name two groups or more");
                }
                ways as usize
            }
            Shape::Zones | Shape::OneZone => {
                if self.zones.len() < 2 {
                    let problem = "the nodes are in no zones that could be parted";
                    self.wrong(shape.place(), format!("{problem}; name groups, or another shape"));
                }
                0
            }
            Shape::BridgeLink => {
                if matches!(self.wiring, Wiring::Fixed(Topology::FullMesh, _)) {
                    let problem = "a full mesh hangs together by no single link";
                    self.wrong(shape.place(), format!("{problem}; give `[topology]` a shape"));
                }
                0
            }
            Shape::Grudge(chance) => {
                if chance.is_zero() {
                    self.wrong(shape.place(), "nobody bears a grudge; raise the chance");
                }
                0
            }
        };
        if nodes < least {
            self.wrong(shape.place(), format!("{nodes} nodes; this shape needs {least}"));
        }
    }

    /// Checks a shape that is to cut in one direction only.
    pub fn one_way(&mut self, shape: &Placed<Shape>) {
        let what = match **shape {
            Shape::MajoritiesRing => "a ring of majorities has no direction",
            Shape::BridgeLink => "a bridge is cut in both directions",
            _ => return,
        };
        self.wrong(shape.place(), format!("{what}; leave `one-way` out"));
    }
}
