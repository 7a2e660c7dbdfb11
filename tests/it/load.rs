//! The load: what a file does not pin the seed draws, each key by its own law and from its own
//! stream; what was drawn prints as what would pin it, and is frozen without a loss.
#![expect(clippy::disallowed_methods, reason = "the floats of std are the judges here")]

use crate::frozen::expect_lossless;
use crate::luck_statistics::{SIGMAS, chi_square, expect_even};
use crate::scenario_files::{Order, Toy, drawn_for, good, known, read};
use std::collections::{BTreeMap, BTreeSet};
use stormseed::assumption::Assumptions;
use stormseed::calibration::{Calibration, Subject};
use stormseed::catalog::{Catalog, Options};
use stormseed::fault::When;
use stormseed::observe::TraceLevel;
use stormseed::rng::{Stream, below};
use stormseed::scenario::{Scenario, Source};
use stormseed::schedule::{Recipient, Schedule};
use stormseed::time::{Duration, SimTime};
use stormseed::units::Span;

/// So many commands are the most that a run is drawn.
const BUDGET: usize = 4_000;
/// Runs that show a law.
const RUNS: u64 = 4_000;

fn load(keys: &str) -> Scenario {
    lasting("20s", keys)
}

fn lasting(duration: &str, keys: &str) -> Scenario {
    good(&format!(
        "name = 'a/b'\nformat = 1\nduration = '{duration}'\n[nodes]\nservers = 5\nclients = 2\n\
         [algorithm.lock-toy]\n[load]\n{keys}\n"
    ))
}

/// An algorithm with timers of 160 ms and a round trip of 16 ms.
fn subject() -> Subject {
    let timers = Span::only(Duration::from_millis(160));
    let calibration = Calibration { timers, round_trip: Duration::from_millis(16), service: None };
    Subject { assumes: Assumptions::default(), calibration }
}

fn schedule(scenario: &Scenario, seed: u64) -> Schedule<Order> {
    drawn_for(scenario, seed, &subject())
}

/// What was drawn, by the keys of `[load]`.
fn words(scenario: &Scenario, seed: u64) -> BTreeMap<String, String> {
    let lines = scenario.drawn_load::<Toy>(seed, &subject());
    let word = |line: &String| {
        let (key, value) = line.split_once(" = ").expect("a key and its value");
        (key.to_owned(), value.trim_matches('"').to_owned())
    };
    lines.iter().map(word).collect()
}

/// The values of a key in the runs that have it.
fn values(keys: &str, key: &str) -> Vec<String> {
    let scenario = load(keys);
    (0..RUNS).filter_map(|seed| words(&scenario, seed).remove(key)).collect()
}

fn span(text: &str) -> Span<Duration> {
    text.parse().unwrap_or_else(|_| panic!("{text} is a range"))
}

/// Demands that numbers follow the law of log-uniform ones from 1 to this.
fn expect_log_uniform(what: &str, most: u64, values: impl Iterator<Item = u64>) {
    let mut counts = vec![0; most as usize];
    values.for_each(|value| counts[value as usize - 1] += 1);
    let runs = counts.iter().sum::<u64>() as f64;
    let whole = ((most + 1) as f64).ln();
    let chance = |value: u64| ((value + 1) as f64 / value as f64).ln() / whole;
    let expected: Vec<f64> = (1..=most).map(|value| runs * chance(value)).collect();
    let sigmas = chi_square(&counts, &expected);
    assert!(sigmas < SIGMAS, "{what}: {sigmas:.1} standard deviations away");
}

#[test]
fn what_is_drawn_prints_as_what_pins_it() {
    let scenario = load("");
    assert!(scenario.draws());
    for seed in 0..100 {
        let lines = scenario.drawn_load::<Toy>(seed, &subject());
        let pinned = load(&lines.join("\n"));
        assert!(!pinned.draws(), "{lines:?}");
        assert_eq!(pinned.drawn_load::<Toy>(seed, &Subject::default()), lines);
        let again = drawn_for(&pinned, seed, &Subject::default());
        assert_eq!(schedule(&scenario, seed), again, "seed {seed}");
    }
}

