//! What a scenario may set, and what is checked before a run.

use super::gossip;
use super::rules::{MUTANTS, Rules};
use crate::algorithm::{Roles, check_timers};
use crate::assumption::Assumptions;
use crate::id::NodeId;
use crate::time::{Drift, Duration};
use serde::Deserialize;

/// Whom a member pings next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Targets {
    /// Everybody in turn, in an order that is drawn anew each time: nobody is left out for longer
    /// than 2n - 1 periods (section 4.3).
    #[default]
    Shuffled,
    /// Anybody, drawn each time: a failure is found after 1.58 periods on average, and there is no
    /// longest time (section 3.1).
    Random,
}

/// What `[algorithm.detector-swim]` may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How long a period is (200 ms): everybody asks one other in each.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub period: Duration,
    /// How long a member waits for an ack before it asks others to ask (50 ms). The rest of the
    /// period is for them.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub ping_timeout: Duration,
    /// How many others are asked to ask (3): the more, the fewer who are there are suspected.
    pub proxies: u32,
    /// How long a suspected member has to refute (1 s): 0 takes it to be gone at once.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub suspicion: Duration,
    /// Each news is told so many times the logarithm of the size of the group (3).
    pub gossip: u32,
    /// The most news that one message brings (8).
    pub news: u32,
    /// Whom a member pings next (`"shuffled"`).
    pub targets: Targets,
    /// How long a message takes at most (10 ms): agreement is judged by it.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub message_delay: Duration,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            period: Duration::from_millis(200),
            ping_timeout: Duration::from_millis(50),
            proxies: 3,
            suspicion: Duration::from_secs(1),
            gossip: 3,
            news: 8,
            targets: Targets::Shuffled,
            message_delay: Duration::from_millis(10),
            mutant: None,
        }
    }
}

/// Settings that have been checked, with the members they are for.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) members: Vec<NodeId>,
    pub(super) settings: Settings,
    pub(super) rules: Rules,
}

impl Config {
    /// Checks the settings and completes them for the nodes of the role `members`.
    pub(super) fn new(settings: Settings, roles: &Roles) -> Result<Config, String> {
        let members = roles.nodes("members").to_vec();
        if members.is_empty() {
            return Err("`members` is 0: a membership needs at least 1".to_owned());
        }
        check_timers(&[("ping-timeout", settings.ping_timeout)])?;
        let round_trip = settings.message_delay.saturating_mul(2);
        if settings.ping_timeout <= round_trip {
            return Err(format!(
                "`ping-timeout` is {}: it must be more than twice `message-delay` ({round_trip}), \
                 for a ping and its ack",
                settings.ping_timeout
            ));
        }
        let indirect = settings.ping_timeout + round_trip.saturating_mul(2);
        if settings.period <= indirect {
            return Err(format!(
                "`period` is {}: it must be more than `ping-timeout` and four times \
                 `message-delay` ({indirect}), for the ack of a proxy",
                settings.period
            ));
        }
        for (name, number) in [("gossip", settings.gossip), ("news", settings.news)] {
            if number == 0 {
                return Err(format!(
                    "`{name}` is 0: nobody would hear of anything; set at least 1"
                ));
            }
        }
        let rules = rules_of(settings.mutant.as_deref())?;
        Ok(Config { members, settings, rules })
    }

    /// How often each news is told.
    pub(super) fn times(&self) -> u32 {
        gossip::times(self.settings.gossip, self.members.len())
    }

    /// How long after the last change all agree, in true time.
    ///
    /// In every order of the others each is pinged once, so that within 2n periods somebody pings
    /// whoever is down and suspects it a period later; it is taken to be gone after `suspicion`.
    /// Whoever is wrong about a member meets it within 2n periods too, and is told its refutation.
    /// News spread in the time in which they are told. All of it twice: a suspicion of before the
    /// change may have to end first.
    pub(super) fn settle(&self) -> Duration {
        let periods = 4 * self.members.len() as u64 + u64::from(self.times());
        let once = self.settings.period.saturating_mul(periods) + self.settings.suspicion;
        once.saturating_mul(2)
    }

    pub(super) fn assumptions(&self) -> Assumptions {
        Assumptions {
            reliable_links: true,
            delay_bound: Some(self.settings.message_delay),
            drift_bound: Some(Drift::from_ppm(100_000)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_do_not_fit_together_are_refused_with_what_would_be_right() {
        let refused = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            Config::new(settings, &Roles::deal([("members", 3)])).expect_err("they do not fit")
        };
        let error = refused(|it| it.ping_timeout = Duration::from_millis(20));
        assert!(error.contains("twice `message-delay` (20ms)"), "{error}");
        let error = refused(|it| it.period = Duration::from_millis(90));
        assert!(error.contains("(90ms)"), "{error}");
        assert!(refused(|it| it.gossip = 0).contains("`gossip` is 0"));
        assert!(refused(|it| it.mutant = Some("x".into())).contains("refuted-without"));
    }
}
