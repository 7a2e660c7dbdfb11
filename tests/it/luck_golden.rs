//! Known answers of everything that turns a seed into luck and a history into a fingerprint.
//!
//! A change here is a decision that needs a new `dice` version, never an accident: every seed that
//! anybody ever wrote down would mean another run. The answers stand in `tests/golden/luck.txt`;
//! a test that disagrees prints what it found.

use rand::{Rng, SeedableRng};
use serde::Serialize;
use stormseed::fingerprint::Fingerprint;
use stormseed::rng::{self, Keyed, Luck64, Ratio, Stream, Zipf};

const ANSWERS: &str = include_str!("../golden/luck.txt");
const SEEDS: [u64; 3] = [0, 1, 0x9e37_79b9_7f4a_7c15];

/// Compares lines with those of one section of the file of answers: `[section]`, then its lines.
fn expect_section(section: &str, found: &[String]) {
    let opening = format!("[{section}]");
    let expected: Vec<&str> = ANSWERS
        .lines()
        .skip_while(|line| *line != opening)
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(expected == found, "{opening} is now\n{opening}\n{}\n", found.join("\n"));
}

fn hex(words: impl IntoIterator<Item = u64>) -> String {
    words.into_iter().map(|word| format!("{word:016x}")).collect::<Vec<_>>().join(" ")
}

fn first<L: Luck64>(mut luck: L, count: usize) -> Vec<u64> {
    (0..count).map(|_| luck.next()).collect()
}

#[test]
fn the_generator_under_the_streams_is_chacha8_as_published() {
    // Strombergson, "Test Vectors for the Stream Cipher ChaCha", TC1: 8 rounds, a key of 256 zeros.
    let published = [
        0x3e00_ef2f_895f_40d6_u64,
        0x7f5b_b8e8_1f09_a5a1,
        0x2c84_0ec3_ce9a_7f3b,
        0x181b_e188_ef71_1a1e,
        0x984c_e172_b921_6f41,
        0x9f44_5367_456d_5619,
        0x314a_42a3_da86_b001,
        0x387b_fdb8_0e0c_fe42,
    ];
    let mut generator = rand_chacha::ChaCha8Rng::from_seed([0; 32]);
    for word in published {
        assert_eq!(generator.next_u64().to_le_bytes(), word.to_be_bytes());
    }
}

#[test]
fn streams_are_what_they_were() {
    let mut found = Vec::new();
    for seed in SEEDS {
        for purpose in ["", "nemesis/crash", "workload"] {
            let words = hex(first(Stream::new(seed, purpose), 6));
            found.push(format!("{seed:x} {purpose:?}: {words}"));
        }
    }
    expect_section("stream", &found);
}

#[test]
fn keyed_luck_is_what_it_was() {
    let corners = [0, 1, 1 << 63, u64::MAX, 0x0123_4567_89ab_cdef];
    let mut found = Vec::new();
    for a in corners {
        found.push(format!("mum {a:x}: {}", hex(corners.map(|b| rng::mum(a, b)))));
        found.push(format!("mix {a:x}: {}", hex(corners.map(|b| rng::mix(a, b)))));
    }
    for key in SEEDS {
        found.push(format!("key {key:x}: {}", hex(first(Keyed::new(key), 6))));
        found.push(format!("lane {key:x}: {}", hex(first(Keyed::lane(key, u64::MAX - 1), 4))));
    }
    expect_section("keyed", &found);
}

/// The first 16 values of a sampler and a digest of 10,000, from keyed luck of every seed.
fn sampled(name: &str, mut sample: impl FnMut(&mut Keyed) -> u64) -> Vec<String> {
    let mut lines = Vec::new();
    for seed in SEEDS {
        let mut luck = Keyed::new(seed);
        let values: Vec<u64> = (0..10_000).map(|_| sample(&mut luck)).collect();
        let mut digest = Fingerprint::EMPTY;
        values.iter().for_each(|&value| digest.fold(value));
        let some: Vec<String> = values[..16].iter().map(ToString::to_string).collect();
        lines.push(format!("{name} {seed:x}: {} ... {digest}", some.join(" ")));
    }
    lines
}

#[test]
fn uniform_samplers_are_what_they_were() {
    let chance = Ratio { numerator: 1, denominator: 3 };
    let letters: Vec<u64> = (100..107).collect();
    let mut found = sampled("below 10", |luck| rng::below(luck, 10));
    // Half of all words are rejected here.
    found.extend(sampled("below 2^63+1", |luck| rng::below(luck, (1 << 63) + 1)));
    found.extend(sampled("range 5..=1004", |luck| rng::range(luck, 5..=1004)));
    found.extend(sampled("range 0..=max", |luck| rng::range(luck, 0..=u64::MAX)));
    found.extend(sampled("bernoulli 1/3", |luck| u64::from(rng::bernoulli(luck, chance))));
    found.extend(sampled("bernoulli 250000 ppm", |luck| {
        u64::from(rng::bernoulli(luck, Ratio::from_ppm(250_000)))
    }));
    found.extend(sampled("choose of 7", |luck| *rng::choose(luck, &letters).unwrap()));
    found.extend(sampled("shuffle of 7", |luck| {
        let mut digits: Vec<u64> = (1..=7).collect();
        rng::shuffle(luck, &mut digits);
        digits.iter().fold(0, |number, digit| number * 10 + digit)
    }));
    expect_section("uniform", &found);
}

