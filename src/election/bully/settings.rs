//! How long a node waits for what, and why no less.

use super::rules::{MUTANTS, Rules};
use super::watch::Kind;
use crate::algorithm::{Roles, check_timers};
use crate::assumption::Assumptions;
use crate::id::NodeId;
use crate::time::{Drift, Duration};
use serde::Deserialize;

/// When phi exceeds this, a coordinator is suspected, if nothing is said.
const PHI_THRESHOLD: u32 = 8;

/// What `[algorithm.election-bully]` may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How often a coordinator says that it still leads.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub heartbeat: Duration,
    /// How long a node hears nothing of its coordinator before it holds an election.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub suspect_after: Duration,
    /// What a follower suspects a silent coordinator by.
    pub detector: Kind,
    /// When phi exceeds this, the coordinator is suspected: 1 to 18, 8 if not given, which is wrong
    /// once in 10^8 heartbeats. For `detector = "phi"` alone.
    pub phi_threshold: Option<u32>,
    /// How long a message takes at most: what everything rests on.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub message_delay: Duration,
    /// How long a node takes to answer at most. Steps take no time here, so that it is what clocks
    /// may run fast by.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub processing_delay: Duration,
    /// How long a node waits for OK; twice `message-delay` and `processing-delay` if not given.
    #[cfg_attr(feature = "scenario", schemars(with = "Option<String>"))]
    pub ok_timeout: Option<Duration>,
    /// How long a node waits for COORDINATOR after OK before it asks again; twice `ok-timeout` if
    /// not given.
    #[cfg_attr(feature = "scenario", schemars(with = "Option<String>"))]
    pub coordinator_timeout: Option<Duration>,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    /// For a network of 10 ms at most.
    fn default() -> Self {
        Settings {
            heartbeat: Duration::from_millis(50),
            suspect_after: Duration::from_millis(200),
            detector: Kind::Fixed,
            phi_threshold: None,
            message_delay: Duration::from_millis(10),
            processing_delay: Duration::from_millis(5),
            ok_timeout: None,
            coordinator_timeout: None,
            mutant: None,
        }
    }
}

/// Settings that are complete and fit together.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) members: Vec<NodeId>,
    pub(super) heartbeat: Duration,
    pub(super) suspect_after: Duration,
    pub(super) detector: Kind,
    pub(super) phi_threshold: u32,
    pub(super) message_delay: Duration,
    pub(super) ok_timeout: Duration,
    pub(super) coordinator_timeout: Duration,
    pub(super) drift_bound: Drift,
    pub(super) rules: Rules,
}

impl Config {
    /// Checks and completes the settings for the nodes of the role `servers`.
    pub(super) fn new(settings: &Settings, roles: &Roles) -> Result<Config, String> {
        let rules = rules_of(settings.mutant.as_deref())?;
        let members = roles.nodes("servers").to_vec();
        if members.is_empty() {
            return Err("`servers` is 0: an election needs at least 1".to_owned());
        }
        if settings.phi_threshold.is_some() && settings.detector != Kind::Phi {
            let cure = "write `detector = \"phi\"` as well, or leave it out";
            return Err(format!("`phi-threshold` means nothing to the fixed detector: {cure}"));
        }
        if settings.ok_timeout.is_none() && settings.processing_delay == Duration::ZERO {
            return Err(
                "`processing-delay` is 0 ms: it must be more, since clocks may be fast by \
                        what it adds to `ok-timeout`"
                    .to_owned(),
            );
        }
        let round_trip = settings.message_delay.saturating_mul(2);
        let ok_timeout = settings.ok_timeout.unwrap_or(round_trip + settings.processing_delay);
        let coordinator_timeout =
            settings.coordinator_timeout.unwrap_or_else(|| ok_timeout.saturating_mul(2));
        let mut config = Config {
            members,
            heartbeat: settings.heartbeat,
            suspect_after: settings.suspect_after,
            detector: settings.detector,
            phi_threshold: settings.phi_threshold.unwrap_or(PHI_THRESHOLD),
            message_delay: settings.message_delay,
            ok_timeout,
            coordinator_timeout,
            drift_bound: Drift::NONE,
            rules,
        };
        config.check()?;
        // What a mutant assumes is what the sound form does.
        config.drift_bound = config.tolerable_drift();
        if !rules.waits_for_the_way_back {
            config.ok_timeout = config.message_delay;
        }
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let timers = [("heartbeat", self.heartbeat), ("message-delay", self.message_delay)];
        check_timers(&timers)?;
        if !(1..=18).contains(&self.phi_threshold) {
            return Err(format!("`phi-threshold` is {}: it must be 1 to 18", self.phi_threshold));
        }
        let round_trip = self.message_delay.saturating_mul(2);
        if self.ok_timeout <= round_trip {
            return Err(format!(
                "`ok-timeout` is {}: it must be more than twice `message-delay` ({round_trip}), \
                 for a question and its answer",
                self.ok_timeout
            ));
        }
        let until_announced = self.ok_timeout + round_trip;
        if self.coordinator_timeout < until_announced {
            return Err(format!(
                "`coordinator-timeout` is {}: it must be at least `ok-timeout` and twice \
                 `message-delay` ({until_announced}), for the higher node to ask in its turn",
                self.coordinator_timeout
            ));
        }
        let silence = self.longest_silence();
        if self.suspect_after <= silence {
            return Err(format!(
                "`suspect-after` is {}: it must be more than `heartbeat`, `ok-timeout` and \
                 `message-delay` together ({silence}), since a coordinator that bullies a rival is \
                 silent while it asks",
                self.suspect_after
            ));
        }
        Ok(())
    }

