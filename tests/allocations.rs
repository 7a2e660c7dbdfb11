//! Once warm, the engine allocates nothing: not for an event, a message, a timer or a record.
//!
//! The workloads are those of the speed harness. Deterministic as they are, the test passes always
//! or never.

#[path = "../examples/speed/election.rs"]
mod election;
#[path = "../examples/speed/ping.rs"]
mod ping;

use allocation_counter::measure;
use stormseed::engine::{Observer, Simulation};
use stormseed::protocol::Protocol;
use stormseed::time::{Duration, SimTime};

/// Runs to `warm`, then to `end`; the events between the two, and what they allocated.
fn allocations<P: Protocol>(
    (mut simulation, mut judge): (Simulation<P>, impl Observer<P>),
    warm: Duration,
    end: Duration,
) -> (u64, u64) {
    simulation.run_until(SimTime::ZERO + warm, &mut judge);
    let before = simulation.counts().events;
    let made = measure(|| {
        simulation.run_until(SimTime::ZERO + end, &mut judge);
    });
    (simulation.counts().events - before, made.count_total)
}

#[test]
fn pings_allocate_nothing_in_small_and_in_large_worlds() {
    for (nodes, warm, millis) in [(5, 1_000, 70_000), (500, 500, 700), (9_000, 500, 50)] {
        let (warm, millis) = (Duration::from_millis(warm), Duration::from_millis(millis));
        let (events, made) = allocations(ping::run(nodes, u64::MAX, true), warm, warm + millis);
        assert!(events >= 100_000, "{nodes} nodes: only {events} events");
        assert_eq!(made, 0, "{nodes} nodes, {events} events");
    }
}

#[test]
fn elections_allocate_nothing_between_crashes() {
    let mut events = 0;
    for seed in 0..20 {
        let (warm, end) = (Duration::from_secs(10), Duration::from_secs(60));
        let (more, made) = allocations(election::run(seed, false, true), warm, end);
        assert_eq!(made, 0, "seed {seed}, {more} events");
        events += more;
    }
    assert!(events >= 100_000, "only {events} events");
}
