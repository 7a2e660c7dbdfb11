//! Freezing: the run of one seed, written out as an ordinary scenario that draws nothing.
//!
//! What was drawn before the run stands there as it was drawn: every fault with its name, its aim
//! and where it struck, every command, the clocks, the core. All other luck is pinned by its seed
//! (`residual`). Take a fault out, or change it, and the others stay where they are.

use super::Expected;
use super::canonical;
use super::check::Scenario;
use super::fault::{FaultEntry, chosen};
use super::file::{
    ClientEntry, ClockEntry, ClocksEntry, CommandEntry, ExpectEntry, NetworkEntry, OperationEntry,
    RequireEntry, ScenarioFile,
};
use super::heal::{CoreEntry, HealEntry, RemainderEntry};
use super::pinned::{DICE, ResidualEntry};
use super::recorded::RecordedEntry;
use super::service::{ProbeEntry, ServiceEntry};
use super::source::Placed;
use super::words::{Node, Seeds, Who, Whole};
use super::workload::{Ask, Queue, Turn};
use crate::algorithm::Algorithm;
use crate::calibration::Subject;
use crate::fault::{Fault, FaultReport};
use crate::id::NodeId;
use crate::schedule::{ClockPlan, Heal, Recipient, Schedule};
use crate::time::{Duration, SimTime};
use crate::units::SignedLength;
use std::collections::BTreeMap;

/// The longest name that a scenario may have.
const NAME_MAX: usize = 64;

/// What became of the run that is frozen.
#[derive(Clone, Copy, Debug)]
pub struct Ran<'a> {
    /// The seed that was asked for.
    pub seed: u64,
    /// What became of its faults.
    pub faults: &'a [FaultReport],
    /// Whether it passed.
    pub passed: bool,
    /// The invariant that it violated.
    pub violated: Option<&'a str>,
    /// The milestones that its scenario requires, and that never happened in it.
    pub missing: &'a [String],
    /// Whether probes asked for its service.
    pub probed: bool,
    /// What a replay is held against.
    pub recorded: Option<&'a RecordedEntry>,
}

fn set<T>(value: T) -> Option<Placed<T>> {
    Some(Placed::nowhere(value))
}

impl Scenario {
    /// The run as a scenario file, which is the same run whatever seed it is given.
    ///
    /// # Panics
    /// If the scenario was not checked against the words of this algorithm.
    pub fn freeze<A: Algorithm>(&self, subject: &Subject, ran: &Ran<'_>) -> String {
        let seed = self.seed(ran.seed);
        let schedule = self.schedule::<A>(seed, subject);
        // Every part by its name: one that is new does not build until it is written.
        let Schedule { clocks, faults, commands: _, overrides: _, heal, end, clients: _ } =
            schedule;
        let speed = Some(&subject.calibration);
        let file = ScenarioFile {
            name: set(self.frozen_name(seed)),
            format: self.file.format.clone(),
            duration: self.file.duration.clone(),
            seeds: set(Seeds::Pinned(vec![seed])),
            expect: self.frozen_expect(ran),
            residual: set(ResidualEntry {
                dice: Placed::nowhere(DICE),
                seed: Placed::nowhere(Whole(seed)),
            }),
            recorded: ran.recorded.cloned().map(Placed::nowhere),
            exceed: self.file.exceed.clone(),
            profile: None,
            nodes: self.file.nodes.clone(),
            topology: self.file.topology.clone(),
            network: self.frozen_network(seed, subject),
            clocks: self.frozen_clocks(&clocks),
            disk: self.file.disk.clone(),
            budget: self.file.budget.clone(),
            fault: frozen_faults(faults, ran.faults),
            command: self.asks::<A>(seed, speed, end).iter().map(CommandEntry::of).collect(),
            client: self.queues::<A>(seed, speed, end).iter().map(ClientEntry::of).collect(),
            workload: BTreeMap::new(),
            load: None,
            nemesis: None,
            calibration: None,
            heal: self.file.heal.as_deref().zip(heal).map(|(entry, heal)| entry.with_core(heal)),
            overrides: self.file.overrides.clone(),
            service: self.frozen_service(ran, end),
            require: self.frozen_require(ran.missing),
            // A run has a record of its own; a mean over seeds says nothing of it.
            baseline: None,
        };
        let text = canonical::text(&file, self.algorithm(), &self.settings_as_written());
        format!("{}{text}", self.opening(seed, ran.missing))
    }

