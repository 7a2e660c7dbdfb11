//! Look-ups per second, ours and theirs in the same run: rounds in which each has its turn, and of
//! their ratios the median, the lowest and the highest.

#![expect(clippy::disallowed_methods, reason = "speed is measured by the host's clock")]

use crate::functions::{self as f, LookUp};
use crate::keys::spread;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Rounds; an odd number has a median.
const ROUNDS: usize = 11;
/// How often a turn is tried; the shortest try counts, since others may use the CPU meanwhile.
const TRIES: usize = 5;
/// How long a try takes, about.
const TURN: Duration = Duration::from_millis(4);
/// The look-up that the others' costs are told in: jump among so many.
const UNIT: u32 = 1_000;

type Peer = (&'static str, LookUp);

struct Case {
    function: &'static str,
    members: u32,
    ours: LookUp,
    peers: Vec<Peer>,
}

/// Table entries of Maglev: the paper's for up to a thousand, and a hundred for each member.
fn entries(members: u32) -> u32 {
    if members <= 1_000 { 65_537 } else { 10_000_019 }
}

fn jump(members: u32) -> (LookUp, Vec<Peer>) {
    let peers = vec![
        ("jumphash 0.1.9", f::jumphash(members)),
        ("jump-consistent-hash 0.1.0", f::jump_consistent_hash(members)),
        ("hash-rings 1.1.0", f::hash_rings_jump(members)),
    ];
    (f::our_jump(members), peers)
}

fn ring(members: u32) -> (LookUp, Vec<Peer>) {
    let alike = |_| 1;
    let mut peers = vec![
        ("hashring 0.3.6", f::hashring(members, alike)),
        ("hash-rings 1.1.0", f::hash_rings_ring(members, alike)),
    ];
    if members <= 1_000 {
        // Each point is put into its place in a vector: ten million take hours.
        let peer = f::consistent_hash_ring(members, alike);
        peers.push(("consistent_hash_ring 0.8.0", peer));
    }
    (f::our_ring(members, alike), peers)
}

fn ketama(members: u32) -> (LookUp, Vec<Peer>) {
    // It numbers its nodes with 16 bits.
    let fits = members <= 65_535;
    let peers = fits.then(|| ("ketama 0.0.2", f::ketama(members)));
    (f::our_ketama(f::alike(members)), peers.into_iter().collect())
}

fn rendezvous(members: u32) -> (LookUp, Vec<Peer>) {
    let peers = vec![
        ("hash-rings 1.1.0", f::hash_rings_rendezvous(members)),
        ("rendezvous_hash 0.3.0", f::rendezvous_hash(members)),
    ];
    (f::our_rendezvous(members), peers)
}

fn weighted_rendezvous(members: u32) -> (LookUp, Vec<Peer>) {
    let peers = vec![
        ("hash-rings 1.1.0", f::hash_rings_weighted_rendezvous(members)),
        ("hrw-hash 2.0.3", f::hrw_hash(members)),
    ];
    (f::our_weighted_rendezvous(members), peers)
}

fn maglev(members: u32) -> (LookUp, Vec<Peer>) {
    let size = entries(members);
    // It writes a permutation of the table down for each member.
    let fits = members <= 1_000;
    let peers = fits.then(|| ("maglev 0.2.1", f::maglev(members, size)));
    (f::our_maglev(members, size), peers.into_iter().collect())
}

fn multi_probe(members: u32) -> (LookUp, Vec<Peer>) {
    let peers = vec![
        ("mpchash 2.0.10", f::mpchash(members)),
        ("hash-rings 1.1.0", f::hash_rings_multi_probe(members, 23)),
    ];
    (f::our_multi_probe(members, 23), peers)
}

fn anchor(members: u32) -> (LookUp, Vec<Peer>) {
    let gone: Vec<u32> = (0..members / 10).map(|n| n * 7).collect();
    // It numbers its buckets with 16 bits.
    let fits = 2 * members <= 65_535;
    let peers = fits.then(|| ("anchorhash 0.2.2", f::anchorhash(2 * members, members, &gone)));
    (f::our_anchor(2 * members, members, &gone), peers.into_iter().collect())
}

fn cases(members: u32) -> impl Iterator<Item = Case> {
    type Make = fn(u32) -> (LookUp, Vec<Peer>);
    let with_peers: [(&str, Make); 8] = [
        ("jump", jump),
        ("ring", ring),
        ("ketama", ketama),
        ("rendezvous", rendezvous),
        ("weighted-rendezvous", weighted_rendezvous),
        ("maglev", maglev),
        ("multi-probe", multi_probe),
        ("anchor", anchor),
    ];
    let alone = ["modulo", "jump-guava", "dx", "memento", "straw2", "bounded-loads"];
    let with_peers = with_peers.into_iter().map(move |(function, make)| {
        let (ours, peers) = make(members);
        Case { function, members, ours, peers }
    });
    with_peers.chain(alone.into_iter().map(move |function| {
        let ours = f::ours_by_name(function, members);
        Case { function, members, ours, peers: Vec::new() }
    }))
}

/// A look-up, and how many keys fill a turn of it.
struct Runner<'a> {
    look_up: &'a LookUp,
    keys: &'a [u64],
}

