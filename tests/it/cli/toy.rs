//! A user's own algorithms on the command line: one that is not deterministic, one that is broken.

use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use stormseed::algorithm::{Algorithm, Roles};
use stormseed::assumption::{Assumptions, Requirement};
use stormseed::catalog::{Catalog, Options};
use stormseed::cli::{self, Exit};
use stormseed::id::NodeId;
use stormseed::invariant::Invariant;
use stormseed::observe::TraceLevel;
use stormseed::observe::Verdict;
use stormseed::protocol::{Context, Never, Protocol};
use stormseed::runner::repeat;
use stormseed::scenario::Source;
use stormseed::time::Duration;

/// Says which of its names comes first.
#[derive(Debug)]
struct Toy {
    iterates: bool,
    counts: bool,
    panics: bool,
}

thread_local! {
    /// How often a toy has booted in this thread.
    static BOOTS: Cell<u32> = const { Cell::new(0) };
}

/// How often toys have counted in this process: state outside of any simulation.
static COUNTED: AtomicU64 = AtomicU64::new(0);

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Said {
    First(u64),
}
stormseed::words!(Said { First => "first" });

impl Protocol for Toy {
    type Config = ToySettings;
    type Message = Never;
    type Timer = ();
    type Command = Never;
    type Observation = Said;
    type View = ();
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        BOOTS.set(BOOTS.get() + 1);
        ctx.set_timer((), Duration::from_millis(10));
        let ToySettings { iterates, counts, panics, .. } = *ctx.config();
        Toy { iterates, counts, panics }
    }

    fn on_message(&mut self, _: NodeId, message: Never, _: &mut Context<'_, Self>) {
        match message {}
    }

    fn on_timer(&mut self, (): (), ctx: &mut Context<'_, Self>) {
        assert!(!self.panics, "the toy \u{1b}[31mpanics");
        #[expect(clippy::disallowed_types, reason = "this is what must be found")]
        let names: std::collections::HashSet<u64> = (0..64).collect();
        let first = names.iter().copied().next().filter(|_| self.iterates);
        let counted = self.counts.then(|| COUNTED.fetch_add(1, Ordering::Relaxed));
        ctx.observe(Said::First(first.or(counted).unwrap_or_default()));
        ctx.set_timer((), Duration::from_millis(10));
    }

    fn view(&self) {}
}

#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ToySettings {
    iterates: bool,
    counts: bool,
    panics: bool,
    config_panics: bool,
}

impl Algorithm for Toy {
    type Settings = ToySettings;
    const NAME: &'static str = "test-toy";
    const SUMMARY: &'static str = "A toy.";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &[];

    fn config(settings: ToySettings, _: &Roles) -> Result<ToySettings, String> {
        assert!(!settings.config_panics, "the toy's settings panic");
        Ok(settings)
    }
    fn assumes(_: &ToySettings) -> Assumptions {
        Assumptions::default()
    }
    fn requires(_: &ToySettings) -> Requirement {
        Requirement::AnyNode
    }
    fn invariants(_: &ToySettings) -> Vec<Box<dyn Invariant<Self>>> {
        Vec::new()
    }
}

fn scenario(setting: &str) -> String {
    format!(
        "# A toy.\nname = \"test/toy\"\nformat = 1\nduration = \"1s\"\nseeds = \"0..3\"\n\
         [nodes]\nservers = 2\n[algorithm.test-toy]\n{setting} = true\n"
    )
}

/// A scenario of a toy that panics.
pub(super) fn panicking() -> String {
    scenario("panics")
}

/// All that is built in, and the toy.
pub(super) fn with_toy() -> Catalog {
    Catalog::builtin().with::<Toy>("test-toy")
}

fn came(command: &str, setting: &str) -> Exit {
    came_of(command, &scenario(setting))
}

fn came_of(command: &str, text: &str) -> Exit {
    let folder = super::folder(&[("toy.toml", text)]);
    let path = folder.path().join("toy.toml");
    let path = path.to_str().expect("a plain path");
    cli::obey(&Catalog::empty().with::<Toy>("test-toy"), ["stormseed", command, path])
}

#[test]
fn a_hash_map_that_is_iterated_over_is_5_and_its_first_record_is_named() {
    assert_eq!((came("run", "iterates").code(), came("verify", "iterates").code()), (5, 5));
    let catalog = Catalog::empty().with::<Toy>("test-toy");
    let toy = catalog.open(Source::new("toy", &scenario("iterates"))).expect("it is right");
    let outcome = toy.run(1, &Options::default());
    let twin = repeat(&*toy, &outcome, &Options::default()).expect("it differs");
    let (one, other) = twin.record.expect("the difference shows again");
    assert!(one.contains(" first ") && other.contains(" first ") && one != other, "{one} {other}");
}

