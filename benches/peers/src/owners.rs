//! Keys with their owners, a line each, for a judge in another language (`check.py`).

use crate::functions::{LookUp, our_guava, our_jump, our_rendezvous};
use crate::keys::words;
use std::io::{self, Write};
use stormseed::hashing::{Ketama, Member, Placement, hash};

/// The weights of libmemcached's own fixture.
const WEIGHTS: [u32; 8] = [600, 300, 200, 350, 1_000, 800, 950, 100];

/// Writes `key owner` for so many keys.
///
/// # Errors
/// If there is no such function here, or the lines cannot be written.
pub fn write(out: &mut impl Write, function: &str, members: u32, count: u64) -> io::Result<()> {
    match function {
        "jump" => numbers(out, &our_jump(members), count),
        "jump-guava" => numbers(out, &our_guava(members), count),
        "rendezvous" => {
            // First the hash of each member, since Python has none of our hashes.
            for n in 0..members {
                writeln!(out, "{} {n}", hash::name(&format!("m{n}")))?;
            }
            numbers(out, &our_rendezvous(members), count)
        }
        "ketama" => names(out, (0..members).map(|n| Member::new(format!("m{n}"))), count),
        "ketama-weighted" => {
            let hosts = WEIGHTS.iter().zip(1..);
            let hosts = hosts.map(|(w, n)| Member::new(format!("10.0.1.{n}")).weighing(*w));
            names(out, hosts, count)
        }
        other => Err(io::Error::other(format!("`{other}` is not among them"))),
    }
}

fn numbers(out: &mut impl Write, look_up: &LookUp, count: u64) -> io::Result<()> {
    let keys = words(count);
    let mut owners = vec![u32::MAX; keys.len()];
    look_up(&keys, &mut owners);
    keys.iter().zip(owners).try_for_each(|(key, owner)| writeln!(out, "{key} {owner}"))
}

fn names(out: &mut impl Write, hosts: impl Iterator<Item = Member>, count: u64) -> io::Result<()> {
    let mut ketama = Ketama::new();
    ketama.join_all(hosts.collect()).expect("names are free");
    for n in 0..count {
        let key = format!("key-{n}");
        let owner = ketama.owner(ketama.key(key.as_bytes())).expect("there are members");
        writeln!(out, "{key} {}", ketama.members().member(owner).name)?;
    }
    Ok(())
}
