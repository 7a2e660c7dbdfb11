//! Frozen files: the run of a seed, written out as an ordinary scenario, is the same run, and what
//! is taken out of it moves nothing else.

use crate::council;
use crate::scenario_files::{FULL, Order, Toy, drawn, good, read};
use crate::scenarios::{opened, shipped};
use stormseed::calibration::Subject;
use stormseed::catalog::{Experiment, Options};
use stormseed::fault::{FaultReport, When};
use stormseed::observe::{Outcome, Verdict};
use stormseed::scenario::{Ran, Scenario};
use stormseed::schedule::Schedule;

fn run(experiment: &dyn Experiment, seed: u64) -> Outcome {
    experiment.run(seed, &Options::default())
}

fn frozen(experiment: &dyn Experiment, seed: u64) -> String {
    experiment.freeze(seed).unwrap_or_else(|said| panic!("seed {seed}: {said}"))
}

/// All but the comment at its beginning.
fn body(text: &str) -> &str {
    &text[text.find("\nname").expect("it has a name")..]
}

/// What of an outcome must be the same.
fn told(outcome: &Outcome) -> (Option<u64>, Option<u64>, u64, &Verdict, &[FaultReport]) {
    let Outcome { trace, milestones, counts, verdict, faults, .. } = outcome;
    (*trace, *milestones, counts.events, verdict, faults)
}

#[test]
fn every_shipped_scenario_is_frozen_to_the_same_run() {
    for (path, experiment) in shipped() {
        let seeds: Vec<u64> = experiment.scenario().seeds().iter().take(4).collect();
        for seed in seeds.into_iter().chain([u64::MAX]) {
            let place = format!("{}, seed {seed}", path.display());
            let text = frozen(&*experiment, seed);
            let (once, again) = (run(&*experiment, seed), opened(&place, &text));
            assert!(once.trace.is_some());
            assert_eq!(again.scenario().seeds().iter().collect::<Vec<_>>(), [seed], "{place}");
            assert!(!again.scenario().draws(), "{place}");
            for (fault, report) in again.faults(seed).iter().zip(&once.faults) {
                assert_eq!((fault.id, &fault.struck), (report.id, &report.struck), "{place}");
            }
            for twin in [run(&*again, seed), run(&*again, seed ^ 0x5eed_5eed)] {
                assert_eq!(told(&twin), told(&once), "{place}");
                assert_eq!(twin.outside, once.outside, "{place}");
                assert!(twin.missing.is_empty(), "{place}: what a run lacks is not required of it");
                let services =
                    [(&twin.service, &twin.standstill), (&once.service, &once.standstill)];
                assert_eq!(services[0], services[1], "{place}");
            }
            assert_eq!(body(&frozen(&*again, 3)), body(&text), "{place}: the frozen is frozen");
        }
    }
}

#[test]
fn a_frozen_file_expects_what_its_run_comes_to() {
    let mut came = [0, 0];
    for (path, experiment) in shipped() {
        let seeds: Vec<u64> = experiment.scenario().seeds().iter().take(3).collect();
        for seed in seeds {
            let again = opened("frozen", &frozen(&*experiment, seed));
            let outcomes = [run(&*again, seed)];
            let wrong = crate::scenarios::disappointments(&*again, &outcomes);
            assert!(wrong.is_empty(), "{}, seed {seed}: {wrong:?}", path.display());
            came[usize::from(outcomes[0].verdict == Verdict::Pass)] += 1;
        }
    }
    assert!(came.iter().all(|count| *count > 10), "{came:?}");
}

#[test]
fn without_where_its_faults_struck_the_same_code_strikes_there_again() {
    for (path, experiment) in shipped() {
        let seed = experiment.scenario().seeds().iter().next().expect("a seed");
        let again = opened("frozen", &frozen(&*experiment, seed));
        let by_aim = again.run(seed, &Options { by_aim: true, ..Options::default() });
        assert_eq!(told(&by_aim), told(&run(&*experiment, seed)), "{}", path.display());
    }
}

