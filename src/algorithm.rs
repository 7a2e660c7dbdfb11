//! What the catalog needs of a protocol besides its state machine: names for files and reports,
//! settings, what it assumes and requires, who judges it, and what its service is.

use crate::assumption::{Assumptions, Requirement};
use crate::id::NodeId;
use crate::invariant::Invariant;
use crate::metric::Metric;
use crate::protocol::Protocol;
use crate::time::{Duration, SimTime};
use crate::topology::Topology;
use crate::world::World;
use serde::de::DeserializeOwned;

/// Which nodes play which part of a scenario: `servers = 5`, `clients = 3`; and how they are
/// linked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    groups: Vec<(String, Vec<NodeId>)>,
    links: Option<Topology>,
    zones: Vec<(String, Vec<NodeId>)>,
}

impl Roles {
    /// Deals node numbers in the order of the roles.
    pub fn deal<S: Into<String>>(counts: impl IntoIterator<Item = (S, u32)>) -> Self {
        let mut next = 0;
        let mut groups = Vec::new();
        for (role, count) in counts {
            let nodes = (next..next + count).map(NodeId::new).collect();
            next += count;
            groups.push((role.into(), nodes));
        }
        Roles { groups, links: Some(Topology::FullMesh), zones: Vec::new() }
    }

    /// The same parts with these links between the nodes; `None` if each seed draws its own.
    #[must_use]
    pub fn linked(self, links: Option<Topology>) -> Self {
        Roles { links, ..self }
    }

    /// The same parts, and who is in which zone.
    #[must_use]
    pub fn in_zones(self, zones: Vec<(String, Vec<NodeId>)>) -> Self {
        Roles { zones, ..self }
    }

    /// The zone of a node, for algorithms that place what they keep in several; `None` if the
    /// scenario names none.
    pub fn zone_of(&self, node: NodeId) -> Option<&str> {
        let zone = self.zones.iter().find(|(_, nodes)| nodes.contains(&node));
        zone.map(|(name, _)| name.as_str())
    }

    /// The links between the nodes, for algorithms that make their way along them; `None` if each
    /// seed draws its own, so that nothing can be planned on them.
    pub const fn links(&self) -> Option<&Topology> {
        self.links.as_ref()
    }

    /// The nodes of a role; none if the scenario does not name it.
    pub fn nodes(&self, role: &str) -> &[NodeId] {
        self.groups.iter().find(|(name, _)| name == role).map_or(&[], |(_, nodes)| nodes)
    }

    /// How many nodes there are in all.
    pub fn size(&self) -> usize {
        self.groups.iter().map(|(_, nodes)| nodes.len()).sum()
    }
}

/// The shortest timer that a shipped algorithm accepts. By shorter ones a second takes millions of
/// events, and nothing that a network does is that fast.
pub const SHORTEST_TIMER: Duration = Duration::from_micros(1);

/// Checks the lengths of timers, each with the name of its setting.
///
/// # Errors
/// A sentence about the first that is shorter than [`SHORTEST_TIMER`].
pub fn check_timers(timers: &[(&str, Duration)]) -> Result<(), String> {
    match timers.iter().find(|(_, length)| *length < SHORTEST_TIMER) {
        None => Ok(()),
        Some((name, length)) => {
            Err(format!("`{name}` is {length}: a timer must be at least {SHORTEST_TIMER}"))
        }
    }
}

/// A known bug of an algorithm: one changed rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// Its name, as the setting `mutant = "..."` writes it.
    pub name: &'static str,
    /// What is changed, in one line.
    pub summary: &'static str,
    /// The invariants that may catch it.
    pub breaks: &'static [&'static str],
    /// Where it was seen: a paper's section, an issue of a real project.
    pub source: &'static str,
}

/// A protocol that scenario files can name.
pub trait Algorithm: Protocol {
    /// Its settings as `[algorithm.<name>]` writes them, each with a default.
    type Settings: DeserializeOwned + 'static;

