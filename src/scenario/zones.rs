//! Zones as files write them: which there are, who is in them, and how far apart they lie.

use super::check::{Check, Scenario};
use super::error::Finding;
use super::source::Placed;
use super::words::{Latency, Node};
use crate::conditions::{ZoneLatency, Zones};
use crate::id::NodeId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, value::MapAccessDeserializer, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

/// More zones than this are hardly zones: each pair has a place in a matrix.
const ZONES_MAX: usize = 1_000;

/// The value of a key under `[nodes]`: a count of nodes or, under `zones`, the zones.
#[derive(Clone, Debug, PartialEq)]
pub enum NodesEntry {
    /// So many nodes.
    Count(u64),
    /// Names of zones, to which the nodes are dealt one by one, over and over.
    Dealt(Vec<Placed<String>>),
    /// Zones, and the nodes in each.
    Listed(BTreeMap<Placed<String>, Vec<Placed<Node>>>),
}

impl Serialize for NodesEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            NodesEntry::Count(count) => count.serialize(serializer),
            NodesEntry::Dealt(names) => names.serialize(serializer),
            NodesEntry::Listed(zones) => zones.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for NodesEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = NodesEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a count of nodes")
            }

            fn visit_u64<E: de::Error>(self, count: u64) -> Result<NodesEntry, E> {
                Ok(NodesEntry::Count(count))
            }

            fn visit_i64<E: de::Error>(self, count: i64) -> Result<NodesEntry, E> {
                let below_zero = |_| E::invalid_value(de::Unexpected::Signed(count), &self);
                u64::try_from(count).map(NodesEntry::Count).map_err(below_zero)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<NodesEntry, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(seq)).map(NodesEntry::Dealt)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<NodesEntry, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(NodesEntry::Listed)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for NodesEntry {
    fn schema_name() -> Cow<'static, str> {
        "NodesEntry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let node = generator.subschema_for::<Node>();
        json_schema!({
            "description": "A count of nodes; under `zones` names, to which the nodes are dealt \
                one by one, or zones with the nodes in each.",
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "array", "items": { "type": "string" } },
                {
                    "type": "object",
                    "additionalProperties": { "type": "array", "items": node },
                },
            ],
        })
    }
}

/// How far apart zones are. What is not given is as `[network]` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ZonesEntry {
    /// The latency of links within a zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Placed<Latency>>,
    /// The latency of links between two zones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<Placed<Latency>>,
    /// The matrix of what differs: `latency.a.b = "40ms"` is from a to b, and from b to a unless
    /// that is given too; `latency.a.a` is within a.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub latency: BTreeMap<Placed<String>, BTreeMap<Placed<String>, Placed<Latency>>>,
}

impl Scenario {
    /// The zones by name and the nodes in them, in the order of the file; none if it names none.
    pub fn zones(&self) -> &[(String, Vec<NodeId>)] {
        &self.zones
    }

    /// Who is in which zone, and the latencies of all pairs that are given.
    pub(super) fn zone_latencies(&self) -> Zones {
        let mut of = vec![0; if self.zones.is_empty() { 0 } else { self.roles.size() }];
        for (number, (_, nodes)) in (0..).zip(&self.zones) {
            nodes.iter().for_each(|node| of[node.index()] = number);
        }
        let entry = self.file.topology.as_ref().and_then(|topology| topology.zones.as_ref());
        let Some(entry) = entry else { return Zones { of, latency: Vec::new() } };
        let given = |from: &str, to: &str| {
            let row = entry.latency.iter().find(|(name, _)| name.as_str() == from)?.1;
            row.iter().find(|(name, _)| name.as_str() == to).map(|(_, latency)| latency)
        };
        let mut latency = Vec::new();
        for (from, (sender, _)) in (0..).zip(&self.zones) {
            for (to, (receiver, _)) in (0..).zip(&self.zones) {
                let rest = if from == to { &entry.within } else { &entry.between };
                let own = given(sender, receiver).or_else(|| given(receiver, sender));
                if let Some(found) = own.or(rest.as_ref()) {
                    latency.push(ZoneLatency { from, to, latency: (**found).into() });
                }
            }
        }
        Zones { of, latency }
    }
}

