//! Placement functions against independent implementations, and beside them.
//!
//! `peers agree [KEYS]` compares owners, and exits with 1 where docs/placement.md does not say so;
//! `peers owners FUNCTION MEMBERS KEYS` writes owners for `check.py`;
//! `peers speed` times look-ups, ratios on the output and this machine's figures aside.

#![forbid(unsafe_code)]

mod agree;
mod bridge;
mod functions;
mod keys;
mod owners;
mod speed;
mod words;

use std::env::args;
use std::io::{self, BufWriter, Write, stderr, stdout};
use std::process::ExitCode;
use std::str::FromStr;

/// As many keys as the tables of docs/placement.md are about.
const KEYS: u64 = 1_000_000;

const USAGE: &str = "usage: peers agree [KEYS] | peers owners FUNCTION MEMBERS KEYS | peers speed";

fn agree(keys: u64) -> io::Result<bool> {
    let mut out = stdout().lock();
    // Both, whatever the first one finds.
    Ok(agree::key_by_key(&mut out, keys)? & agree::by_law(&mut out, keys)?)
}

fn number<N: FromStr>(text: &str) -> io::Result<N> {
    text.parse().map_err(|_| io::Error::other(format!("`{text}` is no number")))
}

fn main() -> io::Result<ExitCode> {
    let words: Vec<String> = args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_good = match words[..] {
        ["agree"] => agree(KEYS)?,
        ["agree", keys] => agree(number(keys)?)?,
        ["owners", function, members, keys] => {
            let mut out = BufWriter::new(stdout().lock());
            owners::write(&mut out, function, number(members)?, number(keys)?)?;
            out.flush()?;
            true
        }
        ["speed"] => speed::write(&mut stdout().lock(), &mut stderr().lock()).map(|()| true)?,
        _ => return Err(io::Error::other(USAGE)),
    };
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
