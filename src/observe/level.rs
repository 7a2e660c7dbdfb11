//! Trace levels: how much of a run is kept.

use std::fmt;
use std::str::FromStr;

/// How much of what happens in a run is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceLevel {
    /// Nothing, not even a digest: the run cannot be compared with another.
    Off,
    /// Digests of what happened and of what was observed.
    #[default]
    Hash,
    /// These, and the last so many records.
    Ring(u32),
    /// These, and all records.
    Full,
}

impl TraceLevel {
    /// Whether a run has digests, by which it can be compared.
    pub const fn is_hashed(self) -> bool {
        !matches!(self, TraceLevel::Off)
    }

    /// Whether a run has records that can be read.
    pub const fn is_told(self) -> bool {
        matches!(self, TraceLevel::Ring(_) | TraceLevel::Full)
    }
}

impl fmt::Display for TraceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TraceLevel::Off => f.write_str("off"),
            TraceLevel::Hash => f.write_str("hash"),
            TraceLevel::Ring(records) => write!(f, "ring({records})"),
            TraceLevel::Full => f.write_str("full"),
        }
    }
}

impl FromStr for TraceLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ring = || text.strip_prefix("ring(")?.strip_suffix(')')?.parse().ok();
        match text {
            "off" => Ok(TraceLevel::Off),
            "hash" => Ok(TraceLevel::Hash),
            "full" => Ok(TraceLevel::Full),
            _ => match ring() {
                Some(records) if records > 0 => Ok(TraceLevel::Ring(records)),
                _ => Err("write off, hash, ring(20) for the last 20 records, or full".to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_as_they_are_written() {
        for level in [TraceLevel::Off, TraceLevel::Hash, TraceLevel::Ring(20), TraceLevel::Full] {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        for wrong in ["", "ring", "ring(0)", "ring(-1)", "ring(99999999999)", "ring(20", "Off"] {
            assert!(wrong.parse::<TraceLevel>().is_err(), "{wrong}");
        }
    }
}
