//! Locks on a replicated state: sessions, and what they share, are a function of the log of a
//! real [`Raft`](crate::election::raft::Raft).
//!
//! The servers run Raft inside (`server`); what its log holds are the requests of clients and the
//! ends of sessions (`session`). A client (`client`) finds the leader, keeps a session alive and
//! follows a [`Recipe`]. What is replicated is the recipe's own: a table of locks (`table`,
//! `lock-raft`), or keys (`store`) of which [`lock-etcd`](super::etcd) and
//! [`lock-queue`](super::queue) make a lock.
//!
//! # What it promises
//! - *Of the state*, always: replicas agree (`replicas-agree`), a grant's token is above all tokens
//!   before (`tokens-grow`), and only the owner releases (`owner-only`).
//! - *Of what clients believe*, only in good time: no two hold at once (`mutual-exclusion`), if
//!   clocks keep to their bound and no client stands still. Who stands still cannot know that its
//!   session is over; what it then does is refused by a resource that checks tokens.
//! - *Of the resource*, if there is one (`resource = 1`): nothing that it acknowledged is lost
//!   (`no-lost-update`). One that checks tokens (`resource = "fenced"`) promises that alone, in any
//!   time and whoever stands still (`fenced-effect`), and then nothing is promised of beliefs. One
//!   that does not needs all of good time, and messages that arrive within `message-delay`: a
//!   holder stops earlier by that, for its last write is still on its way.
//!
//! # Why a client may believe what it believes
//! A request renews the session at its entry. The leader that ends the session has applied that
//! entry, or has begun to lead, after the client first sent it, and then counts a whole time to
//! live. So the client counts from its first sending, and stops earlier by what clocks may differ.
//! Reads go through the log as well: their answer is as good as a renewal.
//!
//! # Messages
//! A request is two between client and leader, and a round of AppendEntries; a wait costs a request
//! per third of the time to live, and a notice.

mod client;
mod disk;
mod judges;
mod node;
mod recipe;
mod rules;
mod server;
mod session;
mod settings;
pub mod store;
mod table;

pub use client::Client;
pub use disk::{Disk, Write};
pub use judges::{AsLock, ReplicasAgree};
pub use node::{Command, Message, Node, Said, Timer, View};
pub use recipe::{Recipe, Step, Wish};
pub use rules::{Rules, SOUND};
pub use server::Server;
pub use session::{Answer, Ask, Event, Logged, Machine, Request, Session, Sessions};
pub use settings::{Config, Settings, Watches};
pub use table::{Table, TableLock};

/// A lock service on Raft.
pub type RaftLock = Node<TableLock>;