    /// How long a follower may hear nothing of a coordinator that is there.
    fn longest_silence(&self) -> Duration {
        self.heartbeat + self.ok_timeout + self.message_delay
    }

    /// How long a follower may wait for a coordinator that is gone.
    pub(super) fn longest_patience(&self) -> Duration {
        match self.detector {
            Kind::Fixed => self.suspect_after,
            Kind::Phi => self.suspect_after.saturating_mul(2),
        }
    }

    /// The rate error d up to which no time-out is early: `ok-timeout / (1 + d)` is more than a
    /// round trip, and `suspect-after / (1 + d)` on a fast clock is more than a silence counted on
    /// a slow one. For d up to 1/2, `1 / (1 + d) >= 1 - d` and `1 / (1 - d) <= 1 + 2 d` make both
    /// linear, on the safe side.
    fn tolerable_drift(&self) -> Drift {
        let round_trip = self.message_delay.saturating_mul(2);
        let asking = ppm(self.ok_timeout.saturating_sub(round_trip), round_trip);
        let timed = self.heartbeat + self.ok_timeout;
        let spare = self.suspect_after.saturating_sub(self.longest_silence());
        let suspecting = ppm(spare, self.suspect_after + timed.saturating_mul(2));
        let below = asking.min(suspecting).saturating_sub(1).min(500_000);
        Drift::from_ppm(below as i32)
    }

    /// The nodes above this one, who are asked before it may lead.
    pub(super) fn above(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.members.iter().copied().filter(move |other| *other > node)
    }

    /// The nodes below this one, who are told that it leads.
    pub(super) fn below(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.members.iter().copied().filter(move |other| *other < node)
    }

    /// How long a timer may take in true time on the slowest clock within the bound.
    fn in_true_time(&self, timer: Duration) -> Duration {
        self.drift_bound.longest(timer)
    }

    /// How long a node asks before it leads, in true time and at most.
    pub(super) fn asking(&self) -> Duration {
        self.in_true_time(self.ok_timeout)
    }

    /// How long after the last change all nodes of a group agree, in true time.
    ///
    /// Say the last change is now, and H is the highest node of the group that is up. (1) Within
    /// one message delay the last message from elsewhere has arrived. H may then follow a node that
    /// is gone, or wait for it to announce itself: the longer of its patience and
    /// `coordinator-timeout` later it asks, nobody answers, and `ok-timeout` later it leads. (2)
    /// Meanwhile a lower node that had asked before the change may come to lead, and must hear a
    /// heartbeat: `heartbeat`. If H hears one of its first, H asks again: `ok-timeout`. (3) Its
    /// COORDINATOR takes a message delay. ELECTIONs that were on the way still make followers ask
    /// again, each the next higher one at most: as many delays as nodes, and two for the last to be
    /// asked H and be told.
    pub(super) fn settle(&self) -> Duration {
        let patience = self.longest_patience().max(self.coordinator_timeout);
        let timers = patience + self.ok_timeout.saturating_mul(2) + self.heartbeat;
        let hops = self.members.len() as u64 + 4;
        self.in_true_time(timers) + self.message_delay.saturating_mul(hops)
    }

    pub(super) fn assumptions(&self) -> Assumptions {
        Assumptions {
            reliable_links: true,
            no_partition: true,
            delay_bound: Some(self.message_delay),
            drift_bound: Some(self.drift_bound),
            no_pause: true,
            static_membership: true,
            ..Assumptions::default()
        }
    }
}

fn rules_of(mutant: Option<&str>) -> Result<Rules, String> {
    let Some(name) = mutant else { return Ok(Rules::SOUND) };
    Rules::of_mutant(name).ok_or_else(|| {
        let known: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        format!("`mutant` is \"{name}\": it must be one of {}", known.join(", "))
    })
}

/// `part` of `whole` in millionths, rounded down.
fn ppm(part: Duration, whole: Duration) -> u64 {
    let ppm = u128::from(part.as_nanos()) * 1_000_000 / u128::from(whole.as_nanos().max(1));
    u64::try_from(ppm).unwrap_or(u64::MAX)
}
