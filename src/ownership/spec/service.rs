//! The service of a store: every key has a server; whoever asks is answered.

use super::{Observation, View};
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::ownership::shard::ShardSet;
use crate::protocol::Protocol;
use crate::world::World;

/// Every shard is served by somebody who is up.
#[derive(Clone, Debug)]
pub struct ShardsServed {
    servers: Vec<NodeId>,
    shards: u32,
}

impl ShardsServed {
    /// The service of these servers, of so many shards.
    pub const fn of(servers: Vec<NodeId>, shards: u32) -> Self {
        ShardsServed { servers, shards }
    }
}

impl<P> Service<P> for ShardsServed
where
    P: Protocol<View = View>,
{
    fn property(&self) -> &'static str {
        "shards-served"
    }

    fn name(&self) -> &'static str {
        "a server for every key"
    }

    fn is_up(&self, views: &[Option<View>], world: &World) -> Option<bool> {
        let mut served = ShardSet::default();
        for server in self.servers.iter().filter(|server| world.is_up(**server)) {
            if let Some(view) = &views[server.index()] {
                served.extend(&view.serves);
            }
        }
        Some(served.len() == self.shards)
    }
}

/// Every server that is up names the same members, every shard has one server that is up, and no
/// copy is left with anybody else.
#[derive(Clone, Debug)]
pub struct RingAgreed {
    servers: Vec<NodeId>,
    shards: u32,
}

impl RingAgreed {
    /// The service of these servers, of so many shards.
    pub const fn of(servers: Vec<NodeId>, shards: u32) -> Self {
        RingAgreed { servers, shards }
    }
}

impl<P> Service<P> for RingAgreed
where
    P: Protocol<View = View>,
{
    fn property(&self) -> &'static str {
        "ring-agreed"
    }

    fn name(&self) -> &'static str {
        "one view of the members, and all shards where it says"
    }

    fn is_up(&self, views: &[Option<View>], world: &World) -> Option<bool> {
        let up = self.servers.iter().filter(|server| world.is_up(**server));
        let views: Vec<&View> = up.filter_map(|server| views[server.index()].as_ref()).collect();
        let mut served = ShardSet::default();
        views.iter().for_each(|view| served.extend(&view.serves));
        let each = views.iter().map(|view| view.serves.len()).sum::<u32>();
        let is_one = views.windows(2).all(|pair| pair[0].members == pair[1].members);
        let is_sent = !views.iter().any(|view| view.sends);
        Some(is_one && is_sent && served.len() == self.shards && each == self.shards)
    }
}

/// Requests of probes are numbered from here on, far above those of scenarios. Each is for a key of
/// its own, so that probes do not ask for one shard only.
const PROBES: u64 = 1 << 62;

/// Whoever asks for a key is answered in time.
#[derive(Clone, Copy, Debug)]
pub struct RequestAnswered<C> {
    read: fn(u64) -> C,
}

impl<C> RequestAnswered<C> {
    /// The service of an algorithm whose clients are told by this to read the key of this number.
    pub const fn by(read: fn(u64) -> C) -> Self {
        RequestAnswered { read }
    }

    pub(super) const PROPERTY: &'static str = "request-answered";
    pub(super) const NAME: &'static str = "an answer for whoever reads a key";

    /// The probe of this number.
    pub(super) fn of(&self, number: u64) -> C {
        (self.read)(PROBES + number)
    }

    /// The number of the probe that is answered.
    pub(super) fn number(said: &Observation) -> Option<u64> {
        match said {
            Observation::Answered { command, .. } => command.checked_sub(PROBES),
            _ => None,
        }
    }
}

impl<P> Service<P> for RequestAnswered<P::Command>
where
    P: Protocol<Observation = Observation>,
{
    fn property(&self) -> &'static str {
        Self::PROPERTY
    }

    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn probe(&self, number: u64) -> Option<P::Command> {
        Some(self.of(number))
    }

    fn served(&self, observation: &Observation) -> Option<u64> {
        Self::number(observation)
    }
}
