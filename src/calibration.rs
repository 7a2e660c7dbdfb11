//! How fast an algorithm is, as a calm run of its scenario shows: what a nemesis is scaled by.
//!
//! No simulator can know "the election timeout". But a run without faults shows how long the timers
//! are that nodes set, how long messages take, and when the service is there; a storm that is drawn
//! in these units hits between the heartbeats of one algorithm and between the sessions of another.

use crate::assumption::Assumptions;
use crate::time::Duration;
use crate::units::{Span, Spread};
use serde::Serialize;

/// What a calm run shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Calibration {
    /// The shortest and the longest timer that a node set, none that is due at once counted.
    pub timers: Span<Duration>,
    /// How long a message and its answer take: twice the median.
    pub round_trip: Duration,
    /// How long after the beginning the service was there; `None` if it never was, or if there is
    /// none.
    pub service: Option<Duration>,
}

impl Calibration {
    /// How long the algorithm takes to notice a fault and to get over it, as far as can be told:
    /// the longest of its timers, of its time to service and of a round trip.
    pub fn patience(&self) -> Duration {
        let service = self.service.unwrap_or_default();
        self.timers.max.max(service).max(self.round_trip).max(Duration::from_nanos(1))
    }
}

impl Default for Calibration {
    /// What is taken of an algorithm that has shown nothing: a local network, and timers that are
    /// longer than its round trips.
    fn default() -> Self {
        Calibration {
            timers: Span {
                min: Duration::from_millis(50),
                max: Duration::from_millis(500),
                spread: Spread::Even,
            },
            round_trip: Duration::from_millis(10),
            service: None,
        }
    }
}

/// The algorithm under test, as a storm is drawn to fit it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// What it assumes: storms stay inside.
    pub assumes: Assumptions,
    /// How fast it is.
    pub calibration: Calibration,
}
