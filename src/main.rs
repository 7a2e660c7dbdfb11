//! The stormseed command.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    stormseed::cli::main(stormseed::catalog::Catalog::builtin())
}