#[test]
fn a_frozen_fault_keeps_its_name_and_where_it_struck_when_others_are_taken_out() {
    let (_, storm) = shipped()
        .into_iter()
        .find(|(path, _)| path.ends_with("election/raft_storm.toml"))
        .expect("the storm is shipped");
    let seed = (0..50).find(|seed| storm.faults(*seed).len() > 5).expect("a seed with a storm");
    let text = frozen(&*storm, seed);
    let (head, faults) = text.split_once("[[fault]]\n").expect("it has faults");
    let faults: Vec<&str> = faults.split("[[fault]]\n").collect();
    let all = opened("all", &text);
    for out in 0..faults.len().min(20) {
        let mut rest = faults.clone();
        rest.remove(out);
        let less = opened("less", &format!("{head}[[fault]]\n{}", rest.join("[[fault]]\n")));
        let mut kept = all.faults(seed);
        kept.remove(out);
        assert_eq!(less.faults(seed), kept, "fault {out} moves another");
    }
}

/// The scenario of a toy as it was drawn for a seed, with nothing that has struck.
fn frozen_toy(scenario: &Scenario, seed: u64) -> String {
    let ran = Ran {
        seed,
        faults: &[],
        passed: false,
        violated: None,
        missing: &[],
        probed: false,
        recorded: None,
    };
    scenario.freeze::<Toy>(&Subject::default(), &ran)
}

/// Freezes a scenario of a toy, and expects the same schedule of the file.
pub(crate) fn expect_lossless(scenario: &Scenario, seed: u64) -> (String, Schedule<Order>) {
    let text = frozen_toy(scenario, seed);
    let frozen = read(&text).unwrap_or_else(|errors| panic!("{}\n{text}", errors.render(false)));
    let once = drawn(scenario, seed);
    assert_eq!(drawn(&frozen, seed.wrapping_add(1)), once, "seed {seed}:\n{text}");
    let subject = Subject::default();
    let world = |scenario: &Scenario, seed| scenario.conditions(seed, &subject.assumes);
    let (here, there) = (world(scenario, seed), world(&frozen, frozen.seed(9)));
    assert_eq!(format!("{here:?}"), format!("{there:?}"));
    assert_eq!(body(&frozen_toy(&frozen, 5)), body(&text), "what is frozen is frozen");
    (text, once)
}

#[test]
fn everything_that_is_drawn_before_a_run_is_written_out() {
    let scenario = good(FULL);
    for seed in 0..20 {
        let (text, _) = expect_lossless(&scenario, seed);
        for gone in ["[nemesis]", "[workload", "random-quorum", "-50ms..50ms", "every ="] {
            assert!(!text.contains(gone), "{gone} in\n{text}");
        }
        let kept = ["ttl = \"150ms\"", "exponential", "milestones = [\"lock-granted\"]"];
        kept.iter().for_each(|kept| assert!(text.contains(kept), "{kept} in\n{text}"));
    }
}

#[test]
fn the_operations_of_each_client_are_listed() {
    let scenario = good(
        "name = 't/x'\nformat = 1\nduration = '10s'\n[nodes]\nservers = 3\n\
         [algorithm.lock-toy]\n[workload]\n\
         propose = { to = 'leader', every = '1s..2s', clients = 3, think = '0ms..9ms' }\n\
         [[client]]\ntimeout = '7ms'\noperations = [\n\
         { not-before = '1s', word = 'propose', to = 'one', unique = 7 },\n]\n\
         [[command]]\nwhen = 'lock-granted'\non = 'n1'\nafter = '5ms'\nword = 'add'\n\
         to = 'one(leader)'\nnodes = 'n2'\nargs = ['x', 'y']\n",
    );
    for seed in 0..10 {
        let (text, once) = expect_lossless(&scenario, seed);
        assert_eq!((once.clients.len(), once.commands.len()), (4, 1));
        let listed = once.clients.iter().map(|client| client.operations.len()).sum::<usize>();
        assert_eq!(text.matches("not-before").count(), listed, "{text}");
    }
}

#[test]
fn a_profile_is_written_as_the_world_that_it_came_to() {
    for profile in ["calm", "lan", "datacentre", "wan", "hostile"] {
        let scenario = good(&format!(
            "name = 't/x'\nformat = 1\nduration = '10s'\nprofile = '{profile}'\n\
             [nodes]\nservers = 5\n[algorithm.lock-toy]\n"
        ));
        for seed in 0..5 {
            let (text, _) = expect_lossless(&scenario, seed);
            assert!(!text.contains("profile") && !text.contains("nemesis"), "{text}");
        }
    }
}

