//! The nemesis: what a file does not pin the seed draws, in the units of a calm run, inside what
//! the algorithm assumes; and what was drawn prints as what would pin it.

use crate::scenario_files::{Toy, drawn_for, good};
use std::collections::{BTreeMap, BTreeSet};
use stormseed::assumption::{Assumption, Assumptions};
use stormseed::calibration::{Calibration, Subject};
use stormseed::catalog::{Catalog, Experiment, Options};
use stormseed::fault::{Action, Fault, Target, When};
use stormseed::id::NodeId;
use stormseed::observe::Verdict;
use stormseed::scenario::{PROFILES, Scenario, Source, entries::Nemesis};
use stormseed::time::{Drift, Duration};
use stormseed::units::Span;

const HEAD: &str = "name = 'a/b'\nformat = 1\nduration = '20s'\n[nodes]\nservers = 5\n\
    [algorithm.lock-toy]\n";

fn subject(patience_millis: u64, assumes: Assumptions) -> Subject {
    let timers = Span::only(Duration::from_millis(patience_millis));
    let round_trip = Duration::from_millis(patience_millis / 10);
    let service = Some(Duration::from_millis(patience_millis / 2));
    Subject { assumes, calibration: Calibration { timers, round_trip, service } }
}

fn lax(patience_millis: u64) -> Subject {
    subject(patience_millis, Assumptions::default())
}

/// The names of all families, as the schema has them.
fn families() -> Vec<String> {
    let schema = schemars::schema_for!(Nemesis).to_value();
    let properties = schema["properties"].as_object().expect("a section has keys");
    let own = ["profile", "swarm", "density", "pace", "progress"];
    properties.keys().filter(|key| !own.contains(&key.as_str())).cloned().collect()
}

/// A scenario in which all families exist, with these lines before them.
fn all(lines: &str) -> Scenario {
    let families: String = families().iter().map(|name| format!("{name} = {{}}\n")).collect();
    good(&format!("{HEAD}[nemesis]\nswarm = false\n{lines}\n{families}"))
}

#[test]
fn what_is_drawn_prints_as_what_pins_it() {
    let scenario = all("progress = {}");
    for seed in 0..60 {
        let subject = lax(20 + seed * 13);
        let lines = scenario.drawn::<Toy>(seed, &subject);
        assert_eq!(lines.len(), families().len() + 1, "all families exist");
        let pinned = good(&format!("{HEAD}[nemesis]\nswarm = false\n{}", lines.join("\n")));
        assert_eq!(pinned.drawn::<Toy>(seed, &subject), lines);
        let (drawn, again) =
            (drawn_for(&scenario, seed, &subject), drawn_for(&pinned, seed, &subject));
        assert_eq!(drawn.faults, again.faults, "seed {seed}");
        // What is pinned needs no calm run, but for the faults that wait for the service.
        let less = lines.iter().filter(|line| !line.starts_with("progress"));
        let less: Vec<String> = less.cloned().collect();
        assert!(!good(&format!("{HEAD}[nemesis]\n{}", less.join("\n"))).draws());
    }
    assert!(scenario.draws());
}

#[test]
fn pinning_one_word_moves_no_other() {
    let free = good(&format!("{HEAD}[nemesis]\ncrash = {{}}\nloss = {{}}\nswarm = false"));
    let pinned = good(&format!(
        "{HEAD}[nemesis]\ncrash = {{ who = 'n1' }}\nloss = {{ chance = '7%' }}\nswarm = false"
    ));
    for seed in 0..20 {
        let lines = |scenario: &Scenario| scenario.drawn::<Toy>(seed, &lax(300)).join("\n");
        let (free, pinned) = (lines(&free), lines(&pinned));
        let words = |text: &str| -> Vec<String> {
            text.split(['{', ',', '}']).map(|word| word.trim().to_owned()).collect()
        };
        let moved: Vec<(String, String)> =
            words(&free).into_iter().zip(words(&pinned)).filter(|(a, b)| a != b).collect();
        let is_pinned =
            |(_, new): &(String, String)| new == "who = \"n1\"" || new == "chance = \"7%\"";
        assert!(moved.len() <= 2 && moved.iter().all(is_pinned), "{moved:?}");
    }
}

