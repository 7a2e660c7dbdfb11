//! Storm, heal, liveness: what only a permanent remainder finds, and which excuses hold.

use crate::council::open;
use crate::scenarios::shipped;
use stormseed::assumption::Requirement;
use stormseed::catalog::{Catalog, Experiment, Options};
use stormseed::fault::{Action, Fault, Target, When};
use stormseed::observe::{Orders, Outcome, Pace, Remainder, Standstill, Verdict};
use stormseed::runner::{Judgement, Tally, repeat};
use stormseed::scenario::Source;
use stormseed::time::Duration;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn run(experiment: &dyn Experiment, seed: u64) -> Outcome {
    experiment.run(seed, &Options::default())
}

/// How many of these seeds stall in a shipped scenario.
fn stalls(name: &str, seeds: u64) -> u64 {
    let all = shipped();
    let is_it = |(_, one): &&(_, Box<dyn Experiment>)| one.scenario().name() == name;
    let (_, experiment) = all.iter().find(is_it).expect("it is shipped");
    let stalls = (0..seeds).filter(|seed| {
        let verdict = run(&**experiment, *seed).verdict;
        assert!(matches!(verdict, Verdict::Pass | Verdict::Stall { .. }), "{verdict:?}");
        verdict != Verdict::Pass
    });
    stalls.count() as u64
}

#[test]
fn only_a_permanent_remainder_finds_the_endless_election() {
    // A deaf node and no PreVote, no CheckQuorum: when everybody is healed, nothing is seen.
    assert_eq!(stalls("election/raft_deaf-node", 100), 0);
    // When the node stays deaf, no leader stays.
    assert!(stalls("election/raft_deaf-node-stays", 100) > 20);
    // PreVote and CheckQuorum cure it, whatever the remainder does.
    assert_eq!(stalls("election/raft_deaf-node-stays-cured", 100), 0);
}

const HEAL: &str = "[heal]\nat = \"1s\"\nwithin = \"2s\"\n";
const CORE: &str = "[heal]\nat = \"1s\"\nwithin = \"2s\"\ncore = [\"n0\", \"n1\"]\n\
                    [service]\nto = \"n0\"\n";

fn standstill(outcome: &Outcome) -> Standstill {
    outcome.standstill.clone().expect("it did not come back in time")
}

#[test]
fn an_excuse_is_a_world_that_is_not_as_declared_and_to_blame() {
    let excused = run(&*open("needs-all = true", CORE), 0);
    assert_eq!((&excused.verdict, excused.is_excused()), (&Verdict::Pass, true));
    let late = standstill(&excused);
    assert_eq!(late.excuse().as_deref(), Some("all-connected not met"));
    assert_eq!((late.pace, late.requires), (Pace::Stuck, Requirement::AllConnected));
    assert!(matches!(late.remainder, Remainder::ToBlame(after) if after < ms(150)));
    // The same run of one that pretends to need less is a stall.
    let lied = run(&*open("needs-all = true\nadmits-it = false", CORE), 0);
    assert_eq!(lied.verdict, Verdict::Stall { property: "answers".into() });
    assert!(standstill(&lied).is_met && !lied.is_excused());
    assert_eq!((lied.trace, lied.service), (excused.trace, excused.service));
    // One that does not need the third node does not stand still at all.
    let plain = run(&*open("", CORE), 0);
    assert_eq!((plain.verdict, plain.standstill), (Verdict::Pass, None));
}

#[test]
fn nobody_is_excused_who_would_not_have_come_with_everybody_healed() {
    // It is up to nobody else that the nodes sulk; the third one is cut off, as it happens.
    let outcome = run(&*open("needs-all = true\nsulks = \"1h\"", CORE), 0);
    let late = standstill(&outcome);
    assert_eq!((late.remainder, late.is_met), (Remainder::Blameless, false));
    assert_eq!(outcome.verdict, Verdict::Stall { property: "answers".into() });
    // Where everybody is healed there is nobody to blame.
    let outcome = run(&*open("needs-all = true\nsulks = \"1h\"", HEAL), 0);
    assert_eq!(standstill(&outcome).remainder, Remainder::Nobody);
}

