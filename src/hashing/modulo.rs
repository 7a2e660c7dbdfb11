//! Modulo: the baseline. A member more, and n of n + 1 keys move.

use super::placement::of_members;
use super::{DependsOn, Member, MemberId, Members, Placement, Refused};

/// Key modulo the number of members, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Modulo {
    members: Members,
    order: Vec<MemberId>,
}

impl Modulo {
    /// Nobody yet.
    pub fn new() -> Self {
        Modulo::default()
    }

    fn rebuild(&mut self) {
        self.order = self.members.by_name().map(|(id, _)| id).collect();
    }
}

impl Placement for Modulo {
    fn name(&self) -> &'static str {
        "modulo"
    }

    fn depends_on(&self) -> DependsOn {
        DependsOn::Members
    }

    of_members!();

    #[inline]
    fn owner(&self, key: u64) -> Option<MemberId> {
        let place = key.checked_rem(self.order.len() as u64)?;
        Some(self.order[place as usize])
    }

    fn table_bytes(&self) -> u64 {
        self.order.len() as u64 * 4
    }
}