#[test]
fn a_counter_outside_the_simulation_is_5_for_every_command_that_judges() {
    for command in ["run", "verify", "freeze"] {
        assert_eq!(came(command, "counts").code(), 5, "{command}");
    }
    // One seed in 64 is run twice.
    let many = scenario("counts").replace("0..3", "0..200");
    for command in ["sweep", "regress"] {
        assert_eq!(came_of(command, &many).code(), 5, "{command}");
    }
}

#[test]
fn what_does_not_repeat_itself_or_panics_without_any_fault_is_not_frozen() {
    assert_eq!((came("freeze", "iterates").code(), came("freeze", "panics").code()), (5, 0));
    let text = format!("{}[nemesis]\ncrash = {{}}\n", scenario("panics"));
    let catalog = Catalog::empty().with::<Toy>("test-toy");
    let toy = catalog.open(Source::new("toy", &text)).expect("it is right");
    let said = toy.freeze(1).expect_err("there is no storm");
    assert!(said.contains("without faults panics"), "{said}");
}

#[test]
fn a_protocol_that_panics_costs_its_run_and_is_never_as_expected() {
    assert_eq!((came("run", "panics").code(), came("sweep", "panics").code()), (1, 1));
}

#[test]
fn a_ring_holds_the_last_records_of_the_very_run_that_panicked() {
    let catalog = Catalog::empty().with::<Toy>("test-toy");
    let toy = catalog.open(Source::new("toy", &scenario("panics"))).expect("it is right");
    let told = |trace| {
        BOOTS.set(0);
        let mut rows = Vec::new();
        let options = Options { trace, ..Options::default() };
        let outcome = toy.tell(1, &options, &mut |row| rows.push(row.clone()));
        assert_eq!((outcome.verdict.word(), BOOTS.get()), ("panic", 2), "{trace}: one run of two");
        rows
    };
    let all = told(TraceLevel::Full);
    assert!(all.len() >= 3 && all[all.len() - 1].kind == "timer", "{all:?}");
    for most in [1, 3, 1_000] {
        let first = all.len().saturating_sub(most as usize);
        assert_eq!(told(TraceLevel::Ring(most)), all[first..]);
    }
    assert!(told(TraceLevel::Hash).is_empty() && told(TraceLevel::Off).is_empty());
}

#[test]
fn a_protocol_that_panics_where_nothing_goes_wrong_does_so_with_every_seed() {
    let text = format!("{}[nemesis]\ncrash = {{}}\n", scenario("panics"));
    let catalog = Catalog::empty().with::<Toy>("test-toy");
    let toy = catalog.open(Source::new("toy", &text)).expect("it is right");
    let calm = toy.calm().expect("crashes are drawn by it");
    assert!(calm.to_string().contains("the calm run panicked: the toy"), "{calm}");
    for seed in 0..3 {
        let outcome = toy.run(seed, &Options::default());
        let Verdict::Panic { message } = &outcome.verdict else { panic!("{:?}", outcome.verdict) };
        assert!(message.starts_with("without any fault: the toy"), "{message}");
        assert_eq!((outcome.seed, outcome.counts.boots), (seed, 2));
        assert!(outcome.faults.is_empty() && toy.faults(seed).is_empty());
    }
}

#[test]
fn our_own_panic_is_70() {
    assert_eq!(came("run", "config_panics").code(), 70);
}

/// Where [`a_process_with_the_toy`] is told what to do.
const LINE: &str = "STORMSEED_TEST_TOY";

/// The exit code of a process whose catalog has the toy in it, run on a scenario of one setting.
pub(super) fn exit_of_a_process(command: &str, setting: &str) -> Option<i32> {
    let folder = super::folder(&[("toy.toml", &*scenario(setting))]);
    let program = std::env::current_exe().expect("this test is a program");
    let mut process = std::process::Command::new(program);
    process.args(["--ignored", "--exact", "cli::toy::a_process_with_the_toy"]);
    process.env(LINE, format!("stormseed {command} toy.toml")).current_dir(folder.path());
    process.output().expect("it runs").status.code()
}

#[test]
#[ignore = "it is the program of a user, which other tests run as a process"]
fn a_process_with_the_toy() {
    let Ok(line) = std::env::var(LINE) else { return };
    let exit = cli::obey(&Catalog::empty().with::<Toy>("test-toy"), line.split(' '));
    std::process::exit(exit.code().into());
}
