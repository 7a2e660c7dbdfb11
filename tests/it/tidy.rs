//! The form of the code: sizes, leftovers, headers. Every rule is a function of text with a test
//! of its own that a planted violation is reported.

use crate::sources::{Source, sources};
use std::collections::BTreeSet;

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_CHARS_MAX: usize = 100;

/// What must not stay in the code; in two halves, so that this file does not report itself.
const LEFTOVERS: &[(&str, &str)] = &[
    ("TO", "DO"),
    ("FIX", "ME"),
    ("dbg", "!("),
    ("todo", "!("),
    ("unimplemented", "!("),
    ("#[al", "low("),
    ("#![al", "low("),
];

fn long_file(text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let report = || format!("{lines} lines: split it by idea (at most {FILE_LINES_MAX})");
    (lines > FILE_LINES_MAX).then(report).into_iter().collect()
}

fn long_lines(text: &str) -> Vec<String> {
    let numbered = (1..).zip(text.lines());
    numbered
        .filter(|(_, line)| line.chars().count() > LINE_CHARS_MAX)
        .map(|(number, _)| format!("line {number} is longer than {LINE_CHARS_MAX} characters"))
        .collect()
}

/// Functions that are too long, in code as rustfmt writes it: the body ends at the first closing
/// brace that stands alone and as far in as the `fn`.
fn long_functions(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        if line.ends_with(';') || line.ends_with('}') {
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let (brace, no_body) = (format!("{indent}}}"), format!("{indent})"));
        let length = lines[start..]
            .iter()
            .position(|line| *line == brace || (line.starts_with(&no_body) && line.ends_with(';')))
            .map_or(lines.len() - start, |last| last + 1);
        if length > FUNCTION_LINES_MAX {
            found.push(format!("`{name}` has {length} lines (at most {FUNCTION_LINES_MAX})"));
        }
    }
    found
}

/// The name of the function that this line begins to define.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_modifier = |word: &str| {
        matches!(word, "pub" | "const" | "async" | "unsafe" | "extern" | "\"C\"")
            || word.starts_with("pub(")
    };
    let is_definition = before.split_whitespace().all(is_modifier);
    let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    (is_definition && end > 0).then_some(&after[..end])
}

fn leftovers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for (head, tail) in LEFTOVERS {
            let word = format!("{head}{tail}");
            if line.contains(&word) {
                found.push(format!("line {number} holds `{word}`"));
            }
        }
    }
    found
}

fn no_header(text: &str) -> Vec<String> {
    let report = || "does not open with `//!` and what it is".to_string();
    (!text.starts_with("//! ")).then(report).into_iter().collect()
}

fn no_opening_comment(text: &str) -> Vec<String> {
    let report = || "does not open with a comment that says the point".to_string();
    // The editor's line, if there is one, comes before the reader's.
    let text = match text.strip_prefix("#:schema ") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
        None => text,
    };
    (!text.starts_with("# ")).then(report).into_iter().collect()
}

/// The files under `src` that no `mod` line leads to.
fn unreachable(files: &[Source]) -> Vec<String> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut next: Vec<String> = vec!["src/lib.rs".into(), "src/main.rs".into()];
    while let Some(path) = next.pop() {
        let Some(file) = files.iter().find(|file| file.path == path) else { continue };
        if !reached.insert(path.clone()) {
            continue;
        }
        let stem = path.trim_end_matches(".rs");
        let is_folder = ["/lib", "/main", "/mod"].iter().any(|end| stem.ends_with(end));
        let folder = if is_folder { stem.rsplit_once('/').map_or("", |(f, _)| f) } else { stem };
        for name in file.text.lines().filter_map(declared_module) {
            next.push(format!("{folder}/{name}.rs"));
            next.push(format!("{folder}/{name}/mod.rs"));
        }
    }
    let lost = files.iter().filter(|file| !reached.contains(&file.path));
    lost.map(|file| format!("{}: no `mod` line leads to it", file.path)).collect()
}

/// The module that a line like `pub mod name;` declares.
fn declared_module(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("mod ")?;
    let before = before.trim();
    let is_declaration = before.is_empty() || before == "pub" || before.starts_with("pub(");
    after.strip_suffix(';').filter(|_| is_declaration)
}

