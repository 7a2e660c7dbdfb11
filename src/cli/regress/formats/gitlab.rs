//! A code quality report, as GitLab shows it in a merge request.

use crate::cli::regress::checked::{Checked, Level};
use crate::fingerprint::Fingerprint;
use serde_json::{Value, json};

/// The report: a list of findings, each with a fingerprint by which GitLab knows it again.
pub(super) fn report(all: &[Checked], program: &str) -> String {
    let mut found = Vec::new();
    for one in all {
        for (nth, finding) in one.findings.iter().enumerate() {
            let mut print = Fingerprint::EMPTY;
            let of_its_kind = one.findings[..nth].iter().filter(|f| f.about == finding.about);
            let place = of_its_kind.count() as u64;
            print.fold_value(&(one.name.as_str(), finding.about, place));
            let again = one.again(program, finding.seed);
            found.push(json!({
                "description": format!("{}: {} ({again})", one.name, finding.sentence),
                "check_name": finding.about,
                "fingerprint": format!("{:016x}", print.value()),
                "severity": match finding.level {
                    Level::Error => "critical",
                    Level::Warning => "minor",
                    Level::Note => "info",
                },
                "location": { "path": one.file, "lines": { "begin": one.line } },
            }));
        }
    }
    format!("{:#}\n", Value::from(found))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{bad, good};
    use super::*;

    #[test]
    fn a_report_is_a_list_of_findings_that_are_known_again() {
        let mut twice = bad(2);
        twice.findings.extend(bad(2).findings);
        let text = report(&[good(), bad(1), twice], "stormseed");
        let report: Value = serde_json::from_str(&text).expect("it is JSON");
        let found = report.as_array().expect("a list");
        assert_eq!(found.len(), 3);
        let mut prints: Vec<&str> =
            found.iter().filter_map(|one| one["fingerprint"].as_str()).collect();
        prints.dedup();
        assert_eq!(prints.len(), 3);
        assert_eq!(found[0]["location"]["lines"]["begin"], 5);
        assert_eq!(found[0]["location"]["path"], "scenarios/bad,1.toml");
        assert_eq!(found[0]["severity"], "critical");
        assert_eq!(report.to_string(), {
            let again: Value =
                serde_json::from_str(&super::report(&[bad(1)], "stormseed")).expect("JSON");
            let mut all = found.clone();
            all[0] = again[0].clone();
            Value::from(all).to_string()
        });
    }
}
