//! What a scenario may set, and what is checked before a run.

use super::ballot::Ballot;
use super::rules::{MUTANTS, Rules};
use crate::algorithm::{Roles, check_timers};
use crate::id::NodeId;
use crate::time::Duration;
use serde::Deserialize;

/// What `[algorithm.election-ble]` may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How long a round lasts (100 ms). What is not answered within it counts as silence: shorter
    /// than a round trip, and nobody ever sees a quorum; failover takes up to four of them.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub election_timeout: Duration,
    /// How much each server is preferred as a leader, in the order of the servers, from 0 to 999; 0
    /// for all if not given. The higher one wins where two servers take over at once.
    pub priorities: Vec<u32>,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            election_timeout: Duration::from_millis(100),
            priorities: Vec::new(),
            mutant: None,
        }
    }
}

/// Settings that have been checked, with the servers they are for.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) servers: Vec<NodeId>,
    pub(super) election_timeout: Duration,
    priorities: Vec<u32>,
    pub(super) rules: Rules,
}

impl Config {
    /// Checks the settings and completes them for the nodes of the role `servers`.
    pub(super) fn new(settings: &Settings, roles: &Roles) -> Result<Config, String> {
        let servers = roles.nodes("servers").to_vec();
        let priorities = settings.priorities.clone();
        if servers.is_empty() {
            return Err("`servers` is 0: an election needs at least 1".to_owned());
        }
        if servers.len() as u64 > Ballot::PLACES {
            return Err(format!(
                "`servers` is {}: ballots tell at most {} apart",
                servers.len(),
                Ballot::PLACES
            ));
        }
        check_timers(&[("election-timeout", settings.election_timeout)])?;
        if !priorities.is_empty() && priorities.len() != servers.len() {
            return Err(format!(
                "`priorities` has {} numbers for {} servers: give one for each, or none",
                priorities.len(),
                servers.len()
            ));
        }
        if let Some(high) = priorities.iter().find(|it| u64::from(**it) >= Ballot::PLACES) {
            return Err(format!("`priorities` has {high}: each must be below {}", Ballot::PLACES));
        }
        let rules = rules_of(settings.mutant.as_deref())?;
        Ok(Config { servers, election_timeout: settings.election_timeout, priorities, rules })
    }

    /// How much a server is preferred.
    pub(super) fn priority(&self, server: NodeId) -> u32 {
        let place = self.servers.iter().position(|other| *other == server);
        place.and_then(|place| self.priorities.get(place)).copied().unwrap_or(0)
    }

    /// Whether so many servers make up a quorum.
    pub(super) fn is_quorum(&self, servers: usize) -> bool {
        servers > self.servers.len() / 2
    }
}

fn rules_of(mutant: Option<&str>) -> Result<Rules, String> {
    let Some(name) = mutant else { return Ok(Rules::SOUND) };
    Rules::of_mutant(name).ok_or_else(|| {
        let known: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        format!("`mutant` is \"{name}\": it must be one of {}", known.join(", "))
    })
}