#[test]
fn zones_and_topologies_stay() {
    let scenario = good(
        "name = 't/x'\nformat = 1\nduration = '10s'\n[nodes]\nservers = 4\n\
         zones = { b = ['n0', 'n3'], a = ['n1', 'n2'] }\n[algorithm.lock-toy]\n\
         [topology]\nrouting = 'direct'\nshape = { dot = '''graph {\n n0 -- n1 [latency=\"3ms\"]\n\
         n1 -- n2 }''' }\n\
         [topology.zones]\nwithin = '1ms'\nlatency.a.b = '40ms'\n\
         [network]\nlinks = [{ from = 'n1', to = 'n2', loss = '1/7' }]\n\
         [clocks]\ndrift = '-1%..1%'\n[clocks.nodes]\nn2 = { offset = '3s' }\n",
    );
    let (text, _) = expect_lossless(&scenario, 4);
    assert!(text.contains("\n[clocks.nodes]\n"), "{text}");
    let scenario = good(
        "name = 't/x'\nformat = 1\nduration = '10s'\n[nodes]\nservers = 10\n\
         [algorithm.lock-toy]\n[topology]\nshape = { regular = { degree = 3 } }\n",
    );
    (0..5).for_each(|seed| drop(expect_lossless(&scenario, seed)));
}

/// Entries of every kind, each with what it may say besides.
const KINDS: &[&str] = &[
    "crash = { who = \"one\", for = \"1ms..1s\" }",
    "crash = { who = \"newest(leader)\", after-effect = 3, disk = \"torn\" }",
    "crash = { who = \"zone(a)\", disk = \"lose\", for = \"1s\" }",
    "crash = { who = \"one\", for = \"9ms\", loop = { times = 4, up = \"1ms..9ms\" } }",
    "crash = { who = \"leader\", for = \"9ms\", after-effect = 2, loop = { up = [\"1ms\"] } }",
    "crash = { who = \"one\", for-good = true, disk = \"prefix\" }",
    "stall = { who = \"one\", after-effect = 1, for = \"1ms..1s\" }",
    "stall = { who = \"leader\" }",
    "slow = { who = \"one\", step = \"1ms..9ms\", for = \"1s\" }",
    "slow = { who = \"leader\", step = { exponential = { min = \"1ms\", mean = \"9ms\" } } }",
    "crash = { who = \"zone(a)\", for = \"1s\" }\nspread = \"0ms..9ms\"",
    "crash = { who = \"majority-with(leader)\", for-good = true }\nspread = \"0ms..9ms\"",
    "pause = { who = \"random(3)\" }\nspread = \"0ms..9ms\"",
    "isolate = { who = \"minority-with(leader)\", for = \"1s\" }\nspread = \"0ms..9ms\"",
    "crash = { who = \"minority\", for = \"9ms\", loop = { up = [\"1ms\", \"2ms\"] } }\n\
     spread = [\"0ms\", \"1ms\", \"2ms\", \"0ms\", \"1ms\", \"2ms\", \"3ms\", \"4ms\"]",
    "pause = { who = \"random(2, lock-holder)\", for = \"1s\" }",
    "pause = { who = \"owner-of(k17)\" }",
    "partition = { shape = \"random\", for = \"1s\" }",
    "partition = { shape = \"k-way(3)\", one-way = true, kind = \"hold\", for = \"1s\" }",
    "partition = { shape = \"majorities-ring\" }",
    "partition = { shape = \"bridge\", in-flight = \"deliver\" }",
    "partition = { shape = \"zones\", kind = \"slow\", by = \"1ms..9ms log\", for = \"1s\" }",
    "partition = { shape = \"grudge(1/3)\", one-way = true, for = \"1s\" }",
    "cut = { from = \"clients\", to = \"all\", for = \"1s\" }",
    "cut = { from = [\"n1\"], to = \"servers\", flap = [\"1ms\", \"2ms\"], in-flight = \"hold\" }",
    "isolate = { who = \"all-but(leader)\", for = \"1s\" }",
    "isolate = { who = \"all-but(n2)\", kind = \"hold\" }",
    "mute = { who = \"stale(leader)\" }",
    "mute = { who = \"n0\", hears = true, for = \"1s\" }",
    "mute = { who = \"n0\", sends = true, hears = true, kind = \"hold\" }",
    "loss = { chance = \"1/7\", for = \"1s\" }",
    "partition = { shape = \"bridge-link\", for = \"1s\" }",
    "partition = { shape = \"one-zone\", one-way = true, for = \"1s\" }",
    "partition = { shape = \"halves\", flap = { closed = \"1ms..9ms\", open = \"1s\" } }",
    "isolate = { who = \"articulation-point\", for = \"1s\" }",
    "pause = { who = \"minority-with(leader)\", for = \"1s\" }",
    "pause = { who = \"majority-with(leader)\" }",
    "loss = {}",
    "loss = { from = \"all\" }",
    "loss = { from = \"leader\", to = \"one(leader)\", nth = \"3..\", chance = \"2%\" }",
    "duplication = { to = \"clients\", nth = 3 }",
    "corruption = { chance = \"200ppm\", for = \"1s\" }",
    "delay = { by = { exponential = { min = \"1ms\", mean = \"20ms\" } }, from = \"n1\" }",
    "reorder = { by = { log-normal = { median = \"5ms\", sigma = \"0.25\" } } }",
    "hold = { to = \"n1\", for = \"1s\" }",
    "throttle = { spacing = \"1ms..9ms\", queue = 3, for = \"1s\" }",
    "forgery = { messages = [\"vote-reply\"], from = \"servers\", for = \"1s\" }",
    "misdelivery = { to = \"random(3)\", chance = \"1/7\" }",
    "replay = { by = \"1ms..9ms\", nth = 3 }",
    "swizzle = { for = \"1s\" }",
    "drift = { who = \"one\", rate = \"-10%..10%\", for = \"1s\" }",
    "drift = { who = \"one\", rate = \"1ppm..10% log\" }",
    "drift = { who = \"n1\", rate = \"-1%..1%\", change-every = \"10ms..90ms\", for = \"1s\" }",
    "jump = { who = \"all\", by = \"-1s..1s\" }",
    "jump = { who = \"leader\", by = \"1s\", slew = \"500ppm\" }",
    "strobe = { who = \"one\", by = \"-1s..1s\", period = \"10ms..90ms\", for = \"1s\" }",
    "suspend = { who = \"minority\", for = \"1s\" }",
    "freeze = { who = \"majority\", for = \"1s\" }",
    "slow-disk = { who = \"one\", sync = \"1ms..9ms\", for = \"1s\" }",
    "failing-disk = { who = \"one\", chance = \"1/3\", for = \"1s\" }",
    "failing-disk = { who = \"one\" }",
    "lying-disk = { who = \"one\", for = \"1s\" }",
    "stalled-disk = { who = \"one\", for = \"1s\" }",
    "full-disk = { who = \"one\" }",
];

