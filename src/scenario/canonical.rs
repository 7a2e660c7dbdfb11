//! A scenario file as text, in one order: two files that say the same are the same bytes.
//!
//! What is drawn has no place here - a nemesis, a workload, a profile -, for this is how a file is
//! written when all of that has become single faults and commands.

use super::fault::FaultEntry;
use super::file::{ClientEntry, ClocksEntry, CommandEntry, ScenarioFile};
use super::pinned::OverrideEntry;
use super::recorded::RecordedEntry;
use crate::id::FaultId;
use serde::Serialize;
use std::fmt::Write as _;
use toml::{Table, Value};

/// A key and its value as TOML.
pub(super) type Pair = (String, String);

const WRITTEN: &str = "what files are read into can be written";

/// A value as TOML, in one line.
pub(super) fn toml<T: Serialize>(value: &T) -> String {
    let mut text = String::new();
    value.serialize(toml::ser::ValueSerializer::new(&mut text)).expect(WRITTEN);
    text
}

/// A key that may be absent.
pub(super) fn pair<T: Serialize>(key: &str, value: &Option<T>) -> Option<Pair> {
    value.as_ref().map(|value| (key.to_owned(), toml(value)))
}

/// The entries of a section, by their keys.
fn pairs<T: Serialize>(section: &T) -> Vec<Pair> {
    let table = Table::try_from(section).expect(WRITTEN);
    table.iter().map(|(key, value)| (bare(key), lines(value))).collect()
}

/// A key, in quotes if it needs some.
fn bare(key: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match !key.is_empty() && key.chars().all(is_plain) {
        true => key.to_owned(),
        false => Value::from(key).to_string(),
    }
}

/// A value; of a list of tables each has a line of its own.
fn lines(value: &Value) -> String {
    match value {
        Value::Array(items) if items.first().is_some_and(Value::is_table) => {
            listed(items.iter().map(Value::to_string))
        }
        value => value.to_string(),
    }
}

fn listed(items: impl Iterator<Item = String>) -> String {
    let lines: String = items.map(|item| format!("    {item},\n")).collect();
    format!("[\n{lines}]")
}

/// Entries below each other, their values too.
fn aligned(pairs: &[Pair]) -> String {
    let width = pairs.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    pairs.iter().map(|(key, value)| format!("{key:<width$} = {value}\n")).collect()
}

/// The sections of a file while they are written.
struct Text(String);

impl Text {
    fn section(&mut self, title: &str, pairs: &[Pair]) {
        let _ = write!(self.0, "\n{title}\n{}", aligned(pairs));
    }

    fn given<T: Serialize>(&mut self, title: &str, section: &Option<T>) {
        let pairs = section.as_ref().map(pairs).unwrap_or_default();
        if !pairs.is_empty() {
            self.section(title, &pairs);
        }
    }

    /// The record of a frozen run, its checkpoints in lines of four.
    fn recorded(&mut self, recorded: Option<&RecordedEntry>) {
        let Some(recorded) = recorded else { return };
        let mut pairs = pairs(recorded);
        let checkpoints = recorded.checkpoints.chunks(4).map(|four| {
            let four: Vec<String> = four.iter().map(toml).collect();
            four.join(", ")
        });
        if let Some((_, value)) = pairs.iter_mut().find(|(key, _)| key == "checkpoints") {
            *value = listed(checkpoints);
        }
        self.section("[recorded]", &pairs);
    }

    fn clocks(&mut self, clocks: &Option<ClocksEntry>) {
        let Some(ClocksEntry { offset, drift, nodes }) = clocks else { return };
        let all = [pair("offset", offset), pair("drift", drift)];
        let all: Vec<Pair> = all.into_iter().flatten().collect();
        if !all.is_empty() {
            self.section("[clocks]", &all);
        }
        let own = nodes.iter().map(|(node, clock)| (node.to_string(), toml(clock)));
        let own: Vec<Pair> = own.collect();
        if !own.is_empty() {
            self.section("[clocks.nodes]", &own);
        }
    }
}

/// Whether a fault of a frozen run is known not to have struck. In a file that was changed since
/// only what is recorded tells.
fn did_not_strike(fault: &FaultEntry, recorded: Option<&RecordedEntry>) -> bool {
    let is_idle = recorded
        .is_none_or(|recorded| fault.id.as_ref().is_some_and(|id| recorded.is_idle(FaultId(**id))));
    fault.struck.is_none() && is_idle
}

/// The file as text, with the settings of its algorithm.
pub(super) fn text(file: &ScenarioFile, algorithm: &str, settings: &Table) -> String {
    // Every part by its name: one that is new does not build until it is written.
    let ScenarioFile {
        name,
        format,
        duration,
        seeds,
        expect,
        residual,
        recorded,
        exceed,
        profile: _,
        nodes,
        topology,
        network,
        clocks,
        disk,
        budget,
        fault,
        command,
        client,
        workload: _,
        load: _,
        nemesis: _,
        calibration: _,
        heal,
        service,
        overrides,
        require,
        baseline,
    } = file;
    let head = [
        pair("name", name),
        pair("format", format),
        pair("duration", duration),
        pair("seeds", seeds),
        pair("expect", expect),
        pair("residual", residual),
        pair("exceed", &(!exceed.is_empty()).then_some(exceed)),
    ];
    let head: Vec<Pair> = head.into_iter().flatten().collect();
    let mut text = Text(aligned(&head));
    text.section("[nodes]", &pairs(nodes));
    text.section(&format!("[algorithm.{}]", bare(algorithm)), &pairs(settings));
    text.given("[topology]", topology);
    text.given("[network]", network);
    text.clocks(clocks);
    text.given("[disk]", disk);
    text.given("[budget]", budget);
    text.given("[heal]", heal);
    text.given("[service]", service);
    text.given("[require]", require);
    text.given("[baseline]", baseline);
    text.recorded(recorded.as_deref());
    for fault in fault {
        let is_silent = residual.is_some() && did_not_strike(fault, recorded.as_deref());
        text.0.push_str(if is_silent { "\n# It did not strike." } else { "" });
        text.section("[[fault]]", &FaultEntry::pairs(fault));
    }
    for decision in overrides {
        text.section("[[override]]", &decision.pairs());
    }
    for command in command {
        text.section("[[command]]", &command.pairs());
    }
    for client in client {
        text.section("[[client]]", &client.pairs());
    }
    text.0
}

impl OverrideEntry {
    fn pairs(&self) -> Vec<Pair> {
        let OverrideEntry { message, draw } = self;
        [pair("message", message), pair("draw", draw)].into_iter().flatten().collect()
    }
}

impl CommandEntry {
    fn pairs(&self) -> Vec<Pair> {
        let CommandEntry { at, when, on, nth, each, after, times, word, to, .. } = self;
        let CommandEntry { nodes, args, unique, key, .. } = self;
        let pairs = [
            pair("at", at),
            pair("when", when),
            pair("on", on),
            pair("nth", nth),
            pair("each", each),
            pair("after", after),
            pair("times", times),
            pair("word", &Some(word)),
            pair("to", &Some(to)),
            pair("nodes", nodes),
            pair("args", args),
            pair("unique", unique),
            pair("key", key),
        ];
        pairs.into_iter().flatten().collect()
    }
}

impl ClientEntry {
    fn pairs(&self) -> Vec<Pair> {
        let ClientEntry { timeout, operations } = self;
        let operations = match &operations[..] {
            [] => "[]".to_owned(),
            some => listed(some.iter().map(toml)),
        };
        vec![("timeout".to_owned(), toml(timeout)), ("operations".to_owned(), operations)]
    }
}
