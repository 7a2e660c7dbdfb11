//! The article's own election: whoever calls it draws half of the nodes, and those are elected.
//!
//! A negative control. The article that asked for this simulator gives
//!
//! ```text
//! def election_algorithm(nodes):
//!     leaders = []
//!     for i in range(len(nodes) // 2):
//!         leader = random.choice(nodes)
//!         leaders.append(leader)
//!         nodes.remove(leader)
//!     return leaders
//! ```
//!
//! and says that E = N/2 executions elect a leader. It asks nobody and tells nobody: how the
//! elected learn of it, and who calls it, is left open. The kindest reading is taken here: every
//! node calls it when it boots, and again every so often if it is to, and tells whom it has drawn
//! (ELECTED). With four nodes or more a single call elects several leaders; with two or three, two
//! callers rarely agree. `docs/article.md` has the measurements.

use super::spec::{
    AcceptedLeader, GroupAgreement, Leadership, Observation, OneCoordinator, Role, Term, View,
};
use crate::algorithm::{Algorithm, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::{Label, NodeId};
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::{Context, Never, Protocol};
use crate::time::Duration;
use serde::{Deserialize, Serialize};

const LEADER: Label = Label::new("leader");

/// `[algorithm.election-article-random-half]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
pub struct Settings {
    /// How often each node calls the election; the article says N/2 times (1).
    pub executions: u32,
    /// How long a node waits between two calls (1 s).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub every: Duration,
    /// How long two leaders at once are borne: a message's time, in which the elected of one call
    /// learn of it (100 ms).
    #[cfg_attr(feature = "scenario", schemars(with = "String"))]
    pub message_delay: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            executions: 1,
            every: Duration::from_secs(1),
            message_delay: Duration::from_millis(100),
        }
    }
}

/// The settings, and the nodes that are drawn from.
#[derive(Clone, Debug)]
pub struct Config {
    nodes: Vec<NodeId>,
    settings: Settings,
}

impl Config {
    /// Checks the settings for an election among these nodes.
    ///
    /// # Errors
    /// A sentence about the setting that is wrong.
    pub fn new(settings: Settings, nodes: Vec<NodeId>) -> Result<Self, String> {
        if nodes.is_empty() {
            return Err("an election is held among `servers`; give at least one".to_owned());
        }
        if settings.executions == 0 {
            return Err("`executions` is 0: nobody would ever be elected; give at least 1".into());
        }
        for (name, length) in [("every", settings.every), ("message-delay", settings.message_delay)]
        {
            if length == Duration::ZERO {
                return Err(format!("`{name}` is zero; `1ms` is the least that makes sense"));
            }
        }
        Ok(Config { nodes, settings })
    }
}

/// What a caller says to each node that it has drawn, itself included.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Message {
    /// You are elected, by the caller's n-th call.
    Elected {
        /// Which call.
        execution: Term,
    },
}
crate::words!(Message { Elected => "elected" });

/// A node that draws its leaders.
#[derive(Debug)]
pub struct RandomHalf {
    id: NodeId,
    executions: u32,
    /// The leader that it drew first: whom a client would be sent to.
    accepted: Option<NodeId>,
    /// The latest call by which it is elected itself.
    elected: Option<Term>,
}

impl RandomHalf {
    /// The article's function, on the caller's own copy of the list.
    fn call(&mut self, ctx: &mut Context<'_, Self>) {
        self.executions += 1;
        let execution = Term(u64::from(self.executions));
        ctx.observe(Observation::ElectionStarted { term: execution });
        let mut nodes = ctx.config().nodes.clone();
        let half = nodes.len() / 2;
        for place in 0..half {
            let drawn = ctx.draw(LEADER, 0..=nodes.len() as u64 - 1);
            let leader = nodes.remove(drawn as usize);
            ctx.send(leader, Message::Elected { execution });
            if place == 0 {
                self.accepted = Some(leader);
                ctx.observe(Observation::LeaderAccepted { leader, term: execution });
            }
        }
        if self.executions < ctx.config().settings.executions {
            ctx.set_timer((), ctx.config().settings.every);
        }
    }
}

impl Protocol for RandomHalf {
    type Config = Config;
    type Message = Message;
    type Timer = ();
    type Command = Never;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let mut node = RandomHalf { id: ctx.id(), executions: 0, accepted: None, elected: None };
        node.call(ctx);
        node
    }

    fn on_message(&mut self, _: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        let Message::Elected { execution } = message;
        if self.elected.is_none_or(|before| before < execution) {
            self.elected = Some(execution);
            ctx.observe(Observation::LeaderElected { term: execution });
        }
    }

    fn on_timer(&mut self, (): (), ctx: &mut Context<'_, Self>) {
        self.call(ctx);
    }

    fn view(&self) -> View {
        match self.elected {
            Some(term) => View { role: Role::Leader, term, leader: Some(self.id), members: None },
            None => {
                let term = Term(u64::from(self.executions));
                View { role: Role::Follower, term, leader: self.accepted, members: None }
            }
        }
    }

    fn plays(&self, role: &str) -> bool {
        role == if self.elected.is_some() { "leader" } else { "follower" }
    }
}

impl Algorithm for RandomHalf {
    type Settings = Settings;

    const NAME: &'static str = "election-article-random-half";
    const SUMMARY: &'static str =
        "Random half: each node draws N/2 leaders by itself, as the article does (not an election)";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &["leader", "follower"];
    const DEPTHS: &'static [&'static str] = &["execution"];

    fn depth(observation: &Observation) -> Option<(usize, u64)> {
        match observation {
            Observation::ElectionStarted { term } => Some((0, term.0)),
            _ => None,
        }
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(settings, roles.nodes("servers").to_vec())
    }

    /// The article assumes nothing and promises a leader.
    fn assumes(_: &Config) -> Assumptions {
        Assumptions::default()
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::AnyNode
    }

    fn invariants(config: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        let (nodes, delay) = (|| config.nodes.clone(), config.settings.message_delay);
        vec![
            Box::new(OneCoordinator::new(nodes(), delay)),
            Box::new(GroupAgreement::new(nodes(), delay + delay)),
        ]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Leadership::without_votes())]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(AcceptedLeader::of(config.nodes.clone()))]
    }
}
