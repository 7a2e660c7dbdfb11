//! The bans of `clippy.toml` are all there, each with a reason that names something better.
//!
//! Clippy says nothing of an entry that somebody deleted; this list does.

use std::collections::BTreeMap;

const TYPES: &[&str] = &[
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::collections::hash_map::RandomState",
    "std::collections::hash_map::DefaultHasher",
    "std::hash::BuildHasherDefault",
    "rand::rngs::StdRng",
    "rand::rngs::SmallRng",
    "rand::rngs::ThreadRng",
    "rand::rngs::SysRng",
    "rand::RngExt",
    "rand::seq::SliceRandom",
    "rand::seq::IndexedRandom",
    "rand::seq::IndexedMutRandom",
    "rand::seq::IteratorRandom",
];

const METHODS: &[&str] = &[
    "std::time::Instant::now",
    "std::time::SystemTime::now",
    "rand::rng",
    "rand::random",
    "rand::make_rng",
    "rand::RngExt::random",
    "rand::RngExt::random_range",
    "rand::RngExt::random_bool",
    "rand::RngExt::random_ratio",
    "rand::RngExt::sample",
    "rand::seq::SliceRandom::shuffle",
    "rand::seq::SliceRandom::partial_shuffle",
    "rand::seq::IndexedRandom::choose",
    "rand::seq::IteratorRandom::choose",
    "slice::sort_unstable",
    "slice::sort_unstable_by",
    "slice::sort_unstable_by_key",
    "slice::select_nth_unstable",
    "slice::select_nth_unstable_by",
    "slice::select_nth_unstable_by_key",
];

/// The float methods whose precision std documents as non-deterministic.
const FLOAT_METHODS: &str = "powi powf exp exp2 ln log log2 log10 abs_sub cbrt hypot sin cos tan \
    asin acos atan atan2 sin_cos exp_m1 ln_1p sinh cosh tanh asinh acosh atanh gamma ln_gamma erf \
    erfc to_degrees to_radians";

/// The entries of a list of `clippy.toml`: path and reason, one entry a line.
fn entries<'a>(text: &'a str, list: &str) -> BTreeMap<&'a str, &'a str> {
    let opening = format!("{list} = [");
    let lines = text.lines().skip_while(|line| *line != opening).skip(1);
    lines
        .take_while(|line| *line != "]")
        .map(|line| (quoted(line, "path"), quoted(line, "reason")))
        .collect()
}

/// The text between the quotes after `key = `; empty where the key is missing.
fn quoted<'a>(line: &'a str, key: &str) -> &'a str {
    let rest = line.split_once(&format!("{key} = \"")).map_or("", |(_, rest)| rest);
    rest.split_once('"').map_or("", |(text, _)| text)
}

/// The paths that a list lacks, and those whose reason does not say what to use instead.
fn complaints(entries: &BTreeMap<&str, &str>, wanted: &[String]) -> Vec<String> {
    let missing = wanted.iter().filter(|path| !entries.contains_key(path.as_str())).cloned();
    let unhelpful = entries.iter().filter(|(_, reason)| !reason.contains("; use "));
    missing.chain(unhelpful.map(|(path, _)| format!("{path}: no reason"))).collect()
}

fn clippy_toml() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/clippy.toml");
    std::fs::read_to_string(path).expect("clippy.toml stands beside Cargo.toml")
}

#[test]
fn every_type_that_would_break_determinism_is_banned_with_a_reason() {
    let text = clippy_toml();
    let wanted: Vec<String> = TYPES.iter().map(ToString::to_string).collect();
    assert_eq!(complaints(&entries(&text, "disallowed-types"), &wanted), [""; 0]);
}

#[test]
fn every_method_that_would_break_determinism_is_banned_with_a_reason() {
    let text = clippy_toml();
    let mut wanted: Vec<String> = METHODS.iter().map(ToString::to_string).collect();
    for width in ["f32", "f64"] {
        wanted.extend(FLOAT_METHODS.split_whitespace().map(|name| format!("{width}::{name}")));
    }
    assert_eq!(wanted.len(), METHODS.len() + 2 * 33);
    assert_eq!(complaints(&entries(&text, "disallowed-methods"), &wanted), [""; 0]);
}

#[test]
fn a_missing_ban_and_a_ban_without_a_reason_are_noticed() {
    let text = "disallowed-types = [\n    { path = \"a::B\", reason = \"it is bad\" },\n]\n";
    let found = complaints(&entries(text, "disallowed-types"), &["c::D".to_string()]);
    assert_eq!(found, ["c::D", "a::B: no reason"]);
}
