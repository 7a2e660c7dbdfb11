//! How fast the engine is, and how much memory it takes, where not everyone is a neighbour of
//! everyone or the network is in parts.
//!
//! `scale WORLD NODES EVENTS` - one of `mesh`, `mesh-near` (everybody talks to the same two nodes
//! as on a ring), `groups`, `ring`, `grid`, `regular`, and `grid-far` and `regular-far`, in which
//! messages go to anybody and are handed on. The unit is an event: a delivery, a timer, or a
//! message handed on.
//!
//! Prints `SCALE,world,nodes,events,forwarded,setup_s,cpu_s,events_per_cpu_s,peak_kib`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its line")]

#[path = "scale/world.rs"]
mod world;

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

fn main() {
    let argument = |nth| std::env::args().nth(nth);
    let number =
        |nth, otherwise: u64| argument(nth).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let Some(name) = argument(1).filter(|name| world::WORLDS.contains(&name.as_str())) else {
        eprintln!("usage: scale {} [NODES] [EVENTS]", world::WORLDS.join("|"));
        std::process::exit(2);
    };
    let (nodes, events) = (number(2, 10_000), number(3, 5_000_000));
    let begun = cpu_nanos();
    let (mut simulation, mut judge) = world::run(&name, nodes as u32, events);
    simulation.run_until(SimTime::ZERO, &mut judge);
    let set_up = cpu_nanos();
    simulation.run(&mut judge);
    let (setup, cpu) = ((set_up - begun) as f64 * 1e-9, (cpu_nanos() - set_up) as f64 * 1e-9);
    let counts = simulation.counts();
    println!(
        "SCALE,{name},{nodes},{},{},{setup:.3},{cpu:.3},{:.0},{}",
        counts.events,
        counts.forwarded,
        counts.events as f64 / cpu,
        peak_kib()
    );
}
