//! Invitation: what its known bugs break, and that groups merge when nothing keeps them apart.

use std::collections::BTreeSet;
use stormseed::algorithm::{Algorithm as _, Roles};
use stormseed::catalog::{Catalog, Options};
use stormseed::election::invitation::{Invitation, Settings};
use stormseed::election::spec::GroupAgreement;
use stormseed::engine::{Setup, Simulation};
use stormseed::fault::{Action, Fault, Target, When};
use stormseed::id::{FaultId, NodeId};
use stormseed::observe::Monitor;
use stormseed::protocol::Never;
use stormseed::scenario::Source;
use stormseed::schedule::Schedule;
use stormseed::time::{Duration, SimTime};
use stormseed::topology::Cut;

fn broken(source: Source) -> BTreeSet<&'static str> {
    let experiment = Catalog::builtin().open(source).expect("the zoo can be opened");
    let judge_on = Options { judge_on: true, ..Options::default() };
    let outcomes = (0..40).map(|seed| experiment.run(seed, &judge_on));
    outcomes.flat_map(|outcome| outcome.violations).map(|it| it.invariant).collect()
}

#[test]
fn every_known_bug_is_found_and_breaks_no_more_than_it_says() {
    let zoo = Catalog::builtin().zoo();
    let bugs: Vec<_> = zoo.iter().filter(|bug| bug.algorithm == Invitation::NAME).collect();
    assert_eq!(bugs.len(), Invitation::MUTANTS.len());
    for bug in bugs {
        let found = broken(bug.source());
        let named: BTreeSet<&str> = bug.mutant.breaks.iter().copied().collect();
        let name = bug.mutant.name;
        assert!(!found.is_empty() && found.is_subset(&named), "{name}: {found:?}");
        assert_eq!(broken(bug.control()), BTreeSet::new(), "{name}: its control");
    }
}

/// Whether each part of a network that is cut in two, and then the whole, comes to one group in
/// this time.
fn agrees_within(settle: Duration, seed: u64) -> bool {
    let roles = Roles::deal([("servers", 5)]);
    let config = Invitation::config(Settings::default(), &roles).expect("the defaults fit");
    let members: Vec<NodeId> = (0..5).map(NodeId::new).collect();
    let after = |secs| SimTime::ZERO + Duration::from_secs(secs);
    let mut schedule: Schedule<Never> = Schedule::calm(5, after(15));
    let (one, other) = members.split_at(1 + seed as usize % 4);
    schedule.faults.push(Fault {
        id: FaultId(0),
        when: When::At(after(5)),
        who: Target::All,
        action: Action::Partition(Cut::Groups(vec![one.to_vec(), other.to_vec()])),
        lasts: Some(Duration::from_secs(5)),
        struck: None,
    });
    let mut monitor = Monitor::new(vec![Box::new(GroupAgreement::new(members, settle))]);
    Simulation::new(Setup::<Invitation>::new(config, schedule, seed)).run(&mut monitor);
    monitor.violations().is_empty()
}

#[test]
fn the_groups_of_a_whole_network_merge_into_one() {
    for seed in 0..100 {
        assert!(agrees_within(Duration::from_secs(2), seed), "seed {seed}");
        // The judge can tell: nobody has suspected anybody so soon.
        assert!(!agrees_within(Duration::from_millis(100), seed), "seed {seed}");
    }
}

#[test]
fn settings_that_do_not_fit_together_are_refused_with_a_cure() {
    let refused = |change: fn(&mut Settings)| {
        let mut settings = Settings::default();
        change(&mut settings);
        Invitation::config(settings, &Roles::deal([("servers", 3)])).expect_err("it is refused")
    };
    let hasty = refused(|it| it.suspect_after = Duration::from_millis(150));
    assert!(hasty.starts_with("`suspect-after` is 150ms: it must be more than"), "{hasty}");
    let deaf = refused(|it| it.questions = 0);
    assert!(deaf.starts_with("`questions` is 0"), "{deaf}");
    let idle = refused(|it| it.check_every = Duration::ZERO);
    assert!(idle.starts_with("`check-every` is 0"), "{idle}");
    let all_at_once = refused(|it| it.hesitation = Duration::ZERO);
    assert!(all_at_once.starts_with("`hesitation` is 0"), "{all_at_once}");
    let unknown = refused(|it| it.mutant = Some("x".into()));
    assert!(unknown.contains("it must be one of number-not-persisted"), "{unknown}");
}
