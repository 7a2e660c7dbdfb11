//! The event log: every record of a run as a row of CSV, written where the run is made.
//!
//! A sweep writes millions of these rows, so a row is put together from bytes in one buffer that is
//! used again. The rows of a run that is made in a thread of a sweep wait there for their turn.

use super::tame::cell;
use crate::observe::{Row, decimal};
use std::fs::File;
use std::io::{self, Seek, Write};

/// The columns of `events.csv`, a row a record, with what each holds.
pub const EVENT_COLUMNS: &[(&str, &str)] = &[
    ("seed", "the seed"),
    ("event", "the number of the event, from 1"),
    ("at_ns", "when, in true time"),
    ("node", "where"),
    ("kind", "deliver, timer, command, sync, boot, crash, send, drop, believe, promise, ..."),
    ("peer", "the other node, where there is one"),
    ("word", "the word of the message, command, observation or fault"),
    ("detail", "what the word does not say: `name:value` pairs with spaces between them"),
];

/// From so many bytes on the rows are handed on.
const FULL: usize = 64 << 10;
/// The same of rows that wait: so many bytes of one run do so in memory.
const FULL_WAITING: usize = 4 << 20;

/// The log of one run.
#[derive(Debug)]
pub struct EventLog<W: Write> {
    /// The cell that all rows begin with.
    seed: Vec<u8>,
    rows: Vec<u8>,
    full: usize,
    out: W,
    /// The first error; after it nothing is written any more.
    failed: Option<io::Error>,
}

/// Writes the header of an event log.
///
/// # Errors
/// If it cannot be written.
pub fn event_header(out: &mut impl Write) -> io::Result<()> {
    let names: Vec<&str> = EVENT_COLUMNS.iter().map(|(name, _)| *name).collect();
    writeln!(out, "{}", names.join(","))
}

impl<W: Write> EventLog<W> {
    /// A log of a seed, without a header.
    pub fn new(seed: u64, out: W) -> Self {
        EventLog::handing_on_at(FULL, seed, out)
    }

    fn handing_on_at(full: usize, seed: u64, out: W) -> Self {
        let mut cell = Vec::new();
        push_number(&mut cell, seed);
        EventLog { seed: cell, rows: Vec::with_capacity(FULL), full, out, failed: None }
    }

    /// Adds a row.
    pub fn push(&mut self, row: &Row) {
        let line = &mut self.rows;
        line.extend_from_slice(&self.seed);
        line.push(b',');
        push_number(line, row.event);
        line.push(b',');
        push_number(line, row.at.as_nanos());
        line.extend_from_slice(b",n");
        push_number(line, u64::from(row.node.number()));
        line.push(b',');
        line.extend_from_slice(row.kind.as_bytes());
        line.push(b',');
        if let Some(peer) = row.peer {
            line.push(b'n');
            push_number(line, u64::from(peer.number()));
        }
        line.push(b',');
        push_text(line, row.word);
        line.push(b',');
        push_text(line, &row.detail);
        line.push(b'\n');
        if line.len() >= self.full {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        if self.failed.is_none() {
            self.failed = self.out.write_all(&self.rows).err();
        }
        self.rows.clear();
    }

    /// Ends the log.
    ///
    /// # Errors
    /// The first that there was.
    pub fn finish(mut self) -> io::Result<W> {
        self.hand_on();
        self.failed.map_or(Ok(self.out), Err)
    }
}

impl EventLog<Overflow> {
    /// A log that waits until it is written: in memory, and when it is long in a temporary file.
    pub fn waiting(seed: u64) -> Self {
        EventLog::handing_on_at(FULL_WAITING, seed, Overflow(None))
    }

    /// Writes it.
    ///
    /// # Errors
    /// If it cannot be written, or could not wait.
    pub fn copy_into(self, out: &mut impl Write) -> io::Result<()> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if let Some(mut file) = self.out.0 {
            file.rewind()?;
            io::copy(&mut file, out)?;
        }
        out.write_all(&self.rows)
    }
}

