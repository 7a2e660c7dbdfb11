//! Worlds and views made by hand: each judge fires when it should, and stays quiet otherwise.

use super::*;
use crate::election::bully::Bully;
use crate::id::FaultId;
use crate::time::Clock;
use crate::topology::Cut;
use crate::world::Condition;

type Judge = Box<dyn Invariant<Bully>>;

const fn n(number: u32) -> NodeId {
    NodeId::new(number)
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn members() -> Vec<NodeId> {
    (0..4).map(n).collect()
}

fn view(node: u32, leader: Option<u32>, term: u64) -> View {
    let role = match leader {
        Some(leader) if leader == node => Role::Leader,
        Some(_) => Role::Follower,
        None => Role::Candidate,
    };
    View { role, term: Term(term), leader: leader.map(n), members: None }
}

/// A world of four nodes and one judge who watches it.
struct Court {
    world: World,
    judge: Judge,
}

impl Court {
    fn of(judge: Judge) -> Court {
        let mut world = World::new(vec![Clock::default(); 4]);
        for node in &mut world.nodes {
            node.condition = Condition::Up;
        }
        Court { world, judge }
    }

    /// Moves time as an engine does: whoever waits for a moment on the way is asked then.
    fn at(&mut self, millis: u64) -> Verdict {
        let until = SimTime::ZERO + ms(millis);
        while let Some(due) = self.judge.deadline().filter(|due| *due < until) {
            self.world.now = due;
            self.judge.on_time(&self.world)?;
        }
        self.world.now = until;
        self.world.event += 1;
        Ok(())
    }

    fn shows(&mut self, node: u32, leader: Option<u32>, term: u64) -> Verdict {
        self.judge.on_view(n(node), Some(&view(node, leader, term)), &self.world)
    }

    fn all_show(&mut self, leader: u32, term: u64) -> Verdict {
        (0..4).try_for_each(|node| self.shows(node, Some(leader), term))
    }

    fn becomes(&mut self, node: u32, condition: Condition) -> Verdict {
        self.world.nodes[node as usize].condition = condition;
        self.world.connectivity_changed = self.world.now;
        if condition == Condition::Down {
            self.judge.on_view(n(node), None, &self.world)?;
        }
        self.judge.on_world(&self.world)
    }

    fn split(&mut self, groups: Vec<Vec<NodeId>>) -> Verdict {
        self.world.links.cut(FaultId(0), &Cut::Groups(groups));
        self.world.connectivity_changed = self.world.now;
        self.judge.on_world(&self.world)
    }

    fn heal(&mut self) -> Verdict {
        self.world.links.mend(FaultId(0));
        self.world.connectivity_changed = self.world.now;
        self.judge.on_world(&self.world)
    }
}

fn broken(verdict: Verdict) -> String {
    let violation = verdict.expect_err("a violation");
    assert!(!violation.witnesses.is_empty());
    format!("{}: {}", violation.invariant, violation.message)
}

fn agreement() -> Court {
    Court::of(Box::new(GroupAgreement::new(members(), ms(100))))
}

#[test]
fn a_group_that_agrees_in_time_is_left_alone_for_ever() {
    let mut court = agreement();
    court.at(99).unwrap();
    court.all_show(3, 1).unwrap();
    court.at(10_000).unwrap();
}

#[test]
fn a_group_may_disagree_until_the_settle_time_and_no_longer() {
    let mut court = agreement();
    court.all_show(3, 1).unwrap();
    court.at(550).unwrap();
    court.becomes(3, Condition::Down).unwrap();
    court.at(649).unwrap();
    let verdict = court.at(651);
    assert_eq!(
        broken(verdict),
        "group-agreement: n0 accepts n3 and n3 is not up although nothing has changed for 100ms"
    );
}

#[test]
fn each_part_of_a_partition_has_a_coordinator_of_its_own() {
    let mut court = agreement();
    court.all_show(3, 1).unwrap();
    court.split(vec![vec![n(0), n(1)], vec![n(2), n(3)]]).unwrap();
    court.at(50).unwrap();
    court.shows(0, Some(1), 2).unwrap();
    court.shows(1, Some(1), 2).unwrap();
    court.at(1_000).unwrap();
    // The partition heals, and nobody does anything about it.
    court.heal().unwrap();
    assert_eq!(
        broken(court.at(1_101)),
        "group-agreement: n0 accepts n1 and n2 accepts n3 although nothing has changed for 100ms"
    );
}

#[test]
fn a_coordinator_beyond_the_cut_is_none() {
    let mut court = agreement();
    court.all_show(3, 1).unwrap();
    court.split(vec![vec![n(0), n(1)], vec![n(2), n(3)]]).unwrap();
    assert!(broken(court.at(101)).contains("n0 accepts n3"));
}

#[test]
fn a_later_disagreement_in_a_still_world_is_found_too() {
    let mut court = agreement();
    court.all_show(3, 1).unwrap();
    court.at(450).unwrap();
    court.shows(1, None, 2).unwrap();
    assert!(broken(court.at(501)).contains("n1 accepts no coordinator"));
}

fn one() -> Court {
    let mut court = Court::of(Box::new(OneCoordinator::new(members(), ms(10))));
    court.all_show(2, 1).unwrap();
    court.at(1_000).unwrap();
    court
}

#[test]
fn a_take_over_may_take_one_message_delay() {
    let mut court = one();
    court.shows(3, Some(3), 2).unwrap();
    court.at(1_010).unwrap();
    court.shows(2, Some(3), 2).unwrap();
    court.at(9_000).unwrap();
}

#[test]
fn two_coordinators_for_longer_are_a_violation_found_without_an_event() {
    let mut court = one();
    court.shows(3, Some(3), 2).unwrap();
    assert_eq!(
        broken(court.at(1_011)),
        "one-coordinator: n2 (term 1) and n3 (term 2) both lead, for more than 10ms"
    );
    // It is reported once.
    court.at(9_000).unwrap();
}

#[test]
fn being_elected_again_does_not_start_the_overlap_anew() {
    let mut court = one();
    court.shows(3, Some(3), 2).unwrap();
    court.at(1_008).unwrap();
    court.shows(3, Some(3), 3).unwrap();
    court.shows(2, Some(2), 4).unwrap();
    assert!(court.at(1_011).is_err());
}

#[test]
fn each_pair_counts_for_itself() {
    let mut court = one();
    court.becomes(3, Condition::Down).unwrap();
    court.shows(1, Some(1), 2).unwrap();
    court.at(1_008).unwrap();
    court.shows(0, Some(0), 3).unwrap();
    court.shows(1, Some(2), 1).unwrap();
    court.at(1_018).unwrap();
    assert!(broken(court.at(1_020)).contains("n2 (term 1) and n0 (term 3)"));
}

#[test]
fn who_crashed_or_stands_still_leads_nobody() {
    for condition in [Condition::Down, Condition::Paused] {
        let mut court = one();
        court.becomes(2, condition).unwrap();
        court.shows(3, Some(3), 2).unwrap();
        court.at(2_000).unwrap();
    }
    let mut court = one();
    court.becomes(2, Condition::Paused).unwrap();
    court.shows(3, Some(3), 2).unwrap();
    court.at(2_000).unwrap();
    court.becomes(2, Condition::Up).unwrap();
    court.at(2_010).unwrap();
    assert!(court.at(2_011).is_err(), "it goes on and still believes to lead");
}

fn highest() -> Court {
    let mut court = Court::of(Box::new(HighestLeads::new(members(), ms(25))));
    court.at(1_000).unwrap();
    court
}

#[test]
fn a_lower_node_does_not_take_the_lead_in_a_still_world() {
    let mut court = highest();
    court.shows(3, Some(3), 1).unwrap();
    assert_eq!(
        broken(court.shows(2, Some(2), 1)),
        "highest-leads: n2 takes the lead (term 1) although n3 has been up and connected to n2 \
         for 1s"
    );
}

#[test]
fn a_lower_node_may_lead_when_the_higher_are_gone_or_have_just_come_back() {
    let mut court = highest();
    court.becomes(3, Condition::Down).unwrap();
    court.at(2_000).unwrap();
    court.shows(2, Some(2), 1).unwrap();
    court.becomes(3, Condition::Up).unwrap();
    court.at(2_025).unwrap();
    court.shows(2, Some(2), 2).unwrap();
    court.at(2_026).unwrap();
    court.shows(2, Some(2), 2).unwrap();
    assert!(court.shows(2, Some(2), 3).is_err());
}
