//! A node of a replicated lock, server or client, and what the catalog needs of it.

use super::client::Client;
use super::disk::{Disk, Write};
use super::judges;
use super::recipe::Recipe;
use super::server::Server;
use super::session::{Answer, Logged, Machine, Request, Session};
use super::settings::{Config, Settings};
use crate::algorithm::{Algorithm, Arguments, Mutant, Roles, Service};
use crate::assumption::{Assumptions, Requirement};
use crate::election::raft::{self, Raft};
use crate::election::spec as election;
use crate::election::spec::LogIndex;
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::lock::resource::{self, CheckAgain, Resource};
use crate::lock::spec::{self as lock, LockId};
use crate::metric::Metric;
use crate::protocol::{Context, Effect, Lift, Protocol, Synced, Words};
use serde::{Deserialize, Serialize};

pub(super) type Ctx<'a, R> = Context<'a, Node<R>>;
type Asked<R> = <<R as Recipe>::Machine as Machine>::Ask;
type Answered<R> = <<R as Recipe>::Machine as Machine>::Answer;
type Inner<R> = Raft<Logged<Asked<R>>>;

/// A node of a replicated lock.
#[derive(Debug)]
pub enum Node<R: Recipe> {
    /// One of those who replicate the state.
    Server(Server<R>),
    /// One of those who want locks.
    Client(Client<R>),
    /// What lock 0 protects, and a buffer for what it wants.
    Resource(Resource, Vec<Effect<Resource>>),
}

/// What nodes say to one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message<Q, A> {
    /// A client asks a server.
    Request(Request<Q>),
    /// What the state says, now that the request is applied.
    Answer {
        /// Whose request.
        session: Session,
        /// Its number.
        number: u64,
        /// The answer.
        answer: Answer<A>,
    },
    /// This server does not lead: nothing was done.
    Refused {
        /// Whose request.
        session: Session,
        /// Its number.
        number: u64,
        /// Who leads, as far as it knows.
        leader: Option<NodeId>,
    },
    /// What was watched has changed.
    Notice {
        /// The entry that made it.
        key: LogIndex,
    },
    /// A server speaks to another.
    Raft(raft::Message<Logged<Q>>),
    /// A holder speaks to the resource, or the resource answers.
    Resource(resource::Message),
}

crate::words!(impl<Q: Words, A> Message<Q, A> {
    Answer => "answer",
    Refused => "refused",
    Notice => "notice";
    in Request(Request<Q>),
    in Raft(raft::Message<Logged<Q>>),
    in Resource(resource::Message),
});

/// What a client may be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Take the lock, hold it for a while, and give it back.
    Acquire {
        /// Which lock.
        lock: LockId,
        /// The number of the command.
        number: u64,
    },
}

crate::words!(Command { Acquire => "acquire" });

/// What a node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// What Raft waits for.
    Raft(raft::Timer),
    /// A leader has heard nothing of a session for its time to live.
    Session(Session),
    /// A client has not been answered.
    Retry,
    /// The same of what it only looks at.
    Reread,
    /// A client's session is to be kept alive.
    KeepAlive,
    /// A client's session may be over.
    Lease,
    /// A client has held the lock, or worked on the resource, for as long as it wanted.
    Hold,
    /// A holder has not been answered by the resource.
    Resource,
    /// The resource, for an authority; nobody is asked.
    Check,
}

/// What a node declares: the words of locks, those of the Raft inside, and its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// Promise of a server: it has applied this entry.
    Applied {
        /// Which entry.
        index: LogIndex,
        /// A digest of all that is replicated, as it is then.
        digest: u64,
    },
    /// Of the lock.
    Lock(lock::Observation),
    /// Of Raft.
    Raft(election::Observation),
}

crate::words!(Said {
    Applied => "applied";
    in Lock(lock::Observation),
    in Raft(election::Observation),
});

/// What a node shows of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum View {
    /// A server, as a server of Raft.
    Server(election::View),
    /// A client.
    Client(lock::View),
}

impl<R: Recipe> Node<R> {
    pub(super) const RAFT: Lift<Inner<R>, Self> = Lift {
        config: |config| &config.raft,
        durable: |disk| &mut disk.raft,
        message: Message::Raft,
        timer: Timer::Raft,
        write: Write::Raft,
        observation: Said::Raft,
    };

    const RESOURCE: Lift<Resource, Self> = Lift {
        config: |config| &config.fence,
        durable: |disk| &mut disk.resource,
        message: Message::Resource,
        timer: |_| Timer::Check,
        write: Write::Resource,
        observation: Said::Lock,
    };
}

