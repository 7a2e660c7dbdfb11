//! Annotations and a step summary, as GitHub Actions reads them, and no more than it shows: ten
//! errors and ten warnings a step, and a summary of one mebibyte.

use crate::cli::regress::checked::{Checked, Level};
use std::fmt::Write as _;

/// How many annotations of a level GitHub shows of one step.
const ANNOTATIONS_MAX: usize = 10;
/// How large a step's summary may be, in bytes.
const SUMMARY_MAX: usize = 1 << 20;
/// What is kept free of it for the last line.
const LAST_LINE: usize = 200;

/// The annotations, a line each.
pub(super) fn annotations(all: &[Checked], program: &str) -> String {
    let mut text = String::new();
    for level in [Level::Error, Level::Warning] {
        let found = all.iter().flat_map(|one| one.findings.iter().map(move |f| (one, f)));
        let found: Vec<_> = found.filter(|(_, finding)| finding.level == level).collect();
        // The last one that is shown may have to say how many are not.
        let more = found.len().saturating_sub(ANNOTATIONS_MAX);
        let shown = if more > 0 { ANNOTATIONS_MAX - 1 } else { found.len() };
        for (one, finding) in found.iter().take(shown) {
            let again = one.again(program, finding.seed);
            let message = message(&format!("{}\n{again}", finding.sentence));
            let (file, name) = (property(&one.file), property(&one.name));
            let (word, line) = (level.word(), one.line);
            let _ = writeln!(text, "::{word} file={file},line={line},title={name}::{message}");
        }
        if more > 0 {
            let word = level.word();
            let more = found.len() - shown;
            let _ = writeln!(text, "::{word}::{more} more; the log has all of them");
        }
    }
    text
}

/// What follows `::`.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands between `,` and `=`.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

/// The summary of the step, as Markdown: what needs eyes first, then the count.
pub(super) fn summary(all: &[Checked], program: &str, is_strict: bool) -> String {
    let good = all.iter().filter(|one| one.is_good(is_strict)).count();
    let mut text = format!(
        "### stormseed: {good} of {} scenarios as they should be\n\n\
         | scenario | came to | what | to see it |\n|---|---|---|---|\n",
        all.len()
    );
    let mut rows: Vec<(Level, String)> = Vec::new();
    for one in all {
        for finding in &one.findings {
            let again = one.again(program, finding.seed);
            let sentence = finding.sentence.replace('|', "\\|").replace(['\n', '\r'], " ");
            let (name, level) = (&one.name, finding.level.word());
            rows.push((finding.level, format!("| {name} | {level} | {sentence} | `{again}` |\n")));
        }
    }
    rows.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    for (at, (_, row)) in rows.iter().enumerate() {
        if text.len() + row.len() + LAST_LINE > SUMMARY_MAX {
            let _ = writeln!(text, "\n{} more do not fit here.", rows.len() - at);
            break;
        }
        text.push_str(row);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::samples::{bad, good};
    use super::*;

    #[test]
    fn annotations_stand_on_the_line_and_are_capped_as_github_caps() {
        let one = annotations(&[good(), bad(1)], "stormseed");
        assert_eq!(
            one,
            "::error file=scenarios/bad%2C1.toml,line=5,title=test/bad-1::50%25 of <seeds> & \
             \"more\"%0Astormseed run 'scenarios/bad,1.toml' --seed 7\n"
        );
        let many: Vec<Checked> = (0..25).map(bad).collect();
        let many = annotations(&many, "stormseed");
        assert_eq!(many.lines().filter(|line| line.starts_with("::error")).count(), 10);
        assert!(many.ends_with("::error::16 more; the log has all of them\n"), "{many}");
        assert_eq!(annotations(&(0..10).map(bad).collect::<Vec<_>>(), "x").lines().count(), 10);
    }

    #[test]
    fn a_summary_is_never_larger_than_github_takes() {
        let mut large = bad(1);
        large.findings[0].sentence = "x".repeat(1_000);
        let all: Vec<Checked> = (0..2_000).map(|_| large.clone()).collect();
        let text = summary(&all, "stormseed", false);
        assert!(text.len() <= SUMMARY_MAX && text.ends_with(" more do not fit here.\n"));
        let small = summary(&[good(), bad(1)], "stormseed", false);
        assert!(small.starts_with("### stormseed: 1 of 2 scenarios"), "{small}");
    }
}
