//! How long a node waits for what, and why no less.

use super::rules::{MUTANTS, Rules};
use crate::algorithm::{Roles, check_timers};
use crate::assumption::Assumptions;
use crate::id::NodeId;
use crate::time::{Drift, Duration};
use serde::Deserialize;

/// What `[algorithm.election-bully-1982]` may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How long a message takes at most: what everything rests on.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub message_delay: Duration,
    /// How long a node takes to answer at most. Steps take no time here, so that it is what clocks
    /// may run fast by.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub processing_delay: Duration,
    /// How long a node waits for the answer to a call; twice `message-delay` and
    /// `processing-delay` if not given.
    #[cfg_attr(feature = "scenario", schemars(with = "Option<String>"))]
    pub call_timeout: Option<Duration>,
    /// How often a coordinator asks all others whether they are normal.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub check_every: Duration,
    /// How long a node hears nothing of its coordinator before it asks whether it is up, and how
    /// long a halted node waits to be named one before it holds an election.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub suspect_after: Duration,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    /// For a network of 10 ms at most.
    fn default() -> Self {
        Settings {
            message_delay: Duration::from_millis(10),
            processing_delay: Duration::from_millis(5),
            call_timeout: None,
            check_every: Duration::from_millis(50),
            suspect_after: Duration::from_millis(200),
            mutant: None,
        }
    }
}

/// Settings that are complete and fit together.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) members: Vec<NodeId>,
    pub(super) message_delay: Duration,
    pub(super) call_timeout: Duration,
    pub(super) check_every: Duration,
    pub(super) suspect_after: Duration,
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
        let round_trip = settings.message_delay.saturating_mul(2);
        let mut config = Config {
            members,
            message_delay: settings.message_delay,
            call_timeout: settings.call_timeout.unwrap_or(round_trip + settings.processing_delay),
            check_every: settings.check_every,
            suspect_after: settings.suspect_after,
            drift_bound: Drift::NONE,
            rules,
        };
        config.check()?;
        // What a mutant assumes is what the sound form does.
        config.drift_bound = config.tolerable_drift();
        if !rules.waits_for_the_way_back {
            config.call_timeout = config.message_delay;
        }
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let timers = [("message-delay", self.message_delay), ("check-every", self.check_every)];
        check_timers(&timers)?;
        let round_trip = self.round_trip();
        if self.call_timeout <= round_trip {
            return Err(format!(
                "`call-timeout` is {}: it must be more than twice `message-delay` ({round_trip}), \
                 for a question and its answer",
                self.call_timeout
            ));
        }
        let silence = self.check_every + self.message_delay;
        if self.suspect_after <= silence {
            return Err(format!(
                "`suspect-after` is {}: it must be more than `check-every` and `message-delay` \
                 together ({silence}), or every coordinator is suspected",
                self.suspect_after
            ));
        }
        Ok(())
    }

    fn round_trip(&self) -> Duration {
        self.message_delay.saturating_mul(2)
    }

    /// The rate error d up to which no call ends early: `call-timeout / (1 + d)` is more than a
    /// round trip. No other timer carries a promise: who suspects too early only asks.
    fn tolerable_drift(&self) -> Drift {
        let spare = self.call_timeout.saturating_sub(self.round_trip());
        let ppm = u128::from(spare.as_nanos()) * 1_000_000
            / u128::from(self.round_trip().as_nanos().max(1));
        let below = ppm.saturating_sub(1).min(500_000);
        Drift::from_ppm(below as i32)
    }

    /// The nodes above this one, who are asked before it may lead.
    pub(super) fn above(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.members.iter().copied().filter(move |other| *other > node)
    }

    /// The nodes below this one, from the highest down.
    pub(super) fn below(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.members.iter().rev().copied().filter(move |other| *other < node)
    }

    /// How long an election asks and halts before its winner leads, in true time and at most.
    pub(super) fn asking(&self) -> Duration {
        let calls = self.members.len() as u64;
        self.drift_bound.longest(self.call_timeout.saturating_mul(calls))
    }

    /// How long after the last change all nodes of a group agree, in true time.
    ///
    /// Say the last change is now, and H is the highest node of the group that is up. (1) H may
    /// have been halted by a node that is gone, and waits for `suspect-after`; or it follows one,
    /// and asks it once more: a call. (2) It holds an election: a call to those above, one to each
    /// below, and one each to name itself and to let all work. (3) What was under way before the
    /// change may have halted one of them again, or one came up too late to be named the
    /// coordinator. H finds out by its next check, which takes a round trip, and (4) holds a second
    /// election: nobody disturbs this one, for nobody else has got past asking since the change.
    pub(super) fn settle(&self) -> Duration {
        let calls = self.members.len() as u64 + 2;
        let election = self.call_timeout.saturating_mul(calls);
        let until_asked = self.suspect_after + self.call_timeout;
        let timers = until_asked + election + self.check_every + election;
        self.drift_bound.longest(timers) + self.round_trip().saturating_mul(2)
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
