//! What nodes say to one another.

use crate::election::spec::Term;
use serde::{Deserialize, Serialize};

/// One election held by one node, so that an answer to an earlier one is not taken for an answer to
/// this one. The node keeps nothing on disk: what tells its lives apart is drawn at each boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The life of the node.
    pub incarnation: u64,
    /// Which of its elections in this life, from 1.
    pub number: u64,
}

/// What nodes say to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// To a higher node: is anybody there to lead?
    Election {
        /// To be repeated in the answer.
        attempt: Attempt,
        /// The latest reign the sender knows of.
        known: Term,
    },
    /// To a lower node: leave it to me.
    Ok {
        /// The election that this answers.
        attempt: Attempt,
        /// The latest reign the sender knows of.
        known: Term,
    },
    /// To a lower node: I lead.
    Coordinator {
        /// The number of this reign.
        reign: Term,
    },
    /// To every other node: I still lead.
    Heartbeat {
        /// The number of this reign.
        reign: Term,
    },
}

crate::words!(Message {
    Election => "election",
    Ok => "ok",
    Coordinator => "coordinator",
    Heartbeat => "heartbeat",
});
