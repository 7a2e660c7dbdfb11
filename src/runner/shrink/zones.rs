//! Fewer zones: they become one network, or two of them one zone, or one goes with its nodes.

use super::Search;
use super::crew::{fewer, roles};
use super::draft::Draft;
use crate::catalog::Catalog;
use std::collections::BTreeSet;
use toml::{Table, Value};

/// The zones, each with its nodes, however the file says who is where.
pub(super) fn listed(zones: &Value, nodes: i64) -> Table {
    let Value::Array(names) = zones else {
        return zones.as_table().cloned().unwrap_or_default();
    };
    let mut listed = Table::new();
    for (node, name) in (0..nodes).zip(names.iter().cycle()) {
        let zone = listed.entry(name.as_str().unwrap_or_default()).or_insert(Value::Array(vec![]));
        if let Value::Array(zone) = zone {
            zone.push(format!("n{node}").into());
        }
    }
    listed
}

/// The zones of a draft, in which each node is listed.
fn zones(draft: &Draft, nodes: i64) -> Option<Table> {
    let zones = draft.table.get("nodes")?.get("zones")?;
    Some(listed(zones, nodes))
}

/// A draft with these zones; what is said of the way to another goes.
pub(super) fn with_zones(draft: &Draft, zones: Table) -> Draft {
    let mut draft = draft.clone();
    let distances = draft.table.get_mut("topology").and_then(|all| all.get_mut("zones"));
    if let Some(Value::Table(latency)) = distances.and_then(|all| all.get_mut("latency")) {
        latency.retain(|from, row| {
            let Value::Table(row) = row else { return true };
            row.retain(|to, _| zones.contains_key(to));
            zones.contains_key(from) && !row.is_empty()
        });
    }
    if let Some(Value::Table(nodes)) = draft.table.get_mut("nodes") {
        nodes.insert("zones".to_owned(), Value::Table(zones));
    }
    draft
}

/// The latencies that lie between zones, or within them.
fn latencies(distances: &Table) -> Vec<Value> {
    let given = ["between", "within"].iter().filter_map(|key| distances.get(*key));
    let rows = distances.get("latency").and_then(Value::as_table);
    let rows = rows.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let mut found: Vec<Value> = Vec::new();
    for latency in given.chain(rows.flat_map(Table::values)) {
        if !found.contains(latency) {
            found.push(latency.clone());
        }
    }
    found
}

/// A draft without zones: in its own network, or in one that is as far as zones were apart.
fn collapsed(draft: &Draft) -> Vec<Draft> {
    let mut flat = draft.clone();
    if let Some(Value::Table(nodes)) = flat.table.get_mut("nodes") {
        nodes.remove("zones");
    }
    let mut distances = None;
    if let Some(Value::Table(topology)) = flat.table.get_mut("topology") {
        distances = topology.remove("zones");
        if topology.is_empty() {
            flat.table.remove("topology");
        }
    }
    let distances = distances.as_ref().and_then(Value::as_table).map(latencies);
    let far = distances.unwrap_or_default().into_iter().map(|latency| {
        let mut far = flat.clone();
        let network = far.table.entry("network").or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(network) = network {
            network.insert("latency".to_owned(), latency);
        }
        far
    });
    let far: Vec<Draft> = far.collect();
    std::iter::once(flat).chain(far).collect()
}

/// The same text with a zone called by the name of another.
fn called(value: &mut Value, gone: &str, kept: &str) {
    match value {
        Value::String(text) if *text == format!("zone({gone})") => *text = format!("zone({kept})"),
        Value::Array(items) => items.iter_mut().for_each(|item| called(item, gone, kept)),
        Value::Table(table) => table.iter_mut().for_each(|(_, value)| called(value, gone, kept)),
        _ => {}
    }
}

/// A draft in which the nodes of one zone are in another.
fn merged(draft: &Draft, zones: &Table, gone: &str, kept: &str) -> Draft {
    let mut zones = zones.clone();
    let moved = zones.remove(gone);
    let moved = moved.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(Value::Array(kept)) = zones.get_mut(kept) {
        kept.extend(moved);
    }
    let mut draft = with_zones(draft, zones);
    for list in ["fault", "command", "client", "service"] {
        draft.table.get_mut(list).into_iter().for_each(|list| called(list, gone, kept));
    }
    draft
}

/// A draft without a zone and all who are in it; `None` if a role would have nobody left.
fn dropped(catalog: &Catalog, draft: &Draft, nodes: &Value) -> Option<Draft> {
    let nodes = nodes.as_array()?.iter().filter_map(|node| node.as_str()?.get(1..)?.parse().ok());
    let nodes: BTreeSet<i64> = nodes.collect();
    nodes.into_iter().rev().try_fold(draft.clone(), |draft, gone| {
        let roles = roles(catalog, &draft);
        fewer(&draft, &roles, gone)
    })
}

impl Draft {
    /// How many zones its nodes are in.
    pub fn zones(&self) -> usize {
        match self.table.get("nodes").and_then(|nodes| nodes.get("zones")) {
            Some(Value::Array(names)) => names.len(),
            Some(Value::Table(zones)) => zones.len(),
            _ => 0,
        }
    }
}

impl Search<'_> {
    /// Takes zones out. Whether any went.
    pub(super) fn fewer_zones(&mut self) -> bool {
        let mut any = false;
        loop {
            let nodes = roles(self.catalog, &self.best).iter().map(|(_, count)| count).sum();
            let Some(zones) = zones(&self.best, nodes) else { return any };
            let names: Vec<&String> = zones.keys().take(ZONES_MAX).collect();
            let mut drafts = collapsed(&self.best);
            let lone = zones.values().filter_map(|of| dropped(self.catalog, &self.best, of));
            drafts.extend(lone.take(ZONES_MAX));
            for (place, gone) in names.iter().enumerate().rev() {
                let pairs = names[..place].iter();
                drafts.extend(pairs.map(|kept| merged(&self.best, &zones, gone, kept)));
            }
            if self.first(&drafts).is_none() {
                return any;
            }
            any = true;
        }
    }
}

/// Of more zones than this only the first are tried.
const ZONES_MAX: usize = 8;
