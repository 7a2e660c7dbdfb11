//! What a scenario may set, and what is checked before a run.

use super::rules::{MUTANTS, Rules};
use super::watch::Detection;
use crate::algorithm::{Roles, check_timers};
use crate::id::NodeId;
use crate::ownership::map::Places;
use crate::ownership::settings::places;
use crate::time::Duration;
use serde::Deserialize;

/// What the other stores of the family promise, and this one does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Judged {
    /// No two serve a shard at one moment.
    SingleServer,
    /// Who serves has come as far as anybody before.
    AcceptedWriteSeen,
    /// What a client knows to be done is in every later state.
    NoLostWrite,
    /// A write is applied once.
    AppliedOnce,
    /// Clients see one register for each key.
    Linearizable,
}

/// What `[algorithm.hashing-gossip]` may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The function that places shards on servers (`"ring"`), by the name that `stormseed
    /// placement` has for it.
    pub placement: String,
    /// How many shards the keys are dealt to (32; 256 at most).
    pub shards: u32,
    /// How many of the servers are members from the beginning (all, if not given). The others are
    /// spares: they gossip, and own nothing before they are added.
    pub members: Option<u32>,
    /// How often a server tells another what it knows (200 ms). Longer means that views differ for
    /// longer, shorter more messages: two or three a server in each interval.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub gossip: Duration,
    /// What a server suspects a silent one by.
    pub detector: Detection,
    /// How long nothing new may be heard of a server before it is suspected (2 s). Shorter finds
    /// those who are gone sooner, and more often those who are not, whose keys then have two
    /// servers. For `detector = "fixed"` alone.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub suspect_after: Duration,
    /// When phi exceeds this, a server is suspected (8): 1 to 18. For `detector = "phi"` alone.
    pub phi_threshold: u32,
    /// How often a client asks some server for its view (1 s). It also asks when it is sent away or
    /// not answered.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub refresh: Duration,
    /// How long a client waits for an answer before it asks again (100 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub retry: Duration,
    /// How long a client waits before it asks again who has sent it away (20 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub backoff: Duration,
    /// After how long a client gives an operation up (5 s). Nobody knows then whether it took
    /// effect, or still will.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub patience: Duration,
    /// How long a server waits for the word that a copy has come before it sends it again (200 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub resend: Duration,
    /// By what it is judged besides its own promises (nothing): a control, since all of these are
    /// broken by design as soon as views differ.
    pub judge_also: Vec<Judged>,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            placement: "ring".to_owned(),
            shards: 32,
            members: None,
            gossip: Duration::from_millis(200),
            detector: Detection::Fixed,
            suspect_after: Duration::from_secs(2),
            phi_threshold: 8,
            refresh: Duration::from_secs(1),
            retry: Duration::from_millis(100),
            backoff: Duration::from_millis(20),
            patience: Duration::from_secs(5),
            resend: Duration::from_millis(200),
            judge_also: Vec::new(),
            mutant: None,
        }
    }
}

/// Settings that are complete and fit together.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) places: Places,
    pub(super) servers: Vec<NodeId>,
    pub(super) clients: Vec<NodeId>,
    pub(super) gossip: Duration,
    pub(super) detector: Detection,
    pub(super) suspect_after: Duration,
    pub(super) phi_threshold: u32,
    pub(super) refresh: Duration,
    pub(super) retry: Duration,
    pub(super) backoff: Duration,
    pub(super) patience: Duration,
    pub(super) resend: Duration,
    pub(super) judge_also: Vec<Judged>,
    pub(super) rules: Rules,
}

impl Config {
    /// Checks the settings and completes them for these nodes.
    pub(super) fn new(settings: Settings, roles: &Roles) -> Result<Config, String> {
        let servers = roles.nodes("servers").to_vec();
        let Settings { shards, members, .. } = settings;
        let config = Config {
            places: places(&settings.placement, shards, members, &servers)?,
            servers,
            clients: roles.nodes("clients").to_vec(),
            gossip: settings.gossip,
            detector: settings.detector,
            suspect_after: settings.suspect_after,
            phi_threshold: settings.phi_threshold,
            refresh: settings.refresh,
            retry: settings.retry,
            backoff: settings.backoff,
            patience: settings.patience,
            resend: settings.resend,
            judge_also: settings.judge_also,
            rules: rules_of(settings.mutant.as_deref())?,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.clients.is_empty() {
            return Err("`clients` is 0: there must be at least 1 who asks".to_owned());
        }
        check_timers(&[
            ("gossip", self.gossip),
            ("refresh", self.refresh),
            ("retry", self.retry),
            ("backoff", self.backoff),
            ("patience", self.patience),
            ("resend", self.resend),
        ])?;
        if !(1..=18).contains(&self.phi_threshold) {
            return Err(format!("`phi-threshold` is {}: it must be 1 to 18", self.phi_threshold));
        }
        if self.suspect_after <= self.gossip {
            return Err(format!(
                "`suspect-after` is {}: it must be more than `gossip` ({}), or everybody is \
                 suspected between two heartbeats",
                self.suspect_after, self.gossip
            ));
        }
        Ok(())
    }
}

fn rules_of(mutant: Option<&str>) -> Result<Rules, String> {
    let Some(name) = mutant else { return Ok(Rules::SOUND) };
    Rules::of_mutant(name).ok_or_else(|| {
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
            let roles = Roles::deal([("servers", 4), ("clients", 1)]);
            Config::new(settings, &roles).expect_err("they do not fit")
        };
        assert!(refused(|it| it.suspect_after = it.gossip).contains("more than `gossip` (200ms)"));
        assert!(refused(|it| it.phi_threshold = 19).contains("1 to 18"));
        assert!(refused(|it| it.members = Some(5)).contains("1 to `servers` (4)"));
        assert!(refused(|it| it.refresh = Duration::ZERO).contains("`refresh` is 0"));
        assert!(refused(|it| it.mutant = Some("x".into())).contains("suspicion-kept"));
        let nobody = Config::new(Settings::default(), &Roles::deal([("servers", 4)]));
        assert!(nobody.expect_err("nobody asks").contains("`clients` is 0"));
    }
}
