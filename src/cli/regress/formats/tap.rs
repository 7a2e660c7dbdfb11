//! The Test Anything Protocol, version 14: a test point a scenario.

use crate::cli::regress::checked::Checked;
use serde_json::Value;
use std::fmt::Write as _;

/// The report. A text of JSON is one of YAML, so diagnostics are quoted as JSON quotes.
pub(super) fn report(all: &[Checked], program: &str, is_strict: bool) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", all.len());
    for (one, number) in all.iter().zip(1..) {
        let ok = if one.is_good(is_strict) { "ok" } else { "not ok" };
        let said = format!("{}, {}", one.name, one.expect).replace('\\', "\\\\");
        let _ = writeln!(text, "{ok} {number} - {}", said.replace('#', "\\#"));
        if one.findings.is_empty() {
            continue;
        }
        text.push_str("  ---\n  findings:\n");
        for finding in &one.findings {
            let (level, about) = (finding.level.word(), finding.about);
            let message = Value::from(finding.sentence.as_str());
            let again = Value::from(one.again(program, finding.seed));
            let _ = writeln!(text, "    - severity: {level}\n      about: {about}");
            let _ = writeln!(text, "      message: {message}\n      command: {again}");
        }
        text.push_str("  ...\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::samples::{bad, good};
    use super::*;

    #[test]
    fn a_scenario_is_a_test_point_and_what_is_wrong_stands_below_it() {
        let right = r#"TAP version 14
1..2
ok 1 - test/good, holds
not ok 2 - test/bad-1, holds
  ---
  findings:
    - severity: error
      about: expect
      message: "50% of <seeds> & \"more\""
      command: "stormseed run 'scenarios/bad,1.toml' --seed 7"
  ...
"#;
        assert_eq!(report(&[good(), bad(1)], "stormseed", false), right);
    }
}
