//! The trace in words: a row for each record, formatted only where somebody wants to read it.

use crate::engine::{Flow, Observer, Promised, Record, What, Why};
use crate::id::NodeId;
use crate::protocol::{Protocol, Words};
use crate::time::SimTime;
use crate::world::World;
use std::ops::RangeInclusive;

/// One record, ready to print or to write as CSV.
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
    pub word: String,
    /// The rest, for people.
    pub detail: String,
}

/// Writes the rows of a window of events to a sink.
pub struct Tracer<F: FnMut(Row)> {
    window: RangeInclusive<u64>,
    messages: Vec<&'static str>,
    commands: Vec<&'static str>,
    observations: Vec<&'static str>,
    sink: F,
}

impl<F: FnMut(Row)> Tracer<F> {
    /// A tracer of a protocol's records with these event numbers.
    pub fn new<P: Protocol>(window: RangeInclusive<u64>, sink: F) -> Self {
        Tracer {
            window,
            messages: P::Message::words(),
            commands: P::Command::words(),
            observations: P::Observation::words(),
            sink,
        }
    }

    fn row<P: Protocol>(&self, record: &Record<'_, P>) -> Row {
        let mut row = Row {
            event: record.event,
            at: record.at,
            node: record.node,
            kind: "",
            peer: None,
            word: String::new(),
            detail: String::new(),
        };
        let message_word = |message: &P::Message| self.messages[usize::from(message.word())].into();
        match &record.what {
            What::Booted { boots } => (row.kind, row.detail) = ("boot", format!("boot {boots}")),
            What::Torn => (row.kind, row.detail) = ("torn", "the last write was cut short".into()),
            What::Crashed { writes_lost } => {
                (row.kind, row.detail) = ("crash", format!("{writes_lost} writes lost"));
            }
            What::Paused => row.kind = "pause",
            What::Resumed => row.kind = "resume",
            What::Delivered { from, message } => {
                (row.kind, row.peer, row.word) = ("deliver", Some(*from), message_word(message));
                row.detail = format!("{message:?}");
            }
            What::Fired(timer) => (row.kind, row.detail) = ("timer", format!("{timer:?}")),
            What::Commanded(command) => {
                row.kind = "command";
                row.word = self.commands[usize::from(command.word())].into();
                row.detail = format!("{command:?}");
            }
            What::Synced(synced) => (row.kind, row.detail) = ("sync", format!("{synced:?}")),
            What::Sent { to, message, after, copy } => {
                row.kind = if *copy { "duplicate" } else { "send" };
                (row.peer, row.word) = (Some(*to), message_word(message));
                row.detail = format!("arrives after {after}");
            }
            What::Dropped { from, to, message, why, arrived } => {
                row.kind = "drop";
                row.peer = Some(if *arrived { *from } else { *to });
                row.word = message_word(message);
                row.detail = told(*why, record.node, *to);
            }
            What::Held { from, to, message, fault, arrived } => {
                row.kind = "hold";
                row.peer = Some(if *arrived { *from } else { *to });
                row.word = message_word(message);
                row.detail = format!("held by {fault}");
            }
            What::Persisted(write) => (row.kind, row.detail) = ("write", format!("{write:?}")),
            What::Observed { observation, promised } => {
                row.kind = match promised {
                    Promised::Belief => "believe",
                    Promised::Promise => "promise",
                };
                row.word = self.observations[usize::from(observation.word())].into();
                row.detail = format!("{observation:?}");
            }
            What::Viewed(view) => (row.kind, row.detail) = ("view", format!("{view:?}")),
            What::Struck { fault, action } => {
                (row.kind, row.word) = ("fault", action.family().into());
                row.detail = format!("{fault}: {action:?}");
            }
            What::Turned { fault } => (row.kind, row.detail) = ("fault-turn", fault.to_string()),
            What::Ended { fault } => (row.kind, row.detail) = ("fault-end", fault.to_string()),
            What::Healed => row.kind = "heal",
            What::Flapped { fault, closed } => {
                let what = if *closed { "closes again" } else { "opens" };
                (row.kind, row.detail) = ("flap", format!("{fault} {what}"));
            }
            What::Forwarded { from, to, message, next, after } => {
                (row.kind, row.peer, row.word) = ("forward", Some(*next), message_word(message));
                row.detail = format!("from {from} to {to}, arrives after {after}");
            }
        }
        row
    }
}

fn told(why: Why, node: NodeId, to: NodeId) -> String {
    match why {
        Why::Lost => "lost by chance".into(),
        Why::Cut(fault) => format!("cut by {fault}"),
        Why::Down if node == to => "the receiver is down".into(),
        Why::Down => format!("{node} is down, on the way to {to}"),
        Why::NoRoute => format!("there is no way to {to}"),
        Why::Overflow => "the queue of the link is full".into(),
        Why::Corrupt(fault) => format!("spoilt by {fault}"),
        Why::Throttled(fault) => format!("the queue is full, by {fault}"),
    }
}

impl<P: Protocol, F: FnMut(Row)> Observer<P> for Tracer<F> {
    fn on_record(&mut self, record: &Record<'_, P>, _: &World) -> Flow {
        if record.event > *self.window.end() {
            return Flow::Enough;
        }
        if self.window.contains(&record.event) {
            let row = self.row(record);
            (self.sink)(row);
        }
        Flow::Continue
    }
}

impl<F: FnMut(Row)> std::fmt::Debug for Tracer<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracer").field("window", &self.window).finish_non_exhaustive()
    }
}
