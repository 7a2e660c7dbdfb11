//! A scenario file as it is written: the sections, each with the places that errors point at.
//!
//! These types follow the file, not the simulator: everything may be absent, nothing is checked
//! against anything else. They also are what the JSON Schema is made of, so their docs are what an
//! editor shows. A fault is a table in which exactly one kind is set.

use super::fault::{FaultEntry, Nemesis};
use super::heal::HealEntry;
use super::service::ServiceEntry;
use super::source::Placed;
use super::topology::TopologyEntry;
use super::words::{Latency, Node, Seeds, Who};
use super::zones::NodesEntry;
use crate::conditions::{Bandwidth, InFlight};
use crate::rng::Ratio;
use crate::time::{Drift, Duration, SimTime};
use crate::units::{SignedLength, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A whole scenario file but for its `[algorithm.<name>]` table, which is the catalog's to read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "stormseed scenario")]
pub struct ScenarioFile {
    /// Its name: `family/what-happens`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Placed<String>>,
    /// The version of this syntax: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Placed<u64>>,
    /// How long the storm lasts. With `[heal]` the run goes on until `within` is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Placed<Duration>>,
    /// What `sweep` and `regress` run when nothing else is said. `"0..100"` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<Placed<Seeds>>,
    /// What is to come of it. That everything holds, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Placed<ExpectEntry>>,
    /// The assumptions of the algorithm that the faults may go beyond: `["honest-disk"]`. What is
    /// found there is labelled so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceed: Vec<Placed<String>>,
    /// How many nodes play each role of the algorithm: `servers = 5`. Under `zones` their zones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<Placed<String>, Placed<NodesEntry>>,
    /// Which links there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topology: Option<TopologyEntry>,
    /// The network without faults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkEntry>,
    /// The nodes' clocks when the run begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks: Option<ClocksEntry>,
    /// The nodes' disks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<DiskEntry>,
    /// What ends a run as inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetEntry>,
    /// What always happens: the timeline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fault: Vec<Placed<FaultEntry>>,
    /// Single commands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<Placed<CommandEntry>>,
    /// Commands that come again and again, by their words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub workload: BTreeMap<Placed<String>, Placed<WorkEntry>>,
    /// What the seed decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nemesis: Option<Nemesis>,
    /// The end of the storm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heal: Option<Placed<HealEntry>>,
    /// How the algorithm's service is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Placed<ServiceEntry>>,
    /// What must happen for a run to mean anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require: Option<RequireEntry>,
}

/// Exactly one of `holds`, `violates` and `stalls`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectEntry {
    /// Every seed passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Placed<bool>>,
    /// At least one seed violates this invariant, and none violates another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violates: Option<Placed<String>>,
    /// Invariants that the same cause violates too, in some of the seeds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Placed<String>>,
    /// At least one seed makes no progress after heal, in this property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stalls: Option<Placed<String>>,
    /// The assumptions that the scenario breaks on purpose: `["drift"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<Placed<String>>,
}

/// The network without faults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkEntry {
    /// How long a message takes: `"5ms"`, `"1ms..10ms"`,
    /// `{ exponential = { min = "1ms", mean = "20ms" } }` or
    /// `{ log-normal = { median = "5ms", sigma = "0.5" } }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Placed<Latency>>,
    /// Directed links that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Placed<LinkEntry>>,
    /// The chance that a link loses a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Placed<Ratio>>,
    /// How much each link carries in each direction; anything if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Placed<BandwidthEntry>>,
    /// The chance that a message arrives twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplication: Option<Placed<Ratio>>,
    /// Whether the messages of a link arrive in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fifo: Option<bool>,
    /// What a cut does to messages on the way: `"drop"`, `"deliver"` or `"hold"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_flight: Option<InFlightEntry>,
}

/// What a cut does to messages on the way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InFlightEntry {
    /// They are lost.
    Drop,
    /// They arrive.
    Deliver,
    /// They are kept, and arrive when the links open.
    Hold,
}

impl From<InFlightEntry> for InFlight {
    fn from(entry: InFlightEntry) -> Self {
        match entry {
            InFlightEntry::Drop => InFlight::Drop,
            InFlightEntry::Deliver => InFlight::Deliver,
            InFlightEntry::Hold => InFlight::Hold,
        }
    }
}

/// One directed link that differs. What is not given is as for all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LinkEntry {
    /// Sender.
    pub from: Placed<Node>,
    /// Receiver.
    pub to: Placed<Node>,
    /// Its latency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Placed<Latency>>,
    /// The chance that it loses a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Placed<Ratio>>,
    /// How much it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Placed<BandwidthEntry>>,
}

/// How much a link carries, in messages: one is as long as another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BandwidthEntry {
    /// The time from one message to the next.
    pub spacing: Duration,
    /// How many messages may wait; what comes when the queue is full is lost.
    pub queue: u32,
}

impl From<BandwidthEntry> for Bandwidth {
    fn from(entry: BandwidthEntry) -> Self {
        Bandwidth { spacing: entry.spacing, queue: entry.queue }
    }
}

/// The nodes' clocks when the run begins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClocksEntry {
    /// What the wall clocks are ahead of true time, drawn for each node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<Span<SignedLength>>,
    /// The rate error of both clocks, drawn for each node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Span<Drift>>,
    /// Nodes whose clocks differ: `n1 = { drift = "-30%" }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<Placed<Node>, ClockEntry>,
}

/// The clocks of one node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClockEntry {
    /// What the wall clock is ahead of true time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<SignedLength>,
    /// The rate error of both clocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
}

/// The nodes' disks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DiskEntry {
    /// How long a sync takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync: Option<Placed<Latency>>,
    /// Whether a node's monotonic clock starts anew when it restarts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_resets_clock: Option<bool>,
}

/// What ends a run as inconclusive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BudgetEntry {
    /// How many events may happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Placed<u64>>,
    /// How many events may be pending at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Placed<u64>>,
    /// How many events may happen at one instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instant: Option<Placed<u64>>,
}

/// One command at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CommandEntry {
    /// When, or between which times.
    pub at: Placed<Span<Duration>>,
    /// The command's word.
    pub word: Placed<String>,
    /// Who is asked: a node, a role of the algorithm (everyone who plays it then), or one drawn
    /// from a list, from a role of the scenario or from all (`"one"`).
    pub to: Placed<Who>,
}

/// A command that comes again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WorkEntry {
    /// Who is asked, as for a single command.
    pub to: Placed<Who>,
    /// The time from one to the next.
    pub every: Placed<Span<Duration>>,
    /// The first does not come before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Placed<Duration>>,
    /// None comes after this; the end of the run if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Placed<Duration>>,
}

/// What must happen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RequireEntry {
    /// Words of observations that must occur, or else the run is vacuous.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<Placed<String>>,
}

/// The true time so long after the beginning.
pub(super) fn instant(length: Duration) -> SimTime {
    SimTime::ZERO + length
}
