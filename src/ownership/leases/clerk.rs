//! What the coordinator does with leases: it grants them, waits them out, and replaces whoever has
//! none.

use super::message::Peer;
use super::server::Leases;
use crate::id::NodeId;
use crate::ownership::keeper::{Ctx, Office};
use crate::ownership::map::{Change, Map, Weighted};
use crate::ownership::message::Message;
use crate::ownership::node::Timer;
use crate::ownership::shard::Epoch;
use crate::time::LocalTime;
use std::collections::BTreeMap;

/// A lease of a server.
#[derive(Clone, Copy, Debug)]
struct Lease {
    /// The epoch by which its holder acts.
    epoch: Epoch,
    until: LocalTime,
}

/// The clerk. It remembers leases only while it lives; after a restart it takes everybody to have
/// one, by the first epoch, until that would be over.
#[derive(Debug)]
pub struct Clerk {
    leases: BTreeMap<NodeId, Lease>,
    /// Who is out because its lease was over, and the weight with which it comes back.
    out: BTreeMap<NodeId, u32>,
    /// Nobody who has a lease acts by an earlier epoch.
    settled: Epoch,
}

impl Office<Leases> for Clerk {
    fn boot(map: &Map, ctx: &mut Ctx<'_, Leases>) -> Self {
        let config = ctx.config();
        let until = ctx.monotonic() + config.ttl;
        let epoch = if config.rules.waits_after_restart { Epoch::FIRST } else { map.epoch() };
        let lease = Lease { epoch, until };
        let leases = config.servers.iter().map(|server| (*server, lease)).collect();
        let mut clerk = Clerk { leases, out: BTreeMap::new(), settled: Epoch::FIRST };
        clerk.out = out(&ctx.durable().changes);
        clerk.settle(map, ctx);
        clerk.wake(ctx);
        clerk
    }

    fn on_peer(
        &mut self,
        from: NodeId,
        message: Peer,
        map: &Map,
        ctx: &mut Ctx<'_, Leases>,
    ) -> Option<Change> {
        let Peer::Renew { id, epoch } = message else { return None };
        if epoch == map.epoch() {
            let until = ctx.monotonic() + ctx.config().ttl;
            self.leases.insert(from, Lease { epoch, until });
            self.wake(ctx);
            self.settle(map, ctx);
            let settled = self.settled;
            ctx.send(from, Message::Peer(Peer::Granted { id, settled }));
        }
        self.due(Some(from), map)
    }

    fn on_timer(&mut self, map: &Map, ctx: &mut Ctx<'_, Leases>) -> Option<Change> {
        let now = ctx.monotonic();
        self.leases.retain(|_, lease| lease.until > now);
        self.settle(map, ctx);
        self.wake(ctx);
        self.due(None, map)
    }

    /// Who has just become a member has as long as a lease to ask for one.
    fn on_change(&mut self, map: &Map, change: &Change, ctx: &mut Ctx<'_, Leases>) {
        let lease = Lease { epoch: map.epoch(), until: ctx.monotonic() + ctx.config().ttl };
        for join in &change.joins {
            self.leases.entry(join.node).or_insert(lease);
        }
        self.out = out(&ctx.durable().changes);
        self.wake(ctx);
    }
}

impl Clerk {
    /// The change that leases ask for: members without one leave, and who was out and asks for one
    /// is a member again.
    fn due(&self, asks: Option<NodeId>, map: &Map) -> Option<Change> {
        let has_none = |node: &NodeId| !self.leases.contains_key(node) && asks != Some(*node);
        let members = map.members().into_iter().map(|member| member.node);
        let leaves: Vec<NodeId> = members.filter(has_none).collect();
        let back = |node| Some(Weighted { node, weight: *self.out.get(&node)? });
        let joins: Vec<Weighted> = asks.and_then(back).into_iter().collect();
        let is_due = !leaves.is_empty() || !joins.is_empty();
        is_due.then(|| Change { leaves, joins, is_eviction: true, ..map.change() })
    }

    /// Tells the servers if all who have leases have come to a later epoch.
    fn settle(&mut self, map: &Map, ctx: &mut Ctx<'_, Leases>) {
        let earliest = self.leases.values().map(|lease| lease.epoch).min();
        let epoch = earliest.unwrap_or(map.epoch());
        if epoch > self.settled {
            self.settled = epoch;
            let servers = ctx.config().servers.iter().copied();
            ctx.broadcast(servers, &Message::Peer(Peer::Settled { epoch }));
        }
    }

    /// When the next lease is over.
    fn wake(&self, ctx: &mut Ctx<'_, Leases>) {
        match self.leases.values().map(|lease| lease.until).min() {
            Some(next) => ctx.set_timer(Timer::Leases, next.since(ctx.monotonic())),
            None => ctx.cancel_timer(Timer::Leases),
        }
    }
}

/// Who is out because its lease was over, with its weight, after these changes.
fn out(changes: &[Change]) -> BTreeMap<NodeId, u32> {
    let (mut weights, mut out) = (BTreeMap::new(), BTreeMap::new());
    for change in changes {
        for node in &change.leaves {
            let weight = weights.get(node).copied().unwrap_or(1);
            match change.is_eviction {
                true => drop(out.insert(*node, weight)),
                false => drop(out.remove(node)),
            }
        }
        for join in &change.joins {
            weights.insert(join.node, join.weight);
            out.remove(&join.node);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(leaves: &[u32], joins: &[(u32, u32)], is_eviction: bool) -> Change {
        let join =
            |(node, weight): &(u32, u32)| Weighted { node: NodeId::new(*node), weight: *weight };
        Change {
            epoch: Epoch(0),
            leaves: leaves.iter().map(|node| NodeId::new(*node)).collect(),
            joins: joins.iter().map(join).collect(),
            is_eviction,
        }
    }

    #[test]
    fn who_was_put_out_comes_back_with_its_weight_unless_an_operator_took_it() {
        let reweighted = change(&[1], &[(1, 3)], false);
        let lost = change(&[1, 2], &[], true);
        let removed = change(&[3], &[], false);
        let changes = [reweighted, lost, removed];
        let expected = BTreeMap::from([(NodeId::new(1), 3), (NodeId::new(2), 1)]);
        assert_eq!(out(&changes), expected);
        let back = change(&[], &[(1, 3)], true);
        let replaced = change(&[2], &[(4, 1)], false);
        let later: Vec<Change> = changes.into_iter().chain([back, replaced]).collect();
        assert!(out(&later).is_empty());
    }
}