#[test]
fn commands_after_the_heal_are_told_to_be_what_a_service_does_not_survive() {
    let text = |every: &str| {
        format!(
            "name = 'test/orders'\nformat = 1\nduration = '60s'\nexceed = ['no-pause']\n\
             [nodes]\nstore = 1\ncandidates = 3\n[algorithm.election-lease]\n\
             [workload.step-down]\nto = 'leader'\nevery = '{every}'\n\
             [heal]\nat = '20s'\nwithin = '20s'\nsteady = '5s'\n"
        )
    };
    let orders = |text: String| {
        let catalog = Catalog::builtin();
        let opened = catalog.open(Source::new("orders", &text)).expect("a scenario");
        run(&*opened, 0).standstill.map(|late| late.orders)
    };
    assert_eq!(orders(text("300s")), None);
    let blamed = orders(text("500ms"));
    let is_it = matches!(blamed, Some(Orders::ToBlame(commands, after))
        if commands > 50 && after < ms(20_000));
    assert!(is_it, "{blamed:?}");
    // Without a store nobody leads, whoever is told to step down.
    let dead = "core = ['n1', 'n2', 'n3']\n\
                [[fault]]\nat = '10s'\ncrash = { who = 'n0', for-good = true }\n";
    let spared = orders(text("500ms") + dead);
    assert!(matches!(spared, Some(Orders::Blameless(50..))), "{spared:?}");
    assert_eq!(orders(text("300s") + dead), Some(Orders::Nobody));
}

#[test]
fn ten_times_the_bound_tells_slow_from_stuck() {
    let crash = "[[fault]]\nat = \"900ms\"\ncrash = { who = [\"n1\", \"n2\"] }\n";
    let pace = |sulks: &str| {
        let rest = format!("{crash}{HEAL}[service]\nto = \"n0\"\nprobe-every = \"100ms\"\n");
        let outcome = run(&*open(&format!("sulks = \"{sulks}\""), &rest), 0);
        outcome.standstill.map(|late| late.pace)
    };
    assert_eq!(pace("500ms"), None);
    // Asked every 100 ms, answered 2 ms later; the nodes boot at the heal.
    assert_eq!(pace("7050ms"), Some(Pace::Slow(ms(7102))));
    assert_eq!(pace("19950ms"), Some(Pace::Stuck), "what comes at the last moment did not stay");
    assert_eq!(pace("1h"), Some(Pace::Stuck));
}

#[test]
fn the_run_that_is_judged_is_not_touched_by_the_runs_that_look_into_it() {
    let council = open("needs-all = true", CORE);
    let outcome = run(&*council, 3);
    assert!(outcome.is_excused() && outcome.ended_at.as_nanos() == 5_000_000_000);
    assert_eq!(repeat(&*council, &outcome, &Options::default()), None);
    let told = council.scene(3, &Options::default(), 12);
    assert_eq!((told.size, told.seats.len(), told.seats[0].in_core), (3, 3, false));
}

#[test]
fn many_excuses_are_counted_and_nothing_but_excuses_is_vacuous() {
    let council = open("needs-all = true", CORE);
    let mut tally = Tally::new(council.scenario(), council.words());
    tally.add(&run(&*council, 0));
    assert_eq!(tally.judge_alone(), Judgement::AsExpected);
    assert_eq!((tally.passed, tally.excused, tally.is_mostly_excused()), (1, 1, true));
    assert_eq!(tally.judge(None), Judgement::Vacuous);
    let whole = run(&*open("needs-all = true", HEAL), 0);
    (0..4).for_each(|_| tally.add(&whole));
    assert!(!tally.is_mostly_excused());
    assert_eq!(tally.judge(None), Judgement::AsExpected);
}

