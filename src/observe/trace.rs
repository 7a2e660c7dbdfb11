//! The trace in words: a row for each record, formatted only where somebody wants to read it.

use super::text::{tell, tell_number};
use crate::engine::{Flow, Observer, Promised, Record, What, Why};
use crate::id::{FaultId, NodeId};
use crate::protocol::{Protocol, Words};
use crate::time::SimTime;
use crate::world::World;
use std::collections::VecDeque;

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

impl Row {
    const fn blank() -> Self {
        Row {
            event: 0,
            at: SimTime::ZERO,
            node: NodeId::new(0),
            kind: "",
            peer: None,
            word: "",
            detail: String::new(),
        }
    }
}

/// Puts records into words.
struct Scribe {
    messages: Vec<&'static str>,
    commands: Vec<&'static str>,
    observations: Vec<&'static str>,
}

impl Scribe {
    fn of<P: Protocol>() -> Self {
        Scribe {
            messages: P::Message::words(),
            commands: P::Command::words(),
            observations: P::Observation::words(),
        }
    }

    /// Writes a record over a row: that of a log of millions allocates nothing.
    fn write<P: Protocol>(&self, record: &Record<'_, P>, row: &mut Row) {
        (row.event, row.at, row.node) = (record.event, record.at, record.node);
        row.kind = kind(&record.what);
        (row.peer, row.word) = self.about(&record.what);
        row.detail.clear();
        tell_detail(record, &mut row.detail);
    }

    /// The other node, and the word.
    fn about<P: Protocol>(&self, what: &What<'_, P>) -> (Option<NodeId>, &'static str) {
        let of = |message: &P::Message| self.messages[usize::from(message.word())];
        match what {
            What::Delivered { from, message } => (Some(*from), of(message)),
            What::Sent { to, message, .. } | What::MadeUp { to, message, .. } => {
                (Some(*to), of(message))
            }
            What::Forwarded { message, next, .. } => (Some(*next), of(message)),
            What::Dropped { from, to, message, arrived, .. }
            | What::Held { from, to, message, arrived, .. } => {
                (Some(if *arrived { *from } else { *to }), of(message))
            }
            What::Commanded(command)
            | What::Answered { command, .. }
            | What::GaveUp { command, .. } => (None, self.commands[usize::from(command.word())]),
            What::Observed { observation, .. } => {
                (None, self.observations[usize::from(observation.word())])
            }
            What::Struck { action, .. } => (None, action.family()),
            _ => (None, ""),
        }
    }
}

/// Lends the row of every record to a sink.
pub struct Tracer<F: FnMut(&Row)> {
    scribe: Scribe,
    row: Row,
    sink: F,
}

impl<F: FnMut(&Row)> Tracer<F> {
    /// A tracer of a protocol's records.
    pub fn new<P: Protocol>(sink: F) -> Self {
        Tracer { scribe: Scribe::of::<P>(), row: Row::blank(), sink }
    }
}

impl<P: Protocol, F: FnMut(&Row)> Observer<P> for Tracer<F> {
    fn on_record(&mut self, record: &Record<'_, P>, _: &World) -> Flow {
        self.scribe.write(record, &mut self.row);
        (self.sink)(&self.row);
        Flow::Continue
    }
}

impl<F: FnMut(&Row)> std::fmt::Debug for Tracer<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracer").field("row", &self.row).finish_non_exhaustive()
    }
}

/// Keeps the rows of the last records. They are still there when the protocol has panicked.
pub struct Ring {
    scribe: Scribe,
    rows: VecDeque<Row>,
    most: usize,
}

impl Ring {
    /// A ring of so many of a protocol's records.
    pub fn new<P: Protocol>(most: u32) -> Self {
        Ring { scribe: Scribe::of::<P>(), rows: VecDeque::new(), most: most as usize }
    }

    /// The rows, oldest first.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }
}

impl<P: Protocol> Observer<P> for Ring {
    fn on_record(&mut self, record: &Record<'_, P>, _: &World) -> Flow {
        let is_full = self.rows.len() >= self.most;
        let oldest = if is_full { self.rows.pop_front() } else { Some(Row::blank()) };
        if let Some(mut row) = oldest {
            self.scribe.write(record, &mut row);
            self.rows.push_back(row);
        }
        Flow::Continue
    }
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ring").field("rows", &self.rows).finish_non_exhaustive()
    }
}

