//! One scenario that is as it should be and one that is not, for the tests of all formats.

use crate::cli::exit::Exit;
use crate::cli::regress::checked::{Checked, Finding, Level, Unexpected};

/// As it should be.
pub(super) fn good() -> Checked {
    Checked {
        name: "test/good".to_owned(),
        path: "scenarios/good.toml".to_owned(),
        file: "scenarios/good.toml".to_owned(),
        line: 3,
        expect: "holds".to_owned(),
        invariants: vec!["one-lock"],
        seeds: (0..150).collect(),
        passed: 150,
        unexpected: Vec::new(),
        untold: Vec::new(),
        findings: Vec::new(),
        exit: Exit::AsExpected,
        is_blessed: false,
    }
}

/// One of which two seeds break what is promised, with a path and a sentence that want quoting.
pub(super) fn bad(number: u32) -> Checked {
    let broken = |seed| Unexpected { seed, verdict: "violation", detail: "one-lock".to_owned() };
    Checked {
        name: format!("test/bad-{number}"),
        path: format!("'scenarios/bad,{number}.toml'"),
        file: format!("scenarios/bad,{number}.toml"),
        line: 5,
        passed: 148,
        unexpected: vec![broken(7), broken(120)],
        findings: vec![Finding {
            level: Level::Error,
            about: "expect",
            sentence: "50% of <seeds> & \"more\"".to_owned(),
            seed: Some(7),
        }],
        exit: Exit::Failed,
        ..good()
    }
}
