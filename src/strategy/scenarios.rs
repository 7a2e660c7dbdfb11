//! Scenarios: a file of one's own, with a storm and a world on top that are drawn.

use super::descent::{Case, Descent, seed};
use super::faults::{self, Family, Storm};
use super::simpler::{cuts, with, without};
use super::weather::{Weather, percent};
use crate::conditions::{InFlight, Latency};
use crate::fault::Fault;
use crate::rng::Stream;
use crate::scenario::entries::{self, FaultEntry};
use crate::time::Duration;
use proptest::prelude::RngCore;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use toml::{Table, Value};

/// Draws scenarios; made by [`scenarios`].
#[derive(Clone, Debug)]
pub struct Scenarios {
    text: Arc<Table>,
    storm: Storm,
}

/// Scenarios that say what this text says: its nodes, its algorithm and settings, its faults. On
/// top come up to four faults of the [usual](Family::USUAL) families, one seed of all luck, and
/// what the text leaves open of the network (latency, loss, duplication, order, what a cut does)
/// and of disks (how long a sync takes).
///
/// While a fault of the text may hold a process or a clock, none that is drawn does.
///
/// # Panics
/// If the text is no TOML, or has no `duration` and no `[nodes]`. What else is wrong with it shows
/// when a scenario is run.
pub fn scenarios(text: &str) -> Scenarios {
    let text: Table = text.parse().unwrap_or_else(|error| panic!("the scenario: {error}"));
    let duration = length(text.get("duration"));
    let end = duration.expect("a scenario to draw from has a duration: `duration = \"10s\"`");
    let nodes = text.get("nodes").map_or(0, count);
    assert!(nodes > 0, "a scenario to draw from has nodes: `[nodes]`");
    let mut storm = Storm::new(nodes, end);
    let faults = text.get("fault").and_then(Value::as_array).into_iter().flatten();
    storm.spared = faults.map(|fault| holds(fault).unwrap_or(Duration::ZERO..=MOST)).collect();
    Scenarios { text: Arc::new(text), storm }
}

impl Scenarios {
    /// So many faults.
    #[must_use]
    pub fn faults(mut self, faults: RangeInclusive<usize>) -> Self {
        self.storm.faults = faults;
        self
    }

    /// Faults of these families alone.
    ///
    /// # Panics
    /// If none of them can strike: a partition needs two nodes.
    #[must_use]
    pub fn only(mut self, families: &[Family]) -> Self {
        self.storm.only(families);
        self
    }
}

/// A scenario that was drawn: the text of a file, which is also how it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Drawn(String);

impl Drawn {
    /// The text of the file.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// So that what proptest prints can be kept as a file.
impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.0)
    }
}

impl Strategy for Scenarios {
    type Tree = Box<dyn ValueTree<Value = Drawn>>;
    type Value = Drawn;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut luck = Stream::new(seed(runner), "strategy/scenario");
        let faults = self.storm.draw(&mut luck).ok_or("there is no room for so many faults")?;
        let weather = Weather::draw(&mut luck);
        let seed = u64::from(runner.rng().next_u32());
        let Scenarios { text, storm } = self.clone();
        Ok(Box::new(Descent::from(Told { text, storm, faults, weather, seed })))
    }
}

const MOST: Duration = Duration::MAX;

fn length(value: Option<&Value>) -> Option<Duration> {
    value?.as_str()?.parse().ok()
}

/// How many nodes `[nodes]` or a part of it names.
fn count(value: &Value) -> u32 {
    match value {
        Value::Integer(count) => u32::try_from(*count).unwrap_or(0),
        Value::Table(roles) => {
            let counted = roles.iter().filter(|(key, _)| *key != "zones");
            counted.map(|(_, value)| count(value)).sum()
        }
        _ => 0,
    }
}

/// When a fault of the text may hold something, if that can be said before the run.
fn holds(fault: &Value) -> Option<RangeInclusive<Duration>> {
    let fault = fault.as_table()?;
    let at = length(fault.get("at"))?;
    let is_once = !fault.contains_key("every") && !fault.contains_key("spread");
    let mut kinds = fault.values().filter_map(Value::as_table);
    let lasts = kinds.find_map(|kind| length(kind.get("for")))?;
    is_once.then_some(at..=at + lasts)
}

/// A scenario as it is drawn.
#[derive(Clone, Debug)]
struct Told {
    text: Arc<Table>,
    storm: Storm,
    faults: Vec<Fault>,
    weather: Weather,
    seed: u64,
}

/// What is written of a world, where the text says nothing: section, key and value.
fn said(weather: &Weather) -> Vec<(&'static str, &'static str, Value)> {
    let latency = |latency: Latency| {
        Value::try_from(entries::Latency::from(latency)).expect("a latency can be written")
    };
    let in_flight = match weather.in_flight {
        InFlight::Drop => "drop",
        InFlight::Deliver => "deliver",
        InFlight::Hold => "hold",
    };
    let chance = |of_hundred| Value::from(percent(of_hundred).to_string());
    let usual = |is_usual: bool, key, value| (!is_usual).then_some(("network", key, value));
    let mut said = vec![("network", "latency", latency(weather.latency))];
    said.extend(usual(weather.loss == 0, "loss", chance(weather.loss)));
    said.extend(usual(weather.duplication == 0, "duplication", chance(weather.duplication)));
    said.extend(usual(!weather.fifo, "fifo", true.into()));
    said.extend(usual(weather.in_flight == InFlight::Drop, "in-flight", in_flight.into()));
    let is_usual = weather.sync == Latency::ZERO;
    said.extend((!is_usual).then(|| ("disk", "sync", latency(weather.sync))));
    said
}

/// A fault as files write it, named by its place.
fn written(fault: &Fault) -> Value {
    let mut entry = Table::try_from(FaultEntry::of(fault)).expect("a fault can be written");
    entry.remove("id");
    Value::Table(entry)
}

impl Case for Told {
    type Value = Drawn;

    fn value(&self) -> Drawn {
        let mut table = (*self.text).clone();
        table.insert("seeds".to_owned(), Value::Array(vec![(self.seed as i64).into()]));
        let list = table.entry("fault").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.extend(self.faults.iter().map(written));
        }
        for (section, key, value) in said(&self.weather) {
            let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                section.entry(key).or_insert(value);
            }
        }
        Drawn(table.to_string())
    }

    fn simpler(&self) -> Vec<Self> {
        let fewer = cuts(self.faults.len()).into_iter().map(|gone| without(&self.faults, &gone));
        let faults = self.faults.iter().enumerate();
        let milder = faults.flat_map(|(place, fault)| {
            faults::simpler(fault).into_iter().map(move |fault| with(&self.faults, place, fault))
        });
        let is_sound = |faults: &Vec<Fault>| self.storm.is_sound(faults);
        let with_faults = |faults| Told { faults, ..self.clone() };
        let calmer = self.weather.simpler().into_iter();
        let calmer = calmer.map(|weather| Told { weather, ..self.clone() });
        let seeds = (0..SEEDS.min(self.seed)).map(|seed| Told { seed, ..self.clone() });
        let first = self.faults.iter().map(faults::begins).min().filter(|at| *at > Duration::ZERO);
        let at_once = first.map(|first| {
            self.faults.iter().map(|fault| faults::earlier(fault, first)).collect::<Vec<_>>()
        });
        let fewer = fewer.filter(is_sound).map(with_faults);
        let milder = at_once.into_iter().chain(milder).filter(is_sound).map(with_faults);
        fewer.chain(calmer).chain(milder).chain(seeds).collect()
    }
}

/// So many small seeds are tried.
const SEEDS: u64 = 4;
