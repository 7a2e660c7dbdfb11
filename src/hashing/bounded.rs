//! Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, SODA 2018): no member
//! has more than `(1 + epsilon)` times the mean; a key that finds its member full goes on
//! clockwise.
//!
//! Where a key lies depends on the keys before it, so a client cannot compute it: this is a
//! directory. A key that it does not know is answered with where it would go now.

use super::{DependsOn, Member, MemberId, Members, Placement, Refused, Ring};
use std::collections::{BTreeMap, BTreeSet};

/// A ring, and who has which key.
#[derive(Clone, Debug)]
pub struct Bounded {
    ring: Ring,
    epsilon_ppm: u32,
    placed: BTreeMap<u64, MemberId>,
    held: Vec<BTreeSet<u64>>,
}

impl Bounded {
    /// No member may exceed the mean by more than so many millionths of it.
    ///
    /// # Panics
    /// If that is none: there would not be room for all keys.
    pub fn new(points_each: u32, epsilon_ppm: u32) -> Self {
        assert!(epsilon_ppm > 0, "some slack is needed");
        let ring = Ring::new(points_each);
        Bounded { ring, epsilon_ppm, placed: BTreeMap::new(), held: Vec::new() }
    }

    /// How many keys a member may have when there are so many:
    /// `ceil((1 + epsilon) keys / members)`.
    pub fn room(&self, keys: u64) -> u64 {
        let members = self.ring.members().len().max(1) as u128;
        let room = u128::from(keys) * (1_000_000 + u128::from(self.epsilon_ppm));
        room.div_ceil(1_000_000 * members) as u64
    }

    /// A key comes; who has it from now on. `None` if there is no member.
    pub fn place(&mut self, key: u64) -> Option<MemberId> {
        if let Some(owner) = self.placed.get(&key) {
            return Some(*owner);
        }
        let owner = self.room_for(key, self.room(self.placed.len() as u64 + 1))?;
        self.put(key, owner);
        Some(owner)
    }

    /// A key goes, and with the capacity that sinks, others may have to move on.
    pub fn remove(&mut self, key: u64) {
        if let Some(owner) = self.placed.remove(&key) {
            self.held[owner.index()].remove(&key);
            self.cascade();
        }
    }

    /// How many keys a member has.
    pub fn load(&self, member: MemberId) -> u64 {
        self.held.get(member.index()).map_or(0, |keys| keys.len() as u64)
    }

    /// How many keys are placed.
    pub fn keys(&self) -> u64 {
        self.placed.len() as u64
    }

    fn put(&mut self, key: u64, owner: MemberId) {
        self.placed.insert(key, owner);
        self.held[owner.index()].insert(key);
    }

    /// The first member clockwise that is not full.
    fn room_for(&self, key: u64, capacity: u64) -> Option<MemberId> {
        let mut clockwise = self.ring.clockwise(self.ring.start(key));
        clockwise.find(|member| self.load(*member) < capacity)
    }

    /// Whoever has too many lets the last of its keys go on, until nobody has.
    fn cascade(&mut self) {
        let capacity = self.room(self.placed.len() as u64);
        for place in 0..self.held.len() {
            while self.held[place].len() as u64 > capacity {
                let key = self.held[place].pop_last().expect("it has more than none");
                let owner = self.room_for(key, capacity).expect("the slack leaves room");
                self.put(key, owner);
            }
        }
    }
}

impl Placement for Bounded {
    fn name(&self) -> &'static str {
        "bounded-loads"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Arrivals
    }

    fn members(&self) -> &Members {
        self.ring.members()
    }

    fn join(&mut self, member: Member) -> Result<MemberId, Refused> {
        let id = self.ring.join(member)?;
        self.held.resize(self.held.len().max(id.index() + 1), BTreeSet::new());
        // What its points cover now comes home to it, as far as it has room.
        let homes: Vec<u64> = self.placed.keys().copied().collect();
        let capacity = self.room(self.placed.len() as u64);
        for key in homes {
            if self.ring.owner(key) == Some(id) && self.load(id) < capacity {
                let before = self.placed[&key];
                self.held[before.index()].remove(&key);
                self.put(key, id);
            }
        }
        self.cascade();
        Ok(id)
    }

    fn join_all(&mut self, members: Vec<Member>) -> Result<(), Refused> {
        if !self.placed.is_empty() {
            return members.into_iter().try_for_each(|member| self.join(member).map(drop));
        }
        // Without keys nothing has to come home.
        let joined = self.ring.join_all(members);
        self.held.resize(self.ring.members().slots(), BTreeSet::new());
        joined
    }

    fn leave(&mut self, name: &str) -> Result<(), Refused> {
        let id = self.members().find(name).ok_or_else(|| Refused::Unknown(name.to_owned()))?;
        self.ring.leave(name)?;
        let homeless = std::mem::take(&mut self.held[id.index()]);
        self.placed.retain(|_, owner| *owner != id);
        if !self.members().is_empty() {
            let capacity = self.room((self.placed.len() + homeless.len()) as u64);
            for key in homeless {
                let owner = self.room_for(key, capacity).expect("the slack leaves room");
                self.put(key, owner);
            }
        }
        Ok(())
    }

    fn owner(&self, key: u64) -> Option<MemberId> {
        let placed = self.placed.get(&key).copied();
        placed.or_else(|| self.room_for(key, self.room(self.placed.len() as u64 + 1)))
    }

    fn arrive(&mut self, key: u64) -> Option<MemberId> {
        self.place(key)
    }

    fn walk(&self, key: u64, visit: &mut dyn FnMut(MemberId) -> bool) {
        let others = self.ring.clockwise(self.ring.start(key));
        let _ = self.owner(key).into_iter().chain(others).all(visit);
    }

    fn table_bytes(&self) -> u64 {
        self.ring.table_bytes() + self.placed.len() as u64 * 20
    }
}
