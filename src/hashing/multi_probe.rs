//! Multi-probe (Appleton and O'Reilly 2015): one point a member, and p probes a key; the probe that
//! lies closest before its point wins. The balance of many points for the memory of one.

use super::hash;
use super::placement::of_members;
use super::{DependsOn, Member, MemberId, Members, Placement, Refused};

/// A ring of single points, probed several times.
#[derive(Clone, Debug)]
pub struct MultiProbe {
    members: Members,
    points: Vec<(u64, MemberId)>,
    probes: u32,
}

impl MultiProbe {
    /// The probes with which the paper has a peak of 1.05 times the mean.
    pub const PROBES: u32 = 21;

    /// Probes a key so many times.
    ///
    /// # Panics
    /// If that is never.
    pub fn new(probes: u32) -> Self {
        assert!(probes > 0, "a key is probed at least once");
        MultiProbe { members: Members::default(), points: Vec::new(), probes }
    }

    fn rebuild(&mut self) {
        let point = |(id, member): (MemberId, &Member)| (hash::name(&member.name), id);
        self.points = self.members.by_name().map(point).collect();
        // Stable: points that fall together keep the order of the names.
        self.points.sort_by_key(|(at, _)| *at);
    }
}

impl Placement for MultiProbe {
    fn name(&self) -> &'static str {
        "multi-probe"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Members
    }

    of_members!();

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        let (first, _) = self.points.first()?;
        let mut best = (u64::MAX, self.points[0].1);
        for nth in 0..self.probes {
            let probe = hash::pair(key, u64::from(nth));
            let place = self.points.partition_point(|(at, _)| *at < probe);
            let (at, member) =
                self.points.get(place).copied().unwrap_or((*first, self.points[0].1));
            let distance = at.wrapping_sub(probe);
            if distance < best.0 {
                best = (distance, member);
            }
        }
        Some(best.1)
    }

    fn table_bytes(&self) -> u64 {
        self.points.len() as u64 * 16
    }
}
