//! What a scenario may set, and what is checked before a run.

use super::recipe::Recipe;
use super::rules::{Rules, SOUND};
use crate::algorithm::{Roles, check_timers};
use crate::assumption::Assumptions;
use crate::election::raft;
use crate::id::NodeId;
use crate::lock::resource::{Fence, Mode};
use crate::time::{Drift, Duration};
use serde::{Deserialize, Serialize};

/// What the tables of the replicated locks may say: `[algorithm.lock-raft]`,
/// `[algorithm.lock-etcd]`, `[algorithm.lock-queue]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
pub struct Settings {
    /// How long a session lives of which nothing is heard (2 s).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub ttl: Duration,
    /// How often a client that asks nothing else keeps its session alive, and one that waits looks
    /// again; a third of `ttl` if not given.
    #[cfg_attr(feature = "scenario", schemars(with = "Option<String>"))]
    pub keep_alive: Option<Duration>,
    /// How long a client waits for an answer before it asks another server (100 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub retry: Duration,
    /// The shortest time for which a client holds the lock, if nothing takes it away (50 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub hold_min: Duration,
    /// The longest (500 ms); drawn anew each time.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub hold_max: Duration,
    /// By how much clocks may run fast or slow: a client stops believing so much earlier than its
    /// session ends. 1%, or 20% for `lock-queue`, whose clients give up after two thirds of the
    /// time to live, as those of ZooKeeper do.
    #[cfg_attr(feature = "scenario", schemars(with = "Option<String>"))]
    pub clock_drift_bound: Option<Drift>,
    /// Whom the resource serves, if there is one (`"unfenced"`: everybody). Then nothing that it
    /// has acknowledged is lost as long as no two hold the lock at once. With `"fenced"` the lock
    /// promises only that the resource is safe, and assumes neither clocks nor delays nor that
    /// nobody stands still.
    pub resource: Mode,
    /// How long a message takes at most (100 ms), for a resource that serves everybody: a holder
    /// stops so much earlier, since its last write is still on its way.
    #[cfg_attr(feature = "scenario", schemars(with = "Option<String>"))]
    pub message_delay: Option<Duration>,
    /// What a waiter of `lock-queue` watches: the node before its own, or all of them.
    pub watches: Option<Watches>,
    /// The Raft of the servers, as `[algorithm.election-raft]` sets it.
    pub raft: raft::Settings,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

/// What a waiter watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
pub enum Watches {
    /// Who stands before it in the queue.
    Predecessor,
    /// Everybody in the queue: each release wakes all who wait.
    All,
}

/// How long a message takes at most if the scenario does not say.
const MESSAGE_DELAY: Duration = Duration::from_millis(100);

impl Default for Settings {
    fn default() -> Self {
        Settings {
            ttl: Duration::from_secs(2),
            keep_alive: None,
            retry: Duration::from_millis(100),
            hold_min: Duration::from_millis(50),
            hold_max: Duration::from_millis(500),
            clock_drift_bound: None,
            resource: Mode::Unfenced,
            message_delay: None,
            watches: None,
            raft: raft::Settings::default(),
            mutant: None,
        }
    }
}

/// Settings that are complete and fit together.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) raft: raft::Config,
    pub(super) clients: Vec<NodeId>,
    pub(super) resource: Option<NodeId>,
    pub(super) fence: Fence,
    /// By how much a holder stops earlier; only where a resource serves everybody.
    pub(super) message_delay: Option<Duration>,
    pub(super) ttl: Duration,
    pub(super) keep_alive: Duration,
    pub(super) retry: Duration,
    pub(super) hold_min: Duration,
    pub(super) hold_max: Duration,
    pub(super) clock_drift_bound: Drift,
    pub(super) rules: Rules,
}

