//! A run in which a service did not come back in time after the storm, looked into.
//!
//! Whether that is the algorithm's fault is not asked of the algorithm. More runs of the same
//! seed answer: one that goes on ten times as long - is it slow, or stuck? - and one in which
//! everybody is healed; where the schedule gives commands after the heal, a third goes without
//! them. Only if the second makes progress, *and* the true state of the world is not what the
//! algorithm declares it needs, is the run excused.

use crate::assumption::Requirement;
use crate::time::Duration;
use serde::Serialize;

/// How a service fared in a run with ten times the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// It came, so long after the heal.
    Slow(Duration),
    /// It did not come.
    Stuck,
}

/// What the broken remainder has to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remainder {
    /// Nobody was outside the core.
    Nobody,
    /// With everybody healed it came in time, so long after the heal.
    ToBlame(Duration),
    /// With everybody healed it did not come in time either.
    Blameless,
}

/// What the commands that the schedule gives after the heal have to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orders {
    /// There were none.
    Nobody,
    /// Without these, so many, it came in time, so long after the heal.
    ToBlame(u64, Duration),
    /// Without these, so many, it did not come in time either.
    Blameless(u64),
}

/// A service that was not back in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standstill {
    /// The property of the service.
    pub property: String,
    /// How often it came after the heal.
    pub visits: u64,
    /// The longest time for which it stayed.
    pub longest_visit: Duration,
    /// How long it had been gone at the end; `None` if it was there.
    pub gone: Option<Duration>,
    /// Whether it is slow or stuck.
    pub pace: Pace,
    /// Whether it would have come with everybody healed.
    pub remainder: Remainder,
    /// Whether it would have come had nobody been given a command after the heal.
    pub orders: Orders,
    /// What the algorithm declares that progress needs.
    pub requires: Requirement,
    /// Whether the world was so at the end of the run.
    pub is_met: bool,
}

impl Standstill {
    /// Whether the world, and not the algorithm, is to blame.
    pub const fn is_excused(&self) -> bool {
        matches!(self.remainder, Remainder::ToBlame(_)) && !self.is_met
    }

    /// The excuse in a few words, as the column has it; `None` if there is none.
    pub fn excuse(&self) -> Option<String> {
        self.is_excused().then(|| format!("{} not met", self.requires.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_world_that_is_to_blame_and_not_as_declared_excuses() {
        let excused = |remainder, is_met| {
            let late = Standstill {
                property: "accepted-leader".to_owned(),
                visits: 0,
                longest_visit: Duration::ZERO,
                gone: None,
                pace: Pace::Stuck,
                remainder,
                orders: Orders::Nobody,
                requires: Requirement::AllConnected,
                is_met,
            };
            late.is_excused()
        };
        let blamed = Remainder::ToBlame(Duration::from_secs(1));
        assert!(excused(blamed, false) && !excused(blamed, true));
        assert!(!excused(Remainder::Blameless, false) && !excused(Remainder::Nobody, false));
    }
}
