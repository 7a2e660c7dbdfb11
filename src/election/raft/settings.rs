//! What a scenario may set, and what is checked before a run.

use super::reads::Reads;
use super::rules::{MUTANTS, Rules, SOUND, mutant};
use crate::algorithm::check_timers;
use crate::election::spec::Members;
use crate::id::NodeId;
use crate::time::{Drift, Duration};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// `[algorithm.election-raft]`: each setting has the default that the paper suggests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
pub struct Settings {
    /// The shortest election timeout; each time one is set it is drawn anew (9.3: 150 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub election_timeout_min: Duration,
    /// The longest election timeout (300 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub election_timeout_max: Duration,
    /// How often a leader sends AppendEntries to everybody, new entries or not (50 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub heartbeat: Duration,
    /// The most entries that one AppendEntries carries (64).
    pub batch: u32,
    /// Whether a new leader appends an entry of its own, so that older entries commit with it
    /// without waiting for a client (section 8; on).
    pub no_op_on_election: bool,
    /// Whether a server asks whether it could win before it raises its term (thesis 9.6). Off, as
    /// in the paper.
    pub pre_vote: bool,
    /// Whether a leader that hears from no majority within an election timeout steps down (thesis
    /// 6.2), and whoever heard a leader within one ignores candidates (thesis 4.2.3). Off, as in
    /// the paper.
    pub check_quorum: bool,
    /// How a leader makes sure that what it reads is not stale (thesis 6.4): by a round of
    /// heartbeats, or by a lease that needs `check-quorum` and clocks that keep to their bound.
    /// By a round.
    pub reads: Reads,
    /// By how much clocks may run fast or slow for a lease to hold (1%).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub clock_drift_bound: Drift,
    /// How many of the servers, the first ones, are members when the group begins; the others are
    /// spares that `add-server` and `add-learner` bring in. All, if nothing is said.
    pub members: Option<u32>,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            election_timeout_min: Duration::from_millis(150),
            election_timeout_max: Duration::from_millis(300),
            heartbeat: Duration::from_millis(50),
            batch: 64,
            no_op_on_election: true,
            pre_vote: false,
            check_quorum: false,
            reads: Reads::ReadIndex,
            clock_drift_bound: Drift::from_ppm(10_000),
            members: None,
            mutant: None,
        }
    }
}

/// Settings that have been checked, with the servers they are for.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) servers: Vec<NodeId>,
    /// With whom the group begins.
    pub(super) members: Arc<Members>,
    pub(super) election_timeout_min: Duration,
    pub(super) election_timeout_max: Duration,
    pub(super) heartbeat: Duration,
    pub(super) batch: usize,
    pub(super) no_op_on_election: bool,
    pub(super) pre_vote: bool,
    pub(super) check_quorum: bool,
    pub(super) reads: Reads,
    pub(super) clock_drift_bound: Drift,
    pub(super) rules: Rules,
}

impl Settings {
    /// Checks the settings and completes them for these servers, in ascending order.
    ///
    /// # Errors
    /// A sentence that names the setting, its value and what would be right.
    pub fn config(self, servers: &[NodeId]) -> Result<Config, String> {
        if servers.is_empty() {
            return Err("raft needs at least one server; set `servers = 3`".into());
        }
        assert!(servers.is_sorted(), "servers are dealt in ascending order");
        self.check_times()?;
        self.check_reads()?;
        if self.batch == 0 {
            return Err("`batch = 0` would send no entry ever; set at least 1".into());
        }
        Ok(Config {
            rules: self.rules()?,
            members: Arc::new(self.first_members(servers)?),
            servers: servers.to_vec(),
            election_timeout_min: self.election_timeout_min,
            election_timeout_max: self.election_timeout_max,
            heartbeat: self.heartbeat,
            batch: self.batch as usize,
            no_op_on_election: self.no_op_on_election,
            pre_vote: self.pre_vote,
            check_quorum: self.check_quorum,
            reads: self.reads,
            clock_drift_bound: self.clock_drift_bound,
        })
    }

