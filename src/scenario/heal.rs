//! `[heal]`: the end of the storm, who is healed, and what becomes of everybody else.
//!
//! The core is healed; whoever is outside it - the remainder - keeps its failure for good. So that
//! it is never whole by accident, the seed also draws a failure for every node (`heal/remainder`:
//! dead, cut off, deaf or mute), which strikes at the heal if the node is outside the core and
//! nothing else holds it. These are faults like others, of the schedule and with a name.

use super::check::{Check, DURATION_MAX, Scenario};
use super::draw::BLOCK;
use super::error::{Errors, Finding};
use super::fault::FaultEntry;
use super::file::instant;
use super::source::Placed;
use super::timing::Timing;
use super::words::{Node, Who};
use crate::assumption::Assumptions;
use crate::fault::{Action, DiskFate, Fault, Target, When};
use crate::id::{FaultId, NodeId};
use crate::rng::{Luck64, Stream, below, range, shuffle};
use crate::schedule::Heal;
use crate::time::Duration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// The block of names of what breaks the remainder: far above those of the families.
const REMAINDER: u32 = 10_000 * BLOCK;

/// The end of the storm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HealEntry {
    /// Who is healed and restarted. The rest stays broken for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub core: Option<Placed<CoreEntry>>,
    /// What becomes of nodes outside the core that have no failure when the storm ends. `"broken"`
    /// if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remainder: Option<Placed<RemainderEntry>>,
    /// When; at the end of `duration` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Placed<Duration>>,
    /// How long the core may take to make progress.
    pub within: Placed<Duration>,
    /// For how long the service must then be there without a break; a quarter of `within` if not
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steady: Option<Placed<Duration>>,
}

/// Who is healed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CoreEntry {
    /// `"all"`: every node.
    #[default]
    All,
    /// `"random-quorum"`: a random set with a majority of the first role and at least one node of
    /// every other.
    RandomQuorum,
    /// `"n0"`, `["n0", "n2"]`: these.
    Nodes(Vec<NodeId>),
}

/// What becomes of nodes outside the core that have no failure of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RemainderEntry {
    /// The seed gives each of them one: dead, cut off, deaf or mute.
    #[default]
    Broken,
    /// Nothing: they go on.
    AsIs,
}

impl Serialize for CoreEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            CoreEntry::All => serializer.serialize_str("all"),
            CoreEntry::RandomQuorum => serializer.serialize_str("random-quorum"),
            CoreEntry::Nodes(nodes) => Who::Nodes(nodes.clone()).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for CoreEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Who::deserialize(deserializer)? {
            Who::All => Ok(CoreEntry::All),
            Who::Nodes(nodes) => Ok(CoreEntry::Nodes(nodes)),
            Who::Role(word) if word == "random-quorum" => Ok(CoreEntry::RandomQuorum),
            Who::Role(word) => {
                Err(D::Error::unknown_variant(&word, &["all", "random-quorum", "[\"n0\", ...]"]))
            }
            other => Err(D::Error::custom(format!(
                "`{other}` is no core; write \"all\", \"random-quorum\" or a list of nodes"
            ))),
        }
    }
}

impl JsonSchema for CoreEntry {
    fn schema_name() -> Cow<'static, str> {
        "CoreEntry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Who is healed: every node, a random set with a majority of the first \
                role and at least one node of every other, or these nodes.",
            "anyOf": [
                { "enum": ["all", "random-quorum"] },
                generator.subschema_for::<Node>(),
                { "type": "array", "minItems": 1, "items": generator.subschema_for::<Node>() },
            ],
        })
    }
}

impl Check<'_> {
    pub fn heal(&mut self) {
        let Some(heal) = &self.file.heal else { return };
        if heal.within.as_nanos() == 0 {
            self.wrong(heal.within.place(), "no time for progress; make it longer");
        }
        if *heal.within > DURATION_MAX {
            self.wrong(heal.within.place(), "longer than ten years; make it shorter");
        }
        let duration = self.file.duration.as_ref().map(|duration| **duration);
        if let Some(at) = heal.at.as_ref().filter(|at| duration.is_some_and(|d| ***at > d)) {
            let problem = "heal comes after `duration`, when the storm is over; leave `at` out";
            self.wrong(at.place(), problem);
        }
        if let Some(steady) = heal.steady.as_ref().filter(|steady| ***steady > *heal.within) {
            let problem = format!("longer than `within` ({}); make it shorter", *heal.within);
            self.wrong(steady.place(), problem);
        }
        let Some(core) = &heal.core else { return self.remainder_of_all(heal) };
        match &**core {
            CoreEntry::All => self.remainder_of_all(heal),
            CoreEntry::RandomQuorum => {}
            CoreEntry::Nodes(nodes) => {
                self.named_nodes(nodes, core.place());
            }
        }
    }

    fn remainder_of_all(&mut self, heal: &HealEntry) {
        if let Some(remainder) = &heal.remainder {
            let finding = Finding::new(remainder.place(), "the core is all: nobody is outside it");
            self.findings.push(finding.help("write `core = \"random-quorum\"`, or leave it out"));
        }
    }

    /// A fault that strikes when the storm ends, at nodes outside the core.
    pub fn at_heal(&mut self, timing: &Timing<'_>, at_heal: &Placed<bool>) {
        if !**at_heal {
            self.wrong(at_heal.place(), "`at-heal` can only be true; else write `at` or `when`");
            return;
        }
        let core = self.file.heal.as_ref().map(|heal| heal.core.as_deref());
        let problem = match core {
            None => "without `[heal]` the storm does not end; add it, or write `at`",
            Some(None | Some(CoreEntry::All)) => {
                "the core is all: nobody is outside it to be struck; name a `core` in `[heal]`"
            }
            Some(Some(_)) => "",
        };
        if !problem.is_empty() {
            self.wrong(at_heal.place(), problem);
        }
        let other = timing.at.map(Placed::place).or(timing.when.map(Placed::place));
        if let Some(place) = other {
            self.wrong(place, "the fault strikes at the heal; one fault has one time");
        }
        if let Some(every) = timing.every {
            self.wrong(every.place(), "only a fault with `at` can repeat; leave `every` out");
        }
    }

    /// Whether a fault that strikes at the heal is one that can stay for good.
    pub fn for_good(&mut self, fault: &FaultEntry) {
        if !fault.at_heal.as_ref().is_some_and(|at_heal| **at_heal) {
            return;
        }
        if let Some(spread) = &fault.spread {
            self.wrong(spread.place(), "nothing strikes after the heal; leave `spread` out");
        }
        if let Some(window) = &fault.window {
            self.wrong(window.place(), "what strikes at the heal does not wait; leave it out");
        }
        for kind in fault.kinds() {
            if kind.entry.who().is_none() {
                let problem = "what strikes at the heal breaks nodes, not links; \
                               write `isolate` or `mute`";
                self.wrong(kind.place.clone(), problem);
            }
            if let Some(lasts) = kind.entry.lasts() {
                let problem = "what strikes at the heal lasts for good; leave `for` out";
                self.wrong(lasts.place(), problem);
            }
        }
    }
}

