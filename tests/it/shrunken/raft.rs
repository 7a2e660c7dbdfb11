//! Seed 10 of zoo/election-raft, shrunk by stormseed 0.1.0: one-vote-per-term.
//!
//! The test passes for as long as the run comes to that. Once the mistake is mended, let it ask
//! for `("pass", "")`.

use stormseed::catalog::{Catalog, Options};
use stormseed::fault::{Action, DiskFate, Fault, Target, When};
use stormseed::id::{FaultId, NodeId};
use stormseed::scenario::Source;
use stormseed::time::{Duration, SimTime};
use stormseed::topology::Cut;

/// The world, and what is asked of it.
const WORLD: &str = r#"
duration = "3s"
format = 1
name = "zoo/election-raft_small"

[algorithm.election-raft]
mutant = "vote-not-persisted"

[disk]
sync = "10ms"

[network]
latency = "10ms"

[nodes]
servers = 4

[[override]]

[override.draw]
name = "election-timeout"
node = "n0"
nth = 1
value = 300000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n2"
nth = 1
value = 170000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n3"
nth = 1
value = 300000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n0"
nth = 18
value = 300000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n3"
nth = 18
value = 200000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n0"
nth = 19
value = 100000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n3"
nth = 20
value = 300000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n0"
nth = 20
value = 200000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n0"
nth = 21
value = 180000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n3"
nth = 21
value = 300000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n0"
nth = 22
value = 300000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n3"
nth = 22
value = 180000000

[[override]]

[override.draw]
name = "election-timeout"
node = "n3"
nth = 24
value = 300000000

[residual]
dice = 1
seed = 10
"#;

/// What strikes whom, and when.
fn faults() -> Vec<Fault> {
    vec![
        Fault {
            id: FaultId(0),
            when: When::At(SimTime::ZERO + Duration::from_millis(1_940)),
            who: Target::Nodes(vec![NodeId::new(0), NodeId::new(3)]),
            action: Action::Crash { after_effect: None, disk: DiskFate::Synced },
            lasts: Some(Duration::from_millis(130)),
            struck: None,
        },
        Fault {
            id: FaultId(1),
            when: When::At(SimTime::ZERO + Duration::from_secs(1)),
            who: Target::All,
            action: Action::Partition(Cut::Groups(vec![
                vec![NodeId::new(0), NodeId::new(3)],
                vec![NodeId::new(1)],
                vec![NodeId::new(2)],
            ])),
            lasts: None,
            struck: None,
        },
    ]
}

#[test]
fn violation_of_one_vote_per_term() {
    let catalog = Catalog::builtin();
    let opened = catalog.open(Source::new("the world", WORLD));
    let world = opened.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    let options = Options { faults: Some(faults()), ..Options::default() };
    let verdict = world.run(10, &options).verdict;
    assert_eq!((verdict.word(), verdict.detail()), ("violation", "one-vote-per-term"));
}
