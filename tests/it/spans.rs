//! Ranges of scenario files as they are drawn: `10ms..300s log` gives every order of magnitude its
//! share, `+-` either sign, and a range without a word is even.

#![expect(clippy::disallowed_methods, reason = "the floats of std are the judges here")]

use crate::scenarios::opened;
use stormseed::assumption::Assumptions;
use stormseed::fault::{Action, Fault};

/// The faults of so many seeds of a scenario with this one.
fn drawn(fault: &str, seeds: u64) -> Vec<Fault> {
    let text = format!(
        "name = \"a/b\"\nformat = 1\nduration = \"1h\"\n[nodes]\nservers = 3\n\
         [algorithm.election-raft]\n[[fault]]\nat = \"1s\"\n{fault}\n"
    );
    let experiment = opened("spans.toml", &text);
    (0..seeds).flat_map(|seed| experiment.faults(seed)).collect()
}

fn jumps(by: &str, seeds: u64) -> Vec<i64> {
    let faults = drawn(&format!("jump = {{ who = \"n0\", by = \"{by}\" }}"), seeds);
    let by = faults.iter().map(|fault| match fault.action {
        Action::Jump(by) => by,
        _ => panic!("only jumps are planned: {fault:?}"),
    });
    by.collect()
}

/// So many bins that should be alike: none is off by more than five standard deviations.
fn expect_even(bins: &[u64], what: &str) {
    let total: u64 = bins.iter().sum();
    let mean = total as f64 / bins.len() as f64;
    for (bin, &count) in bins.iter().enumerate() {
        let sigmas = (count as f64 - mean) / mean.sqrt();
        assert!(sigmas.abs() < 5.0, "{what}: bin {bin} has {count} of {mean}");
    }
}

/// In which of so many bins of equal width a value lies, on the scale of `of`.
fn bin(value: f64, low: f64, high: f64, bins: usize) -> usize {
    (((value - low) / (high - low) * bins as f64) as usize).min(bins - 1)
}

const LOW: f64 = 10e6;
const HIGH: f64 = 300e9;

#[test]
fn a_log_range_gives_every_order_of_magnitude_its_share() {
    let mut bins = [0; 20];
    for by in jumps("10ms..300s log", 20_000) {
        assert!((10_000_000..=300_000_000_000).contains(&by), "{by}");
        bins[bin((by as f64).ln(), LOW.ln(), HIGH.ln(), 20)] += 1;
    }
    expect_even(&bins, "log");
    let mut even = [0; 20];
    jumps("10ms..300s", 20_000).iter().for_each(|&by| even[bin(by as f64, LOW, HIGH, 20)] += 1);
    expect_even(&even, "even");
}

#[test]
fn a_log_range_has_the_signs_that_it_says() {
    let below = jumps("-300s..-10ms log", 2_000);
    assert!(below.iter().all(|by| (-300_000_000_000..=-10_000_000).contains(by)));
    let mut signs = [0; 2];
    let mut sizes = [0; 10];
    for by in jumps("+-10ms..300s log", 10_000) {
        signs[usize::from(by > 0)] += 1;
        sizes[bin((by.unsigned_abs() as f64).ln(), LOW.ln(), HIGH.ln(), 10)] += 1;
    }
    expect_even(&signs, "signs");
    expect_even(&sizes, "sizes");
}

#[test]
fn rates_as_fine_as_a_millionth_are_as_likely_as_coarse_ones() {
    let mut octaves = [0; 19];
    for fault in drawn("drift = { who = \"n0\", rate = \"+-1ppm..52.4287% log\" }", 20_000) {
        let Action::Drift(rate) = fault.action else { panic!("only drifts are planned") };
        octaves[rate.ppm().unsigned_abs().ilog2() as usize] += 1;
    }
    expect_even(&octaves, "1 ppm to 2^19 - 1 ppm");
}

/// The changes of one walk: when, in milliseconds, and to which rate.
fn walk(fault: &Fault) -> Vec<(u64, i32)> {
    let Action::Wander(changes) = &fault.action else { panic!("the rates change: {fault:?}") };
    changes.iter().map(|change| (change.after.as_nanos() / 1_000_000, change.rate.ppm())).collect()
}

#[test]
fn rates_that_change_are_drawn_within_their_range_and_at_their_distances() {
    let entry = "drift = { who = \"n0\", rate = \"-200ppm..199ppm\", \
        change-every = \"500ms..2s\", for = \"60s\" }";
    let (mut rates, mut gaps) = ([0; 20], [0; 15]);
    for fault in drawn(entry, 500) {
        let changes = walk(&fault);
        assert_eq!(changes[0].0, 0);
        assert!(
            (30..=120).contains(&changes.len()) && changes.last().is_some_and(|c| c.0 < 60_000)
        );
        changes.iter().for_each(|(_, ppm)| rates[((ppm + 200) / 20) as usize] += 1);
        for pair in changes.windows(2) {
            gaps[bin((pair[1].0 - pair[0].0) as f64, 500.0, 2_000.0, 15)] += 1;
        }
    }
    expect_even(&rates, "rates");
    // The last gap of a walk that fits is short rather than long: a little is missing at one end.
    let (first, last) = (gaps[0] as f64, gaps[14] as f64);
    assert!(first > 0.9 * last && first < 1.25 * last, "{gaps:?}");
}

#[test]
fn a_walk_moves_by_no_more_than_its_step_and_comes_everywhere() {
    let entry = "drift = { who = \"n0\", rate = \"-100ppm..100ppm\", step = \"30ppm\", \
        change-every = \"100ms\", for = \"1m\" }";
    let mut reached = (0, 0);
    for fault in drawn(entry, 100) {
        let changes = walk(&fault);
        assert_eq!(changes.len(), 600);
        for pair in changes.windows(2) {
            assert!((pair[1].1 - pair[0].1).abs() <= 30, "{pair:?}");
            reached = (reached.0.min(pair[1].1), reached.1.max(pair[1].1));
        }
    }
    assert_eq!(reached, (-100, 100));
}

#[test]
fn what_was_drawn_can_be_written_down_and_is_drawn_again() {
    let entry = "drift = { who = \"n0\", rate = \"-200ppm..200ppm\", change-every = \"1s..2s\", \
        for = \"5s\" }";
    let fault = &drawn(entry, 1)[0];
    let Action::Wander(changes) = &fault.action else { panic!("the rates change") };
    let written: Vec<String> = changes
        .iter()
        .map(|change| format!("{{ after = \"{}\", rate = \"{}\" }}", change.after, change.rate))
        .collect();
    let changes = written.join(", ");
    let entry = format!("drift = {{ who = \"n0\", changes = [{changes}], for = \"5s\" }}");
    assert_eq!(&drawn(&entry, 1)[0], fault);
}

#[test]
fn lengths_and_latencies_may_be_log_ranges_too() {
    let mut bins = [0; 10];
    for fault in drawn("pause = { who = \"n0\", for = \"10ms..300s log\" }", 10_000) {
        let length = fault.lasts.expect("it has a length").as_nanos();
        bins[bin((length as f64).ln(), LOW.ln(), HIGH.ln(), 10)] += 1;
    }
    expect_even(&bins, "for");
    let text = "name = \"a/b\"\nformat = 1\nduration = \"1h\"\n[nodes]\nservers = 3\n\
        [algorithm.election-raft]\n[network]\nlatency = \"1ms..10s log\"\n";
    let conditions = opened("spans.toml", text).scenario().conditions(0, &Assumptions::default());
    let latency = format!("{:?}", conditions.network.latency);
    assert_eq!(latency, "LogUniform { min: 1ms, max: 10s }");
}
