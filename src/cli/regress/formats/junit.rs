//! JUnit XML: a suite is a scenario, a case one invariant over a block of seeds, and the text of a
//! failure the command to paste. Beside them each suite has the cases `expect` and `baseline`.

use crate::cli::exit::Exit;
use crate::cli::regress::checked::{Checked, Finding, Level, Unexpected};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How many seeds make a block.
const BLOCK: usize = 100;

/// A case, and what is wrong with it: whether it could not be told, in a sentence, and a command.
struct Case {
    name: String,
    wrong: Option<(bool, String, String)>,
}

/// The report.
pub(super) fn report(all: &[Checked], program: &str, is_strict: bool) -> String {
    let suites: Vec<(&Checked, Vec<Case>)> =
        all.iter().map(|one| (one, cases(one, program, is_strict))).collect();
    let counts = |cases: &[Case]| {
        let wrong = |untold| {
            let is_it = |case: &&Case| case.wrong.as_ref().is_some_and(|wrong| wrong.0 == untold);
            cases.iter().filter(is_it).count()
        };
        (cases.len(), wrong(false), wrong(true))
    };
    let total = suites
        .iter()
        .map(|(_, cases)| counts(cases))
        .fold((0, 0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2));
    let numbers = |(tests, failures, errors): (usize, usize, usize)| {
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"")
    };
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(text, "<testsuites name=\"stormseed regress\" {}>", numbers(total));
    for (one, cases) in &suites {
        let (name, counted) = (escaped(&one.name), numbers(counts(cases)));
        let _ = writeln!(text, "  <testsuite name=\"{name}\" {counted}>");
        for case in cases {
            let _ =
                write!(text, "    <testcase name=\"{}\" classname=\"{name}\"", escaped(&case.name));
            let Some((is_untold, message, again)) = &case.wrong else {
                text.push_str("/>\n");
                continue;
            };
            let tag = if *is_untold { "error" } else { "failure" };
            let (message, again) = (escaped(message), escaped(again));
            let _ = writeln!(
                text,
                ">\n      <{tag} message=\"{message}\" type=\"{tag}\">{again}</{tag}>\n    \
                 </testcase>"
            );
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn cases(one: &Checked, program: &str, is_strict: bool) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut names: Vec<&str> = one.invariants.clone();
    let wrong = || one.unexpected.iter().chain(&one.untold);
    let others: BTreeSet<&str> = wrong().map(case_of).collect();
    names.extend(others.into_iter().filter(|name| !one.invariants.contains(name)));
    for block in one.seeds.chunks(BLOCK) {
        let held: BTreeSet<u64> = block.iter().copied().collect();
        for name in &names {
            let is_it = |u: &&Unexpected| case_of(u) == *name && held.contains(&u.seed);
            let mut found = wrong().filter(is_it);
            let wrong = found.next().map(|first| {
                let more = found.count();
                let Unexpected { seed, verdict, detail } = first;
                let message = format!("seed {seed}: {verdict} ({detail}), and {more} seeds more");
                // A run that broke off is no failure: nobody knows what it would have come to.
                (*verdict == "inconclusive", message, one.again(program, Some(*seed)))
            });
            cases.push(Case { name: format!("{name}, seeds {}", seeds(block)), wrong });
        }
    }
    let least = if is_strict { Level::Warning } else { Level::Error };
    let is_untold = one.exit != Exit::AsExpected && one.exit != Exit::Failed;
    for (name, is_expect) in [("expect", true), ("baseline", false)] {
        let is_it = |f: &&Finding| (f.about == "expect") == is_expect && f.level >= least;
        let wrong = one.findings.iter().find(is_it).map(|finding| {
            let again = one.again(program, finding.seed);
            (is_expect && is_untold, finding.sentence.clone(), again)
        });
        cases.push(Case { name: name.to_owned(), wrong });
    }
    cases
}

/// The case that a run belongs to: its invariant, or the kind of its verdict.
fn case_of(unexpected: &Unexpected) -> &str {
    if unexpected.verdict == "violation" { &unexpected.detail } else { unexpected.verdict }
}

/// `0..100`, or a list.
fn seeds(block: &[u64]) -> String {
    let (Some(first), Some(last)) = (block.first(), block.last()) else { return String::new() };
    let is_range = block.windows(2).all(|two| two[0].checked_add(1) == Some(two[1]));
    match (block.len(), last.checked_add(1)) {
        (2.., Some(end)) if is_range => format!("{first}..{end}"),
        _ => block.iter().map(u64::to_string).collect::<Vec<_>>().join(" "),
    }
}

/// Text for XML 1.0, in an attribute or between tags. What XML cannot hold at all becomes `?`.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(safe, "&#{};", u32::from(c));
            }
            c if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) => safe.push('?'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::samples::{bad, good};
    use super::*;

    #[test]
    fn a_case_is_an_invariant_over_a_block_and_a_failure_says_what_to_paste() {
        let text = report(&[good(), bad(1)], "stormseed", false);
        let right = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuites name=\"stormseed regress\" tests=\"8\" failures=\"3\" errors=\"0\">\n  \
            <testsuite name=\"test/good\" tests=\"4\" failures=\"0\" errors=\"0\">\n    \
            <testcase name=\"one-lock, seeds 0..100\" classname=\"test/good\"/>\n    \
            <testcase name=\"one-lock, seeds 100..150\" classname=\"test/good\"/>\n    \
            <testcase name=\"expect\" classname=\"test/good\"/>\n    \
            <testcase name=\"baseline\" classname=\"test/good\"/>\n  \
            </testsuite>\n  \
            <testsuite name=\"test/bad-1\" tests=\"4\" failures=\"3\" errors=\"0\">\n";
        // Seeds 7 and 120 break `one-lock`, one in each of the blocks.
        assert!(text.starts_with(right), "{text}");
        let failure = "<failure message=\"seed 7: violation (one-lock), and 0 seeds more\" \
                       type=\"failure\">stormseed run 'scenarios/bad,1.toml' --seed 7</failure>";
        assert!(text.contains(failure), "{text}");
        assert!(text.contains("message=\"50% of &lt;seeds&gt; &amp; &quot;more&quot;\""), "{text}");
    }

    #[test]
    fn what_xml_cannot_hold_does_not_reach_it() {
        assert_eq!(escaped("a\u{1b}[2J\u{0}\u{ffff}<\n"), "a?[2J??&lt;&#10;");
        assert_eq!(seeds(&[3, 17]), "3 17");
        assert_eq!(seeds(&[u64::MAX]), u64::MAX.to_string());
    }
}
