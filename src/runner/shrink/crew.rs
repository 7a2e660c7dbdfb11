//! Fewer nodes: one node goes, those behind it take the names before theirs, and what was said of
//! it alone goes with it.

use super::Search;
use super::draft::Draft;
use super::zones::{listed, with_zones};
use crate::catalog::Catalog;
use toml::{Table, Value};

/// The roles of a draft in the order in which nodes are dealt, each with its count.
pub(super) fn roles(catalog: &Catalog, draft: &Draft) -> Vec<(String, i64)> {
    let algorithm = draft.table.get("algorithm").and_then(Value::as_table);
    let name = algorithm.and_then(|table| table.keys().next());
    let entry = name.and_then(|name| catalog.find(name));
    let known = entry.map(|entry| entry.vocabulary.roles.clone()).unwrap_or_default();
    let nodes = draft.table.get("nodes").and_then(Value::as_table);
    let count = |role: &String| nodes?.get(role)?.as_integer();
    known.into_iter().filter_map(|role| Some((role.clone(), count(&role)?))).collect()
}

/// The number of a node that is named by a text.
fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('n')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The same without a node; `None` if it is all that the value says.
fn without(value: &Value, gone: i64) -> Option<Value> {
    match value {
        Value::String(text) => match number(text) {
            Some(node) if node == gone => None,
            Some(node) if node > gone => Some(format!("n{}", node - 1).into()),
            _ => Some(value.clone()),
        },
        Value::Array(items) => {
            let left: Vec<Value> = items.iter().filter_map(|item| without(item, gone)).collect();
            (!left.is_empty() || items.is_empty()).then_some(Value::Array(left))
        }
        Value::Table(table) => inside(table, gone).map(Value::Table),
        _ => Some(value.clone()),
    }
}

/// The same of a table, its keys too; `None` if one of its values is gone.
fn inside(table: &Table, gone: i64) -> Option<Table> {
    let mut left = Table::new();
    for (key, value) in table {
        match number(key) {
            Some(node) if node == gone => continue,
            Some(node) if node > gone => {
                left.insert(format!("n{}", node - 1), without(value, gone)?);
            }
            _ => drop(left.insert(key.clone(), without(value, gone)?)),
        }
    }
    Some(left)
}

/// A draft without a node; `None` if its role would have none left.
pub(super) fn fewer(draft: &Draft, roles: &[(String, i64)], gone: i64) -> Option<Draft> {
    let mut first = 0;
    let (role, count) = roles.iter().find(|(_, count)| {
        first += count;
        gone < first
    })?;
    if *count == 1 {
        return None;
    }
    let mut table = Table::new();
    for (key, value) in &draft.table {
        let value = match (key.as_str(), value) {
            ("algorithm", value) => value.clone(),
            ("nodes", Value::Table(nodes)) => {
                let mut nodes = nodes.clone();
                nodes.insert(role.clone(), (count - 1).into());
                Value::Table(nodes)
            }
            // Zones are called as they like, and so is what is said of the ways between them.
            ("topology", Value::Table(topology)) => {
                let mut left = topology.clone();
                let zones = left.remove("zones").map(|zones| ("zones".to_owned(), zones));
                let Some(mut left) = inside(&left, gone) else { continue };
                left.extend(zones);
                Value::Table(left)
            }
            (_, value) => match without(value, gone) {
                Some(value) => value,
                None => continue,
            },
        };
        table.insert(key.clone(), value);
    }
    let smaller = Draft { table };
    let Some(zones) = draft.table.get("nodes").and_then(|nodes| nodes.get("zones")) else {
        return Some(smaller);
    };
    let all = roles.iter().map(|(_, count)| count).sum();
    let mut left = Table::new();
    for (zone, nodes) in listed(zones, all) {
        // Of a zone in which nobody is left there is nothing to say.
        left.extend(without(&nodes, gone).map(|nodes| (zone, nodes)));
    }
    Some(with_zones(&smaller, left))
}

impl Search<'_> {
    /// Takes nodes out, the last first. Whether any went.
    pub(super) fn take_out_nodes(&mut self) -> bool {
        let mut any = false;
        loop {
            let roles = roles(self.catalog, &self.best);
            let nodes: i64 = roles.iter().map(|(_, count)| count).sum();
            let gone = (0..nodes).rev().take(NODES_MAX);
            let drafts: Vec<Draft> =
                gone.filter_map(|node| fewer(&self.best, &roles, node)).collect();
            if self.first(&drafts).is_none() {
                return any;
            }
            any = true;
        }
    }
}

/// Of more nodes than this only the last are tried.
const NODES_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_goes_with_what_is_said_of_it_alone() {
        let draft = Draft::of(
            "[nodes]\nservers = 3\n[clocks.nodes]\nn1 = { drift = \"1%\" }\n\
             n2 = { drift = \"2%\" }\n[[fault]]\nat = \"1s\"\ncrash = { who = [\"n1\", \"n2\"] }\n\
             [[fault]]\nat = \"2s\"\npause = { who = [\"n1\"] }\n",
        );
        let roles = [("servers".to_owned(), 3)];
        let left = fewer(&draft, &roles, 1).expect("two are left");
        let wanted = Draft::of(
            "[nodes]\nservers = 2\n[clocks.nodes]\nn1 = { drift = \"2%\" }\n\
             [[fault]]\nat = \"1s\"\ncrash = { who = [\"n1\"] }\n",
        );
        assert_eq!(left, wanted);
        assert_eq!(fewer(&draft, &[("servers".to_owned(), 1)], 0), None);
    }
}
