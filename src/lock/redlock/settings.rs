//! What a scenario may set, and what is checked before a run.

use super::rules::{MUTANTS, Rules, drift_margin};
use crate::algorithm::{Roles, check_timers};
use crate::assumption::Assumptions;
use crate::id::NodeId;
use crate::lock::resource::{Fence, Mode};
use crate::time::{Drift, Duration};
use serde::Deserialize;

/// What `[algorithm.lock-redlock]` may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How long a server stores a nonce, by its wall clock (10 s).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub ttl: Duration,
    /// How long a client waits for the servers before a try counts as failed (50 ms): much less
    /// than `ttl`, so that a server that is down costs little.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub server_timeout: Duration,
    /// The longest wait before the next try (200 ms); it is drawn each time, from nothing on.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub retry_delay: Duration,
    /// After how many tries a client gives up; never if not given. Clients in use have 3.
    pub tries: Option<u32>,
    /// How long a question to the resource may go unanswered before it is asked again (500 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub resource_timeout: Duration,
    /// How long a holder works at least from what it reads to what it writes (50 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub work_min: Duration,
    /// How long at most (250 ms); it is drawn each time.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub work_max: Duration,
    /// How long a message to the resource takes at most (20 ms): assumed, and used for nothing but
    /// to say how wrong clocks may be.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub message_delay: Duration,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            ttl: Duration::from_secs(10),
            server_timeout: Duration::from_millis(50),
            retry_delay: Duration::from_millis(200),
            tries: None,
            resource_timeout: Duration::from_millis(500),
            work_min: Duration::from_millis(50),
            work_max: Duration::from_millis(250),
            message_delay: Duration::from_millis(20),
            mutant: None,
        }
    }
}

/// Settings that are complete and fit together.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) servers: Vec<NodeId>,
    pub(super) resource: Option<NodeId>,
    pub(super) clients: Vec<NodeId>,
    pub(super) ttl: Duration,
    pub(super) server_timeout: Duration,
    pub(super) retry_delay: Duration,
    pub(super) tries: Option<u32>,
    pub(super) resource_timeout: Duration,
    pub(super) work_min: Duration,
    pub(super) work_max: Duration,
    pub(super) message_delay: Duration,
    pub(super) fence: Fence,
    pub(super) rules: Rules,
}

