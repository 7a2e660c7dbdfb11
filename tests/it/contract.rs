//! Contracts: a promise that is broken is told, an edge that is known is found, what breaks can be
//! run from a file, and the committed matrix is what the algorithms do.

use crate::knock_out::lease;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::fs;
use stormseed::algorithm::{Algorithm, Roles};
use stormseed::assumption::{Assumptions, Requirement};
use stormseed::catalog::{Catalog, Options};
use stormseed::id::NodeId;
use stormseed::invariant::{Invariant, Verdict, Violation, Witness};
use stormseed::protocol::{Context, Never, Protocol};
use stormseed::runner::contract::{
    AXES, Axis, Base, Cell, Edge, NoBase, Record, Standing, cell, control, edge, matrix, smallest,
};
use stormseed::runner::{Stop, pool};
use stormseed::scenario::Source;
use stormseed::time::Duration;
use stormseed::world::World;

/// Counts its ticks, and believes that everybody counts alike.
#[derive(Debug)]
struct Ticker(u64);

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Ticked {
    At(u64),
}
stormseed::words!(Ticked { At => "at" });

#[derive(Clone, Copy, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Settings {}

impl Protocol for Ticker {
    type Config = Settings;
    type Message = Never;
    type Timer = ();
    type Command = Never;
    type Observation = Ticked;
    type View = ();
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        ctx.set_timer((), Duration::from_millis(100));
        Ticker(0)
    }

    fn on_message(&mut self, _: NodeId, message: Never, _: &mut Context<'_, Self>) {
        match message {}
    }

    fn on_timer(&mut self, (): (), ctx: &mut Context<'_, Self>) {
        self.0 += 1;
        ctx.observe(Ticked::At(self.0));
        ctx.set_timer((), Duration::from_millis(100));
    }

    fn view(&self) {}
}

impl Algorithm for Ticker {
    type Settings = Settings;
    const NAME: &'static str = "test-ticker";
    const SUMMARY: &'static str = "Counts, and says that no clock can disturb it.";
    const ROLES: &'static [&'static str] = &["servers"];
    const TARGETS: &'static [&'static str] = &[];

    fn config(settings: Settings, _: &Roles) -> Result<Settings, String> {
        Ok(settings)
    }

    /// Of clocks it says nothing, which is the lie; of processes it says that they go on.
    fn assumes(_: &Settings) -> Assumptions {
        Assumptions { crash_stop: true, no_pause: true, ..Assumptions::default() }
    }

    fn requires(_: &Settings) -> Requirement {
        Requirement::AnyNode
    }

    fn invariants(_: &Settings) -> Vec<Box<dyn Invariant<Self>>> {
        vec![Box::new(Together::default())]
    }
}

/// Nobody is three ticks behind.
#[derive(Default)]
struct Together(u64);

impl Invariant<Ticker> for Together {
    fn name(&self) -> &'static str {
        "together"
    }

    fn explains(&self) -> &'static str {
        "nobody is three ticks behind"
    }

    fn on_observation(&mut self, node: NodeId, seen: &Ticked, world: &World) -> Verdict {
        let Ticked::At(tick) = *seen;
        self.0 = self.0.max(tick);
        match self.0 - tick {
            0..3 => Ok(()),
            behind => Err(Violation {
                invariant: "together",
                message: format!("{node} is {behind} ticks behind"),
                witnesses: vec![Witness::now(world, node, format!("at tick {tick}"))],
            }),
        }
    }
}

const LEASE: &str = "name = \"lock/lease_calm\"\nformat = 1\nduration = \"10s\"\n\
    [nodes]\nservers = 1\nclients = 3\n[algorithm.lock-plain-lease]\nclock = \"monotonic\"\n\
    [network]\nlatency = \"1ms..5ms\"\n[require]\nmilestones = [\"worked\", \"stopped\"]\n";

const RAFT: &str = include_str!("../../scenarios/election/raft_calm.toml");

fn base(catalog: &Catalog, text: &str) -> Base {
    Base::measure(catalog, Source::new("base.toml", text)).expect("a calm scenario")
}

fn axis(name: &str) -> &'static Axis {
    Axis::find(name).expect("a kind of fault")
}

