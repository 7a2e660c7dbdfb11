//! Simpler values: rounder times, shorter lists, no length where none is needed.

use super::Search;
use super::draft::{Draft, Part, length};
use super::plain::kind;
use crate::time::Duration;
use toml::{Table, Value};

/// The steps to which a time is rounded, the coarsest first.
const STEPS: [u64; 7] =
    [1_000_000_000, 500_000_000, 100_000_000, 50_000_000, 10_000_000, 1_000_000, 100_000];

/// The keys that hold a time, in the frame of an entry.
const TIMES: [&str; 4] = ["at", "after", "not-before", "think"];

/// What may be left out of a fault.
const OPTIONAL: [&str; 7] = ["for", "after-effect", "disk", "loop", "flap", "in-flight", "slew"];

/// Rounder times near this one, the roundest first; none if it is as round.
fn rounder(time: Duration) -> Vec<Duration> {
    let nanos = time.as_nanos();
    let mut found = Vec::new();
    for step in STEPS {
        if nanos % step == 0 {
            break;
        }
        if nanos < step {
            continue;
        }
        let below = nanos - nanos % step;
        let nearest =
            if nanos - below < step / 2 { [below, below + step] } else { [below + step, below] };
        found.extend(nearest.into_iter().filter(|nanos| *nanos > 0).map(Duration::from_nanos));
    }
    found
}

/// An entry with rounder values for one of its times.
fn rounded(entry: &Table, key: &str) -> Vec<Table> {
    let Some(time) = length(entry.get(key)) else { return Vec::new() };
    let with = |time: Duration| {
        let mut entry = entry.clone();
        entry.insert(key.to_owned(), time.to_string().into());
        entry
    };
    rounder(time).into_iter().map(with).collect()
}

/// What a fault says of its kind, simpler in one place each.
fn simpler(said: &Table) -> Vec<Vec<Table>> {
    let without = OPTIONAL.iter().filter(|key| said.contains_key(**key)).map(|key| {
        let mut less = said.clone();
        less.remove(*key);
        [vec![less], rounded(said, key)].concat()
    });
    let fewer = said.get("who").and_then(Value::as_array).filter(|who| who.len() > 1).map(|who| {
        let one = |place: usize| {
            let mut less = said.clone();
            let mut who = who.clone();
            who.remove(place);
            less.insert("who".to_owned(), Value::Array(who));
            less
        };
        (0..who.len()).map(one).collect()
    });
    without.chain(fewer).collect()
}

impl Search<'_> {
    /// Makes all values as simple as they can be.
    pub(super) fn simplify(&mut self) {
        for part in self.best.parts() {
            if self.oracle.is_over() {
                return;
            }
            self.simplify_kind(part);
            for key in TIMES {
                let Some(entry) = self.best.entry(part) else { continue };
                self.try_entries(part, rounded(entry, key));
            }
        }
        self.simplify_decisions();
        self.round_end();
    }

    fn try_entries(&mut self, part: Part, entries: Vec<Table>) {
        let drafts: Vec<Draft> =
            entries.into_iter().map(|entry| self.best.with_entry(part, entry)).collect();
        self.first(&drafts);
    }

    fn simplify_kind(&mut self, part: Part) {
        let places = |search: &Self| {
            let entry = search.best.entry(part).filter(|_| part.is_fault())?;
            kind(entry).map(|(key, said)| (key.clone(), simpler(said)))
        };
        let most = places(self).map_or(0, |(_, places)| places.len());
        for place in 0..most {
            let Some((key, places)) = places(self) else { return };
            let Some(ways) = places.into_iter().nth(place) else { return };
            let Some(entry) = self.best.entry(part).cloned() else { return };
            let with = |said: Table| {
                let mut entry = entry.clone();
                entry.insert(key.clone(), Value::Table(said));
                entry
            };
            self.try_entries(part, ways.into_iter().map(with).collect());
        }
    }

    /// Rounder lengths in the decisions of chance.
    pub(super) fn simplify_decisions(&mut self) {
        let decisions = self.best.parts().into_iter().filter(|part| part.is_decision());
        for part in decisions.collect::<Vec<_>>() {
            for (kind, key) in [("message", "fate"), ("draw", "value")] {
                let Some(entry) = self.best.entry(part).cloned() else { continue };
                let Some(said) = entry.get(kind).and_then(Value::as_table) else { continue };
                let with = |said: Table| {
                    [(kind.to_owned(), Value::Table(said))].into_iter().collect::<Table>()
                };
                self.try_entries(part, rounded(said, key).into_iter().map(with).collect());
            }
        }
    }

    /// An end that is round and not before what is sought.
    fn round_end(&mut self) {
        let duration = self.best.duration();
        let later = rounder(duration).into_iter().filter(|end| *end > duration);
        let drafts = later.map(|end| {
            let mut draft = self.best.clone();
            draft.table.insert("duration".to_owned(), end.to_string().into());
            draft
        });
        let drafts: Vec<Draft> = drafts.collect();
        self.first(&drafts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_rounder_and_never_nothing() {
        let texts = |nanos| -> Vec<String> {
            rounder(Duration::from_nanos(nanos)).iter().map(ToString::to_string).collect()
        };
        assert_eq!(texts(1_234_567_890)[..4], ["1s", "2s", "1s", "1.5s"]);
        assert_eq!(texts(1_000_000_000), [""; 0]);
        assert!(texts(3_000).iter().all(|text| text != "0s"));
    }

    #[test]
    fn a_fault_is_simpler_without_what_it_can_do_without() {
        let said: Table =
            "who = [\"n0\", \"n1\"]\nfor = \"1.25s\"\ndisk = \"torn\"".parse().expect("");
        let ways = simpler(&said);
        assert_eq!(ways.len(), 3);
        assert!(ways[0][0].get("for").is_none() && ways[0].len() > 1);
        assert_eq!(ways[2].len(), 2);
    }
}
