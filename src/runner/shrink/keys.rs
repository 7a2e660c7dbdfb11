//! Fewer keys: what is asked of two keys is asked of one, and those that are left are the first.

use super::Search;
use super::draft::{Draft, Part};
use std::collections::BTreeSet;
use toml::{Table, Value};

/// Of more keys than this only the last are tried in pairs.
const PAIRED_MAX: usize = 8;

/// The key that a command asks for: the first if it names none.
fn asked(entry: &Table) -> u64 {
    let key = entry.get("key").and_then(Value::as_integer);
    key.and_then(|key| u64::try_from(key).ok()).unwrap_or(0)
}

/// Whether a part asks for a key.
const fn asks(part: Part) -> bool {
    match part {
        Part::Entry(list, _) => list.as_bytes()[0] == b'c',
        Part::Operation(..) => true,
        Part::Probe(_) => false,
    }
}

/// The key that a role names, as in `owner-of(k17)`, and what stands before it.
fn of_role(role: &str) -> Option<(&str, u64)> {
    let (before, key) = role.strip_suffix(')')?.rsplit_once("(k")?;
    key.parse().ok().map(|key| (before, key))
}

/// A value with other keys in its roles.
fn renamed(value: &Value, key: &dyn Fn(u64) -> u64) -> Value {
    match value {
        Value::String(text) => match of_role(text) {
            Some((before, old)) => format!("{before}(k{})", key(old)).into(),
            None => value.clone(),
        },
        Value::Array(items) => Value::Array(items.iter().map(|v| renamed(v, key)).collect()),
        Value::Table(table) => Value::Table(in_table(table, key)),
        _ => value.clone(),
    }
}

fn in_table(table: &Table, key: &dyn Fn(u64) -> u64) -> Table {
    table.iter().map(|(name, value)| (name.clone(), renamed(value, key))).collect()
}

/// The keys that roles name in a value.
fn named(value: &Value, found: &mut BTreeSet<u64>) {
    match value {
        Value::String(text) => found.extend(of_role(text).map(|(_, key)| key)),
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        Value::Table(table) => table.values().for_each(|value| named(value, found)),
        _ => {}
    }
}

/// A draft with other keys.
fn with_keys(draft: &Draft, key: &dyn Fn(u64) -> u64) -> Draft {
    draft.parts().into_iter().fold(draft.clone(), |draft, part| {
        let Some(entry) = draft.entry(part) else { return draft };
        let mut changed = in_table(entry, key);
        if asks(part) {
            match key(asked(entry)) {
                0 => drop(changed.remove("key")),
                key => drop(changed.insert("key".to_owned(), Value::Integer(key as i64))),
            }
        }
        draft.with_entry(part, changed)
    })
}

/// Drafts with fewer keys, the fewest first, and one in which they are numbered from the first on.
fn fewer(draft: &Draft) -> Vec<Draft> {
    let keys: Vec<u64> = draft.keys().into_iter().collect();
    let place = |key: u64| keys.iter().position(|known| *known == key).unwrap_or(0) as u64;
    let last = keys.len().saturating_sub(PAIRED_MAX);
    let pairs = (last..keys.len()).rev().flat_map(|gone| (0..gone).map(move |kept| (gone, kept)));
    let pairs = pairs.filter(|(_, kept)| *kept == 0 || *kept >= last);
    let merged = pairs.map(|(gone, kept)| {
        let (gone, kept) = (keys[gone], keys[kept]);
        with_keys(draft, &|key| if key == gone { kept } else { key })
    });
    let all = std::iter::once(with_keys(draft, &|_| 0));
    let drafts = all.chain(merged).chain(std::iter::once(with_keys(draft, &place)));
    drafts.filter(|other| other != draft).collect()
}

impl Draft {
    /// The keys that are asked for, or that a role names.
    pub fn keys(&self) -> BTreeSet<u64> {
        let mut found = BTreeSet::new();
        for part in self.parts() {
            let Some(entry) = self.entry(part) else { continue };
            found.extend(asks(part).then(|| asked(entry)));
            entry.values().for_each(|value| named(value, &mut found));
        }
        found
    }
}

impl Search<'_> {
    /// Asks for fewer keys. Whether it could.
    pub(super) fn fewer_keys(&mut self) -> bool {
        let mut any = false;
        while self.first(&fewer(&self.best)).is_some() {
            any = true;
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(first: &str, second: &str, role: &str) -> Draft {
        let key = |key: &str| if key.is_empty() { String::new() } else { format!(", key = {key}") };
        Draft::of(&format!(
            "duration = \"2s\"\n[[fault]]\nat = \"1s\"\ncrash = {{ who = \"owner-of(k{role})\" }}\n\
             [[command]]\nat = \"1s\"\nword = \"put\"\nargs = [7]{}\n\
             [[client]]\ntimeout = \"1s\"\noperations = [{{ word = \"get\"{} }}]\n",
            key(first).replace(", ", "\n"),
            key(second),
        ))
    }

    #[test]
    fn keys_are_merged_and_numbered_where_they_are_asked_for_and_where_roles_name_them() {
        let three = draft("9", "17", "17");
        assert_eq!(three.keys(), BTreeSet::from([9, 17]));
        let drafts = fewer(&three);
        assert_eq!(drafts[0], draft("", "", "0"));
        assert_eq!(drafts[1], draft("9", "9", "9"));
        assert_eq!(drafts[2], draft("", "1", "1"));
        assert_eq!(drafts.len(), 3);
        assert!(
            fewer(&drafts[0]).is_empty(),
            "one key that is the first is as few as there can be"
        );
    }
}