fn row(catalog: &Catalog, base: &Base, name: &str, seeds: u64) -> Cell {
    let text = base.scenario(axis(name)).expect("a row for this algorithm");
    let opened = catalog.open(Source::new(name, &text)).expect("a scenario");
    cell(
        &*opened,
        Some(axis(name)),
        seeds,
        &pool(Some(2)).expect("threads"),
        &Stop::default(),
        |_, _| {},
    )
}

fn edge_of(catalog: &Catalog, base: &Base, name: &str, seeds: u64) -> Edge {
    let pool = pool(Some(2)).expect("threads");
    let found = edge(catalog, base, axis(name), seeds, &pool, &Stop::default());
    found.expect("a scenario").expect("a fault with a size")
}

fn calm_ticker(catalog: &Catalog) -> Source {
    let mut calm = catalog.calm(catalog.find("test-ticker").expect("it was added"));
    calm.pop().expect("it needs nothing").1
}

#[test]
fn a_wrong_declaration_is_told_as_a_broken_promise() {
    let catalog = Catalog::empty().with::<Ticker>("test-ticker");
    let base = Base::measure(&catalog, calm_ticker(&catalog)).expect("it is calm");
    let told = |name| row(&catalog, &base, name, 10).standing();
    assert_eq!(told("drift"), Standing::BrokenPromise, "it says that it lives with drift");
    assert_eq!(told("pause"), Standing::AsDeclared, "it breaks where it says that it may");
    assert_eq!(told("loss"), Standing::NoEffect, "it sends nothing that could be lost");
    let found = edge_of(&catalog, &base, "drift", 4);
    let broken = found.broken.expect("half as fast is too slow");
    assert!(broken.is_inside && broken.name == "together");
}

#[test]
fn there_is_no_edge_where_nothing_acts_or_where_runs_are_broken_off() {
    let catalog = Catalog::empty().with::<Ticker>("test-ticker");
    let source = calm_ticker(&catalog);
    let calm = Base::measure(&catalog, source.clone()).expect("it is calm");
    let pool = pool(Some(1)).expect("threads");
    let look = |base, name| edge(&catalog, base, axis(name), 4, &pool, &Stop::default());
    assert_eq!(look(&calm, "jump").expect("a scenario"), None, "it never reads the wall clock");

    let short = format!("{}\n[budget]\nevents = 150\n", source.whole());
    let base = Base::measure(&catalog, Source::new("short.toml", &short)).expect("it is calm");
    let found = look(&base, "pause").expect("a scenario").expect("a pause acts");
    assert!(found.undecided.is_some() && found.safe_to.is_none(), "{found:?}");
}

#[test]
fn the_edge_of_a_lease_is_where_its_margin_ends() {
    let catalog = lease::catalog();
    let base = base(&catalog, LEASE);
    // 180 ms on a slow clock are longer than 200 ms on a fast one from 5.3 % on, and the journeys
    // of the messages, which come on top, forgive up to another 5 ms of the 200.
    let Edge { safe_to, broken, .. } = edge_of(&catalog, &base, "drift", 40);
    let (safe, broken) = (safe_to.expect("5 % is declared"), broken.expect("50 % is too much"));
    assert!((50_000..70_000).contains(&safe), "safe to {safe} ppm");
    assert!(broken.at <= safe * 103 / 100 && !broken.is_inside, "{broken:?} after {safe}");
}

#[test]
fn a_mutant_of_raft_breaks_its_promise_and_raft_does_not() {
    let catalog = Catalog::builtin();
    assert_eq!(
        row(&catalog, &base(&catalog, RAFT), "restart", 12).standing(),
        Standing::AsDeclared
    );
    let line = "[algorithm.election-raft]";
    let mutant = RAFT.replace(line, &format!("{line}\nmutant = \"term-not-persisted\""));
    let base = base(&catalog, &mutant);
    let cell = row(&catalog, &base, "restart", 12);
    assert_eq!(cell.standing(), Standing::BrokenPromise);

    let breach = cell.worst().expect("something broke");
    let text = base.scenario(axis("restart")).expect("a row");
    let opened = catalog.open(Source::new("restart", &text)).expect("a scenario");
    let small = smallest(&catalog, &*opened, breach, &Stop::default()).expect("it can be frozen");
    let (before, left) = small.faults;
    assert!(0 < left && left < before, "{left} of {before}");
    let again = catalog.open(Source::new("smallest.toml", &small.text)).expect("a scenario");
    let outcome = again.run(small.seed, &Options::default());
    assert_eq!(outcome.verdict.detail(), breach.name);
    assert!(small.text.contains(&format!("expect   = {{ violates = \"{}\" }}", breach.name)));
}

