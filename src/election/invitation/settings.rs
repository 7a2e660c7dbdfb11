//! How long a node waits for what. Nothing is ever wrong because of it, but much may be in vain.

use super::group::Group;
use super::rules::{MUTANTS, Rules};
use crate::algorithm::{Roles, check_timers};
use crate::id::NodeId;
use crate::time::Duration;
use serde::Deserialize;

/// What `[algorithm.election-invitation]` may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How often a coordinator looks for other ones.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub check_every: Duration,
    /// How long a node waits for answers; twice that for those who are invited, since invitations
    /// are handed on.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub call_timeout: Duration,
    /// How often a member asks whether its coordinator is there, and how long one who has joined a
    /// group waits for it to work.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub suspect_after: Duration,
    /// How often a member asks before it takes the silence of its coordinator for an answer. The
    /// paper's calls are not lost; messages are.
    pub questions: u32,
    /// How much longer a coordinator hesitates to merge for each place that it is below the highest
    /// it has found, so that the highest goes first. Coordinators that all merge at once refuse one
    /// another for ever: it must be more than none, and is best longer than a call takes.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub hesitation: Duration,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    /// For a network of 25 ms mostly.
    fn default() -> Self {
        Settings {
            check_every: Duration::from_millis(100),
            call_timeout: Duration::from_millis(50),
            suspect_after: Duration::from_millis(300),
            questions: 3,
            hesitation: Duration::from_millis(100),
            mutant: None,
        }
    }
}

/// Settings that have been checked, with the servers they are for.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) members: Vec<NodeId>,
    pub(super) check_every: Duration,
    pub(super) call_timeout: Duration,
    pub(super) suspect_after: Duration,
    pub(super) questions: u32,
    pub(super) hesitation: Duration,
    pub(super) rules: Rules,
}

impl Config {
    /// Checks the settings for the nodes of the role `servers`.
    pub(super) fn new(settings: &Settings, roles: &Roles) -> Result<Config, String> {
        let members = roles.nodes("servers").to_vec();
        if members.is_empty() {
            return Err("`servers` is 0: an election needs at least 1".to_owned());
        }
        if members.iter().any(|node| u64::from(node.number()) >= Group::PLACES) {
            return Err(format!(
                "`servers` is {}: group numbers tell at most {} nodes apart",
                members.len(),
                Group::PLACES
            ));
        }
        let timers =
            [("check-every", settings.check_every), ("call-timeout", settings.call_timeout)];
        check_timers(&timers)?;
        if settings.hesitation == Duration::ZERO {
            let problem = "`hesitation` is 0: coordinators that all merge at once refuse one \
                           another for ever; take as long as `call-timeout` or longer";
            return Err(problem.to_owned());
        }
        if settings.questions == 0 {
            return Err("`questions` is 0: a member must ask before it leaves".to_owned());
        }
        let joining = settings.call_timeout.saturating_mul(3);
        if settings.suspect_after <= joining {
            return Err(format!(
                "`suspect-after` is {}: it must be more than three times `call-timeout` \
                 ({joining}), or who joins a group leaves it before it works",
                settings.suspect_after
            ));
        }
        Ok(Config {
            members,
            check_every: settings.check_every,
            call_timeout: settings.call_timeout,
            suspect_after: settings.suspect_after,
            questions: settings.questions,
            hesitation: settings.hesitation,
            rules: rules_of(settings.mutant.as_deref())?,
        })
    }
}

fn rules_of(mutant: Option<&str>) -> Result<Rules, String> {
    let Some(name) = mutant else { return Ok(Rules::SOUND) };
    Rules::of_mutant(name).ok_or_else(|| {
        let known: Vec<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        format!("`mutant` is \"{name}\": it must be one of {}", known.join(", "))
    })
}
