//! Ballot leader election: what a round costs, and how soon it recovers from what stops others.

use crate::scenarios::shipped;
use std::collections::BTreeMap;
use stormseed::algorithm::{Algorithm as _, Roles};
use stormseed::catalog::{Experiment, Options};
use stormseed::election::ble::{BallotElection, Message, Settings};
use stormseed::engine::{Flow, Observer, Record, Setup, Simulation, What};
use stormseed::protocol::Never;
use stormseed::schedule::Schedule;
use stormseed::time::{Duration, SimTime};
use stormseed::world::World;

const ROUND: Duration = Duration::from_millis(100);

/// The messages of each kind that were sent in each round: all servers begin theirs together.
#[derive(Default)]
struct Sent(BTreeMap<(u64, bool), u64>);

impl Observer<BallotElection> for Sent {
    fn on_record(&mut self, record: &Record<'_, BallotElection>, _: &World) -> Flow {
        if let What::Sent { message, .. } = record.what {
            let round = record.at.as_nanos() / ROUND.as_nanos();
            let is_reply = matches!(message, Message::Reply { .. });
            *self.0.entry((round, is_reply)).or_default() += 1;
        }
        Flow::Continue
    }
}

#[test]
fn at_10_a_round_costs_a_request_and_a_reply_for_each_pair_of_servers() {
    for servers in [1u32, 2, 3, 5, 9] {
        let roles = Roles::deal([("servers", servers)]);
        let config = BallotElection::config(Settings::default(), &roles).expect("the defaults fit");
        let rounds = 20;
        let end = SimTime::from_nanos(rounds * ROUND.as_nanos() - 1);
        let schedule: Schedule<Never> = Schedule::calm(servers as usize, end);
        let mut sent = Sent::default();
        Simulation::new(Setup::<BallotElection>::new(config, schedule, 7)).run(&mut sent);
        let pairs = u64::from(servers) * u64::from(servers - 1);
        for round in 0..rounds {
            for is_reply in [false, true] {
                let count = sent.0.get(&(round, is_reply)).copied().unwrap_or(0);
                assert_eq!(count, pairs, "{servers} servers, round {round}, replies: {is_reply}");
            }
        }
    }
}

/// The longest outage of a scenario over its seeds, and how many of them never recover.
fn outages(name: &str) -> (Duration, usize) {
    let is_it = |e: &dyn Experiment| e.scenario().name() == format!("election/{name}");
    let (_, experiment) = shipped().into_iter().find(|(_, e)| is_it(&**e)).expect("it is shipped");
    let (mut longest, mut stuck) = (Duration::ZERO, 0);
    for seed in experiment.scenario().seeds().iter().take(20) {
        let outcome = experiment.run(seed, &Options::default());
        let service = outcome.service.expect("an election has a service");
        longest = service.failovers.iter().copied().fold(longest, Duration::max);
        stuck += usize::from(service.down_at_end.is_some());
    }
    (longest, stuck)
}

#[test]
fn partial_partitions_are_over_within_four_rounds_and_stop_raft() {
    let most = ROUND.saturating_mul(4);
    for cut in ["quorum-loss", "constrained", "chained"] {
        let (longest, stuck) = outages(&format!("ble_{cut}"));
        assert!(longest <= most && stuck == 0, "{cut}: {longest}, {stuck} stuck");
    }
    assert!(outages("raft_quorum-loss").0 > most);
    assert_eq!(outages("ble_chained").0, Duration::ZERO, "nobody is deposed");
    assert!(outages("raft_chained").0 > Duration::ZERO);
    assert!(outages("raft_constrained").1 > 5);
    assert!(outages("raft_constrained-cured").1 > 5);
}
