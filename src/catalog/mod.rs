//! Names to types: the only place that knows all algorithms, open to users' own.
//!
//! Everything below is generic over one protocol; erasure happens here, once, with one virtual
//! call a run.

mod base;
mod calm;
mod case;
mod lies;
mod liveness;
mod panics;
mod zoo;

pub use calm::Calm;
pub use case::{Experiment, Options};
pub use lies::{Lie, Told};
pub use zoo::Bug;

use crate::algorithm::{Algorithm, Mutant};
use crate::assumption::{Assumptions, Requirement};
use crate::detector::swim::Swim;
use crate::election::ring::{ChangRoberts, HirschbergSinclair};
use crate::election::{
    ble::BallotElection, bully::Bully, bully_1982::Bully1982, invitation::Invitation, lease::Lease,
    raft::Raft, random_half::RandomHalf,
};
use crate::invariant::{Invariant, Kind};
use crate::lock::peers::{ArticleLock, Lamport, Maekawa, Raymond, RicartAgrawala, SuzukiKasami};
use crate::lock::{self, etcd::EtcdLock, queue::QueueLock, replicated::RaftLock};
use crate::metric::Gauge;
use crate::observe::Metrics;
use crate::ownership::{Directory, EpochStore, GossipStore, LeaseStore, ReplicaStore};
use crate::scenario::{Errors, Scenario, Source, Vocabulary, schema};
use case::Case;
use schemars::JsonSchema;
use serde_json::Value;

/// An algorithm that scenario files can name.
#[derive(Clone)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Its words in scenario files.
    pub vocabulary: Vocabulary,
    /// The known bugs that can be switched on.
    pub mutants: &'static [Mutant],
    /// The invariants that judge it with its default settings.
    pub invariants: Vec<Judge>,
    /// What is counted of its runs with its default settings.
    pub gauges: Vec<Gauge>,
    /// The measures of how deep a run got.
    pub depths: &'static [&'static str],
    /// The properties of its services, and each service in a few words.
    pub services: Vec<(&'static str, &'static str)>,
    /// What its safety rests on, with its default settings.
    pub assumes: Assumptions,
    /// What its progress needs, with its default settings.
    pub requires: Requirement,
    schema: Value,
    open: Open,
}

/// An invariant, as lists tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judge {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub kind: Kind,
    /// What it says.
    pub says: &'static str,
}

impl Judge {
    fn of<A: Algorithm>(invariant: &dyn Invariant<A>) -> Self {
        let (name, kind, says) = (invariant.name(), invariant.kind(), invariant.explains());
        Judge { name, kind, says }
    }
}

type Open = fn(&'static str, Scenario) -> Result<Box<dyn Experiment>, Errors>;

/// Names to algorithms.
///
/// A user's binary adds its own: `Catalog::builtin().with::<MyRaft>("my-raft")`.
#[derive(Clone, Default)]
pub struct Catalog {
    entries: Vec<Entry>,
}

impl Catalog {
    /// A catalog without algorithms.
    pub const fn empty() -> Self {
        Catalog { entries: Vec::new() }
    }

    /// The algorithms that stormseed ships.
    pub fn builtin() -> Self {
        Catalog::empty()
            .with::<Raft>(Raft::<u64>::NAME)
            .with::<Bully>(Bully::NAME)
            .with::<Bully1982>(Bully1982::NAME)
            .with::<RandomHalf>(RandomHalf::NAME)
            .with::<BallotElection>(BallotElection::NAME)
            .with::<ChangRoberts>(ChangRoberts::NAME)
            .with::<HirschbergSinclair>(HirschbergSinclair::NAME)
            .with::<Invitation>(Invitation::NAME)
            .with::<Lease>(Lease::NAME)
            .with::<Swim>(Swim::NAME)
            .with::<RaftLock>(RaftLock::NAME)
            .with::<EtcdLock>(EtcdLock::NAME)
            .with::<QueueLock>(QueueLock::NAME)
            .with::<lock::lease::Lease>(lock::lease::Lease::NAME)
            .with::<lock::redlock::Redlock>(lock::redlock::Redlock::NAME)
            .with::<Lamport>(Lamport::NAME)
            .with::<RicartAgrawala>(RicartAgrawala::NAME)
            .with::<Maekawa>(Maekawa::NAME)
            .with::<SuzukiKasami>(SuzukiKasami::NAME)
            .with::<Raymond>(Raymond::NAME)
            .with::<ArticleLock>(ArticleLock::NAME)
            .with::<Directory>(Directory::NAME)
            .with::<EpochStore>(EpochStore::NAME)
            .with::<LeaseStore>(LeaseStore::NAME)
            .with::<GossipStore>(GossipStore::NAME)
            .with::<ReplicaStore>(ReplicaStore::NAME)
    }

    /// Adds an algorithm under a name; one that has this name already is replaced.
    ///
    /// # Panics
    /// If the algorithm refuses its own default settings: its scenario files could leave nothing
    /// out, and `explain` could not tell who judges it.
    #[must_use]
    pub fn with<A>(mut self, name: &'static str) -> Self
    where
        A: Algorithm,
        A::Settings: JsonSchema,
    {
        let entry = entry::<A>(name);
        self.entries.retain(|other| other.name != name);
        self.entries.push(entry);
        self.entries.sort_by_key(|entry| entry.name);
        self
    }

    /// All algorithms, by name.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The algorithm of this name.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Reads and checks a scenario, its algorithm's settings included.
    ///
    /// # Errors
    /// All that is wrong with the file, each with its place.
    pub fn open(&self, source: Source) -> Result<Box<dyn Experiment>, Errors> {
        let known: Vec<Vocabulary> = self.entries.iter().map(|e| e.vocabulary.clone()).collect();
        let scenario = Scenario::read(source, &known)?;
        let entry = self.find(scenario.algorithm()).expect("a checked scenario names an entry");
        (entry.open)(entry.name, scenario)
    }

    /// The JSON Schema (draft-07) of scenario files that name these algorithms.
    pub fn schema(&self) -> Value {
        let settings: Vec<(String, Value)> =
            self.entries.iter().map(|e| (e.name.to_owned(), e.schema.clone())).collect();
        schema(&settings)
    }
}

fn entry<A>(name: &'static str) -> Entry
where
    A: Algorithm,
    A::Settings: JsonSchema,
{
    let settings: A::Settings =
        serde_json::from_str("{}").expect("every setting of an algorithm has a default");
    let config =
        A::config(settings, &A::example_roles()).expect("an algorithm accepts its own defaults");
    let judges: Vec<Box<dyn Invariant<A>>> = A::invariants(&config);
    let mut vocabulary = Vocabulary::of::<A>();
    vocabulary.algorithm = name.to_owned();
    let generator = schemars::generate::SchemaSettings::draft07().into_generator();
    Entry {
        name,
        summary: A::SUMMARY,
        vocabulary,
        mutants: A::MUTANTS,
        invariants: judges.iter().map(|judge| Judge::of(&**judge)).collect(),
        gauges: Metrics::new(A::metrics(&config)).gauges(),
        depths: A::DEPTHS,
        services: A::services(&config).iter().map(|s| (s.property(), s.name())).collect(),
        assumes: A::assumes(&config),
        requires: A::requires(&config),
        schema: generator.into_root_schema_for::<A::Settings>().to_value(),
        open: Case::<A>::open,
    }
}