    /// What the file was made from, how to read it, and what it does not ask of its run.
    fn opening(&self, seed: u64, missing: &[String]) -> String {
        let lacks = missing.iter().map(|word| {
            format!(
                "# The scenario requires `{word}`; its run of this seed has none, so this file\n\
                     # does not.\n"
            )
        });
        format!(
            "# {}, seed {seed}, frozen by stormseed {}.\n\
             # Each fault has its aim and, as `struck`, where it struck: take `struck` out, and\n\
             # it strikes where it is aimed. All luck that is not listed is `residual`'s.\n{}",
            self.name(),
            env!("CARGO_PKG_VERSION"),
            lacks.collect::<String>(),
        )
    }

    /// What was required of many runs, without what this one is known to lack.
    fn frozen_require(&self, missing: &[String]) -> Option<RequireEntry> {
        let mut entry = self.file.require.clone()?;
        entry.milestones.retain(|word| missing.iter().all(|lacks| *lacks != **word));
        (!entry.milestones.is_empty()).then_some(entry)
    }

    fn frozen_name(&self, seed: u64) -> String {
        let name = format!("{}_seed-{seed}", self.name());
        match self.is_frozen() || name.len() > NAME_MAX {
            true => self.name().to_owned(),
            false => name,
        }
    }

    /// What is to come of this one run, where that is not what was to come of many.
    fn frozen_expect(&self, ran: &Ran<'_>) -> Option<Placed<ExpectEntry>> {
        let entry = self.file.expect.as_deref()?;
        let expected = self.expect();
        if ran.passed && expected.verdict != Expected::Holds {
            let holds = ExpectEntry {
                holds: set(true),
                violates: None,
                also: Vec::new(),
                stalls: None,
                outside: Vec::new(),
            };
            return set(holds);
        }
        // One of those that may be violated besides was, in this run: that is its point now.
        let found = ran.violated.filter(|name| expected.also.iter().any(|also| also == name));
        if let (Some(found), Some(violates)) = (found, &entry.violates) {
            let others = entry.also.iter().filter(|also| also.as_str() != found).cloned();
            let also = std::iter::once(violates.clone()).chain(others).collect();
            return set(ExpectEntry { violates: set(found.to_owned()), also, ..entry.clone() });
        }
        set(entry.clone())
    }

    /// The network; where a profile gave way to what the algorithm assumes, as it came to be.
    fn frozen_network(&self, seed: u64, subject: &Subject) -> Option<NetworkEntry> {
        if self.file.profile.is_none() {
            return self.file.network.clone();
        }
        let network = self.conditions(seed, &subject.assumes).network;
        Some(NetworkEntry {
            latency: set(network.latency.into()),
            loss: set(network.loss),
            fifo: Some(network.fifo),
            ..self.file.network.clone().unwrap_or_default()
        })
    }

    /// The clocks, node by node; but where nothing is drawn, as they are written.
    fn frozen_clocks(&self, plans: &[ClockPlan]) -> Option<ClocksEntry> {
        let entry = self.file.clocks.as_ref()?;
        let is_fixed = entry.offset.is_none_or(|offset| offset.min == offset.max)
            && entry.drift.is_none_or(|drift| drift.min == drift.max);
        if is_fixed && self.file.profile.is_none() {
            return Some(entry.clone());
        }
        let off = plans.iter().zip(0..).filter(|(plan, _)| **plan != ClockPlan::default());
        let clock = |(plan, number): (&ClockPlan, u32)| {
            let offset = (plan.wall_offset != 0).then_some(SignedLength(plan.wall_offset));
            let drift = (plan.drift.ppm() != 0).then_some(plan.drift);
            (Placed::nowhere(Node(NodeId::new(number))), ClockEntry { offset, drift })
        };
        Some(ClocksEntry { offset: None, drift: None, nodes: off.map(clock).collect() })
    }

