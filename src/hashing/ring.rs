//! The ring of Karger et al. (STOC 1997): each member has points on a circle, and a key belongs to
//! the first point at or after it.
//!
//! Two details have gone wrong in many a library. Points of two members may fall together: they are
//! ordered by hash and then by name, so that the order of joins does not show. And a member that
//! leaves takes its own points along, by identity and not by hash.

use super::hash;
use super::{DependsOn, Member, MemberId, Members, Placement, Refused};

#[derive(Clone, Copy, Debug)]
struct Point {
    at: u64,
    member: MemberId,
}

/// A ring with virtual nodes.
#[derive(Clone, Debug)]
pub struct Ring {
    members: Members,
    points: Vec<Point>,
    points_each: u32,
}

impl Ring {
    /// A ring on which a member has so many points for each unit of its weight.
    ///
    /// # Panics
    /// If that is none.
    pub fn new(points_each: u32) -> Self {
        assert!(points_each > 0, "a member has at least one point");
        Ring { members: Members::default(), points: Vec::new(), points_each }
    }

    /// Where its points lie, and whose they are, clockwise.
    pub fn points(&self) -> impl Iterator<Item = (u64, MemberId)> {
        self.points.iter().map(|point| (point.at, point.member))
    }

    fn add(&mut self, member: Member) -> Result<MemberId, Refused> {
        let name = hash::name(&member.name);
        let count = u64::from(self.points_each) * u64::from(member.weight);
        let member = self.members.add(member)?;
        self.points.extend((0..count).map(|nth| Point { at: hash::pair(name, nth), member }));
        Ok(member)
    }

    fn sort(&mut self) {
        let members = &self.members;
        let name = |point: &Point| &members.member(point.member).name;
        self.points.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| name(a).cmp(name(b))));
    }

    /// Where the walk of a key begins: the first point at or after it, the first of all behind the
    /// last.
    #[inline]
    pub(super) fn start(&self, key: u64) -> usize {
        let start = self.points.partition_point(|point| point.at < key);
        if start == self.points.len() { 0 } else { start }
    }

    /// The members of all points, clockwise from a place, once around.
    #[inline]
    pub(super) fn clockwise(&self, start: usize) -> impl Iterator<Item = MemberId> {
        let (before, after) = self.points.split_at(start);
        after.iter().chain(before).map(|point| point.member)
    }
}

impl Placement for Ring {
    fn name(&self) -> &'static str {
        "ring"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Members
    }

    fn members(&self) -> &Members {
        &self.members
    }

    fn join(&mut self, member: Member) -> Result<MemberId, Refused> {
        let id = self.add(member)?;
        self.sort();
        Ok(id)
    }

    fn join_all(&mut self, members: Vec<Member>) -> Result<(), Refused> {
        let joined = members.into_iter().try_for_each(|member| self.add(member).map(drop));
        self.sort();
        joined
    }

    fn leave(&mut self, name: &str) -> Result<(), Refused> {
        let gone = self.members.remove(name)?;
        self.points.retain(|point| point.member != gone);
        Ok(())
    }

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        self.points.get(self.start(key)).map(|point| point.member)
    }

    fn walk(&self, key: u64, visit: &mut dyn FnMut(MemberId) -> bool) {
        let _ = self.clockwise(self.start(key)).all(visit);
    }

    fn table_bytes(&self) -> u64 {
        self.points.len() as u64 * 16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(names: &[&str]) -> Ring {
        let mut ring = Ring::new(3);
        names.iter().for_each(|name| drop(ring.join(Member::new(*name))));
        ring
    }

    #[test]
    fn a_key_behind_the_last_point_belongs_to_the_first() {
        let ring = ring(&["a", "b"]);
        let (first, last) = (ring.points[0], ring.points[5]);
        assert_eq!(ring.owner(last.at + 1), Some(first.member));
        assert_eq!(ring.owner(last.at), Some(last.member), "a key on a point is that point's");
        assert_eq!(ring.owner(0), Some(first.member));
    }

    #[test]
    fn points_that_fall_together_are_ordered_by_name_and_leave_by_identity() {
        let mut rings = [ring(&["a", "b"]), ring(&["b", "a"])];
        for ring in &mut rings {
            // No two names of this test collide by themselves: make them.
            ring.points.iter_mut().for_each(|point| point.at &= 1 << 63);
            ring.sort();
            let owner = ring.owner(0).map(|id| ring.members.member(id).name.clone());
            assert_eq!(owner.as_deref(), Some("a"));
            ring.leave("a").expect("a is a member");
            let owner = ring.owner(0).map(|id| ring.members.member(id).name.clone());
            assert_eq!(owner.as_deref(), Some("b"), "a took only its own points along");
        }
    }
}
