//! What a scenario may set, and what is checked before a run.

use super::keeper::Keeper;
use super::map::Places;
use super::rules::{Rules, SOUND};
use super::shard::ShardSet;
use crate::algorithm::{Roles, SHORTEST_TIMER, check_timers};
use crate::hashing::{Function, Member};
use crate::id::NodeId;
use crate::time::{Drift, Duration};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What `[algorithm.hashing-epochs]` and `[algorithm.hashing-leases]` may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The function that places shards on servers (`"ring"`), by the name that `stormseed
    /// placement` has for it. Whatever it is, all nodes make the same changes in the same order:
    /// what it decides is how many shards move, and how even they lie.
    pub placement: String,
    /// How many shards the keys are dealt to (32; 256 at most). More shards lie more evenly and
    /// move in smaller pieces, each with messages of its own.
    pub shards: u32,
    /// How many of the servers own shards from the beginning (all, if not given). The others are
    /// spares: they own nothing before they are added.
    pub members: Option<u32>,
    /// How long a client waits for an answer before it looks for changes and asks again (100 ms).
    /// Longer than an answer takes, or all is asked twice.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub retry: Duration,
    /// How long a client waits before it asks again who has sent it away (20 ms): while a shard
    /// moves nobody serves it.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub backoff: Duration,
    /// After how long a client gives an operation up (5 s). Nobody knows then whether it took
    /// effect, or still will.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub patience: Duration,
    /// How often a server asks the coordinator for changes that it has not been told of (500 ms):
    /// so long a lost word may keep a shard from everybody.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub poll: Duration,
    /// How long a server waits for the word that a shard has come before it sends it again
    /// (100 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub resend: Duration,
    /// How long a server works on one operation while others wait in its queue (0: all are applied
    /// as they come).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub work: Duration,
    /// How long a lease lasts by the coordinator's clock (2 s); a server asks for the next after a
    /// third of it. So long nobody has the shards of a server that is down, and so long a word that
    /// is late may keep a shard from its new owner. For `hashing-leases`.
    #[cfg_attr(feature = "scenario", schemars(with = "Option<String>"))]
    pub ttl: Option<Duration>,
    /// By how much earlier its holder stops, by its own clock and counted from when it asked
    /// (200 ms; less than two thirds of `ttl`): for clocks that run at other rates. For
    /// `hashing-leases`.
    #[cfg_attr(feature = "scenario", schemars(with = "Option<String>"))]
    pub margin: Option<Duration>,
    /// A known bug to switch on.
    pub mutant: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            placement: "ring".to_owned(),
            shards: 32,
            members: None,
            retry: Duration::from_millis(100),
            backoff: Duration::from_millis(20),
            patience: Duration::from_secs(5),
            poll: Duration::from_millis(500),
            resend: Duration::from_millis(100),
            work: Duration::ZERO,
            ttl: None,
            margin: None,
            mutant: None,
        }
    }
}

/// Settings that are complete and fit together.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) places: Places,
    pub(super) coordinator: NodeId,
    pub(super) storage: Option<NodeId>,
    pub(super) servers: Vec<NodeId>,
    pub(super) clients: Vec<NodeId>,
    pub(super) retry: Duration,
    pub(super) backoff: Duration,
    pub(super) patience: Duration,
    pub(super) poll: Duration,
    pub(super) resend: Duration,
    pub(super) work: Duration,
    pub(super) ttl: Duration,
    pub(super) margin: Duration,
    pub(super) rules: Rules,
}