#[test]
fn a_key_that_is_pinned_moves_no_other() {
    let free = load("");
    let pins = [
        "mix = { propose = 3, put = 9 }",
        "keys = 7",
        "skew = \"0.77\"",
        "loop = \"open\"",
        "loop = \"closed\"",
        "every = \"1ms..3ms\"",
        "clients = 3",
        "think = \"7ms\"",
        "timeout = \"9s\"",
        "bursts = \"none\"",
        "bursts = { size = 9, gap = \"1ms\", pause = \"77ms\" }",
        "to = \"n1\"",
    ];
    for pin in pins {
        let own = pin.split(' ').next().expect("a key");
        let has_rhythm = ["bursts = {", "every", "think"].iter().any(|key| pin.starts_with(key));
        let pinned = match has_rhythm {
            // Bursts in runs that draw none, and none where `every` or `think` shall show.
            true if own == "bursts" => load(pin),
            true => load(&format!("bursts = \"none\"\n{pin}")),
            false => load(pin),
        };
        let mut shown = 0;
        for seed in 0..200 {
            let (mut all, mut some) = (words(&free, seed), words(&pinned, seed));
            shown += u32::from(some.get(own) != all.get(own));
            // Which commands there are depends on whether somebody waits for their answers.
            let left_out = if own == "loop" { "mix" } else { own };
            for key in [own, left_out, if has_rhythm { "bursts" } else { own }] {
                all.remove(key);
                some.remove(key);
            }
            let both = |key: &&String| some.contains_key(*key);
            for key in all.keys().filter(both) {
                assert_eq!(all[key], some[key], "{pin} moves {key}, seed {seed}");
            }
            let (only, steady) = (all.len().max(some.len()), all.keys().filter(both).count());
            assert!(only - steady <= 3, "{pin}: {all:?} {some:?}");
        }
        assert!(shown > 50, "{pin} shows in {shown} runs");
    }
}

/// When, whom, the word, the key: each as one list.
fn parts(schedule: &Schedule<Order>) -> [Vec<String>; 4] {
    let mut parts = [const { Vec::new() }; 4];
    let mut add = |when: String, to: &Recipient, command: &Order| {
        let (word, key) = match command {
            Order::Put { key, .. } => ("put", *key),
            Order::Watch { key, .. } => ("watch", *key),
            _ => ("propose", u64::MAX),
        };
        let all = [when, format!("{to:?}"), word.to_owned(), key.to_string()];
        parts.iter_mut().zip(all).for_each(|(part, one)| part.push(one));
    };
    for planned in &schedule.commands {
        add(format!("{:?}", planned.when), &planned.to, &planned.command);
    }
    for operation in schedule.clients.iter().flat_map(|client| &client.operations) {
        let when = format!("{} {}", operation.not_before, operation.think);
        add(when, &operation.to, &operation.command);
    }
    parts
}

#[test]
fn times_words_keys_and_recipients_have_streams_of_their_own() {
    let base = "mix = { put = 1, propose = 1 }\nkeys = 9\nskew = \"uniform\"\n\
                every = \"1ms..30ms\"\nbursts = \"none\"\nto = \"one(servers)\"\n\
                think = \"1ms..9ms\"";
    let changes = [
        ("keys = 9", "keys = 250", 3),
        ("skew = \"uniform\"", "skew = \"1.2\"", 3),
        ("to = \"one(servers)\"", "to = \"one(clients)\"", 1),
    ];
    for kind in ["open", "closed"] {
        let kept = |text: &str| {
            let mut lines: Vec<&str> = text.lines().collect();
            let stray = if kind == "open" { "think" } else { "every" };
            lines.retain(|line| !line.starts_with(stray));
            load(&format!("loop = \"{kind}\"\n{}", lines.join("\n")))
        };
        let whole = kept(base);
        for (old, new, moved) in changes {
            let other = kept(&base.replace(old, new));
            for seed in 0..5 {
                let (one, two) = (parts(&schedule(&whole, seed)), parts(&schedule(&other, seed)));
                assert!(one[0].len() > 500);
                for part in 0..4 {
                    assert_eq!(one[part] == two[part], part != moved, "{new}: part {part}");
                }
            }
        }
    }
}

