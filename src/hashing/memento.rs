//! MementoHash (Coluzzi, Brocco, Leidi and Antonucci 2023): jump, and a memory of the buckets that
//! left out of order.
//!
//! Without such leaves it is jump. Like AnchorHash it remembers the order of the leaves.

use super::hash;
use super::{DependsOn, Division, Member, MemberId, Members, Placement, Refused, jump};
use std::collections::BTreeMap;

/// What is remembered of a bucket that left.
#[derive(Clone, Copy, Debug)]
struct Gone {
    /// How many buckets were in use afterwards.
    remained: u32,
    /// The bucket that left before it.
    before: u32,
}

/// Jump with a memory.
#[derive(Clone, Debug, Default)]
pub struct Memento {
    members: Members,
    /// Whose each bucket is or was.
    owners: Vec<MemberId>,
    gone: BTreeMap<u32, Gone>,
    /// The bucket that left last; the number of buckets if none is missing.
    last: u32,
}

impl Memento {
    /// Nobody yet.
    pub fn new() -> Self {
        Memento::default()
    }

    #[inline]
    fn bucket(&self, key: u64) -> u32 {
        let mut bucket = jump(key, self.owners.len() as u32, Division::Paper);
        while let Some(gone) = self.gone.get(&bucket) {
            let drawn = hash::pair(key, u64::from(bucket)) % u64::from(gone.remained);
            let mut heir = drawn as u32;
            while let Some(other) = self.gone.get(&heir) {
                if other.remained < gone.remained {
                    break;
                }
                heir = other.remained;
            }
            bucket = heir;
        }
        bucket
    }
}

impl Placement for Memento {
    fn name(&self) -> &'static str {
        "memento"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::History
    }

    fn members(&self) -> &Members {
        &self.members
    }

    fn join(&mut self, member: Member) -> Result<MemberId, Refused> {
        let id = self.members.add(member)?;
        match self.gone.remove(&self.last) {
            Some(gone) => {
                self.owners[self.last as usize] = id;
                self.last = gone.before;
            }
            None => {
                self.owners.push(id);
                self.last = self.owners.len() as u32;
            }
        }
        Ok(id)
    }

    fn leave(&mut self, name: &str) -> Result<(), Refused> {
        let id = self.members.find(name).ok_or_else(|| Refused::Unknown(name.to_owned()))?;
        let buckets = (0..).zip(&self.owners);
        let mut alive = buckets.filter(|(bucket, _)| !self.gone.contains_key(bucket));
        let found = alive.find(|(_, owner)| **owner == id);
        let (bucket, _) = found.expect("every member has a bucket");
        self.members.remove(name)?;
        if self.gone.is_empty() && bucket as usize + 1 == self.owners.len() {
            self.owners.pop();
            self.last = bucket;
            return Ok(());
        }
        let remained = self.owners.len() as u32 - self.gone.len() as u32 - 1;
        if remained == 0 {
            // Nobody is left, and nothing to remember with them.
            *self = Memento { members: std::mem::take(&mut self.members), ..Memento::default() };
            return Ok(());
        }
        self.gone.insert(bucket, Gone { remained, before: self.last });
        self.last = bucket;
        Ok(())
    }

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        self.owners.get(self.bucket(key) as usize).copied()
    }

    fn table_bytes(&self) -> u64 {
        self.gone.len() as u64 * 12 + self.owners.len() as u64 * 4
    }
}
