//! A scenario file as it is written: the sections, each with the places that errors point at.
//!
//! These types follow the file, not the simulator: everything may be absent, nothing is checked
//! against anything else. They also are what the JSON Schema is made of, so their docs are what an
//! editor shows. A fault is a table in which exactly one kind is set.

use super::baseline::BaselineEntry;
use super::fault::FaultEntry;
use super::heal::HealEntry;
use super::load::LoadEntry;
use super::nemesis::Nemesis;
use super::pinned::{OverrideEntry, ResidualEntry};
use super::recorded::RecordedEntry;
use super::service::ServiceEntry;
use super::source::Placed;
use super::topology::TopologyEntry;
use super::words::{Latency, Node, Seeds, Who};
use super::zones::NodesEntry;
use crate::calibration::Calibration;
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
    /// The luck that nothing here lists, in a file that was frozen from the run of one seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual: Option<Placed<ResidualEntry>>,
    /// What became of the run that this file was frozen from; `replay` is held against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Placed<RecordedEntry>>,
    /// The assumptions of the algorithm that the faults may go beyond: `["honest-disk"]`. What is
    /// found there is labelled so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceed: Vec<Placed<String>>,
    /// The world and the storm by name, for what is not said here: `calm`, `lan`, `datacentre`,
    /// `wan` or `hostile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Placed<String>>,
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
    /// Clients that wait for answers, each with all its commands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client: Vec<Placed<ClientEntry>>,
    /// Commands that come again and again, by their words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub workload: BTreeMap<Placed<String>, Placed<WorkEntry>>,
    /// A workload that the seed draws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Placed<LoadEntry>>,
    /// What the seed decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nemesis: Option<Nemesis>,
    /// How fast the algorithm is, instead of what a calm run shows: what the nemesis and the
    /// load are scaled by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Placed<CalibrationEntry>>,
    /// The end of the storm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heal: Option<Placed<HealEntry>>,
    /// How the algorithm's service is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Placed<ServiceEntry>>,
    /// Single decisions of chance that win over luck.
    #[serde(default, rename = "override", skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Placed<OverrideEntry>>,
    /// What must happen for a run to mean anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require: Option<RequireEntry>,
    /// How the runs may differ from the committed baseline, for `regress`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Placed<BaselineEntry>>,
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

impl From<InFlight> for InFlightEntry {
    fn from(in_flight: InFlight) -> Self {
        match in_flight {
            InFlight::Drop => InFlightEntry::Drop,
            InFlight::Deliver => InFlightEntry::Deliver,
            InFlight::Hold => InFlightEntry::Hold,
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

/// A command, once or each time that a milestone comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CommandEntry {
    /// When, or between which times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Placed<Span<Duration>>>,
    /// On which observation, instead of `at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Placed<String>>,
    /// Whose observations count: nodes, or whoever plays a role then; anybody's if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Placed<Who>>,
    /// On which occurrence of `when`, from 1; the first if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<Placed<u32>>,
    /// Each time that `when` happens, from `nth` on, `times` times at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<Placed<bool>>,
    /// How long after `when`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Placed<Span<Duration>>>,
    /// How many times at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Placed<u32>>,
    /// The command's word.
    pub word: Placed<String>,
    /// Who is asked: a node, a role of the algorithm (everyone who plays it then, or `one(...)`,
    /// `newest(...)` and `stale(...)` of it), or one drawn from a list, from a role of the scenario
    /// or from all (`"one"`).
    pub to: Placed<Who>,
    /// The nodes that it is about, if the command has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Placed<Who>>,
    /// What else it says, if it says more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Placed<Vec<String>>>,
    /// The number that tells it from all others; found by its place if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<Placed<u64>>,
    /// The key that it is about, if the algorithm knows keys; 0 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Placed<u64>>,
}

/// A client that gives one command after another and waits for each answer. `[workload]` draws
/// such clients; here every command of one is listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientEntry {
    /// How long it waits for an answer before it goes on without.
    pub timeout: Placed<Duration>,
    /// What it asks, in this order.
    pub operations: Vec<Placed<OperationEntry>>,
}

/// One command of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OperationEntry {
    /// It is not given before this, nor before the one before it was answered.
    pub not_before: Placed<Duration>,
    /// How long the client thinks before it, when the one before it is done; not at all if not
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub think: Option<Placed<Duration>>,
    /// The command's word.
    pub word: Placed<String>,
    /// Who is asked, as for a single command.
    pub to: Placed<Who>,
    /// The number that tells it from all others.
    pub unique: Placed<u64>,
    /// The key that it is about, if the algorithm knows keys; 0 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Placed<u64>>,
}

/// A command that comes again and again: at its times whatever becomes of it, or, with `clients`,
/// from clients that wait for each answer.
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
    /// So many clients, each with times of its own. None gives a command before its time, nor
    /// before the one before it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<Placed<u64>>,
    /// How long a client thinks between an answer and its next command; not at all if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub think: Option<Placed<Span<Duration>>>,
    /// How long a client waits for an answer before it goes on without; `"1s"` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Placed<Duration>>,
}

/// How fast an algorithm is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CalibrationEntry {
    /// The shortest and the longest timer that a node sets.
    pub timers: Placed<Span<Duration>>,
    /// How long a message and its answer take.
    pub round_trip: Placed<Duration>,
    /// How long after the beginning the service is there; leave it out if it never is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Placed<Duration>>,
}

impl From<&CalibrationEntry> for Calibration {
    fn from(entry: &CalibrationEntry) -> Self {
        Calibration {
            timers: *entry.timers,
            round_trip: *entry.round_trip,
            service: entry.service.as_deref().copied(),
        }
    }
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
