//! Jump (Lamping and Veach 2014): no table at all, ln n steps, and only the last bucket can leave.
//!
//! The paper multiplies by `2^31 / (r + 1)`, Guava divides by `(r + 1) / 2^31`. Both round, and on
//! rare keys they disagree: two named variants, since "matches Guava" and "matches the
//! paper" cannot both be true of one.

use super::{DependsOn, Member, MemberId, Members, Placement, Refused};

/// How a step is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Division {
    /// As the paper's listing.
    #[default]
    Paper,
    /// As Guava's `Hashing.consistentHash`.
    Guava,
}

const TWO_31: f64 = 2_147_483_648.0;

/// The bucket of a key among so many. Zero buckets have none: the answer is then bucket 0.
#[inline]
pub fn jump(mut key: u64, buckets: u32, division: Division) -> u32 {
    let mut bucket = 0i64;
    let mut next = 0i64;
    while next < i64::from(buckets) {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let drawn = ((key >> 33) + 1) as f64;
        let from = (bucket + 1) as f64;
        next = match division {
            Division::Paper => (from * (TWO_31 / drawn)) as i64,
            Division::Guava => (from / (drawn / TWO_31)) as i64,
        };
    }
    bucket as u32
}

/// Jump over members in the order in which they joined.
#[derive(Clone, Debug, Default)]
pub struct Jump {
    members: Members,
    buckets: Vec<MemberId>,
    division: Division,
}

impl Jump {
    /// Nobody yet.
    pub fn new(division: Division) -> Self {
        Jump { division, ..Jump::default() }
    }
}

impl Placement for Jump {
    fn name(&self) -> &'static str {
        match self.division {
            Division::Paper => "jump",
            Division::Guava => "jump-guava",
        }
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Joins
    }

    fn members(&self) -> &Members {
        &self.members
    }

    fn join(&mut self, member: Member) -> Result<MemberId, Refused> {
        let id = self.members.add(member)?;
        self.buckets.push(id);
        Ok(id)
    }

    fn leave(&mut self, name: &str) -> Result<(), Refused> {
        let id = self.members.find(name).ok_or_else(|| Refused::Unknown(name.to_owned()))?;
        match self.buckets.last() {
            Some(last) if *last == id => {}
            Some(last) => {
                return Err(Refused::OnlyTheLast(self.members.member(*last).name.clone()));
            }
            None => return Err(Refused::Unknown(name.to_owned())),
        }
        self.members.remove(name)?;
        self.buckets.pop();
        Ok(())
    }

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        self.buckets.get(jump(key, self.buckets.len() as u32, self.division) as usize).copied()
    }

    fn table_bytes(&self) -> u64 {
        self.buckets.len() as u64 * 4
    }
}
