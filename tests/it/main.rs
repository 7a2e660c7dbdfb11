//! The integration tests, in one binary.

mod lints;
mod timers;
