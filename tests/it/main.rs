//! The integration tests, in one binary.

mod engine;
mod layers;
mod lints;
mod luck_golden;
mod luck_statistics;
mod sources;
mod tidy;