impl Settings {
    /// Checks the settings and completes them for these nodes.
    ///
    /// # Errors
    /// A sentence that names the setting, its value and what would be right.
    pub fn config<K: Keeper>(self, roles: &Roles) -> Result<Config, String> {
        let &[coordinator] = roles.nodes("coordinator") else {
            let count = roles.nodes("coordinator").len();
            return Err(format!("`coordinator` is {count}: changes have one source; write 1"));
        };
        let storage = match (roles.nodes("storage"), K::HAS_LEASES) {
            (&[storage], true) => Some(storage),
            ([], false) => None,
            (nodes, has_leases) => {
                let (count, right) = (nodes.len(), u32::from(has_leases));
                return Err(format!("`storage` is {count}: {} has {right}", K::NAME));
            }
        };
        let leases = [("ttl", self.ttl), ("margin", self.margin)];
        let given = leases.iter().find(|(_, length)| length.is_some());
        if let Some((name, _)) = given.filter(|_| !K::HAS_LEASES) {
            return Err(format!("`{name}` is of no use: {} has no leases", K::NAME));
        }
        let servers = roles.nodes("servers").to_vec();
        let places = places(&self.placement, self.shards, self.members, &servers)?;
        if K::HAS_LEASES && !lets_anybody_go(&places.function) {
            return Err(format!(
                "`placement` is \"{}\": only its last member can leave, and whoever loses its \
                 lease must; memento is jump with a memory",
                self.placement
            ));
        }
        let config = Config {
            places,
            coordinator,
            storage,
            servers,
            clients: roles.nodes("clients").to_vec(),
            retry: self.retry,
            backoff: self.backoff,
            patience: self.patience,
            poll: self.poll,
            resend: self.resend,
            work: self.work,
            ttl: self.ttl.unwrap_or(Duration::from_secs(2)),
            margin: self.margin.unwrap_or(Duration::from_millis(200)),
            rules: rules_of::<K>(self.mutant.as_deref())?,
        };
        config.check()?;
        Ok(config)
    }
}

/// What a map begins with, by these settings.
///
/// # Errors
/// A sentence that names the setting, its value and what would be right.
pub(super) fn places(
    placement: &str,
    shards: u32,
    members: Option<u32>,
    servers: &[NodeId],
) -> Result<Places, String> {
    let owns_all = |function: &Function| !function.name.starts_with("article");
    let function = Function::named(placement).filter(owns_all).ok_or_else(|| {
        let names = Function::ALL.iter().filter(|it| owns_all(it)).map(|it| it.name);
        let known: Vec<&str> = names.collect();
        format!("`placement` is \"{placement}\": write one of {}", known.join(", "))
    })?;
    let members = members.unwrap_or(servers.len() as u32);
    if members == 0 || members as usize > servers.len() {
        let servers = servers.len();
        return Err(format!("`members` is {members}: write 1 to `servers` ({servers})"));
    }
    if !(1..=ShardSet::CAPACITY).contains(&shards) {
        return Err(format!("`shards` is {shards}: write 1 to {}", ShardSet::CAPACITY));
    }
    let first = servers[..members as usize].to_vec();
    let servers = servers.len() as u32;
    Ok(Places { function, shards, members: first, servers, zones: BTreeMap::new() })
}

/// Whether a member can leave that is not the last one.
fn lets_anybody_go(function: &Function) -> bool {
    let mut placement = function.empty(2);
    let both = ["first", "last"].map(|name| placement.join(Member::new(name)).is_ok());
    both == [true; 2] && placement.leave("first").is_ok()
}

fn rules_of<K: Keeper>(mutant: Option<&str>) -> Result<Rules, String> {
    let Some(name) = mutant else { return Ok(SOUND) };
    K::mutant(name).ok_or_else(|| {
        let known: Vec<&str> = K::MUTANTS.iter().map(|mutant| mutant.name).collect();
        format!("`mutant` is \"{name}\": it must be one of {}", known.join(", "))
    })
}

impl Config {
    fn check(&self) -> Result<(), String> {
        if self.clients.is_empty() {
            return Err("`clients` is 0: there must be at least 1 who asks".to_owned());
        }
        let lengths = [
            ("retry", self.retry),
            ("backoff", self.backoff),
            ("patience", self.patience),
            ("poll", self.poll),
            ("resend", self.resend),
            ("ttl", self.ttl),
        ];
        check_timers(&lengths)?;
        if self.work > Duration::ZERO {
            check_timers(&[("work", self.work)])?;
        }
        if self.renew_every() < SHORTEST_TIMER {
            return Err(format!(
                "`ttl` is {}: a server asks for the next lease after a third of it, and a timer \
                 must be at least {SHORTEST_TIMER}",
                self.ttl
            ));
        }
        // Otherwise each lease is over before the next one is asked for.
        if self.validity() <= self.renew_every() {
            return Err(format!(
                "`margin` is {}: it must be less than two thirds of `ttl` ({}), since a server \
                 asks for the next lease after one third",
                self.margin, self.ttl
            ));
        }
        Ok(())
    }

    /// How long a server may rely on a lease from when it asked for it, by its own clock.
    pub(super) fn validity(&self) -> Duration {
        self.ttl.saturating_sub(self.margin)
    }

