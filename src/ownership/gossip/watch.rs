//! How a server watches another: by a failure detector that it feeds with heartbeats, by whatever
//! way they have come.

use super::settings::Config;
use crate::detector::{Detector as _, Heartbeat, PhiAccrual, PhiSettings};
use crate::time::LocalTime;
use serde::Deserialize;

/// How many of the latest times between heartbeats phi remembers.
const WINDOW: usize = 100;

/// Which detector a server has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Detection {
    /// A server of which nothing new was heard for `suspect-after` is suspected.
    #[default]
    Fixed,
    /// Phi-accrual: patience follows the times between the heartbeats that came.
    Phi,
}

/// The detector for one server.
#[derive(Debug)]
pub(super) enum Watch {
    Fixed(Heartbeat),
    Phi(Box<PhiAccrual>),
}

impl Watch {
    /// Begins to watch a server as if it had just been heard.
    pub fn new(config: &Config, now: LocalTime) -> Self {
        match config.detector {
            Detection::Fixed => Watch::Fixed(Heartbeat::new(config.suspect_after, now)),
            Detection::Phi => Watch::Phi(Box::new(PhiAccrual::new(settings(config), now))),
        }
    }

    pub fn hear(&mut self, now: LocalTime) {
        match self {
            Watch::Fixed(detector) => detector.hear(now),
            Watch::Phi(detector) => detector.hear(now),
        }
    }

    pub fn suspects(&self, now: LocalTime) -> bool {
        match self {
            Watch::Fixed(detector) => detector.suspects(now),
            Watch::Phi(detector) => detector.suspects(now),
        }
    }
}

/// Heartbeats come by way of others, so that half an interval more or less is nothing.
fn settings(config: &Config) -> PhiSettings {
    PhiSettings {
        threshold: config.phi_threshold,
        window: WINDOW,
        deviation_min: crate::time::Duration::from_nanos(config.gossip.as_nanos() / 2),
        acceptable_pause: crate::time::Duration::ZERO,
        first_interval: config.gossip.saturating_mul(2),
    }
}