#[test]
fn every_choice_between_two_is_even() {
    let is = |values: Vec<String>, one: &str| -> Vec<u64> {
        values.iter().map(|value| u64::from(value == one)).collect()
    };
    let (closed, open) = ("loop = \"closed\"", "loop = \"open\"");
    let cases = [
        ("", "loop", "open"),
        ("", "skew", "uniform"),
        ("", "to", "leader"),
        (open, "bursts", "none"),
        (closed, "bursts", "none"),
        ("loop = \"closed\"\nbursts = \"none\"", "think", "0ns"),
    ];
    for (keys, key, one) in cases {
        let values = is(values(keys, key), one);
        assert_eq!(values.len() as u64, RUNS);
        expect_even(&format!("{key} {keys}"), 2, values.into_iter());
    }
    for to in values("", "to") {
        assert!(["leader", "one(servers)"].contains(&to.as_str()), "{to}");
    }
    assert!(values(open, "clients").is_empty() && values(closed, "every").is_empty());
}

#[test]
fn each_command_is_there_in_half_of_the_runs_and_one_in_all() {
    let mixes = values("loop = \"open\"", "mix");
    let (mut weights, mut subsets) = (BTreeMap::<&str, Vec<u64>>::new(), [0u64; 8]);
    for mix in &mixes {
        let entries = mix.trim_matches(['{', '}', ' ']).split(", ");
        let mut subset = 0;
        for (word, weight) in entries.map(|entry| entry.split_once(" = ").expect("a weight")) {
            weights.entry(word).or_default().push(weight.parse().expect("a number"));
            subset |= match word {
                "propose" => 1,
                "put" => 2,
                "watch" => 4,
                _ => panic!("`{word}` cannot be asked for by its word alone"),
            };
        }
        subsets[subset] += 1;
    }
    // All coins deny in an eighth of the runs; then each of the three is alone a third of the time.
    let runs = mixes.len() as f64;
    let alone = runs * (1.0 / 8.0 + 1.0 / 24.0);
    let more = runs / 8.0;
    let sigmas = chi_square(&subsets[1..], &[alone, alone, more, alone, more, more, more]);
    assert!(sigmas < SIGMAS, "{subsets:?}: {sigmas:.1}");
    for (word, weights) in weights {
        expect_log_uniform(word, 16, weights.into_iter());
    }
    for mix in values("loop = \"closed\"", "mix") {
        assert!(!mix.contains("watch"), "nobody answers `watch`: {mix}");
    }
}

#[test]
fn numbers_are_log_uniform_and_exponents_even() {
    let numbers = |keys: &str, key: &str| -> Vec<u64> {
        values(keys, key).iter().map(|value| value.parse().expect("a number")).collect()
    };
    expect_log_uniform("keys", 256, numbers("", "keys").into_iter());
    let clients = numbers("loop = \"closed\"", "clients");
    expect_log_uniform("clients", 16, clients.into_iter());
    let exponents = values("", "skew").into_iter().filter(|skew| skew != "uniform");
    let hundredths = exponents.map(|skew| {
        let (whole, rest) = skew.split_once('.').unwrap_or((&skew, ""));
        format!("{whole}{rest:0<2}").parse::<u64>().expect("hundredths") - 50
    });
    expect_even("exponents", 101, hundredths);
    let sizes = values("", "bursts").into_iter().filter(|bursts| bursts != "none");
    let size = |bursts: String| -> u64 {
        let rest = bursts.trim_start_matches("{ size = ");
        rest.split(',').next().and_then(|size| size.parse().ok()).expect("a size")
    };
    let mut octaves = [0u64; 7];
    sizes.map(size).for_each(|size| octaves[size.ilog2() as usize] += 1);
    let runs = octaves.iter().sum::<u64>() as f64;
    let octave = 2f64.ln() / 32.5f64.ln() * runs;
    let last = (65f64 / 64.0).ln() / 32.5f64.ln() * runs;
    let sigmas = chi_square(&octaves[1..], &[octave, octave, octave, octave, octave, last]);
    assert!(octaves[0] == 0 && sigmas < SIGMAS, "{octaves:?}: {sigmas:.1}");
}

