//! The integration tests, in one binary.

mod embed;
mod script;
mod scripts;
mod bully;
mod figures;
mod layers;
mod lints;
mod luck_golden;
mod luck_statistics;
mod sources;
mod tidy;
