//! What a scenario may set, and what is checked before a run.

use super::keeper::Keeper;
use super::map::Places;
use super::rules::{Rules, SOUND};
use super::shard::ShardSet;
use crate::algorithm::Roles;
use crate::hashing::Function;
use crate::id::NodeId;
use crate::time::Duration;
use serde::Deserialize;

/// What `[algorithm.hashing-epochs]` may say.
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
            mutant: None,
        }
    }
}

/// Settings that are complete and fit together.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) places: Places,
    pub(super) coordinator: NodeId,
    pub(super) servers: Vec<NodeId>,
    pub(super) clients: Vec<NodeId>,
    pub(super) retry: Duration,
    pub(super) backoff: Duration,
    pub(super) patience: Duration,
    pub(super) poll: Duration,
    pub(super) resend: Duration,
    pub(super) work: Duration,
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
        let servers = roles.nodes("servers").to_vec();
        let config = Config {
            places: self.places(&servers)?,
            coordinator,
            servers,
            clients: roles.nodes("clients").to_vec(),
            retry: self.retry,
            backoff: self.backoff,
            patience: self.patience,
            poll: self.poll,
            resend: self.resend,
            work: self.work,
            rules: rules_of::<K>(self.mutant.as_deref())?,
        };
        config.check()?;
        Ok(config)
    }

    fn places(&self, servers: &[NodeId]) -> Result<Places, String> {
        let owns_all = |function: &Function| !function.name.starts_with("article");
        let function = Function::named(&self.placement).filter(owns_all).ok_or_else(|| {
            let names = Function::ALL.iter().filter(|it| owns_all(it)).map(|it| it.name);
            let known: Vec<&str> = names.collect();
            format!("`placement` is \"{}\": write one of {}", self.placement, known.join(", "))
        })?;
        let members = self.members.unwrap_or(servers.len() as u32);
        if members == 0 || members as usize > servers.len() {
            let servers = servers.len();
            return Err(format!("`members` is {members}: write 1 to `servers` ({servers})"));
        }
        if !(1..=ShardSet::CAPACITY).contains(&self.shards) {
            return Err(format!("`shards` is {}: write 1 to {}", self.shards, ShardSet::CAPACITY));
        }
        Ok(Places {
            function,
            shards: self.shards,
            members: servers[..members as usize].to_vec(),
            servers: servers.len() as u32,
        })
    }
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
        ];
        match lengths.iter().find(|(_, length)| *length == Duration::ZERO) {
            Some((name, _)) => Err(format!("`{name}` is 0: it must be more")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::epochs::Epochs;
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
    fn who_is_no_member_from_the_beginning_is_a_spare() {
        let config = config(|it| it.members = Some(3)).expect("they fit");
        assert_eq!(config.places.members, (1..4).map(NodeId::new).collect::<Vec<_>>());
        assert_eq!(config.places.servers, 4);
    }
}
