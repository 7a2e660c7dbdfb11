//! What a scenario may set, and what is checked before a run.

use super::rules::{MUTANTS, Rules};
use crate::algorithm::{Roles, check_timers};
use crate::assumption::Assumptions;
use crate::id::NodeId;
use crate::lock::resource::{Fence, Mode};
use crate::time::{Drift, Duration};
use serde::{Deserialize, Serialize};

/// What a server does with the grants of its last life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// It writes each grant down, and lets it last a whole `ttl` from the restart.
    #[default]
    Durable,
    /// It writes down nothing but its tokens, and grants nothing for a `ttl` after a restart.
    Wait,
}

/// What `[algorithm.lock-lease]` may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How long a grant lasts by the server's clock (10 s). A holder renews after a third of it.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub ttl: Duration,
    /// By how much earlier the holder stops, by its own clock and counted from when it asked
    /// (500 ms): for clocks that differ, and writes that are on their way.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub margin: Duration,
    /// The shortest wait before a client asks again for a lock that somebody else has (50 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub retry_min: Duration,
    /// The longest (150 ms); it is drawn each time.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub retry_max: Duration,
    /// How long a question may go unanswered before it is asked again (500 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub request_timeout: Duration,
    /// How long a client waits for the lock before it gives up; for ever if not given.
    #[cfg_attr(feature = "scenario", schemars(with = "Option<String>"))]
    pub patience: Option<Duration>,
    /// How long a holder works at least from what it reads to what it writes (50 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub work_min: Duration,
    /// How long at most (250 ms); it is drawn each time.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub work_max: Duration,
    /// Whether a holder looks at its clock before it writes (off: it trusts its timers, which wait
    /// when it stands still).
    pub check_before_write: bool,
    /// Whom the resource serves (`"unfenced"`: everybody). Then the lock promises that no two hold
    /// it at once. With `"fenced"` and `"checked"` it promises only that the resource is safe, and
    /// assumes neither clocks nor delays nor that nobody stands still.
    pub resource: Mode,
    /// What a server does with the grants of its last life (`"durable"`).
    pub restart: Restart,
    /// How long a message takes at most (100 ms): assumed where the resource serves everybody, and
    /// used for nothing but to say how wrong clocks may be.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub message_delay: Duration,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            ttl: Duration::from_secs(10),
            margin: Duration::from_millis(500),
            retry_min: Duration::from_millis(50),
            retry_max: Duration::from_millis(150),
            request_timeout: Duration::from_millis(500),
            patience: None,
            work_min: Duration::from_millis(50),
            work_max: Duration::from_millis(250),
            check_before_write: false,
            resource: Mode::Unfenced,
            restart: Restart::Durable,
            message_delay: Duration::from_millis(100),
            mutant: None,
        }
    }
}

/// Settings that are complete and fit together.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) server: NodeId,
    pub(super) resource: Option<NodeId>,
    pub(super) clients: Vec<NodeId>,
    pub(super) ttl: Duration,
    pub(super) margin: Duration,
    pub(super) retry_min: Duration,
    pub(super) retry_max: Duration,
    pub(super) request_timeout: Duration,
    pub(super) patience: Option<Duration>,
    pub(super) work_min: Duration,
    pub(super) work_max: Duration,
    pub(super) check_before_write: bool,
    pub(super) restart: Restart,
    pub(super) message_delay: Duration,
    pub(super) fence: Fence,
    pub(super) rules: Rules,
}

