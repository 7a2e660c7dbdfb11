//! Placement functions as libraries have got them wrong: each a ring, or a rendezvous, with one
//! mistake.

use crate::algorithm::Mutant;
use crate::hashing::{DependsOn, Member, MemberId, Members, Placement, Refused, hash};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Few points, so that every mistake has keys to show itself on.
const POINTS: u64 = 16;

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A key is looked up among the points as if it were one.
    ExactMatch,
    /// The remainder by the count of members.
    Modulo,
    /// Behind the last point there is nobody.
    NoWrapAround,
    /// Some look for the first point at a key or behind it, others behind it.
    OffByOne,
    /// Of two points in one place the later one stays, and who leaves takes both.
    CollisionOverwrites,
    /// Points are hashed from a name and a number without anything in between.
    NamesRunTogether,
    /// Between equals decides who comes first in a table that has no order.
    OrderOfTheTable,
    /// Each process hashes with a key of its own.
    RandomHasher,
    /// Replicas are the next points, whosever they are.
    ReplicasCountPoints,
    /// The owner, and as many replicas besides as there should be in all.
    ReplicasOneTooMany,
}

impl Flaw {
    const ALL: [(&'static str, Flaw); 10] = [
        ("exact-match", Flaw::ExactMatch),
        ("modulo", Flaw::Modulo),
        ("no-wrap-around", Flaw::NoWrapAround),
        ("search-off-by-one", Flaw::OffByOne),
        ("collision-overwrites", Flaw::CollisionOverwrites),
        ("names-run-together", Flaw::NamesRunTogether),
        ("order-of-a-table", Flaw::OrderOfTheTable),
        ("random-hasher", Flaw::RandomHasher),
        ("replicas-count-points", Flaw::ReplicasCountPoints),
        ("replicas-one-too-many", Flaw::ReplicasOneTooMany),
    ];

    /// The flaw of this name.
    pub fn named(name: &str) -> Option<Flaw> {
        Flaw::ALL.iter().find(|(known, _)| *known == name).map(|(_, flaw)| *flaw)
    }
}

/// The known bugs.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "exact-match",
        summary: "a key is looked up among the points as if it were one: it has no owner",
        breaks: &["every-key-owned"],
        source: "H01; the article that `docs/article.md` quotes",
    },
    Mutant {
        name: "modulo",
        summary: "the remainder by the count of members: when one comes, nearly all keys move",
        breaks: &["moves-only-what-it-must"],
        source: "H02; Karger et al., STOC 1997, section 1",
    },
    Mutant {
        name: "no-wrap-around",
        summary: "a key behind the last point of the ring has no owner",
        breaks: &["every-key-owned"],
        source: "H03; the fixture VDEAAAAA of libmemcached",
    },
    Mutant {
        name: "search-off-by-one",
        summary: "of a key that falls on a point one node takes that, another one the next",
        breaks: &["same-members-same-owners"],
        source: "H04; a note in go-ketama",
    },
    Mutant {
        name: "collision-overwrites",
        summary: "of two points in one place the later one stays, and who leaves takes the other's \
                  along: owners depend on the order of joins",
        breaks: &["same-members-same-owners", "moves-only-what-it-must"],
        source: "H05; pekko#3279, ringpop-go#196, orleans#7193, go-zero#5595",
    },
    Mutant {
        name: "names-run-together",
        summary: "points of n1 and n11 are the same: \"n1\" and \"11\" is \"n11\" and \"1\"",
        breaks: &["same-members-same-owners", "moves-only-what-it-must"],
        source: "H06; ringpop-node#241",
    },
    Mutant {
        name: "order-of-a-table",
        summary: "between members with the same score decides who comes first in a table that has \
                  another order in each process",
        breaks: &["same-members-same-owners"],
        source: "H07; a Maglev whose members come from a HashMap",
    },
    Mutant {
        name: "random-hasher",
        summary: "each process hashes keys with a key of its own",
        breaks: &["same-members-same-owners", "moves-only-what-it-must"],
        source: "H08; the default hashers of the crates anchorhash and jumphash",
    },
    Mutant {
        name: "replicas-count-points",
        summary: "the replicas of a key are the next points of the ring, whosever they are",
        breaks: &["replicas-distinct"],
        source: "H09; the crate hashring, galaxycache#59",
    },
    Mutant {
        name: "replicas-one-too-many",
        summary: "asked for three replicas it gives the owner and three more, or the owner twice",
        breaks: &["replicas-distinct"],
        source: "H10; the crate hashring 0.3.6",
    },
];

