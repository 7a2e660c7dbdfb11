//! A node of a lease lock - server, resource or client - and what the catalog needs of it.

use super::client::Client;
use super::disk::{Disk, Write};
use super::message::Message;
use super::rules::MUTANTS;
use super::server::Server;
use super::settings::{Config, Settings};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::lock::resource::{CheckAgain, Resource};
use crate::lock::spec::{
    FencedEffect, LockProgress, LyingObserver, MutualExclusion, NoLostUpdate, Observation,
    OwnerOnly, Phase, RequestServed, Tenure, TokensGrow, View, WaiterServed,
};
use crate::metric::Metric;
use crate::protocol::{Context, Effect, Lift, Protocol};
use serde::{Deserialize, Serialize};

/// A node of a lease lock.
#[derive(Debug)]
pub enum Lease {
    /// The node that grants the lock.
    Server(Server),
    /// What the lock protects, and a buffer for what it wants.
    Resource(Resource, Vec<Effect<Resource>>),
    /// A node that takes the lock when it is told to.
    Client(Client),
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// A client, to ask for the lock again.
    Retry,
    /// A client, to give up waiting.
    Patience,
    /// A holder, to renew.
    Renew,
    /// A holder: when it is over, it holds the lock no more.
    LeaseOver,
    /// A holder: its work is done.
    Work,
    /// A holder, for the resource's answer.
    Resource,
    /// The server: the grant is over.
    GrantOver,
    /// The resource, for the server's answer.
    Check,
}

impl Timer {
    /// What a client waits for on behalf of one request.
    pub(super) const OF_REQUEST: [Timer; 6] = [
        Timer::Retry,
        Timer::Patience,
        Timer::Renew,
        Timer::LeaseOver,
        Timer::Work,
        Timer::Resource,
    ];
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

/// How the resource is a part of this.
const RESOURCE: Lift<Resource, Lease> = Lift {
    config: |config| &config.fence,
    durable: |disk| &mut disk.resource,
    message: Message::Resource,
    timer: |_| Timer::Check,
    write: Write::Resource,
    observation: |observation| observation,
};

impl Protocol for Lease {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = Disk;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let config = ctx.config();
        if ctx.id() == config.server {
            return Lease::Server(Server::boot(ctx));
        }
        if Some(ctx.id()) == config.resource {
            let mut room = Vec::new();
            let resource = ctx.embed(&mut room, &RESOURCE, Resource::boot);
            return Lease::Resource(resource, room);
        }
        Lease::Client(Client::boot(ctx))
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        match (self, message) {
            (Lease::Server(server), message) => server.on_message(from, message, ctx),
            (Lease::Client(client), message) => client.on_message(message, ctx),
            (Lease::Resource(resource, room), Message::Resource(message)) => {
                ctx.embed(room, &RESOURCE, |ctx| resource.on_message(from, message, ctx));
            }
            (Lease::Resource(..), _) => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Self>) {
        match (self, timer) {
            (Lease::Client(client), timer) => client.on_timer(timer, ctx),
            (Lease::Server(server), Timer::GrantOver) => server.on_expiry(ctx),
            (Lease::Resource(resource, room), Timer::Check) => {
                ctx.embed(room, &RESOURCE, |ctx| resource.on_timer(CheckAgain, ctx));
            }
            _ => {}
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Context<'_, Self>) {
        let Command::Acquire { request } = command;
        if let Lease::Client(client) = self {
            client.on_acquire(request, ctx);
        }
    }

    fn view(&self) -> View {
        match self {
            Lease::Server(server) => View { granted_to: server.granted_to(), ..View::IDLE },
            Lease::Resource(..) => View::IDLE,
            Lease::Client(client) => View::of_client(client.phase()),
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

impl Algorithm for Lease {
    type Settings = Settings;

    const NAME: &'static str = "lock-lease";
    const SUMMARY: &'static str =
        "Lease lock: one server grants it for a while, with fencing tokens (Kleppmann 2016)";
    // The server comes first: progress needs it, and a heal restarts it.
    const ROLES: &'static [&'static str] = &["server", "resource", "clients"];
    const TARGETS: &'static [&'static str] = &["holder", "waiter"];
    const ANSWERED: &'static [&'static str] = &["acquire"];
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const DEPTHS: &'static [&'static str] = &["token", "version"];

    fn depth(observation: &Observation) -> Option<(usize, u64)> {
        match observation {
            Observation::Granted { token: Some(token), .. } => Some((0, token.0)),
            Observation::WriteAccepted { written, .. } => Some((1, written.0)),
            _ => None,
        }
    }

    fn example_roles() -> Roles {
        Roles::deal([("server", 1), ("resource", 1), ("clients", 3)])
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(&settings, roles)
    }

    fn assumes(config: &Config) -> Assumptions {
        config.assumptions()
    }

    fn requires(_: &Config) -> Requirement {
        // The first role is the server. A client that hears nobody asks for what it has, and has it
        // for good: each time that it asks, its grant begins anew.
        Requirement::AllReached
    }

    fn invariants(config: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        let mut judges: Vec<Box<dyn Invariant<Self>>> = vec![
            Box::new(OwnerOnly),
            Box::new(TokensGrow::default()),
            Box::new(FencedEffect::default()),
            Box::new(NoLostUpdate::default()),
            Box::new(LyingObserver::default()),
        ];
        if config.promises_belief() {
            judges.push(Box::new(MutualExclusion::default()));
        }
        judges
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
