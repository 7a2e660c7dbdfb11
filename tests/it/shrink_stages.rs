//! Stages of shrinking, each on a known bug: it makes something smaller, and what is left still
//! shows the same.

use rayon::ThreadPoolBuilder;
use stormseed::catalog::{Catalog, Options};
use stormseed::runner::Stop;
use stormseed::runner::shrink::{Shrink, Shrunk, Signature, Size, shrink};
use stormseed::scenario::Source;

/// Makes a seed smaller; the sizes before and after each time that a stage was there.
fn by_stage(text: &str, seed: u64, stage: &str) -> (Shrunk, Vec<(Size, Size)>) {
    let catalog = Catalog::builtin();
    let experiment = catalog.open(Source::new("the storm", text)).expect("it is a scenario");
    let pool = ThreadPoolBuilder::new().num_threads(2).build().expect("threads can be had");
    let stop = Stop::default();
    let how =
        Shrink { catalog: &catalog, pool: &pool, stop: &stop, salts: 3, weighed: 0, by: None };
    let mut stages = Vec::new();
    let shrunk = shrink(&how, &*experiment, seed, &mut |stage| stages.push(stage));
    let shrunk = shrunk.unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    let found = Signature::of(&experiment.run(seed, &Options::default())).expect("it fails");
    let small = catalog.open(Source::new("what is left", &shrunk.text)).expect("a scenario");
    let left = small.run(shrunk.salt, &Options::default());
    assert!(found.is_shown_by(&left), "seed {seed} shows {found:?}:\n{}", shrunk.text);
    assert_eq!((shrunk.signature.name.as_str(), shrunk.is_minimal), (&*found.name, true));
    let pairs = stages.windows(2).filter(|pair| pair[0].name == stage);
    (shrunk, pairs.map(|pair| (pair[0].size, pair[1].size)).collect())
}

const LEASES: &str = r#"
name     = "test/keys"
format   = 1
duration = "8s"

[nodes]
coordinator = 1
servers     = 3
storage     = 1
clients     = 2

[algorithm.hashing-leases]
ttl    = "600ms"
margin = "60ms"
mutant = "lease-not-looked-at"

[network]
latency = "1ms..20ms"

[load]
mix    = { put = 2, get = 1 }
keys   = 16
skew   = "uniform"
loop   = "open"
every  = "20ms..40ms"
bursts = "none"
to     = "clients"

[nemesis]
pause = { who = "one", every = "500ms..2s", for = "700ms..1500ms" }
"#;

#[test]
fn who_can_do_with_fewer_keys_asks_for_fewer() {
    let (shrunk, keys) = by_stage(LEASES, 5, "taking out keys");
    assert!(keys.iter().any(|(before, after)| after.keys < before.keys), "{keys:?}");
    assert!(keys.iter().all(|(before, after)| after.schedule() == before.schedule()), "{keys:?}");
    assert!(shrunk.sizes.0.keys == 15 && shrunk.sizes.1.keys <= 1, "{:?}", shrunk.sizes);
}

const RAFT: &str = r#"
name     = "test/zones"
format   = 1
duration = "12s"

[nodes]
servers = 5
zones   = ["a", "b", "c"]

[topology.zones]
within  = "1ms..5ms"
between = "10ms..20ms"
latency.a.c = "25ms"

[algorithm.election-raft]
mutant = "term-not-persisted"

[disk]
sync = "1ms..20ms"

[nemesis]
crash     = { who = "minority", every = "200ms..1500ms", for = "50ms..800ms" }
partition = { shape = "zones", every = "500ms..2s", for = "200ms..1500ms" }
"#;

#[test]
fn zones_that_do_not_matter_become_one_network() {
    let (shrunk, zones) = by_stage(RAFT, 14, "taking out zones");
    assert!(zones.iter().any(|(before, after)| after.zones < before.zones), "{zones:?}");
    assert_eq!((shrunk.sizes.0.zones, shrunk.sizes.1.zones), (3, 0));
    let says = |key: &str| shrunk.text.lines().any(|line| line.starts_with(key));
    assert!(says("servers") && !says("zones") && !says("[topology"), "{}", shrunk.text);
}

#[test]
fn a_cut_that_matters_by_one_message_becomes_that_message() {
    let (shrunk, single) = by_stage(RAFT, 7, "losing single messages instead");
    let is_one = |(before, after): &(Size, Size)| {
        after.faults < before.faults && after.decisions == before.decisions + 1
    };
    assert!(single.iter().any(is_one), "{single:?}");
    // One takes the place of one: what is planned is counted as it is, by hand or not.
    assert!(single.iter().all(|(before, after)| after.schedule() <= before.schedule()));
    let lost = |line: &str| line.starts_with("message") && line.ends_with("fate = \"lost\" }");
    assert!(shrunk.text.lines().any(lost), "{}", shrunk.text);
    let Size { faults, operations, decisions, .. } = shrunk.sizes.1;
    assert_eq!(shrunk.sizes.1.schedule(), faults + operations + decisions);
}
