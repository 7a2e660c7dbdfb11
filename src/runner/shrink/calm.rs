//! A calm world: every message takes the same time, none is lost, every clock is right. What of the
//! luck mattered becomes decisions that are fixed by hand, each by itself.

use super::Search;
use super::draft::{Draft, Part};
use super::oracle::Demand;
use crate::schedule::{FateOverride, Override};
use crate::time::Duration;
use toml::{Table, Value};

/// More decisions than this are not written into a file.
const DECISIONS_MAX: usize = 6_000;
/// A file in which more than so many are left is no simpler than one that names a seed.
const WORTH: usize = 24;

/// What messages take in a calm world; the first that shows it is taken.
const LATENCIES: [&str; 4] = ["10ms", "5ms", "1ms", "20ms"];

/// A change that leaves less to chance.
type Calmer = fn(&Draft, &str) -> Draft;

/// The changes, each of one part of the world; together they leave nothing to chance but ties.
const CALMER: [Calmer; 4] = [latency, loss, sync, clocks];

fn latency(draft: &Draft, latency: &str) -> Draft {
    let mut draft = draft.clone();
    let network = draft.table.entry("network").or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(network) = network {
        network.insert("latency".to_owned(), latency.into());
    }
    draft
}

fn loss(draft: &Draft, _: &str) -> Draft {
    let mut draft = draft.clone();
    if let Some(Value::Table(network)) = draft.table.get_mut("network") {
        ["loss", "duplication"].iter().for_each(|key| drop(network.remove(*key)));
    }
    draft
}

/// Disks that are as fast as the network, if they took time.
fn sync(draft: &Draft, latency: &str) -> Draft {
    let mut draft = draft.clone();
    if let Some(Value::Table(disk)) = draft.table.get_mut("disk") {
        if disk.contains_key("sync") {
            disk.insert("sync".to_owned(), latency.into());
        }
    }
    draft
}

fn clocks(draft: &Draft, _: &str) -> Draft {
    draft.without_key("clocks").unwrap_or_else(|| draft.clone())
}

/// A draft in a world that is calm in all parts.
fn steady(draft: &Draft, latency: &str) -> Draft {
    CALMER.iter().fold(draft.clone(), |draft, calmer| calmer(&draft, latency))
}

/// A draft with these decisions fixed besides those that are.
pub(super) fn with_decisions(mut draft: Draft, decisions: &[Override]) -> Draft {
    let list = draft.table.entry("override").or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(list) = list {
        let entries = entries(decisions);
        let is_new = |entry: &Value| entries.iter().all(|other| !is_of_one(entry, other));
        list.retain(is_new);
        list.extend(entries);
    }
    draft
}

/// Whether two entries decide the same thing.
fn is_of_one(one: &Value, other: &Value) -> bool {
    let names = |entry: &Value| {
        let (kind, said) = entry.as_table()?.iter().next()?;
        let said = said.as_table()?.iter().filter(|(key, _)| !matches!(&***key, "fate" | "value"));
        Some((kind.clone(), said.map(|(_, value)| value.to_string()).collect::<Vec<_>>()))
    };
    names(one) == names(other)
}

/// Everything else that luck decided, as entries of a file.
fn entries(decisions: &[Override]) -> Vec<Value> {
    decisions.iter().filter_map(entry).collect()
}

fn entry(decision: &Override) -> Option<Value> {
    let mut said = Table::new();
    let kind = match decision {
        Override::Fate { from, to, word, nth, fate } => {
            said.insert("from".to_owned(), from.to_string().into());
            said.insert("to".to_owned(), to.to_string().into());
            said.insert("word".to_owned(), word.clone().into());
            said.insert("nth".to_owned(), i64::from(*nth).into());
            said.insert("fate".to_owned(), written(*fate));
            "message"
        }
        Override::Draw { node, label, nth, value } => {
            said.insert("node".to_owned(), node.to_string().into());
            said.insert("name".to_owned(), label.clone().into());
            said.insert("nth".to_owned(), i64::from(*nth).into());
            said.insert("value".to_owned(), drawn(*value));
            "draw"
        }
        Override::Tie { .. } => return None,
    };
    Some(Value::Table([(kind.to_owned(), Value::Table(said))].into_iter().collect()))
}

fn written(fate: FateOverride) -> Value {
    match fate {
        FateOverride::Lost => "lost".into(),
        FateOverride::Delivered(after) => after.to_string().into(),
        FateOverride::Duplicated(first, second) => {
            Value::Array(vec![first.to_string().into(), second.to_string().into()])
        }
    }
}

/// What a node draws is a length of time more often than not, where it is large.
fn drawn(value: u64) -> Value {
    match i64::try_from(value) {
        Ok(number) if value < 1_000_000 => number.into(),
        _ => Duration::from_nanos(value).to_string().into(),
    }
}

impl Search<'_> {
    /// Makes the world calm, if it still shows then; if need be with what luck decided.
    pub(super) fn calm(&mut self) {
        let all: Vec<Draft> = LATENCIES.iter().map(|l| steady(&self.best, l)).collect();
        if self.first(&all).is_some() {
            return;
        }
        self.fix_luck();
        for calmer in CALMER {
            let part = LATENCIES.iter().map(|l| calmer(&self.best, l));
            let part: Vec<Draft> = part.filter(|draft| *draft != self.best).collect();
            self.first(&part);
        }
    }

    /// What luck decided in the best run, if it can be written down.
    fn decisions(&mut self) -> Option<Vec<Override>> {
        let mut opened = self.oracle.opened(&self.best)?;
        opened.pin(self.shown.salt);
        self.oracle.runs += 1;
        Some(opened.decisions(self.shown.salt)).filter(|all| all.len() <= DECISIONS_MAX)
    }

    /// Fixes what matters of the luck that is left, so that it shows under each of the salts and
    /// not under one by chance. Whether it can be done with a few decisions.
    pub(super) fn make_sure(&mut self) -> bool {
        let before = (self.best.clone(), self.shown);
        self.oracle.demand = Demand::Each;
        let mut is_sure = self.first(std::slice::from_ref(&before.0)).is_some();
        if !is_sure {
            let all = self.decisions().map(|all| with_decisions(self.best.clone(), &all));
            is_sure = all.is_some_and(|all| self.first(&[all]).is_some());
        }
        if is_sure {
            self.take_out(Part::is_decision);
            self.simplify_decisions();
            is_sure = self.best.size().decisions <= WORTH;
        }
        if !is_sure {
            (self.best, self.shown) = before;
        }
        self.oracle.demand = Demand::Any;
        is_sure
    }

    /// Fixes all that luck decided in the best run, and takes out what did not matter.
    fn fix_luck(&mut self) {
        let Some(decisions) = self.decisions() else { return };
        let before = (self.best.clone(), self.shown);
        let fixed = |draft: Draft| with_decisions(draft, &decisions);
        // Clocks and disks are not fixed by decisions; where they matter they stay.
        let calm = LATENCIES.iter().map(|latency| steady(&self.best, latency));
        let partly = LATENCIES.iter().map(|l| loss(&latency(&self.best, l), l));
        let fixed: Vec<Draft> = calm.chain(partly).map(fixed).collect();
        if self.first(&fixed).is_none() {
            return;
        }
        self.take_out(Part::is_decision);
        let left = self.best.size().decisions - before.0.size().decisions;
        if left > WORTH {
            (self.best, self.shown) = before;
        }
    }
}
