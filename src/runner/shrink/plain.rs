//! Plain words: a fault says when it strikes and whom, instead of where it struck once; what the
//! file says of the world goes where it does not matter.

use super::Search;
use super::draft::Draft;
use crate::time::Duration;
use toml::{Table, Value};

/// The keys of a fault that are not its kind.
const FRAME: [&str; 15] = [
    "id", "at", "at-heal", "when", "on", "nth", "each", "after", "every", "until", "times",
    "spread", "window", "struck", "kind",
];

/// The sections of a file that may not matter.
const SECTIONS: [&str; 7] = ["service", "heal", "budget", "topology", "clocks", "disk", "exceed"];

/// The kind of a fault: its key and what it says.
pub(super) fn kind(entry: &Table) -> Option<(&String, &Table)> {
    let mut kinds = entry.iter().filter(|(key, _)| !FRAME.contains(&key.as_str()));
    kinds.find_map(|(key, value)| Some((key, value.as_table()?)))
}

/// A fault at a time and on nodes by name, where and whom it struck; `None` if it says so already.
fn plain(entry: &Table) -> Option<Table> {
    let struck = entry.get("struck")?.as_table()?;
    let mut plain = entry.clone();
    plain.remove("struck");
    if entry.contains_key("at-heal") {
        return Some(plain);
    }
    ["when", "on", "nth", "after", "window"].iter().for_each(|key| drop(plain.remove(*key)));
    let at: Duration = struck.get("at")?.as_str()?.parse().ok()?;
    // What waits for a milestone strikes behind it, and what has a time before all at its instant.
    let late = u64::from(entry.contains_key("when"));
    plain.insert("at".to_owned(), (at + Duration::from_nanos(late)).to_string().into());
    let (key, said) = kind(entry).map(|(key, said)| (key.clone(), said.clone()))?;
    let nodes = struck.get("nodes")?.as_array()?;
    if said.contains_key("who") && !nodes.is_empty() && !entry.contains_key("spread") {
        let mut said = said;
        said.insert("who".to_owned(), Value::Array(nodes.clone()));
        plain.insert(key, Value::Table(said));
    }
    Some(plain)
}

fn has_latency(draft: &Draft) -> bool {
    draft.table.get("network").is_some_and(|network| network.get("latency").is_some())
}

/// A fault that strikes where it is aimed.
fn aimed(entry: &Table) -> Option<Table> {
    let mut aimed = entry.clone();
    aimed.remove("struck").map(|_| aimed)
}

impl Search<'_> {
    /// Lets faults strike at times and on nodes, all at once or else one by one; one that cannot
    /// strikes by its aim, or keeps where it struck.
    pub(super) fn make_plain(&mut self) {
        let all = |change: fn(&Table) -> Option<Table>| {
            let faults = self.best.parts().into_iter().filter(|part| part.is_fault());
            faults.fold(self.best.clone(), |draft, part| {
                let changed = draft.entry(part).and_then(change);
                changed.map_or_else(|| draft.clone(), |entry| draft.with_entry(part, entry))
            })
        };
        if self.first(&[all(plain), all(aimed)]).is_some() {
            return;
        }
        for part in self.best.parts().into_iter().filter(|part| part.is_fault()) {
            let Some(entry) = self.best.entry(part) else { continue };
            let ways = [plain(entry), aimed(entry)];
            let drafts = ways.into_iter().flatten().map(|entry| self.best.with_entry(part, entry));
            let drafts: Vec<Draft> = drafts.collect();
            self.first(&drafts);
        }
    }

    /// Leaves out what the file says of the world, as far as it does not matter.
    pub(super) fn leave_out_sections(&mut self) -> bool {
        let mut any = false;
        for key in SECTIONS {
            let Some(without) = self.best.without_key(key) else { continue };
            let mut drafts = vec![without];
            drafts.extend(self.smaller_section(key));
            any |= self.first(&drafts).is_some();
        }
        // Without a latency it would be the usual one, which is not always the same.
        let network = self.smaller_section("network");
        let network: Vec<Draft> = network.into_iter().filter(has_latency).collect();
        any | self.first(&network).is_some()
    }

    /// A section without one of its keys each.
    fn smaller_section(&self, key: &str) -> Vec<Draft> {
        let Some(Value::Table(section)) = self.best.table.get(key) else { return Vec::new() };
        let less = section.keys().map(|inner| {
            let mut draft = self.best.clone();
            if let Some(Value::Table(section)) = draft.table.get_mut(key) {
                section.remove(inner);
            }
            draft
        });
        less.collect()
    }

    /// Lets faults and commands be named by their places.
    pub(super) fn leave_out_names(&mut self) {
        let without = |keys: &[&str]| {
            self.best.parts().into_iter().fold(self.best.clone(), |draft, part| {
                let Some(mut entry) = draft.entry(part).cloned() else { return draft };
                keys.iter().for_each(|key| drop(entry.remove(*key)));
                draft.with_entry(part, entry)
            })
        };
        let has_clients = self.best.table.contains_key("client");
        let drafts = match has_clients {
            true => vec![without(&["id"])],
            false => vec![without(&["id", "unique"]), without(&["id"]), without(&["unique"])],
        };
        self.first(&drafts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Table {
        text.parse().expect("it is TOML")
    }

    #[test]
    fn what_struck_says_when_and_whom() {
        let struck = "struck = { at = \"1.5s\", event = 9, nodes = [\"n2\"] }\n";
        let role = format!(
            "id = 3\nwhen = \"leader-elected\"\nnth = 2\n{struck}\
            pause = {{ who = \"leader\", for = \"1s\" }}\n"
        );
        let wanted = "id = 3\nat = \"1.500000001s\"\npause = { who = [\"n2\"], for = \"1s\" }\n";
        assert_eq!(plain(&entry(&role)), Some(entry(wanted)));
        let split = format!("at = \"1.5s\"\n{struck}partition = {{ groups = [[\"n0\"]] }}\n");
        let wanted = "at = \"1.5s\"\npartition = { groups = [[\"n0\"]] }\n";
        assert_eq!(plain(&entry(&split)), Some(entry(wanted)));
        assert_eq!(plain(&entry(wanted)), None);
        assert_eq!(kind(&entry(wanted)).map(|(key, _)| &**key), Some("partition"));
    }
}
