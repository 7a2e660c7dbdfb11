//! The integration tests, in one binary.

mod bully;
mod figures;
mod layers;
mod lints;
mod luck_golden;
mod luck_statistics;
#[cfg(feature = "scenario")]
mod scenario_files;
mod sources;
mod tidy;
