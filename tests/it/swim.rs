//! SWIM against its published figures: how long until somebody finds a failure, and what it costs.

use stormseed::algorithm::{Algorithm as _, Roles};
use stormseed::detector::spec::Observation;
use stormseed::detector::swim::{Settings, Swim, Targets};
use stormseed::engine::{Flow, Observer, Record, Setup, Simulation, What};
use stormseed::fault::{Action, DiskFate, Fault, Target, When};
use stormseed::id::{FaultId, NodeId};
use stormseed::protocol::Never;
use stormseed::schedule::Schedule;
use stormseed::time::{Duration, SimTime};
use stormseed::world::World;

const PERIOD: Duration = Duration::from_millis(200);

/// Ends a run at the first suspicion, and remembers when.
#[derive(Default)]
struct FirstSuspicion(Option<SimTime>);

impl Observer<Swim> for FirstSuspicion {
    fn on_record(&mut self, record: &Record<'_, Swim>, _: &World) -> Flow {
        match record.what {
            What::Observed { observation: Observation::Suspected { .. }, .. } => {
                self.0 = Some(record.at);
                Flow::Enough
            }
            _ => Flow::Continue,
        }
    }
}

fn setup(members: u32, targets: Targets, seed: u64, crash_at: Option<SimTime>) -> Setup<Swim> {
    let settings = Settings { targets, ..Settings::default() };
    let config = Swim::config(settings, &Roles::deal([("members", members)]));
    let end = SimTime::ZERO + PERIOD.saturating_mul(200);
    let mut schedule: Schedule<Never> = Schedule::calm(members as usize, end);
    schedule.faults.extend(crash_at.map(|at| Fault {
        id: FaultId(0),
        when: When::At(at),
        who: Target::Nodes(vec![NodeId::new(0)]),
        action: Action::Crash { after_effect: None, disk: DiskFate::Synced },
        lasts: None,
        struck: None,
    }));
    Setup::new(config.expect("the defaults fit together"), schedule, seed)
}

/// In which period after the failure, from 1, somebody had asked in vain. All periods begin at the
/// same instants, and the member dies just before one.
fn periods_until_found(members: u32, targets: Targets, seed: u64) -> u64 {
    let before = Duration::from_millis(1);
    let crash_at = SimTime::ZERO + PERIOD.saturating_mul(10).saturating_sub(before);
    let mut first = FirstSuspicion::default();
    Simulation::new(setup(members, targets, seed, Some(crash_at))).run(&mut first);
    let took = first.0.expect("a failure is found").since(crash_at);
    assert_eq!(took.saturating_sub(before).as_nanos() % PERIOD.as_nanos(), 0);
    took.as_nanos() / PERIOD.as_nanos()
}

#[test]
fn at_11_the_mean_time_to_the_first_detection_is_that_of_the_paper() {
    // Section 3.1: T' / (1 - (1 - 1/(n-1))^(n-1)), which goes to e / (e - 1) = 1.582 periods.
    const RUNS: u64 = 3_000;
    for (members, published) in [(3u32, 1.333), (5, 1.463), (10, 1.530), (20, 1.557)] {
        let others = f64::from(members - 1);
        let missed = (0..members - 1).fold(1.0, |chance, _| chance * (1.0 - 1.0 / others));
        let found = 1.0 - missed;
        assert!((1.0 / found - published).abs() < 0.001);
        let runs = if members > 10 { RUNS / 3 } else { RUNS };
        let sum: u64 = (0..runs).map(|s| periods_until_found(members, Targets::Random, s)).sum();
        let mean = sum as f64 / runs as f64;
        // Geometric: the variance is (1 - p) / p^2.
        let sigma = (missed / (found * found) / runs as f64).sqrt();
        let off = (mean - 1.0 / found) / sigma;
        assert!(off.abs() < 4.0, "{members} members: {mean:.3} periods, {off:.1} sigma off");
    }
}

#[test]
fn in_a_shuffled_turn_nobody_is_left_out_for_longer_than_two_turns() {
    for members in [3, 5, 10] {
        for seed in 0..300 {
            let took = periods_until_found(members, Targets::Shuffled, seed);
            assert!(took < 2 * u64::from(members), "{members} members, seed {seed}: {took}");
        }
    }
}

#[test]
fn a_calm_period_costs_a_ping_and_an_ack_for_each_member_whatever_the_size() {
    for members in [2u32, 5, 40] {
        let mut simulation = Simulation::new(setup(members, Targets::Shuffled, 1, None));
        simulation.run(&mut ());
        let sent = simulation.counts().sent;
        // The periods 0 to 200 begin in the run, and the acks of the last are not sent any more.
        assert_eq!(sent, u64::from(members) * (2 * 200 + 1), "{members} members");
    }
}