const TIMES: &[&str] = &[
    "at = \"1s..2s\"",
    "at = \"1s\"\nevery = \"100ms..1s\"\nuntil = \"4s\"",
    "when = \"lock-granted\"\nafter = \"1ms..9ms\"",
    "when = \"lock-granted\"\non = \"clients\"\nnth = 2\neach = true\ntimes = 3",
    "when = \"service\"\nnth = 2\nafter = \"1ms..9ms\"",
    "when = \"leader-elected\"\non = \"leader\"\nafter = \"1s\"\nevery = \"1s\"\nuntil = \"5s\"",
];

#[test]
fn every_kind_of_fault_is_written_back_as_it_was_drawn() {
    let head = "name = 'a/b'\nformat = 1\nduration = '9s'\n[nodes]\nservers = 5\nclients = 3\n\
                zones = ['a', 'b']\n[topology]\nshape = 'ring'\n[algorithm.lock-toy]\n";
    for time in TIMES {
        let entries = KINDS.iter().map(|kind| format!("[[fault]]\n{time}\n{kind}\n"));
        let scenario = good(&format!("{head}{}", entries.collect::<String>()));
        for seed in 0..5 {
            let (_, once) = expect_lossless(&scenario, seed);
            assert!(once.faults.len() >= KINDS.len());
        }
    }
}

