//! Stopping early: on a signal, when time is up, or after enough failures. The runs in hand are
//! finished first, except on a signal: who sends one does not wait.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Why a sweep ended before its last seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// `--time-budget`.
    TimeUp,
    /// `--max-fail`.
    EnoughFailures,
}

impl Stopped {
    /// The word for summaries.
    pub const fn word(self) -> &'static str {
        match self {
            Stopped::Interrupted => "interrupted",
            Stopped::Terminated => "terminated",
            Stopped::TimeUp => "time-budget",
            Stopped::EnoughFailures => "max-fail",
        }
    }

    /// Whether a signal did it.
    pub const fn is_signal(self) -> bool {
        matches!(self, Stopped::Interrupted | Stopped::Terminated)
    }
}

/// What may ask the loops to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    signal: Arc<AtomicUsize>,
    deadline: Option<Instant>,
}

impl Stop {
    /// Listens to Ctrl-C and SIGTERM. The first asks the loops to stop, the second ends the
    /// process at once.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn on_signals() -> io::Result<Self> {
        let stop = Stop::default();
        for (signal, exit) in [(SIGINT, 130), (SIGTERM, 143)] {
            let again = Arc::new(AtomicBool::new(false));
            flag::register_conditional_shutdown(signal, exit, Arc::clone(&again))?;
            flag::register(signal, again)?;
            flag::register_usize(signal, Arc::clone(&stop.signal), signal as usize)?;
        }
        Ok(stop)
    }

    /// The same with a deadline so far from now.
    #[must_use]
    pub fn within(mut self, budget: Option<Duration>) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a budget of wall-clock time asks the host")]
        let now = Instant::now();
        self.deadline = budget.and_then(|budget| now.checked_add(budget));
        self
    }

    /// What holds the number of the signal that came; 0 until one does.
    pub fn signal(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.signal)
    }

    /// What asks to stop now, if anything.
    pub fn asked(&self) -> Option<Stopped> {
        match self.signal.load(Ordering::Relaxed) {
            0 => {
                #[expect(clippy::disallowed_methods, reason = "a deadline asks the host")]
                let is_over = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
                is_over.then_some(Stopped::TimeUp)
            }
            signal if signal == SIGTERM as usize => Some(Stopped::Terminated),
            _ => Some(Stopped::Interrupted),
        }
    }
}
