//! What is drawn is sound and always the same, and what fails becomes as simple as it can be.

use super::simpler::{cuts, lengths, numbers};
use super::{Family, conditions, schedules};
use crate::conditions::{Conditions, Latency};
use crate::fault::{Action, Fault, Target, When};
use crate::fingerprint::Fingerprint;
use crate::id::NodeId;
use crate::schedule::{Recipient, Schedule};
use crate::time::{Duration, SimTime};
use crate::topology::Cut;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};

fn runner(seed: u8) -> TestRunner {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}

/// What is left of the first case that fails.
fn smallest<S: Strategy>(seed: u8, strategy: S, fails: fn(&S::Value) -> bool) -> S::Value {
    let checked = runner(seed).run(&strategy, |value| {
        prop_assert!(!fails(&value));
        Ok(())
    });
    match checked {
        Err(TestError::Fail(_, value)) => value,
        other => panic!("nothing failed: {other:?}"),
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn times(fault: &Fault) -> (SimTime, SimTime) {
    let When::At(at) = fault.when else { panic!("{fault:?} has no time") };
    (at, at + fault.lasts.unwrap_or_default())
}

/// Whether somebody dies while there is a partition.
fn dies_cut_off<C>(schedule: &Schedule<C>) -> bool {
    let is_crash = |fault: &&Fault| matches!(fault.action, Action::Crash { .. });
    let is_cut = |fault: &&Fault| matches!(fault.action, Action::Partition(_));
    let cuts: Vec<&Fault> = schedule.faults.iter().filter(is_cut).collect();
    schedule.faults.iter().filter(is_crash).any(|crash| {
        let (dies, rises) = times(crash);
        cuts.iter().any(|cut| times(cut).0 < rises && dies < times(cut).1)
    })
}

#[test]
fn of_a_storm_the_two_faults_are_left_that_it_takes() {
    let storms =
        || schedules(5, Duration::from_secs(20)).faults(3..=9).commands(0..=9, any::<u8>());
    for seed in 0..10 {
        let left = smallest(seed, storms(), dies_cut_off);
        assert_eq!((left.faults.len(), left.commands.len()), (2, 0), "{left:#?}");
        for fault in &left.faults {
            assert_eq!(times(fault).0, SimTime::ZERO, "{left:#?}");
            assert_eq!(fault.lasts, Some(Duration::from_millis(1)), "{left:#?}");
            match (&fault.action, &fault.who) {
                (Action::Crash { .. }, Target::Nodes(nodes)) => assert_eq!(nodes.len(), 1),
                (Action::Partition(Cut::Groups(groups)), _) => assert_eq!(groups[0].len(), 1),
                other => panic!("{other:?} is not needed"),
            }
        }
        assert_eq!(left, smallest(seed, storms(), dies_cut_off));
    }
}

#[test]
fn what_is_asked_becomes_simple_when_nothing_else_can() {
    let asked = || {
        schedules(3, SECOND).commands(0..=3, 0..1000u32).clients(0..=2, 1..=4, SECOND, 0..1000u32)
    };
    let left = smallest(1, asked(), |schedule| {
        schedule.commands.iter().any(|planned| planned.command >= 100)
    });
    assert!(left.faults.is_empty() && left.clients.is_empty());
    let [planned] = &left.commands[..] else { panic!("{left:#?}") };
    let wanted = (When::At(SimTime::ZERO), Recipient::Node(NodeId::new(0)), 100);
    assert_eq!((planned.when.clone(), planned.to.clone(), planned.command), wanted);
    let left = smallest(2, asked(), |schedule| {
        let of = |client: &crate::schedule::Client<u32>| client.operations.len();
        schedule.clients.iter().map(of).sum::<usize>() >= 2
    });
    let operations = left.clients.iter().flat_map(|client| &client.operations);
    assert_eq!(operations.map(|operation| operation.command).collect::<Vec<_>>(), [0, 0]);
    assert!(left.faults.is_empty() && left.commands.is_empty());
}

#[test]
fn of_a_world_what_it_takes_is_left() {
    let calm = smallest(3, conditions(), |_| true);
    assert_eq!(calm.network.latency, Latency::Constant(Duration::from_millis(10)));
    assert!(calm.network.loss.is_zero() && calm.network.duplication.is_zero());
    let is_lossy = |world: &Conditions| world.network.loss.numerator > 3;
    let lossy = smallest(3, conditions(), is_lossy);
    assert_eq!(lossy.network.loss.numerator, 4);
    let network = crate::conditions::Network { loss: calm.network.loss, ..lossy.network };
    assert_eq!(Conditions { network, ..lossy }, calm);
}

/// Every case on the way down when everything fails.
fn descent<S: Strategy>(seed: u8, strategy: &S) -> Vec<S::Value> {
    let mut tree = strategy.new_tree(&mut runner(seed)).expect("it is drawn");
    let mut cases = vec![tree.current()];
    while tree.simplify() {
        cases.push(tree.current());
    }
    cases
}

#[test]
fn a_storm_strikes_in_time_and_holds_nobody_twice() {
    for seed in 0..200 {
        let nodes = u32::from(seed % 5) + 1;
        let storms = schedules::<()>(nodes, SECOND).faults(2..=6);
        let families = if nodes > 1 { &Family::ALL[..] } else { &[Family::Crash, Family::Jump] };
        for schedule in descent(seed, &storms.only(families)) {
            for (place, fault) in schedule.faults.iter().enumerate() {
                let (begins, ends) = times(fault);
                assert!(begins.since(SimTime::ZERO) < SECOND, "{fault:?}");
                assert_eq!(fault.lasts.is_none(), fault.action.is_instant());
                let holds = |fault: &Fault| fault.action.holds_process();
                for other in schedule.faults[..place].iter().filter(|other| holds(other)) {
                    let (others, other_ends) = times(other);
                    let is_same = !matches!(fault.who, Target::All) && fault.who == other.who;
                    let meet = begins <= other_ends && others <= ends;
                    assert!(!(holds(fault) && is_same && meet), "{fault:?}, {other:?}");
                }
            }
        }
    }
}

#[test]
fn every_family_is_drawn_and_only_those_that_are_asked_for() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let storms = schedules::<()>(3, SECOND).faults(1..=4).only(&Family::ALL);
        let drawn = storms.new_tree(&mut runner(seed)).expect("it is drawn").current();
        seen.extend(drawn.faults.iter().map(|fault| fault.action.family()));
        let crashes =
            schedules::<()>(3, Duration::from_secs(9)).faults(2..=4).only(&[Family::Pause]);
        let drawn = crashes.new_tree(&mut runner(seed)).expect("it is drawn").current();
        assert!(drawn.faults.len() >= 2);
        assert!(drawn.faults.iter().all(|fault| fault.action == Action::Pause));
    }
    let wanted = "crash cut delay drift duplication jump loss partition pause";
    assert_eq!(seen.into_iter().collect::<Vec<_>>().join(" "), wanted);
}

