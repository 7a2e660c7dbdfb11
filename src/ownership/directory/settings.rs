//! What a scenario may set, and what is checked before a run.

use super::flawed::{Flaw, MUTANTS};
use crate::algorithm::{Roles, check_timers};
use crate::hashing::DependsOn;
use crate::id::NodeId;
use crate::ownership::map::Places;
use crate::ownership::settings::places;
use crate::time::Duration;
use serde::Deserialize;

/// The functions that move more than they must, and say so.
const MOVE_MORE: [&str; 3] = ["modulo", "maglev", "bounded"];

/// What `[algorithm.hashing-directory]` may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The function (`"ring"`), by the name that `stormseed placement` has for it.
    pub placement: String,
    /// Of how many keys owners are named (128; 256 at most).
    pub keys: u32,
    /// How many replicas of each (3).
    pub replicas: u32,
    /// How many of the nodes are members from the beginning (all, if not given).
    pub members: Option<u32>,
    /// How often a node asks for changes that it has not been told of (500 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub poll: Duration,
    /// A known bug to switch on. It takes the place of the function.
    pub mutant: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            placement: "ring".to_owned(),
            keys: 128,
            replicas: 3,
            members: None,
            poll: Duration::from_millis(500),
            mutant: None,
        }
    }
}

/// Settings that are complete and fit together.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) places: Places,
    pub(super) replicas: u32,
    pub(super) coordinator: NodeId,
    pub(super) nodes: Vec<NodeId>,
    pub(super) poll: Duration,
    pub(super) flaw: Option<Flaw>,
}

impl Config {
    /// Checks the settings and completes them for these nodes.
    pub(super) fn new(settings: Settings, roles: &Roles) -> Result<Config, String> {
        let &[coordinator] = roles.nodes("coordinator") else {
            let count = roles.nodes("coordinator").len();
            return Err(format!("`coordinator` is {count}: changes have one source; write 1"));
        };
        let nodes = roles.nodes("nodes").to_vec();
        let Settings { placement, keys, replicas, members, poll, mutant } = settings;
        if !(1..=256).contains(&keys) {
            return Err(format!("`keys` is {keys}: write 1 to 256"));
        }
        if replicas == 0 {
            return Err("`replicas` is 0: the owner is one of them; write 1 or more".to_owned());
        }
        check_timers(&[("poll", poll)])?;
        let places = places(&placement, keys, members, &nodes)?;
        let flaw = mutant.as_deref().map(flaw).transpose()?;
        Ok(Config { places, replicas, coordinator, nodes, poll, flaw })
    }

    /// Whether owners follow from the members alone.
    pub(super) fn forgets(&self) -> bool {
        let empty = self.places.function.empty(self.places.servers);
        self.flaw.is_some() || empty.depends_on() == DependsOn::Members
    }

    /// Whether a change moves no more than it must.
    pub(super) fn moves_little(&self) -> bool {
        let name = self.places.function.name;
        self.flaw.is_some() || !MOVE_MORE.iter().any(|known| name.starts_with(known))
    }
}

fn flaw(name: &str) -> Result<Flaw, String> {
    Flaw::named(name).ok_or_else(|| {
        let known: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        format!("`mutant` is \"{name}\": it must be one of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_do_not_fit_together_are_refused_with_what_would_be_right() {
        let refused = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            let roles = Roles::deal([("coordinator", 1), ("nodes", 4)]);
            Config::new(settings, &roles).expect_err("they do not fit")
        };
        assert!(refused(|it| it.keys = 257).contains("1 to 256"));
        assert!(refused(|it| it.replicas = 0).contains("`replicas` is 0"));
        assert!(refused(|it| it.members = Some(5)).contains("1 to `servers` (4)"));
        assert!(refused(|it| it.mutant = Some("x".into())).contains("random-hasher"));
        assert!(refused(|it| it.poll = Duration::ZERO).contains("`poll` is 0"));
    }

    #[test]
    fn every_known_bug_has_its_flaw() {
        assert!(MUTANTS.iter().all(|mutant| Flaw::named(mutant.name).is_some()));
    }
}
