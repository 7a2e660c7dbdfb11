//! Progress on stderr: a bar on a terminal, a plain line every few seconds elsewhere.

use super::arguments::ShowProgress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(5);

/// How far a sweep is.
pub(super) enum Progress {
    Bar(ProgressBar),
    Plain { name: String, total: u64, begun: Instant, last: Instant },
    None,
}

#[expect(clippy::disallowed_methods, reason = "people who wait live by the wall clock")]
pub(super) fn now() -> Instant {
    Instant::now()
}

impl Progress {
    pub fn new(how: ShowProgress, name: &str, total: u64) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        match how {
            ShowProgress::None => Progress::None,
            ShowProgress::Auto if !is_terminal => Progress::plain(name, total),
            ShowProgress::Plain => Progress::plain(name, total),
            ShowProgress::Auto | ShowProgress::Bar => {
                let target = ProgressDrawTarget::stderr_with_hz(5);
                let bar = ProgressBar::with_draw_target(Some(total), target);
                let form = "{prefix} {wide_bar} {pos}/{len} {per_sec} {eta} {msg}";
                if let Ok(style) = ProgressStyle::with_template(form) {
                    bar.set_style(style);
                }
                bar.set_prefix(name.to_owned());
                Progress::Bar(bar)
            }
        }
    }

    fn plain(name: &str, total: u64) -> Self {
        Progress::Plain { name: name.to_owned(), total, begun: now(), last: now() }
    }

    /// So many runs are done, so many of them did not pass.
    pub fn is_at(&mut self, done: u64, failing: u64) {
        match self {
            Progress::Bar(bar) => {
                bar.set_position(done);
                if failing > 0 {
                    bar.set_message(format!("{failing} did not pass"));
                }
            }
            Progress::Plain { name, total, begun, last } if last.elapsed() >= EVERY => {
                *last = now();
                let seconds = begun.elapsed().as_secs();
                let line = format!(
                    "{name}: {done} of {total} runs, {failing} did not pass, {seconds} s\n"
                );
                let _ = std::io::stderr().write_all(line.as_bytes());
            }
            _ => {}
        }
    }

    /// It is over.
    pub fn finish(self) {
        if let Progress::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
