//! The schedule: everything that shall happen in a run, as plain data that can be printed, stored,
//! edited and made smaller.

use crate::fault::{Choice, Fault, When};
use crate::id::NodeId;
use crate::time::{Clock, Drift, Duration, SimTime};
use serde::{Deserialize, Serialize};

/// A command that comes at its time, whatever became of those before it: an open loop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned<C> {
    /// When.
    pub when: When,
    /// Who is asked.
    pub to: Recipient,
    /// What is asked.
    pub command: C,
}

/// Somebody who gives one command after another and waits for each answer: a closed loop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client<C> {
    /// How long it waits for an answer. After that it does not know what became of its command, and
    /// goes on to the next.
    pub timeout: Duration,
    /// What it asks, in this order.
    pub operations: Vec<Operation<C>>,
}

/// One command of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation<C> {
    /// It is not given before this, in true time.
    pub not_before: SimTime,
    /// How long the client thinks when it is done with the operation before this one.
    pub think: Duration,
    /// Who is asked.
    pub to: Recipient,
    /// What is asked.
    pub command: C,
}

/// Who is given a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recipient {
    /// This node.
    Node(NodeId),
    /// Every node that plays this role at that moment.
    Role(String),
    /// Nodes that are chosen at that moment.
    Chosen(Choice),
}

/// How a node's clocks stand when the run begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockPlan {
    /// What its wall clock is ahead of the epoch, in nanoseconds.
    pub wall_offset: i64,
    /// Its rate error.
    pub drift: Drift,
}

impl ClockPlan {
    /// The clock as it stands at the beginning.
    pub fn clock(self) -> Clock {
        Clock::new(self.wall_offset, self.drift)
    }
}

/// The end of the storm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heal {
    /// When the faults stop: from then on none strikes and none ends.
    pub at: SimTime,
    /// Who is healed and restarted; whoever is not keeps its failure for good, and so do the links
    /// to and between such nodes, but for the isolation of healed nodes alone. Loss ends
    /// everywhere. Faults that strike at [`When::Heal`] break whoever has no failure by then.
    ///
    /// [`When::Heal`]: crate::fault::When::Heal
    pub core: Vec<NodeId>,
    /// How long the core may take to make progress.
    pub within: Duration,
}

/// One decision of chance that is fixed by hand and wins over luck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Override {
    /// The n-th message of a kind on a link.
    Fate {
        /// Sender.
        from: NodeId,
        /// Receiver.
        to: NodeId,
        /// The message's word.
        word: String,
        /// Which one, from 1.
        nth: u32,
        /// What becomes of it.
        fate: FateOverride,
    },
    /// A node's n-th draw of a name.
    Draw {
        /// Who draws.
        node: NodeId,
        /// The draw's name.
        label: String,
        /// Which one, from 1.
        nth: u32,
        /// What is drawn.
        value: u64,
    },
    /// When an event comes among those at its instant: lower ties come first, and the schedule's
    /// own acts before all. Ties from 2^31 - 2 on are one.
    Tie {
        /// Which event.
        of: Tied,
        /// Its tie.
        tie: u32,
    },
}

/// An event whose tie is fixed by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tied {
    /// The arrival of the n-th message of a kind on a link; on a longer way, at the end of its
    /// first link. A second copy has the tie above it.
    Message {
        /// Sender.
        from: NodeId,
        /// Receiver.
        to: NodeId,
        /// The message's word.
        word: String,
        /// Which one, from 1.
        nth: u32,
    },
    /// The timers of a node that are due at an instant.
    Timer {
        /// Whose.
        node: NodeId,
        /// When, in true time.
        at: SimTime,
    },
    /// The end of a node's sync at an instant.
    Sync {
        /// Whose.
        node: NodeId,
        /// When, in true time.
        at: SimTime,
    },
}

/// What becomes of a message whose fate is fixed by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FateOverride {
    /// It is lost.
    Lost,
    /// It arrives after this time.
    Delivered(Duration),
    /// It arrives twice.
    Duplicated(Duration, Duration),
}

/// What shall happen in one run. `C` is the algorithm's command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule<C> {
    /// The nodes' clocks, one each.
    pub clocks: Vec<ClockPlan>,
    /// The faults, each with a name of its own.
    pub faults: Vec<Fault>,
    /// The commands that have times.
    pub commands: Vec<Planned<C>>,
    /// Chance fixed by hand.
    pub overrides: Vec<Override>,
    /// The end of the storm; without one the run is all storm.
    pub heal: Option<Heal>,
    /// When the run ends.
    pub end: SimTime,
    /// Commands that wait for one another, by client. Without any the digest of the schedule is
    /// what it was before there were clients.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<Client<C>>,
}

impl<C> Schedule<C> {
    /// A schedule in which nothing happens to so many nodes with perfect clocks.
    pub fn calm(nodes: usize, end: SimTime) -> Self {
        Schedule {
            clocks: vec![ClockPlan::default(); nodes],
            faults: Vec::new(),
            commands: Vec::new(),
            overrides: Vec::new(),
            heal: None,
            end,
            clients: Vec::new(),
        }
    }
}
