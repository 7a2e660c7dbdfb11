//! How a follower watches its coordinator: by a failure detector that it embeds.

use super::settings::Config;
use crate::detector::{Detector, Heartbeat, PhiAccrual, PhiSettings};
use crate::time::{Duration, LocalTime};
use serde::Deserialize;

/// How many of the latest heartbeats phi remembers.
const WINDOW: usize = 100;

/// Which detector a follower has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A coordinator that is silent for `suspect-after` is suspected.
    #[default]
    Fixed,
    /// Phi-accrual: patience follows the heartbeats, from `suspect-after` to twice as long. It is
    /// never shorter, since a coordinator that bullies a rival is silent for nearly so long: phi
    /// makes suspicions rarer where heartbeats come late, and none quicker.
    Phi,
}

/// The detector of one follower.
#[derive(Debug)]
pub(super) enum Watch {
    Fixed(Heartbeat),
    Phi(Box<PhiAccrual>),
}

impl Watch {
    /// Begins to watch a coordinator that has just been heard.
    pub fn new(config: &Config, now: LocalTime) -> Self {
        match config.detector {
            Kind::Fixed => Watch::Fixed(Heartbeat::new(config.suspect_after, now)),
            Kind::Phi => Watch::Phi(Box::new(PhiAccrual::new(settings(config), now))),
        }
    }

    /// The coordinator has been heard. Its announcement counts as a heartbeat, too: a follower that
    /// is told again sooner than a heartbeat would be has one short interval among its hundred.
    pub fn hear(&mut self, now: LocalTime) {
        match self {
            Watch::Fixed(detector) => detector.hear(now),
            Watch::Phi(detector) => detector.hear(now),
        }
    }

    /// How much longer it may be silent. What phi has learnt moves it between two bounds: a
    /// coordinator that is there may be silent for nearly `suspect-after`, and others rely on one
    /// that is gone being missed.
    pub fn patience(&self, config: &Config, now: LocalTime) -> Duration {
        match self {
            Watch::Fixed(detector) => detector.suspects_from().since(now),
            Watch::Phi(detector) => {
                detector.patience().clamp(config.suspect_after, config.longest_patience())
            }
        }
    }
}

fn settings(config: &Config) -> PhiSettings {
    PhiSettings {
        threshold: config.phi_threshold,
        window: WINDOW,
        deviation_min: config.message_delay,
        acceptable_pause: config.suspect_after.saturating_sub(config.heartbeat),
        first_interval: config.heartbeat,
    }
}
