//! What a scenario may set, and what is checked before a run.

use super::layout::Quorums;
use super::rules::{MUTANTS, Rules};
use crate::algorithm::{Roles, check_timers};
use crate::hashing::{Replicas, Spread};
use crate::id::NodeId;
use crate::ownership::map::Places;
use crate::ownership::settings::places;
use crate::time::Duration;
use serde::Deserialize;

/// What becomes of a write that a replica does not answer to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Hints {
    /// The replica learns of it when it is read.
    Off,
    /// Another server keeps it for the replica, and hands it over when it can. It does not count
    /// for the quorum: Cassandra's hinted hand-off.
    #[default]
    Kept,
    /// It counts as if the replica had it: Dynamo's sloppy quorum (SOSP 2007, section 4.6). Writes
    /// are done while replicas are away, and reads need not find them.
    Counted,
}

/// What is promised where quorums meet, and not else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Judged {
    /// Clients see one register for each key.
    Linearizable,
    /// Every quorum of a read has each write that is done.
    QuorumHoldsWrite,
}

/// How replicas lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Lie {
    /// On distinct members.
    #[default]
    Members,
    /// In distinct zones, as far as there are so many.
    Zones,
}

/// What `[algorithm.hashing-replicas]` may say.
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
    /// spares: they hold nothing before they are added.
    pub members: Option<u32>,
    /// How many replicas each shard has (3): N. There must always be so many members.
    pub replicas: u32,
    /// How many of them must answer a read (2): R.
    pub read_quorum: u32,
    /// How many of them must have a write before it is done (2): W. With R + W > N clients see one
    /// register for each key; with less a read may miss what was written, and nothing is promised.
    pub write_quorum: u32,
    /// What no two replicas of a shard share (`"members"`): a member or, as far as there are so
    /// many, a `"zones"` of `[nodes]`.
    pub spread: Lie,
    /// What becomes of a write that a replica does not answer to (`"kept"`).
    pub hints: Hints,
    /// How long a client waits for answers before it looks for turns and asks again (100 ms), and
    /// before it leaves a hint. Longer than an answer takes, or all is asked twice.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub retry: Duration,
    /// How long a client waits before it asks again whom a replica has refused (20 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub backoff: Duration,
    /// After how long a client gives an operation up (5 s). Nobody knows then whether it took
    /// effect, or still will.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub patience: Duration,
    /// How often a server tells the coordinator how far it is, and asks for turns that it has not
    /// been told of (500 ms): so long a lost word may hold a change up.
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub poll: Duration,
    /// How long a server waits for a copy, or for the word that a hint has come, before it asks or
    /// sends again (200 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub resend: Duration,
    /// By what it is judged although its quorums need not meet (nothing): a control.
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
            replicas: 3,
            read_quorum: 2,
            write_quorum: 2,
            spread: Lie::Members,
            hints: Hints::Kept,
            retry: Duration::from_millis(100),
            backoff: Duration::from_millis(20),
            patience: Duration::from_secs(5),
            poll: Duration::from_millis(500),
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
    pub(super) quorums: Quorums,
    pub(super) spread: Spread,
    pub(super) hints: Hints,
    pub(super) coordinator: NodeId,
    pub(super) servers: Vec<NodeId>,
    pub(super) clients: Vec<NodeId>,
    pub(super) retry: Duration,
    pub(super) backoff: Duration,
    pub(super) patience: Duration,
    pub(super) poll: Duration,
    pub(super) resend: Duration,
    pub(super) judge_also: Vec<Judged>,
    pub(super) rules: Rules,
}

impl Config {
    /// Checks the settings and completes them for these nodes.
    pub(super) fn new(settings: Settings, roles: &Roles) -> Result<Config, String> {
        let &[coordinator] = roles.nodes("coordinator") else {
            let count = roles.nodes("coordinator").len();
            return Err(format!("`coordinator` is {count}: changes have one source; write 1"));
        };
        let servers = roles.nodes("servers").to_vec();
        let Settings { shards, members, replicas, .. } = settings;
        let (read, write) = (settings.read_quorum, settings.write_quorum);
        let mut places = places(&settings.placement, shards, members, &servers)?;
        let spread = match settings.spread {
            Lie::Members => Spread::Members,
            Lie::Zones => Spread::Zones,
        };
        for server in servers.iter().filter(|_| spread == Spread::Zones) {
            let zone = roles.zone_of(*server).ok_or_else(|| {
                format!(
                    "`spread` is \"zones\", and {server} is in none: write `zones = [\"a\", \"b\", \
                     \"c\"]` under `[nodes]`"
                )
            })?;
            places.zones.insert(*server, zone.to_owned());
        }
        let config = Config {
            places,
            quorums: Quorums { replicas, read, write },
            spread,
            hints: settings.hints,
            coordinator,
            servers,
            clients: roles.nodes("clients").to_vec(),
            retry: settings.retry,
            backoff: settings.backoff,
            patience: settings.patience,
            poll: settings.poll,
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
        let Quorums { replicas, read, write } = self.quorums;
        let members = self.places.members.len();
        if replicas == 0 || replicas as usize > members {
            return Err(format!("`replicas` is {replicas}: write 1 to the members ({members})"));
        }
        for (name, quorum) in [("read-quorum", read), ("write-quorum", write)] {
            if !(1..=replicas).contains(&quorum) {
                return Err(format!("`{name}` is {quorum}: write 1 to `replicas` ({replicas})"));
            }
        }
        check_timers(&[
            ("retry", self.retry),
            ("backoff", self.backoff),
            ("patience", self.patience),
            ("poll", self.poll),
            ("resend", self.resend),
        ])
    }

    pub(super) const fn replicas(&self) -> Replicas {
        Replicas { count: self.quorums.replicas, spread: self.spread }
    }

    pub(super) fn counts_hints(&self) -> bool {
        self.hints == Hints::Counted
    }

    /// Whether every read meets every write that is done.
    pub(super) fn promises(&self) -> bool {
        self.quorums.intersect() && !self.counts_hints()
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

    fn roles() -> Roles {
        Roles::deal([("coordinator", 1), ("servers", 4), ("clients", 1)])
    }

    #[test]
    fn settings_that_do_not_fit_together_are_refused_with_what_would_be_right() {
        let refused = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            Config::new(settings, &roles()).expect_err("they do not fit")
        };
        assert!(refused(|it| it.replicas = 5).contains("1 to the members (4)"));
        assert!(refused(|it| it.members = Some(2)).contains("1 to the members (2)"));
        assert!(refused(|it| it.read_quorum = 4).contains("1 to `replicas` (3)"));
        assert!(refused(|it| it.write_quorum = 0).contains("`write-quorum` is 0"));
        assert!(refused(|it| it.spread = Lie::Zones).contains("n1 is in none"));
        assert!(refused(|it| it.poll = Duration::ZERO).contains("`poll` is 0"));
        assert!(refused(|it| it.mutant = Some("x".into())).contains("streamed-from-one"));
        let nobody = Roles::deal([("coordinator", 1), ("servers", 4)]);
        let nobody = Config::new(Settings::default(), &nobody);
        assert!(nobody.expect_err("nobody asks").contains("`clients` is 0"));
    }

    #[test]
    fn it_promises_something_where_quorums_meet() {
        let promises = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            Config::new(settings, &roles()).expect("they fit").promises()
        };
        assert!(promises(|_| ()));
        assert!(!promises(|it| it.read_quorum = 1));
        assert!(promises(|it| (it.read_quorum, it.write_quorum) = (1, 3)));
        assert!(!promises(|it| it.hints = Hints::Counted));
    }
}
