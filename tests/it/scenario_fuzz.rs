//! Scenario files by a careless or hostile hand: every one is read or refused in few words, and
//! what is read runs to an end. Nothing panics, nothing hangs.

use crate::scenario_files::{FULL, ToySettings, drawn, known, read};
use crate::scenarios::shipped;
use stormseed::assumption::Assumptions;
use stormseed::catalog::{Catalog, Options};
use stormseed::rng::{Luck64, Stream, below};
use stormseed::scenario::{Scenario, Source};

/// What hurts readers.
const ODD: [&[u8]; 27] = [
    b"\"",
    b"[",
    b"]",
    b"{",
    b"}",
    b"=",
    b"..",
    b"\n",
    b"\xff",
    b"\0",
    b"nan",
    b"-inf",
    b"99999999999999999999",
    b"\"1e9s\"",
    b"\"18446744073709551615ns\"",
    b"-1",
    b"1e400",
    b"\xe2\x80\xae",
    b"\"0ns..1h\"",
    b"[[",
    b"\"\"\"",
    b"1979-05-27",
    b"'",
    b"random(9)",
    b"inf",
    b"n99",
    b"1000000000000000000",
];

/// Changes a text as a careless or hostile hand would.
fn mutate(luck: &mut Stream, seeds: &[Vec<u8>]) -> Vec<u8> {
    let pick = |luck: &mut Stream, of: usize| below(luck, of.max(1) as u64) as usize;
    let mut bytes = seeds[pick(luck, seeds.len())].clone();
    for _ in 0..=pick(luck, 4) {
        let at = pick(luck, bytes.len());
        match pick(luck, 8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << pick(luck, 8),
            1 => bytes.truncate(at),
            2 => {
                let odd = ODD[pick(luck, ODD.len())];
                bytes.splice(at..at, odd.iter().copied());
            }
            3 => {
                let end = (at + pick(luck, 20)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let other = &seeds[pick(luck, seeds.len())];
                let from = pick(luck, other.len());
                let piece = other[from..(from + pick(luck, 60)).min(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                let odd = ODD[pick(luck, ODD.len())];
                let end = (at + odd.len()).min(bytes.len());
                bytes.splice(at..end, odd.iter().copied());
            }
            6 => {
                let digits = bytes.iter().enumerate().filter(|(_, b)| b.is_ascii_digit());
                let places: Vec<usize> = digits.map(|(place, _)| place).collect();
                if !places.is_empty() {
                    bytes[places[pick(luck, places.len())]] = b'0' + pick(luck, 10) as u8;
                }
            }
            _ => {
                let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').collect();
                let (one, two) = (pick(luck, lines.len()), pick(luck, lines.len()));
                let mut lines: Vec<Vec<u8>> = lines.into_iter().map(<[u8]>::to_vec).collect();
                lines.swap(one, two);
                bytes = lines.join(&b'\n');
            }
        }
    }
    bytes
}

#[test]
fn no_file_makes_it_panic() {
    let mut seeds = vec![FULL.as_bytes().to_vec()];
    for part in FULL.split("\n[[fault]]").skip(1) {
        let head = "name='a'\nformat=1\nduration='9s'\n[nodes]\nservers=3\n[algorithm.lock-toy]\n";
        let part = part.split("\n[").next().unwrap_or_default();
        seeds.push(format!("{head}[[fault]]{part}\n").into_bytes());
    }
    let mut luck = Stream::new(1, "mutations of scenario files");
    let (mut valid, mut wrong) = (0, 0);
    for round in 0..100_000 {
        let bytes = if round % 50 == 0 {
            (0..below(&mut luck, 200)).map(|_| luck.next() as u8).collect()
        } else {
            mutate(&mut luck, &seeds)
        };
        let result = Source::from_bytes("mutated.toml", &bytes)
            .and_then(|source| Scenario::read(source, &known()));
        match result {
            Ok(scenario) => {
                valid += 1;
                if valid % 64 == 0 {
                    let _ = scenario.settings::<ToySettings>();
                    let assumes = Assumptions::default();
                    let _ = (scenario.conditions(round, &assumes), drawn(&scenario, round));
                }
            }
            Err(errors) => {
                wrong += 1;
                assert!(!errors.findings().is_empty());
                if wrong % 16 == 0 {
                    assert!(!errors.render(false).is_empty());
                }
            }
        }
    }
    assert!(valid > 1_000 && wrong > 10_000, "{valid} valid, {wrong} wrong");
}

#[test]
fn monstrous_files_are_refused_in_few_words() {
    let deep = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let tables = format!("[{}a]", "a.".repeat(100_000));
    let key = format!("{} = 1", "k".repeat(900_000));
    let value = format!("name = \"{}\"", "\u{202e}x".repeat(300_000));
    let many = "[[fault]]\n".repeat(20_000);
    let stray: String = (0..2_000).map(|n| format!("key{n} = 1\n")).collect();
    for text in [deep, tables, key, value, many, stray] {
        let shown = read(&text).unwrap_err().render(false);
        assert!(shown.len() < 64 * 1024, "{} bytes", shown.len());
        assert!(!shown.contains('\u{202e}'));
    }
    let endless = Source::read("endless", std::io::repeat(b' '));
    assert!(endless.unwrap_err().render(false).contains("16 MiB"));
}

/// A scenario of Raft with one more line at its head, and more sections at its end.
fn raft(head: &str, sections: &str) -> String {
    format!(
        "name = \"t/x\"\nformat = 1\nduration = \"2s\"\n{head}\n[nodes]\nservers = 3\n\
         [algorithm.election-raft]\n{sections}\n"
    )
}

#[test]
fn hostile_values_are_refused_each_for_its_own_reason() {
    let catalog = Catalog::builtin();
    let refused = [
        (raft("", "heartbeat = \"nan\""), "heartbeat"),
        (raft("", "[network]\nloss = nan"), "loss"),
        (raft("", "[network]\nloss = inf"), "loss"),
        (raft("", "[network]\nlatency = \"inf\""), "latency"),
        (raft("", "[clocks]\ndrift = \"-inf\""), "drift"),
        (raft("", "[[fault]]\nat = \"1s\"\npause = { who = \"n3\", for = \"1s\" }"), "n3"),
        (raft("", "[[command]]\nat = \"1s\"\nword = \"propose\"\nto = \"n4294967296\""), "to"),
        (raft("", "").replace("servers = 3", "servers = 0"), "servers"),
        (raft("", "").replace("servers = 3", ""), "nodes"),
        (raft("", "").replace("servers = 3", "servers = 1000000000000000000"), "servers"),
        (raft("", "[budget]\nevents = 100000000000000000000"), "events"),
        (raft("", "[budget]\nevents = 1e18"), "events"),
        (raft("", "[workload]\npropose = { to = \"leader\", every = \"1ns\" }"), "every"),
        (raft("seeds = \"0..0\"", ""), "seeds"),
    ];
    for (text, place) in refused {
        let Err(errors) = catalog.open(Source::new("hostile.toml", &text)) else {
            panic!("this is read:\n{text}");
        };
        let shown = errors.to_string();
        assert!(shown.contains(place) && shown.len() < 2_000, "{text}\n{shown}");
    }
}

#[test]
fn a_run_without_end_ends_in_a_budget() {
    let catalog = Catalog::builtin();
    let endless = raft("", "[budget]\nevents = 50_000").replace("\"2s\"", "\"80000h\"");
    let patient = raft("", "[budget]\nevents = 1000000000000000000");
    for (text, verdict) in [(endless, "inconclusive"), (patient, "pass")] {
        let experiment = catalog.open(Source::new("long.toml", &text)).expect("it is right");
        assert_eq!(experiment.run(1, &Options::default()).verdict.word(), verdict);
    }
}

#[test]
fn a_shipped_scenario_that_was_changed_is_refused_or_runs_to_an_end() {
    let catalog = Catalog::builtin();
    let texts = shipped();
    let text = |(_, experiment): &(_, Box<dyn stormseed::catalog::Experiment>)| {
        experiment.scenario().source().text().as_bytes().to_vec()
    };
    let seeds: Vec<Vec<u8>> = texts.iter().map(text).collect();
    let mut luck = Stream::new(2, "mutations of shipped scenarios");
    let (mut ran, mut wrong) = (0, 0);
    for round in 0..3_000 {
        let mut bytes = mutate(&mut luck, &seeds);
        bytes.extend(b"\n[budget]\nevents = 2_000\npending = 20_000\n");
        let opened =
            Source::from_bytes("changed.toml", &bytes).and_then(|source| catalog.open(source));
        let Ok(experiment) = opened else {
            wrong += 1;
            continue;
        };
        let outcome = experiment.run(round, &Options::default());
        let (verdict, text) = (&outcome.verdict, String::from_utf8_lossy(&bytes));
        assert_ne!(verdict.word(), "panic", "{}\n{text}", verdict.detail());
        ran += 1;
    }
    assert!(ran > 300 && wrong > 300, "{ran} ran, {wrong} were refused");
}
