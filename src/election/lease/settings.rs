//! What a scenario may set, and what is checked before a run.

use super::rules::{MUTANTS, Rules};
use crate::algorithm::{Roles, check_timers};
use crate::assumption::Assumptions;
use crate::id::NodeId;
use crate::time::{Drift, Duration};
use serde::Deserialize;

/// What `[algorithm.election-lease]` may say. The defaults are those of Kubernetes' components.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How long a candidate must see the record unchanged before it takes it (15 s): the longer,
    /// the more wrong clocks may be, and the longer nobody leads after a crash.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub lease_duration: Duration,
    /// How long a leader tries to renew before it stops (10 s).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub renew_deadline: Duration,
    /// How long a leader waits from one attempt to the next (2 s); a candidate waits from 1 to 2.2
    /// times as long, drawn each time.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub retry_period: Duration,
    /// How long a request may go unanswered before its attempt counts as failed; half of
    /// `renew-deadline` if not given.
    #[cfg_attr(feature = "scenario", schemars(with = "Option<String>"))]
    pub request_timeout: Option<Duration>,
    /// Whether a leader that steps down says so in the record, so that others need not wait (on;
    /// in client-go it is off unless asked for).
    pub release_on_cancel: bool,
    /// How often a leader acts (500 ms): what two leaders at once do harm by.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub act_every: Duration,
    /// How long the store's answer takes at most (100 ms): assumed, and used for nothing but to say
    /// how wrong clocks may be.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub message_delay: Duration,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            lease_duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
            request_timeout: None,
            release_on_cancel: true,
            act_every: Duration::from_millis(500),
            message_delay: Duration::from_millis(100),
            mutant: None,
        }
    }
}

/// Settings that are complete and fit together.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) store: NodeId,
    pub(super) candidates: Vec<NodeId>,
    pub(super) lease_duration: Duration,
    pub(super) renew_deadline: Duration,
    pub(super) retry_period: Duration,
    pub(super) request_timeout: Duration,
    pub(super) release_on_cancel: bool,
    pub(super) act_every: Duration,
    pub(super) message_delay: Duration,
    pub(super) rules: Rules,
}

impl Config {
    /// Checks and completes the settings for a store and its candidates.
    pub(super) fn new(settings: &Settings, roles: &Roles) -> Result<Config, String> {
        let &[store] = roles.nodes("store") else {
            let count = roles.nodes("store").len();
            return Err(format!("`store` is {count}: it must be 1, for there is one record"));
        };
        let candidates = roles.nodes("candidates").to_vec();
        if candidates.is_empty() {
            return Err("`candidates` is 0: an election needs at least 1".to_owned());
        }
        let half = Duration::from_nanos(settings.renew_deadline.as_nanos() / 2);
        let config = Config {
            store,
            candidates,
            lease_duration: settings.lease_duration,
            renew_deadline: settings.renew_deadline,
            retry_period: settings.retry_period,
            request_timeout: settings.request_timeout.unwrap_or(half),
            release_on_cancel: settings.release_on_cancel,
            act_every: settings.act_every,
            message_delay: settings.message_delay,
            rules: rules_of(settings.mutant.as_deref())?,
        };
        config.check()?;
        Ok(config)
    }

    /// What is refused, client-go refuses too, but for the last: there a leader that is silent for
    /// a retry period and then for the whole deadline may act when another has taken over.
    fn check(&self) -> Result<(), String> {
        let lengths = [
            ("retry-period", self.retry_period),
            ("request-timeout", self.request_timeout),
            ("act-every", self.act_every),
        ];
        check_timers(&lengths)?;
        if self.lease_duration <= self.renew_deadline {
            return Err(format!(
                "`lease-duration` is {}: it must be more than `renew-deadline` ({}), so that a \
                 leader stops before others take over",
                self.lease_duration, self.renew_deadline
            ));
        }
        let longest_wait = jittered(self.retry_period);
        if self.renew_deadline <= longest_wait {
            return Err(format!(
                "`renew-deadline` is {}: it must be more than 1.2 times `retry-period` \
                 ({longest_wait}), so that a leader may try again before it stops",
                self.renew_deadline
            ));
        }
        let delay = self.message_delay.saturating_mul(2);
        let most = self.longest_lead() + delay;
        if self.lease_duration <= most {
            return Err(format!(
                "`lease-duration` is {}: it must be more than `renew-deadline` + `retry-period` + \
                 2 `message-delay` ({most}): for so long a leader acts after it has renewed, and \
                 two would act at once with perfect clocks (client-go accepts this)",
                self.lease_duration
            ));
        }
        Ok(())
    }

