//! DxHash (Dong and Wang 2021): a key tries pseudo-random buckets until it meets one in use.
//!
//! Which buckets are in use decides alone, so removals in any order lead to the same owners; but a
//! bucket's number is given to whoever joins next, so the order of joins shows.

use super::hash;
use super::{DependsOn, Member, MemberId, Members, Placement, Refused};

/// A key that met so many empty buckets in a row for each there are takes the next one in use.
const PATIENCE: u64 = 8;

/// Buckets of a fixed number, a power of two.
#[derive(Clone, Debug)]
pub struct Dx {
    members: Members,
    alive: Vec<u64>,
    owners: Vec<MemberId>,
    /// Buckets that are free, the next one to be given on top.
    free: Vec<u32>,
}

impl Dx {
    /// Room for at least so many members.
    ///
    /// # Panics
    /// If that is none, or more than 2^31.
    pub fn new(capacity: u32) -> Self {
        assert!(capacity > 0, "there is room for at least one member");
        let size = capacity.checked_next_power_of_two().expect("at most 2^31 buckets");
        Dx {
            members: Members::default(),
            alive: vec![0; (size as usize).div_ceil(64)],
            owners: vec![MemberId(0); size as usize],
            free: (0..size).rev().collect(),
        }
    }

    #[inline]
    fn is_alive(&self, bucket: u64) -> bool {
        self.alive[bucket as usize / 64] >> (bucket % 64) & 1 == 1
    }

    #[inline]
    fn bucket(&self, key: u64) -> u64 {
        let mask = self.owners.len() as u64 - 1;
        for nth in 0..PATIENCE * (mask + 1) {
            let bucket = hash::pair(key, nth) & mask;
            if self.is_alive(bucket) {
                return bucket;
            }
        }
        let start = key & mask;
        let around = (0..=mask).map(|step| (start + step) & mask);
        around.into_iter().find(|bucket| self.is_alive(*bucket)).unwrap_or(start)
    }
}

impl Placement for Dx {
    fn name(&self) -> &'static str {
        "dx"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Joins
    }

    fn members(&self) -> &Members {
        &self.members
    }

    fn join(&mut self, member: Member) -> Result<MemberId, Refused> {
        let id = self.members.add_below(self.capacity(), member)?;
        let bucket = self.free.pop().expect("a bucket is free below the capacity");
        self.owners[bucket as usize] = id;
        self.alive[bucket as usize / 64] |= 1 << (bucket % 64);
        Ok(id)
    }

    fn capacity(&self) -> u32 {
        self.owners.len() as u32
    }

    fn leave(&mut self, name: &str) -> Result<(), Refused> {
        let id = self.members.remove(name)?;
        let all = 0..self.owners.len() as u64;
        let bucket = all.into_iter().find(|b| self.is_alive(*b) && self.owners[*b as usize] == id);
        let bucket = bucket.expect("every member has a bucket");
        self.alive[bucket as usize / 64] &= !(1 << (bucket % 64));
        self.free.push(bucket as u32);
        Ok(())
    }

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        if self.members.is_empty() {
            return None;
        }
        Some(self.owners[self.bucket(key) as usize])
    }

    fn table_bytes(&self) -> u64 {
        self.alive.len() as u64 * 8 + self.owners.len() as u64 * 4 + self.free.len() as u64 * 4
    }
}