impl<'a> Runner<'a> {
    fn new(look_up: &'a LookUp, keys: &'a [u64], owners: &mut [u32]) -> Self {
        let mut count = 16;
        loop {
            let begun = Instant::now();
            look_up(&keys[..count], owners);
            if begun.elapsed() * 2 > TURN || count * 2 > keys.len() {
                return Runner { look_up, keys: &keys[..count] };
            }
            count *= 2;
        }
    }

    /// Nanoseconds that a look-up takes, in this turn.
    fn turn(&self, owners: &mut [u32]) -> f64 {
        let tries = (0..TRIES).map(|_| {
            let begun = Instant::now();
            (self.look_up)(self.keys, owners);
            std::hint::black_box(&owners);
            begun.elapsed()
        });
        let taken = tries.min().expect("it is tried");
        taken.as_secs_f64() * 1e9 / self.keys.len() as f64
    }
}

/// Median, lowest and highest.
fn spread_of(mut ratios: Vec<f64>) -> [f64; 3] {
    ratios.sort_by(f64::total_cmp);
    [ratios[ratios.len() / 2], ratios[0], ratios[ratios.len() - 1]]
}

fn ratios(over: &[f64], under: &[f64]) -> [f64; 3] {
    spread_of(over.iter().zip(under).map(|(over, under)| over / under).collect())
}

/// Writes a row for each function and peer; what holds for this machine alone goes to `aside`.
///
/// # Errors
/// If a row cannot be written.
pub fn write(out: &mut impl Write, aside: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "# Ratios of one run ({ROUNDS} rounds in turns): they hold for that kind of CPU;"
    )?;
    writeln!(
        out,
        "# `cost` is the time of a look-up over that of jump among {UNIT}, `faster` the"
    )?;
    writeln!(out, "# time of the peer's over that of ours; median, lowest, highest.")?;
    writeln!(out, "function,members,cost,cost_min,cost_max,peer,faster,faster_min,faster_max")?;
    let keys = spread(1 << 20);
    let mut owners = vec![0; keys.len()];
    let unit = f::our_jump(UNIT);
    for case in [10, 1_000, 100_000].into_iter().flat_map(cases) {
        let look_ups = [&unit, &case.ours].into_iter().chain(case.peers.iter().map(|it| &it.1));
        let runners: Vec<Runner<'_>> =
            look_ups.map(|one| Runner::new(one, &keys, &mut owners)).collect();
        let mut taken = vec![Vec::new(); runners.len()];
        for _ in 0..ROUNDS {
            for (runner, taken) in runners.iter().zip(&mut taken) {
                taken.push(runner.turn(&mut owners));
            }
        }
        let [cost, least, most] = ratios(&taken[1], &taken[0]);
        let head = format!("{},{},{cost:.2},{least:.2},{most:.2}", case.function, case.members);
        let per_second = 1e3 / spread_of(taken[1].clone())[0];
        writeln!(aside, "{} {}: {per_second:.3} million/s", case.function, case.members)?;
        if case.peers.is_empty() {
            writeln!(out, "{head},,,,")?;
        }
        for ((peer, _), theirs) in case.peers.iter().zip(&taken[2..]) {
            let [faster, least, most] = ratios(theirs, &taken[1]);
            writeln!(out, "{head},{peer},{faster:.2},{least:.2},{most:.2}")?;
        }
        out.flush()?;
    }
    Ok(())
}
