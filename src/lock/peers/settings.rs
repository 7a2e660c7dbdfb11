//! What the peers of all these algorithms have in common: who they are, and for how long they hold
//! the lock.

use crate::algorithm::{Mutant, Roles};
use crate::assumption::Assumptions;
use crate::id::NodeId;
use crate::time::Duration;
use serde::Deserialize;

/// What the section of any of these algorithms may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How long a peer holds the lock at least.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub hold_min: Duration,
    /// How long it holds the lock at most; how long it is each time is drawn.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub hold_max: Duration,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    /// Short beside the usual latency, so that it is the algorithm that takes the time.
    fn default() -> Self {
        Settings {
            hold_min: Duration::from_millis(5),
            hold_max: Duration::from_millis(20),
            mutant: None,
        }
    }
}

/// Who shares the lock, and for how long each holds it.
#[derive(Clone, Debug)]
pub(super) struct Peers {
    pub members: Vec<NodeId>,
    pub hold: (Duration, Duration),
}

impl Peers {
    /// Checks the settings for the nodes of the role `nodes`.
    pub fn new(settings: &Settings, roles: &Roles) -> Result<Peers, String> {
        let members = roles.nodes("nodes").to_vec();
        if members.is_empty() {
            return Err("`nodes` is 0: a lock needs at least 1 who wants it".to_owned());
        }
        let hold = (settings.hold_min, settings.hold_max);
        if hold.0 > hold.1 {
            return Err(format!("`hold-min` is {} and `hold-max` {}: swap them", hold.0, hold.1));
        }
        Ok(Peers { members, hold })
    }

    /// How many others there are.
    pub fn others(&self) -> usize {
        self.members.len() - 1
    }
}

/// What all of them rest on: each message is sent once, so that one that is lost is missed for
/// ever, and who comes back from a crash has forgotten what it had granted to whom.
pub(super) fn assumptions() -> Assumptions {
    Assumptions {
        reliable_links: true,
        crash_stop: true,
        static_membership: true,
        ..Assumptions::default()
    }
}

/// The rules of a known bug, or the sound ones if none is named.
pub(super) fn rules_of<R>(
    mutant: Option<&str>,
    sound: R,
    of_mutant: fn(&str) -> Option<R>,
    known: &[Mutant],
) -> Result<R, String> {
    let Some(name) = mutant else { return Ok(sound) };
    of_mutant(name).ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(|mutant| mutant.name).collect();
        format!("`mutant` is \"{name}\": it must be one of {}", known.join(", "))
    })
}