#[test]
fn a_word_that_says_the_same_in_another_way_is_not_drawn() {
    let text = "partition = { groups = [['n0'], ['n1', 'n2']] }\n\
        wander = { changes = [{ after = '0ms', rate = '5%' }] }\nswarm = false";
    let scenario = good(&format!("{HEAD}[nemesis]\n{text}"));
    for line in scenario.drawn::<Toy>(1, &lax(100)) {
        let is_out = ["shape", "rate = \"", "change-every"].iter().all(|key| !line.contains(key));
        assert!(is_out || line.contains("{ after"), "{line}");
    }
    assert!(drawn_for(&scenario, 1, &lax(100)).faults.len() > 2);
}

/// A node that is in a loop is struck by no other loop until its last death is over.
#[test]
fn a_loop_holds_its_node_until_its_last_restart() {
    let words =
        "who = 'one', for = '1s', loop = { times = 4, up = '200ms..400ms' }, every = '500ms'";
    let scenario = good(&format!("{HEAD}[nemesis]\ncrash-loop = {{ {words} }}"));
    let mut again = 0;
    for seed in 0..20 {
        let mut held: BTreeMap<NodeId, u64> = BTreeMap::new();
        for fault in drawn_for(&scenario, seed, &lax(100)).faults {
            let Target::Nodes(nodes) = &fault.who else { panic!("one is drawn") };
            let length = fault.action.holds_for(fault.lasts).expect("it restarts").as_nanos();
            assert!((4_600_000_000..=5_200_000_000).contains(&length), "{length}");
            let At(at, _) = ends(std::slice::from_ref(&fault));
            for node in nodes {
                let until = held.insert(*node, at + length).unwrap_or(0);
                assert!(until <= at, "seed {seed}: {node} until {until} and at {at}");
                again += u32::from(until > 0);
            }
        }
    }
    assert!(again > 20, "{again}");
}

#[test]
fn whoever_dies_for_good_is_drawn_no_restart() {
    for family in ["crash", "crash-loop"] {
        let text = format!("{HEAD}[nemesis]\n{family} = {{ for-good = true, every = '3s' }}");
        let scenario = good(&text);
        let faults = drawn_for(&scenario, 1, &lax(100)).faults;
        let is_death = |fault: &Fault| matches!(fault.action, Action::Death { .. });
        assert!(!faults.is_empty() && faults.iter().all(is_death), "{family}");
        assert!(faults.iter().all(|fault| fault.lasts.is_none()));
    }
}

#[test]
fn every_family_strikes_and_its_names_lie_in_a_block_of_its_own() {
    let scenario = all("progress = {}");
    let mut blocks = BTreeSet::new();
    for seed in 0..30 {
        let faults = drawn_for(&scenario, seed, &lax(200)).faults;
        blocks.extend(faults.iter().map(|fault| fault.id.0 / 100_000));
        let ids: BTreeSet<u32> = faults.iter().map(|fault| fault.id.0).collect();
        assert_eq!(ids.len(), faults.len());
    }
    assert_eq!(blocks.len(), families().len() + 1, "{blocks:?}");
}

/// The gaps between the strikes of a family over many seeds: the mean of each seed.
fn gaps(scenario: &Scenario, patience: u64) -> Vec<u64> {
    let gap = |seed| {
        let faults = drawn_for(scenario, seed, &lax(patience)).faults;
        let At(first, last) = ends(&faults);
        (last - first) / (faults.len() as u64 - 1).max(1)
    };
    (0..400).map(gap).collect()
}

struct At(u64, u64);

fn ends(faults: &[Fault]) -> At {
    let at = |fault: &Fault| match fault.when {
        When::At(at) => at.as_nanos(),
        _ => panic!("a drawn fault has a time"),
    };
    At(faults.first().map_or(0, at), faults.last().map_or(0, at))
}

/// Each octave between the ends of the pace is as likely as any other, and scales with patience.
#[test]
fn gaps_are_log_uniform_in_the_units_of_the_calm_run() {
    let scenario = good(
        &format!("{HEAD}[nemesis]\nswarm = false\npace = '1..16'\nloss = {{}}\n")
            .replace("20s", "40s"),
    );
    for patience in [40, 400] {
        let gaps = gaps(&scenario, patience);
        let mut octaves = [0u32; 4];
        for gap in &gaps {
            let times = gap * 8 / (patience * 1_000_000);
            let octave = (times.max(8) / 8).ilog2().min(3);
            octaves[octave as usize] += 1;
        }
        // A hundred each are expected; five deviations are 43.
        assert!(octaves.iter().all(|n| (50..=150).contains(n)), "{patience}: {octaves:?}");
    }
}

