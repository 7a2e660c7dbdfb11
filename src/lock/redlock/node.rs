//! A node of Redlock - server, resource or client - and what the catalog needs of it.

use super::client::Client;
use super::message::Message;
use super::rules::MUTANTS;
use super::server::Server;
use super::settings::{Config, Settings};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::lock::resource::{self, CheckAgain, Resource};
use crate::lock::spec::{
    LockProgress, LyingObserver, MutualExclusion, NoLostUpdate, Observation, OwnerOnly, Phase,
    RequestServed, Tenure, View, WaiterServed,
};
use crate::metric::Metric;
use crate::protocol::{Context, Durable, Effect, Lift, Protocol};
use serde::{Deserialize, Serialize};

/// A node of Redlock.
#[derive(Debug)]
pub enum Redlock {
    /// One of the nodes that store nonces.
    Server(Server),
    /// What the lock protects, and a buffer for what it wants.
    Resource(Resource, Vec<Effect<Resource>>),
    /// A node that takes the lock when it is told to.
    Client(Client),
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// A client, for the servers' answers.
    Try,
    /// A client, to try again.
    Retry,
    /// A holder: when it is over, it holds the lock no more.
    LeaseOver,
    /// A holder: its work is done.
    Work,
    /// A holder, for the resource's answer.
    Resource,
    /// The resource, which asks nobody here.
    Check,
}

/// What an operator may ask of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Take the lock, do something with the resource, and release it; after all that it was asked
    /// before.
    Acquire {
        /// The number of the request, which no other has.
        request: u64,
    },
}

crate::words!(Command { Acquire => "acquire" });

/// The disk of a node: a server's or the resource's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// Whether a server has run before: it stores nothing else.
    pub has_run: bool,
    /// Of the resource.
    pub resource: resource::Contents,
}

/// A write to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// A server has run.
    HasRun,
    /// By the resource.
    Resource(resource::Write),
}

impl Durable for Disk {
    type Write = Write;

    fn apply(&mut self, write: &Write) {
        match write {
            Write::HasRun => self.has_run = true,
            Write::Resource(write) => self.resource.apply(write),
        }
    }
}

/// How the resource is a part of this.
const RESOURCE: Lift<Resource, Redlock> = Lift {
    config: |config| &config.fence,
    durable: |disk| &mut disk.resource,
    message: Message::Resource,
    timer: |_| Timer::Check,
    write: Write::Resource,
    observation: |observation| observation,
};

impl Protocol for Redlock {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = Disk;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let config = ctx.config();
        if config.servers.contains(&ctx.id()) {
            return Redlock::Server(Server::boot(ctx));
        }
        if Some(ctx.id()) == config.resource {
            let mut room = Vec::new();
            let resource = ctx.embed(&mut room, &RESOURCE, Resource::boot);
            return Redlock::Resource(resource, room);
        }
        Redlock::Client(Client::boot(ctx))
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match (self, message) {
            (Redlock::Server(server), message) => server.on_message(from, message, ctx),
            (Redlock::Client(client), message) => client.on_message(from, message, ctx),
            (Redlock::Resource(resource, room), Message::Resource(message)) => {
                ctx.embed(room, &RESOURCE, |ctx| resource.on_message(from, message, ctx));
            }
            (Redlock::Resource(..), _) => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        match self {
            Redlock::Client(client) => client.on_timer(timer, ctx),
            Redlock::Resource(resource, room) => {
                ctx.embed(room, &RESOURCE, |ctx| resource.on_timer(CheckAgain, ctx));
            }
            Redlock::Server(_) => {}
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Context<'_, Self>) {
        let Command::Acquire { request } = command;
        if let Redlock::Client(client) = self {
            client.on_acquire(request, ctx);
        }
    }

    fn view(&self) -> View {
        match self {
            Redlock::Server(server) => View { granted_to: server.granted_to(), ..View::IDLE },
            Redlock::Resource(..) => View::IDLE,
            Redlock::Client(client) => View::of_client(client.phase()),
        }
    }

    fn plays(&self, role: &str) -> bool {
        match self.view().phase {
            Phase::Holds => role == "holder",
            Phase::Waits => role == "waiter",
            Phase::Idle => false,
        }
    }

    /// Who was told to take the lock has had it, or will not.
    fn answers(&self, command: &Command, observation: &Observation, _: &Disk) -> bool {
        let Command::Acquire { request } = *command;
        observation.ends(request)
    }
}

impl Algorithm for Redlock {
    type Settings = Settings;

    const NAME: &'static str = "lock-redlock";
    const SUMMARY: &'static str =
        "Redlock: a majority of servers that know nothing of one another (Redis; Kleppmann 2016)";
    const ROLES: &'static [&'static str] = &["servers", "resource", "clients"];
    const TARGETS: &'static [&'static str] = &["holder", "waiter"];
    const ANSWERED: &'static [&'static str] = &["acquire"];
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const DEPTHS: &'static [&'static str] = &["version"];

    fn depth(observation: &Observation) -> Option<(usize, u64)> {
        match observation {
            Observation::WriteAccepted { written, .. } => Some((0, written.0)),
            _ => None,
        }
    }

    fn example_roles() -> Roles {
        Roles::deal([("servers", 5), ("resource", 1), ("clients", 3)])
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(&settings, roles)
    }

    fn assumes(config: &Config) -> Assumptions {
        config.assumptions()
    }

    fn requires(_: &Config) -> Requirement {
        // The first role is that of the servers.
        Requirement::QuorumConnected
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        vec![
            Box::new(OwnerOnly),
            Box::new(NoLostUpdate::default()),
            Box::new(LyingObserver::default()),
            Box::new(MutualExclusion::default()),
        ]
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        vec![Box::new(Tenure::default())]
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        let acquire = |request| Command::Acquire { request };
        let waiter = WaiterServed::of(config.clients.clone());
        let progress = LockProgress::of(config.clients.clone(), config.changes_hands_within());
        vec![Box::new(waiter), Box::new(RequestServed::by(acquire)), Box::new(progress)]
    }

    fn command(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        (word == "acquire").then_some(Ok(Command::Acquire { request: arguments.unique }))
    }
}