/// Applies a rule to files and demands that it finds nothing.
fn expect_tidy(files: &[Source], rule: fn(&str) -> Vec<String>) {
    let found: Vec<String> = files
        .iter()
        .flat_map(|file| rule(&file.text).into_iter().map(|what| format!("{}: {what}", file.path)))
        .collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn code() -> Vec<Source> {
    let files = sources(&["src", "tests", "benches", "examples"], ".rs");
    assert!(files.len() > 5, "the sources are where this test looks");
    files
}

#[test]
fn files_functions_and_lines_are_short() {
    expect_tidy(&code(), |text| [long_file(text), long_functions(text), long_lines(text)].concat());
}

#[test]
fn nothing_is_left_over() {
    expect_tidy(&code(), leftovers);
}

#[test]
fn every_file_says_what_it_is() {
    expect_tidy(&code(), no_header);
    expect_tidy(&sources(&["scenarios"], ".toml"), no_opening_comment);
}

#[test]
fn every_source_is_part_of_the_crate() {
    assert_eq!(unreachable(&sources(&["src"], ".rs")), [""; 0]);
}

#[test]
fn a_long_file_and_a_long_line_are_reported() {
    assert!(long_file(&"x\n".repeat(600)).is_empty());
    assert_eq!(long_file(&"x\n".repeat(601)).len(), 1);
    assert!(long_lines(&"\u{e9}".repeat(100)).is_empty());
    let found = long_lines(&format!("x\n{}\n", "x".repeat(101)));
    assert_eq!(found, ["line 2 is longer than 100 characters"]);
}

/// A method of so many lines in all, with braces inside, after a short one.
fn method(lines: usize) -> String {
    let body = "        if x {\n        }\n".repeat((lines - 2) / 2);
    format!("impl X {{\n    fn a() {{}}\n    pub(crate) const fn long(\n{body}    }}\n}}\n")
}

#[test]
fn a_long_function_is_reported_by_name_and_a_short_one_is_not() {
    assert!(long_functions(&method(70)).is_empty());
    assert_eq!(long_functions(&method(72)), ["`long` has 72 lines (at most 70)"]);
    let bodiless =
        format!("trait X {{\n    fn a(\n        b: u8,\n    ) -> u8;\n{}}}", "\n".repeat(80));
    assert!(long_functions(&bodiless).is_empty());
    let pointer = format!("const F: fn (u8) = x;\n// fn in prose\n{}", "\n".repeat(80));
    assert!(long_functions(&pointer).is_empty());
    let endless = format!("fn endless() {{\n{}", "\n".repeat(80));
    assert_eq!(long_functions(&endless).len(), 1);
}

#[test]
fn leftovers_are_reported_each_with_its_line() {
    for (head, tail) in LEFTOVERS {
        let found = leftovers(&format!("fine\n    {head}{tail}\n"));
        assert!(found[0].starts_with("line 2 holds"), "{found:?}");
    }
    assert!(leftovers("#[expect(dead_code, reason = \"soon\")]").is_empty());
}

#[test]
fn a_file_without_a_header_is_reported() {
    assert_eq!(no_header("use std::fmt;\n//! too late\n").len(), 1);
    assert_eq!(no_header("").len(), 1);
    assert!(no_header("//! This.\n").is_empty());
    assert_eq!(no_opening_comment("format = 1\n").len(), 1);
    assert!(no_opening_comment("# A lease outlives its clock.\n").is_empty());
}

#[test]
fn a_file_that_no_mod_line_leads_to_is_reported() {
    let file = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
    let files = [
        file("src/lib.rs", "pub mod a;\nmod b;\n"),
        file("src/a/mod.rs", "pub(crate) mod deep;\n"),
        file("src/a/deep.rs", "// mod lost;\n"),
        file("src/a/deep/lost.rs", ""),
        file("src/b.rs", "mod tests {\n}\nmod c;\n"),
        file("src/b/c.rs", ""),
        file("src/main.rs", ""),
    ];
    assert_eq!(unreachable(&files), ["src/a/deep/lost.rs: no `mod` line leads to it"]);
}
