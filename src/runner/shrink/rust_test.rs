//! A shrunken run as a test in Rust: the world as it stands in the file, the faults built through
//! the crate's own types, and what the run comes to.

use super::Shrunk;
use super::code::Coded;
use crate::catalog::Catalog;
use std::fmt::Write as _;
use toml::{Table, Value};

/// What a test needs nothing of: faults are built, and what comes of it is asserted.
const DROPPED: [&str; 5] = ["fault", "recorded", "expect", "seeds", "require"];

/// The names that faults are built of, by their modules.
const NAMES: [(&str, &[&str]); 6] = [
    ("conditions", &["InFlight", "Latency"]),
    (
        "fault",
        &[
            "Action",
            "Choice",
            "CutKind",
            "DiskFate",
            "Fault",
            "Filter",
            "Harm",
            "Manner",
            "On",
            "RateChange",
            "Severed",
            "Struck",
            "Take",
            "Target",
            "When",
        ],
    ),
    ("id", &["FaultId", "NodeId"]),
    ("rng", &["Ratio"]),
    ("time", &["Drift", "Duration", "SimTime"]),
    ("topology", &["Cut"]),
];

/// The longest line of a comment.
const WIDTH: usize = 98;

impl Shrunk {
    /// A file with one test, which passes for as long as the run comes to the same.
    ///
    /// It opens the world with the built-in algorithms; a protocol of one's own is named as the
    /// compiler names it, and stands to be named as the test's crate does.
    ///
    /// # Errors
    /// If the run cannot be written as a scenario file either, in a sentence.
    pub fn rust_test(&self) -> Result<String, String> {
        let refused = |_| "what was found cannot be written as a scenario file".to_owned();
        let mut table: Table = self.text.parse().map_err(refused)?;
        let protocol = self.protocol;
        let name = table.get("name").and_then(Value::as_str).unwrap_or_default();
        let name = name.strip_suffix("_small").unwrap_or(name).to_owned();
        let algorithm = table.get("algorithm").and_then(Value::as_table);
        let algorithm = algorithm.and_then(|table| table.keys().next()).cloned();
        let algorithm = algorithm.unwrap_or_default();
        let catalog = match Catalog::builtin().find(&algorithm) {
            Some(_) => "Catalog::builtin()".to_owned(),
            None => format!("Catalog::empty().with::<{protocol}>({algorithm:?})"),
        };
        DROPPED.iter().for_each(|key| drop(table.remove(*key)));
        let world = table.to_string();
        let what = &self.signature.name;
        let mut out = wrapped(&format!(
            "Seed {} of {name}, shrunk by stormseed {}: {what}.",
            self.seed,
            env!("CARGO_PKG_VERSION"),
        ));
        out += "//!\n";
        out += &wrapped(
            "The test passes for as long as the run comes to that. Once the mistake is mended, \
             let it ask for `(\"pass\", \"\")`.",
        );
        out += &self.built(&world);
        out += &self.asserted(&catalog);
        Ok(out)
    }

    /// The test itself.
    fn asserted(&self, catalog: &str) -> String {
        let (verdict, what) = (self.signature.verdict, &self.signature.name);
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let claim: String = what.chars().map(plain).collect();
        let claim = claim.trim_matches('_');
        // What a panic says has numbers in it that belong to one run.
        let wanted = match verdict {
            "panic" => "verdict.word(), \"panic\"".to_owned(),
            _ => format!("(verdict.word(), verdict.detail()), ({verdict:?}, {what:?})"),
        };
        let lines = [
            format!("let catalog = {catalog};"),
            "let opened = catalog.open(Source::new(\"the world\", WORLD));".to_owned(),
            "let world = opened.unwrap_or_else(|errors| panic!(\"{}\", errors.render(false)));"
                .to_owned(),
            "let options = Options { faults: Some(faults()), ..Options::default() };".to_owned(),
            format!("let verdict = world.run({}, &options).verdict;", self.salt),
            format!("assert_eq!({wanted});"),
        ];
        let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
        format!("\n#[test]\nfn {verdict}_of_{claim}() {{\n{lines}}}\n")
    }

    /// The imports, the world and the faults.
    fn built(&self, world: &str) -> String {
        let faults = self.faults.code().text(4);
        let is_used = |name: &&&str| {
            let mut words = faults.split(|c: char| !c.is_alphanumeric());
            **name == "Fault" || words.any(|word| word == **name)
        };
        let mut out = "\nuse stormseed::catalog::{Catalog, Options};\n".to_owned();
        let scenario = "use stormseed::scenario::Source;\n";
        for (module, names) in NAMES {
            let used: Vec<&str> = names.iter().filter(is_used).copied().collect();
            if module == "time" {
                out += scenario;
            }
            match &used[..] {
                [] => {}
                [name] => _ = writeln!(out, "use stormseed::{module}::{name};"),
                names => _ = writeln!(out, "use stormseed::{module}::{{{}}};", names.join(", ")),
            }
        }
        let hashes = "#".repeat(1 + world.matches("\"#").count());
        let _ = write!(
            out,
            "\n/// The world, and what is asked of it.\nconst WORLD: &str = r{hashes}\"\n{world}\"\
             {hashes};\n\n/// What strikes whom, and when.\nfn faults() -> Vec<Fault> {{\n    \
             {faults}\n}}\n",
        );
        out
    }
}

/// A text as the comment of a file.
fn wrapped(text: &str) -> String {
    let (mut out, mut line) = (String::new(), String::from("//!"));
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            out += &line;
            out.push('\n');
            line = String::from("//!");
        }
        line.push(' ');
        line += word;
    }
    format!("{out}{line}\n")
}
