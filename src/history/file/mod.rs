//! Histories that somebody else recorded, as JSON Lines or CSV: an event a line, in Jepsen's words.
//!
//! `docs/linearize.md` has the columns. Every mistake is told with its line and its cure.

mod csv;
mod jsonl;
mod words;

pub use words::{CAS, FENCED_LOCK, KEY_VALUE, LOCK, REGISTER, Vocabulary};

use super::recorder::{ClientId, History, OperationId, Recorder};
use crate::time::SimTime;
use std::collections::BTreeMap;
use std::fmt;

/// How the text of a history is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    JsonLines,
    /// A header and a row a line.
    Csv,
}

/// A mistake in the text of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// Its line, from 1.
    pub line: u64,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for FileError {}

/// What stands in the column `value`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// There is no such column.
    #[default]
    Missing,
    /// Nothing: what a read finds before the first write.
    Nothing,
    /// A number, a word or a truth, as text.
    Text(String),
    /// What is expected, and what is to be there then.
    Pair(String, String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Missing => Ok(()),
            Value::Nothing => f.write_str("nothing"),
            Value::Text(text) => f.write_str(text),
            Value::Pair(expected, new) => write!(f, "{expected} by {new}"),
        }
    }
}

/// A line, before anybody asked what it means.
#[derive(Clone, Debug, Default)]
struct Event {
    line: u64,
    process: Option<String>,
    kind: Option<String>,
    function: Option<String>,
    key: Option<String>,
    value: Value,
    time: Option<u64>,
}

/// An operation as its lines tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The line on which it was invoked.
    pub line: u64,
    /// The line on which it ended, if it did.
    pub end_line: Option<u64>,
    /// The client's name.
    pub process: String,
    /// What was asked.
    pub asked: String,
    /// What was answered; nothing where nobody knows.
    pub answered: Option<String>,
}

/// A history with the words of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded<C, R> {
    /// Its operations; the key of each is beside its call.
    pub history: History<(String, C), R>,
    /// The same, as the file tells them.
    pub told: Vec<Told>,
    /// How many clients there are.
    pub clients: u64,
}

/// Reads the text of a history in the words of a model.
///
/// # Errors
/// The first line that is wrong, with its cure.
pub fn read<C, R>(
    text: &str,
    format: Format,
    words: &Vocabulary<C, R>,
) -> Result<Recorded<C, R>, FileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let events = match format {
        Format::JsonLines => jsonl::events(text)?,
        Format::Csv => csv::events(text)?,
    };
    let is_timed = events.first().is_some_and(|event| event.time.is_some());
    let mut reading = Reading::new(words);
    for (place, event) in (1..).zip(events) {
        let at = match (is_timed, event.time) {
            (true, Some(time)) => Ok(SimTime::from_nanos(time)),
            (false, None) => Ok(SimTime::from_nanos(place)),
            _ => Err("either every event has a `time`, or none has".to_owned()),
        };
        let done = at.and_then(|at| reading.event(&event, at));
        done.map_err(|problem| FileError { line: event.line, problem })?;
    }
    Ok(Recorded {
        history: reading.recorder.finish(),
        told: reading.told,
        clients: reading.clients.len() as u64,
    })
}

struct Reading<'a, C, R> {
    words: &'a Vocabulary<C, R>,
    recorder: Recorder<(String, C), R>,
    told: Vec<Told>,
    clients: BTreeMap<String, ClientId>,
}

impl<'a, C, R> Reading<'a, C, R> {
    fn new(words: &'a Vocabulary<C, R>) -> Self {
        Reading { words, recorder: Recorder::new(), told: Vec::new(), clients: BTreeMap::new() }
    }

    fn event(&mut self, event: &Event, at: SimTime) -> Result<(), String> {
        let process = event.process.as_deref().ok_or("`process` is missing: who asked?")?;
        let kinds = "`type` is one of invoke, ok, fail, info";
        let kind = event.kind.as_deref().ok_or_else(|| format!("`type` is missing: {kinds}"))?;
        let next = ClientId(self.clients.len() as u64);
        let client = *self.clients.entry(process.to_owned()).or_insert(next);
        let recorded = match kind {
            "invoke" => return self.invoke(client, process, event, at),
            "ok" => {
                let reply = match self.recorder.open(client) {
                    Some((_, call)) => (self.words.reply)(call, &event.value)?,
                    None => return Err(not_open(process)),
                };
                self.recorder.ok(client, reply, at)
            }
            "fail" => self.recorder.fail(client, at),
            "info" => self.recorder.info(client, at),
            other => return Err(format!("`{other}` is no type of event: {kinds}")),
        };
        let id = recorded.map_err(|error| format!("process {process}: {error}"))?;
        self.end(id, event, kind)
    }

    fn invoke(
        &mut self,
        client: ClientId,
        process: &str,
        event: &Event,
        at: SimTime,
    ) -> Result<(), String> {
        let functions = self.words.functions;
        let function = event.function.as_deref();
        let function = function.ok_or_else(|| format!("`f` is missing: {functions}"))?;
        let key = match &event.key {
            Some(key) => key.clone(),
            None if self.words.needs_key => return Err("`key` is missing: of which key?".into()),
            None => String::new(),
        };
        let call = (self.words.call)(function, &event.value)?;
        let asked = match &event.value {
            Value::Missing | Value::Nothing => function.to_owned(),
            value => format!("{function} {value}"),
        };
        let recorded = self.recorder.invoke(client, (key, call), at);
        recorded.map_err(|error| format!("process {process}: {error}"))?;
        let (line, process) = (event.line, process.to_owned());
        self.told.push(Told { line, end_line: None, process, asked, answered: None });
        Ok(())
    }

    /// What the end of an operation repeats must be what was asked.
    fn end(&mut self, id: OperationId, event: &Event, kind: &str) -> Result<(), String> {
        let told = &mut self.told[id.0 as usize];
        let asked = told.asked.split(' ').next().unwrap_or_default();
        if let Some(function) = event.function.as_deref().filter(|function| *function != asked) {
            let line = told.line;
            return Err(format!("this ends a {function}, but line {line} invoked a {asked}"));
        }
        let (_, given) = told.asked.split_once(' ').unwrap_or_default();
        let repeated = match &event.value {
            // A swap answers `false` where it found something else.
            Value::Text(text) if asked == "cas" && (text == "true" || text == "false") => None,
            Value::Text(_) | Value::Pair(..) if !given.is_empty() => Some(event.value.to_string()),
            _ => None,
        };
        let is_asked = matches!(asked, "write" | "put" | "cas");
        if let Some(other) = repeated.filter(|repeated| is_asked && repeated != given) {
            let line = told.line;
            return Err(format!(
                "this ends a {asked} of {other}, but line {line} invoked a {asked} of {given}"
            ));
        }
        told.end_line = Some(event.line);
        let is_read = matches!(asked, "read" | "get");
        told.answered = match (kind, &event.value) {
            // Many recorders repeat at the end what was asked.
            ("ok", Value::Text(text)) if text != given => Some(text.clone()),
            ("ok", Value::Nothing) if is_read => Some(event.value.to_string()),
            ("ok", _) => Some("ok".to_owned()),
            _ => None,
        };
        Ok(())
    }
}

fn not_open(process: &str) -> String {
    format!(
        "process {process} has no open operation: each ok, fail and info ends one invoke of the \
         same process"
    )
}
