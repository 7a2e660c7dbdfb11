//! Tables as CSV: a header, rows in the order in which they come, LF line ends.

use std::io::{self, Write};

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
