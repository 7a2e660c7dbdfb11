//! The service of a lock: whoever waits is served.
//!
//! A lock that goes from one to the next lies with nobody for a moment while somebody waits, so
//! that the state of the nodes tells one that nobody will ever get from one that somebody is about
//! to get only by the time that passes. Whether requests are served tells a probe: one of its own.

use super::{LockId, Observation, Phase, View};
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::protocol::Protocol;
use crate::time::{Duration, SimTime};
use crate::world::World;
use std::collections::BTreeMap;

/// Somebody who is up holds the lock, or nobody who is up waits for it. A lock that lies with
/// nobody while somebody waits does not serve: its holder has died, or its keeper, or all wait for
/// one another.
#[derive(Clone, Debug)]
pub struct WaiterServed {
    clients: Vec<NodeId>,
}

impl WaiterServed {
    /// The service of these clients.
    pub const fn of(clients: Vec<NodeId>) -> Self {
        WaiterServed { clients }
    }
}

impl<P> Service<P> for WaiterServed
where
    P: Protocol<View = View>,
{
    fn property(&self) -> &'static str {
        "waiter-served"
    }

    fn name(&self) -> &'static str {
        "a lock that is held, or that nobody waits for"
    }

    fn is_up(&self, views: &[Option<View>], world: &World) -> Option<bool> {
        let any = |phase: Phase| {
            self.clients.iter().any(|node| {
                world.is_up(*node) && views[node.index()].is_some_and(|view| view.phase == phase)
            })
        };
        Some(any(Phase::Holds) || !any(Phase::Waits))
    }
}

/// A lock that somebody waits for changes hands: the progress of Lynch (Distributed Algorithms
/// 1996, section 10.2). Who stays its holder for good - of a lock, or because what it does with it
/// never ends - serves nobody else, though [`WaiterServed`] sees a lock that is held. Each lock is
/// judged by itself, from the first request that was made since somebody got it: who gives up and
/// asks again has waited all the while. Who is overtaken again and again is no offence here:
/// lockout-freedom is for locks that promise an order, and their judges.
#[derive(Clone, Debug)]
pub struct LockProgress {
    clients: Vec<NodeId>,
    within: Duration,
    locks: BTreeMap<LockId, Wait>,
}

/// How long nobody has got a lock.
#[derive(Clone, Copy, Debug)]
struct Wait {
    /// Since it was acquired, or asked for when it had been and nobody waited.
    since: SimTime,
    /// Whether nobody has asked for it in vain since.
    is_over: bool,
}

impl LockProgress {
    /// The service of these clients, whose locks change hands within this time, in true time, while
    /// anybody waits.
    pub const fn of(clients: Vec<NodeId>, within: Duration) -> Self {
        LockProgress { clients, within, locks: BTreeMap::new() }
    }

    /// The locks that somebody waits for who is up.
    fn awaited<'a>(
        &'a self,
        views: &'a [Option<View>],
        world: &'a World,
    ) -> impl Iterator<Item = LockId> + 'a {
        self.clients.iter().filter(|node| world.is_up(**node)).filter_map(|node| {
            let view = views[node.index()].filter(|view| view.phase == Phase::Waits);
            view.map(|view| view.lock)
        })
    }

    /// Until when each lock that is waited for may go without a new holder; the first.
    fn due(&self, views: &[Option<View>], world: &World) -> Option<SimTime> {
        let waits = self.awaited(views, world).filter_map(|lock| self.locks.get(&lock));
        waits.map(|wait| wait.since + self.within).min()
    }
}

impl<P> Service<P> for LockProgress
where
    P: Protocol<View = View, Observation = Observation>,
{
    fn property(&self) -> &'static str {
        "lock-progress"
    }

    fn name(&self) -> &'static str {
        "a lock that changes hands while somebody waits"
    }

    fn on_observation(
        &mut self,
        _: NodeId,
        said: &Observation,
        views: &[Option<View>],
        world: &World,
    ) {
        let now = world.now();
        match *said {
            Observation::Acquired { lock, .. } => {
                self.locks.insert(lock, Wait { since: now, is_over: true });
            }
            Observation::Requested { lock, .. } => {
                let is_awaited = self.awaited(views, world).any(|awaited| awaited == lock);
                let wait = self.locks.entry(lock).or_insert(Wait { since: now, is_over: true });
                if wait.is_over && !is_awaited {
                    wait.since = now;
                }
                wait.is_over = false;
            }
            _ => {}
        }
    }

    fn is_up(&self, views: &[Option<View>], world: &World) -> Option<bool> {
        Some(self.due(views, world).is_none_or(|due| world.now() <= due))
    }

    fn lasts_until(&self, views: &[Option<View>], world: &World) -> Option<SimTime> {
        self.due(views, world)
    }
}

/// Requests of probes are numbered from here on, far above those of scenarios.
const PROBES: u64 = 1 << 62;

/// Whoever asks for the lock gets it in time.
#[derive(Clone, Copy, Debug)]
pub struct RequestServed<C> {
    acquire: fn(u64) -> C,
}

impl<C> RequestServed<C> {
    /// The service of an algorithm whose clients are told by this to make a request of this number.
    pub const fn by(acquire: fn(u64) -> C) -> Self {
        RequestServed { acquire }
    }
}

impl<P> Service<P> for RequestServed<P::Command>
where
    P: Protocol<Observation = Observation>,
{
    fn property(&self) -> &'static str {
        "request-served"
    }

    fn name(&self) -> &'static str {
        "a lock that whoever asks gets in time"
    }

    fn probe(&self, number: u64) -> Option<P::Command> {
        Some((self.acquire)(PROBES + number))
    }

    fn served(&self, observation: &Observation) -> Option<u64> {
        match observation {
            Observation::Acquired { request, .. } => request.checked_sub(PROBES),
            _ => None,
        }
    }
}
