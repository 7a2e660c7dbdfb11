//! Negative controls: the placements of the article that this project started from.
//!
//! `H(x) = H(y)` finds an owner only for keys that are members' names. `H(x) = H(y) mod M`, read as
//! a congruence, gives a key no owner or several: with M members the chance of none is
//! `(1 - 1/M)^M`, 35 % for ten and 37 % in the limit.

use super::hash::sha1_modulo;
use super::placement::of_members;
use super::{DependsOn, Member, MemberId, Members, Placement, Refused};

/// All numbers up to 46 divide this, so that what is left of a digest modulo it still says what the
/// digest is modulo each of them.
const LCM_46: u64 = 9_419_588_158_802_421_600;

/// How the article's equation is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The digests are equal: what the article's code does.
    Exact,
    /// The digests are equal modulo the number of members: what its formula says.
    Congruent,
}

/// The article's look-up.
#[derive(Clone, Debug)]
pub struct Article {
    members: Members,
    digests: Vec<(u64, MemberId)>,
    reading: Reading,
}

impl Article {
    /// Nobody yet.
    pub fn new(reading: Reading) -> Self {
        Article { members: Members::default(), digests: Vec::new(), reading }
    }

    fn rebuild(&mut self) {
        let digest = |(id, of): (MemberId, &Member)| (sha1_modulo(of.name.as_bytes(), LCM_46), id);
        self.digests = self.members.by_name().map(digest).collect();
    }

    /// All who own a key, by this reading.
    pub fn owners(&self, key: u64) -> impl Iterator<Item = MemberId> {
        let modulus = match self.reading {
            Reading::Exact => LCM_46,
            Reading::Congruent => self.digests.len().max(1) as u64,
        };
        let matches = move |(digest, _): &&(u64, MemberId)| digest % modulus == key % modulus;
        self.digests.iter().filter(matches).map(|(_, id)| *id)
    }
}

impl Placement for Article {
    fn name(&self) -> &'static str {
        match self.reading {
            Reading::Exact => "article-exact",
            Reading::Congruent => "article-congruent",
        }
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Members
    }

    of_members!();

    fn capacity(&self) -> u32 {
        if self.reading == Reading::Congruent { 46 } else { u32::MAX }
    }

    fn key(&self, bytes: &[u8]) -> u64 {
        sha1_modulo(bytes, LCM_46)
    }

    fn owner(&self, key: u64) -> Option<MemberId> {
        self.owners(key).next()
    }

    fn walk(&self, key: u64, visit: &mut dyn FnMut(MemberId) -> bool) {
        let _ = self.owners(key).all(visit);
    }

    fn table_bytes(&self) -> u64 {
        self.digests.len() as u64 * 16
    }
}