impl Settings {
    /// Checks the settings and completes them for these servers and clients.
    ///
    /// # Errors
    /// A sentence that names the setting, its value and what would be right.
    pub fn config<R: Recipe>(self, roles: &Roles) -> Result<Config, String> {
        if let (Some(_), false) = (self.watches, R::HAS_A_CHOICE_OF_WATCHES) {
            return Err(format!("`watches` is not for {}; leave it out", R::NAME));
        }
        let resource = match *roles.nodes("resource") {
            [] => None,
            [resource] => Some(resource),
            ref more => return Err(format!("`resource` is {}: it must be 0 or 1", more.len())),
        };
        let watches_only_its_predecessor = self.watches != Some(Watches::All);
        let third = Duration::from_nanos(self.ttl.as_nanos() / 3);
        let config = Config {
            clients: roles.nodes("clients").to_vec(),
            resource,
            fence: Fence {
                mode: self.resource,
                authority: NodeId::new(0),
                timeout: self.retry,
                compares_with_all: true,
                fences_reads: true,
            },
            message_delay: match (resource, self.resource) {
                (Some(_), Mode::Unfenced) => Some(self.message_delay.unwrap_or(MESSAGE_DELAY)),
                _ if self.message_delay.is_some() => {
                    return Err(
                        "`message-delay` is for a resource that serves everybody, and there \
                                is none: leave it out"
                            .to_owned(),
                    );
                }
                _ => None,
            },
            ttl: self.ttl,
            keep_alive: self.keep_alive.unwrap_or(third),
            retry: self.retry,
            hold_min: self.hold_min,
            hold_max: self.hold_max,
            clock_drift_bound: self.clock_drift_bound.unwrap_or(R::CLOCK_DRIFT_BOUND),
            rules: Rules { watches_only_its_predecessor, ..rules_of::<R>(self.mutant.as_deref())? },
            raft: self.raft.config(roles.nodes("servers"))?,
        };
        config.check()?;
        Ok(config)
    }
}

fn rules_of<R: Recipe>(mutant: Option<&str>) -> Result<Rules, String> {
    let Some(name) = mutant else { return Ok(SOUND) };
    R::mutant(name).ok_or_else(|| {
        let known: Vec<&str> = R::MUTANTS.iter().map(|mutant| mutant.name).collect();
        format!("`mutant` is \"{name}\": it must be one of {}", known.join(", "))
    })
}

impl Config {
    fn check(&self) -> Result<(), String> {
        if self.clients.is_empty() {
            return Err("`clients` is 0: a lock needs at least 1 that may want it".to_owned());
        }
        match (self.fence.mode, self.resource) {
            (Mode::Checked, _) => {
                return Err(
                    "`resource` is checked: a replicated lock has no one server that could \
                            be asked; set \"fenced\""
                        .to_owned(),
                );
            }
            (Mode::Fenced, None) => {
                return Err("`resource` is fenced, and there is none: set `resource = 1` under \
                            [nodes]"
                    .to_owned());
            }
            _ => {}
        }
        check_timers(&[("retry", self.retry), ("keep-alive", self.keep_alive)])?;
        let bound = self.clock_drift_bound;
        if bound < Drift::NONE || bound.ppm() >= 1_000_000 {
            return Err(format!(
                "`clock-drift-bound` is {bound}: it is for both directions; set 0% to 99%"
            ));
        }
        if self.hold_min > self.hold_max {
            return Err(format!(
                "`hold-min` is {}: it must not be more than `hold-max` ({})",
                self.hold_min, self.hold_max
            ));
        }
        let lease = self.lease();
        if self.keep_alive < lease {
            return Ok(());
        }
        let keep_alive = self.keep_alive;
        Err(match self.message_delay {
            None => format!(
                "`keep-alive` is {keep_alive}: it must be less than a client believes in its \
                 session ({lease}); leave it out for a third of `ttl` ({})",
                self.ttl
            ),
            Some(delay) => format!(
                "`keep-alive` is {keep_alive}: it must be less than a client believes in its \
                 session ({lease}, with `message-delay = {delay}` taken off); leave it out for a \
                 third of `ttl`, set a longer `ttl` than {}, or a shorter `message-delay`",
                self.ttl
            ),
        })
    }

    /// How long nobody may get a lock that somebody waits for: the session of a holder that is
    /// gone, begun again when the servers have another leader, and the next to hold it, twice over,
    /// since clocks may be slow and a new client needs a session first.
    pub(super) fn changes_hands_within(&self) -> Duration {
        (self.ttl.saturating_mul(2) + self.hold_max + self.keep_alive).saturating_mul(2)
    }

    /// The servers, in ascending order.
    pub fn servers(&self) -> &[NodeId] {
        self.raft.servers()
    }

    /// How long a client believes in a session, from when it first sent the last request that was
    /// answered: a slow clock must not outlast the time to live on a fast one.
    pub fn lease(&self) -> Duration {
        let lease = raft::lease_length(self.ttl, self.clock_drift_bound)
            .saturating_mul(self.rules.believes_for_leases);
        lease.saturating_sub(self.message_delay.unwrap_or(Duration::ZERO))
    }

    /// Whether it promises that no two hold a lock at once: nothing else protects what it is for.
    pub(super) fn promises_belief(&self) -> bool {
        self.fence.mode == Mode::Unfenced
    }

