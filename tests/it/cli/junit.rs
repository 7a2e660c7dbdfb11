//! JUnit XML as its readers take it: against the schema beside the tests, and against what a schema
//! cannot say - that counts are sums, and that nothing stands in the text that XML cannot hold.

use super::toy::{panicking, with_toy};
use super::{BROKEN, CALM, folder, obey};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use stormseed::cli;

/// A tag: its name, its attributes and how deep it stands.
type Tag = (String, Vec<(String, String)>, usize);

/// The tags of a text of XML, each with its attributes.
///
/// # Errors
/// Where it is no such text, in a sentence.
fn tags(text: &str) -> Result<Vec<Tag>, String> {
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let body = text.strip_prefix(head).ok_or("there is no head")?;
    let (mut open, mut found) = (Vec::new(), Vec::new());
    for piece in body.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').ok_or(format!("`{piece}` has no end"))?;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop().as_deref() != Some(name) {
                return Err(format!("`{name}` does not nest"));
            }
            continue;
        }
        let is_alone = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while let Some((key, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').ok_or(format!("`{key}` has no end"))?;
            attributes.push((key.trim().to_owned(), value.to_owned()));
            rest = after;
        }
        found.push((name.to_owned(), attributes, open.len()));
        if !is_alone {
            open.push(name.to_owned());
        }
    }
    if open.is_empty() { Ok(found) } else { Err(format!("{open:?} stay open")) }
}

/// What a reader would stumble over; none if it is well.
fn problems(text: &str) -> Vec<String> {
    let tags = match tags(text) {
        Ok(tags) => tags,
        Err(problem) => return vec![problem],
    };
    // Where each stands, and the attributes that it has, in this order.
    let rules: [(&str, usize, &[&str]); 5] = [
        ("testsuites", 0, &["name", "tests", "failures", "errors"]),
        ("testsuite", 1, &["name", "tests", "failures", "errors"]),
        ("testcase", 2, &["name", "classname"]),
        ("failure", 3, &["message", "type"]),
        ("error", 3, &["message", "type"]),
    ];
    let mut found = Vec::new();
    for (at, (name, attributes, depth)) in tags.iter().enumerate() {
        let names: Vec<&str> = attributes.iter().map(|(key, _)| key.as_str()).collect();
        if !rules.contains(&(name.as_str(), *depth, names.as_slice())) {
            found.push(format!("{name} {depth} {names:?}"));
        }
        if *depth == 3 && tags[at - 1].2 == 3 {
            found.push(format!("a second {name} of one case"));
        }
        if *depth < 2 {
            let inside: Vec<&Tag> = tags[at + 1..].iter().take_while(|t| t.2 > *depth).collect();
            let count = |name| inside.iter().filter(|tag| tag.0 == name).count().to_string();
            let sums = ["testcase", "failure", "error"].map(count);
            if attributes.iter().skip(1).map(|(_, count)| count).ne(&sums) {
                found.push(format!("{attributes:?} are not {sums:?}"));
            }
        }
    }
    let cannot = |c: &char| c.is_control() && *c != '\n' || ('\u{fffe}'..='\u{ffff}').contains(c);
    found.extend(text.chars().find(cannot).map(|c| format!("{c:?} is no character of XML")));
    for reference in text.split('&').skip(1) {
        let (name, _) = reference.split_once(';').unwrap_or((reference, ""));
        if !["amp", "lt", "gt", "quot", "#9", "#10", "#13"].contains(&name) {
            found.push(format!("&{name} is no reference"));
        }
    }
    found
}

/// Whether the schema takes a text; `None` where there is nobody to say so (`.ci/run` sees to it
/// that there is).
fn is_valid(text: &str) -> Option<bool> {
    let folder = folder(&[("report.xml", text)]);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/junit.xsd");
    let mut command = Command::new("xmllint");
    command.args(["--noout", "--nonet", "--schema"]).arg(schema);
    command.arg(folder.path().join("report.xml")).stderr(Stdio::null()).stdout(Stdio::null());
    let code = command.status().ok()?.code();
    // A schema that is none itself would refuse everything.
    assert!(code != Some(5), "tests/junit.xsd is no schema");
    Some(code == Some(0))
}

/// The report of scenarios that hold, fail, break off and panic, in files with names that want
/// quoting. The second is without any baseline.
fn report() -> String {
    let broke_off = CALM.replace("test/calm", "test/breaks-off") + "\n[budget]\nevents = 50\n";
    let folder = folder(&[
        ("scenarios/calm.toml", CALM),
        ("scenarios/a <&\"\u{1b}[31m\u{7}b.toml", BROKEN),
        ("scenarios/off.toml", &broke_off),
        ("scenarios/toy.toml", &panicking()),
    ]);
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (scenarios, results, out) = (path("scenarios"), path("results"), path("junit.xml"));
    let line = ["stormseed", "regress", &scenarios, "--baseline", &results, "--strict"];
    let line = [&line[..], &["--format", "junit", "--out", &out]].concat();
    let exit = cli::obey(&with_toy(), line);
    assert_ne!(exit.code(), 0);
    fs::read_to_string(folder.path().join("junit.xml")).expect("a report")
}

#[test]
fn junit_has_the_form_that_its_readers_take() {
    let text = report();
    assert_eq!(problems(&text), [""; 0], "{text}");
    assert_ne!(is_valid(&text), Some(false), "{text}");
    // What failed is a failure, what could not be told an error, and what was to paste is there.
    assert!(text.contains("<failure message=\"seed 0: violation (one-coordinator), "), "{text}");
    assert!(text.contains("<failure message=\"seed 0: panic (the toy ?[31mpanics"), "{text}");
    assert!(text.contains("<error message=\"seed 0: inconclusive (events), "), "{text}");
    assert!(text.contains("a &lt;&amp;"), "{text}");
}

#[test]
fn a_failure_says_what_to_paste() {
    let folder = folder(&[("scenarios/calm.toml", CALM), ("scenarios/broken.toml", BROKEN)]);
    let came = obey(folder.path(), "regress --format junit --out junit.xml");
    assert_eq!(came.exit, 1);
    assert!(came.out.contains("FAILED"), "people still have their lines");
    let text = fs::read_to_string(folder.path().join("junit.xml")).expect("a report");
    assert!(text.contains(">stormseed run scenarios/broken.toml --seed 0</failure>"), "{text}");
}

#[test]
fn what_is_wrong_is_refused() {
    let text = report();
    let failure = &text[text.find("<failure").expect("one failed")..];
    let failure = &failure[..failure.find("</failure>").expect("it ends") + 10];
    let twice = text.replacen(failure, &format!("{failure}{failure}"), 1);
    let wrong = [
        text.replacen(" classname=", " class=", 1),
        text.replacen(" errors=", " wrongs=", 1),
        text.replacen("tests=\"", "tests=\"-", 1),
        text.replacen("<testcase", "<case", 1),
        text.replacen("&lt;", "\u{1}", 1),
        text.replacen("&amp;", "&and;", 1),
        twice,
    ];
    for wrong in &wrong {
        assert!(*wrong != text && !problems(wrong).is_empty(), "{wrong}");
        assert_ne!(is_valid(wrong), Some(true), "{wrong}");
    }
    // No schema can add.
    assert!(!problems(&text.replacen("tests=\"", "tests=\"1", 1)).is_empty());
}
