//! Two nodes with two coordinators: caught while they are up and connected, and only then.

use super::*;
use crate::election::bully::Bully;
use crate::election::spec::{Role, Term};
use crate::id::FaultId;
use crate::time::Clock;
use crate::topology::Cut;
use crate::world::Condition;

const fn n(number: u32) -> NodeId {
    NodeId::new(number)
}

struct Court {
    world: World,
    judge: Box<dyn Invariant<Bully>>,
}

impl Court {
    fn new() -> Court {
        let mut world = World::new(vec![Clock::default(); 4]);
        world.nodes.iter_mut().for_each(|node| node.condition = Condition::Up);
        Court { world, judge: Box::new(SameCoordinator::new((0..4).map(n).collect())) }
    }

    fn shows(&mut self, node: u32, leader: Option<u32>) -> Verdict {
        let role = if leader == Some(node) { Role::Leader } else { Role::Follower };
        let view = View { role, term: Term(1), leader: leader.map(n), members: None };
        self.judge.on_view(n(node), Some(&view), &self.world)
    }

    fn changes(&mut self, change: impl FnOnce(&mut World)) -> Verdict {
        change(&mut self.world);
        self.judge.on_world(&self.world)
    }
}

#[test]
fn two_coordinators_of_connected_nodes_are_caught_at_once() {
    let mut court = Court::new();
    court.shows(0, Some(3)).unwrap();
    court.shows(1, Some(3)).unwrap();
    court.shows(0, None).unwrap();
    let violation = court.shows(0, Some(2)).unwrap_err();
    assert_eq!(
        violation.message,
        "n1 and n0 are connected, but the coordinator of n1 is n3 and that of n0 is n2"
    );
    assert_eq!(violation.witnesses.len(), 2);
}

#[test]
fn nodes_beyond_a_cut_are_judged_when_it_is_mended() {
    let mut court = Court::new();
    let cut = Cut::Groups(vec![vec![n(0), n(1)], vec![n(2), n(3)]]);
    court.changes(|world| world.links.cut(FaultId(0), &cut)).unwrap();
    court.shows(0, Some(1)).unwrap();
    court.shows(2, Some(3)).unwrap();
    let mended = court.changes(|world| assert!(world.links.mend(FaultId(0))));
    assert!(mended.is_err());
}

#[test]
fn a_node_that_is_not_up_is_judged_when_it_goes_on() {
    let mut court = Court::new();
    court.shows(3, Some(3)).unwrap();
    court.changes(|world| world.nodes[3].condition = Condition::Paused).unwrap();
    court.shows(0, Some(2)).unwrap();
    assert!(court.changes(|world| world.nodes[3].condition = Condition::Up).is_err());
}