#[test]
fn what_is_not_calm_is_no_base() {
    let catalog = lease::catalog();
    let pool = pool(Some(1)).expect("threads");
    let hasty = LEASE.replace("1ms..5ms", "1ms..900ms");
    let base = base(&catalog, &hasty);
    let calm = catalog.open(Source::new("calm", &base.calm())).expect("a scenario");
    let why = control(&cell(&*calm, None, 4, &pool, &Stop::default(), |_, _| {}));
    assert!(why.is_some_and(|why| why.contains("delay-bound") || why.contains("one-worker")));
    let wrong = Base::measure(&catalog, Source::new("x.toml", "name = 3"));
    assert!(matches!(wrong, Err(NoBase::Errors(_))));
}

#[test]
fn every_kind_of_fault_is_a_scenario_for_every_algorithm() {
    let catalog = Catalog::builtin();
    for entry in catalog.entries() {
        for (label, source) in catalog.calm(entry) {
            let base = Base::measure(&catalog, source).expect("it is calm");
            for axis in &AXES {
                let size = axis.size.as_ref();
                let sized = size.and_then(|size| base.sized(axis, (size.range)(&base).1));
                for text in base.scenario(axis).into_iter().chain(sized) {
                    let opened = catalog.open(Source::new(axis.name, &text));
                    let refused = opened.err().map(|errors| errors.render(false));
                    assert_eq!(refused, None, "{label} {}", axis.name);
                }
            }
        }
    }
}

/// The families whose matrix is committed, and the mark of each on the page.
const FAMILIES: [(&str, &str); 3] = [
    ("election", "<!-- matrix -->\n"),
    ("lock", "<!-- locks -->\n"),
    ("detector", "<!-- detector -->\n"),
];

/// The committed matrix of a family.
fn committed(family: &str) -> Vec<Record> {
    let path = format!("results/{family}/matrix.csv");
    let text = fs::read_to_string(path).expect("the matrix is committed");
    let read = |line: &str| Record::read(&line.split(',').collect::<Vec<_>>()).expect("a row");
    text.lines().skip(1).map(read).collect()
}

#[test]
fn a_sample_of_the_matrix_is_what_the_algorithms_do() {
    let catalog = Catalog::builtin();
    let options = Options { judge_on: true, ..Options::default() };
    let records = FAMILIES.iter().flat_map(|(family, _)| committed(family));
    let calm: Vec<_> = catalog.entries().iter().flat_map(|entry| catalog.calm(entry)).collect();
    for record in records.step_by(3) {
        let Some((_, source)) = calm.iter().find(|(label, _)| *label == record.algorithm) else {
            panic!("there is no {} any more; write the matrix again", record.algorithm);
        };
        let base = Base::measure(&catalog, source.clone()).expect("it is calm");
        let text = base.scenario(axis(&record.fault)).expect("a row");
        let opened = catalog.open(Source::new(&record.fault, &text)).expect("a scenario");
        let seed = record.seed.parse().unwrap_or(0);
        let outcome = opened.run(seed, &options);
        let (what, detail) = ((&record.algorithm, &record.fault, seed), outcome.verdict.detail());
        match record.breaks.as_str() {
            "" => assert!(["pass", "stall"].contains(&outcome.verdict.word()), "{what:?} {detail}"),
            breaks => assert_eq!(detail, breaks, "{what:?}"),
        }
        let effects = ["fenced-effect", "no-lost-update"];
        if let Ok(seed) = record.effect_seed.parse() {
            let violations = opened.run(seed, &options).violations;
            assert!(violations.iter().any(|v| effects.contains(&v.invariant)), "{what:?}");
        }
    }
}