/// Demands that lengths are drawn around ones that are log-uniform between these, in microseconds.
fn expect_lengths(what: &str, least: u64, most: u64, spans: &[Span<Duration>]) {
    let middle = |span: &Span<Duration>| {
        let (min, max) = (span.min.as_nanos(), span.max.as_nanos());
        assert!(max / min == 2 || max / min == 3, "{what}: {span}");
        (min + max) as f64 / 2e3
    };
    let (least, most) = (least as f64, most as f64);
    let mut quarters = [0u64; 4];
    for middle in spans.iter().map(middle) {
        let place = (middle / least).ln() / (most / least).ln();
        assert!((-0.01..1.01).contains(&place), "{what}: {middle} us");
        quarters[(place * 4.0).clamp(0.0, 3.0) as usize] += 1;
    }
    let mean = spans.len() as f64 / 4.0;
    let sigmas = chi_square(&quarters, &[mean; 4]);
    assert!(sigmas < SIGMAS, "{what}: {quarters:?}, {sigmas:.1}");
}

#[test]
fn lengths_are_log_uniform_in_the_units_of_the_calm_run() {
    let spans = |values: Vec<String>| -> Vec<Span<Duration>> {
        values.iter().filter(|value| *value != "0ns").map(|value| span(value)).collect()
    };
    // Twice a 4,000th of the run is 10 ms, more than an eighth of the round trip of 16 ms.
    let every = spans(values("loop = \"open\"\nbursts = \"none\"", "every"));
    expect_lengths("every", 10_000, 320_000, &every);
    let think = spans(values("loop = \"closed\"\nbursts = \"none\"", "think"));
    expect_lengths("think", 8_000, 160_000, &think);
    let mut pauses = Vec::new();
    for bursts in values("", "bursts").iter().filter(|bursts| *bursts != "none") {
        let quoted: Vec<&str> = bursts.split('"').collect();
        assert_eq!(quoted[1], "0ns..2ms", "a gap is an eighth of a round trip at most");
        // Where a burst is large the pause behind it is long, for the budget.
        if bursts.starts_with("{ size = 2,") || bursts.starts_with("{ size = 3,") {
            pauses.push(span(quoted[3]));
        }
    }
    assert!(pauses.len() > 300);
    expect_lengths("pause", 160_000, 1_280_000, &pauses);
    assert!(values("loop = \"closed\"", "timeout").iter().all(|timeout| timeout == "320ms"));
}

/// The keys that are asked for in a run.
fn asked_keys(keys: &str, seed: u64) -> Vec<u64> {
    let schedule = schedule(&load(&format!("mix = {{ put = 1 }}\n{keys}")), seed);
    let timed = schedule.commands.iter().map(|planned| &planned.command);
    let operations = schedule.clients.iter().flat_map(|client| &client.operations);
    let all = timed.chain(operations.map(|operation| &operation.command));
    let key = |command: &Order| match command {
        Order::Put { key, .. } => *key,
        other => panic!("{other:?} is not in the mix"),
    };
    all.map(key).collect()
}

#[test]
fn keys_are_as_popular_as_the_skew_says() {
    let closed = "loop = \"closed\"\nclients = 3\nbursts = \"none\"";
    let open = "loop = \"open\"\nevery = \"4ms..6ms\"\nbursts = \"none\"";
    for rest in [closed, open] {
        let keys = asked_keys(&format!("keys = 16\nskew = \"uniform\"\n{rest}"), 1);
        assert!(keys.len() > 3_500);
        expect_even("uniform", 16, keys.into_iter());
        let keys = asked_keys(&format!("keys = 16\nskew = \"0.99\"\n{rest}"), 2);
        let mut counts = [0u64; 16];
        keys.iter().for_each(|key| counts[*key as usize] += 1);
        let weights: Vec<f64> = (1..=16u32).map(|rank| f64::from(rank).powf(-0.99)).collect();
        let unit = keys.len() as f64 / weights.iter().sum::<f64>();
        let expected: Vec<f64> = weights.iter().map(|weight| weight * unit).collect();
        let sigmas = chi_square(&counts, &expected);
        assert!(sigmas < SIGMAS, "{counts:?}: {sigmas:.1}");
        assert!(counts[0] > 5 * counts[9], "the first is hot: {counts:?}");
    }
}

