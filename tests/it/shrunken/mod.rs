//! Shrunken runs as tests in Rust, as `shrink --rust-test` has written them: they are compiled and
//! run here, so that what is written is known to build and to find what it says.
//!
//! After a change that is meant, rewrite them with `STORMSEED_REWRITE=1`, twice: what is compiled
//! is what was there before.

#[rustfmt::skip]
mod lock_lease;
#[rustfmt::skip]
mod raft;

use crate::cli::{folder, obey, obey_with};
use std::fs;
use std::path::Path;

/// A storm of the zoo with a mutant, the seed that finds it, and the file that was written.
const WRITTEN: [(&str, &str, u64, &str); 2] = [
    ("election-raft", "vote-not-persisted", 10, "raft"),
    ("lock-lease", "restart-without-memory", 3, "lock_lease"),
];

fn storm(algorithm: &str, mutant: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/zoo");
    let storm = fs::read_to_string(path.join(format!("{algorithm}.toml"))).expect("it is there");
    let section = format!("[algorithm.{algorithm}]");
    storm.replacen(&section, &format!("{section}\nmutant = \"{mutant}\""), 1)
}

#[test]
fn a_smaller_run_is_written_as_the_test_that_is_compiled_here() {
    for (algorithm, mutant, seed, name) in WRITTEN {
        let folder = folder(&[("storm.toml", &*storm(algorithm, mutant))]);
        let line = "shrink storm.toml -o small.toml --weigh 0 --budget 10m --rust-test test.rs";
        let came = obey(folder.path(), &format!("{line} --seed {seed}"));
        assert_eq!(came.exit, 0, "{}", came.err);
        let text = fs::read_to_string(folder.path().join("test.rs")).expect("it is written");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/shrunken");
        let path = path.join(format!("{name}.rs"));
        if std::env::var_os("STORMSEED_REWRITE").is_some() {
            fs::write(&path, &text).expect("it can be rewritten");
        }
        let compiled = fs::read_to_string(&path).expect("it is there");
        assert!(text == compiled, "{name}: STORMSEED_REWRITE=1 writes it again:\n{text}");
        // The faults that are built are what it takes: the same world without them passes.
        let (_, world) = text.split_once("r#\"").expect("the world is in quotes");
        let (world, _) = world.split_once("\"#").expect("the world is in quotes");
        let came = obey_with(folder.path(), "run - --json", world);
        assert!(came.out.contains("\"verdict\":\"pass\""), "{name}: {}{}", came.out, came.err);
    }
}

#[test]
fn a_test_that_cannot_be_written_is_told() {
    let folder = folder(&[("broken.toml", crate::cli::BROKEN)]);
    let line = "shrink broken.toml --seed 7 --weigh 0 --rust-test no/such/test.rs";
    let came = obey(folder.path(), line);
    assert_eq!((came.exit, &*came.out), (74, ""), "{}", came.err);
    assert!(came.err.contains("no/such/test.rs"), "{}", came.err);
}