/// A placement with a flaw.
#[derive(Debug)]
pub(super) struct Flawed {
    flaw: Flaw,
    /// What is not the same in another process.
    salt: u64,
    members: Members,
    /// The ring: one member in each place.
    points: BTreeMap<u64, MemberId>,
}

impl Flawed {
    pub fn new(flaw: Flaw, salt: u64) -> Self {
        Flawed { flaw, salt, members: Members::default(), points: BTreeMap::new() }
    }

    /// How many bits of a hash count: few, where two must meet for the flaw to show.
    const fn mask(&self) -> u64 {
        match self.flaw {
            Flaw::OffByOne => 0xFFF,
            Flaw::CollisionOverwrites => 0x3FF,
            _ => u64::MAX,
        }
    }

    fn places(&self, name: &str) -> Vec<u64> {
        let place = |nth: u64| match self.flaw {
            Flaw::NamesRunTogether => hash::name(&format!("{name}{nth}")),
            _ => hash::pair(hash::name(name), nth),
        };
        (0..POINTS).map(|nth| place(nth) & self.mask()).collect()
    }

    fn clockwise(&self, key: u64) -> impl Iterator<Item = MemberId> {
        let key = key & self.mask();
        let behind = self.flaw == Flaw::OffByOne && self.salt % 2 == 1;
        let from = if behind { Bound::Excluded(key) } else { Bound::Included(key) };
        let after = self.points.range((from, Bound::Unbounded)).map(|(_, member)| *member);
        let wraps = self.flaw != Flaw::NoWrapAround;
        after.chain(self.points.values().copied().filter(move |_| wraps))
    }

    /// The member with the highest score of four bits.
    fn highest(&self, key: u64) -> Option<MemberId> {
        let mut table: Vec<(MemberId, u64)> =
            self.members.by_name().map(|(id, member)| (id, hash::name(&member.name))).collect();
        table.sort_by_key(|(_, name)| hash::pair(self.salt, *name));
        let score = |name: u64| hash::pair(name, key) & 0xF;
        table.into_iter().rev().max_by_key(|(_, name)| score(*name)).map(|(id, _)| id)
    }
}

impl Placement for Flawed {
    fn name(&self) -> &'static str {
        "flawed"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Members
    }

    fn members(&self) -> &Members {
        &self.members
    }

    fn join(&mut self, member: Member) -> Result<MemberId, Refused> {
        let places = self.places(&member.name);
        let id = self.members.add(member)?;
        self.points.extend(places.into_iter().map(|place| (place, id)));
        Ok(id)
    }

    fn leave(&mut self, name: &str) -> Result<(), Refused> {
        self.members.remove(name)?;
        for place in self.places(name) {
            self.points.remove(&place);
        }
        Ok(())
    }

    fn owner(&self, key: u64) -> Option<MemberId> {
        match self.flaw {
            Flaw::ExactMatch => self.points.get(&key).copied(),
            Flaw::Modulo => {
                let count = self.members.len() as u64;
                self.members.by_name().nth((key % count) as usize).map(|(id, _)| id)
            }
            Flaw::OrderOfTheTable => self.highest(key),
            Flaw::RandomHasher => self.clockwise(hash::pair(key, self.salt)).next(),
            _ => self.clockwise(key).next(),
        }
    }

    fn table_bytes(&self) -> u64 {
        16 * self.points.len() as u64
    }
}

/// The replicas of a key, so many, as a flawed library lists them.
pub(super) fn replicas(flawed: &Flawed, key: u64, count: usize) -> Option<Vec<MemberId>> {
    let mut distinct: Vec<MemberId> = Vec::new();
    for member in flawed.clockwise(key) {
        if !distinct.contains(&member) {
            distinct.push(member);
        }
    }
    match flawed.flaw {
        Flaw::ReplicasCountPoints => Some(flawed.clockwise(key).take(count).collect()),
        Flaw::ReplicasOneTooMany => Some(distinct.into_iter().cycle().take(count + 1).collect()),
        _ => None,
    }
}
