//! The stormseed command.
#![forbid(unsafe_code)]
fn main() {}
