//! Rendezvous, or highest random weight (Thaler and Ravishankar 1998): every member draws for the
//! key, and the best draw owns it. Weighted as Schindelhauer and Schomaker (SPAA 2005) do:
//! the least `-ln(u) / weight` wins.
//!
//! The logarithm is ours, on integers ([`minus_ln`]), and costs are compared as products: no draw
//! is ever infinite or not a number, as it is where `u` is rounded to one, and all machines agree.

use super::hash;
use super::placement::of_members;
use super::{DependsOn, Member, MemberId, Members, Placement, Refused};
use crate::rng::fixed::minus_ln;

#[derive(Clone, Copy, Debug)]
struct Runner {
    name: u64,
    weight: u32,
    member: MemberId,
}

/// A draw of one member for one key; less is better.
#[derive(Clone, Copy)]
struct Draw {
    cost: u64,
    weight: u32,
}

impl Draw {
    /// `cost / weight`, compared without a division.
    #[inline]
    fn is_better_than(self, other: Draw) -> bool {
        u128::from(self.cost) * u128::from(other.weight)
            < u128::from(other.cost) * u128::from(self.weight)
    }
}

/// Rendezvous hashing.
#[derive(Clone, Debug)]
pub struct Rendezvous {
    members: Members,
    /// In the order of names, so that the first of equals is the same everywhere.
    runners: Vec<Runner>,
    is_weighted: bool,
}

impl Rendezvous {
    /// All members alike, whatever they weigh.
    pub fn plain() -> Self {
        Rendezvous { members: Members::default(), runners: Vec::new(), is_weighted: false }
    }

    /// Each member by its weight.
    pub fn weighted() -> Self {
        Rendezvous { is_weighted: true, ..Rendezvous::plain() }
    }

    fn rebuild(&mut self) {
        let runner = |(member, of): (MemberId, &Member)| Runner {
            name: hash::name(&of.name),
            weight: of.weight,
            member,
        };
        self.runners = self.members.by_name().map(runner).collect();
    }

    #[inline]
    fn draw(&self, key: u64, runner: &Runner) -> Draw {
        let word = hash::pair(key, runner.name);
        if self.is_weighted {
            Draw { cost: minus_ln(word), weight: runner.weight }
        } else {
            Draw { cost: !word, weight: 1 }
        }
    }

    /// Unweighted, the highest word wins, the first of equals. Nobody can foretell who is ahead:
    /// without branches it takes two fifths of the time with ten members.
    #[inline]
    fn highest(&self, key: u64) -> Option<MemberId> {
        let mut best = hash::pair(key, self.runners.first()?.name);
        let mut ahead = 0;
        for (place, runner) in self.runners.iter().enumerate().skip(1) {
            let word = hash::pair(key, runner.name);
            ahead = if word > best { place } else { ahead };
            best = if word > best { word } else { best };
        }
        Some(self.runners[ahead].member)
    }

    /// The best draw that is worse than that of the member at this place.
    fn next_best(&self, key: u64, after: Option<usize>) -> Option<usize> {
        let bound = after.map(|place| (self.draw(key, &self.runners[place]), place));
        let mut best: Option<(Draw, usize)> = None;
        for (place, runner) in self.runners.iter().enumerate() {
            let draw = self.draw(key, runner);
            let comes_later = bound.is_none_or(|(least, at)| {
                least.is_better_than(draw) || (!draw.is_better_than(least) && at < place)
            });
            if comes_later && best.is_none_or(|(least, _)| draw.is_better_than(least)) {
                best = Some((draw, place));
            }
        }
        best.map(|(_, place)| place)
    }
}

impl Placement for Rendezvous {
    fn name(&self) -> &'static str {
        if self.is_weighted { "weighted-rendezvous" } else { "rendezvous" }
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Members
    }

    of_members!();

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        if !self.is_weighted {
            return self.highest(key);
        }
        let (first, others) = self.runners.split_first()?;
        let mut best = (self.draw(key, first), first.member);
        for runner in others {
            let draw = self.draw(key, runner);
            if draw.is_better_than(best.0) {
                best = (draw, runner.member);
            }
        }
        Some(best.1)
    }

    fn walk(&self, key: u64, visit: &mut dyn FnMut(MemberId) -> bool) {
        let mut last = None;
        while let Some(place) = self.next_best(key, last) {
            if !visit(self.runners[place].member) {
                return;
            }
            last = Some(place);
        }
    }

    fn table_bytes(&self) -> u64 {
        self.runners.len() as u64 * 16
    }
}