#[test]
fn shaped_samplers_are_what_they_were() {
    let mut found = Vec::new();
    for mean in [1_000, 150_000_000, u64::MAX / 2] {
        let name = format!("exponential {mean}");
        found.extend(sampled(&name, |luck| rng::exponential(luck, mean)));
    }
    for range in [1..=10, 1_000..=1_000_000_000, 0..=u64::MAX] {
        let name = format!("log_uniform {range:?}");
        found.extend(sampled(&name, |luck| rng::log_uniform(luck, range.clone())));
    }
    found.extend(sampled("standard_normal", |luck| rng::standard_normal(luck) as u64));
    for (median, sigma_ppm) in [(1_000_000, 100_000), (150_000_000, 500_000), (1 << 60, 3_000_000)]
    {
        let name = format!("log_normal {median} {sigma_ppm}");
        found.extend(sampled(&name, |luck| rng::log_normal(luck, median, sigma_ppm)));
    }
    for (items, exponent_ppm) in [(10, 1_000_000), (1_000, 990_000), (50_000, 1_500_000)] {
        let zipf = Zipf::new(items, exponent_ppm).unwrap();
        let name = format!("zipf {items} {exponent_ppm}");
        found.extend(sampled(&name, |luck| u64::from(zipf.draw(luck))));
    }
    expect_section("shaped", &found);
}

#[derive(Serialize)]
struct Unit;
#[derive(Serialize)]
struct Newtype(u16);
#[derive(Serialize)]
struct Pair(u8, i8);
#[derive(Serialize)]
struct Record {
    shapes: Vec<Shape>,
    next: Option<Box<Record>>,
}
#[derive(Serialize)]
enum Shape {
    Unit,
    Newtype(i64),
    Tuple(u8, String),
    Struct { a: u32, b: Option<()> },
}

/// Bytes that serialise as bytes and not as a sequence of integers.
struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

fn digest(value: &impl Serialize) -> String {
    let mut fingerprint = Fingerprint::EMPTY;
    fingerprint.fold_value(value);
    fingerprint.to_string()
}

/// Source text without its spaces, which are the compiler's to choose.
fn name_of(source: &str) -> String {
    source.split_whitespace().collect()
}

macro_rules! digests {
    ($($value:expr),* $(,)?) => {
        vec![$(format!("{} => {}", name_of(stringify!($value)), digest(&$value))),*]
    };
}

#[test]
fn fingerprints_of_plain_values_are_what_they_were() {
    let mut found = digests![
        false,
        true,
        0u8,
        200u8,
        200u16,
        200u32,
        200u64,
        200u128,
        u8::MAX,
        u16::MAX,
        u32::MAX,
        u64::MAX,
        u128::MAX,
        -1i8,
        -1i16,
        -1i32,
        -1i64,
        -1i128,
        i8::MIN,
        i16::MIN,
        i32::MIN,
        i64::MIN,
        i128::MIN,
        'a',
        '\u{10ffff}',
        "",
        "a",
        "12345678",
        "123456789",
        "n\u{e9}",
        Bytes(b""),
        Bytes(b"a"),
        Bytes(b"\0"),
        Bytes(b"123456789"),
        (),
    ];
    let mut fold = Fingerprint::EMPTY;
    found.push(format!("nothing => {fold}"));
    fold.fold(7);
    found.push(format!("fold 7 => {fold}"));
    fold.fold2(7, 8);
    found.push(format!("and fold2 7 8 => {fold}"));
    expect_section("plain", &found);
}

#[test]
fn fingerprints_of_compound_values_are_what_they_were() {
    let found = digests![
        None::<u8>,
        Some(0u8),
        Some(None::<u8>),
        Some(Some(3u8)),
        Unit,
        Newtype(9),
        Pair(1, -1),
        (1u8, "two", [3i32; 3]),
        Vec::<u8>::new(),
        vec![1u8],
        vec![vec![1u64, 2], vec![], vec![3]],
        Shape::Unit,
        Shape::Newtype(-5),
        Shape::Tuple(1, "x".into()),
        Shape::Struct { a: 1, b: Some(()) },
        Record {
            shapes: vec![Shape::Unit, Shape::Struct { a: 2, b: None }],
            next: Some(Box::new(Record { shapes: vec![], next: None })),
        },
    ];
    expect_section("compound", &found);
}

#[test]
fn values_side_by_side_are_not_mistaken_for_others() {
    let one: (Vec<Option<u64>>, Vec<Option<u64>>) = (vec![], vec![Some(0)]);
    let other: (Vec<Option<u64>>, Vec<Option<u64>>) = (vec![None], vec![None]);
    assert_ne!(digest(&one), digest(&other));
    assert_ne!(digest(&(vec![""; 0], vec!["\0"])), digest(&(vec![""], vec![""])));
    assert_ne!(digest(&("ab", "c")), digest(&("a", "bc")));
}

#[test]
#[should_panic(expected = "a float cannot be part of a fingerprinted value; use an integer")]
fn a_float_is_refused() {
    digest(&(1u8, 0.5f64));
}

#[test]
#[should_panic(expected = "a float cannot be part of a fingerprinted value; use an integer")]
fn a_short_float_is_refused() {
    digest(&vec![Some(0.5f32)]);
}

#[test]
#[should_panic(expected = "a map cannot be part of a fingerprinted value; use a sequence of pairs")]
fn a_map_is_refused() {
    digest(&std::collections::BTreeMap::from([(1u8, 2u8)]));
}

/// A sequence that does not say how long it is.
struct Endless;

impl Serialize for Endless {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..9).filter(|n| n % 2 == 0))
    }
}

#[test]
#[should_panic(expected = "a sequence of unknown length cannot be part of a fingerprinted value")]
fn a_sequence_of_unknown_length_is_refused() {
    digest(&Endless);
}
