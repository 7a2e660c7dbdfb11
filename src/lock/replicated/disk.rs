//! The disk of a node: a server's, which is Raft's, or the resource's.

use super::session::Logged;
use crate::election::raft;
use crate::lock::resource;
use crate::protocol::{Data, Durable};
use serde::{Deserialize, Serialize};

/// What a node keeps. It plays one part, and leaves the other half empty.
#[derive(Clone, Debug, Serialize)]
pub struct Disk<Q> {
    /// Of a server.
    pub raft: raft::Durable<Logged<Q>>,
    /// Of the resource.
    pub resource: resource::Contents,
}

impl<Q> Default for Disk<Q> {
    fn default() -> Self {
        Disk { raft: raft::Durable::default(), resource: resource::Contents::default() }
    }
}

/// A write to it. Whose it is goes without saying, and is not written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Write<Q> {
    /// By a server.
    Raft(raft::Write<Logged<Q>>),
    /// By the resource.
    Resource(resource::Write),
}

impl<Q: Data> Durable for Disk<Q> {
    type Write = Write<Q>;

    fn apply(&mut self, write: &Write<Q>) {
        match write {
            Write::Raft(write) => self.raft.apply(write),
            Write::Resource(write) => self.resource.apply(write),
        }
    }
}