impl Config {
    /// Checks and completes the settings for a server, its clients, and what they use.
    pub(super) fn new(settings: &Settings, roles: &Roles) -> Result<Config, String> {
        let &[server] = roles.nodes("server") else {
            let count = roles.nodes("server").len();
            return Err(format!("`server` is {count}: it must be 1; more are lock-redlock's"));
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
        let rules = rules_of(settings.mutant.as_deref())?;
        let fence = Fence {
            mode: settings.resource,
            authority: server,
            timeout: settings.request_timeout,
            compares_with_all: rules.compares_with_all,
            fences_reads: rules.fences_reads,
        };
        let config = Config {
            server,
            resource,
            clients,
            ttl: settings.ttl,
            margin: settings.margin,
            retry_min: settings.retry_min,
            retry_max: settings.retry_max,
            request_timeout: settings.request_timeout,
            patience: settings.patience,
            work_min: settings.work_min,
            work_max: settings.work_max,
            check_before_write: settings.check_before_write,
            restart: settings.restart,
            message_delay: settings.message_delay,
            fence,
            rules,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let lengths = [
            ("ttl", self.ttl),
            ("retry-min", self.retry_min),
            ("request-timeout", self.request_timeout),
            ("patience", self.patience.unwrap_or(self.ttl)),
        ];
        check_timers(&lengths)?;
        let spans = [
            ("retry-min", self.retry_min, "retry-max", self.retry_max),
            ("work-min", self.work_min, "work-max", self.work_max),
        ];
        if let Some((low, min, high, max)) = spans.iter().find(|(_, min, _, max)| min > max) {
            return Err(format!("`{low}` is {min}: it must not be more than `{high}` ({max})"));
        }
        if self.margin >= self.ttl {
            return Err(format!(
                "`margin` is {}: it must be less than `ttl` ({}), so that something is left",
                self.margin, self.ttl
            ));
        }
        if self.promises_belief() && self.resource.is_some() && self.margin < self.message_delay {
            return Err(format!(
                "`margin` is {}: it must be at least `message-delay` ({}), so that a holder's last \
                 write arrives before its lease is over",
                self.margin, self.message_delay
            ));
        }
        if self.fence.mode != Mode::Unfenced && self.resource.is_none() {
            return Err("`resource` is fenced or checked, and there is none: set `resource = 1` \
                        under [nodes]"
                .to_owned());
        }
        Ok(())
    }

    /// Whether it promises that no two hold the lock at once, for nothing else protects the
    /// resource.
    pub(super) fn promises_belief(&self) -> bool {
        self.fence.mode == Mode::Unfenced
    }

    /// How long nobody may get a lock that somebody waits for: a lease that nobody gives back, and
    /// the work of the next to try, twice over, since clocks may be slow and tries may fail.
    pub(super) fn changes_hands_within(&self) -> Duration {
        let work = self.work_max + self.request_timeout + self.retry_max;
        (self.ttl + work).saturating_mul(2)
    }

    /// How long a holder may hold the lock from when it asked, by its own clock.
    pub(super) fn validity(&self) -> Duration {
        self.ttl.saturating_sub(self.margin)
    }

    /// How long after it got the lock, or renewed it, a holder renews.
    pub(super) const fn renew_every(&self) -> Duration {
        Duration::from_nanos(self.ttl.as_nanos() / 3)
    }

    /// The rate error d up to which the last write of a slow holder arrives before a fast server
    /// lets its lease expire: `validity / (1 - d) + delay <= ttl / (1 + d)`. With `delay (1 + d)
    /// <= 2 delay` that is `d <= (ttl' - validity) / (ttl' + validity)` for `ttl' = ttl - 2
    /// delay`.
    pub(super) fn tolerable_drift(&self) -> Drift {
        let ttl = self.ttl.saturating_sub(self.message_delay.saturating_mul(2));
        let spare = u128::from(ttl.saturating_sub(self.validity()).as_nanos());
        let ppm = spare * 1_000_000 / u128::from((ttl + self.validity()).as_nanos().max(1));
        Drift::from_ppm(i32::try_from(ppm).unwrap_or(0))
    }

    pub(super) fn assumptions(&self) -> Assumptions {
        let always = Assumptions {
            honest_disk: true,
            no_disk_errors: true,
            static_membership: true,
            ..Assumptions::default()
        };
        if !self.promises_belief() {
            return always;
        }
        Assumptions {
            delay_bound: Some(self.message_delay),
            drift_bound: Some(self.tolerable_drift()),
            no_pause: true,
            ..always
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
        let roles = Roles::deal([("server", 1), ("resource", 1), ("clients", 3)]);
        Config::new(&settings, &roles)
    }

    #[test]
    fn settings_that_do_not_fit_together_are_refused_with_what_would_be_right() {
        let refused = |change: fn(&mut Settings)| config(change).expect_err("they do not fit");
        let error = refused(|it| it.margin = it.ttl);
        assert!(error.contains("less than `ttl` (10s)"), "{error}");
        let error = refused(|it| it.margin = Duration::from_millis(99));
        assert!(error.contains("at least `message-delay` (100ms)"), "{error}");
        let error = refused(|it| it.work_min = Duration::from_secs(1));
        assert!(error.contains("not be more than `work-max` (250ms)"), "{error}");
        assert!(refused(|it| it.patience = Some(Duration::ZERO)).contains("`patience` is 0"));
        assert!(refused(|it| it.mutant = Some("nonce".into())).contains("release-without-nonce"));
        let fenced = |it: &mut Settings| {
            it.resource = Mode::Fenced;
            it.margin = Duration::ZERO;
        };
        assert!(config(fenced).is_ok(), "what is fenced needs no margin");
        let without = Roles::deal([("server", 1), ("clients", 3)]);
        let settings = Settings { resource: Mode::Checked, ..Settings::default() };
        let error = Config::new(&settings, &without).expect_err("there is nothing to check");
        assert!(error.contains("set `resource = 1`"), "{error}");
    }

    #[test]
    fn the_last_write_of_the_slowest_holder_within_the_bound_arrives_before_the_lease_is_over() {
        let config = config(|_| {}).expect("the defaults fit together");
        let ppm = config.tolerable_drift().ppm() as u64;
        assert_eq!(ppm, 15_544, "0.3 of 19.3 seconds");
        let true_time = |length: Duration, rate: u64| length.as_nanos() * 1_000_000 / rate;
        let held = true_time(config.validity(), 1_000_000 - ppm);
        let lease = true_time(config.ttl, 1_000_000 + ppm);
        assert!(held + config.message_delay.as_nanos() <= lease);
        let given_away = config.message_delay.as_nanos() * 2;
        assert!(held + given_away > lease, "and no bound is weaker by more than a delay");
    }

    #[test]
    fn a_resource_that_looks_for_itself_assumes_nothing_of_time() {
        let fenced = config(|it| it.resource = Mode::Fenced).expect("that fits");
        let assumed = fenced.assumptions();
        assert!(!assumed.no_pause && assumed.delay_bound.is_none() && assumed.honest_disk);
        assert!(config(|_| {}).expect("that fits").assumptions().no_pause);
    }
}
