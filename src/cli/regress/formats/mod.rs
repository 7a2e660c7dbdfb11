//! What other programs read of `regress`: a file a format, each a text made of what came.

mod github;
mod gitlab;
mod jsonl;
mod junit;
#[cfg(test)]
mod samples;
mod tap;

use super::checked::Checked;
use clap::ValueEnum;

/// A form that another program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// Lines for people
    Text,
    /// Annotations on the lines that say what is expected, and a step summary; what is meant if
    /// nothing is said and GITHUB_ACTIONS is true
    Github,
    /// A code quality report of GitLab
    Gitlab,
    /// JUnit XML: a suite a scenario, a case an invariant by block of seeds
    Junit,
    /// The Test Anything Protocol, version 14
    Tap,
    /// JSON Lines: a line a scenario, and a last one that counts
    Jsonl,
}

impl Format {
    /// What came, in this form; `None` where the lines for people are all.
    pub(in crate::cli::regress) fn write(
        self,
        all: &[Checked],
        program: &str,
        is_strict: bool,
    ) -> Option<String> {
        match self {
            Format::Text => None,
            Format::Github => Some(github::annotations(all, program)),
            Format::Gitlab => Some(gitlab::report(all, program)),
            Format::Junit => Some(junit::report(all, program, is_strict)),
            Format::Tap => Some(tap::report(all, program, is_strict)),
            Format::Jsonl => Some(jsonl::report(all, program, is_strict)),
        }
    }
}

/// The summary that GitHub shows of a step.
pub(super) fn step_summary(all: &[Checked], program: &str, is_strict: bool) -> String {
    github::summary(all, program, is_strict)
}
