//! Taking out: parts go by halves, then by quarters, down to one at a time, for as long as what is
//! left shows it (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input",
//! IEEE TSE 28(2), 2002).

use super::Search;
use super::draft::{Draft, Part, length};
use crate::time::{Duration, SimTime};
use toml::Value;

/// How much later than it has shown it is judged: at once, or after a time that a judge grants.
const LATER: [Duration; 6] = [
    Duration::from_nanos(1),
    Duration::from_millis(1),
    Duration::from_millis(10),
    Duration::from_millis(100),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// Of more parts than this no pairs are tried.
const PAIRED_MAX: usize = 16;

impl Search<'_> {
    /// Takes out parts of a kind. Whether any went.
    pub(super) fn take_out(&mut self, is_kind: fn(Part) -> bool) -> bool {
        let before = self.best.parts().len();
        let count = |draft: &Draft| draft.parts().into_iter().filter(|part| is_kind(*part)).count();
        let mut size = count(&self.best);
        while size > 0 && !self.oracle.is_over() {
            let (at_begin, mut from) = (count(&self.best), 0);
            loop {
                let of_kind: Vec<Part> =
                    self.best.parts().into_iter().filter(|part| is_kind(*part)).collect();
                let Some(rest) = of_kind.get(from..).filter(|rest| !rest.is_empty()) else { break };
                let drafts: Vec<Draft> =
                    rest.chunks(size).map(|chunk| self.best.without(chunk)).collect();
                match self.first(&drafts) {
                    // What stood before it was tried against more than is left now; it is tried
                    // again when all have been.
                    Some(place) => from += place * size,
                    None => break,
                }
            }
            // What could not go while something else was there may go now.
            let is_settled = size > 1 || count(&self.best) == at_begin;
            size = if is_settled { size / 2 } else { 1 };
        }
        self.best.parts().len() < before
    }

    /// Takes out two parts at once, of few: each may only be there because of the other. Whether
    /// any went.
    pub(super) fn take_out_pairs(&mut self) -> bool {
        let parts = self.best.parts();
        if parts.len() > PAIRED_MAX {
            return false;
        }
        let pairs = (1..parts.len()).flat_map(|to| (0..to).map(move |from| (from, to)));
        let drafts = pairs.map(|(from, to)| self.best.without(&[parts[from], parts[to]]));
        let drafts: Vec<Draft> = drafts.collect();
        self.first(&drafts).is_some()
    }

    /// Lets the run end where what is sought has shown, and drops what comes after.
    pub(super) fn cut_after(&mut self) {
        let shown = self.shown.ended_at.since(SimTime::ZERO);
        let drafts: Vec<Draft> = LATER.iter().map(|later| self.ending(shown + *later)).collect();
        let smaller = drafts.into_iter().filter(|draft| is_shorter(draft, &self.best));
        let smaller: Vec<Draft> = smaller.collect();
        self.first(&smaller);
    }

    /// The best with this end, and with nothing that comes after it.
    fn ending(&self, end: Duration) -> Draft {
        let duration = self.best.duration();
        let mut draft = self.best.clone();
        if end <= duration {
            draft.table.remove("heal");
            draft.table.insert("duration".to_owned(), end.to_string().into());
            return draft.without(&beyond(&draft, end));
        }
        if let Some(Value::Table(heal)) = draft.table.get_mut("heal") {
            heal.insert("within".to_owned(), end.saturating_sub(duration).to_string().into());
        }
        draft
    }

    /// Drops all that never struck, at once: else one of them might, without the others.
    pub(super) fn drop_unstruck(&mut self) {
        let gone = unstruck(&self.best);
        let draft = self.best.without(&gone);
        self.first(&[draft]);
    }
}

impl Draft {
    /// The same without faults that did not strike, and without all that comes after an instant.
    pub fn until(&self, end: SimTime) -> Draft {
        let last = end.since(SimTime::ZERO) + Duration::from_nanos(1);
        let struck = self.without(&unstruck(self));
        struck.without(&beyond(&struck, last))
    }
}

/// The faults that did not strike.
fn unstruck(draft: &Draft) -> Vec<Part> {
    let is_unstruck = |part: &Part| {
        let entry = draft.entry(*part).filter(|_| part.is_fault());
        entry.is_some_and(|entry| !entry.contains_key("struck"))
    };
    draft.parts().into_iter().filter(is_unstruck).collect()
}

/// Whether a draft ends before another.
fn is_shorter(one: &Draft, other: &Draft) -> bool {
    let end = |draft: &Draft| {
        let heal = draft.table.get("heal").and_then(|heal| length(heal.get("within")));
        (draft.duration(), heal.unwrap_or_default())
    };
    end(one) < end(other)
}

/// The parts that come after this, as far as their entries tell, and those of a heal that is gone.
fn beyond(draft: &Draft, last: Duration) -> Vec<Part> {
    let has_heal = draft.table.contains_key("heal");
    let is_beyond = |part: &Part| {
        let Some(entry) = draft.entry(*part) else { return false };
        let struck = entry.get("struck").and_then(|struck| struck.get("at"));
        let at = length(struck.or(entry.get("at")).or(entry.get("not-before")));
        let is_at_heal = entry.contains_key("at-heal");
        at.is_some_and(|at| at >= last) || (is_at_heal && !has_heal)
    };
    draft.parts().into_iter().filter(is_beyond).collect()
}
