//! The article's claims about elections and locks against measured runs: the tables of
//! `docs/article.md`.
//!
//! After a change that is meant, rewrite them with `STORMSEED_REWRITE=1`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use stormseed::algorithm::{Algorithm, Roles};
use stormseed::conditions::{Conditions, Network};
use stormseed::election::raft::{Raft, Settings as RaftSettings};
use stormseed::election::random_half::{Config, RandomHalf, Settings};
use stormseed::election::spec::Observation;
use stormseed::engine::{Flow, KeyScheme, Observer, Record, Setup, Simulation, What};
use stormseed::fault::When;
use stormseed::id::NodeId;
use stormseed::lock::peers::{
    ArticleLock, Command, Lamport, Maekawa, Raymond, RicartAgrawala, SuzukiKasami,
};
use stormseed::lock::peers::{Settings as LockSettings, Timer};
use stormseed::lock::spec::Observation as LockObservation;
use stormseed::protocol::Protocol;
use stormseed::schedule::{Planned, Recipient, Schedule};
use stormseed::time::{Duration, SimTime};
use stormseed::world::World;

const RUNS: u64 = 2_000;
/// Where a run is not cheap.
const FEW: u64 = 100;

fn nodes(count: u32) -> Vec<NodeId> {
    (0..count).map(NodeId::new).collect()
}

fn calm<P: Protocol>(config: P::Config, count: u32, seed: u64) -> Setup<P> {
    Setup {
        config,
        conditions: Conditions::default(),
        schedule: Schedule::calm(count as usize, SimTime::from_nanos(60_000_000_000)),
        disks: Vec::new(),
        seed,
        keys: KeyScheme::default(),
        digests: false,
    }
}

/// Whom each node has drawn.
#[derive(Default)]
struct Draws(BTreeMap<NodeId, BTreeSet<NodeId>>);

impl Observer<RandomHalf> for Draws {
    fn on_record(&mut self, record: &Record<'_, RandomHalf>, _: &World) -> Flow {
        if let What::Sent { to, .. } = record.what {
            self.0.entry(record.node).or_default().insert(to);
        }
        Flow::Continue
    }
}

/// What so many runs of the article's election come to among so many nodes.
struct Half {
    leaders: u64,
    alone: u64,
    agreed: u64,
}

impl Half {
    fn of(count: u32, executions: u32, runs: u64) -> Self {
        let settings = Settings { executions, ..Settings::default() };
        let config = Config::new(settings, nodes(count)).expect("the settings are sound");
        let mut half = Half { leaders: 0, alone: 0, agreed: 0 };
        for seed in 0..runs {
            let mut draws = Draws::default();
            Simulation::new(calm(config.clone(), count, seed)).run(&mut draws);
            let elected: BTreeSet<NodeId> = draws.0.values().flatten().copied().collect();
            half.leaders += elected.len() as u64;
            half.alone += u64::from(elected.len() == 1);
            half.agreed += u64::from(draws.0.get(&NodeId::new(0)) == draws.0.get(&NodeId::new(1)));
        }
        half
    }
}

/// The terms until somebody leads.
#[derive(Default)]
struct Terms(u64);

impl Observer<Raft> for Terms {
    fn on_record(&mut self, record: &Record<'_, Raft>, _: &World) -> Flow {
        match record.what {
            What::Observed { observation: Observation::LeaderElected { term }, .. } => {
                self.0 = term.0;
                Flow::Enough
            }
            _ => Flow::Continue,
        }
    }
}

