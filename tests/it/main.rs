//! The integration tests, in one binary.

#[cfg(feature = "scenario")]
mod scenario_files;
