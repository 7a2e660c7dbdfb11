//! Whom a fault strikes, or who is asked, as files write it: nodes, roles, and sets of them.

use super::words::{Node, node};
use crate::id::NodeId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Whom a fault strikes, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// `"n1"` or `["n1", "n2"]`.
    Nodes(Vec<NodeId>),
    /// A role: `"servers"` (the scenario's), `"zone(a)"` (a zone's nodes), `"leader"` or
    /// `"owner-of(k17)"` (the algorithm's, when it strikes).
    Role(String),
    /// `"all"`.
    All,
    /// `"minority"`: at least one node, and of every role less than half.
    Minority(Option<String>),
    /// `"majority"`: more than half of the first role, or of the one in brackets.
    Majority(Option<String>),
    /// `"one"`, `"random(2)"`, `"random(2, servers)"`, `"one(leader)"`: so many nodes.
    Random(u32, Option<String>),
    /// `"newest(leader)"`: who came to play it last.
    Newest(String),
    /// `"stale(leader)"`: who still plays it after another came to.
    Stale(String),
    /// `"all-but(leader)"`: everyone else.
    AllBut(Box<Who>),
    /// `"minority-with(leader)"`: less than half of the first role, whoever plays it among them.
    MinorityWith(String),
    /// `"majority-with(leader)"`: more than half of the first role, whoever plays it among them.
    MajorityWith(String),
}

const SET_WORDS: [&str; 10] = [
    "all",
    "one",
    "random",
    "minority",
    "majority",
    "newest",
    "stale",
    "all-but",
    "minority-with",
    "majority-with",
];

/// The sets, for hints.
pub(super) const SETS: &str = "`one`, `random(2)`, `minority`, `majority`, `all`, `all-but(...)`, \
                               `newest(...)`, `stale(...)`, `minority-with(...)`, \
                               `majority-with(...)`, each of a role";

/// A node or a role, and nothing that is drawn from it.
fn plain(text: &str) -> Option<Who> {
    let word = text.split_once('(').map_or(text, |(word, _)| word);
    let is_set = SET_WORDS.contains(&word) || word.is_empty();
    let role = || (!is_set).then(|| Who::Role(text.to_owned()));
    node(text).map(|node| Who::Nodes(vec![node])).or_else(role)
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
        let of = |inner: &str| inner.trim().to_owned();
        match (word, inner) {
            ("all", None) => Ok(Who::All),
            ("minority", inner) => Ok(Who::Minority(inner.and_then(role))),
            ("majority", inner) => Ok(Who::Majority(inner.and_then(role))),
            ("one", inner) => Ok(Who::Random(1, inner.and_then(role))),
            ("newest", Some(inner)) => Ok(Who::Newest(of(inner))),
            ("stale", Some(inner)) => Ok(Who::Stale(of(inner))),
            ("minority-with", Some(inner)) => Ok(Who::MinorityWith(of(inner))),
            ("majority-with", Some(inner)) => Ok(Who::MajorityWith(of(inner))),
            ("all-but", Some(inner)) => match plain(inner.trim()) {
                Some(inner) => Ok(Who::AllBut(Box::new(inner))),
                None => Err(format!("`{text}` leaves out a set; name a node or a role instead")),
            },
            ("random", Some(inner)) => {
                let (count, of) =
                    inner.split_once(',').map_or((inner, None), |(c, r)| (c, role(r)));
                match count.trim().parse::<u32>() {
                    Ok(count) if count > 0 => Ok(Who::Random(count, of)),
                    _ => Err(format!("`{text}` needs a count; write it as in `random(2)`")),
                }
            }
            ("all", Some(_)) | ("random", None) => {
                Err(format!("`{text}` is not a set of nodes; write {SETS}"))
            }
            ("newest" | "stale" | "all-but" | "minority-with" | "majority-with", None) => {
                Err(format!("`{text}` needs a role in brackets; write it as in `{text}(leader)`"))
            }
            // A role with an argument is the algorithm's, or a zone.
            (_, _) => Ok(Who::Role(text.to_owned())),
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
            Who::Nodes(nodes) => match &nodes[..] {
                [node] => write!(f, "{node}"),
                nodes => write!(f, "{nodes:?}"),
            },
            Who::Role(role) => f.write_str(role),
            Who::All => f.write_str("all"),
            Who::Minority(role) => f.write_str(&of("minority", role)),
            Who::Majority(role) => f.write_str(&of("majority", role)),
            Who::Random(1, role) => f.write_str(&of("one", role)),
            Who::Random(count, None) => write!(f, "random({count})"),
            Who::Random(count, Some(role)) => write!(f, "random({count}, {role})"),
            Who::Newest(role) => write!(f, "newest({role})"),
            Who::Stale(role) => write!(f, "stale({role})"),
            Who::AllBut(who) => write!(f, "all-but({who})"),
            Who::MinorityWith(role) => write!(f, "minority-with({role})"),
            Who::MajorityWith(role) => write!(f, "majority-with({role})"),
        }
    }
}

impl Serialize for Who {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Who::Nodes(nodes) if nodes.len() != 1 => {
                serializer.collect_seq(nodes.iter().map(NodeId::to_string))
            }
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

impl JsonSchema for Who {
    fn schema_name() -> Cow<'static, str> {
        "Who".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A node, a list of nodes, a role of the scenario or the algorithm \
                (`servers`, `leader`, `owner-of(k17)`), a zone (`zone(a)`), or a set: all, one, \
                random(2), minority, majority, of a role where one stands in brackets \
                (`one(servers)`, `random(2, follower)`), newest(leader), stale(leader), \
                all-but(leader), minority-with(leader), majority-with(leader).",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "minItems": 1, "items": generator.subschema_for::<Node>() },
            ],
        })
    }
}
