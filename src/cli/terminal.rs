//! stdout for data and stderr for talk. A reader that has gone (`| head`) ends neither the run nor
//! its verdict; a disk that is full is told by the exit code.

use super::exit::Exit;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use std::io::{self, ErrorKind, Stderr, Stdout, Write};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// The two streams.
pub(super) struct Terminal {
    out: AutoStream<Stdout>,
    err: AutoStream<Stderr>,
    color: ColorChoice,
    is_closed: bool,
    failed: Option<io::Error>,
}

impl Terminal {
    pub fn new(color: ColorChoice) -> Self {
        Terminal {
            out: AutoStream::new(io::stdout(), color),
            err: AutoStream::new(io::stderr(), color),
            color,
            is_closed: false,
            failed: None,
        }
    }

    /// Prints a line, or several, as data.
    pub fn print(&mut self, text: &str) {
        if self.is_closed {
            return;
        }
        let line = if text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
        if let Err(error) = self.out.write_all(line.as_bytes()) {
            self.is_closed = true;
            self.failed = Some(error).filter(|error| error.kind() != ErrorKind::BrokenPipe);
        }
    }

    /// Says something about the work. Where nobody listens it is lost.
    pub fn say(&mut self, text: &str) {
        let _ = self.err.write_all(format!("{}\n", text.trim_end()).as_bytes());
    }

    /// Says what is wrong.
    pub fn error(&mut self, text: &str) {
        self.say(&format!("{ERROR}error{ERROR:#}: {text}"));
    }

    /// Says what may be wrong.
    pub fn warn(&mut self, text: &str) {
        self.say(&format!("{WARNING}warning{WARNING:#}: {text}"));
    }

    /// Whether what is said may be in colour.
    pub fn talks_in_color(&self) -> bool {
        match self.color {
            ColorChoice::Auto => !matches!(AutoStream::choice(&io::stderr()), ColorChoice::Never),
            choice => choice != ColorChoice::Never,
        }
    }

    /// Whether all that was printed has arrived, or was not wanted.
    pub fn finish(&mut self) -> Exit {
        if !self.is_closed {
            let flushed = self.out.flush();
            self.failed = flushed.err().filter(|error| error.kind() != ErrorKind::BrokenPipe);
        }
        match self.failed.take() {
            None => Exit::AsExpected,
            Some(error) => {
                self.error(&format!("cannot write to stdout: {error}"));
                Exit::Output
            }
        }
    }
}
