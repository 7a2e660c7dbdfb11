//! The plain detector: a node that has been silent for a fixed time is suspected.

use super::Detector;
use crate::time::{Duration, LocalTime};

/// Suspects a node that has been silent for so long, whatever its messages took before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    timeout: Duration,
    heard: LocalTime,
}

impl Heartbeat {
    /// A detector that begins to wait now.
    pub const fn new(timeout: Duration, now: LocalTime) -> Self {
        Heartbeat { timeout, heard: now }
    }
}

impl Detector for Heartbeat {
    fn hear(&mut self, now: LocalTime) {
        self.heard = now;
    }

    fn suspects_from(&self) -> LocalTime {
        self.heard + self.timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_counted_from_the_last_message() {
        let at = |millis: u64| LocalTime::from_nanos(millis * 1_000_000);
        let mut detector = Heartbeat::new(Duration::from_millis(300), at(0));
        assert!(!detector.suspects(at(299)) && detector.suspects(at(300)));
        detector.hear(at(250));
        assert!(!detector.suspects(at(549)) && detector.suspects(at(550)));
    }
}