    /// What safety rests on: Raft's own assumptions, and clocks that keep to their bound. A client
    /// that stands still goes on believing, and a write that is late is late. What a resource that
    /// checks tokens is safe by is Raft alone, and its own disk.
    pub fn assumptions(&self) -> Assumptions {
        let is_timed = self.promises_belief();
        Assumptions {
            drift_bound: is_timed.then_some(self.clock_drift_bound),
            delay_bound: self.message_delay,
            no_pause: is_timed,
            honest_disk: true,
            no_disk_errors: self.resource.is_some(),
            static_membership: true,
            ordered_writes: true,
            ..Assumptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::TableLock;
    use super::*;
    use crate::lock::queue::Queue;

    fn config<R: Recipe>(change: impl FnOnce(&mut Settings)) -> Result<Config, String> {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.config::<R>(&Roles::deal([("servers", 3), ("clients", 2)]))
    }

    #[test]
    fn settings_that_do_not_fit_together_are_refused_with_what_would_be_right() {
        let refused = |change: fn(&mut Settings)| {
            config::<TableLock>(change).expect_err("they do not fit together")
        };
        let late = refused(|it| it.keep_alive = Some(Duration::from_secs(2)));
        assert!(late.contains("`keep-alive` is 2s") && late.contains("(1.96"), "{late}");
        assert!(refused(|it| it.retry = Duration::ZERO).contains("`retry` is 0"));
        let long = refused(|it| it.hold_min = Duration::from_secs(1));
        assert!(long.contains("`hold-max` (500ms)"), "{long}");
        let drift = refused(|it| it.clock_drift_bound = Some(Drift::FROZEN));
        assert!(drift.contains("set 0% to 99%"), "{drift}");
        assert!(refused(|it| it.mutant = Some("x".into())).contains("expiry-by-own-clock"));
        let watches = refused(|it| it.watches = Some(Watches::All));
        assert!(watches.contains("not for lock-raft"), "{watches}");
        let checked = refused(|it| it.resource = Mode::Checked);
        assert!(checked.contains("set \"fenced\""), "{checked}");
        let fenced = refused(|it| it.resource = Mode::Fenced);
        assert!(fenced.contains("set `resource = 1`"), "{fenced}");
        let nothing = refused(|it| it.message_delay = Some(Duration::from_millis(1)));
        assert!(nothing.contains("`message-delay`") && nothing.contains("leave it out"));
        let guarded = Roles::deal([("servers", 3), ("clients", 2), ("resource", 1)]);
        let slow = Settings { message_delay: Some(Duration::from_secs(5)), ..Settings::default() };
        let error = slow.config::<TableLock>(&guarded).expect_err("nothing is left of the lease");
        assert!(error.contains("`message-delay = 5s` taken off"), "{error}");
        let two = Roles::deal([("servers", 3), ("clients", 2), ("resource", 2)]);
        let error = Settings::default().config::<TableLock>(&two).expect_err("there is one lock 0");
        assert!(error.contains("`resource` is 2"), "{error}");
        let nobody = Roles::deal([("servers", 3)]);
        let error = Settings::default().config::<TableLock>(&nobody).expect_err("nobody wants it");
        assert!(error.contains("`clients` is 0"), "{error}");
    }

    #[test]
    fn a_resource_that_checks_tokens_assumes_nothing_of_time_and_one_that_does_not_a_delay() {
        let roles = Roles::deal([("servers", 3), ("clients", 2), ("resource", 1)]);
        let with = |resource| Settings { resource, ..Settings::default() };
        let fenced = with(Mode::Fenced).config::<TableLock>(&roles).expect("it fits");
        let unfenced = with(Mode::Unfenced).config::<TableLock>(&roles).expect("it fits");
        let without = config::<TableLock>(|_| {}).expect("it fits");
        let Assumptions { no_pause, drift_bound, delay_bound, .. } = fenced.assumptions();
        assert_eq!((no_pause, drift_bound, delay_bound), (false, None, None));
        assert_eq!(unfenced.assumptions().delay_bound, Some(MESSAGE_DELAY));
        assert_eq!(unfenced.lease() + MESSAGE_DELAY, without.lease());
        assert_eq!(fenced.lease(), without.lease());
    }

    #[test]
    fn a_client_of_the_queue_believes_for_two_thirds_of_the_time_to_live() {
        let config = config::<Queue>(|it| it.ttl = Duration::from_secs(3)).expect("they fit");
        assert_eq!(config.lease(), Duration::from_secs(2));
    }
}