#[test]
fn commands_are_asked_for_by_their_weights() {
    let text = "mix = { propose = 3, put = 5, watch = 8 }\nevery = \"4ms..6ms\"\n\
                loop = \"open\"\nbursts = \"none\"";
    let [.., words, _] = parts(&schedule(&load(text), 1));
    let count = |word: &str| words.iter().filter(|other| *other == word).count() as u64;
    let counts = [count("propose"), count("put"), count("watch")];
    let sixteenth = words.len() as f64 / 16.0;
    let sigmas = chi_square(&counts, &[3.0 * sixteenth, 5.0 * sixteenth, 8.0 * sixteenth]);
    assert!(words.len() > 3_500 && sigmas < SIGMAS, "{counts:?}: {sigmas:.1}");
    // Where nobody answers what is asked for, nobody waits.
    let silent = load("mix = { watch = 1 }\nclients = 3");
    assert!((0..50).all(|seed| schedule(&silent, seed).clients.is_empty()));
}

fn times(schedule: &Schedule<Order>) -> Vec<u64> {
    let time = |when: &When| match when {
        When::At(at) => at.as_nanos(),
        other => panic!("{other:?} is no time"),
    };
    schedule.commands.iter().map(|planned| time(&planned.when)).collect()
}

#[test]
fn bursts_are_seen_in_the_times() {
    let bursts = "bursts = { size = 8, gap = \"0ms..1ms\", pause = \"300ms..500ms\" }";
    let pause = 300_000_000..=500_000_000;
    let open = schedule(&load(&format!("loop = \"open\"\n{bursts}")), 3);
    let times = times(&open);
    assert!(times.len() > 300);
    for (nth, pair) in (1..).zip(times.windows(2)) {
        let gap = pair[1] - pair[0];
        let is_right = if nth % 8 == 0 { pause.contains(&gap) } else { gap <= 1_000_000 };
        assert!(is_right, "command {nth} comes {gap} ns after the one before");
    }
    let closed = schedule(&load(&format!("loop = \"closed\"\nclients = 2\n{bursts}")), 3);
    assert_eq!(closed.clients.len(), 2);
    for operations in closed.clients.iter().map(|client| &client.operations) {
        assert!(operations.len() > 1_000);
        for (nth, operation) in operations.iter().enumerate() {
            let think = operation.think.as_nanos();
            let is_right = if nth % 8 == 0 { pause.contains(&think) } else { think <= 1_000_000 };
            assert!(is_right, "operation {nth} after {think} ns");
            let first = &operations[nth / 8 * 8];
            assert_eq!(operation.not_before, first.not_before, "a burst is not held apart");
        }
    }
    // What is drawn is at most an eighth of a round trip apart, and pauses for a patience.
    let scenario = load("loop = \"open\"");
    let mut bursty = 0;
    for seed in (0..100).filter(|seed| words(&scenario, *seed)["bursts"] != "none") {
        let times = self::times(&schedule(&scenario, seed));
        let gaps: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (short, long): (Vec<u64>, Vec<u64>) = gaps.iter().partition(|gap| **gap <= 2_000_000);
        assert!(long.iter().all(|gap| *gap >= 80_000_000), "seed {seed}: {long:?}");
        bursty += u64::from(short.len() >= long.len());
    }
    assert!(bursty > 30, "{bursty}");
}

#[test]
fn no_run_is_drawn_more_than_it_can_bear_and_the_load_lasts_as_long_as_the_run() {
    let tiny = Calibration {
        timers: Span::only(Duration::from_micros(9)),
        round_trip: Duration::from_micros(2),
        service: None,
    };
    let tiny = Subject { calibration: tiny, ..subject() };
    for (duration, seconds) in [("1s", 1), ("20s", 20), ("500h", 1_800_000)] {
        let scenario = lasting(duration, "");
        for seed in 0..100 {
            let schedule = drawn_for(&scenario, seed, &tiny);
            let operations = schedule.clients.iter().map(|client| client.operations.len());
            let count = schedule.commands.len() + operations.sum::<usize>();
            assert!((1..=BUDGET).contains(&count), "seed {seed}: {count} in {duration}");
            let starts = schedule.clients.iter().filter_map(|client| client.operations.last());
            let last = starts.map(|operation| operation.not_before.as_nanos()).max();
            let last = last.or(times(&schedule).last().copied()).expect("one at least");
            assert!(last > seconds * 700_000_000, "seed {seed}: the last in {duration} at {last}");
            assert!(last <= schedule.end.as_nanos());
        }
    }
}