#[test]
fn a_swarm_of_a_density_has_families_as_often_as_it_says() {
    let families = families();
    let lines: String = families.iter().map(|name| format!("{name} = {{}}\n")).collect();
    let scenario = good(&format!("{HEAD}[nemesis]\ndensity = '20%'\n{lines}"));
    let exist = |seed| scenario.drawn::<Toy>(seed, &lax(200)).len();
    let count: usize = (0..300).map(exist).sum();
    let expected = 60 * families.len();
    assert!(count > expected * 8 / 10 && count < expected * 12 / 10, "{count} of {expected}");
}

/// Assumes everything that can be assumed, with bounds.
const STRICT: Assumptions = Assumptions {
    untrusted_links: false,
    fifo_links: true,
    reliable_links: true,
    delay_bound: Some(Duration::from_millis(3)),
    drift_bound: Some(Drift::from_ppm(150)),
    offset_bound: Some(Duration::from_millis(7)),
    no_partition: true,
    no_pause: true,
    crash_stop: true,
    honest_disk: true,
    static_membership: true,
    ordered_writes: true,
    no_disk_errors: true,
};

#[test]
fn profiles_stay_inside_what_the_algorithm_assumes() {
    for profile in PROFILES {
        let text = format!("profile = '{}'\n{HEAD}", profile.name);
        let scenario = good(&text);
        let mut broken = 0;
        for seed in 0..60 {
            let inside = subject(300, STRICT);
            let schedule = drawn_for(&scenario, seed, &inside);
            let faults = schedule.faults.iter();
            let breaks: Vec<_> = faults.flat_map(|fault| STRICT.broken_by(fault)).collect();
            assert_eq!(breaks, [], "{} {seed}", profile.name);
            let world = scenario.conditions(seed, &STRICT);
            assert_eq!(STRICT.broken_by_world(&world, &schedule.clocks), []);
            let outside = drawn_for(&scenario, seed, &lax(300)).faults;
            broken += outside.iter().filter(|f| STRICT.broken_by(f).count() > 0).count();
        }
        assert!(broken > 0 || profile.name == "calm", "{} breaks nothing", profile.name);
    }
}

#[test]
fn what_is_exceeded_on_purpose_is_and_nothing_else() {
    for assumption in [Assumption::DriftBound, Assumption::NoPause, Assumption::HonestDisk] {
        let head = format!("profile = 'hostile'\nexceed = ['{}']\n{HEAD}", assumption.word());
        let scenario = good(&head);
        let mut seen = BTreeSet::new();
        for seed in 0..300 {
            let lax_but = Assumptions { delay_bound: None, ..STRICT };
            let faults = drawn_for(&scenario, seed, &subject(300, lax_but)).faults;
            seen.extend(faults.iter().flat_map(|fault| lax_but.broken_by(fault)));
        }
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [assumption]);
    }
}

#[test]
fn a_family_that_the_file_names_strikes_whatever_the_algorithm_assumes() {
    let text =
        format!("profile = 'calm'\n{HEAD}[nemesis]\nloss = {{}}\ndrift = {{}}\nswarm = false");
    let scenario = good(&text);
    for seed in 0..20 {
        let faults = drawn_for(&scenario, seed, &subject(300, STRICT)).faults;
        let breaks = faults.iter().flat_map(|fault| STRICT.broken_by(fault));
        let breaks: BTreeSet<Assumption> = breaks.collect();
        // What has a bound is drawn within it all the same.
        assert_eq!(breaks.into_iter().collect::<Vec<_>>(), [Assumption::ReliableLinks]);
    }
}

#[test]
fn what_a_file_says_wins_over_its_profile() {
    let own = format!(
        "profile = 'wan'\n{HEAD}[network]\nloss = '3%'\n[nemesis]\npace = '5..5'\n\
         crash = {{ who = 'n2' }}\nswarm = false"
    );
    let scenario = good(&own);
    let world = scenario.conditions(0, &Assumptions::default());
    let wan = good(&format!("profile = 'wan'\n{HEAD}")).conditions(0, &Assumptions::default());
    assert_eq!((world.network.loss.numerator, world.network.loss.denominator), (3, 100));
    assert_eq!(world.network.latency, wan.network.latency);
    let lines = scenario.drawn::<Toy>(3, &lax(100));
    assert!(lines.len() > 4 && lines[0].starts_with("crash = { who = \"n2\""), "{lines:?}");
    let calm = good(&format!("profile = 'wan'\n{HEAD}[nemesis]\nprofile = 'calm'"));
    assert_eq!(calm.drawn::<Toy>(3, &lax(100)), [""; 0]);
    assert_eq!(calm.conditions(0, &Assumptions::default()), wan);
}

