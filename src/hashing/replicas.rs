//! Replica lists: R members for a key, no two the same, no two in one failure domain while there
//! are others (Dynamo, SOSP 2007, sections 4.3 and 4.6: the preference list skips virtual nodes of
//! members that are on it already).

use super::{MemberId, Placement};

/// What no two replicas of a key may share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// A member.
    #[default]
    Members,
    /// A zone, as long as there are zones; what is left is filled with other members.
    Zones,
}

/// How many replicas a key has, and how they lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// How many; fewer where there are fewer members.
    pub count: u32,
    /// How they lie.
    pub spread: Spread,
}

impl Replicas {
    /// The replicas of a key in order of preference, the owner first, into `list`, which is emptied
    /// before. Nothing is allocated once the list is large enough.
    pub fn of(self, placement: &dyn Placement, key: u64, list: &mut Vec<MemberId>) {
        list.clear();
        let members = placement.members();
        let count = (self.count as usize).min(members.len());
        if self.spread == Spread::Zones {
            placement.walk(key, &mut |candidate| {
                let zone = &members.member(candidate).zone;
                if list.iter().all(|chosen| members.member(*chosen).zone != *zone) {
                    list.push(candidate);
                }
                list.len() < count
            });
        }
        if list.len() < count {
            placement.walk(key, &mut |candidate| {
                if !list.contains(&candidate) {
                    list.push(candidate);
                }
                list.len() < count
            });
        }
    }
}