#[test]
fn no_two_commands_of_a_run_are_the_same() {
    let scenario = good(
        "name = 'a/b'\nformat = 1\nduration = '5s'\n[nodes]\nservers = 5\n[algorithm.lock-toy]\n\
         [[command]]\nat = '1s'\nword = 'put'\nto = 'n1'\nkey = 9\n\
         [workload]\nput = { to = 'one', every = '50ms' }\n\
         propose = { to = 'one', every = '50ms', clients = 2 }\n[load]\n",
    );
    let mut loops = [0, 0];
    for seed in 0..100 {
        let schedule = schedule(&scenario, seed);
        let timed = schedule.commands.iter().map(|planned| &planned.command);
        let operations = schedule.clients.iter().flat_map(|client| &client.operations);
        let number = |command: &Order| match command {
            Order::Put { unique, .. } | Order::Watch { unique, .. } => *unique,
            Order::Propose(unique) => *unique,
            other => panic!("{other:?} is not asked for"),
        };
        let all = timed.chain(operations.map(|operation| &operation.command));
        let all: Vec<u64> = all.map(number).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "seed {seed}");
        loops[usize::from(schedule.clients.len() > 2)] += 1;
        let is_ninth = |command: &Order| matches!(command, Order::Put { key: 9, .. });
        let first = schedule.commands.iter().find(|planned| is_ninth(&planned.command));
        assert!(first.is_some(), "a single command has the key that it says");
    }
    assert!(loops.iter().all(|count| *count > 30), "{loops:?}");
}

#[test]
fn a_client_more_asks_and_the_others_ask_as_before() {
    let rest = "loop = \"closed\"\nmix = { put = 1, propose = 2 }\nbursts = \"none\"";
    let of = |clients: u32| schedule(&load(&format!("clients = {clients}\n{rest}")), 4).clients;
    let (few, many) = (of(2), of(3));
    assert_eq!((few.len(), many.len()), (2, 3));
    for (one, other) in few.iter().zip(&many) {
        for (one, other) in one.operations.iter().zip(&other.operations) {
            let what = |o: &stormseed::schedule::Operation<Order>| {
                (o.think, o.to.clone(), o.command.clone())
            };
            assert_eq!(what(one), what(other));
        }
    }
}

#[test]
fn a_load_is_frozen_with_its_keys() {
    let scenario = load("mix = { put = 1, watch = 1, propose = 1 }\nkeys = 5");
    let (mut timed, mut waiting) = (0, 0);
    for seed in 0..8 {
        let (text, schedule) = expect_lossless(&scenario, seed);
        assert!(!text.contains("[load]") && text.contains("key "), "{text}");
        timed += schedule.commands.len();
        waiting += schedule.clients.len();
    }
    assert!(timed > 0 && waiting > 0, "both loops are frozen");
}

/// Raft with a load, and no storm.
fn raft(load: &str) -> String {
    format!(
        "name = 'a/b'\nformat = 1\nduration = '10s'\n[nodes]\nservers = 3\n\
         [algorithm.election-raft]\n[load]\n{load}\n"
    )
}

