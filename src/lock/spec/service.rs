//! The service of a lock: whoever waits is served.

use super::{Phase, View};
use crate::algorithm::Service;
use crate::id::NodeId;
use crate::protocol::Protocol;
use crate::world::World;

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
