//! What members say to one another.

use super::status::News;
use crate::id::NodeId;
use serde::{Deserialize, Serialize};

/// A message: what is asked or answered, and the news that it brings along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What is asked or answered.
    pub said: Said,
    /// News of members.
    pub news: Vec<News>,
}

/// What is asked or answered. The period is that of the member who wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// Are you there?
    Ping {
        /// The period of whoever wants to know.
        period: u64,
        /// Who wants to know: the sender, or the one that it asks for.
        asker: NodeId,
    },
    /// Ask that one for me.
    PingReq {
        /// The period of the sender.
        period: u64,
        /// Whom to ask.
        target: NodeId,
    },
    /// That one is there.
    Ack {
        /// The period of whoever wanted to know.
        period: u64,
        /// Who wanted to know: the receiver, or the one to hand it on to.
        asker: NodeId,
        /// Who is there.
        target: NodeId,
    },
}

impl crate::protocol::Words for Message {
    const OWN: &'static [&'static str] = Said::OWN;

    fn words() -> Vec<&'static str> {
        Said::words()
    }

    fn word(&self) -> u16 {
        self.said.word()
    }
}

crate::words!(Said {
    Ping => "ping",
    PingReq => "ping-req",
    Ack => "ack",
});
