//! Lease election: how long nobody leads, and how wrong clocks may be.

use crate::scenarios::opened;
use stormseed::algorithm::{Algorithm as _, Roles};
use stormseed::catalog::{Experiment, Options};
use stormseed::election::lease::{Lease, Settings};
use stormseed::observe::Outcome;
use stormseed::time::Duration;

/// client-go's defaults, and latencies that do not count.
fn scenario(rest: &str) -> Box<dyn Experiment> {
    let text = format!(
        "# Two candidates or three.\nname = \"test/lease\"\nformat = 1\nduration = \"90s\"\n\
         [nodes]\nstore = 1\ncandidates = 3\n[network]\nlatency = \"1ms\"\n\
         [algorithm.election-lease]\n{rest}"
    );
    opened("lease", &text)
}

fn runs(experiment: &dyn Experiment, seeds: u64) -> Vec<Outcome> {
    (0..seeds).map(|seed| experiment.run(seed, &Options::default())).collect()
}

fn failovers(outcomes: &[Outcome]) -> Vec<Duration> {
    let figures = outcomes.iter().map(|outcome| outcome.service.as_ref().expect("it is measured"));
    let mut lengths: Vec<Duration> = figures.flat_map(|f| f.failovers.iter().copied()).collect();
    lengths.sort();
    lengths
}

#[test]
fn at_24_a_crashed_leader_is_followed_within_the_bounds_that_the_settings_give() {
    let crash = "[[fault]]\nat = \"30s..33s\"\ncrash = { who = \"leader\", for-good = true }\n";
    let outages = failovers(&runs(&*scenario(crash), 400));
    assert_eq!(outages.len(), 400);
    // [LD - RP, LD + 2 * 2.2 RP], and four messages for each of the two attempts that count.
    let (shortest, longest) = (outages[0], outages[399]);
    let messages = Duration::from_millis(8);
    assert!(shortest + messages >= Duration::from_secs(13), "{shortest}");
    assert!(longest <= Duration::from_millis(23_800) + messages, "{longest}");
    // The bounds are not idle: some runs come near to each.
    assert!(shortest < Duration::from_secs(15), "{shortest}");
    assert!(longest > Duration::from_secs(18), "{longest}");
}

#[test]
fn at_24_a_leader_that_steps_down_is_followed_within_a_retry_period_and_its_jitter() {
    let step = "[workload]\nstep-down = { to = \"leader\", every = \"25s\" }\n";
    let outages = failovers(&runs(&*scenario(step), 100));
    assert!(outages.len() > 200);
    let in_time = outages.iter().filter(|it| **it <= Duration::from_millis(4_408)).count();
    // The store refuses a release that meets a renewal on its way.
    assert!(in_time * 100 >= outages.len() * 99, "{in_time} of {}", outages.len());
}

/// How many of the seeds see two leaders act, with a leader whose clock is slow by so much and a
/// store that it has lost.
fn two_leaders(slow_percent: u32, more: &str) -> usize {
    let drift =
        format!("drift = {{ who = \"leader\", rate = \"-{slow_percent}%\", for = \"65s\" }}");
    let cut = "at = \"30s..33s\"\nisolate = { who = \"leader\", for = \"40s\" }";
    let slow = format!("{more}\n[[fault]]\nat = \"20s\"\n{drift}\n[[fault]]\n{cut}\n");
    let outcomes = runs(&*scenario(&slow), 150);
    outcomes.iter().filter(|outcome| !outcome.violations.is_empty()).count()
}

#[test]
fn at_23_two_leaders_act_if_and_only_if_the_ratio_of_clock_rates_is_beyond_what_is_left() {
    // LD / (RP + RD) = 15 / 12: a clock that is slow by a fifth. client-go's own estimate, LD / RD
    // = 1.5, would let a third pass.
    assert_eq!(two_leaders(19, ""), 0);
    assert!(two_leaders(30, "") > 0, "1 / 0.7 = 1.43 is below client-go's estimate, and too much");
    // A lease that is longer stands it.
    assert_eq!(two_leaders(30, "lease-duration = \"18s\""), 0);
}

/// The same for an aligned schedule: of 400 candidates one sees the last renewal at once and asks
/// again when it is just over, and the leader acts every 5 ms.
fn two_leaders_at_once(slow_per_mille: u32) -> usize {
    let rate = format!("-{}.{}%", slow_per_mille / 10, slow_per_mille % 10);
    let text = format!(
        "# An aligned schedule.\nname = \"test/aligned\"\nformat = 1\nduration = \"60s\"\n\
         [nodes]\nstore = 1\ncandidates = 400\n[network]\nlatency = \"100us\"\n\
         [algorithm.election-lease]\nact-every = \"5ms\"\n\
         [[fault]]\nat = \"20s\"\n\
         drift = {{ who = \"leader\", rate = \"{rate}\", for = \"39s\" }}\n\
         [[fault]]\nat = \"30s..33s\"\nisolate = {{ who = \"leader\", for = \"26s\" }}\n"
    );
    let outcomes = runs(&*opened("aligned", &text), 8);
    outcomes.iter().filter(|outcome| !outcome.violations.is_empty()).count()
}

#[test]
fn at_23_two_leaders_are_found_within_two_percent_above_the_ratio_that_is_left() {
    assert_eq!(two_leaders_at_once(199), 0, "1 / 0.801 = 1.2484 is below 15 / 12 = 1.25");
    assert!(two_leaders_at_once(210) > 0, "1 / 0.79 = 1.2658 is 1.3 % above it");
}

#[test]
fn what_is_assumed_of_clocks_is_less_than_what_is_left() {
    let roles = Roles::deal([("store", 1), ("candidates", 2)]);
    let config = Lease::config(Settings::default(), &roles).expect("the defaults fit together");
    let bound = Lease::assumes(&config).drift_bound.expect("clocks count");
    let rate = f64::from(bound.ppm()) / 1e6;
    let ratio = (1.0 + rate) / (1.0 - rate);
    assert!((1.20..1.25).contains(&ratio), "{ratio}");
}
