//! Scenario files: what is wrong with one is said at its place, and what is drawn from a good one
//! depends on nothing but the seed and the part of the file that names it.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use stormseed::algorithm::{Algorithm, Arguments, Roles};
use stormseed::assumption::{Assumptions, Requirement};
use stormseed::calibration::Subject;
use stormseed::fault::{Action, Fault, Target, When};
use stormseed::id::NodeId;
use stormseed::invariant::Invariant;
use stormseed::protocol::{Context, Protocol};
use stormseed::scenario::{Errors, Expected, Scenario, ScenarioFile, Source, Vocabulary, schema};
use stormseed::schedule::Schedule;
use stormseed::time::{Duration, SimTime};

/// An algorithm that has words and does nothing.
#[derive(Debug)]
pub(crate) struct Toy;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Say {
    Request,
    Reply,
}
stormseed::words!(Say { Request => "vote-request", Reply => "vote-reply" });

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Order {
    Propose(u64),
    Add(NodeId, Vec<String>),
    Stop,
}
stormseed::words!(Order { Propose => "propose", Add => "add", Stop => "stop" });

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Seen {
    Elected,
    Granted,
}
stormseed::words!(Seen { Elected => "leader-elected", Granted => "lock-granted" });

impl Protocol for Toy {
    type Config = ();
    type Message = Say;
    type Timer = ();
    type Command = Order;
    type Observation = Seen;
    type View = ();
    type Durable = ();

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Toy
    }
    fn on_message(&mut self, _: NodeId, _: Say, _: &mut Context<'_, Self>) {}
    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
    fn view(&self) {}
}

#[derive(Debug, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ToySettings {
    ttl: Duration,
    retries: u32,
}

impl Default for ToySettings {
    fn default() -> Self {
        ToySettings { ttl: Duration::from_millis(200), retries: 3 }
    }
}

impl Algorithm for Toy {
    type Settings = ToySettings;
    const NAME: &'static str = "lock-toy";
    const SUMMARY: &'static str = "Nothing at all.";
    const ROLES: &'static [&'static str] = &["servers", "clients"];
    const TARGETS: &'static [&'static str] = &["leader", "lock-holder", "owner-of(*)"];
    const ANSWERED: &'static [&'static str] = &["propose"];

    fn config(_: ToySettings, _: &Roles) -> Result<(), String> {
        Ok(())
    }
    fn assumes((): &()) -> Assumptions {
        unreachable!("nobody asks what a toy assumes")
    }
    fn requires((): &()) -> Requirement {
        unreachable!("nobody asks what a toy needs")
    }
    fn invariants((): &()) -> Vec<Box<dyn Invariant<Self>>> {
        Vec::new()
    }
    fn command(word: &str, arguments: &Arguments) -> Option<Result<Order, String>> {
        match word {
            "propose" => Some(Ok(Order::Propose(arguments.unique))),
            "add" => Some(match (&arguments.nodes[..], &arguments.args[..]) {
                ([node], args) => Ok(Order::Add(*node, args.to_vec())),
                _ => Err("`add` needs one node".to_owned()),
            }),
            _ => None,
        }
    }
}

pub(crate) fn known() -> Vec<Vocabulary> {
    vec![Vocabulary::of::<Toy>()]
}

pub(crate) fn read(text: &str) -> Result<Scenario, Errors> {
    Scenario::read(Source::new("test.toml", text), &known())
}

