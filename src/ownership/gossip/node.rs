//! A node - server or client - and what the catalog needs of it.

use super::client::Client;
use super::disk::Shelf;
use super::judges;
use super::message::Message;
use super::ring::Ring;
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
use crate::ownership::shard::ShardId;
use crate::ownership::spec::{Observation, Part, View};
use crate::ownership::store::{Ask, Reply, Version};
use crate::protocol::{Context, Protocol};
use serde::Serialize;

pub(super) type Ctx<'a> = Context<'a, GossipStore>;

/// A node of a ring by gossip.
#[derive(Debug)]
pub enum GossipStore {
    /// One of those who keep shards.
    Server(Box<Server>),
    /// One of those who read and write.
    Client(Client),
}

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// A server: the next interval.
    Gossip,
    /// A server, for the word that a copy has come.
    Sent(ShardId),
    /// A client, to ask for a view.
    Refresh,
    /// A client, to ask again.
    Retry,
    /// A client, to give up.
    Patience,
}

impl GossipStore {
    const fn ring(&self) -> &Ring {
        match self {
            GossipStore::Server(server) => &server.ring,
            GossipStore::Client(client) => &client.ring,
        }
    }
}

impl Protocol for GossipStore {
    type Config = Config;
    type Message = Message;
    type Timer = Timer;
    type Command = Command;
    type Observation = Said;
    type View = View;
    type Durable = Shelf;

    fn boot(ctx: &mut Ctx<'_>) -> Self {
        match ctx.config().servers.binary_search(&ctx.id()) {
            Ok(_) => GossipStore::Server(Box::new(Server::boot(ctx))),
            Err(_) => GossipStore::Client(Client::boot(ctx)),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match self {
            GossipStore::Server(server) => match message {
                Message::Request(request) => server.on_request(from, request, ctx),
                Message::Fetch => server.on_fetch(from, ctx),
                Message::Gossip(entries) => server.on_gossip(from, &entries, ctx),
                Message::News(entries) => server.on_news(&entries, ctx),
                Message::Shard { shard, parcel, cells } => {
                    server.on_shard(from, shard, parcel, cells, ctx);
                }
                Message::Taken { shard, parcel } => server.on_taken(shard, parcel, ctx),
                // Astray: it was for a client.
                Message::Answer { .. } | Message::NotOwner { .. } | Message::Ring(_) => {}
            },
            GossipStore::Client(client) => match message {
                Message::Answer { id, reply } => client.on_answer(id, reply, ctx),
                Message::NotOwner { id, .. } => client.on_refusal(id, ctx),
                Message::Ring(members) if !members.is_empty() => client.on_ring(members, ctx),
                _ => {}
            },
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match self {
            GossipStore::Server(server) => server.on_timer(timer, ctx),
            GossipStore::Client(client) => client.on_timer(timer, ctx),
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Ctx<'_>) {
        match (self, command) {
            (GossipStore::Client(client), Command::Get { key, number }) => {
                client.wants(number, key, Ask::Get, ctx);
            }
            (GossipStore::Client(client), Command::Put { key, number }) => {
                client.wants(number, key, Ask::Put(number), ctx);
            }
            (GossipStore::Server(server), command) => server.on_command(command, ctx),
            (GossipStore::Client(_), _) => {}
        }
    }

    fn view(&self) -> View {
        let (epoch, members) = (self.ring().number(), self.ring().names());
        match self {
            GossipStore::Server(server) => {
                let (serves, sends) = (server.serves, server.has_to_send());
                View { serves, sends, members, ..View::of(Part::Server, epoch) }
            }
            GossipStore::Client(_) => View { members, ..View::of(Part::Client, epoch) },
        }
    }

    fn plays(&self, role: &str) -> bool {
        let GossipStore::Server(server) = self else { return false };
        let key = || role.strip_prefix("owner-of(k")?.strip_suffix(')')?.parse().ok();
        match role {
            "sender" => server.has_to_send(),
            _ => key().is_some_and(|key| server.serves.contains(server.ring.map().shard_of(key))),
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

    /// An answer to a write says that it is applied.
    fn claims(message: &Message) -> Option<Said> {
        match message {
            Message::Answer { id, reply: Reply::Done } => {
                Some(Observation::Repeated { id: *id, version: Version::default() }.into())
            }
            _ => None,
        }
    }
}

impl Algorithm for GossipStore {
    type Settings = Settings;

    const NAME: &'static str = "hashing-gossip";
    const SUMMARY: &'static str = "Sharded key-value store: every server serves what its own view \
                                    of the members says (Dynamo, SOSP 2007, section 4.8)";
    const ROLES: &'static [&'static str] = &["servers", "clients"];
    const TARGETS: &'static [&'static str] = &["owner-of(*)", "sender"];
    const ANSWERED: &'static [&'static str] = &["get", "put"];
    const MUTANTS: &'static [Mutant] = MUTANTS;
    const DEPTHS: &'static [&'static str] = &["view", "version"];

    fn depth(said: &Said) -> Option<(usize, u64)> {
        match said {
            Said::Viewed { view, .. } => Some((0, view.0)),
            Said::Store(Observation::Applied { version, .. }) => Some((1, version.0)),
            _ => None,
        }
    }

    fn example_roles() -> Roles {
        Roles::deal([("servers", 4), ("clients", 3)])
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
