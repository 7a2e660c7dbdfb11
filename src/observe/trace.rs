//! The trace in words: a row for each record, formatted only where somebody wants to read it.

use super::text::{tell, tell_number};
use crate::engine::{Flow, Observer, Promised, Record, What, Why};
use crate::id::{FaultId, NodeId};
use crate::protocol::{Protocol, Words};
use crate::time::SimTime;
use crate::world::World;
use serde::Serialize;
use std::ops::RangeInclusive;

/// One record in words: ready to print, or to be a row of `events.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The number of the event.
    pub event: u64,
    /// True time.
    pub at: SimTime,
    /// Where.
    pub node: NodeId,
    /// What kind of record: `deliver`, `timer`, `observe`, ...
    pub kind: &'static str,
    /// The other node, where there is one.
    pub peer: Option<NodeId>,
    /// The word of the message, command or observation.
    pub word: &'static str,
    /// What the word does not say.
    pub detail: String,
}

/// Lends the rows of a window of events to a sink. All are written into one row, so that a log of
/// millions allocates nothing for them.
pub struct Tracer<F: FnMut(&Row)> {
    window: RangeInclusive<u64>,
    messages: Vec<&'static str>,
    commands: Vec<&'static str>,
    observations: Vec<&'static str>,
    row: Row,
    sink: F,
}

impl<F: FnMut(&Row)> Tracer<F> {
    /// A tracer of a protocol's records with these event numbers.
    pub fn new<P: Protocol>(window: RangeInclusive<u64>, sink: F) -> Self {
        Tracer {
            window,
            messages: P::Message::words(),
            commands: P::Command::words(),
            observations: P::Observation::words(),
            row: Row {
                event: 0,
                at: SimTime::ZERO,
                node: NodeId::new(0),
                kind: "",
                peer: None,
                word: "",
                detail: String::new(),
            },
            sink,
        }
    }

    fn write<P: Protocol>(&mut self, record: &Record<'_, P>) {
        let row = &mut self.row;
        (row.event, row.at, row.node) = (record.event, record.at, record.node);
        (row.peer, row.word) = (None, "");
        row.detail.clear();
        let detail = &mut row.detail;
        let message_word = |message: &P::Message| self.messages[usize::from(message.word())];
        row.kind = match &record.what {
            What::Booted { boots } => number("boot", "boots:", u64::from(*boots), detail),
            What::Crashed { writes_lost } => number("crash", "writes_lost:", *writes_lost, detail),
            What::Paused => "pause",
            What::Resumed => "resume",
            What::Delivered { from, message } => {
                (row.peer, row.word) = (Some(*from), message_word(message));
                value("deliver", message, true, detail)
            }
            What::Fired(timer) => value("timer", timer, false, detail),
            What::Commanded(command) => {
                row.word = self.commands[usize::from(command.word())];
                value("command", command, true, detail)
            }
            What::Synced(synced) => value("sync", synced, false, detail),
            What::Sent { to, message, after, copy } => {
                (row.peer, row.word) = (Some(*to), message_word(message));
                let kind = if *copy { "duplicate" } else { "send" };
                number(kind, "after_ns:", after.as_nanos(), detail)
            }
            What::Dropped { from, to, message, why, arrived } => {
                row.peer = Some(if *arrived { *from } else { *to });
                row.word = message_word(message);
                match why {
                    Why::Lost => detail.push_str("lost"),
                    Why::Cut(fault) => fault_name("cut by ", *fault, detail),
                    Why::Down => detail.push_str("down"),
                }
                "drop"
            }
            What::Persisted(write) => value("write", write, false, detail),
            What::Observed { observation, promised } => {
                row.word = self.observations[usize::from(observation.word())];
                let kind = match promised {
                    Promised::Belief => "believe",
                    Promised::Promise => "promise",
                };
                value(kind, observation, true, detail)
            }
            What::Viewed(view) => value("view", view, false, detail),
            What::Struck { fault, action } => {
                row.word = action.family();
                fault_name("", *fault, detail);
                detail.push(' ');
                value("fault", action, false, detail)
            }
            What::Ended { fault } => {
                fault_name("", *fault, detail);
                "fault-end"
            }
            What::Healed => "heal",
        };
    }
}

impl<P: Protocol, F: FnMut(&Row)> Observer<P> for Tracer<F> {
    fn on_record(&mut self, record: &Record<'_, P>, _: &World) -> Flow {
        if self.window.contains(&record.event) {
            self.write(record);
            (self.sink)(&self.row);
        }
        Flow::Continue
    }
}

impl<F: FnMut(&Row)> std::fmt::Debug for Tracer<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracer").field("window", &self.window).finish_non_exhaustive()
    }
}

/// The kind of a record of which a number is all that is to be said.
fn number(kind: &'static str, name: &str, number: u64, detail: &mut String) -> &'static str {
    detail.push_str(name);
    tell_number(number, detail);
    kind
}

/// The kind of a record that says a value.
#[inline]
fn value<T: Serialize + ?Sized>(
    kind: &'static str,
    value: &T,
    has_word: bool,
    detail: &mut String,
) -> &'static str {
    tell(value, has_word, detail);
    kind
}

fn fault_name(before: &str, fault: FaultId, detail: &mut String) {
    detail.push_str(before);
    detail.push('f');
    tell_number(u64::from(fault.0), detail);
}