/// What a scenario breaks by a fault of the row's kind although its row of the matrix did not: that
/// the assumption is not needed is what its seeds saw, and refuted.
fn refuted(family: &str, records: &[Record]) -> String {
    let catalog = Catalog::builtin();
    let calm: Vec<_> = catalog.entries().iter().flat_map(|entry| catalog.calm(entry)).collect();
    let mut lines = String::new();
    for record in records.iter().filter(|record| record.standing == "not needed as far as seen") {
        let base = calm.iter().find(|(label, _)| *label == record.algorithm).expect("its base");
        let base: toml::Table = base.1.whole().parse().expect("TOML");
        let mut names = refuting(family, record, &base);
        names.sort();
        if !names.is_empty() {
            let _ =
                writeln!(lines, "- {}, {}: {}", record.algorithm, record.fault, names.join(", "));
        }
    }
    if lines.is_empty() {
        return lines;
    }
    let title = "A `+` that a scenario refutes, by faults of the same kind in a world of its own";
    format!("\n{title}:\n\n{lines}")
}

/// The scenarios of an algorithm that break something by faults of a row's kind, beyond some of
/// what the row goes beyond and nothing else.
fn refuting(family: &str, record: &Record, base: &toml::Table) -> Vec<String> {
    let algorithm = record.algorithm.split(' ').next().unwrap_or_default();
    let declared: Vec<&str> = record.declared.split(' ').collect();
    let files = fs::read_dir(format!("scenarios/{family}")).expect("the scenarios");
    let mut names = Vec::new();
    for path in files.map(|file| file.expect("a file").path()) {
        let text = fs::read_to_string(&path).expect("a scenario");
        let file: toml::Table = text.parse().expect("TOML");
        let expect = file.get("expect").and_then(toml::Value::as_table);
        let outside = expect.and_then(|expect| expect.get("outside")?.as_array());
        let Some(outside) = outside.filter(|_| is_alike(algorithm, base, &file)) else { continue };
        let is_declared = |word: &toml::Value| word.as_str().is_some_and(|w| declared.contains(&w));
        let is_beyond = !outside.is_empty() && outside.iter().all(is_declared);
        if is_beyond && has_faults_of(&record.fault, &file) {
            names.push(format!("`{}`", file["name"].as_str().expect("a name")));
        }
    }
    names
}

/// Whether a scenario has the sound algorithm with the settings that tell one base from another.
fn is_alike(algorithm: &str, base: &toml::Table, file: &toml::Table) -> bool {
    let settings =
        |of: &toml::Table| of.get("algorithm").and_then(|all| all.get(algorithm)).cloned();
    let (Some(base), Some(own)) = (settings(base), settings(file)) else { return false };
    let kinds = ["pre-vote", "check-quorum", "reads", "resource", "mutant"];
    kinds.iter().all(|key| base.get(key) == own.get(key))
}

/// Whether a scenario has faults of the kind of a row; a profile has some of each.
fn has_faults_of(row: &str, file: &toml::Table) -> bool {
    let kinds: &[&str] = match row {
        "pause" => &["pause", "suspend", "stall"],
        "jump" | "jump-together" => &["jump", "slewed-jump", "strobe"],
        "drift" | "drift-apart" => &["drift", "wander", "freeze"],
        "delay" => &["delay", "slow", "slow-disk"],
        "power-loss" => &["crash", "power-loss"],
        kind => &[kind],
    };
    let faults = file.get("fault").and_then(toml::Value::as_array);
    let tables = faults.into_iter().flatten().filter_map(toml::Value::as_table);
    let nemesis = file.get("nemesis").and_then(toml::Value::as_table);
    let has = |table: &toml::Table| kinds.iter().any(|kind| table.contains_key(*kind));
    file.contains_key("profile") || tables.chain(nemesis).any(has)
}

#[test]
fn the_page_shows_the_committed_matrix() {
    let path = "docs/matrix.md";
    let page = fs::read_to_string(path).expect("the page is committed");
    let mut right = page.clone();
    for (family, mark) in FAMILIES {
        let (before, rest) = right.split_once(mark).expect("the page marks its table");
        let (_, after) = rest.split_once("<!-- end -->").expect("the table has an end");
        let records = committed(family);
        let table = matrix(&records) + &refuted(family, &records);
        right = format!("{before}{mark}{table}<!-- end -->{after}");
    }
    if std::env::var_os("STORMSEED_REWRITE").is_some() {
        fs::write(path, &right).expect("the page can be written");
    } else {
        assert!(page == right, "STORMSEED_REWRITE=1 cargo test --test it contract writes it again");
    }
}
