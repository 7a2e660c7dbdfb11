//! A node - coordinator, server or client - and what the catalog needs of it.

use super::client::Client;
use super::coordinator::Coordinator;
use super::disk::{Hint, Shelf};
use super::judges;
use super::layout::Layout;
use super::message::Message;
use super::rules::MUTANTS;
use super::said::Said;
use super::server::Server;
use super::settings::{Config, Settings};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::ownership::message::Command;
use crate::ownership::spec::{Observation, Part, View};
use crate::ownership::store::Ask;
use crate::protocol::{Context, Protocol};
use serde::Serialize;

pub(super) type Ctx<'a> = Context<'a, ReplicaStore>;

/// A node of a store with replicas.
#[derive(Debug)]
pub enum ReplicaStore {
    /// The source of epochs.
    Coordinator(Box<Coordinator>),
    /// One of those who keep shards.
    Server(Box<Server>),
    /// One of those who read and write.
    Client(Box<Client>),
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// A server, to say how far it is.
    Poll,
    /// A server, for copies of the shards that it is to come to.
    Pull,
    /// A server, to hand over what it keeps for others.
    HandOff,
    /// A client, to ask again.
    Retry,
    /// A client, to give up.
    Patience,
    /// A client, for the replicas that have not said yet that they have this operation's write.
    Behind(u64),
}

impl ReplicaStore {
    const fn layout(&self) -> &Layout {
        match self {
            ReplicaStore::Coordinator(coordinator) => &coordinator.layout,
            ReplicaStore::Server(server) => &server.layout,
            ReplicaStore::Client(client) => &client.layout,
        }
    }
}

impl Server {
    fn hears(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Ask { id, key, since } => self.on_ask(from, (id, since), key, ctx),
            Message::Store { id, cell, since } => self.on_store(from, (id, since), cell, ctx),
            Message::Hint { id, target, cell } => {
                self.on_hint(from, id, Hint { target, cell }, ctx);
            }
            Message::HandOff(cell) => self.on_hand_off(from, cell, ctx),
            Message::HandedOff { key, stamp } => self.on_handed_off(from, key, stamp, ctx),
            Message::Pull { shard, since } => self.on_pull(from, shard, since, ctx),
            Message::Copy { shard, since, cells } => {
                self.on_copy(from, (shard, since), cells, ctx);
            }
            Message::Turns { first, turns } => self.on_turns(first, &turns, ctx),
            // Astray: it was for a node that plays another part.
            Message::Found { .. }
            | Message::Stored { .. }
            | Message::Refused { .. }
            | Message::Hinted { .. }
            | Message::Fetch { .. } => {}
        }
    }
}

impl Client {
    fn hears(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Found { id, since, cell } => self.on_found(from, (id, since), cell, ctx),
            Message::Stored { id, stamp, since, .. } => {
                self.on_stored(from, (id, stamp), Some(since), ctx);
            }
            Message::Hinted { id, target, stamp, .. } => {
                if ctx.config().counts_hints() {
                    self.on_stored(target, (id, stamp), None, ctx);
                }
                self.has_it(target, id);
            }
            Message::Refused { id, epoch } => self.on_refusal(id, epoch, ctx),
            Message::Turns { first, turns } => self.on_turns(first, &turns, ctx),
            _ => {}
        }
    }
}

impl Protocol for ReplicaStore {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Said;
    type View = View;
    type Durable = Shelf;

