//! The standing conditions of a world: latency, loss, duplication, disks and budgets, as data.

use crate::fault_budget::DiskBudget;
use crate::id::NodeId;
use crate::rng::Ratio;
use crate::time::Duration;
use serde::{Deserialize, Serialize};

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Latency {
    /// Always the same.
    Constant(Duration),
    /// Uniform between two lengths, both included.
    Uniform {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// A shortest time, and an exponentially distributed rest.
    Exponential {
        /// The shortest.
        min: Duration,
        /// The mean, the shortest time included.
        mean: Duration,
    },
    /// Log-normal around a median.
    LogNormal {
        /// The median.
        median: Duration,
        /// The standard deviation of the logarithm, in millionths.
        sigma_ppm: u32,
    },
    /// Between two lengths, both included, every order of magnitude as likely as any other.
    LogUniform {
        /// The shortest, above zero.
        min: Duration,
        /// The longest.
        max: Duration,
    },
}

impl Latency {
    /// No time at all.
    pub const ZERO: Latency = Latency::Constant(Duration::ZERO);
}

/// What a cut does to messages that are already on the way across it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum InFlight {
    /// They are lost.
    #[default]
    Drop,
    /// They arrive.
    Deliver,
    /// They are kept, and arrive the moment the link opens, if that is later.
    Hold,
}

/// One directed link that differs from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkLatency {
    /// Sender.
    pub from: NodeId,
    /// Receiver.
    pub to: NodeId,
    /// Its latency.
    pub latency: Latency,
}

/// The network as it is without faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The latency of a message.
    pub latency: Latency,
    /// Links that differ, each named once.
    pub links: Vec<LinkLatency>,
    /// The chance that a message is lost.
    pub loss: Ratio,
    /// The chance that a message arrives twice.
    pub duplication: Ratio,
    /// Whether the messages of a link arrive in the order they were sent.
    pub fifo: bool,
    /// What a cut does to messages on the way.
    pub in_flight: InFlight,
}

impl Default for Network {
    /// A local network: 1 to 10 ms, nothing lost, nothing twice.
    fn default() -> Self {
        Network {
            latency: Latency::Uniform {
                min: Duration::from_millis(1),
                max: Duration::from_millis(10),
            },
            links: Vec::new(),
            loss: Ratio::ZERO,
            duplication: Ratio::ZERO,
            fifo: false,
            in_flight: InFlight::Drop,
        }
    }
}

/// What ends a run as inconclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budgets {
    /// How many events may happen.
    pub events: u64,
    /// How many events may be pending at once. A timer that was cancelled, or set to an earlier
    /// time, still counts until its old time is past.
    pub pending: u64,
    /// How many events may happen at one instant (a loop that takes no time).
    pub instant: u64,
}

impl Default for Budgets {
    fn default() -> Self {
        Budgets { events: 10_000_000, pending: 1_000_000, instant: 100_000 }
    }
}

/// The world as it is without faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// The network.
    pub network: Network,
    /// How long a sync takes.
    pub sync: Latency,
    /// Whether a node's monotonic clock starts anew when it restarts.
    pub restart_resets_clock: bool,
    /// What ends a run as inconclusive.
    pub budgets: Budgets,
    /// How many disks the faults may harm.
    pub disk_budget: DiskBudget,
}

impl Default for Conditions {
    fn default() -> Self {
        Conditions {
            network: Network::default(),
            sync: Latency::ZERO,
            restart_resets_clock: false,
            budgets: Budgets::default(),
            disk_budget: DiskBudget::default(),
        }
    }
}
