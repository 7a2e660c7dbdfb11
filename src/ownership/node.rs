//! A node - coordinator, server or client - and what the catalog needs of it.

use super::client::Client;
use super::coordinator::Coordinator;
use super::keeper::{Ctx, Depot as _, Keeper};
use super::map::Change;
use super::message::{Command, Message};
use super::settings::{Config, Settings};
use super::shard::{Epoch, ShardId};
use super::spec::{self, Observation, Part, View};
use super::store::{Ask, Reply, Version};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::{Context, Durable, Protocol};
use serde::{Deserialize, Serialize};

/// A node.
#[derive(Debug)]
pub enum Node<K: Keeper> {
    /// The source of changes.
    Coordinator(Coordinator<K>),
    /// One of those who keep shards.
    Server(K),
    /// What is beneath them.
    Storage(K::Depot),
    /// One of those who read and write.
    Client(Client),
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// A client, to ask again.
    Retry,
    /// A client, to give up.
    Patience,
    /// A server, to look for changes.
    Poll,
    /// A server, for the word that a shard has come.
    Sent(ShardId),
    /// A server: its work on an operation is done.
    Work,
    /// A server: its lease is over.
    LeaseOver,
    /// The coordinator: a lease is over.
    Leases,
}

/// The disk of a node: the coordinator's, a server's or the storage's.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Disk<D> {
    /// All changes, in their order: the coordinator's.
    pub changes: Vec<Change>,
    /// What a server or the storage keeps.
    pub kept: D,
}

/// A write to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write<W> {
    /// By the coordinator.
    Change(Change),
    /// By a server or the storage.
    Kept(W),
}

impl<D: Durable> Durable for Disk<D> {
    type Write = Write<D::Write>;

    fn apply(&mut self, write: &Self::Write) {
        match write {
            Write::Change(change) => self.changes.push(change.clone()),
            Write::Kept(write) => self.kept.apply(write),
        }
    }
}

