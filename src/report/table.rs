//! Tables as CSV: a header, rows in the order in which they come, LF line ends.

use super::tame::cell;
use crate::observe::Row;
use std::io::{self, Write};

/// The columns of `events.csv`, a row a record, with what each holds.
pub const EVENT_COLUMNS: &[(&str, &str)] = &[
    ("scenario", "the scenario's name"),
    ("seed", "the seed"),
    ("event", "the number of the event, from 1"),
    ("at_ns", "when, in true time"),
    ("node", "where"),
    ("kind", "deliver, timer, command, sync, boot, crash, send, drop, believe, promise, ..."),
    ("peer", "the other node, where there is one"),
    ("word", "the word of the message, command, observation or fault"),
    ("detail", "the rest, for people"),
];

/// A table that is being written.
pub struct Table<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> Table<W> {
    /// A table with this header.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new<S: AsRef<str>>(inner: W, header: &[S]) -> io::Result<Self> {
        let writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(inner);
        let mut table = Table { writer };
        table.push(header)?;
        Ok(table)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn push<S: AsRef<str>>(&mut self, row: &[S]) -> io::Result<()> {
        let row = row.iter().map(|field| field.as_ref().as_bytes());
        self.writer.write_record(row).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            _ => io::Error::other("a row has more cells than the header"),
        })
    }

    /// Ends the table.
    ///
    /// # Errors
    /// If what is left cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|error| {
            let error = error.error();
            io::Error::new(error.kind(), error.to_string())
        })
    }
}

impl<W: Write> std::fmt::Debug for Table<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

/// The row of a record.
pub fn event_row(scenario: &str, seed: u64, row: &Row) -> Vec<String> {
    vec![
        cell(scenario).into_owned(),
        seed.to_string(),
        row.event.to_string(),
        row.at.as_nanos().to_string(),
        row.node.to_string(),
        row.kind.to_owned(),
        row.peer.map_or_else(String::new, |peer| peer.to_string()),
        cell(&row.word).into_owned(),
        cell(&row.detail).into_owned(),
    ]
}
