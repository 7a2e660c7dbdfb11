//! A candidate: a frozen file as a tree of values, in which every part can be taken out by itself.
//!
//! A part is one fault with its end, one command, one operation of a client, one probe, or one
//! decision of chance. What draws has become single parts when the run was frozen.

use crate::fingerprint::Fingerprint;
use crate::time::Duration;
use std::collections::BTreeSet;
use toml::{Table, Value};

/// What a draft does not keep of the frozen file: what is expected is what is sought, and the
/// record is that of another run.
const DROPPED: [&str; 4] = ["recorded", "expect", "seeds", "require"];

/// The lists of a file whose entries are parts, and what they are called.
const LISTS: [&str; 3] = ["fault", "command", "override"];

/// One thing that can be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// An entry of one of the lists.
    Entry(&'static str, usize),
    /// An operation of a client.
    Operation(usize, usize),
    /// A probe of the service.
    Probe(usize),
}

impl Part {
    /// Whether it is a fault.
    pub const fn is_fault(self) -> bool {
        matches!(self, Part::Entry(list, _) if list.as_bytes()[0] == b'f')
    }

    /// Whether it is a single decision of chance.
    pub const fn is_decision(self) -> bool {
        matches!(self, Part::Entry(list, _) if list.as_bytes()[0] == b'o')
    }
}

/// A candidate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub table: Table,
}

/// The entries of a list.
fn entries<'a>(table: &'a Table, list: &str) -> &'a [Value] {
    table.get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl Draft {
    /// A frozen file.
    pub fn of(frozen: &str) -> Self {
        let mut table: Table = frozen.parse().expect("what was frozen is TOML");
        DROPPED.iter().for_each(|key| drop(table.remove(*key)));
        // Each run is given a seed of all other luck by itself.
        let mut draft = Draft { table };
        draft.pin(0);
        draft
    }

    /// Names the seed of all luck that it does not list.
    pub fn pin(&mut self, seed: u64) {
        let seed = i64::try_from(seed).map_or_else(|_| seed.to_string().into(), Value::from);
        let pinned = [("dice".to_owned(), 1.into()), ("seed".to_owned(), seed)];
        self.table.insert("residual".to_owned(), Value::Table(pinned.into_iter().collect()));
    }

    /// The text that is opened; people are given a better one.
    pub fn text(&self) -> String {
        self.table.to_string()
    }

    /// By what it is known again.
    pub fn fingerprint(&self) -> u64 {
        let mut digest = Fingerprint::EMPTY;
        digest.fold_value(&self.text());
        digest.value()
    }

    /// All parts, faults first.
    pub fn parts(&self) -> Vec<Part> {
        let listed = |list: &'static str| {
            (0..entries(&self.table, list).len()).map(move |place| Part::Entry(list, place))
        };
        let clients = entries(&self.table, "client").iter().enumerate();
        let operations = clients.flat_map(|(client, entry)| {
            let operations = entry.as_table().map_or(0, |table| entries(table, "operations").len());
            (0..operations).map(move |place| Part::Operation(client, place))
        });
        let service = self.table.get("service").and_then(Value::as_table);
        let probes = service.map_or(0, |service| entries(service, "probe").len());
        let [fault, command, decision] = LISTS.map(listed);
        fault
            .chain(command)
            .chain(operations)
            .chain((0..probes).map(Part::Probe))
            .chain(decision)
            .collect()
    }

    /// The same with these parts alone.
    pub fn only(&self, kept: &[Part]) -> Draft {
        let kept: BTreeSet<Part> = kept.iter().copied().collect();
        let mut draft = self.clone();
        for list in LISTS {
            keep(&mut draft.table, list, |place| kept.contains(&Part::Entry(list, place)));
        }
        if let Some(Value::Array(clients)) = draft.table.get_mut("client") {
            for (client, entry) in clients.iter_mut().enumerate() {
                if let Some(table) = entry.as_table_mut() {
                    keep(table, "operations", |place| {
                        kept.contains(&Part::Operation(client, place))
                    });
                }
            }
            clients.retain(|client| client.get("operations").is_some());
            if clients.is_empty() {
                draft.table.remove("client");
            }
        }
        if let Some(Value::Table(service)) = draft.table.get_mut("service") {
            // A service that nobody asks is asked as the seed says: so no probe is none at all only
            // where another service is measured.
            keep(service, "probe", |place| kept.contains(&Part::Probe(place)));
        }
        draft
    }

    /// The same without some of its parts.
    pub fn without(&self, gone: &[Part]) -> Draft {
        let kept: Vec<Part> =
            self.parts().into_iter().filter(|part| !gone.contains(part)).collect();
        self.only(&kept)
    }

    /// The same without a key at its top.
    pub fn without_key(&self, key: &str) -> Option<Draft> {
        let mut draft = self.clone();
        draft.table.remove(key).map(|_| draft)
    }

    /// The entry of a part, if it has one that can be changed.
    pub fn entry(&self, part: Part) -> Option<&Table> {
        let value = match part {
            Part::Entry(list, place) => entries(&self.table, list).get(place)?,
            Part::Operation(client, place) => {
                let client = entries(&self.table, "client").get(client)?.as_table()?;
                entries(client, "operations").get(place)?
            }
            Part::Probe(place) => {
                entries(self.table.get("service")?.as_table()?, "probe").get(place)?
            }
        };
        value.as_table()
    }

    /// The same with the entry of a part changed.
    pub fn with_entry(&self, part: Part, entry: Table) -> Draft {
        let mut draft = self.clone();
        let list = match part {
            Part::Entry(list, _) => draft.table.get_mut(list),
            Part::Operation(client, _) => {
                let client = draft.table.get_mut("client").and_then(|list| list.get_mut(client));
                client.and_then(|client| client.get_mut("operations"))
            }
            Part::Probe(_) => draft.table.get_mut("service").and_then(|s| s.get_mut("probe")),
        };
        let (Part::Entry(_, place) | Part::Operation(_, place) | Part::Probe(place)) = part;
        if let Some(old) = list.and_then(|list| list.get_mut(place)) {
            *old = Value::Table(entry);
        }
        draft
    }

    /// How long its storm lasts.
    pub fn duration(&self) -> Duration {
        length(self.table.get("duration")).unwrap_or_default()
    }

    /// How many faults, and how many commands, operations and decisions of chance it has.
    pub fn size(&self) -> Size {
        let parts = self.parts();
        let faults = parts.iter().filter(|part| part.is_fault()).count();
        let decisions = parts.iter().filter(|part| part.is_decision()).count();
        let probes = parts.iter().filter(|part| matches!(part, Part::Probe(_))).count();
        let operations = parts.len() - faults - decisions - probes;
        let keys = self.keys().into_iter().filter(|key| *key > 0).count();
        Size { faults, operations, decisions, keys, zones: self.zones() }
    }
}