/// A temporary file without a name, which is there once something is written to it.
#[derive(Debug)]
pub struct Overflow(Option<File>);

impl Write for Overflow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.is_none() {
            self.0 = Some(tempfile::tempfile()?);
        }
        self.0.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn push_number(line: &mut Vec<u8>, number: u64) {
    line.extend_from_slice(decimal(number, &mut [0; 20]));
}

/// A cell: as it is where it is harmless, as nearly all are; else tamed and quoted.
#[inline]
fn push_text(line: &mut Vec<u8>, text: &str) {
    let is_odd = |b: &u8| !(b' '..=b'~').contains(b) || *b == b',' || *b == b'"';
    let is_formula = matches!(text.as_bytes().first(), Some(b'=' | b'+' | b'-' | b'@'));
    // All bytes are looked at, for so the processor takes many at once.
    let odd = text.as_bytes().iter().map(|b| u8::from(is_odd(b))).fold(0, |all, b| all | b);
    if odd == 0 && !is_formula {
        line.extend_from_slice(text.as_bytes());
    } else {
        push_odd(line, text);
    }
}

#[cold]
fn push_odd(line: &mut Vec<u8>, text: &str) {
    let text = cell(text);
    if text.contains([',', '"']) {
        line.push(b'"');
        line.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        line.push(b'"');
    } else {
        line.extend_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;
    use crate::time::SimTime;

    fn row(word: &'static str, detail: &str) -> Row {
        Row {
            event: 7,
            at: SimTime::from_nanos(1_000),
            node: NodeId::new(2),
            kind: "deliver",
            peer: Some(NodeId::new(13)),
            word,
            detail: detail.to_owned(),
        }
    }

    fn written(rows: &[Row]) -> Vec<u8> {
        let mut log = EventLog::new(42, Vec::new());
        rows.iter().for_each(|row| log.push(row));
        log.finish().expect("memory takes everything")
    }

    #[test]
    fn a_row_is_a_line_of_cells() {
        let bytes = written(&[row("ask", "term:3 to:[1 2]"), Row { peer: None, ..row("", "") }]);
        let text = "42,7,1000,n2,deliver,n13,ask,term:3 to:[1 2]\n42,7,1000,n2,deliver,,,\n";
        assert_eq!(String::from_utf8_lossy(&bytes), text);
    }

    #[test]
    fn odd_cells_come_back_from_a_reader_of_csv_and_are_harmless() {
        let odd =
            ["a,b", "say \"no\"", "=1", "-1", "a\nb\u{1b}[2J", "gr\u{fc}n", "\u{202e}x", "\""];
        let rows: Vec<Row> = odd.iter().map(|detail| row("ask", detail)).collect();
        let bytes = written(&rows);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        let read: Vec<String> = reader.records().map(|r| r.expect("a row")[7].to_owned()).collect();
        let tamed: Vec<String> = odd.iter().map(|text| cell(text).into_owned()).collect();
        assert_eq!(read, tamed);
    }

    #[test]
    fn what_waits_comes_back_in_order_whether_it_fits_into_memory_or_not() {
        for (rows, is_long) in [(10, false), (200_000, true)] {
            let mut waiting = EventLog::waiting(42);
            let mut direct = EventLog::new(42, Vec::new());
            for event in 0..rows {
                let row = Row { event, ..row("ask", "some detail") };
                waiting.push(&row);
                direct.push(&row);
            }
            assert_eq!(waiting.out.0.is_some(), is_long);
            let mut out = Vec::new();
            waiting.copy_into(&mut out).expect("it comes back");
            assert!(out == direct.finish().expect("memory takes everything"), "{rows} rows");
        }
    }

    #[test]
    fn the_first_error_is_kept_and_nothing_is_written_after_it() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is full"))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut log = EventLog::new(42, Full);
        (0..10_000).for_each(|_| log.push(&row("ask", "")));
        assert_eq!(log.finish().map(drop).expect_err("it is full").to_string(), "the disk is full");
    }
}