/// What breaks the remainder of a seed: node and action.
fn remainder(experiment: &dyn Experiment, seed: u64) -> Vec<(u32, Action)> {
    let waits = |fault: &Fault| fault.when == When::Heal;
    let faults = experiment.faults(seed).into_iter().filter(waits);
    let told = faults.map(|fault| match &fault.who {
        Target::Nodes(nodes) => {
            assert_eq!(fault.id.0, 1_000_000_000 + nodes[0].number());
            (nodes[0].number(), fault.action)
        }
        other => panic!("a node is named, not {other:?}"),
    });
    told.collect()
}

#[test]
fn the_remainder_is_broken_in_four_ways_that_depend_on_the_node_and_the_seed_alone() {
    let within = |core: &str| open("", &format!("[heal]\nwithin = \"1s\"\ncore = {core}\n"));
    let (one, two, random) =
        (within("[\"n0\"]"), within("[\"n0\", \"n1\"]"), within("\"random-quorum\""));
    let mut ways = [0; 4];
    for seed in 0..400 {
        let both = remainder(&*one, seed);
        assert_eq!((both[0].0, both[1].0, both.len()), (1, 2, 2));
        assert_eq!(remainder(&*two, seed), both[1..], "who else is outside changes nothing");
        let drawn = remainder(&*random, seed);
        assert!(drawn.len() <= 1 && drawn.iter().all(|own| own.0 == 0 || both.contains(own)));
        let way = match both[0].1 {
            Action::Crash { .. } => 0,
            Action::Isolate => 1,
            Action::Mute { sends: true, hears: false } => 2,
            Action::Mute { sends: false, hears: true } => 3,
            ref other => panic!("{other:?} is none of the four"),
        };
        ways[way] += 1;
    }
    // Four standard deviations around a quarter of 400.
    assert!(ways.iter().all(|count| (65..=135).contains(count)), "{ways:?}");
    let as_is = "[heal]\nwithin = \"1s\"\ncore = [\"n0\"]\nremainder = \"as-is\"\n";
    assert_eq!(remainder(&*open("", as_is), 1), []);
    assert_eq!(remainder(&*open("", "[heal]\nwithin = \"1s\"\n"), 1), []);
}

#[test]
fn a_fault_of_the_file_that_waits_for_the_heal_goes_before_the_drawn_one() {
    let rest =
        format!("{CORE}[[fault]]\nat-heal = true\nmute = {{ who = \"n2\", hears = true }}\n");
    let council = open("", &rest);
    for seed in 0..20 {
        let outcome = run(&*council, seed);
        let struck: Vec<bool> = outcome.faults.iter().map(|f| f.struck.is_some()).collect();
        assert_eq!(struck, [true, false]);
        let told = council.scene(seed, &Options::default(), 12);
        let deaf = &told.seats[0];
        assert_eq!((deaf.node.number(), deaf.hears, deaf.heard_by), (2, 0, 2));
    }
}

#[test]
fn whoever_outside_the_core_is_joined_to_most_of_it_is_broken_and_who_is_not_is_broken_enough() {
    let broken = |parted_from: &str| {
        let text = format!(
            "name = \"election/by-hand\"\nformat = 1\nduration = \"4s\"\n[nodes]\nservers = 6\n\
             [algorithm.election-raft]\n[heal]\nat = \"1s\"\nwithin = \"2s\"\n\
             core = [\"n0\", \"n1\", \"n2\", \"n3\", \"n4\"]\n\
             [[fault]]\nat = \"500ms\"\ncut = {{ from = [\"n5\"], to = [{parted_from}] }}\n"
        );
        let opened = Catalog::builtin().open(Source::new("by-hand", &text));
        let raft = opened.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
        let outcome = run(&*raft, 0);
        let drawn = outcome.faults.iter().find(|fault| fault.id.0 >= 1_000_000_000);
        drawn.expect("one fault waits for the heal").struck.is_some()
    };
    assert!(broken("\"n0\""));
    assert!(broken("\"n0\", \"n3\""), "two of five links are cut");
    assert!(!broken("\"n0\", \"n3\", \"n4\""), "three of five links are cut");
}