/// A case that is kept by its seed is another one if this changes.
#[test]
fn the_same_luck_draws_the_same() {
    let storms = schedules(5, Duration::from_secs(20)).faults(3..=9).commands(0..=9, any::<u8>());
    let mut digest = Fingerprint::EMPTY;
    for seed in 0..20 {
        digest.fold_value(&storms.new_tree(&mut runner(seed)).expect("it is drawn").current());
        let world = conditions().new_tree(&mut runner(seed)).expect("it is drawn").current();
        digest.fold_value(&world);
    }
    assert_eq!(digest.value(), 10_429_720_842_691_793_030);
}

#[test]
fn where_there_is_no_room_nothing_is_drawn() {
    let crowd = schedules::<()>(1, Duration::from_millis(4)).faults(9..=9).only(&[Family::Crash]);
    assert!(crowd.new_tree(&mut runner(0)).is_err());
}

#[test]
fn numbers_become_simpler_and_come_to_an_end() {
    assert_eq!(numbers(37, 1, 1), [1, 10, 27, 30, 40]);
    assert_eq!(numbers(7, 0, 1), [0, 1, 3, 6]);
    assert_eq!(numbers(0, 0, 1), [0; 0]);
    assert!(lengths(Duration::from_millis(1), false).is_empty());
}

#[test]
fn all_halves_and_single_ones_are_cut() {
    assert_eq!(cuts(3), [0..3, 0..1, 1..2, 2..3]);
    assert_eq!(cuts(4).len(), 1 + 2 + 4);
    assert!(cuts(0).is_empty());
}

proptest! {
    #[test]
    fn no_simpler_number_leads_back(number in any::<u64>()) {
        let (mut left, mut steps) = (number, 0);
        while let Some(next) = numbers(left, 0, 1).last() {
            (left, steps) = (*next, steps + 1);
            prop_assert!(steps < 500);
        }
        prop_assert_eq!(left, 0);
    }
}

// What is drawn is opened by those who know algorithms, which strategies do not.
#[cfg(test)]
#[cfg(feature = "scenario")]
mod files {
    use super::{descent, runner};
    use crate::algorithm::Algorithm;
    use crate::catalog::Catalog;
    use crate::election::bully::Bully;
    use crate::scenario::Source;
    use crate::strategy::{Family, scenarios};
    use proptest::strategy::{Strategy, ValueTree};

    const TEXT: &str = "name = \"test/drawn\"\nformat = 1\nduration = \"3s\"\n\
        [nodes]\nservers = 3\n[algorithm.election-bully]\n[network]\nloss = \"1%\"\n\
        [[fault]]\nat = \"1s\"\ncrash = { who = \"n1\", for = \"500ms\" }\n";

    #[test]
    fn every_scenario_on_the_way_down_can_be_opened() {
        let catalog = Catalog::empty().with::<Bully>(Bully::NAME);
        let drawn = scenarios(TEXT).faults(1..=5).only(&Family::ALL);
        for seed in 0..30 {
            let cases = descent(seed, &drawn);
            for case in &cases {
                let opened = catalog.open(Source::new("drawn", case.text()));
                let refused = opened.err().map(|errors| errors.render(false));
                assert_eq!(refused, None, "{case}");
                assert!(case.text().contains("loss = \"1%\""), "{case}");
            }
            let last: toml::Table = cases.last().expect("one").text().parse().expect("TOML");
            assert_eq!(last["fault"].as_array().map(Vec::len), Some(1), "{last}");
            assert_eq!(last["network"].get("latency").and_then(|l| l.as_str()), Some("10ms"));
            assert_eq!(last["seeds"].to_string(), "[0]");
        }
    }

    #[test]
    fn what_is_printed_is_a_file() {
        let drawn = scenarios(TEXT).new_tree(&mut runner(7)).expect("it is drawn").current();
        assert_eq!(format!("{drawn:?}"), format!("\n{}", drawn.text()));
        assert_eq!(drawn.to_string(), drawn.text());
    }
}