    fn boot(ctx: &mut Ctx<'_>) -> Self {
        let config = ctx.config();
        if ctx.id() == config.coordinator {
            return ReplicaStore::Coordinator(Box::new(Coordinator::boot(ctx)));
        }
        match config.servers.binary_search(&ctx.id()) {
            Ok(_) => ReplicaStore::Server(Box::new(Server::boot(ctx))),
            Err(_) => ReplicaStore::Client(Box::new(Client::boot(ctx))),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match self {
            ReplicaStore::Server(server) => server.hears(from, message, ctx),
            ReplicaStore::Client(client) => client.hears(from, message, ctx),
            ReplicaStore::Coordinator(coordinator) => {
                if let Message::Fetch { after, is_filled } = message {
                    coordinator.on_fetch(from, after, is_filled, ctx);
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match self {
            ReplicaStore::Coordinator(_) => {}
            ReplicaStore::Server(server) => server.on_timer(timer, ctx),
            ReplicaStore::Client(client) => client.on_timer(timer, ctx),
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Ctx<'_>) {
        match (self, command) {
            (ReplicaStore::Client(client), Command::Get { key, number }) => {
                client.wants(number, key, Ask::Get, ctx);
            }
            (ReplicaStore::Client(client), Command::Put { key, number }) => {
                client.wants(number, key, Ask::Put(number), ctx);
            }
            (ReplicaStore::Coordinator(coordinator), command) => {
                coordinator.on_command(command, ctx);
            }
            _ => {}
        }
    }

    fn view(&self) -> View {
        let layout = self.layout();
        match self {
            ReplicaStore::Coordinator(_) => {
                let members = layout.map().members().iter().map(|member| member.node).collect();
                View { members, ..View::of(Part::Coordinator, layout.epoch()) }
            }
            ReplicaStore::Server(server) => {
                let (serves, sends) = (server.serves, server.has_hints);
                let receives = !server.fills.is_empty();
                View { serves, sends, receives, ..View::of(Part::Server, layout.epoch()) }
            }
            ReplicaStore::Client(_) => View::of(Part::Client, layout.epoch()),
        }
    }

    fn plays(&self, role: &str) -> bool {
        let ReplicaStore::Server(server) = self else { return false };
        let key = || role.strip_prefix("replica-of(k")?.strip_suffix(')')?.parse().ok();
        match role {
            "hint-holder" => server.has_hints,
            "receiver" => !server.fills.is_empty(),
            _ => key().is_some_and(|key| server.serves.contains(server.shard(key))),
        }
    }

    /// Who was told to read or write has done it, or given it up.
    fn answers(&self, command: &Command, said: &Said, _: &Shelf) -> bool {
        let (Command::Get { number, .. } | Command::Put { number, .. }) = command else {
            return false;
        };
        match said {
            Said::Store(
                Observation::Answered { command, .. } | Observation::Abandoned { command, .. },
            ) => command == number,
            _ => false,
        }
    }

    /// Who says that it has a write, or keeps it for another, has promised that.
    fn claims(message: &Message) -> Option<Said> {
        match *message {
            Message::Stored { key, stamp, .. } | Message::HandedOff { key, stamp } => {
                Some(Said::Stored { key, stamp })
            }
            Message::Hinted { target, key, stamp, .. } => Some(Said::Hinted { target, key, stamp }),
            _ => None,
        }
    }
}

impl Algorithm for ReplicaStore {
    type Settings = Settings;

    const NAME: &'static str = "hashing-replicas";
    const SUMMARY: &'static str = "Sharded key-value store with replicas: quorums that meet, while \
                                    members change (Attiya, Bar-Noy, Dolev 1995; CEP-21)";
    const ROLES: &'static [&'static str] = &["coordinator", "servers", "clients"];
    const TARGETS: &'static [&'static str] = &["replica-of(*)", "receiver", "hint-holder"];
    const ANSWERED: &'static [&'static str] = &["get", "put"];
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const DEPTHS: &'static [&'static str] = &["epoch", "version"];

    fn depth(said: &Said) -> Option<(usize, u64)> {
        match said {
            Said::Store(Observation::Adopted { epoch, .. }) => Some((0, epoch.0)),
            Said::Settled { stamp, .. } => Some((1, stamp.version.0)),
            _ => None,
        }
    }

    fn example_roles() -> Roles {
        Roles::deal([("coordinator", 1), ("servers", 4), ("clients", 3)])
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        Config::new(settings, roles)
    }

    fn assumes(_: &Config) -> Assumptions {
        Assumptions {
            honest_disk: true,
            ordered_writes: true,
            no_disk_errors: true,
            ..Assumptions::default()
        }
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::AllConnected
    }

    /// The coordinator, the members, and whoever else has something to come to or to hand over.
    fn members(config: &Config, views: &[Option<View>]) -> Option<Vec<NodeId>> {
        let of_epoch = views[config.coordinator.index()].as_ref().map(|view| &view.members);
        let is_needed = |node: &&NodeId| match (of_epoch, &views[node.index()]) {
            (Some(members), Some(view)) => members.contains(**node) || view.sends || view.receives,
            // Who is down may have something to hand over.
            (None, _) | (_, None) => true,
        };
        let servers = config.servers.iter().filter(is_needed);
        Some([&config.coordinator].into_iter().chain(servers).copied().collect())
    }

    fn invariants(config: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        judges::invariants(config)
    }

    fn metrics(config: &Config) -> Vec<Box<dyn Metric<Self>>> {
        judges::metrics(config)
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        judges::services(config)
    }

    fn command(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        Command::parse(word, arguments)
    }
}