    /// How the service is measured, with every probe of the run. Runs that look into a standstill
    /// go on for longer, with probes that are drawn as they were.
    fn frozen_service(&self, ran: &Ran<'_>, end: SimTime) -> Option<Placed<ServiceEntry>> {
        if !ran.probed {
            return self.file.service.clone();
        }
        let entry = self.file.service.as_deref().cloned().unwrap_or_default();
        let probe = |(at, to): &(SimTime, Recipient)| {
            Placed::nowhere(ProbeEntry {
                at: Placed::nowhere(at.since(SimTime::ZERO)),
                to: asked(to),
            })
        };
        let probes = self.probes(ran.seed, end);
        set(ServiceEntry { probe: probes.iter().map(probe).collect(), ..entry })
    }

    /// The settings of the algorithm as the file has them.
    pub(super) fn settings_as_written(&self) -> toml::Table {
        let file = self.source.text().parse::<toml::Table>().unwrap_or_default();
        let all = file.get("algorithm").and_then(toml::Value::as_table);
        let own = all.and_then(|all| all.get(self.algorithm())).and_then(toml::Value::as_table);
        own.cloned().unwrap_or_default()
    }
}

/// The faults in the order of the schedule, which decides between those of one instant, each with
/// where it struck.
fn frozen_faults(faults: Vec<Fault>, reports: &[FaultReport]) -> Vec<Placed<FaultEntry>> {
    let reports: BTreeMap<_, _> = reports.iter().map(|report| (report.id, report)).collect();
    let frozen = faults.into_iter().map(|fault| {
        let struck = reports.get(&fault.id).and_then(|report| report.struck.clone());
        let fault = Fault { struck: struck.or(fault.struck), ..fault };
        Placed::nowhere(FaultEntry::of(&fault))
    });
    frozen.collect()
}

impl HealEntry {
    /// The same with the core that was drawn. What breaks the others is listed among the faults.
    fn with_core(&self, heal: Heal) -> Placed<HealEntry> {
        let is_drawn = self.core.as_deref() == Some(&CoreEntry::RandomQuorum);
        let core = if is_drawn { set(CoreEntry::Nodes(heal.core)) } else { self.core.clone() };
        let is_all = matches!(core.as_deref(), None | Some(CoreEntry::All));
        let remainder = if is_all { None } else { set(RemainderEntry::AsIs) };
        Placed::nowhere(HealEntry { core, remainder, ..self.clone() })
    }
}

/// A key, where it is not the one that is meant if none is named.
fn keyed(key: u64) -> Option<Placed<u64>> {
    set(key).filter(|key| **key != 0)
}

/// Who is asked, as a file names it.
fn asked(to: &Recipient) -> Placed<Who> {
    Placed::nowhere(match to {
        Recipient::Node(node) => Who::Nodes(vec![*node]),
        Recipient::Role(role) => Who::Role(role.clone()),
        Recipient::Chosen(choice) => chosen(choice),
    })
}

impl CommandEntry {
    /// The entry that asks exactly this.
    fn of(ask: &Ask<'_>) -> Placed<CommandEntry> {
        let mut timed = FaultEntry::default();
        timed.aim_at(&ask.when);
        let nodes = ask.arguments.nodes.clone();
        let args = ask.arguments.args.clone();
        Placed::nowhere(CommandEntry {
            at: timed.at,
            when: timed.when,
            on: timed.on,
            nth: timed.nth,
            each: None,
            after: timed.after,
            times: None,
            word: Placed::nowhere(ask.word.to_owned()),
            to: asked(&ask.to),
            nodes: (!nodes.is_empty()).then(|| Placed::nowhere(Who::Nodes(nodes))),
            args: (!args.is_empty()).then(|| Placed::nowhere(args)),
            unique: set(ask.arguments.unique),
            key: keyed(ask.arguments.key),
        })
    }
}

impl ClientEntry {
    /// The client that asks exactly this.
    fn of(queue: &Queue<'_>) -> Placed<ClientEntry> {
        let operation = |turn: &Turn<'_>| {
            Placed::nowhere(OperationEntry {
                not_before: Placed::nowhere(turn.not_before.since(SimTime::ZERO)),
                think: (turn.think > Duration::ZERO).then(|| Placed::nowhere(turn.think)),
                word: Placed::nowhere(turn.word.to_owned()),
                to: asked(&turn.to),
                unique: Placed::nowhere(turn.unique),
                key: keyed(turn.key),
            })
        };
        Placed::nowhere(ClientEntry {
            timeout: Placed::nowhere(queue.timeout),
            operations: queue.turns.iter().map(operation).collect(),
        })
    }
}