    /// How often a server asks for the next lease.
    pub(super) const fn renew_every(&self) -> Duration {
        Duration::from_nanos(self.ttl.as_nanos() / 3)
    }

    /// The rate error d up to which the lease of a slow server is over before a fast coordinator
    /// lets it expire: `validity / (1 - d) <= ttl / (1 + d)`.
    pub(super) fn tolerable_drift(&self) -> Drift {
        let spare = u128::from(self.margin.as_nanos());
        let ppm = spare * 1_000_000 / u128::from((self.ttl + self.validity()).as_nanos().max(1));
        Drift::from_ppm(i32::try_from(ppm).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::epochs::Epochs;
    use super::super::leases::Leases;
    use super::*;

    fn config(change: impl FnOnce(&mut Settings)) -> Result<Config, String> {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.config::<Epochs>(&Roles::deal([
            ("coordinator", 1),
            ("servers", 4),
            ("clients", 2),
        ]))
    }

    #[test]
    fn settings_that_do_not_fit_together_are_refused_with_what_would_be_right() {
        let refused = |change: fn(&mut Settings)| config(change).expect_err("they do not fit");
        let unknown = refused(|it| it.placement = "article-exact".into());
        assert!(unknown.contains("one of modulo, ring") && !unknown.contains("article-c"));
        assert!(refused(|it| it.members = Some(5)).contains("1 to `servers` (4)"));
        assert!(refused(|it| it.members = Some(0)).contains("`members` is 0"));
        assert!(refused(|it| it.shards = 257).contains("write 1 to 256"));
        assert!(refused(|it| it.poll = Duration::ZERO).contains("`poll` is 0"));
        assert!(refused(|it| it.mutant = Some("x".into())).contains("dedup-not-sent"));
        let two = Roles::deal([("coordinator", 2), ("servers", 4), ("clients", 2)]);
        let error = Settings::default().config::<Epochs>(&two).expect_err("there are two");
        assert!(error.contains("`coordinator` is 2"), "{error}");
        let nobody = Roles::deal([("coordinator", 1), ("servers", 4)]);
        let error = Settings::default().config::<Epochs>(&nobody).expect_err("nobody asks");
        assert!(error.contains("`clients` is 0"), "{error}");
    }

    #[test]
    fn leases_are_for_those_who_have_them_and_end_early_enough_for_clocks_that_differ() {
        let with_storage =
            Roles::deal([("coordinator", 1), ("servers", 4), ("storage", 1), ("clients", 2)]);
        let leases = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.config::<Leases>(&with_storage)
        };
        let refused = config(|it| it.ttl = Some(Duration::from_secs(1)));
        assert!(refused.expect_err("no leases").contains("hashing-epochs has no leases"));
        let refused = leases(|it| it.margin = Some(Duration::from_secs(2)));
        assert!(refused.expect_err("nothing is left").contains("two thirds of `ttl` (2s)"));
        let refused = leases(|it| {
            (it.ttl, it.margin) = (Some(Duration::from_micros(2)), Some(Duration::ZERO));
        });
        assert!(refused.expect_err("it asks all the time").contains("after a third of it"));
        let refused = leases(|it| it.margin = Some(Duration::from_millis(1_334)));
        assert!(refused.expect_err("it has gaps").contains("after one third"));
        assert!(leases(|it| it.margin = Some(Duration::from_millis(1_333))).is_ok());
        let refused = leases(|it| it.placement = "jump-guava".into());
        assert!(refused.expect_err("nobody can be put out").contains("memento is jump"));
        assert!(leases(|it| it.placement = "anchor".into()).is_ok());
        let error = Settings::default().config::<Epochs>(&with_storage).expect_err("no use");
        assert!(error.contains("`storage` is 1: hashing-epochs has 0"), "{error}");
        let config = leases(|_| {}).expect("they fit");
        let drift = config.tolerable_drift().ppm() as u64;
        let (ttl, validity) = (config.ttl.as_nanos(), config.validity().as_nanos());
        let overlap = |ppm: u64| validity * (1_000_000 + ppm) > ttl * (1_000_000 - ppm);
        assert!(!overlap(drift) && overlap(drift + 1));
    }

    #[test]
    fn who_is_no_member_from_the_beginning_is_a_spare() {
        let config = config(|it| it.members = Some(3)).expect("they fit");
        assert_eq!(config.places.members, (1..4).map(NodeId::new).collect::<Vec<_>>());
        assert_eq!(config.places.servers, 4);
    }
}