fn open(text: &str) -> Box<dyn Experiment> {
    let opened = Catalog::builtin().open(Source::new("test.toml", text));
    opened.unwrap_or_else(|errors| panic!("{errors}"))
}

const RAFT: &str = "name = 'election/x'\nformat = 1\nduration = '20s'\n[nodes]\nservers = 5\n\
    [algorithm.election-raft]\n";

#[test]
fn a_calm_run_shows_how_fast_raft_is() {
    let raft = open(&format!("{RAFT}[nemesis]\ncrash = {{}}"));
    let calm = raft.calm().expect("the rates of crashes are drawn").calibration;
    assert_eq!(calm.timers.min, Duration::from_millis(50), "the heartbeat");
    let (least, most) = (Duration::from_millis(250), Duration::from_millis(300));
    assert!((least..=most).contains(&calm.timers.max), "the longest election timeout drawn");
    let (least, most) = (Duration::from_millis(9), Duration::from_millis(13));
    assert!((least..=most).contains(&calm.round_trip), "1 to 10 ms, twice");
    let service = calm.service.expect("somebody leads");
    assert!(service > Duration::from_millis(150) && service < Duration::from_millis(600));
    // It is the same for every seed, and no run where nothing is drawn by it.
    assert_eq!(raft.calm(), open(&format!("{RAFT}[nemesis]\ncrash = {{}}")).calm());
    assert!(open(RAFT).calm().is_none());
    let entry = "[calibration]\ntimers = '1ms..2ms'\nround-trip = '3ms'\n";
    let written = open(&format!("{RAFT}[nemesis]\ncrash = {{}}\n{entry}"));
    let calm = written.calm().expect("it is written");
    assert_eq!((calm.is_written, calm.calibration.round_trip), (true, Duration::from_millis(3)));
}

#[test]
fn faults_that_wait_for_progress_reach_further_than_a_storm_without_a_pause() {
    let gated = open(&format!("{RAFT}[nemesis]\n[nemesis.progress]\ncrash = {{ who = 'leader' }}"));
    let storm = open(&format!(
        "{RAFT}[nemesis]\npace = '1..1'\ncrash = {{ who = 'leader' }}\nswarm = false"
    ));
    let mut reached = [0, 0];
    for seed in 0..10 {
        for (experiment, reached) in [&gated, &storm].into_iter().zip(&mut reached) {
            let outcome = experiment.run(seed, &Options::default());
            assert_eq!(outcome.verdict, Verdict::Pass);
            let struck = outcome.faults.iter().filter(|fault| fault.struck.is_some()).count();
            let leaders = experiment.words().iter().position(|word| *word == "leader-elected");
            let leaders = outcome.words[leaders.expect("an election has leaders")];
            *reached += leaders;
            assert!(struck > 0, "seed {seed}");
        }
        let outcome = gated.run(seed, &Options::default());
        let struck: Vec<_> = outcome.faults.iter().filter(|f| f.struck.is_some()).collect();
        for pair in struck.windows(2) {
            let (ended, next) = (pair[0].ended, pair[1].struck.as_ref().map(|s| s.at));
            assert!(ended.is_some() && ended < next, "seed {seed}: one at a time");
        }
    }
    let [gated, storm] = reached;
    assert!(gated > 200 && gated > storm, "{gated} leaders with, {storm} without");
}

#[test]
fn a_timeline_can_wait_for_the_service_too() {
    let fault = "[[fault]]\nwhen = 'service'\neach = true\ntimes = 10\n\
        crash = { who = 'leader', for = '200ms' }\n";
    let raft = open(&format!("{RAFT}{fault}"));
    let outcome = raft.run(1, &Options::default());
    let leaders = raft.words().iter().position(|word| *word == "leader-elected");
    assert_eq!(outcome.faults.iter().filter(|fault| fault.effects > 0).count(), 10);
    assert_eq!(outcome.words[leaders.expect("an election has leaders")], 11);
    // What struck strikes again at the same events, and waits for nothing.
    let mut again = raft.faults(1);
    for (fault, report) in again.iter_mut().zip(&outcome.faults) {
        fault.struck.clone_from(&report.struck);
    }
    let replayed = raft.run(1, &Options { faults: Some(again), ..Options::default() });
    assert_eq!(replayed.trace, outcome.trace);
}
