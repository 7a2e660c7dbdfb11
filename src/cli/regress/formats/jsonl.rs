//! JSON Lines: a line a scenario, and a last one that counts.

use crate::cli::regress::checked::Checked;
use serde_json::json;

/// The report.
pub(super) fn report(all: &[Checked], program: &str, is_strict: bool) -> String {
    let lines = all.iter().map(|one| {
        let findings = one.findings.iter().map(|finding| {
            json!({
                "level": finding.level.word(), "about": finding.about,
                "sentence": finding.sentence, "seed": finding.seed,
                "again": one.again(program, finding.seed),
            })
        });
        json!({
            "v": 1, "kind": "regress", "scenario": one.name, "file": one.file, "line": one.line,
            "expect": one.expect, "runs": one.seeds.len(), "passed": one.passed,
            "is_good": one.is_good(is_strict), "exit": one.exit(is_strict).code(),
            "is_blessed": one.is_blessed, "findings": findings.collect::<Vec<_>>(),
        })
    });
    let good = all.iter().filter(|one| one.is_good(is_strict)).count();
    let total = json!({ "v": 1, "kind": "regress-total", "scenarios": all.len(), "good": good });
    lines.chain([total]).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{bad, good};
    use super::*;
    use serde_json::Value;

    #[test]
    fn every_line_stands_alone_and_the_last_one_counts() {
        let text = report(&[good(), bad(1)], "stormseed", false);
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
        assert_eq!((lines.len(), &lines[2]["good"]), (3, &json!(1)));
        assert_eq!((&lines[0]["is_good"], &lines[1]["exit"]), (&json!(true), &json!(1)));
        assert_eq!(lines[1]["findings"][0]["seed"], 7);
    }
}