impl Scenario {
    /// How long after the heal the service must be back; `None` if the run is all storm.
    pub fn recovery_bound(&self) -> Option<Duration> {
        self.file.heal.as_ref().map(|heal| *heal.within)
    }

    /// For how long it must then be there without a break.
    pub fn steady(&self) -> Duration {
        let Some(heal) = &self.file.heal else { return Duration::ZERO };
        let quarter = Duration::from_nanos(heal.within.as_nanos() / 4);
        heal.steady.as_ref().map_or(quarter, |steady| **steady)
    }

    /// An error about a recovery that nothing could measure, placed at `[heal]`.
    pub fn refuse_heal(&self, sentence: &str) -> Errors {
        let place = self.file.heal.as_ref().map_or(0..0, |heal| heal.place());
        let finding = Finding::new(place, sentence)
            .help("leave `[heal]` out, or give the algorithm a `Service`");
        Errors::new(self.source.clone(), vec![finding])
    }

    /// The end of the storm in the run of a seed; `None` if it is all storm.
    pub fn heal(&self, seed: u64) -> Option<Heal> {
        let entry = self.file.heal.as_ref()?;
        let seed = self.seed(seed);
        let core = match entry.core.as_deref() {
            None | Some(CoreEntry::All) => self.nodes().all(),
            Some(CoreEntry::RandomQuorum) => self.random_quorum(seed),
            Some(CoreEntry::Nodes(nodes)) => {
                let mut nodes = nodes.clone();
                nodes.sort();
                nodes
            }
        };
        Some(Heal { at: instant(self.storm_end), core, within: *entry.within })
    }

    fn random_quorum(&self, seed: u64) -> Vec<NodeId> {
        let mut luck = Stream::new(seed, "heal/core");
        let mut core = Vec::new();
        for (place, (_, nodes)) in self.groups.iter().enumerate() {
            let mut nodes = nodes.clone();
            let least = if place == 0 { nodes.len() / 2 + 1 } else { 1 };
            let count = range(&mut luck, least as u64..=nodes.len() as u64) as usize;
            shuffle(&mut luck, &mut nodes);
            core.extend(nodes.into_iter().take(count));
        }
        core.sort();
        core
    }

    /// What breaks each node outside the core, if nothing else has. A failure is drawn for every
    /// node, so that who is in the core changes nobody's. It stays inside what the algorithm
    /// assumes, or a ring on a link that loses would be news: such a node dies, which the others
    /// must bear.
    pub(super) fn remainder(
        &self,
        seed: u64,
        core: &[NodeId],
        assumes: &Assumptions,
    ) -> Vec<Fault> {
        let entry = self.file.heal.as_ref().and_then(|heal| heal.remainder.as_deref());
        if entry == Some(&RemainderEntry::AsIs) {
            return Vec::new();
        }
        let exceeded = self.exceeded();
        let mut luck = Stream::new(seed, "heal/remainder");
        let drawn = self.nodes().all().into_iter().map(|node| (node, failure(&mut luck)));
        let outside = drawn.filter(|(node, _)| core.binary_search(node).is_err());
        let fault = |(node, action): (NodeId, Action)| {
            let mut fault = Fault {
                id: FaultId(REMAINDER + node.number()),
                when: When::Heal,
                who: Target::Nodes(vec![node]),
                action,
                lasts: None,
                struck: None,
            };
            if assumes.broken_by(&fault).any(|broken| !exceeded.contains(&broken)) {
                fault.action = DEATH;
            }
            fault
        };
        outside.map(fault).collect()
    }
}

/// What every algorithm must bear.
const DEATH: Action = Action::Crash { after_effect: None, disk: DiskFate::Synced };

/// Dead, cut off, deaf or mute.
fn failure(luck: &mut impl Luck64) -> Action {
    match below(luck, 4) {
        0 => DEATH,
        1 => Action::Isolate,
        2 => Action::Mute { sends: false, hears: true },
        _ => Action::Mute { sends: true, hears: false },
    }
}