#[test]
fn what_strikes_at_the_heal_is_written_back_with_the_core_that_was_drawn() {
    let head = "name = 'a/b'\nformat = 1\nduration = '9s'\n[nodes]\nservers = 5\nclients = 3\n\
                zones = ['a', 'b']\n[algorithm.lock-toy]\n\
                [heal]\ncore = 'random-quorum'\nwithin = '1s'\n";
    let is_fit = |kind: &&&str| {
        let ends = ["for = ", "spread = "].iter().any(|word| kind.contains(word));
        kind.contains("who = ") && !ends
    };
    let entries = KINDS.iter().filter(is_fit);
    let entries = entries.map(|kind| format!("[[fault]]\nat-heal = true\n{kind}\n"));
    let scenario = good(&format!("{head}{}", entries.collect::<String>()));
    let mut of_remainder = 0;
    for seed in 0..8 {
        let (text, once) = expect_lossless(&scenario, seed);
        assert!(once.faults.iter().all(|fault| fault.when == When::Heal));
        of_remainder += once.faults.iter().filter(|fault| fault.id.0 >= 1_000_000_000).count();
        assert!(
            text.contains("remainder = \"as-is\"") && !text.contains("random-quorum"),
            "{text}"
        );
    }
    assert!(of_remainder > 8, "{of_remainder}");
}

#[test]
fn probes_are_written_out_and_a_standstill_is_the_same_when_it_is_frozen() {
    let mut standstills = 0;
    for seed in 0..8 {
        let experiment = council::open(
            "needs-all = true",
            "[service]\nprobe-every = \"50ms..150ms\"\nwindow = \"50ms\"\n\
             [heal]\ncore = \"random-quorum\"\nwithin = \"1s\"\n\
             [[fault]]\nat = \"2050ms\"\ncrash = { who = \"n1\", for = \"1s\" }\n",
        );
        let text = frozen(&*experiment, seed);
        let again =
            council::read(&text).unwrap_or_else(|errors| panic!("{}", errors.render(false)));
        let (once, twin) = (run(&*experiment, seed), run(&*again, seed ^ 0x5eed_5eed));
        assert_eq!(told(&twin), told(&once), "{text}");
        assert_eq!((&twin.service, &twin.standstill), (&once.service, &once.standstill));
        assert_eq!(body(&frozen(&*again, 3)), body(&text), "what is frozen is frozen");
        let probes = text.lines().filter(|line| line.contains("to = ")).count() as u64;
        let probed = once.service.as_ref().and_then(|service| service.probed);
        assert!(probes >= probed.expect("it is asked").asked, "{text}");
        // Whatever the file says of how often probes are drawn.
        let other = council::read(&text.replace("50ms..150ms", "60ms..160ms")).expect("it is good");
        assert_eq!(told(&run(&*other, seed)), told(&once), "the list wins");
        standstills += usize::from(once.standstill.is_some());
    }
    assert!((1..8).contains(&standstills), "{standstills} of 8 stand still");
}

#[test]
fn windows_are_written_where_they_are_not_the_usual() {
    let head = "name = 'a/b'\nformat = 1\nduration = '9s'\n[nodes]\nservers = 5\n\
                [algorithm.lock-toy]\n";
    let cases = [
        ("", None),
        ("window = \"0s\"", Some("\"0ns\"")),
        ("window = \"1s\"", None),
        ("window = \"7ms\"", Some("\"7ms\"")),
    ];
    for (said, window) in cases {
        let fault =
            format!("[[fault]]\nat = \"1s\"\n{said}\npause = {{ who = \"leader\", for = \"1s\" }}");
        let (text, _) = expect_lossless(&good(&format!("{head}{fault}")), 3);
        let line = text.lines().find_map(|line| line.strip_prefix("window = "));
        assert_eq!(line, window, "{said}");
    }
}

#[test]
fn the_last_part_of_a_strike_may_come_too_late() {
    let scenario = good(
        "name = 'a/b'\nformat = 1\nduration = '9s'\n[nodes]\nservers = 5\n[algorithm.lock-toy]\n\
         [[fault]]\nat = '9s'\nswizzle = { who = 'all', for = '2s' }\n",
    );
    let (_, once) = expect_lossless(&scenario, 1);
    assert_eq!(once.faults.len(), 5);
}

#[test]
fn a_seed_that_toml_cannot_count_to_is_text() {
    let scenario = good(FULL);
    for seed in [u64::MAX, 1 << 63] {
        let frozen = good(&frozen_toy(&scenario, seed));
        assert_eq!(frozen.seeds().iter().collect::<Vec<_>>(), [seed]);
        assert_eq!(frozen.seed(3), seed);
    }
}