/// A share in per cent with one digit.
fn percent(part: u64, of: u64) -> String {
    let tenths = (part * 1_000 + of / 2) / of;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn hundredths(part: u64, of: u64) -> String {
    let hundredths = (part * 100 + of / 2) / of;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// n over k.
fn choose(n: u64, k: u64) -> u64 {
    (0..k).fold(1, |product, i| product * (n - i) / (i + 1))
}

fn one_call() -> String {
    let mut table = String::from(concat!(
        "| nodes | leaders after one call each | runs with one leader | two callers agree ",
        "| of that by chance |\n|---|---|---|---|---|\n",
    ));
    for count in [2, 3, 4, 5, 7, 10] {
        let half = Half::of(count, 1, RUNS);
        let by_chance = choose(u64::from(count), u64::from(count / 2));
        let _ = writeln!(
            table,
            "| {count} | {} | {} % | {} % | 1/{by_chance} = {} % |",
            hundredths(half.leaders, RUNS),
            percent(half.alone, RUNS),
            percent(half.agreed, RUNS),
            percent(1, by_chance),
        );
        // Four standard deviations of the share of agreements.
        let (p, n) = (1.0 / by_chance as f64, RUNS as f64);
        let off = (half.agreed as f64 / n - p).abs();
        assert!(off < 4.0 * (p * (1.0 - p) / n).sqrt(), "{count} nodes: off by {off}");
        assert!(count < 4 || half.alone == 0, "one call of {count} nodes elects several");
    }
    table
}

fn executions() -> String {
    let mut table = String::from(concat!(
        "| nodes | N/2 | leaders after N/2 calls each | terms of Raft until one leads | most |\n",
        "|---|---|---|---|---|\n",
    ));
    for count in [3, 5, 9, 25, 101] {
        let half = Half::of(count, count / 2, FEW);
        let servers =
            RaftSettings::default().config(&nodes(count)).expect("the defaults are sound");
        let terms = |seed| {
            let mut terms = Terms::default();
            Simulation::new(calm::<Raft>(servers.clone(), count, seed)).run(&mut terms);
            terms.0
        };
        let terms: Vec<u64> = (0..FEW).map(terms).collect();
        let (sum, most) = (terms.iter().sum(), terms.iter().max().expect("there are runs"));
        let halves = count / 2;
        let leaders = hundredths(half.leaders, FEW);
        let mean = hundredths(sum, FEW);
        let _ = writeln!(table, "| {count} | {halves} | {leaders} | {mean} | {most} |");
    }
    table
}

/// What a run of a lock costs, and how many held it at once.
#[derive(Default)]
struct Cost {
    messages: u64,
    acquisitions: u64,
    holders: u64,
    most: u64,
}

impl<P: Protocol<Observation = LockObservation>> Observer<P> for Cost {
    fn on_record(&mut self, record: &Record<'_, P>, _: &World) -> Flow {
        match record.what {
            What::Sent { .. } => self.messages += 1,
            What::Observed { observation: LockObservation::Acquired { .. }, .. } => {
                self.acquisitions += 1;
                self.holders += 1;
                self.most = self.most.max(self.holders);
            }
            What::Observed { observation: LockObservation::Released { .. }, .. } => {
                self.holders -= 1;
            }
            _ => {}
        }
        Flow::Continue
    }
}

/// Every node acquires the lock once, so long after the one before.
fn lock<A>(count: u32, apart: Duration) -> Cost
where
    A: Algorithm<Settings = LockSettings, Command = Command, Timer = Timer>,
    A: Protocol<Observation = LockObservation>,
{
    let config = A::config(LockSettings::default(), &Roles::deal([("nodes", count)]));
    let mut setup = calm::<A>(config.expect("the defaults are sound"), count, 0);
    setup.conditions.network = Network { fifo: true, ..setup.conditions.network };
    let asks = nodes(count).into_iter().map(|node| {
        let number = u64::from(node.number());
        let at = SimTime::ZERO + apart.saturating_mul(number);
        let command = Command::Acquire { request: number + 1 };
        Planned { when: When::At(at), to: Recipient::Node(node), command }
    });
    setup.schedule.commands = asks.collect();
    let mut cost = Cost::default();
    Simulation::new(setup).run(&mut cost);
    assert_eq!(cost.acquisitions, u64::from(count), "all are served");
    cost
}

fn locks() -> String {
    let mut table = String::from(concat!(
        "| nodes | N/2 | Lamport | Ricart-Agrawala | Maekawa | Suzuki-Kasami | Raymond ",
        "| the article's |\n|---|---|---|---|---|---|---|---|\n",
    ));
    let second = Duration::from_secs(1);
    for count in [3, 5, 7, 9, 13, 25] {
        let costs = [
            lock::<Lamport>(count, second),
            lock::<RicartAgrawala>(count, second),
            lock::<Maekawa>(count, second),
            lock::<SuzukiKasami>(count, second),
            lock::<Raymond>(count, second),
            lock::<ArticleLock>(count, second),
        ];
        assert!(costs.iter().all(|cost| cost.most == 1), "they are asked one after another");
        let each = costs.map(|cost| hundredths(cost.messages, cost.acquisitions));
        let _ = writeln!(table, "| {count} | {} | {} |", count / 2, each.join(" | "));
    }
    table
}

fn holders() -> String {
    let mut table = String::from(concat!(
        "| nodes | Lamport | Ricart-Agrawala | Maekawa | Suzuki-Kasami | Raymond ",
        "| the article's |\n|---|---|---|---|---|---|---|\n",
    ));
    for count in [3, 5, 13] {
        let most = [
            lock::<Lamport>(count, Duration::ZERO).most,
            lock::<RicartAgrawala>(count, Duration::ZERO).most,
            lock::<Maekawa>(count, Duration::ZERO).most,
            lock::<SuzukiKasami>(count, Duration::ZERO).most,
            lock::<Raymond>(count, Duration::ZERO).most,
            lock::<ArticleLock>(count, Duration::ZERO).most,
        ];
        let most: Vec<String> = most.iter().map(u64::to_string).collect();
        let _ = writeln!(table, "| {count} | {} |", most.join(" | "));
    }
    table
}

#[test]
fn the_tables_of_the_page_are_what_runs_come_to() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/article.md");
    let mut page = std::fs::read_to_string(&path).expect("the page is there");
    let written = page.clone();
    let tables = [
        ("one call", one_call()),
        ("N/2 calls", executions()),
        ("a lock for each", locks()),
        ("a lock for all at once", holders()),
    ];
    for (name, table) in tables {
        let head = format!("<!-- {name} -->\n");
        let from = page.find(&head).expect("the table has its place") + head.len();
        let until = page[from..].find("\n\n").expect("a table ends with an empty line") + from + 1;
        page.replace_range(from..until, &table);
    }
    if std::env::var_os("STORMSEED_REWRITE").is_some() {
        std::fs::write(&path, page).expect("the page can be rewritten");
        return;
    }
    assert_eq!(written, page);
}
