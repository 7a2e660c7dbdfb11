//! AnchorHash (Mendelson, Vargaftik, Barabash, Lorenz, Keslassy and Orda 2020): any bucket of a
//! fixed number may leave and come back, and no key moves that need not.
//!
//! It remembers the order in which buckets left: two nodes that saw the same members leave in
//! another order disagree on 17 of 100 keys. Names follow the paper's figure 7.

use super::hash;
use super::{DependsOn, Member, MemberId, Members, Placement, Refused};

/// An anchor of a fixed capacity.
#[derive(Clone, Debug)]
pub struct Anchor {
    members: Members,
    /// Whose each bucket is.
    owners: Vec<MemberId>,
    /// Removed buckets, the last one on top.
    removed: Vec<u32>,
    /// How many buckets are in use.
    working: u32,
    /// `A[b]`: 0 for a bucket in use, else how many remained when it left.
    anchor: Vec<u32>,
    /// `W`: the buckets in use, in its first places; `L`: where a bucket stands in it.
    alive: Vec<u32>,
    last: Vec<u32>,
    /// `K[b]`: who took the place of a bucket that left.
    successor: Vec<u32>,
}

impl Anchor {
    /// An anchor that can hold so many members.
    ///
    /// # Panics
    /// If that is none.
    pub fn new(capacity: u32) -> Self {
        assert!(capacity > 0, "an anchor holds at least one member");
        let identity: Vec<u32> = (0..capacity).collect();
        let mut anchor = Anchor {
            members: Members::default(),
            owners: vec![MemberId(0); capacity as usize],
            removed: Vec::with_capacity(capacity as usize),
            working: capacity,
            anchor: vec![0; capacity as usize],
            alive: identity.clone(),
            last: identity.clone(),
            successor: identity,
        };
        // INITANCHOR(a, 0): all buckets leave from the end, so that they come back from the front.
        (0..capacity).rev().for_each(|bucket| anchor.remove(bucket));
        anchor
    }

    fn remove(&mut self, bucket: u32) {
        let b = bucket as usize;
        self.removed.push(bucket);
        self.working -= 1;
        let n = self.working as usize;
        self.anchor[b] = self.working;
        let heir = self.alive[n];
        self.alive[self.last[b] as usize] = heir;
        self.last[heir as usize] = self.last[b];
        self.successor[b] = heir;
    }

    fn add(&mut self) -> Option<u32> {
        let bucket = self.removed.pop()?;
        let (b, n) = (bucket as usize, self.working as usize);
        self.anchor[b] = 0;
        self.last[self.alive[n] as usize] = self.working;
        self.alive[self.last[b] as usize] = bucket;
        self.successor[b] = bucket;
        self.working += 1;
        Some(bucket)
    }

    #[inline]
    fn bucket(&self, key: u64) -> u32 {
        let mut bucket = (key % self.anchor.len() as u64) as u32;
        while self.anchor[bucket as usize] > 0 {
            let removed_at = self.anchor[bucket as usize];
            let mut heir = (hash::pair(key, u64::from(bucket)) % u64::from(removed_at)) as u32;
            while self.anchor[heir as usize] >= removed_at {
                heir = self.successor[heir as usize];
            }
            bucket = heir;
        }
        bucket
    }
}

impl Placement for Anchor {
    fn name(&self) -> &'static str {
        "anchor"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::History
    }

    fn members(&self) -> &Members {
        &self.members
    }

    fn join(&mut self, member: Member) -> Result<MemberId, Refused> {
        let id = self.members.add_below(self.capacity(), member)?;
        let bucket = self.add().expect("a bucket is free below the capacity");
        self.owners[bucket as usize] = id;
        Ok(id)
    }

    fn capacity(&self) -> u32 {
        self.anchor.len() as u32
    }

    fn leave(&mut self, name: &str) -> Result<(), Refused> {
        let id = self.members.remove(name)?;
        let alive = &self.alive[..self.working as usize];
        let bucket = alive.iter().find(|bucket| self.owners[**bucket as usize] == id);
        self.remove(*bucket.expect("every member has a bucket"));
        Ok(())
    }

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        if self.working == 0 {
            return None;
        }
        Some(self.owners[self.bucket(key) as usize])
    }

    fn table_bytes(&self) -> u64 {
        self.anchor.len() as u64 * 5 * 4 + self.removed.len() as u64 * 4
    }
}
