//! The workloads of the speed harness, through the public API: full network, fingerprint on, one
//! invariant judged after every event.
//!
//! `speed w1 N DELIVERIES` - N nodes, each with a timer every 10 ms; on it one message to another
//! node, which replies; latency uniform 1..10 ms.
//! `speed w2 SEEDS` - Raft leader election of 5 nodes, 60 s virtual, the leader crashed every 5 s.
//! With `off` behind it no digest is made.
//!
//! Prints `RES,peer,workload,n,units,deliveries,timers,setup_s,wall_s,cpu_s,units_per_cpu_s,
//! peak_kib`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its line")]

#[path = "speed/election.rs"]
mod election;
#[path = "speed/ping.rs"]
mod ping;

use std::time::Instant;
use stormseed::engine::Counts;
use stormseed::time::SimTime;

/// Nanoseconds that this process has been on a CPU.
fn cpu_nanos() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
}

/// The largest resident set of this process in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

/// A stop watch of wall and CPU time.
struct Watch(Instant, u64);

impl Watch {
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the host's clock")]
    fn start() -> Self {
        Watch(Instant::now(), cpu_nanos())
    }

    fn lap(&mut self) -> (f64, f64) {
        let now = Watch::start();
        let lap = (now.0 - self.0).as_secs_f64();
        let cpu = (now.1 - self.1) as f64 * 1e-9;
        *self = now;
        (lap, cpu)
    }
}

struct Line {
    workload: &'static str,
    nodes: u64,
    units: u64,
    deliveries: u64,
    timers: u64,
    setup: f64,
    wall: f64,
    cpu: f64,
}

fn print(line: &Line) {
    let Line { workload, nodes, units, deliveries, timers, setup, wall, cpu } = line;
    let rate = *units as f64 / cpu;
    println!(
        "RES,stormseed,{workload},{nodes},{units},{deliveries},{timers},{setup:.6},{wall:.6},\
         {cpu:.6},{rate:.3},{}",
        peak_kib()
    );
}

fn ping(nodes: u64, deliveries: u64, digests: bool) {
    let mut watch = Watch::start();
    let (mut simulation, mut judge) = ping::run(nodes as u32, deliveries, digests);
    simulation.run_until(SimTime::ZERO, &mut judge);
    let (setup, _) = watch.lap();
    simulation.run(&mut judge);
    let (wall, cpu) = watch.lap();
    let Counts { delivered: deliveries, timers, .. } = *simulation.counts();
    let units = deliveries + timers;
    print(&Line { workload: "w1", nodes, units, deliveries, timers, setup, wall, cpu });
}

fn election(seeds: u64, digests: bool) {
    let mut watch = Watch::start();
    let (mut deliveries, mut timers, mut elections) = (0, 0, 0);
    for seed in 0..seeds {
        let (mut simulation, mut judge) = election::run(seed, true, digests);
        simulation.run(&mut judge);
        deliveries += simulation.counts().delivered;
        timers += simulation.counts().timers;
        elections += judge.elections;
    }
    let (wall, cpu) = watch.lap();
    eprintln!("elections/seed {:.1}", elections as f64 / seeds as f64);
    let (nodes, setup) = (u64::from(election::NODES), 0.0);
    print(&Line { workload: "w2", nodes, units: seeds, deliveries, timers, setup, wall, cpu });
}

fn main() {
    let argument = |nth, default| {
        std::env::args().nth(nth).and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let digests = std::env::args().next_back().as_deref() != Some("off");
    match std::env::args().nth(1).as_deref() {
        Some("w1") => ping(argument(2, 5), argument(3, 1_000_000), digests),
        Some("w2") => election(argument(2, 20), digests),
        _ => {
            eprintln!("usage: speed w1 NODES DELIVERIES [off] | speed w2 SEEDS [off]");
            std::process::exit(2);
        }
    }
}
