//! Ketama as libmemcached computes it, weighted, point for point.
//!
//! Host h has, of `floor(share * 40 * hosts)` MD5 digests of `h-0`, `h-1`, ..., four points each.
//! The share is computed in single precision there, and therefore here: with other rounding a host
//! may have four points more or less, and clients disagree.

use super::hash::md5_words;
use super::placement::of_members;
use super::{DependsOn, Member, MemberId, Members, Placement, Refused};

const POINTS_PER_HOST: f32 = 160.0;
const POINTS_PER_DIGEST: f32 = 4.0;

/// The continuum of libmemcached.
#[derive(Clone, Debug, Default)]
pub struct Ketama {
    members: Members,
    points: Vec<(u32, MemberId)>,
}

impl Ketama {
    /// Nobody yet.
    pub fn new() -> Self {
        Ketama::default()
    }

    /// Where its points lie, and whose they are, clockwise.
    pub fn points(&self) -> &[(u32, MemberId)] {
        &self.points
    }

    fn rebuild(&mut self) {
        let hosts = self.members.len() as f32;
        let total: u64 = self.members.by_name().map(|(_, m)| u64::from(m.weight)).sum();
        let mut points = Vec::new();
        for (id, member) in self.members.by_name() {
            let share = member.weight as f32 / total as f32;
            let digests = share * POINTS_PER_HOST / POINTS_PER_DIGEST * hosts;
            let digests = (f64::from(digests) + 1e-10) as f32 as u32;
            for nth in 0..digests {
                let words = md5_words(format!("{}-{nth}", member.name).as_bytes());
                points.extend(words.map(|at| (at, id)));
            }
        }
        // By name first, stable: points that fall together keep the order of the names.
        points.sort_by_key(|(at, _)| *at);
        self.points = points;
    }
}

impl Placement for Ketama {
    fn name(&self) -> &'static str {
        "ketama"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Members
    }

    of_members!();

    fn key(&self, bytes: &[u8]) -> u64 {
        u64::from(md5_words(bytes)[0])
    }

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        let start = self.points.partition_point(|(at, _)| u64::from(*at) < key);
        let point = self.points.get(start).or(self.points.first());
        point.map(|(_, member)| *member)
    }

    fn walk(&self, key: u64, visit: &mut dyn FnMut(MemberId) -> bool) {
        let start = self.points.partition_point(|(at, _)| u64::from(*at) < key);
        let (before, after) = self.points.split_at(start);
        let _ = after.iter().chain(before).map(|(_, member)| *member).all(visit);
    }

    fn table_bytes(&self) -> u64 {
        self.points.len() as u64 * 8
    }
}