const fn kind<P: Protocol>(what: &What<'_, P>) -> &'static str {
    match what {
        What::Booted { .. } => "boot",
        What::Torn => "torn",
        What::Crashed { .. } => "crash",
        What::Paused => "pause",
        What::Resumed => "resume",
        What::Delivered { .. } => "deliver",
        What::Fired(_) => "timer",
        What::Commanded(_) => "command",
        What::Answered { .. } => "answer",
        What::GaveUp { .. } => "give-up",
        What::Synced(_) => "sync",
        What::Sent { copy: false, .. } => "send",
        What::Sent { copy: true, .. } => "duplicate",
        What::MadeUp { .. } => "made-up",
        What::Forwarded { .. } => "forward",
        What::Dropped { .. } => "drop",
        What::Held { .. } => "hold",
        What::Persisted(_) => "write",
        What::Observed { promised: Promised::Belief, .. } => "believe",
        What::Observed { promised: Promised::Promise, .. } => "promise",
        What::Viewed(_) => "view",
        What::Struck { .. } => "fault",
        What::Turned { .. } => "fault-turn",
        What::Ended { .. } => "fault-end",
        What::Flapped { .. } => "flap",
        What::Healed => "heal",
    }
}

/// What kind, peer and word do not say.
fn tell_detail<P: Protocol>(record: &Record<'_, P>, detail: &mut String) {
    let number = |name: &str, number: u64, detail: &mut String| {
        detail.push_str(name);
        tell_number(number, detail);
    };
    let by = |said: &str, fault: FaultId, detail: &mut String| {
        number(said, u64::from(fault.0), detail);
    };
    match &record.what {
        What::Booted { boots } => number("boots:", u64::from(*boots), detail),
        What::Crashed { writes_lost } => number("writes_lost:", *writes_lost, detail),
        What::Delivered { message, .. } => tell(message, true, detail),
        What::Fired(timer) => tell(timer, false, detail),
        What::Commanded(command) => tell(command, true, detail),
        What::Answered { client, command } | What::GaveUp { client, command } => {
            number("client:", u64::from(*client), detail);
            detail.push(' ');
            tell(*command, true, detail);
        }
        What::Synced(synced) => tell(synced, false, detail),
        What::Sent { after, .. } => number("after_ns:", after.as_nanos(), detail),
        What::MadeUp { fault, after, .. } => {
            number("after_ns:", after.as_nanos(), detail);
            by(" by f", *fault, detail);
        }
        What::Forwarded { from, to, after, .. } => {
            number("from:n", u64::from(from.number()), detail);
            number(" to:n", u64::from(to.number()), detail);
            number(" after_ns:", after.as_nanos(), detail);
        }
        What::Dropped { why: Why::Lost, .. } => detail.push_str("lost"),
        What::Dropped { why: Why::Down, to, .. } if record.node != *to => {
            number("down on the way to n", u64::from(to.number()), detail);
        }
        What::Dropped { why: Why::Down, .. } => detail.push_str("down"),
        What::Dropped { why: Why::NoRoute, .. } => detail.push_str("no way"),
        What::Dropped { why: Why::Overflow, .. } => detail.push_str("queue full"),
        What::Dropped { why: Why::Cut(fault), .. } => by("cut by f", *fault, detail),
        What::Dropped { why: Why::Corrupt(fault), .. } => by("spoilt by f", *fault, detail),
        What::Dropped { why: Why::Throttled(fault), .. } => by("queue full by f", *fault, detail),
        What::Held { fault, .. } | What::Turned { fault } | What::Ended { fault } => {
            by("f", *fault, detail);
        }
        What::Persisted(write) => tell(write, false, detail),
        What::Observed { observation, .. } => tell(observation, true, detail),
        What::Viewed(view) => tell(view, false, detail),
        What::Struck { fault, action } => {
            by("f", *fault, detail);
            detail.push(' ');
            tell(action, false, detail);
        }
        What::Flapped { fault, closed } => {
            by("f", *fault, detail);
            detail.push_str(if *closed { " closes" } else { " opens" });
        }
        What::Torn | What::Paused | What::Resumed | What::Healed => {}
    }
}
