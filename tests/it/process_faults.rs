//! Faults of processes in scenario files: what is drawn for them, within which bounds, and how it
//! is written without any luck.

use stormseed::catalog::{Catalog, Experiment};
use stormseed::conditions::Latency;
use stormseed::fault::{Action, DiskFate, Fault, Target, When};
use stormseed::id::{FaultId, NodeId};
use stormseed::scenario::Source;
use stormseed::time::Duration;

const MS: u64 = 1_000_000;

fn experiment(faults: &str) -> Box<dyn Experiment> {
    let text = format!(
        "name = 'election/test'\nformat = 1\nduration = '10s'\n[nodes]\nservers = 5\n\
         [algorithm.election-raft]\n{faults}"
    );
    let opened = Catalog::builtin().open(Source::new("test.toml", &text));
    opened.unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

fn drawn(faults: &str, seed: u64) -> Vec<Fault> {
    experiment(faults).faults(seed)
}

fn nanos(lengths: &[Duration]) -> Vec<u64> {
    lengths.iter().map(|length| length.as_nanos()).collect()
}

/// Values are spread evenly: each tenth of them lies where it should.
fn expect_even(mut values: Vec<u64>, low: u64, high: u64) {
    values.sort();
    let (count, width) = (values.len(), high - low);
    assert!(count >= 2_000 && values[0] >= low && values[count - 1] <= high);
    for tenth in 1..10 {
        let expected = low + width * tenth as u64 / 10;
        // A quantile's deviation is half of the width over the root of the count, at most.
        let six_deviations = 3 * width / (count as f64).sqrt() as u64;
        let found = values[count * tenth / 10];
        assert!(found.abs_diff(expected) <= six_deviations, "{tenth}: {found} for {expected}");
    }
}

const LOOP: &str = "[[fault]]\nat = '1s'\ncrash = { who = 'one', for = '30ms..60ms', \
                    loop = { times = 5, up = '20ms..200ms' } }\n";

fn ups(fault: &Fault) -> Vec<u64> {
    match &fault.action {
        Action::CrashLoop { ups, .. } => nanos(ups),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_times_between_the_deaths_of_a_loop_are_drawn_before_the_run() {
    let experiment = experiment(LOOP);
    let all: Vec<Vec<u64>> = (0..1_000).map(|seed| ups(&experiment.faults(seed)[0])).collect();
    assert!(all.iter().all(|ups| ups.len() == 4), "five deaths");
    expect_even(all.concat(), 20 * MS, 200 * MS);
}

/// A list as a file writes it.
fn list(nanos: &[u64]) -> String {
    format!("{:?}", nanos.iter().map(|nanos| format!("{nanos}ns")).collect::<Vec<_>>())
}

#[test]
fn what_was_drawn_can_be_written_without_luck() {
    for seed in 0..20 {
        let fault = &drawn(LOOP, seed)[0];
        let Target::Nodes(nodes) = &fault.who else { panic!("one node is drawn") };
        let (lasts, ups) = (fault.lasts.expect("it restarts"), list(&ups(fault)));
        let (who, again) = (nodes[0], format!("loop = {{ up = {ups} }}"));
        let fixed =
            format!("[[fault]]\nat = '1s'\ncrash = {{ who = '{who}', for = '{lasts}', {again} }}");
        assert_eq!(&drawn(&fixed, seed + 1)[0], fault);
    }
    let role = "[[fault]]\nat = '1s'\nspread = '1ms..9ms'\nstall = { who = 'follower' }\n";
    for seed in 0..20 {
        let fault = &drawn(role, seed)[0];
        let Action::Spread { offsets, .. } = &fault.action else { panic!("{fault:?}") };
        let fixed = role.replace("'1ms..9ms'", &list(&nanos(offsets)));
        assert_eq!(&drawn(&fixed, seed + 1)[0], fault);
    }
}

#[test]
fn each_kind_says_what_it_does() {
    let kinds = [
        ("crash = { who = 'n1', for-good = true }", None),
        ("crash = { who = 'n1', for-good = true, after-effect = 2, disk = 'lose' }", None),
        ("stall = { who = 'n1', after-effect = 3, for = '2s' }", Some(2_000)),
        ("stall = { who = 'n1' }", None),
        ("slow = { who = 'n1', step = '5ms..20ms', for = '3s' }", Some(3_000)),
        ("crash = { who = 'n1', for-good = false, for = '1s' }", Some(1_000)),
    ];
    let synced = DiskFate::Synced;
    let (min, max) = (Duration::from_millis(5), Duration::from_millis(20));
    let actions = [
        Action::Death { after_effect: None, disk: synced },
        Action::Death { after_effect: Some(2), disk: DiskFate::Amnesia },
        Action::Stall { after_effect: 3 },
        Action::Stall { after_effect: 0 },
        Action::Slow { step: Latency::Uniform { min, max } },
        Action::Crash { after_effect: None, disk: synced },
    ];
    for ((kind, lasts), action) in kinds.into_iter().zip(actions) {
        let fault = &drawn(&format!("[[fault]]\nat = '1s'\n{kind}"), 0)[0];
        assert_eq!(fault.action, action, "{kind}");
        assert_eq!(fault.lasts, lasts.map(Duration::from_millis), "{kind}");
    }
}

fn spread(who: &str) -> String {
    format!(
        "[[fault]]\nat = '1s'\nspread = '0ms..5ms'\ncrash = {{ who = {who}, for = '1s' }}\n\
         [[fault]]\nat = '3s'\npause = {{ who = 'one', for = '10ms..1s' }}\n"
    )
}

/// Who is struck, and how long after one second.
fn strikes(faults: &[Fault]) -> Vec<(NodeId, u64)> {
    let struck = faults.iter().filter_map(|fault| match (&fault.who, &fault.when) {
        (Target::Nodes(nodes), When::At(at)) if matches!(fault.action, Action::Crash { .. }) => {
            assert_eq!(nodes.len(), 1, "a fault of its own");
            Some((nodes[0], at.as_nanos() - 1_000 * MS))
        }
        _ => None,
    });
    struck.collect()
}

#[test]
fn a_spread_strikes_each_node_by_a_fault_of_its_own() {
    let all = experiment(&spread("'all'"));
    let mut offsets = Vec::new();
    for seed in 0..1_000 {
        let faults = all.faults(seed);
        let ids: Vec<FaultId> = faults.iter().map(|fault| fault.id).collect();
        assert_eq!(ids, [0, 1, 2, 3, 4, 5].map(FaultId));
        offsets.extend(strikes(&faults).into_iter().map(|(_, offset)| offset));
    }
    assert_eq!(offsets.len(), 5_000);
    expect_even(offsets, 0, 5 * MS);
}

#[test]
fn the_target_of_a_spread_moves_nobodys_time_and_no_other_fault() {
    for seed in 0..20 {
        let all = drawn(&spread("'all'"), seed);
        let some = drawn(&spread("['n1', 'n4']"), seed);
        let of_all = strikes(&all);
        assert_eq!(strikes(&some), [of_all[1], of_all[4]]);
        let last = |faults: &[Fault]| {
            let last = faults.last().expect("the pause").clone();
            Fault { id: FaultId(0), ..last }
        };
        assert_eq!(last(&all), last(&some));
        let plain = drawn(&spread("'all'").replace("spread = '0ms..5ms'\n", ""), seed);
        assert_eq!(last(&all), last(&plain));
    }
}

#[test]
fn a_spread_over_a_role_keeps_numbers_for_what_it_may_become() {
    let faults = drawn(&spread("'follower'"), 3);
    assert_eq!(faults.iter().map(|fault| fault.id.0).collect::<Vec<_>>(), [0, 6]);
    let Action::Spread { action, offsets } = &faults[0].action else { panic!("{faults:?}") };
    assert_eq!((offsets.len(), action.family()), (5, "crash"));
    let at_milestone = spread("['n1']").replace("at = '1s'", "when = 'leader-elected'");
    let faults = drawn(&at_milestone, 3);
    let When::Milestone { after, .. } = &faults[0].when else { panic!("{faults:?}") };
    assert!(after.as_nanos() > 0 && after.as_nanos() <= 5 * MS);
}

#[test]
fn a_spread_over_the_leaders_of_a_run_strikes_them() {
    let role = "[[fault]]\nat = '2s'\nspread = '1ms..9ms'\ncrash = { who = 'follower' }\n";
    let outcome = experiment(role).run(0, &Default::default());
    let own: Vec<_> = outcome.faults[1..].iter().map(|report| &report.struck).collect();
    assert_eq!((outcome.faults[0].effects, own.len()), (4, 4));
    let times: Vec<u64> = own.into_iter().map(|s| s.as_ref().unwrap().at.as_nanos()).collect();
    assert!(times.iter().all(|at| (2_001 * MS..=2_009 * MS).contains(at)), "{times:?}");
}
