//! What may differ between the runs of a scenario and its committed baseline. It changes nothing of
//! a run; `regress` holds the runs against it.

use super::check::{Check, Scenario};
use super::error::{Errors, Finding};
use super::source::Placed;
use crate::rng::Ratio;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The columns of a table of runs by which every service is measured. An algorithm's own numbers,
/// `metric_<name>`, come besides.
pub const MEASURED: &[&str] = &[
    "availability_ppm",
    "unavailable_ns",
    "first_ns",
    "failovers",
    "failover_p50_ns",
    "failover_p99_ns",
    "failover_max_ns",
    "recovery_ns",
    "events",
    "sent",
    "delivered",
];

/// How the runs may differ from the committed baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BaselineEntry {
    /// How far the mean of a column over the scenario's seeds may move, by the column's name:
    /// `{ availability_ppm = "1%" }`. A column that is not named may move as it likes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tolerance: BTreeMap<Placed<String>, Placed<Ratio>>,
    /// `"pinned"`: the digests of the traces are part of what is promised. Free if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Pin>,
}

/// Whether something may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pin {
    /// It may not.
    Pinned,
    /// It may.
    Free,
}

impl Check<'_> {
    /// Its columns are checked when the algorithm is known.
    pub fn baseline(&mut self) {
        let Some(baseline) = &self.file.baseline else { return };
        if baseline.tolerance.is_empty() && baseline.trace.is_none() {
            let cure = "write `tolerance = { availability_ppm = \"1%\" }` or `trace = \"pinned\"`";
            let problem = Finding::new(baseline.place(), "`[baseline]` says nothing");
            self.findings.push(problem.help(cure));
        }
    }
}

impl Scenario {
    /// The columns whose mean may not move farther than so.
    pub fn tolerances(&self) -> Vec<(&str, Ratio)> {
        let entries = self.written.baseline.iter().flat_map(|baseline| &baseline.tolerance);
        entries.map(|(column, share)| (column.as_str(), **share)).collect()
    }

    /// Whether the digests of the traces may not change.
    pub fn pins_trace(&self) -> bool {
        let baseline = self.written.baseline.as_ref();
        baseline.is_some_and(|baseline| baseline.trace == Some(Pin::Pinned))
    }

    /// The line, from 1, on which it says what it expects; that of its name if it does not.
    pub fn expect_line(&self) -> usize {
        let file = &self.written;
        let expect = file.expect.as_ref().map(Placed::place);
        let place = expect.or_else(|| file.name.as_ref().map(Placed::place)).unwrap_or(0..0);
        self.source.position(place.start).0
    }

    /// Checks the columns of `[baseline]` against those that an algorithm with these metrics has.
    ///
    /// # Errors
    /// If a column is not known.
    pub fn expect_measured(&self, metrics: &[&str]) -> Result<(), Errors> {
        let own = metrics.iter().map(|name| format!("metric_{}", name.replace('-', "_")));
        let known: Vec<String> =
            MEASURED.iter().map(|name| (*name).to_owned()).chain(own).collect();
        let named = self.written.baseline.iter().flat_map(|baseline| baseline.tolerance.keys());
        let findings: Vec<Finding> = named
            .filter(|column| !known.contains(column))
            .map(|column| {
                let problem = format!("`{}` is not a column that is measured here", **column);
                Finding::new(column.place(), problem).suggest(column, &known)
            })
            .collect();
        if findings.is_empty() { Ok(()) } else { Err(Errors::new(self.source.clone(), findings)) }
    }
}