    /// How long a leader may act after it has heard that it renewed, on its own clock.
    fn longest_lead(&self) -> Duration {
        self.retry_period + self.renew_deadline
    }

    /// The rate error d up to which a leader stops before anybody takes over, if it is slow and all
    /// others are fast: `lead / (1 - d) + delay <= lease / (1 + d)`. With `delay (1 + d) <= 2
    /// delay` that is `d <= (lease' - lead) / (lease' + lead)` for `lease' = lease - 2 delay`.
    pub(super) fn tolerable_drift(&self) -> Drift {
        let lease = self.lease_duration.saturating_sub(self.message_delay.saturating_mul(2));
        let lead = self.longest_lead();
        let spare = u128::from(lease.saturating_sub(lead).as_nanos());
        let ppm = spare * 1_000_000 / u128::from((lease + lead).as_nanos().max(1));
        Drift::from_ppm(i32::try_from(ppm).unwrap_or(0))
    }

    pub(super) fn assumptions(&self) -> Assumptions {
        Assumptions {
            delay_bound: Some(self.message_delay),
            drift_bound: Some(self.tolerable_drift()),
            no_pause: true,
            honest_disk: true,
            static_membership: true,
            ..Assumptions::default()
        }
    }
}

/// 1.2 times as long: client-go's jitter factor.
fn jittered(length: Duration) -> Duration {
    Duration::from_nanos(length.as_nanos() / 5).saturating_mul(6)
}

impl Config {
    /// The longest that a candidate waits from one attempt to the next.
    pub(super) fn longest_retry(&self) -> Duration {
        self.retry_period + jittered(self.retry_period)
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

    fn config(change: impl FnOnce(&mut Settings)) -> Result<Config, String> {
        let mut settings = Settings::default();
        change(&mut settings);
        Config::new(&settings, &Roles::deal([("store", 1), ("candidates", 3)]))
    }

    #[test]
    fn settings_that_do_not_fit_together_are_refused_with_what_would_be_right() {
        let refused = |change: fn(&mut Settings)| config(change).expect_err("they do not fit");
        let error = refused(|it| it.lease_duration = Duration::from_secs(10));
        assert!(error.contains("more than `renew-deadline` (10s)"), "{error}");
        let error = refused(|it| it.retry_period = Duration::from_millis(8_334));
        assert!(error.contains("1.2 times `retry-period` (10.0008s)"), "{error}");
        assert!(refused(|it| it.retry_period = Duration::ZERO).contains("`retry-period` is 0"));
        assert!(refused(|it| it.mutant = Some("blind".into())).contains("blind-update"));
        let stores = Roles::deal([("store", 2), ("candidates", 3)]);
        let error = Config::new(&Settings::default(), &stores).expect_err("two stores");
        assert!(error.contains("`store` is 2"), "{error}");
        let error = refused(|it| it.retry_period = Duration::from_millis(4_800));
        assert!(error.contains("2 `message-delay` (15s)"), "{error}");
        assert!(config(|it| it.retry_period = Duration::from_millis(4_799)).is_ok());
    }

    #[test]
    fn the_slowest_leader_within_the_bound_stops_before_the_fastest_candidate_takes_over() {
        let config = config(|_| {}).expect("the defaults fit together");
        let ppm = config.tolerable_drift().ppm() as u64;
        assert_eq!(ppm, 104_477, "1.25 of clock rates, less the delay");
        let true_time = |length: Duration, rate: u64| length.as_nanos() * 1_000_000 / rate;
        let lead = true_time(config.longest_lead(), 1_000_000 - ppm);
        let lease = true_time(config.lease_duration, 1_000_000 + ppm);
        assert!(lead + config.message_delay.as_nanos() <= lease);
        assert!(lead + lead / 50 > lease, "and no bound is much weaker");
    }
}
