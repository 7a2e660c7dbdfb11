//! The standing conditions of a world: latency, loss, duplication, disks and budgets, as data.

use crate::fault_budget::DiskBudget;
use crate::id::NodeId;
use crate::rng::Ratio;
use crate::time::Duration;
use crate::topology::Topology;
use crate::units::{Span, Spread};
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

impl From<Span<Duration>> for Latency {
    fn from(span: Span<Duration>) -> Self {
        let Span { min, max, spread } = span;
        match spread {
            _ if min == max => Latency::Constant(min),
            Spread::Even => Latency::Uniform { min, max },
            Spread::Log | Spread::EitherLog => Latency::LogUniform { min, max },
        }
    }
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

/// How much a link carries. Messages leave it one at a time, and one that comes too soon waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bandwidth {
    /// The time from one message to the next.
    pub spacing: Duration,
    /// How many may wait; what comes then is lost.
    pub queue: u32,
}

/// One directed link that differs from the others. What is not given is as for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Sender.
    pub from: NodeId,
    /// Receiver.
    pub to: NodeId,
    /// Its latency.
    pub latency: Option<Latency>,
    /// The chance that it loses a message.
    pub loss: Option<Ratio>,
    /// How much it carries.
    pub bandwidth: Option<Bandwidth>,
}

impl Link {
    /// A link like all others.
    pub const fn new(from: NodeId, to: NodeId) -> Self {
        Link { from, to, latency: None, loss: None, bandwidth: None }
    }

    /// A link that differs in its latency.
    pub const fn with_latency(from: NodeId, to: NodeId, latency: Latency) -> Self {
        Link { latency: Some(latency), ..Link::new(from, to) }
    }
}

/// Zones of nodes, and how far apart they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zones {
    /// The zone of each node by its number; none if there are no zones.
    pub of: Vec<u32>,
    /// The latency from one zone to another, or within one, where it is not as for all links; each
    /// pair once.
    pub latency: Vec<ZoneLatency>,
}

/// The latency of the links from one zone to another, or to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneLatency {
    /// The senders' zone.
    pub from: u32,
    /// The receivers' zone.
    pub to: u32,
    /// Their latency.
    pub latency: Latency,
}

/// The network as it is without faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Which links there are, and how messages find their way where there is none.
    pub topology: Topology,
    /// The latency of a link.
    pub latency: Latency,
    /// Zones, whose latencies win over that of all links.
    pub zones: Zones,
    /// Links that differ, each named once; they win over zones.
    pub links: Vec<Link>,
    /// The chance that a link loses a message.
    pub loss: Ratio,
    /// How much each link carries; anything, if not given.
    pub bandwidth: Option<Bandwidth>,
    /// The chance that a message arrives twice, drawn once for its whole way.
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
            topology: Topology::FullMesh,
            zones: Zones::default(),
            links: Vec::new(),
            loss: Ratio::ZERO,
            bandwidth: None,
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
