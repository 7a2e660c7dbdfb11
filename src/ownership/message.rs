//! What nodes say to one another, and what they may be told to do.

use super::map::{Change, Weighted};
use super::shard::Epoch;
use super::store::{Ask, OperationId, Reply};
use crate::algorithm::Arguments;
use crate::id::NodeId;
use crate::protocol::Words;
use serde::{Deserialize, Serialize};

/// A client asks a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Which of its operations it is.
    pub id: OperationId,
    /// The epoch by which the client has chosen the server.
    pub epoch: Epoch,
    /// The key.
    pub key: u64,
    /// What is asked of it.
    pub ask: Ask,
}

/// What nodes say to one another. `P` is what servers say among themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message<P> {
    /// A client asks a server.
    Request(Request),
    /// It is done.
    Answer {
        /// Which operation.
        id: OperationId,
        /// What came of it.
        reply: Reply,
    },
    /// It is not done here.
    NotOwner {
        /// Which operation.
        id: OperationId,
        /// The epoch by which the server refuses.
        epoch: Epoch,
    },
    /// A node asks the coordinator for what has changed.
    Fetch {
        /// The epoch that it knows.
        after: Epoch,
    },
    /// The next changes, in their order.
    Changes(Vec<Change>),
    /// A server speaks to another, or to the coordinator.
    Peer(P),
}

crate::words!(impl<P: Words> Message<P> {
    Request => "request",
    Answer => "answer",
    NotOwner => "not-owner",
    Fetch => "fetch",
    Changes => "changes";
    in Peer(P),
});

/// What an operator or a client may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Of a client: read a key.
    Get {
        /// The key.
        key: u64,
        /// The number of the command.
        number: u64,
    },
    /// Of a client: write a key. The value is the number of the command.
    Put {
        /// The key.
        key: u64,
        /// The number of the command.
        number: u64,
    },
    /// Of the coordinator: these become members, each of weight 1.
    Add(Vec<NodeId>),
    /// Of the coordinator: these are members no more.
    Remove(Vec<NodeId>),
    /// Of the coordinator: one becomes a member in another's place, with its weight.
    Replace {
        /// Who goes.
        old: NodeId,
        /// Who comes.
        new: NodeId,
    },
    /// Of the coordinator: a member gets another weight.
    Reweight {
        /// Who.
        node: NodeId,
        /// Its new weight.
        weight: u32,
    },
}

crate::words!(Command {
    Get => "get",
    Put => "put",
    Add => "add",
    Remove => "remove",
    Replace => "replace",
    Reweight => "reweight",
});

impl Command {
    /// The command of this word, as a scenario writes it; see
    /// [`Algorithm::command`](crate::algorithm::Algorithm::command).
    pub(super) fn parse(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        let Arguments { unique: number, key, nodes, args } = arguments;
        let (number, key) = (*number, *key);
        Some(match word {
            "get" => Ok(Command::Get { key, number }),
            "put" => Ok(Command::Put { key, number }),
            "add" if !nodes.is_empty() => Ok(Command::Add(nodes.clone())),
            "remove" if !nodes.is_empty() => Ok(Command::Remove(nodes.clone())),
            "add" | "remove" => {
                Err(format!("`{word}` needs to know whom: write `nodes = [\"n4\"]`"))
            }
            "replace" => match **nodes {
                [old, new] => Ok(Command::Replace { old, new }),
                _ => {
                    Err("`replace` takes who goes and who comes: write `nodes = [\"n1\", \"n4\"]`"
                        .to_owned())
                }
            },
            "reweight" => match (&**nodes, args.first().and_then(|weight| weight.parse().ok())) {
                (&[node], Some(weight)) if (1..=Weighted::MOST).contains(&weight) => {
                    Ok(Command::Reweight { node, weight })
                }
                (&[_], Some(_)) => {
                    Err(format!("`reweight` takes a weight from 1 to {}", Weighted::MOST))
                }
                _ => Err("`reweight` takes a node and its weight: write `nodes = [\"n1\"]` and \
                          `args = [\"2\"]`"
                    .to_owned()),
            },
            _ => return None,
        })
    }
}
