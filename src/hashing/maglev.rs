//! Maglev (Eisenbud et al., NSDI 2016, section 3.4): a table of M entries that the members fill in
//! turn, each along a permutation of its own. For equal weights no member has two entries more than
//! another; the price is that a change moves a few keys among those who stayed.
//!
//! The order of the turns decides, so it is that of the names. With weights a member takes a turn
//! as often as its weight stands to the largest.

use super::hash;
use super::placement::of_members;
use super::{DependsOn, Member, MemberId, Members, Placement, Refused};

const NOBODY: u32 = u32::MAX;

/// A Maglev table.
#[derive(Clone, Debug)]
pub struct Maglev {
    members: Members,
    table: Vec<u32>,
    size: u32,
}

/// Where a member's permutation begins, and how far it steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Permutation {
    offset: u32,
    skip: u32,
}

impl Maglev {
    /// The table size that the paper measures with: a prime.
    pub const SMALL: u32 = 65_537;

    /// A table of so many entries.
    ///
    /// # Panics
    /// If that is no prime: a permutation would miss entries.
    pub fn new(size: u32) -> Self {
        assert!(is_prime(size), "the size of a Maglev table is a prime, and {size} is none");
        Maglev { members: Members::default(), table: Vec::new(), size }
    }

    fn rebuild(&mut self) {
        let permutations: Vec<(Permutation, u32, u32)> = self
            .members
            .by_name()
            .map(|(id, member)| {
                let name = hash::name(&member.name);
                let (size, offset, skip) =
                    (u64::from(self.size), hash::pair(name, 1), hash::pair(name, 2));
                let permutation = Permutation {
                    offset: (offset % size) as u32,
                    skip: (skip % (size - 1) + 1) as u32,
                };
                (permutation, member.weight, id.0)
            })
            .collect();
        self.table = fill(self.size, &permutations);
    }
}

/// Fills a table: members take turns, and at each its next entry that is still free.
fn fill(size: u32, members: &[(Permutation, u32, u32)]) -> Vec<u32> {
    let Some(heaviest) = members.iter().map(|(_, weight, _)| *weight).max() else {
        return Vec::new();
    };
    let mut table = vec![NOBODY; size as usize];
    let mut at: Vec<u32> = members.iter().map(|(permutation, ..)| permutation.offset).collect();
    // Weight saved up: a turn costs that of the heaviest member.
    let mut saved = vec![0u64; members.len()];
    let mut free = size;
    loop {
        for (place, (permutation, weight, id)) in members.iter().enumerate() {
            saved[place] += u64::from(*weight);
            if saved[place] < u64::from(heaviest) {
                continue;
            }
            saved[place] -= u64::from(heaviest);
            let step =
                |at: u32| ((u64::from(at) + u64::from(permutation.skip)) % u64::from(size)) as u32;
            while table[at[place] as usize] != NOBODY {
                at[place] = step(at[place]);
            }
            table[at[place] as usize] = *id;
            free -= 1;
            if free == 0 {
                return table;
            }
        }
    }
}

fn is_prime(number: u32) -> bool {
    // The square of the first divisor that is too large may not fit into 32 bits.
    let divides = |divisor: u64| u64::from(number) % divisor == 0;
    number >= 2 && !(2u64..).take_while(|d| d * d <= u64::from(number)).any(divides)
}

impl Placement for Maglev {
    fn name(&self) -> &'static str {
        "maglev"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Members
    }

    of_members!();

    /// With more members than entries some would own nothing.
    fn capacity(&self) -> u32 {
        self.size
    }

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        let place = key.checked_rem(self.table.len() as u64)?;
        Some(MemberId(self.table[place as usize]))
    }

    fn table_bytes(&self) -> u64 {
        self.table.len() as u64 * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_1_of_the_paper() {
        let backends = [(3, 4), (0, 2), (3, 1)].map(|(offset, skip)| Permutation { offset, skip });
        let member = |id: usize| (backends[id], 1, id as u32);
        assert_eq!(fill(7, &[member(0), member(1), member(2)]), [1, 0, 1, 0, 2, 2, 0]);
        assert_eq!(fill(7, &[member(0), member(2)]), [0, 0, 0, 0, 2, 2, 2], "B1 has left");
    }

    #[test]
    fn equal_weights_differ_by_at_most_one_entry_and_others_by_their_share() {
        let mut maglev = Maglev::new(Maglev::SMALL);
        let members = (0..100).map(|n| Member::new(format!("m{n}"))).collect();
        maglev.join_all(members).expect("a hundred names");
        let mut counts = vec![0u32; 100];
        maglev.table.iter().for_each(|id| counts[*id as usize] += 1);
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(most - least <= 1, "{least} to {most}");

        let mut weighted = Maglev::new(Maglev::SMALL);
        weighted.join(Member::new("a").weighing(3)).expect("free");
        weighted.join(Member::new("b")).expect("free");
        let heavy = weighted.table.iter().filter(|id| **id == 0).count();
        assert_eq!(heavy, (Maglev::SMALL as usize * 3).div_ceil(4), "three entries of four");
    }

    #[test]
    fn the_largest_prime_of_32_bits_is_one() {
        assert!(is_prime(4_294_967_291) && !is_prime(u32::MAX) && is_prime(2) && !is_prime(1));
    }

    #[test]
    #[should_panic(expected = "65536 is none")]
    fn a_table_whose_size_is_no_prime_is_refused() {
        let _ = Maglev::new(65_536);
    }
}