impl Check<'_> {
    /// Checks the zones that `[nodes]` names, and puts the nodes into them.
    pub fn deal_zones(&mut self) {
        let Some(size) = self.size else { return };
        let Some((_, entry)) = self.file.nodes.iter().find(|(key, _)| key.as_str() == "zones")
        else {
            return;
        };
        let mut zones: Vec<(&Placed<String>, Vec<NodeId>)> = match &**entry {
            NodesEntry::Count(_) => return,
            NodesEntry::Dealt(names) => names.iter().map(|name| (name, Vec::new())).collect(),
            NodesEntry::Listed(zones) => {
                self.listed(zones.values().flatten(), size, entry.place());
                let ids = |nodes: &Vec<Placed<Node>>| nodes.iter().map(|node| node.0).collect();
                zones.iter().map(|(name, nodes)| (name, ids(nodes))).collect()
            }
        };
        let count = zones.len();
        if count == 0 || count > ZONES_MAX {
            let problem = format!("{count} zones; name between 1 and {ZONES_MAX}");
            return self.wrong(entry.place(), problem);
        }
        if let NodesEntry::Dealt(_) = &**entry {
            let dealt = |node: u32| (node as usize % count, NodeId::new(node));
            (0..size).map(dealt).for_each(|(zone, node)| zones[zone].1.push(node));
        }
        let mut seen = BTreeSet::new();
        for (name, nodes) in &zones {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || !name.chars().all(is_plain) {
                self.wrong(name.place(), format!("`{}` cannot be a zone; use a-z 0-9 -", ***name));
            } else if !seen.insert(name.as_str()) {
                self.wrong(name.place(), format!("the zone `{}` is named twice", ***name));
            } else if nodes.is_empty() {
                self.wrong(name.place(), format!("no node is in zone `{}`; leave it out", ***name));
            }
        }
        self.zones = zones.into_iter().map(|(name, nodes)| ((**name).clone(), nodes)).collect();
    }

    /// Every node is listed in one zone.
    fn listed<'n>(
        &mut self,
        listed: impl Iterator<Item = &'n Placed<Node>>,
        size: u32,
        place: Range<usize>,
    ) {
        let mut seen = BTreeSet::new();
        for node in listed {
            self.node(node);
            if !seen.insert(node.0) {
                self.wrong(node.place(), format!("{} is in two zones; leave one out", **node));
            }
        }
        if let Some(missing) = (0..size).map(NodeId::new).find(|node| !seen.contains(node)) {
            self.wrong(place, format!("{missing} is in no zone; list every node"));
        }
    }

    pub fn distances(&mut self, entry: &Placed<ZonesEntry>) {
        let rows = entry.latency.values().flatten();
        let latencies = entry.within.iter().chain(&entry.between);
        for latency in latencies.chain(rows.map(|(_, latency)| latency)) {
            self.one_latency(latency);
        }
        if self.size.is_none() {
            return;
        }
        if self.zones.is_empty() {
            let cure = "name them under `[nodes]`, as in `zones = [\"a\", \"b\"]`";
            let finding = Finding::new(entry.place(), "there are no zones");
            self.findings.push(finding.help(cure));
            return;
        }
        let names: Vec<String> = self.zones.iter().map(|(name, _)| name.clone()).collect();
        let receivers = entry.latency.values().flat_map(BTreeMap::keys);
        for name in entry.latency.keys().chain(receivers) {
            if !names.contains(name) {
                let finding = Finding::new(name.place(), format!("`{}` is not a zone", **name));
                self.findings.push(finding.suggest(name, &names));
            }
        }
    }
}