/// How much there is in a schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// The faults.
    pub faults: usize,
    /// The commands, and the operations of clients.
    pub operations: usize,
    /// The decisions of chance that are fixed: a message that is lost or late, a draw.
    pub decisions: usize,
    /// The keys that are named. The first one is meant where none is, and not counted.
    pub keys: usize,
    /// The zones that nodes are in.
    pub zones: usize,
}

impl Size {
    /// All that is planned. A message that is lost by hand is as much as a fault that loses it.
    pub const fn schedule(self) -> usize {
        self.faults + self.operations + self.decisions
    }
}

/// A length that is written in a file.
pub(super) fn length(value: Option<&Value>) -> Option<Duration> {
    value?.as_str()?.parse().ok()
}

/// Keeps some entries of a list; an empty list goes altogether.
fn keep(table: &mut Table, list: &str, mut is_kept: impl FnMut(usize) -> bool) {
    let Some(Value::Array(entries)) = table.get_mut(list) else { return };
    let mut place = 0;
    entries.retain(|_| {
        place += 1;
        is_kept(place - 1)
    });
    if entries.is_empty() {
        table.remove(list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "name = \"a/b\"\nduration = \"2s\"\nseeds = [1]\n\
        residual = { dice = 1, seed = 1 }\n\
        [[fault]]\nid = 7\nat = \"1s\"\ncrash = { who = [\"n0\"] }\n\
        [[fault]]\nid = 9\nat = \"1s\"\npause = { who = [\"n1\"] }\n\
        [[client]]\ntimeout = \"1s\"\noperations = [{ word = \"a\" }, { word = \"b\" }]\n\
        [[client]]\ntimeout = \"1s\"\noperations = [{ word = \"c\" }]\n";

    #[test]
    fn every_part_can_be_taken_out_by_itself() {
        let draft = Draft::of(FILE);
        let parts = draft.parts();
        assert_eq!(parts.len(), 5);
        assert_eq!(draft.only(&parts), draft);
        assert!(draft.table.get("seeds").is_none());
        for part in &parts {
            let left = draft.without(&[*part]);
            assert_eq!(left.parts().len(), 4, "{part:?}");
            assert!(left.fingerprint() != draft.fingerprint());
        }
        let gone = draft.without(&[Part::Operation(1, 0)]);
        assert_eq!(gone.table["client"].as_array().map(Vec::len), Some(1));
        assert_eq!(draft.size(), Size { faults: 2, operations: 3, ..Size::default() });
        assert!(draft.only(&[]).parts().is_empty());
    }

    #[test]
    fn an_entry_is_changed_where_it_stands() {
        let draft = Draft::of(FILE);
        for part in draft.parts() {
            let mut entry = draft.entry(part).expect("it is there").clone();
            entry.insert("at".to_owned(), "9s".into());
            let changed = draft.with_entry(part, entry.clone());
            assert_eq!(changed.entry(part), Some(&entry));
            assert_eq!(changed.parts(), draft.parts());
        }
    }
}