impl<R: Recipe> Protocol for Node<R> {
    type Config = Config;
    type Message = Message<Asked<R>, Answered<R>>;
    type Timer = Timer;
    type Command = Command;
    type Observation = Said;
    type View = View;
    type Durable = Disk<Asked<R>>;

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        if Some(ctx.id()) == ctx.config().resource {
            let mut room = Vec::new();
            let resource = ctx.embed(&mut room, &Self::RESOURCE, Resource::boot);
            return Node::Resource(resource, room);
        }
        match ctx.config().servers().binary_search(&ctx.id()) {
            Ok(_) => Node::Server(Server::boot(ctx)),
            Err(_) => Node::Client(Client::boot(ctx)),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Self::Message, ctx: &mut Ctx<'_, R>) {
        match (self, message) {
            (Node::Server(server), Message::Raft(message)) => server.on_raft(from, message, ctx),
            (Node::Server(server), Message::Request(request)) => {
                server.on_request(from, request, ctx);
            }
            (Node::Client(client), Message::Answer { session, number, answer }) => {
                client.on_answer(session, number, answer, ctx);
            }
            (Node::Client(client), Message::Refused { session, number, leader }) => {
                client.on_refusal(session, number, leader, ctx);
            }
            (Node::Client(client), Message::Notice { .. }) => client.on_notice(ctx),
            (Node::Client(client), Message::Resource(answer)) => client.on_resource(answer, ctx),
            (Node::Resource(resource, room), Message::Resource(message)) => {
                ctx.embed(room, &Self::RESOURCE, |ctx| resource.on_message(from, message, ctx));
            }
            // Astray: it was for a node that plays another part.
            (Node::Server(_) | Node::Client(_) | Node::Resource(..), _) => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_, R>) {
        match (self, timer) {
            (Node::Server(server), Timer::Raft(timer)) => server.on_raft_timer(timer, ctx),
            (Node::Server(server), Timer::Session(session)) => server.on_silence(session, ctx),
            (Node::Resource(resource, room), Timer::Check) => {
                ctx.embed(room, &Self::RESOURCE, |ctx| resource.on_timer(CheckAgain, ctx));
            }
            (Node::Server(_) | Node::Resource(..), _) => {}
            (Node::Client(client), timer) => client.on_timer(timer, ctx),
        }
    }

    fn on_command(&mut self, command: Command, ctx: &mut Ctx<'_, R>) {
        let Command::Acquire { lock, number } = command;
        if let Node::Client(client) = self {
            client.acquire(lock, number, ctx);
        }
    }

    fn on_synced(&mut self, synced: Synced, ctx: &mut Ctx<'_, R>) {
        if let Node::Server(server) = self {
            server.on_synced(synced, ctx);
        }
    }

    fn view(&self) -> View {
        match self {
            Node::Server(server) => View::Server(server.view()),
            Node::Client(client) => View::Client(client.view()),
            Node::Resource(..) => View::Client(lock::View::IDLE),
        }
    }

    fn plays(&self, role: &str) -> bool {
        match self {
            Node::Server(server) => server.plays(role),
            Node::Client(client) => match client.view().phase {
                lock::Phase::Holds => role == "holder",
                lock::Phase::Waits => role == "waiter",
                lock::Phase::Idle => false,
            },
            Node::Resource(..) => false,
        }
    }

    /// A command is answered when the client holds no more.
    fn answers(&self, command: &Command, said: &Said, _: &Self::Durable) -> bool {
        let Command::Acquire { number, .. } = command;
        match (self, said) {
            (Node::Client(client), Said::Lock(said)) => client.answers(*number, said),
            _ => false,
        }
    }

    fn claims(message: &Self::Message) -> Option<Said> {
        match message {
            Message::Raft(message) => Inner::<R>::claims(message).map(Said::Raft),
            _ => None,
        }
    }
}

impl<R: Recipe> Algorithm for Node<R> {
    type Settings = Settings;

    const NAME: &'static str = R::NAME;
    const SUMMARY: &'static str = R::SUMMARY;
    const ROLES: &'static [&'static str] = &["servers", "clients", "resource"];
    const TARGETS: &'static [&'static str] =
        &["leader", "follower", "candidate", "holder", "waiter"];
    const ANSWERED: &'static [&'static str] = &["acquire"];
    const MUTANTS: &'static [Mutant] = R::MUTANTS;
    const DEPTHS: &'static [&'static str] = &["term", "log", "commit", "grant"];

    fn depth(said: &Said) -> Option<(usize, u64)> {
        match said {
            Said::Raft(said) => said.depth(),
            Said::Lock(lock::Observation::Acquired { token: Some(token), .. }) => {
                Some((3, token.0))
            }
            _ => None,
        }
    }

    fn example_roles() -> Roles {
        Roles::deal([("servers", 3), ("clients", 3), ("resource", 1)])
    }

    fn config(settings: Settings, roles: &Roles) -> Result<Config, String> {
        settings.config::<R>(roles)
    }

    fn assumes(config: &Config) -> Assumptions {
        config.assumptions()
    }

    fn requires(_: &Config) -> Requirement {
        Requirement::QuorumConnected
    }

    fn invariants(config: &Config) -> Vec<Box<dyn Invariant<Self>>> {
        judges::invariants::<R>(config)
    }

    fn metrics(_: &Config) -> Vec<Box<dyn Metric<Self>>> {
        judges::metrics::<R>()
    }

    fn services(config: &Config) -> Vec<Box<dyn Service<Self>>> {
        judges::services::<R>(config)
    }

    fn command(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        let number = arguments.unique;
        let lock = u32::try_from(arguments.key).map_err(|_| {
            format!("there is no lock {}: they are numbered 0 to {}", arguments.key, u32::MAX)
        });
        let acquire = |lock| Command::Acquire { lock: LockId(lock), number };
        (word == "acquire").then(|| lock.map(acquire))
    }
}
