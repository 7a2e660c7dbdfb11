//! The contract of a placement: members that come and go, and the owner of a key.

use std::collections::BTreeMap;
use std::fmt;

/// One who can own keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name, by which it is known everywhere.
    pub name: String,
    /// Its share of the keys beside those of the others; at least 1.
    pub weight: u32,
    /// The failure domain that it stands in; members of one may fail together.
    pub zone: String,
}

impl Member {
    /// A member of weight 1 in the zone without a name.
    pub fn new(name: impl Into<String>) -> Self {
        Member { name: name.into(), weight: 1, zone: String::new() }
    }

    /// The same with another weight.
    #[must_use]
    pub fn weighing(self, weight: u32) -> Self {
        Member { weight, ..self }
    }

    /// The same in a zone.
    #[must_use]
    pub fn within(self, zone: impl Into<String>) -> Self {
        Member { zone: zone.into(), ..self }
    }
}

/// A member within one placement. Two placements may number the same members differently: compare
/// names across them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberId(pub u32);

impl MemberId {
    /// Its place in tables.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What decides where a key lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependsOn {
    /// The set of members alone: whoever knows them knows the owner.
    Members,
    /// The members and the order in which they joined.
    Joins,
    /// All joins and leaves in their order: the same members may have other owners.
    History,
    /// The keys that came before.
    Arrivals,
}

/// Why a member cannot join or leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A member of this name is there already.
    NameTaken(String),
    /// No member has this name.
    Unknown(String),
    /// Only the member that joined last can leave: this one.
    OnlyTheLast(String),
    /// No more members than this can be held.
    Full(u32),
    /// A weight of zero.
    Weightless(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NameTaken(name) => write!(f, "a member `{name}` is there already"),
            Refused::Unknown(name) => write!(f, "there is no member `{name}`"),
            Refused::OnlyTheLast(name) => write!(f, "only the last one, `{name}`, can leave"),
            Refused::Full(capacity) => write!(f, "no more than {capacity} members can be held"),
            Refused::Weightless(name) => write!(f, "`{name}` weighs nothing; 1 is the least"),
        }
    }
}

/// The members of a placement, by number and by name.
#[derive(Clone, Debug, Default)]
pub struct Members {
    slots: Vec<Option<Member>>,
    by_name: BTreeMap<String, MemberId>,
}

impl Members {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// One of them.
    ///
    /// # Panics
    /// If it has left.
    pub fn member(&self, id: MemberId) -> &Member {
        self.slots[id.index()].as_ref().expect("an owner is a member")
    }

    /// The one of this name.
    pub fn find(&self, name: &str) -> Option<MemberId> {
        self.by_name.get(name).copied()
    }

    /// All in the order of their names, which does not depend on how they came.
    pub fn by_name(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        self.by_name.values().map(|id| (*id, self.member(*id)))
    }

    /// How many numbers are or were in use: the size of a table by number.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Takes a member in, at the lowest number that is free.
    ///
    /// # Errors
    /// If the name is taken or the weight is zero.
    pub fn add(&mut self, member: Member) -> Result<MemberId, Refused> {
        if self.by_name.contains_key(&member.name) {
            return Err(Refused::NameTaken(member.name));
        }
        if member.weight == 0 {
            return Err(Refused::Weightless(member.name));
        }
        // All are in use unless somebody has left: looking is for those cases only.
        let is_full = self.by_name.len() == self.slots.len();
        let free = if is_full { None } else { self.slots.iter().position(Option::is_none) };
        let place = free.unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        let id = MemberId(place as u32);
        self.by_name.insert(member.name.clone(), id);
        self.slots[place] = Some(member);
        Ok(id)
    }

    /// Takes a member in if there are fewer than this.
    ///
    /// # Errors
    /// If there are so many already, the name is taken or the weight is zero.
    pub fn add_below(&mut self, capacity: u32, member: Member) -> Result<MemberId, Refused> {
        if self.len() as u64 >= u64::from(capacity) {
            return Err(Refused::Full(capacity));
        }
        self.add(member)
    }

    /// Lets a member go.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn remove(&mut self, name: &str) -> Result<MemberId, Refused> {
        let id = self.by_name.remove(name).ok_or_else(|| Refused::Unknown(name.to_owned()))?;
        self.slots[id.index()] = None;
        Ok(id)
    }
}

/// Where keys lie. Look-ups are pure and allocate nothing.
pub trait Placement: fmt::Debug {
    /// Its name.
    fn name(&self) -> &'static str;

    /// What decides where a key lies.
    fn depends_on(&self) -> DependsOn;

    /// Who is there.
    fn members(&self) -> &Members;

    /// A member comes.
    ///
    /// # Errors
    /// If it cannot; nothing has changed then.
    fn join(&mut self, member: Member) -> Result<MemberId, Refused>;

    /// Many members come, in this order; cheaper than one by one where tables are rebuilt.
    ///
    /// # Errors
    /// At the first that cannot; those before it are in.
    fn join_all(&mut self, members: Vec<Member>) -> Result<(), Refused> {
        members.into_iter().try_for_each(|member| self.join(member).map(drop))
    }

    /// A member goes.
    ///
    /// # Errors
    /// If it cannot; nothing has changed then.
    fn leave(&mut self, name: &str) -> Result<(), Refused>;

    /// How many members it can hold.
    fn capacity(&self) -> u32 {
        u32::MAX
    }

    /// The hash of a key, as [`Placement::owner`] takes it.
    fn key(&self, bytes: &[u8]) -> u64 {
        super::hash::key(bytes)
    }

    /// The owner of a key; `None` if nobody owns it.
    fn owner(&self, key: u64) -> Option<MemberId>;

    /// A key comes, and who has it from now on. Only where a key lies where others came first is
    /// that more than a look-up.
    fn arrive(&mut self, key: u64) -> Option<MemberId> {
        self.owner(key)
    }

    /// Shows candidates for a key in order of preference, the owner first, until `visit` says that
    /// it has seen enough. A member may be shown more than once, and all are shown in the end.
    fn walk(&self, key: u64, visit: &mut dyn FnMut(MemberId) -> bool) {
        // The function itself on salted keys; whoever that misses comes last, by name.
        let tries = 16 * self.members().len() as u64;
        for salt in 0..tries {
            let salted = if salt == 0 { key } else { super::hash::pair(key, salt) };
            let Some(owner) = self.owner(salted) else { break };
            if !visit(owner) {
                return;
            }
        }
        for (id, _) in self.members().by_name() {
            if !visit(id) {
                return;
            }
        }
    }

    /// How many bytes its tables take, the members' names apart.
    fn table_bytes(&self) -> u64;
}

/// Joins and leaves of a placement that is a function of the set of its members: it has `members`,
/// a `capacity` of them, and a `rebuild` of its tables.
macro_rules! of_members {
    () => {
        fn members(&self) -> &Members {
            &self.members
        }

        fn join(&mut self, member: Member) -> Result<MemberId, Refused> {
            let id = self.members.add_below(self.capacity(), member)?;
            self.rebuild();
            Ok(id)
        }

        fn join_all(&mut self, members: Vec<Member>) -> Result<(), Refused> {
            let capacity = self.capacity();
            let mut members = members.into_iter();
            let joined =
                members.try_for_each(|member| self.members.add_below(capacity, member).map(drop));
            self.rebuild();
            joined
        }

        fn leave(&mut self, name: &str) -> Result<(), Refused> {
            self.members.remove(name)?;
            self.rebuild();
            Ok(())
        }
    };
}
pub(super) use of_members;
