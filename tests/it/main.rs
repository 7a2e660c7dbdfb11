//! The integration tests, in one binary.

mod embed;
mod script;
mod scripts;
