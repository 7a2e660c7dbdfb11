//! Bully in storms: what it promises inside its assumptions, what it loses outside of them, and
//! that each of its known bugs is found.

use std::collections::{BTreeMap, BTreeSet};
use stormseed::algorithm::{Algorithm, Roles};
use stormseed::election::bully::{Bully, Settings};
use stormseed::engine::{Setup, Simulation};
use stormseed::fault::{Action, DiskFate, Fault, Target, When};
use stormseed::id::{FaultId, NodeId};
use stormseed::invariant::Violation;
use stormseed::observe::Monitor;
use stormseed::protocol::Never;
use stormseed::rng::{Stream, range, shuffle};
use stormseed::schedule::{ClockPlan, Schedule};
use stormseed::time::{Drift, Duration, SimTime};
use stormseed::topology::Cut;

const SERVERS: u32 = 5;
const SECONDS: u64 = 20;

#[derive(Clone, Copy, PartialEq)]
enum Storm {
    Crashes,
    /// One partition at a time, so that each part's nodes all reach one another.
    Partitions,
    Both,
}

fn length(luck: &mut Stream, millis: std::ops::RangeInclusive<u64>) -> Duration {
    let nanos = *millis.start() * 1_000_000..=*millis.end() * 1_000_000;
    Duration::from_nanos(range(luck, nanos))
}

fn fault(id: usize, at: SimTime, who: Target, action: Action, lasts: Duration) -> Fault {
    let when = When::At(at);
    Fault { id: FaultId(id as u32), when, who, action, lasts: Some(lasts), struck: None }
}

fn crashes(luck: &mut Stream, faults: &mut Vec<Fault>) {
    let mut at = SimTime::ZERO;
    while at < SimTime::ZERO + Duration::from_secs(SECONDS) {
        // Some come one by one into a settled world, some in bursts.
        at += if range(luck, 0..=1) == 0 { length(luck, 0..=60) } else { length(luck, 300..=900) };
        let node = NodeId::new(range(luck, 0..=u64::from(SERVERS) - 1) as u32);
        let after_effect = (range(luck, 0..=2) == 0).then(|| range(luck, 1..=6) as u32);
        let action = Action::Crash { after_effect, disk: DiskFate::Synced };
        let lasts = length(luck, 1..=800);
        faults.push(fault(faults.len(), at, Target::Nodes(vec![node]), action, lasts));
    }
}

fn partitions(luck: &mut Stream, faults: &mut Vec<Fault>) {
    let mut at = SimTime::ZERO;
    while at < SimTime::ZERO + Duration::from_secs(SECONDS) {
        at += length(luck, 1..=1_500);
        let mut nodes: Vec<NodeId> = (0..SERVERS).map(NodeId::new).collect();
        shuffle(luck, &mut nodes);
        let other = nodes.split_off(range(luck, 1..=u64::from(SERVERS) - 1) as usize);
        let lasts = length(luck, 1..=1_500);
        let cut = Action::Partition(Cut::Groups(vec![nodes, other]));
        faults.push(fault(faults.len(), at, Target::All, cut, lasts));
        at += lasts;
    }
}

fn violations(seed: u64, storm: Storm, mutant: Option<&str>) -> Vec<Violation> {
    let settings = Settings { mutant: mutant.map(str::to_owned), ..Settings::default() };
    let config = Bully::config(settings, &Roles::deal([("servers", SERVERS)]));
    let config = config.expect("the defaults fit together");
    let drift = Bully::assumes(&config).drift_bound.map_or(0, Drift::ppm);
    let end = SimTime::ZERO + Duration::from_secs(SECONDS + 2);
    let mut luck = Stream::new(seed, "bully");
    let mut schedule: Schedule<Never> = Schedule::calm(SERVERS as usize, end);
    for clock in &mut schedule.clocks {
        let ppm = range(&mut luck, 0..=2 * drift as u64) as i32 - drift;
        *clock = ClockPlan { wall_offset: 0, drift: Drift::from_ppm(ppm) };
    }
    if storm != Storm::Partitions {
        crashes(&mut luck, &mut schedule.faults);
    }
    if storm != Storm::Crashes {
        partitions(&mut luck, &mut schedule.faults);
    }
    let mut monitor = Monitor::new(Bully::invariants(&config)).judging_on();
    let mut simulation = Simulation::new(Setup::<Bully>::new(config, schedule, seed));
    simulation.run(&mut monitor);
    monitor.violations().to_vec()
}

/// The invariants that at least one seed violates, each with the first that does.
fn violated_by_any(storm: Storm, mutant: Option<&str>) -> BTreeMap<&'static str, String> {
    let mut found = BTreeMap::new();
    for seed in 0..200 {
        for violation in violations(seed, storm, mutant) {
            let first = format!("seed {seed}: {}", violation.message);
            found.entry(violation.invariant).or_insert(first);
        }
    }
    found
}

#[test]
fn crashes_restarts_and_drift_within_the_bound_break_no_promise() {
    assert_eq!(violated_by_any(Storm::Crashes, None), BTreeMap::new());
}

#[test]
fn each_part_of_a_partition_elects_its_own_coordinator_and_a_healed_whole_elects_one() {
    for storm in [Storm::Partitions, Storm::Both] {
        let found = violated_by_any(storm, None);
        assert!(found.keys().eq(&["one-coordinator"]), "{found:#?}");
    }
}

#[test]
fn every_known_bug_is_found_by_an_invariant_that_it_names() {
    for mutant in Bully::MUTANTS {
        let needs_a_merge = mutant.name == "merge-does-not-re-elect";
        let storm = if needs_a_merge { Storm::Partitions } else { Storm::Crashes };
        let found = violated_by_any(storm, Some(mutant.name));
        let named: BTreeSet<&str> = mutant.breaks.iter().copied().collect();
        assert!(found.keys().eq(named.iter()), "{}: {found:#?}", mutant.name);
    }
}