impl<K: Keeper> Protocol for Node<K> {
    type Config = Config;
    type Message = Message<K::Peer>;
    type Timer = Timer;
    type Command = Command;
    type Observation = Observation;
    type View = View;
    type Durable = Disk<K::Disk>;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let config = ctx.config();
        if ctx.id() == config.coordinator {
            return Node::Coordinator(Coordinator::boot(ctx));
        }
        if config.storage == Some(ctx.id()) {
            return Node::Storage(K::Depot::boot(ctx));
        }
        match config.servers.binary_search(&ctx.id()) {
            Ok(_) => Node::Server(K::boot(ctx)),
            Err(_) => Node::Client(Client::boot(ctx)),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Self::Message, ctx: &mut Ctx<'_, K>) {
        match (self, message) {
            (Node::Coordinator(coordinator), Message::Fetch { after }) => {
                coordinator.on_fetch(from, after, ctx);
            }
            (Node::Coordinator(coordinator), Message::Peer(message)) => {
                coordinator.on_peer(from, message, ctx);
            }
            (Node::Storage(storage), Message::Peer(message)) => storage.on_peer(from, message, ctx),
            (Node::Server(server), Message::Request(request)) => {
                server.on_request(from, request, ctx);
            }
            (Node::Server(server), Message::Changes(changes)) => server.on_changes(changes, ctx),
            (Node::Server(server), Message::Peer(message)) => server.on_peer(from, message, ctx),
            (Node::Client(client), Message::Answer { id, reply }) => {
                client.on_answer(id, reply, ctx);
            }
            (Node::Client(client), Message::NotOwner { id, epoch }) => {
                client.on_refusal(id, epoch, ctx);
            }
            (Node::Client(client), Message::Changes(changes)) => client.on_changes(&changes, ctx),
            // Astray: it was for a node that plays another part.
            _ => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_, K>) {
        match self {
            Node::Coordinator(coordinator) => coordinator.on_timer(ctx),
            Node::Storage(_) => {}
            Node::Server(server) => server.on_timer(timer, ctx),
            Node::Client(client) => client.on_timer(timer, ctx),
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Ctx<'_, K>) {
        match (self, command) {
            (Node::Client(client), Command::Get { key, number }) => {
                client.wants(number, key, Ask::Get, ctx);
            }
            (Node::Client(client), Command::Put { key, number }) => {
                client.wants(number, key, Ask::Put(number), ctx);
            }
            (Node::Coordinator(coordinator), command) => coordinator.on_command(command, ctx),
            _ => {}
        }
    }

    fn view(&self) -> View {
        match self {
            Node::Coordinator(coordinator) => {
                let map = coordinator.map();
                let members = map.members().iter().map(|member| member.node).collect();
                View { members, ..View::of(Part::Coordinator, map.epoch()) }
            }
            Node::Server(server) => {
                let (sends, receives) = server.moves();
                let shown = View::of(Part::Server, server.map().epoch());
                View { serves: server.serves(), sends, receives, ..shown }
            }
            Node::Storage(_) => View::of(Part::Storage, Epoch::FIRST),
            Node::Client(client) => View::of(Part::Client, client.map().epoch()),
        }
    }

    fn plays(&self, role: &str) -> bool {
        let Node::Server(server) = self else { return false };
        let key = || role.strip_prefix("owner-of(k")?.strip_suffix(')')?.parse().ok();
        match (role, server.moves()) {
            ("sender", (sends, _)) => sends,
            ("receiver", (_, receives)) => receives,
            _ => key().is_some_and(|key| server.serves().contains(server.map().shard_of(key))),
        }
    }

    /// Who was told to read or write has done it, or given it up.
    fn answers(&self, command: &Command, said: &Observation, _: &Self::Durable) -> bool {
        let (Command::Get { number, .. } | Command::Put { number, .. }) = command else {
            return false;
        };
        match said {
            Observation::Answered { command, .. } | Observation::Abandoned { command, .. } => {
                command == number
            }
            _ => false,
        }
    }

    /// An answer to a write says that it is applied.
    fn claims(message: &Self::Message) -> Option<Observation> {
        match message {
            Message::Answer { id, reply: Reply::Done } => {
                Some(Observation::Repeated { id: *id, version: Version::default() })
            }
            _ => None,
        }
    }
}

impl<K: Keeper> Algorithm for Node<K> {
    type Settings = Settings;

    const NAME: &'static str = K::NAME;
    const SUMMARY: &'static str = K::SUMMARY;
    const ROLES: &'static [&'static str] = K::ROLES;
    const TARGETS: &'static [&'static str] = &["owner-of(*)", "sender", "receiver"];
    const ANSWERED: &'static [&'static str] = &["get", "put"];
    const MUTANTS: &'static [Mutant] = K::MUTANTS;
    const DEPTHS: &'static [&'static str] = &["epoch", "version"];

    fn depth(said: &Observation) -> Option<(usize, u64)> {
        match said {
            Observation::Adopted { epoch, .. } => Some((0, epoch.0)),
            Observation::Applied { version, .. } => Some((1, version.0)),
            _ => None,
        }
    }

    fn example_roles() -> Roles {
        let count = |role: &&'static str| match *role {
            "servers" => (*role, 4),
            "clients" => (*role, 3),
            _ => (*role, 1),
        };
        Roles::deal(K::ROLES.iter().map(count))
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        settings.config::<K>(roles)
    }

    fn assumes(config: &Config) -> Assumptions {
        K::assumes(config)
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::AllConnected
    }

    /// The coordinator, the storage, the members, and whoever else still has something to send or
    /// to wait for.
    fn members(config: &Config, views: &[Option<View>]) -> Option<Vec<NodeId>> {
        let of_epoch = views[config.coordinator.index()].as_ref().map(|view| &view.members);
        let is_needed = |node: &&NodeId| match (of_epoch, &views[node.index()]) {
            (Some(members), Some(view)) => members.contains(**node) || view.sends || view.receives,
            // Who is down may have something to send.
            (None, _) | (_, None) => true,
        };
        let servers = config.servers.iter().filter(is_needed);
        let others = [&config.coordinator].into_iter().chain(&config.storage);
        Some(others.chain(servers).copied().collect())
    }

    fn invariants(_: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        spec::invariants(K::HAS_LEASES)
    }

    fn metrics(config: &Config) -> Vec<Box<dyn Metric<Self>>> {
        spec::metrics(config.places.shards)
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        let read = |number| Command::Get { key: number, number };
        vec![
            Box::new(spec::ShardsServed::of(config.servers.clone(), config.places.shards)),
            Box::new(spec::RequestAnswered::by(read)),
        ]
    }

    fn command(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        Command::parse(word, arguments)
    }
}