    /// Its name: `<family>-<name>`.
    const NAME: &'static str;
    /// What it is, in one line, with the paper and section it follows.
    const SUMMARY: &'static str;
    /// The parts that its nodes play, in the order in which nodes are dealt: `["servers"]`.
    const ROLES: &'static [&'static str];
    /// The roles that faults can be aimed at: those that [`Protocol::plays`] knows. One with an
    /// argument is listed as `owner-of(*)`, and asked for as it is written: `owner-of(k17)`.
    const TARGETS: &'static [&'static str];

    /// The commands that are answered, as [`Protocol::answers`] says: those for which a client can
    /// wait.
    const ANSWERED: &'static [&'static str] = &[];

    /// The known bugs that its settings can switch on by `mutant = "..."`, one at a time.
    const MUTANTS: &'static [Mutant] = &[];

    /// The measures of how deep a run got: `["term", "log"]`.
    const DEPTHS: &'static [&'static str] = &[];

    /// How far this shows that the run got: which of [`Algorithm::DEPTHS`], and the value.
    fn depth(observation: &Self::Observation) -> Option<(usize, u64)> {
        let _ = observation;
        None
    }

    /// Nodes with which its default settings make sense: three of each role, or as it says itself.
    fn example_roles() -> Roles {
        Roles::deal(Self::ROLES.iter().map(|role| (*role, 3)))
    }

    /// Checks the settings against the roles and completes them.
    ///
    /// # Errors
    /// A sentence for the user that names the setting, its value and what would be right.
    fn config(settings: Self::Settings, roles: &Roles) -> Result<Self::Config, String>;

    /// What its safety rests on.
    fn assumes(config: &Self::Config) -> Assumptions;

    /// What its progress needs.
    fn requires(config: &Self::Config) -> Requirement;

    /// Of whom its progress needs that, as the nodes' views show it: who has a say by now, where
    /// members change. `views` has an entry per node, `None` for one that is down. `None` for
    /// everybody of the first role.
    fn members(config: &Self::Config, views: &[Option<Self::View>]) -> Option<Vec<NodeId>> {
        let _ = (config, views);
        None
    }

    /// Who judges it.
    fn invariants(config: &Self::Config) -> Vec<Box<dyn Invariant<Self>>>;

    /// What is counted of its runs.
    fn metrics(config: &Self::Config) -> Vec<Box<dyn Metric<Self>>> {
        let _ = config;
        Vec::new()
    }

    /// What it is there for, so that its absence can be measured: the most important first. A
    /// scenario measures that one, or the one that it names.
    fn services(config: &Self::Config) -> Vec<Box<dyn Service<Self>>> {
        let _ = config;
        Vec::new()
    }

    /// The command of this word: how a scenario asks for something. `None` if there is no such
    /// command; otherwise the command, or a sentence about arguments that are missing or wrong.
    fn command(word: &str, arguments: &Arguments) -> Option<Result<Self::Command, String>> {
        let _ = (word, arguments);
        None
    }
}

/// What a scenario says of a command besides its word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// A number that no other command of the run has.
    pub unique: u64,
    /// The key that it is about, for whatever the algorithm keeps by keys: 0 where nobody says. A
    /// load with a skew asks for key 0 most.
    pub key: u64,
    /// The nodes that it is about: whom to add, to whom to hand over.
    pub nodes: Vec<NodeId>,
    /// Everything else, as it is written.
    pub args: Vec<String>,
}

/// What an algorithm is there for. Availability, failover and recovery are measured by it.
///
/// A service is seen in the state of the nodes ([`Service::is_up`]: a leader that a majority
/// accepts), or by probes that are answered ([`Service::probe`], [`Service::served`]). One that has
/// probes is measured by them alone.
pub trait Service<P: Protocol> {
    /// The property that `expect = { stalls = "..." }` names: `accepted-leader`.
    fn property(&self) -> &'static str;

    /// The service in a few words: `a leader that a majority accepts`.
    fn name(&self) -> &'static str;

    /// Whether the service is there now, as the nodes' views and the world show; `None` if only
    /// probes can tell. `views` has an entry per node, `None` for one that is down.
    fn is_up(&self, views: &[Option<P::View>], world: &World) -> Option<bool> {
        let _ = (views, world);
        None
    }

    /// Until when the service is there if it is there now and nothing happens; `None` if only what
    /// happens ends it.
    fn lasts_until(&self, views: &[Option<P::View>], world: &World) -> Option<SimTime> {
        let _ = (views, world);
        None
    }

    /// A node has said something, and these were the views before: for a service that needs to
    /// remember more than they show.
    fn on_observation(
        &mut self,
        node: NodeId,
        said: &P::Observation,
        views: &[Option<P::View>],
        world: &World,
    ) {
        let _ = (node, said, views, world);
    }

    /// The probe of this number: a command that carries it, so that its answer can be told from all
    /// others. `None` if the service shows in the state of the nodes.
    fn probe(&self, number: u64) -> Option<P::Command> {
        let _ = number;
        None
    }

    /// The number of the probe that this observation answers; `None` if it answers none.
    fn served(&self, observation: &P::Observation) -> Option<u64> {
        let _ = observation;
        None
    }
}
