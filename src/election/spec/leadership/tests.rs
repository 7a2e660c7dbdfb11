//! Reigns made by hand: each number counts what it says, and nothing else.

use super::super::court::{Silent, leads, n, stands};
use super::*;
use crate::id::FaultId;
use crate::time::Clock;
use crate::topology::Cut;

/// A world of four nodes, watched.
struct Watch {
    world: World,
    leadership: Leadership,
}

impl Watch {
    fn new() -> Self {
        let mut world = World::new(vec![Clock::default(); 4]);
        world.nodes.iter_mut().for_each(|node| node.condition = Condition::Up);
        Watch { world, leadership: Leadership::by_votes() }
    }

    fn says(&mut self, node: u32, said: Observation) {
        let metric: &mut dyn Metric<Silent> = &mut self.leadership;
        metric.on_observation(n(node), &said, &self.world);
    }

    fn elects(&mut self, node: u32, term: u64) {
        self.says(node, stands(term));
        self.says(node, leads(term));
    }

    fn shows(&mut self, node: u32, leader: bool, at: u64) {
        self.world.now = SimTime::from_nanos(at);
        let role = if leader { Role::Leader } else { Role::Follower };
        let view = View { role, term: Term(0), leader: None, members: None };
        let metric: &mut dyn Metric<Silent> = &mut self.leadership;
        metric.on_view(n(node), Some(&view), &self.world);
    }

    fn is(&mut self, node: u32, condition: Condition, at: u64) {
        self.world.now = SimTime::from_nanos(at);
        self.world.nodes[n(node).index()].condition = condition;
        let metric: &mut dyn Metric<Silent> = &mut self.leadership;
        metric.on_world(&self.world);
    }

    fn read(&self, name: &str) -> Option<u64> {
        let metric: &dyn Metric<Silent> = &self.leadership;
        let place = metric.gauges().iter().position(|gauge| gauge.name == name);
        metric.read(&self.world)[place.expect("a gauge of this name")]
    }
}

#[test]
fn a_change_is_put_down_to_what_the_winner_found_of_the_old_leader() {
    let mut watch = Watch::new();
    watch.elects(0, 1);
    assert_eq!(watch.read("leader-changes"), Some(0), "the first reign follows no other");
    watch.is(0, Condition::Down, 1);
    watch.elects(1, 2);
    watch.is(1, Condition::Paused, 2);
    watch.elects(2, 3);
    watch.world.links.cut(FaultId(1), &Cut::Groups(vec![vec![n(2)], vec![n(3)]]));
    watch.elects(3, 4);
    watch.world.links.mend(FaultId(1));
    watch.says(3, Observation::LeaderStepped { term: Term(4) });
    watch.elects(2, 5);
    watch.elects(3, 6);
    let causes = ["crash", "pause", "cut", "resigned", "deposed"];
    let changes = causes.map(|cause| watch.read(&format!("changes-{cause}")));
    assert_eq!((changes, watch.read("leader-changes")), ([Some(1); 5], Some(5)));
}

#[test]
fn a_leader_that_has_crashed_and_come_back_has_crashed() {
    let mut watch = Watch::new();
    watch.elects(0, 1);
    watch.world.nodes[0].boots += 1;
    watch.says(1, stands(2));
    // What happens to the old leader after the winner stood has not forced the change.
    watch.is(0, Condition::Paused, 1);
    watch.says(1, leads(2));
    assert_eq!((watch.read("changes-crash"), watch.read("changes-pause")), (Some(1), Some(0)));
}

#[test]
fn a_vote_is_split_if_two_stood_and_nobody_ever_led() {
    let mut watch = Watch::new();
    for (node, term) in [(0, 1), (1, 2), (2, 2), (0, 3), (1, 3), (1, 4), (1, 4)] {
        watch.says(node, stands(term));
    }
    assert_eq!(watch.read("split-votes"), Some(2));
    watch.says(0, leads(3));
    assert_eq!(watch.read("split-votes"), Some(1), "term 3 has a leader after all");
    watch.says(2, stands(3));
    assert_eq!(watch.read("split-votes"), Some(1));
    let silent: &dyn Metric<Silent> = &Leadership::without_votes();
    assert!(silent.read(&watch.world).contains(&None));
}

#[test]
fn messages_count_from_the_first_who_stands_to_the_first_who_leads() {
    let mut watch = Watch::new();
    // A silent node's messages cannot be made, so that of another algorithm stands for all.
    let sends = |watch: &mut Watch, messages| {
        for _ in 0..messages {
            watch.leadership.sent();
        }
    };
    sends(&mut watch, 3);
    watch.says(0, stands(1));
    sends(&mut watch, 4);
    watch.says(1, stands(1));
    sends(&mut watch, 2);
    watch.says(1, leads(1));
    sends(&mut watch, 9);
    assert_eq!((watch.read("elections"), watch.read("election-messages")), (Some(1), Some(6)));
}

#[test]
fn two_leaders_overlap_for_as_long_as_both_are_up() {
    let mut watch = Watch::new();
    watch.shows(0, true, 0);
    watch.shows(1, true, 10);
    watch.shows(2, true, 20);
    watch.is(1, Condition::Paused, 25);
    watch.is(2, Condition::Paused, 30);
    assert_eq!(watch.read("overlap-ns"), Some(20));
    watch.is(2, Condition::Up, 50);
    watch.shows(0, false, 57);
    assert_eq!(watch.read("overlap-ns"), Some(27));
    watch.shows(0, true, 60);
    watch.world.now = SimTime::from_nanos(63);
    assert_eq!(watch.read("overlap-ns"), Some(30), "the one that goes on counts so far");
}
