//! What faults cost that do nothing: the same Raft without any fault, with every kind of fault
//! waiting for its time, and with every harm to messages in force for a kind that nobody sends.
//!
//! `cargo run --release --example idle -- [SECONDS] [ROUNDS]`
//!
//! In each round the three run one after the other; a ratio is that of one round, by CPU time.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use stormseed::catalog::{Catalog, Experiment, Options};
use stormseed::scenario::Source;

/// Every kind.
const KINDS: [&str; 32] = [
    "crash = { who = \"n3\", for = \"1s\" }",
    "crash = { who = \"n3\", for = \"1s\", loop = { times = 2, up = \"1s\" } }",
    "crash = { who = \"n3\", for-good = true }",
    "pause = { who = \"n3\", for = \"1s\" }",
    "stall = { who = \"n3\", for = \"1s\" }",
    "slow = { who = \"n4\", step = \"1ms\" }",
    "partition = { groups = [[\"n3\"], [\"n4\"]] }",
    "cut = { from = [\"n3\"], to = [\"n4\"] }",
    "isolate = { who = \"n3\", kind = \"hold\" }",
    "mute = { who = \"n4\" }",
    "loss = { from = \"n3\" }",
    "duplication = { from = \"n3\" }",
    "corruption = { from = \"n3\" }",
    "delay = { from = \"n3\", by = \"1ms\" }",
    "reorder = { from = \"n3\", by = \"1ms\" }",
    "hold = { from = \"n3\" }",
    "throttle = { from = \"n3\", spacing = \"1ms\", queue = 9 }",
    "forgery = { from = \"n3\" }",
    "misdelivery = { from = \"n3\" }",
    "replay = { from = \"n3\", by = \"1s\" }",
    "drift = { who = \"n4\", rate = \"1%\" }",
    "jump = { who = \"n4\", by = \"1s\" }",
    "strobe = { who = \"n4\", by = \"1s\", period = \"1s\" }",
    "suspend = { who = \"n3\", for = \"1s\" }",
    "freeze = { who = \"n3\", for = \"1s\" }",
    "slow-disk = { who = \"n4\", sync = \"1ms\" }",
    "failing-disk = { who = \"n4\" }",
    "lying-disk = { who = \"n4\" }",
    "stalled-disk = { who = \"n4\" }",
    "full-disk = { who = \"n4\" }",
    "swizzle = { who = \"minority\", for = \"1s\" }",
    "pause = { who = \"n3\", for = \"1s\" }\nspread = \"0ms..5ms\"",
];

/// The time of every entry: for some the last instant, for the others a milestone that never comes.
fn waiting(seconds: u64) -> String {
    let time = |kind: &str| match kind.contains("who = \"n3\"") {
        false => format!("at = \"{}ms\"", seconds * 1_000 - 1),
        true => "when = \"leader-elected\"\nnth = 1_000_000".to_owned(),
    };
    KINDS.iter().map(|kind| format!("[[fault]]\n{}\n{kind}\n", time(kind))).collect()
}

/// Without `pre-vote` nobody asks for one: every message is looked at, and none is touched.
fn in_force() -> String {
    let harms = KINDS.iter().filter(|kind| kind.contains("from = \"n"));
    let of_none =
        |kind: &&str| kind.replacen("from = \"n3\"", "messages = [\"pre-vote-request\"]", 1);
    harms.map(|kind| format!("[[fault]]\nat = \"1ms\"\n{}\n", of_none(kind))).collect()
}

fn open(seconds: u64, faults: &str) -> Box<dyn Experiment> {
    let text = format!(
        "name = \"election/idle\"\nformat = 1\nduration = \"{seconds}s\"\n\
         [nodes]\nservers = 5\n[algorithm.election-raft]\n\
         [workload]\npropose = {{ to = \"leader\", every = \"1ms..5ms\" }}\n\
         [budget]\nevents = 1_000_000_000\n{faults}"
    );
    let opened = Catalog::builtin().open(Source::new("idle", &text));
    opened.unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

/// Nanoseconds that this process has been on a CPU.
fn cpu_nanos() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
}

/// Events a second of CPU time.
fn rate(experiment: &dyn Experiment, seed: u64) -> f64 {
    let before = cpu_nanos();
    let outcome = experiment.run(seed, &Options::default());
    let spent = (cpu_nanos() - before).max(1);
    outcome.counts.events as f64 * 1e9 / spent as f64
}

fn median(mut ratios: Vec<f64>) -> (f64, f64, f64) {
    ratios.sort_by(f64::total_cmp);
    (ratios[ratios.len() / 2], ratios[0], ratios[ratios.len() - 1])
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse().ok());
    let (seconds, rounds) = (arguments.next().unwrap_or(60), arguments.next().unwrap_or(15));
    let none = open(seconds, "");
    let (waits, rules) = (open(seconds, &waiting(seconds)), open(seconds, &in_force()));
    let (mut waiting, mut ruling, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let plain = rate(&*none, round);
        rates.push(plain);
        waiting.push(rate(&*waits, round) / plain);
        ruling.push(rate(&*rules, round) / plain);
    }
    println!("{} kinds of entries", KINDS.len());
    println!("events a CPU second without faults: {:.2} M", median(rates).0 / 1e6);
    for (name, ratios) in [("waiting", waiting), ("in force, touching nothing", ruling)] {
        let (middle, least, most) = median(ratios);
        println!("{name}: {middle:.2} of that ({least:.2}-{most:.2}), {rounds} rounds");
    }
}
