//! The paper's remote procedures: a question each, and its answer.

use crate::election::spec::Term;
use serde::{Deserialize, Serialize};

/// One run of a procedure at one node. The paper's calls return to who made them; here an answer
/// says what it answers. The node keeps nothing on disk: what tells its lives apart is drawn at
/// each boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The life of the node.
    pub incarnation: u64,
    /// Which of its runs in this life, from 1.
    pub number: u64,
}

/// What nodes say to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Is anybody there? To all higher nodes, or to a coordinator that is silent.
    AreYouUp {
        /// To be repeated in the answer.
        call: Call,
    },
    /// Answer to `AreYouUp`.
    Up {
        /// The call that this answers.
        call: Call,
    },
    /// To a lower node: stop what you do, and accept no coordinator but me.
    Halt {
        /// The election of the sender.
        call: Call,
        /// The latest reign the sender knows of.
        known: Term,
    },
    /// Answer to `Halt`.
    Halted {
        /// The call that this answers.
        call: Call,
        /// The latest reign the sender knows of.
        known: Term,
    },
    /// To a node that was halted: I am your coordinator.
    NewCoordinator {
        /// The election of the sender, as in its `Halt`.
        call: Call,
        /// The number of its reign.
        reign: Term,
    },
    /// Answer to `NewCoordinator`, also of a node that did not heed it.
    Noted {
        /// The call that this answers.
        call: Call,
    },
    /// To all who were named the coordinator: work as normal. In the paper it hands out the task.
    Ready {
        /// To be repeated in the answer.
        call: Call,
        /// The number of the sender's reign.
        reign: Term,
    },
    /// Answer to `Ready`.
    Working {
        /// The call that this answers.
        call: Call,
    },
    /// From a coordinator, again and again and to every other node: is there anybody who is not
    /// looked after?
    AreYouNormal {
        /// To be repeated in the answer.
        call: Call,
    },
    /// Answer to `AreYouNormal`.
    Normality {
        /// The call that this answers.
        call: Call,
        /// Whether the sender is in the state Normal, under whichever coordinator.
        is_normal: bool,
    },
}

crate::words!(Message {
    AreYouUp => "are-you-up",
    Up => "up",
    Halt => "halt",
    Halted => "halted",
    NewCoordinator => "new-coordinator",
    Noted => "noted",
    Ready => "ready",
    Working => "working",
    AreYouNormal => "are-you-normal",
    Normality => "normality",
});
