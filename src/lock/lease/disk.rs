//! What the server keeps on its disk, and where the resource keeps its own.

use crate::id::NodeId;
use crate::lock::resource;
use crate::lock::spec::Token;
use crate::protocol::Durable;
use serde::{Deserialize, Serialize};

/// A grant of the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// To whom.
    pub client: NodeId,
    /// For which of its requests: who releases or renews must name it.
    pub request: u64,
    /// Its token.
    pub token: Token,
}

/// What a server remembers across its crashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The token of the latest grant.
    pub token: Token,
    /// Who has the lock, if the server writes that down.
    pub grant: Option<Grant>,
}

/// The disk of a node: the server's or the resource's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// Of the server.
    pub server: Kept,
    /// Of the resource.
    pub resource: resource::Contents,
}

/// A write to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// By the server.
    Server(Kept),
    /// By the resource.
    Resource(resource::Write),
}

impl Durable for Disk {
    type Write = Write;

    fn apply(&mut self, write: &Write) {
        match write {
            Write::Server(kept) => self.server = *kept,
            Write::Resource(write) => self.resource.apply(write),
        }
    }
}