impl Config {
    /// Checks and completes the settings for servers, their clients, and what they use.
    pub(super) fn new(settings: &Settings, roles: &Roles) -> Result<Config, String> {
        let servers = roles.nodes("servers").to_vec();
        let Some(&authority) = servers.first() else {
            return Err("`servers` is 0: a lock needs at least 1; Redlock is made for 5".to_owned());
        };
        let resource = match *roles.nodes("resource") {
            [] => None,
            [resource] => Some(resource),
            ref more => return Err(format!("`resource` is {}: it must be 0 or 1", more.len())),
        };
        let clients = roles.nodes("clients").to_vec();
        if clients.is_empty() {
            return Err("`clients` is 0: a lock needs at least 1 who wants it".to_owned());
        }
        let fence = Fence {
            mode: Mode::Unfenced,
            authority,
            timeout: settings.resource_timeout,
            compares_with_all: true,
            fences_reads: true,
        };
        let config = Config {
            servers,
            resource,
            clients,
            ttl: settings.ttl,
            server_timeout: settings.server_timeout,
            retry_delay: settings.retry_delay,
            tries: settings.tries,
            resource_timeout: settings.resource_timeout,
            work_min: settings.work_min,
            work_max: settings.work_max,
            message_delay: settings.message_delay,
            fence,
            rules: rules_of(settings.mutant.as_deref())?,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let lengths = [
            ("server-timeout", self.server_timeout),
            ("retry-delay", self.retry_delay),
            ("resource-timeout", self.resource_timeout),
        ];
        check_timers(&lengths)?;
        if self.tries == Some(0) {
            return Err("`tries` is 0: it must be at least 1".to_owned());
        }
        if self.work_min > self.work_max {
            return Err(format!(
                "`work-min` is {}: it must not be more than `work-max` ({})",
                self.work_min, self.work_max
            ));
        }
        if self.ttl <= drift_margin(self.ttl) {
            return Err(format!(
                "`ttl` is {}: it must be more than its margin of 1 % and 2 ms ({})",
                self.ttl,
                drift_margin(self.ttl)
            ));
        }
        Ok(())
    }

    /// How long nobody may get a lock that somebody waits for: a lease that nobody gives back, the
    /// work of the next to try, and as many tries that collide, twice over, since clocks may be
    /// slow.
    pub(super) fn changes_hands_within(&self) -> Duration {
        let tries = (self.server_timeout + self.retry_delay).saturating_mul(8);
        (self.ttl + self.work_max + self.resource_timeout + tries).saturating_mul(2)
    }

    /// What a server's lease is longer than its holder's, less what the last write takes: the
    /// whole of what clocks may be wrong by. Where there is nothing to write to no delay counts.
    fn spare(&self) -> Duration {
        let delay = if self.resource.is_some() { self.message_delay } else { Duration::ZERO };
        drift_margin(self.ttl).saturating_sub(delay.saturating_mul(2))
    }

    /// By how much a wall clock may be set in the course of a lease: half of what there is.
    fn tolerable_jump(&self) -> Duration {
        Duration::from_nanos(self.spare().as_nanos() / 2)
    }

    /// The rate error d for which the other half is enough, for a slow holder and fast servers:
    /// `validity / (1 - d) + delay <= ttl / (1 + d)`. With `delay (1 + d) <= 2 delay` that is `d <=
    /// spare / (validity + ttl - 2 delay)`.
    pub(super) fn tolerable_drift(&self) -> Drift {
        let spare = self.tolerable_jump();
        let validity = self.ttl.saturating_sub(drift_margin(self.ttl));
        let whole = validity + validity + self.spare();
        let ppm = u128::from(spare.as_nanos()) * 1_000_000 / u128::from(whole.as_nanos().max(1));
        Drift::from_ppm(i32::try_from(ppm).unwrap_or(0))
    }

    pub(super) fn assumptions(&self) -> Assumptions {
        Assumptions {
            delay_bound: Some(self.message_delay),
            drift_bound: Some(self.tolerable_drift()),
            // Servers count on their wall clocks. How far off these are does not matter, but
            // whoever sets one ends or prolongs a lease.
            offset_bound: Some(self.tolerable_jump()),
            no_pause: true,
            honest_disk: true,
            no_disk_errors: true,
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

    fn config(change: impl FnOnce(&mut Settings)) -> Result<Config, String> {
        let mut settings = Settings::default();
        change(&mut settings);
        let roles = Roles::deal([("servers", 5), ("resource", 1), ("clients", 3)]);
        Config::new(&settings, &roles)
    }

    #[test]
    fn settings_that_do_not_fit_together_are_refused_with_what_would_be_right() {
        let refused = |change: fn(&mut Settings)| config(change).expect_err("they do not fit");
        let error = refused(|it| it.ttl = Duration::from_millis(2));
        assert!(error.contains("more than its margin"), "{error}");
        let error = refused(|it| it.work_min = Duration::from_secs(1));
        assert!(error.contains("not be more than `work-max` (250ms)"), "{error}");
        assert!(refused(|it| it.tries = Some(0)).contains("`tries` is 0"));
        assert!(refused(|it| it.mutant = Some("half".into())).contains("quorum-half"));
        let error = Config::new(&Settings::default(), &Roles::deal([("clients", 1)]));
        assert!(error.expect_err("no server").contains("`servers` is 0"));
    }

    #[test]
    fn what_is_left_of_a_lock_is_what_the_page_of_redis_says() {
        let ttl = Duration::from_secs(10);
        let left = |elapsed| Rules::SOUND.validity(ttl, Duration::from_millis(elapsed));
        assert_eq!(left(0), Some(Duration::from_millis(9_898)));
        assert_eq!(left(9_000), Some(Duration::from_millis(898)));
        assert_eq!(left(9_898), None);
        let underflow = Rules::of_mutant("validity-underflow").expect("it is known");
        assert_eq!(underflow.validity(ttl, ttl), Some(Duration::MAX));
    }

    #[test]
    fn the_last_write_of_the_slowest_holder_within_the_bound_arrives_in_time() {
        let config = config(|_| {}).expect("the defaults fit together");
        let ppm = config.tolerable_drift().ppm() as u64;
        assert_eq!(ppm, 1_561, "31 of 19,858 ms");
        let true_time = |length: Duration, rate: u64| length.as_nanos() * 1_000_000 / rate;
        let validity = config.ttl.saturating_sub(drift_margin(config.ttl));
        let held = true_time(validity, 1_000_000 - ppm);
        let set = config.tolerable_jump();
        let lease = true_time(config.ttl.saturating_sub(set), 1_000_000 + ppm);
        assert!(held + config.message_delay.as_nanos() <= lease);
        assert!(held + held / 100 > lease, "and no bound is much weaker");
    }
}