    fn first_members(&self, servers: &[NodeId]) -> Result<Members, String> {
        let count = self.members.map_or(servers.len(), |count| count as usize);
        if count == 0 || count > servers.len() {
            return Err(format!(
                "`members = {count}` of {} servers; set 1 to {}, or leave it out for all",
                servers.len(),
                servers.len()
            ));
        }
        Ok(Members::of(servers[..count].iter().copied()))
    }

    fn check_reads(&self) -> Result<(), String> {
        let bound = self.clock_drift_bound;
        if bound < Drift::NONE || bound.ppm() >= 1_000_000 {
            return Err(format!(
                "`clock-drift-bound = {bound}` is no bound for both directions; set 0% to 99%"
            ));
        }
        if self.reads == Reads::Lease && !self.check_quorum {
            return Err("`reads = \"lease\"` needs voters that let a leader be; \
                 set `check-quorum = true`"
                .into());
        }
        Ok(())
    }

    fn check_times(&self) -> Result<(), String> {
        let (min, max) = (self.election_timeout_min, self.election_timeout_max);
        if min > max {
            return Err(format!(
                "`election-timeout-min = {min}` is longer than `election-timeout-max = {max}`; \
                 make the minimum the shorter one"
            ));
        }
        check_timers(&[("heartbeat", self.heartbeat)])?;
        if self.heartbeat >= min {
            return Err(format!(
                "`heartbeat = {}` does not come before followers lose patience \
                 (`election-timeout-min = {min}`); set at most half of that",
                self.heartbeat
            ));
        }
        Ok(())
    }

    fn rules(&self) -> Result<Rules, String> {
        let Some(name) = &self.mutant else { return Ok(SOUND) };
        mutant(name).ok_or_else(|| {
            let known: Vec<_> = MUTANTS.iter().map(|mutant| mutant.name).collect();
            format!("raft has no mutant `{name}`; it has {}", known.join(", "))
        })
    }
}

impl Config {
    /// The servers, in ascending order, spares included.
    pub fn servers(&self) -> &[NodeId] {
        &self.servers
    }

    /// Where a server stands among the servers; `None` for a node that is not one of them.
    #[inline]
    pub(super) fn position(&self, node: NodeId) -> Option<usize> {
        self.servers.binary_search(&node).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.config(&[NodeId::new(0)]).expect_err("the settings are wrong")
    }

    #[test]
    fn the_defaults_are_in_order() {
        let config = Settings::default().config(&[NodeId::new(0), NodeId::new(1)]);
        assert_eq!(config.map(|config| config.members.voters().len()), Ok(2));
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_value_and_a_cure() {
        let inverted = refusal(|s| s.election_timeout_max = Duration::from_millis(100));
        assert!(inverted.contains("election-timeout-min = 150ms") && inverted.contains("100ms"));
        let slow = refusal(|s| s.heartbeat = Duration::from_millis(150));
        assert!(slow.contains("heartbeat = 150ms") && slow.contains("at most half"));
        assert!(refusal(|s| s.heartbeat = Duration::ZERO).contains("at least"));
        assert!(refusal(|s| s.batch = 0).contains("at least 1"));
        assert!(refusal(|s| s.reads = Reads::Lease).contains("check-quorum = true"));
        let backwards = refusal(|s| s.clock_drift_bound = Drift::from_ppm(-1));
        assert!(backwards.contains("clock-drift-bound = -1ppm"), "{backwards}");
        assert!(Settings::default().config(&[]).is_err());
        assert!(
            refusal(|s| s.members = Some(2)).contains("`members = 2` of 1 servers; set 1 to 1")
        );
        assert!(refusal(|s| s.members = Some(0)).contains("leave it out for all"));
    }

    #[test]
    fn an_unknown_mutant_is_answered_with_the_known_ones() {
        let message = refusal(|s| s.mutant = Some("quorum-haf".into()));
        assert!(message.contains("`quorum-haf`") && message.contains("quorum-half"));
    }
}
