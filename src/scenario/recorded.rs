//! What became of the run that a file was frozen from. It changes nothing of a run; a replay is
//! held against it.

use super::canonical;
use super::check::{Check, Scenario};
use super::file::ScenarioFile;
use super::source::Placed;
use crate::id::FaultId;
use crate::time::Duration;
use crate::units::always_text;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// How many checkpoints a file keeps at most: eight lines of text.
pub const CHECKPOINTS_MAX: usize = 32;

/// What became of the run that this file was frozen from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecordedEntry {
    /// The version of stormseed that ran it.
    pub version: String,
    /// Its verdict, in the word of the column.
    pub verdict: String,
    /// The invariant, property, budget or message behind the verdict.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// When it was over.
    pub at: Duration,
    /// How many events it had.
    pub events: u64,
    /// The digest of its trace.
    pub trace: Digest,
    /// The faults that did nothing, whether they struck or not, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle: Vec<u32>,
    /// After how many events each of the checkpoints was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Placed<u64>>,
    /// The digest of its trace so far, after every so many events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checkpoints: Vec<Digest>,
}

impl RecordedEntry {
    /// Keeps every second checkpoint until they are few.
    #[must_use]
    pub fn thinned(mut self) -> Self {
        while let Some(every) = &self.every {
            self.checkpoints.truncate(usize::try_from(self.events / **every).unwrap_or(0));
            if self.checkpoints.len() <= CHECKPOINTS_MAX {
                break;
            }
            self.every = Some(Placed::nowhere(**every * 2));
            self.checkpoints = self.checkpoints.into_iter().skip(1).step_by(2).collect();
        }
        if self.checkpoints.is_empty() {
            self.every = None;
        }
        self
    }

    /// Whether a fault did nothing.
    pub fn is_idle(&self, fault: FaultId) -> bool {
        self.idle.contains(&fault.0)
    }
}

/// A digest as files write it: sixteen hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub u64);

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = Some(text).filter(|text| text.len() == 16 && !text.starts_with('+'));
        let digest = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let wrong = || format!("`{text}` is not a digest, which has 16 hexadecimal digits");
        digest.map(Digest).ok_or_else(wrong)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

always_text!(Digest, "a digest in quotes: 16 hexadecimal digits");

impl JsonSchema for Digest {
    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[0-9a-fA-F]{16}$",
            "description": "A digest: sixteen hexadecimal digits.",
        })
    }
}

impl Scenario {
    /// What became of the run that this file was frozen from, if the file says so.
    pub fn recorded(&self) -> Option<&RecordedEntry> {
        self.file.recorded.as_deref()
    }
}

impl Scenario {
    /// The file in the one order in which files are written, with this record; without comments.
    pub fn canonical(&self, recorded: Option<RecordedEntry>) -> String {
        let recorded = recorded.map(Placed::nowhere);
        let file = ScenarioFile { recorded, ..self.written.clone() };
        canonical::text(&file, self.algorithm(), &self.settings_as_written())
    }
}

impl Check<'_> {
    /// Checks the record of a frozen run.
    pub fn recorded(&mut self) {
        let Some(recorded) = &self.file.recorded else { return };
        if self.file.residual.is_none() {
            let problem = "a record of a run that this file does not pin; leave it out";
            self.wrong(recorded.place(), problem);
        }
        match &recorded.every {
            Some(every) if !every.is_power_of_two() => {
                self.wrong(every.place(), "checkpoints lie a power of two of events apart");
            }
            None if !recorded.checkpoints.is_empty() => {
                self.wrong(recorded.place(), "checkpoints without `every`; say how far apart");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(events: u64, every: u64) -> RecordedEntry {
        RecordedEntry {
            version: "1".to_owned(),
            verdict: "pass".to_owned(),
            detail: String::new(),
            at: Duration::ZERO,
            events,
            trace: Digest(7),
            idle: Vec::new(),
            every: Some(Placed::nowhere(every)),
            checkpoints: (1..=1000).map(|nth| Digest(nth * every)).collect(),
        }
    }

    #[test]
    fn few_checkpoints_are_kept_evenly_and_none_behind_the_end() {
        let kept = recorded(64 * 500, 64).thinned();
        let every = *kept.every.expect("there are some");
        assert_eq!((every, kept.checkpoints.len()), (1024, 31));
        let at = kept.checkpoints.iter().zip(1..).all(|(digest, nth)| digest.0 == nth * every);
        assert!(at, "{:?}", kept.checkpoints);
        let none = recorded(63, 64).thinned();
        assert_eq!((none.every, none.checkpoints.len()), (None, 0));
    }

    #[test]
    fn a_digest_is_read_as_it_is_written() {
        let digest = Digest(0x0123_4567_89ab_cdef);
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for wrong in ["", "0123", "+123456789abcdef", "0123456789abcdefg"] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }
}
