//! Seed 3 of zoo/lock-lease, shrunk by stormseed 0.1.0: mutual-exclusion.
//!
//! The test passes for as long as the run comes to that. Once the mistake is mended, let it ask
//! for `("pass", "")`.

use stormseed::catalog::{Catalog, Options};
use stormseed::fault::{Action, DiskFate, Fault, Target, When};
use stormseed::id::{FaultId, NodeId};
use stormseed::scenario::Source;
use stormseed::time::{Duration, SimTime};

/// The world, and what is asked of it.
const WORLD: &str = r#"
duration = "3s"
format = 1
name = "zoo/lock-lease_small"

[algorithm.lock-lease]
margin = "200ms"
message-delay = "30ms"
mutant = "restart-without-memory"
ttl = "1s"
work-max = "1200ms"
work-min = "10ms"

[[command]]
at = "2s"
to = "n3"
word = "acquire"

[[command]]
at = "1.5s"
to = "n2"
word = "acquire"

[network]
latency = "10ms"

[nodes]
clients = 2
resource = 1
server = 1

[[override]]

[override.draw]
name = "work"
node = "n2"
nth = 1
value = 1000000000

[residual]
dice = 1
seed = 3
"#;

/// What strikes whom, and when.
fn faults() -> Vec<Fault> {
    vec![Fault {
        id: FaultId(0),
        when: When::At(SimTime::ZERO + Duration::from_secs(2)),
        who: Target::Nodes(vec![NodeId::new(0)]),
        action: Action::Crash { after_effect: None, disk: DiskFate::Synced },
        lasts: Some(Duration::from_millis(500)),
        struck: None,
    }]
}

#[test]
fn violation_of_mutual_exclusion() {
    let catalog = Catalog::builtin();
    let opened = catalog.open(Source::new("the world", WORLD));
    let world = opened.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    let options = Options { faults: Some(faults()), ..Options::default() };
    let verdict = world.run(3, &options).verdict;
    assert_eq!((verdict.word(), verdict.detail()), ("violation", "mutual-exclusion"));
}
