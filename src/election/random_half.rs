//! Random half: each node draws half of the nodes and calls them leaders.
//!
//! Not an algorithm that anybody should use: it is what an article proposed as one, and a negative
//! control. Whoever calls the election draws N/2 of the N nodes, rounded down, without asking
//! anybody, and tells each of them that it leads. One call makes as many leaders as it draws, two
//! calls draw different ones, and nobody ever steps down. `docs/article.md` holds its claims
//! against what is measured.

use crate::algorithm::{Algorithm, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::election::spec::{AcceptedLeader, Observation, OneCoordinator, Role, Term, View};
use crate::id::{Label, NodeId};
use crate::invariant::Invariant;
use crate::protocol::{Context, Never, Protocol};
use crate::time::Duration;
use serde::{Deserialize, Serialize};

const LEADER: Label = Label::new("leader");
/// It knows no reigns: all of them are the first.
const REIGN: Term = Term(1);

/// What `[algorithm.election-article-random-half]` may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// How many nodes call an election when they boot, from n0 on; all if not given.
    pub callers: Option<u32>,
}

/// Who may be drawn, and who draws.
#[derive(Clone, Debug)]
pub struct Config {
    members: Vec<NodeId>,
    callers: u32,
}

/// What a caller says to those whom it drew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// You lead.
    Drawn,
}

crate::words!(Message { Drawn => "drawn" });

/// A node that draws leaders, or is drawn.
#[derive(Debug)]
pub struct RandomHalf {
    id: NodeId,
    leads: bool,
    follows: Option<NodeId>,
}

impl RandomHalf {
    /// Draws half of the members, each at most once.
    fn call(&mut self, ctx: &mut Context<'_, Self>) {
        ctx.observe(Observation::ElectionStarted { term: REIGN });
        let mut left = ctx.config().members.clone();
        for _ in 0..ctx.config().members.len() / 2 {
            let place = ctx.draw(LEADER, 0..=left.len() as u64 - 1);
            let place = usize::try_from(place).expect("a place in a list of members");
            let leader = left.remove(place);
            if leader == self.id {
                self.lead(ctx);
            } else {
                ctx.send(leader, Message::Drawn);
                self.accept(leader, ctx);
            }
        }
    }

    /// Of the leaders that it drew it follows the first.
    fn accept(&mut self, leader: NodeId, ctx: &mut Context<'_, Self>) {
        if self.follows.is_none() {
            self.follows = Some(leader);
            ctx.observe(Observation::LeaderAccepted { leader, term: REIGN });
        }
    }

    fn lead(&mut self, ctx: &mut Context<'_, Self>) {
        if !self.leads {
            self.leads = true;
            ctx.observe(Observation::LeaderElected { term: REIGN });
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
        let mut node = RandomHalf { id: ctx.id(), leads: false, follows: None };
        if node.id.number() < ctx.config().callers {
            node.call(ctx);
        }
        node
    }

    fn on_message(&mut self, _: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match message {
            Message::Drawn => self.lead(ctx),
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {
        unreachable!("it waits for nothing and sets no timer")
    }

    fn view(&self) -> View {
        match self.leads {
            true => View { role: Role::Leader, term: REIGN, leader: Some(self.id) },
            false => View { role: Role::Follower, term: REIGN, leader: self.follows },
        }
    }

    fn plays(&self, role: &str) -> bool {
        role == if self.leads { "leader" } else { "follower" }
    }
}

impl Algorithm for RandomHalf {
    type Settings = Settings;

    const NAME: &'static str = "election-article-random-half";
    const SUMMARY: &'static str =
        "Random half: whoever calls an election draws N/2 leaders (an article's; do not use)";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &["leader", "follower"];

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        let members = roles.nodes("servers").to_vec();
        let Ok(servers @ 1..) = u32::try_from(members.len()) else {
            return Err("`servers` is 0: an election needs at least 1".to_owned());
        };
        let callers = settings.callers.unwrap_or(servers);
        if callers > servers {
            return Err(format!("`callers` is {callers}: there are only {servers} servers"));
        }
        Ok(Config { members, callers })
    }

    fn assumes(_: &Config) -> Assumptions {
        Assumptions::default()
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::AnyNode
    }

    fn invariants(config: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![Box::new(OneCoordinator::new(config.members.clone(), Duration::ZERO))]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        vec![Box::new(AcceptedLeader::of(config.members.clone()))]
    }
}
