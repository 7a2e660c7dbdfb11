//! Garcia-Molina's third assertion: what makes groups safe where nothing is known of time.

use super::{Observation, Term, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict, Violation, Witness};
use crate::protocol::Protocol;
use crate::world::World;
use std::collections::BTreeMap;

/// `one-coordinator-a-group`: a group number is taken once, and all who are ever in the group have
/// the coordinator who took it.
///
/// The group number is the term. It counts what nodes declare, what they show and what they say on
/// the wire, at whatever time: two members of one group, an hour and three crashes apart, have the
/// same coordinator. Nothing is said of how many groups there are.
#[derive(Clone, Debug, Default)]
pub struct OneCoordinatorAGroup {
    groups: BTreeMap<Term, Group>,
}

/// What is known of a group.
#[derive(Clone, Debug)]
struct Group {
    coordinator: NodeId,
    said: Witness,
    /// When it was declared that the number is taken.
    taken: Option<Witness>,
}

impl OneCoordinatorAGroup {
    const NAME: &'static str = "one-coordinator-a-group";

    /// Somebody said that this is the coordinator of the group.
    fn has(&mut self, term: Term, coordinator: NodeId, said: impl FnOnce() -> Witness) -> Verdict {
        let Some(group) = self.groups.get(&term) else {
            let group = Group { coordinator, said: said(), taken: None };
            self.groups.insert(term, group);
            return Ok(());
        };
        if group.coordinator == coordinator {
            return Ok(());
        }
        Err(Violation {
            invariant: Self::NAME,
            message: format!(
                "group {term} has the coordinators {} and {coordinator}",
                group.coordinator
            ),
            witnesses: vec![group.said.clone(), said()],
        })
    }

    fn takes(&mut self, term: Term, node: NodeId, world: &World) -> Verdict {
        let said = || Witness::now(world, node, format!("takes the group number {term}"));
        self.has(term, node, said)?;
        let group = self.groups.get_mut(&term).expect("it has just been found or made");
        let Some(first) = group.taken.replace(said()) else { return Ok(()) };
        Err(Violation {
            invariant: Self::NAME,
            message: format!("{node} takes the group number {term} again"),
            witnesses: vec![first, said()],
        })
    }
}

impl<P> Invariant<P> for OneCoordinatorAGroup
where
    P: Protocol<Observation = Observation, View = View>,
{
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn explains(&self) -> &'static str {
        "a group number is taken once, and all who are ever in the group have the coordinator who \
         took it (Garcia-Molina 1982, assertion 3)"
    }

    fn on_observation(&mut self, node: NodeId, said: &Observation, world: &World) -> Verdict {
        match *said {
            Observation::LeaderElected { term } => self.takes(term, node, world),
            Observation::LeaderAccepted { leader, term } => self.has(term, leader, || {
                Witness::now(world, node, format!("joins group {term} of {leader}"))
            }),
            _ => Ok(()),
        }
    }

    fn on_claim(&mut self, node: NodeId, claim: &Observation, world: &World) -> Verdict {
        let Observation::LeaderElected { term } = *claim else { return Ok(()) };
        self.has(term, node, || {
            Witness::now(world, node, format!("says on the wire that it leads group {term}"))
        })
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) -> Verdict {
        let Some(&View { term, leader: Some(leader), .. }) = view else { return Ok(()) };
        self.has(term, leader, || {
            Witness::now(world, node, format!("is in group {term} of {leader}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::court::{Court, leads, n};
    use super::*;

    const fn joins(leader: u32, term: u64) -> Observation {
        Observation::LeaderAccepted { leader: n(leader), term: Term(term) }
    }

    #[test]
    fn two_coordinators_of_one_group_are_caught_however_it_is_said() {
        let mut court = Court::of(OneCoordinatorAGroup::default());
        assert!(court.hears(1, joins(3, 7)).is_ok());
        assert!(court.sees_leader(3, 7).is_ok());
        assert!(court.overhears(3, leads(7)).is_ok());
        for verdict in
            [court.hears(2, joins(4, 7)), court.overhears(4, leads(7)), court.sees_leader(4, 7)]
        {
            let violation = verdict.expect_err("n3 has the group");
            assert_eq!(violation.message, "group 7 has the coordinators n3 and n4");
            assert_eq!(violation.witnesses[0].node, n(1));
        }
    }

    #[test]
    fn a_number_is_taken_once_also_by_the_same_node() {
        let mut court = Court::of(OneCoordinatorAGroup::default());
        assert!(court.hears(3, leads(7)).is_ok());
        assert!(court.sees_crash(3).is_ok());
        assert!(court.hears(3, leads(8)).is_ok());
        let violation = court.hears(3, leads(7)).expect_err("it was taken before the crash");
        assert_eq!(violation.message, "n3 takes the group number 7 again");
    }
}
