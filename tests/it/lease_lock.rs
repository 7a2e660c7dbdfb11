//! Locks by lease: what pauses cost (AT-22), how wrong clocks may be (AT-23), and messages.

use crate::scenarios::opened;
use stormseed::catalog::{Experiment, Options};
use stormseed::observe::Outcome;

fn runs(experiment: &dyn Experiment, seeds: u64) -> Vec<Outcome> {
    let judging_on = Options { judge_on: true, ..Options::default() };
    (0..seeds).map(|seed| experiment.run(seed, &judging_on)).collect()
}

/// The sum of a gauge over all runs.
fn sum(experiment: &dyn Experiment, outcomes: &[Outcome], gauge: &str) -> u64 {
    let place = experiment.gauges().iter().position(|it| it.name == gauge);
    let place = place.expect("the gauge is told of every lock");
    outcomes.iter().filter_map(|outcome| outcome.metrics[place]).sum()
}

/// Jepsen's test of etcd 3.4.3: a lease of 2 s, 5 clients that want the lock all the time, and
/// every 5 s a pause of 1 to 5 s, here of the holder. Lost and acknowledged updates.
///
/// Who holds the lock when the old holder writes, and has read before that, writes over it in its
/// turn: then one update is lost. If it has not, all since the lease was over are.
fn lost_and_acknowledged(resource: &str) -> (u64, u64) {
    let text = format!(
        "# Pauses every 5 s.\nname = \"test/jepsen\"\nformat = 1\nduration = \"60s\"\n\
         [nodes]\nserver = 1\nresource = 1\nclients = 5\n\
         [algorithm.lock-lease]\nttl = \"2s\"\nmargin = \"100ms\"\nresource = \"{resource}\"\n\
         retry-min = \"10ms\"\nretry-max = \"20ms\"\n\
         work-min = \"5ms\"\nwork-max = \"15ms\"\n\
         [network]\nlatency = \"500us..1500us\"\n\
         [workload.acquire]\nto = \"one\"\nevery = \"15ms\"\n\
         [[fault]]\nat = \"5s\"\nevery = \"5s\"\ntimes = 11\n\
         pause = {{ who = \"holder\", for = \"1s..5s\" }}\n"
    );
    let experiment = opened("jepsen", &text);
    let outcomes = runs(&*experiment, 6);
    let gauge = |name| sum(&*experiment, &outcomes, name);
    (gauge("lost-updates"), gauge("acknowledged"))
}

#[test]
fn at_22_pauses_lose_updates_unless_the_resource_looks_for_itself() {
    let (lost, acknowledged) = lost_and_acknowledged("unfenced");
    let percent = lost * 100 / acknowledged;
    assert!((5..=35).contains(&percent), "{lost} of {acknowledged}: Jepsen saw about 18 %");
    for resource in ["fenced", "checked"] {
        let (lost, acknowledged) = lost_and_acknowledged(resource);
        assert_eq!(lost, 0, "{resource}");
        assert!(acknowledged > 1_000, "{resource}: {acknowledged}");
    }
}

/// In how many of a few runs two hold Redlock's lock of 10 s, when the servers' clocks are fast by
/// so many parts in 100,000. One client holds it for as long as it may; another begins to ask every
/// millisecond when the lock is about to end.
fn overlaps(fast: u32) -> usize {
    let rate = format!("{{ drift = \"{}.{:03}%\" }}", fast / 1_000, fast % 1_000);
    let clocks: String = (0..5).map(|server| format!("n{server} = {rate}\n")).collect();
    let text = format!(
        "# An aligned schedule.\nname = \"test/threshold\"\nformat = 1\nduration = \"13s\"\n\
         [nodes]\nservers = 5\nclients = 2\n[network]\nlatency = \"10us\"\n\
         [algorithm.lock-redlock]\nretry-delay = \"1ms\"\nwork-min = \"20s\"\nwork-max = \"20s\"\n\
         [clocks.nodes]\n{clocks}\
         [[command]]\nat = \"1s\"\nword = \"acquire\"\nto = \"n5\"\n\
         [[command]]\nat = \"10800ms\"\nword = \"acquire\"\nto = \"n6\"\n\
         [require]\nmilestones = [\"lock-lost\"]\n"
    );
    let outcomes = runs(&*opened("threshold", &text), 5);
    assert!(outcomes.iter().all(|outcome| outcome.missing.is_empty()), "the first holder stops");
    outcomes.iter().filter(|outcome| !outcome.violations.is_empty()).count()
}

#[test]
fn at_23_two_hold_redlock_if_and_only_if_clocks_run_apart_by_more_than_its_margin() {
    // ttl / (ttl - 1 % - 2 ms) = 10 / 9.898 = 1.0103.
    for fast in [0, 500, 900, 1_000, 1_020] {
        assert_eq!(overlaps(fast), 0, "a rate of 1 + {fast} / 100,000");
    }
    for fast in [1_060, 1_100, 1_500, 2_000] {
        assert_eq!(overlaps(fast), 5, "a rate of 1 + {fast} / 100,000");
    }
}

/// The messages of one acquisition of a lock that nobody else wants.
fn messages(algorithm: &str, nodes: &str, client: &str) -> u64 {
    let text = format!(
        "# One client.\nname = \"test/messages\"\nformat = 1\nduration = \"5s\"\n[nodes]\n{nodes}\n\
         [algorithm.{algorithm}]\n\
         [[command]]\nat = \"1s\"\nword = \"acquire\"\nto = \"{client}\"\n"
    );
    let experiment = opened("messages", &text);
    let outcomes = runs(&*experiment, 1);
    assert_eq!(sum(&*experiment, &outcomes, "acquisitions"), 1);
    sum(&*experiment, &outcomes, "messages")
}

#[test]
fn a_lock_that_is_free_costs_what_its_page_says() {
    assert_eq!(messages("lock-lease", "server = 1\nclients = 1", "n1"), 3);
    let protects = "server = 1\nresource = 1\nclients = 1";
    assert_eq!(messages("lock-lease", protects, "n2"), 3 + 4, "a read and a write besides");
    assert_eq!(messages("lock-redlock", "servers = 5\nclients = 1", "n5"), 15);
}

#[test]
fn who_gives_up_and_asks_again_has_waited_all_the_while() {
    let path = "scenarios/lock/lease_resource-gone.toml";
    let text = std::fs::read_to_string(path).expect("it is shipped");
    let impatient = text.replace("ttl = \"2s\"", "ttl = \"2s\"\npatience = \"1s\"");
    let impatient = impatient.replace(", until = \"18s\"", "");
    assert!(impatient.contains("patience") && !impatient.contains("until"), "{impatient}");
    for outcome in runs(&*opened("impatient", &impatient), 5) {
        assert_eq!(outcome.verdict.detail(), "lock-progress", "seed {}", outcome.seed);
    }
}
