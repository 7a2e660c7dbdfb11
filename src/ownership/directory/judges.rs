//! Who judges, measures and serves.

use super::every_key_owned::EveryKeyOwned;
use super::moves_only_what_it_must::MovesOnlyWhatItMust;
use super::node::{Directory, Message, View};
use super::replicas_distinct::ReplicasDistinct;
use super::said::Said;
use super::settings::Config;
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::metric::{Gauge, Metric};
use crate::ownership::spec::{AsStore, OwnersOfMembers, Views};
use crate::world::World;

/// Who knows the same members names the same owners.
#[derive(Debug, Default)]
struct SameMembersSameOwners(OwnersOfMembers<Option<NodeId>>);

impl Invariant<Directory> for SameMembersSameOwners {
    fn name(&self) -> &'static str {
        OwnersOfMembers::<Option<NodeId>>::NAME
    }

    fn explains(&self) -> &'static str {
        OwnersOfMembers::<Option<NodeId>>::EXPLAINS
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) -> Verdict {
        match said {
            Said::Named(named) => self.0.hear(node, &named.members, &named.owners, world),
            Said::Store(_) => Ok(()),
        }
    }
}

/// How views of the owners part, as in all stores.
struct Parting(Views);

impl Metric<Directory> for Parting {
    fn gauges(&self) -> &'static [Gauge] {
        Metric::<AsStore<Message>>::gauges(&self.0)
    }

    fn read(&self, world: &World) -> Vec<Option<u64>> {
        Metric::<AsStore<Message>>::read(&self.0, world)
    }

    fn on_observation(&mut self, node: NodeId, said: &Said, world: &World) {
        if let Said::Store(said) = said {
            Metric::<AsStore<Message>>::on_observation(&mut self.0, node, said, world);
        }
    }

    fn on_view(&mut self, node: NodeId, view: Option<&View>, world: &World) {
        if view.is_none() {
            Metric::<AsStore<Message>>::on_view(&mut self.0, node, None, world);
        }
    }
}

pub(super) fn invariants(config: &Config) -> Vec<Box<dyn Invariant<Directory>>> {
    let mut all: Vec<Box<dyn Invariant<Directory>>> =
        vec![Box::new(EveryKeyOwned), Box::new(ReplicasDistinct { count: config.replicas })];
    if config.forgets() {
        all.push(Box::new(SameMembersSameOwners::default()));
    }
    if config.moves_little() {
        all.push(Box::new(MovesOnlyWhatItMust::default()));
    }
    all
}

pub(super) fn metrics() -> Vec<Box<dyn Metric<Directory>>> {
    vec![Box::new(Parting(Views::default()))]
}

pub(super) fn services(config: &Config) -> Vec<Box<dyn Service<Directory>>> {
    vec![Box::new(DirectoriesAgree { nodes: config.nodes.clone(), of: config.coordinator })]
}

/// All nodes that are up are in the coordinator's epoch.
#[derive(Clone, Debug)]
struct DirectoriesAgree {
    nodes: Vec<NodeId>,
    of: NodeId,
}

impl Service<Directory> for DirectoriesAgree {
    fn property(&self) -> &'static str {
        "directories-agree"
    }

    fn name(&self) -> &'static str {
        "one epoch on all nodes"
    }

    fn is_up(&self, views: &[Option<View>], world: &World) -> Option<bool> {
        let latest = views[self.of.index()].map(|view| view.epoch);
        let up = self.nodes.iter().filter(|node| world.is_up(**node));
        let mut views = up.filter_map(|node| views[node.index()]);
        Some(views.all(|view| latest.is_none_or(|latest| latest == view.epoch)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::said::Named;
    use super::*;
    use crate::ownership::shard::Epoch;
    use crate::time::Clock;

    fn named(members: &[(u32, u32)], owners: &[Option<u32>]) -> Named {
        let node = |node: u32| NodeId::new(node);
        Named {
            epoch: Epoch::FIRST,
            members: members.iter().map(|(member, weight)| (node(*member), *weight)).collect(),
            owners: owners.iter().map(|owner| owner.map(node)).collect(),
            replicas: owners.iter().map(|_| vec![node(1), node(2)]).collect(),
        }
    }

    fn hears(judge: &mut dyn Invariant<Directory>, node: u32, named: Named) -> Verdict {
        let world = World::new(vec![Clock::default(); 4]);
        judge.on_observation(NodeId::new(node), &Said::Named(named), &world)
    }

    #[test]
    fn a_key_without_an_owner_is_found() {
        assert!(hears(&mut EveryKeyOwned, 1, named(&[(1, 1)], &[Some(1), Some(1)])).is_ok());
        let nobodys = named(&[(1, 1)], &[Some(1), None]);
        let violation = hears(&mut EveryKeyOwned, 1, nobodys).expect_err("nobody owns key 1");
        assert!(violation.message.contains("1 of 2 keys"), "{}", violation.message);
    }

    #[test]
    fn replicas_that_are_twice_the_same_or_too_many_are_found() {
        let mut judge = ReplicasDistinct { count: 2 };
        let good = || named(&[(1, 1), (2, 1), (3, 1)], &[Some(1)]);
        assert!(hears(&mut judge, 1, good()).is_ok());
        for nodes in [vec![1, 1], vec![1], vec![1, 2, 3]] {
            let list = nodes.iter().map(|node| NodeId::new(*node)).collect();
            let bad = Named { replicas: vec![list], ..good() };
            assert!(hears(&mut judge, 1, bad).is_err(), "{nodes:?}");
        }
    }

    #[test]
    fn keys_go_to_who_comes_and_from_who_goes_alone() {
        let mut judge = MovesOnlyWhatItMust::default();
        let two = || named(&[(1, 1), (2, 1)], &[Some(1), Some(2), Some(1)]);
        let three = |owners: [u32; 3]| named(&[(1, 1), (2, 1), (3, 1)], &owners.map(Some));
        assert!(hears(&mut judge, 1, two()).is_ok());
        assert!(hears(&mut judge, 1, three([1, 3, 1])).is_ok(), "to who comes");
        assert!(hears(&mut judge, 1, two()).is_ok(), "from who goes");
        assert!(hears(&mut judge, 1, three([2, 2, 3])).is_err(), "n1 has given key 0 to n2");
        let heavier = named(&[(1, 1), (2, 5), (3, 1)], &[Some(2), Some(2), Some(2)]);
        assert!(hears(&mut judge, 1, heavier).is_ok(), "weights say nothing about who gives");
    }

    #[test]
    fn the_same_members_have_the_same_owners_on_all_nodes() {
        let mut judge = SameMembersSameOwners::default();
        assert!(hears(&mut judge, 1, named(&[(1, 1), (2, 1)], &[Some(1), Some(2)])).is_ok());
        assert!(hears(&mut judge, 2, named(&[(1, 1)], &[Some(1), Some(1)])).is_ok());
        assert!(hears(&mut judge, 3, named(&[(1, 1), (2, 1)], &[Some(1), Some(1)])).is_err());
    }
}
