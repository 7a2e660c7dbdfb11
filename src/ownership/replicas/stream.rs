//! Streams: who is to be a replica asks those who are for all that they have.
//!
//! It asks N - W + 1 of them, so that it meets every write that was done before: each of those has
//! come to the epoch in which the new replica is written to, and takes no write from before it any
//! more (Cassandra's consistent range movement asks one, which is to go; here that one may be
//! gone).

use super::cell::Cell;
use super::disk::Write;
use super::layout::Stage;
use super::message::Message;
use super::node::{Ctx, Timer};
use super::said::Said;
use super::server::Server;
use crate::id::NodeId;
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::spec::Observation;
use std::collections::BTreeMap;

/// The shards that it is to come to, and who has told it what there is.
pub(super) type Fills = BTreeMap<ShardId, Vec<NodeId>>;

impl Server {
    /// Asks for what it is to come to, and has not.
    pub(super) fn fill(&mut self, ctx: &mut Ctx<'_>) {
        self.fills.clear();
        ctx.cancel_timer(Timer::Pull);
        if self.layout.stage() != Stage::Widened {
            return;
        }
        let me = ctx.id();
        for shard in ShardId::all(self.layout.map().shards()) {
            if self.layout.pending(shard).any(|node| node == me) {
                self.fills.insert(shard, Vec::new());
            }
        }
        self.pull(false, ctx);
    }

    /// So many must tell it what there is.
    fn sources(ctx: &Ctx<'_>) -> usize {
        match ctx.config().rules.streams_from_enough {
            true => ctx.config().quorums.meet_writes(),
            false => 1,
        }
    }

    /// Asks as many as it needs; all, when some of those do not answer.
    pub(super) fn pull(&self, again: bool, ctx: &mut Ctx<'_>) {
        for (shard, told) in &self.fills {
            let since = self.layout.since(*shard);
            let most = if again { usize::MAX } else { Server::sources(ctx) };
            let silent = self.layout.old(*shard).iter().filter(|node| !told.contains(node));
            for node in silent.take(most) {
                ctx.send(*node, Message::Pull { shard: *shard, since });
            }
        }
        if !self.fills.is_empty() {
            ctx.set_timer(Timer::Pull, ctx.config().resend);
        }
    }

    pub(super) fn on_pull(&self, from: NodeId, shard: ShardId, since: Epoch, ctx: &mut Ctx<'_>) {
        if since > self.layout.epoch() {
            return self.report(ctx); // It is asked again when it has caught up.
        }
        if since != self.layout.since(shard) || !self.layout.old(shard).contains(&ctx.id()) {
            return;
        }
        let cells = ctx.durable().of(shard, self.layout.map().shards());
        let (epoch, bytes) = (self.layout.epoch(), Cell::BYTES * cells.len() as u64);
        ctx.observe(Observation::Sent { shard, epoch, to: from, bytes }.into());
        ctx.send(from, Message::Copy { shard, since, cells });
    }

    pub(super) fn on_copy(
        &mut self,
        from: NodeId,
        (shard, since): (ShardId, Epoch),
        cells: Vec<Cell>,
        ctx: &mut Ctx<'_>,
    ) {
        let is_old = self.layout.old(shard).contains(&from);
        let is_due = since == self.layout.since(shard) && is_old;
        let Some(told) = self.fills.get_mut(&shard).filter(|_| is_due) else { return };
        if told.contains(&from) {
            return;
        }
        told.push(from);
        let is_filled = told.len() >= Server::sources(ctx);
        let held = cells.iter().map(|cell| (cell.key, cell.stamp)).collect();
        ctx.persist(Write::Store(cells));
        ctx.sync();
        ctx.promise(Said::Taken { shard, held });
        if is_filled {
            self.fills.remove(&shard);
        }
        if self.fills.is_empty() {
            ctx.cancel_timer(Timer::Pull);
            self.report(ctx);
        }
    }
}