#[test]
fn clients_of_a_load_wait_think_and_come_in_bursts() {
    let text = raft(
        "loop = 'closed'\nclients = 2\nto = 'leader'\n\
         bursts = { size = 5, gap = '1ms..2ms', pause = '200ms..400ms' }",
    );
    let raft = Catalog::builtin().open(Source::new("raft", &text)).expect("it is right");
    let drawn = raft.drawn_load(3);
    assert!(drawn[0].starts_with("mix = { propose = "), "{drawn:?}");
    assert!(drawn.contains(&"loop = \"closed\"".to_owned()), "{drawn:?}");
    let full = Options { trace: TraceLevel::Full, ..Options::default() };
    let mut clients: BTreeMap<u64, (u64, SimTime, bool)> = BTreeMap::new();
    let (mut paused, mut quick) = (0, 0);
    let outcome = raft.tell(3, &full, &mut |row| {
        let number = row.detail.rsplit(' ').next().and_then(|number| number.parse().ok());
        let client = number.unwrap_or(0u64) >> 20 & 0xfff;
        let (nth, at, waits) = clients.entry(client).or_insert((0, SimTime::ZERO, false));
        match row.kind {
            "command" => {
                assert!(!*waits, "client {client} asks and waits");
                let thought = row.at.since(*at).as_nanos();
                // Where in its burst a client is, its first questions hide: nobody heard them.
                if *nth > 0 {
                    paused += u32::from(thought >= 200_000_000);
                    quick += u32::from(thought <= 2_000_000);
                }
                (*nth, *waits) = (*nth + 1, true);
            }
            "answer" | "give-up" => (*at, *waits) = (row.at, false),
            _ => {}
        }
    });
    let asked: u64 = clients.values().map(|(nth, ..)| nth).sum();
    assert_eq!((clients.len(), outcome.verdict.word()), (2, "pass"));
    assert!(paused > 20 && quick >= 3 * paused, "{paused} pauses, {quick} of {asked} in bursts");
    assert!(outcome.counts.answered > 100, "{}", outcome.counts.answered);
}

#[test]
fn a_load_needs_something_to_ask_for_and_clients_somebody_who_answers() {
    let bully = "name = 'a/b'\nformat = 1\nduration = '9s'\n[nodes]\nservers = 3\n\
                 [algorithm.election-bully]\n[load]\nkeys = 3\n";
    let Err(said) = Catalog::builtin().open(Source::new("bully", bully)) else {
        panic!("Bully has no commands");
    };
    let said = said.to_string();
    assert!(said.contains("election-bully has no command that could be drawn"), "{said}");
    assert!(said.contains("bully:7:1") && said.contains("leave `[load]` out"), "{said}");
    let mut silent = known();
    silent[0].answered.clear();
    let source = load("loop = \"closed\"").source().clone();
    let said = Scenario::read(source, &silent).expect_err("nobody answers").to_string();
    assert!(said.contains("lock-toy never answers: nobody can wait"), "{said}");
    let text = raft("mix = { propos = 1 }");
    let Err(said) = Catalog::builtin().open(Source::new("raft", &text)) else {
        panic!("`propos` is no command");
    };
    assert!(said.to_string().contains("did you mean `propose`?"), "{said}");
}

#[test]
fn a_pinned_load_that_nobody_could_run_is_refused() {
    let many = "every = \"1ns\"\nbursts = \"none\"";
    let crowded = "bursts = { size = 1000, pause = \"1ms\" }";
    for keys in [many, crowded] {
        let text = load("").source().text().replace("[load]", &format!("[load]\n{keys}"));
        let said = read(&text).expect_err("too many").to_string();
        assert!(said.contains("1000000 are the most"), "{said}");
    }
}

#[test]
fn what_a_client_asks_for_is_drawn_from_a_stream_of_its_own_name() {
    // One stream for words and times would look as random, and a change of the rhythm would
    // change what is asked for.
    let rhythm = "every = \"1ms..30ms\"\nbursts = \"none\"\nskew = \"uniform\"\nloop = \"open\"";
    let scenario = load(&format!("mix = {{ propose = 1, put = 3 }}\n{rhythm}"));
    for seed in 0..20 {
        let drawn = schedule(&scenario, seed);
        let mut luck = Stream::new(seed, "load/0/words");
        let mut words: Vec<bool> = Vec::new();
        for command in drawn.commands.iter().take(200) {
            words.push(matches!(command.command, Order::Propose(_)));
        }
        let expected: Vec<bool> = words.iter().map(|_| below(&mut luck, 4) < 1).collect();
        assert_eq!(words, expected, "seed {seed}");
    }
}
