//! What each thing contributes: how often the violation is found with it and without it, under
//! fresh luck, and how far its time may be moved until the violation is lost.

use super::Search;
use super::draft::{Draft, Part, length};
use crate::time::Duration;
use toml::Table;

/// What a thing that is left contributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Which one, in words: `fault 0`, `command 3`.
    pub name: String,
    /// What stands there.
    pub entry: String,
    /// Whether it is a decision of chance that is fixed.
    pub is_decision: bool,
    /// Under how many fresh salts it is found with everything, without this one, and of how many.
    pub found: (u64, u64, u64),
    /// The times at which it still does it.
    pub window: Option<Window>,
}

/// The times at which a thing still does it under the salt of the file, all else as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The earliest, and whether it is lost before; no time so early was tried if not.
    pub from: (Duration, bool),
    /// The latest, and whether it is lost after.
    pub to: (Duration, bool),
}

/// The times are moved by no more than this.
const FARTHEST: Duration = Duration::from_secs(1);
/// A window is known to this.
const CLOSE: Duration = Duration::from_micros(500);

impl Search<'_> {
    /// Weighs all that is left under so many fresh salts; the first of them is the whole.
    pub(super) fn weigh(&mut self, salts: u64) -> Vec<Weight> {
        self.stage("weighing what is left");
        let mut weights = Vec::new();
        if salts == 0 || self.oracle.is_over() {
            return weights;
        }
        let best = self.best.clone();
        let Some(with) = self.oracle.share(&best, salts) else { return weights };
        for part in self.parts_in_time() {
            let Some(entry) = best.entry(part).cloned() else { continue };
            let Some(without) = self.oracle.share(&best.without(&[part]), salts) else { break };
            let window = self.window(part, &entry);
            let name = match part {
                Part::Entry(list, place) => format!("{list} {}", place + 1),
                Part::Operation(client, place) => {
                    format!("operation {} of client {}", place + 1, client + 1)
                }
                Part::Probe(place) => format!("probe {}", place + 1),
            };
            let entry = said(&entry);
            let is_decision = part.is_decision();
            let found = (with, without, salts);
            weights.push(Weight { name, entry, is_decision, found, window });
        }
        weights
    }

    /// Between which times a part still does it.
    fn window(&mut self, part: Part, entry: &Table) -> Option<Window> {
        let key = ["at", "not-before"].into_iter().find(|key| entry.contains_key(*key))?;
        let at = length(entry.get(key))?;
        let from = self.farthest(part, key, at, |at, by| at.saturating_sub(by));
        let to = self.farthest(part, key, at, |at, by| at + by);
        Some(Window { from, to })
    }

    /// The time farthest from this one, in a direction, up to which the file still shows it, and
    /// whether it is lost beyond: found by halves, as if it were shown at all times between.
    fn farthest(
        &mut self,
        part: Part,
        key: &str,
        at: Duration,
        moved: fn(Duration, Duration) -> Duration,
    ) -> (Duration, bool) {
        let shows = |search: &mut Self, by: Duration| {
            let draft = search.moved(part, key, moved(at, by));
            search.oracle.shows_as_it_is(&draft, search.shown.salt)
        };
        let (mut good, mut bad) = (Duration::ZERO, FARTHEST);
        if shows(self, bad) {
            return (moved(at, bad), false);
        }
        while bad.saturating_sub(good) > CLOSE {
            let middle = Duration::from_nanos((good.as_nanos() + bad.as_nanos()) / 2);
            if shows(self, middle) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        (moved(at, good), true)
    }

    fn moved(&self, part: Part, key: &str, at: Duration) -> Draft {
        let mut entry = self.best.entry(part).cloned().unwrap_or_default();
        entry.insert(key.to_owned(), at.to_string().into());
        let mut draft = self.best.with_entry(part, entry);
        let least = at + Duration::from_millis(1);
        if draft.duration() < least {
            draft.table.insert("duration".to_owned(), least.to_string().into());
        }
        draft
    }
}

/// An entry in one line, without its names.
fn said(entry: &Table) -> String {
    let kept = entry.iter().filter(|(key, _)| !matches!(key.as_str(), "id" | "unique" | "struck"));
    let pairs = kept.map(|(key, value)| format!("{key} = {value}"));
    pairs.collect::<Vec<_>>().join(", ")
}