pub(crate) fn good(text: &str) -> Scenario {
    read(text).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The schedule of a seed, for an algorithm that assumes nothing.
pub(crate) fn drawn(scenario: &Scenario, seed: u64) -> Schedule<Order> {
    drawn_for(scenario, seed, &Subject::default())
}

/// The schedule of a seed, for this algorithm.
pub(crate) fn drawn_for(scenario: &Scenario, seed: u64, subject: &Subject) -> Schedule<Order> {
    scenario.schedule::<Toy>(seed, subject)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad-scenarios")
}

pub(crate) const FULL: &str = r#"
name     = "lock/lease_slow-clock"
format   = 1
duration = "20s"
seeds    = "0..200"
expect   = { violates = "mutual-exclusion-belief", outside = ["drift-bound"] }

[nodes]
servers = 5
clients = 3

[algorithm.lock-toy]
ttl = "150ms"

[network]
latency     = { exponential = { min = "1ms", mean = "20ms" } }
links       = [{ from = "n0", to = "n1", latency = "5ms" }]
loss        = "2%"
duplication = "1/100"
fifo        = true
in-flight   = "deliver"

[clocks]
offset = "-50ms..50ms"
drift  = "-200ppm..200ppm"
nodes  = { n1 = { drift = "-30%" } }

[disk]
sync = { log-normal = { median = "5ms", sigma = 0.5 } }
restart-resets-clock = true

[budget]
events = 1_000

[[fault]]
at    = "500ms"
drift = { who = "n1", rate = "-30%" }

[[fault]]
when  = "lock-granted"
after = "0ms..50ms"
pause = { who = "lock-holder", for = "500ms" }

[[fault]]
at    = "1s..2s"
every = "1s..2s"
until = "10s"
crash = { who = "one(servers)", for = "100ms", disk = "lose" }

[[fault]]
at        = "3s"
partition = { groups = [["n0", "n1"], ["n2", "n3"]], for = "1s" }

[[fault]]
at  = "3s"
cut = { from = "clients", to = ["n0"], for = "1s" }

[[fault]]
at        = "4s"
partition = { shape = "k-way(3)", one-way = true, kind = "hold", flap = ["50ms", "1s"], for = "2s" }

[[fault]]
at      = "4s..5s"
isolate = { who = "one(clients)", kind = "slow", by = "10ms..20ms", for = "1s" }

[[fault]]
at   = "5s"
mute = { who = "leader", flap = { closed = "50ms..200ms", open = "1s..2s" }, for = "3s" }

[[fault]]
at   = "5s"
loss = { messages = ["vote-reply"], from = "n2", to = "leader", nth = "3..5" }

[[fault]]
at       = "5s"
throttle = { spacing = "5ms..10ms", queue = 9, for = "1s" }

[[fault]]
at      = "6s"
reorder = { by = { exponential = { min = "1ms", mean = "20ms" } }, chance = "10%", nth = 3 }

[[fault]]
at      = "6s"
swizzle = { for = "2s" }

[[command]]
at   = "1s"
word = "propose"
to   = "clients"

[workload]
propose = { to = "leader", every = "50ms..100ms", from = "1s" }

[nemesis]
crash     = { who = "minority", every = "1s..2s", for = "100ms..3s" }
pause     = { who = "random(2)", every = "1s..2s", for = "100ms..1s" }
partition = { shape = "majorities-ring", every = "2s..4s", for = "500ms..3s" }
loss      = { chance = "10%", every = "3s", for = "1s" }
drift     = { who = "one", rate = "-10%..10%", every = "1s..2s", for = "1s" }
jump      = { who = "all", by = "-1s..1s", every = "5s" }

[heal]
core   = "random-quorum"
within = "5s"

[require]
milestones = ["lock-granted"]
"#;

#[test]
fn every_mistake_is_shown_at_its_place_with_its_cure() {
    let rewrite = std::env::var_os("STORMSEED_REWRITE").is_some();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 30, "the corpus is there");
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let result = Source::read(&name, &bytes[..])
            .and_then(|source| Scenario::read(source, &known()))
            .and_then(|scenario| {
                scenario.settings::<ToySettings>()?;
                scenario.expect_known(&["mutual-exclusion-belief"], &["lock-granted"])
            });
        let shown = match result {
            Ok(()) => "nothing is wrong\n".to_owned(),
            Err(errors) => format!("{errors}\n"),
        };
        assert!(shown.is_ascii() || !shown.contains('\u{202e}'), "{name} reaches the terminal");
        let expected = path.with_extension("txt");
        if rewrite {
            std::fs::write(&expected, shown).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != shown {
            wrong.push(format!("{name}:\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "STORMSEED_REWRITE=1 accepts these:\n{}", wrong.join("\n"));
}

#[test]
fn a_whole_file_is_read_as_it_was_meant() {
    let scenario = good(FULL);
    assert_eq!(scenario.name(), "lock/lease_slow-clock");
    assert_eq!(scenario.algorithm(), "lock-toy");
    assert_eq!(scenario.expect().verdict, Expected::Violates("mutual-exclusion-belief".into()));
    assert_eq!(scenario.expect().outside, ["drift-bound"]);
    assert_eq!((scenario.seeds().count(), scenario.seeds().iter().last()), (200, Some(199)));
    assert_eq!(scenario.roles().nodes("clients").len(), 3);
    assert_eq!(scenario.milestones(), ["lock-granted"]);
    let settings = scenario.settings::<ToySettings>().unwrap();
    assert_eq!(settings, ToySettings { ttl: Duration::from_millis(150), retries: 3 });
    let conditions = scenario.conditions(0, &Assumptions::default());
    assert_eq!(conditions.budgets.events, 1_000);
    assert_eq!(conditions.network.links.len(), 1);
    assert!(conditions.restart_resets_clock && conditions.network.fifo);
    let schedule = drawn(&scenario, 1);
    assert_eq!(schedule.end, SimTime::from_nanos(25_000_000_000));
    assert_eq!(schedule.clocks.len(), 8);
    assert_eq!(schedule.clocks[1].drift.ppm(), -300_000);
    assert!(
        schedule
            .heal
            .is_some_and(|heal| { heal.core.iter().filter(|node| node.number() < 5).count() >= 3 })
    );
}

#[test]
fn a_file_that_is_written_again_says_the_same() {
    let scenario = good(FULL);
    let mut written = toml::to_string(scenario.written()).unwrap();
    written.push_str("\n[algorithm.lock-toy]\nttl = \"150ms\"\n");
    let again = good(&written);
    assert_eq!(again.written(), scenario.written());
    assert_eq!(drawn(&again, 7), drawn(&scenario, 7));
    let bare: ScenarioFile = toml::from_str("").unwrap();
    assert_eq!(bare, ScenarioFile::default());
}

#[test]
fn the_digest_is_of_what_is_said_and_not_of_how() {
    let digest = |text: &str| good(text).digest();
    let windows = format!("\u{feff}{}", FULL.replace('\n', "\r\n"));
    let commented = FULL.replace("[nodes]", "# a comment\n\n[ nodes ] # and another");
    assert_eq!(digest(FULL), digest(&windows));
    assert_eq!(digest(FULL), digest(&commented));
    assert_ne!(digest(FULL), digest(&FULL.replace("servers = 5", "servers = 6")));
    assert_ne!(digest(FULL), digest(&FULL.replace("150ms", "151ms")));
}

#[test]
fn a_schedule_is_a_function_of_the_seed() {
    let scenario = good(FULL);
    for seed in 0..50 {
        assert_eq!(drawn(&scenario, seed), drawn(&scenario, seed));
    }
    assert_ne!(drawn(&scenario, 0), drawn(&scenario, 1));
}

/// The faults whose numbers say that the nemesis drew them for a family.
fn of_family(schedule: &Schedule<Order>, family: &str) -> Vec<Fault> {
    let place = Action::FAMILIES.iter().position(|name| *name == family);
    let block = 1 + place.expect("a family of faults") as u32;
    let is_own = |fault: &&Fault| fault.id.0 / 100_000 == block;
    schedule.faults.iter().filter(is_own).cloned().collect()
}

/// The file without the lines that begin with this.
fn without(text: &str, begin: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with(begin));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn switching_a_family_off_moves_no_other() {
    const DRAWN: [&str; 6] = ["crash", "pause", "partition", "loss", "drift", "jump"];
    let steady = FULL.replace("[nemesis]", "[nemesis]\nswarm = false");
    let whole = good(&steady);
    for off in DRAWN {
        let cut = steady.find("[nemesis]").unwrap();
        let less = format!("{}{}", &steady[..cut], without(&steady[cut..], off));
        let less = good(&less);
        for seed in 0..20 {
            let (all, some) = (drawn(&whole, seed), drawn(&less, seed));
            assert!(of_family(&some, off).is_empty() && !of_family(&all, off).is_empty());
            for other in DRAWN.iter().filter(|name| **name != off) {
                assert_eq!(of_family(&all, other), of_family(&some, other), "{off} moves {other}");
            }
            assert_eq!((all.clocks, all.commands), (some.clocks, some.commands));
            let block_0 = |faults: &[Fault]| -> Vec<Fault> {
                faults.iter().filter(|fault| fault.id.0 < 100_000).cloned().collect()
            };
            assert_eq!(block_0(&all.faults), block_0(&some.faults));
        }
    }
}

#[test]
fn a_swarm_has_every_family_in_half_of_its_runs_and_never_none() {
    let scenario = good(FULL);
    let mut seen = [0; 7];
    for seed in 0..200 {
        let schedule = drawn(&scenario, seed);
        let mut any = false;
        for (family, count) in Action::FAMILIES.iter().zip(&mut seen) {
            let exists = !of_family(&schedule, family).is_empty();
            *count += u32::from(exists);
            any |= exists;
        }
        assert!(any, "seed {seed} has no family");
    }
    for (family, count) in Action::FAMILIES.iter().zip(seen).filter(|(name, _)| **name != "cut") {
        assert!((70..=140).contains(&count), "{family} exists in {count} of 200 runs");
    }
}

#[test]
fn a_minority_is_never_exceeded_and_no_node_is_held_twice_by_one_family() {
    let scenario = good(&FULL.replace("[nemesis]", "[nemesis]\nswarm = false"));
    for seed in 0..50 {
        let schedule = drawn(&scenario, seed);
        let mut held = [SimTime::ZERO; 8];
        for fault in of_family(&schedule, "crash") {
            let (When::At(at), Target::Nodes(nodes)) = (&fault.when, &fault.who) else {
                panic!("seed {seed}: a drawn crash has a time and nodes");
            };
            for node in nodes {
                assert!(held[node.index()] <= *at, "seed {seed}: {node} is down already");
                held[node.index()] = *at + fault.lasts.unwrap();
            }
            let servers = held[..5].iter().filter(|until| *until > at).count();
            assert!(servers <= 2, "seed {seed}: {servers} servers are down");
        }
    }
}

#[test]
fn every_fault_and_every_command_has_a_name_of_its_own() {
    let scenario = good(FULL);
    for seed in 0..20 {
        let schedule = drawn(&scenario, seed);
        let mut ids: Vec<u32> = schedule.faults.iter().map(|fault| fault.id.0).collect();
        let mut asked: Vec<String> =
            schedule.commands.iter().map(|command| format!("{:?}", command.command)).collect();
        let counts = (ids.len(), asked.len());
        ids.sort();
        ids.dedup();
        asked.sort();
        asked.dedup();
        assert_eq!((ids.len(), asked.len()), counts);
    }
}

#[test]
fn the_schema_knows_the_sections_and_the_settings() {
    let settings = schemars::schema_for!(ToySettings);
    let schema = schema(&[("lock-toy".to_owned(), settings.to_value())]);
    let at = |pointer: &str| {
        schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not in {schema:#}")).clone()
    };
    assert_eq!(at("/$schema"), "http://json-schema.org/draft-07/schema#");
    let ttl = at("/properties/algorithm/properties/lock-toy/properties/ttl/$ref");
    let definition = ttl.as_str().unwrap().trim_start_matches('#').to_owned();
    assert_eq!(at(&format!("{definition}/type")), "string");
    assert_eq!(at("/additionalProperties"), false);
    assert!(at("/properties/nemesis").to_string().contains("What the seed decides"));
    assert!(!schema.to_string().contains("$defs"));
}
