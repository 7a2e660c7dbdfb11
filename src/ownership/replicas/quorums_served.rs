//! The service of a store with replicas: whoever reads or writes finds a quorum.

use super::layout::Quorums;
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::ownership::shard::ShardId;
use crate::ownership::spec::View;
use crate::protocol::Protocol;
use crate::world::World;

/// Of every shard so many replicas are up that reads and writes find a quorum.
#[derive(Clone, Debug)]
pub struct QuorumsServed {
    pub(super) servers: Vec<NodeId>,
    pub(super) shards: u32,
    pub(super) quorums: Quorums,
}

impl<P> Service<P> for QuorumsServed
where
    P: Protocol<View = View>,
{
    fn property(&self) -> &'static str {
        "quorums-served"
    }

    fn name(&self) -> &'static str {
        "a quorum of replicas for every key"
    }

    fn is_up(&self, views: &[Option<View>], world: &World) -> Option<bool> {
        let up = self.servers.iter().filter(|server| world.is_up(**server));
        let views: Vec<&View> = up.filter_map(|server| views[server.index()].as_ref()).collect();
        let enough = self.quorums.read.max(self.quorums.write) as usize;
        let is_served =
            |shard| views.iter().filter(|view| view.serves.contains(shard)).count() >= enough;
        Some(ShardId::all(self.shards).all(is_served))
    }
}

/// No change is under way: all who are up are in one epoch, and nobody waits for copies. Hints are
/// no part of it: as long as messages are lost there are some.
#[derive(Clone, Debug)]
pub struct ReplicasSettled {
    pub(super) servers: Vec<NodeId>,
    pub(super) coordinator: NodeId,
}

impl<P> Service<P> for ReplicasSettled
where
    P: Protocol<View = View>,
{
    fn property(&self) -> &'static str {
        "replicas-settled"
    }

    fn name(&self) -> &'static str {
        "one epoch, and everything where it says"
    }

    fn is_up(&self, views: &[Option<View>], world: &World) -> Option<bool> {
        let coordinator = views[self.coordinator.index()].as_ref();
        let up = self.servers.iter().filter(|server| world.is_up(**server));
        let mut views = up.filter_map(|server| views[server.index()].as_ref());
        let is_settled = views.all(|view| {
            let is_in_epoch = coordinator.is_some_and(|it| it.epoch == view.epoch);
            is_in_epoch && !view.receives
        });
        Some(is_settled)
    }
}
