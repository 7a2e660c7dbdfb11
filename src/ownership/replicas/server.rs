//! A server: it keeps the last write of each key, and answers those who name the same replicas.

use super::cell::{Cell, Stamp};
use super::disk::Write;
use super::layout::{Layout, Stage, Turn};
use super::message::Message;
use super::node::{Ctx, Timer};
use super::said::Said;
use super::stream::Fills;
use crate::id::NodeId;
use crate::ownership::shard::{Epoch, ShardId, ShardSet};
use crate::ownership::spec::Observation;
use crate::ownership::store::OperationId;

/// A server.
#[derive(Debug)]
pub struct Server {
    pub(super) layout: Layout,
    /// What reads ask it for.
    pub(super) serves: ShardSet,
    pub(super) fills: Fills,
    /// Whether it keeps something for another.
    pub(super) has_hints: bool,
}

impl Server {
    pub(super) fn boot(ctx: &mut Ctx<'_>) -> Self {
        let layout = Layout::after(ctx.config(), &ctx.durable().turns);
        let (serves, has_hints) = (ShardSet::NONE, !ctx.durable().hints.is_empty());
        let held = ctx.durable().cells.iter().map(|cell| (cell.key, cell.stamp)).collect();
        if !ctx.durable().cells.is_empty() && ctx.config().rules.declares_what_it_stores {
            // What a crash has left on the disk was not always told.
            ctx.promise(Said::Found { held });
        }
        let mut server = Server { layout, serves, fills: Fills::default(), has_hints };
        server.follow(ctx);
        ctx.set_timer(Timer::Poll, ctx.config().poll);
        if has_hints {
            ctx.set_timer(Timer::HandOff, ctx.config().resend);
        }
        server
    }

    pub(super) fn shard(&self, key: u64) -> ShardId {
        self.layout.map().shard_of(key)
    }

    /// Tells the coordinator how far it is, once its disk says so, and asks for more.
    pub(super) fn report(&self, ctx: &mut Ctx<'_>) {
        let (after, is_filled) = (self.layout.epoch(), self.fills.is_empty());
        ctx.send(ctx.config().coordinator, Message::Fetch { after, is_filled });
    }

    pub(super) fn on_turns(&mut self, first: Epoch, turns: &[Turn], ctx: &mut Ctx<'_>) {
        let is_late = first > self.layout.epoch().next();
        let made = self.layout.catch_up(first, turns);
        if made.is_empty() {
            if is_late {
                self.report(ctx);
            }
            return;
        }
        if ctx.config().rules.remembers_its_epoch {
            made.into_iter().for_each(|turn| ctx.persist(Write::Turn(turn)));
            ctx.sync();
        }
        self.follow(ctx);
    }

    /// Goes by its epoch: what it is to come to it asks for, and what is another's it drops.
    fn follow(&mut self, ctx: &mut Ctx<'_>) {
        let (epoch, owners) = (self.layout.epoch(), self.layout.owners());
        ctx.observe(Observation::Adopted { epoch, owners }.into());
        self.serves = self.layout.read_from(ctx.id());
        if self.layout.stage() == Stage::Settled {
            self.drop_what_is_not_its_own(ctx);
        }
        self.fill(ctx);
        self.report(ctx);
    }

    fn drop_what_is_not_its_own(&self, ctx: &mut Ctx<'_>) {
        let shards = self.layout.map().shards();
        let (me, kept) = (ctx.id(), &ctx.durable().cells);
        let kept: ShardSet = kept.iter().map(|cell| self.shard(cell.key)).collect();
        for shard in ShardId::all(shards).filter(|shard| kept.contains(*shard)) {
            if !self.layout.holds(me, shard) {
                ctx.persist(Write::Drop(shard, shards));
                ctx.observe(Said::Dropped { shard });
            }
        }
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Poll => {
                self.report(ctx);
                ctx.set_timer(Timer::Poll, ctx.config().poll);
            }
            Timer::Pull => self.pull(true, ctx),
            Timer::HandOff => self.hand_off(ctx),
            Timer::Retry | Timer::Patience | Timer::Behind(_) => {}
        }
    }
}

/// Operations.
impl Server {
    /// Whether who asks goes by the same replicas; if not, it is told, and who is behind catches
    /// up.
    fn agrees(
        &self,
        from: NodeId,
        (id, since): (OperationId, Epoch),
        is_replica: bool,
        shard: ShardId,
        ctx: &mut Ctx<'_>,
    ) -> bool {
        let is_same = since == self.layout.since(shard) || !ctx.config().rules.compares_epochs;
        if is_same && is_replica {
            return true;
        }
        let epoch = self.layout.epoch();
        if since > epoch {
            self.report(ctx);
        }
        ctx.observe(Observation::Refused { id, epoch }.into());
        ctx.send(from, Message::Refused { id, epoch });
        false
    }

    pub(super) fn on_ask(
        &self,
        from: NodeId,
        (id, since): (OperationId, Epoch),
        key: u64,
        ctx: &mut Ctx<'_>,
    ) {
        let shard = self.shard(key);
        if ctx.config().counts_hints() && !self.layout.holds(ctx.id(), shard) {
            // It stands in for a replica, with what it keeps for one.
            let cell = ctx.durable().hint_of(key);
            return ctx.send(from, Message::Found { id, since, cell });
        }
        if self.agrees(from, (id, since), self.serves.contains(shard), shard, ctx) {
            let cell = ctx.durable().find(key);
            ctx.send(from, Message::Found { id, since, cell });
        }
    }

    pub(super) fn on_store(
        &self,
        from: NodeId,
        (id, since): (OperationId, Epoch),
        cell: Cell,
        ctx: &mut Ctx<'_>,
    ) {
        let shard = self.shard(cell.key);
        let is_replica = self.layout.holds(ctx.id(), shard);
        if !self.agrees(from, (id, since), is_replica, shard, ctx) {
            return;
        }
        if ctx.durable().find(cell.key).is_some_and(|it| it.stamp == cell.stamp) {
            ctx.observe(Observation::Repeated { id, version: cell.stamp.version }.into());
        }
        self.keep(cell, ctx);
        let (key, stamp) = (cell.key, cell.stamp);
        let stored = Message::Stored { id, key, stamp, since };
        match ctx.config().rules.acknowledges_what_is_durable {
            true => ctx.send(from, stored),
            false => ctx.send_now(from, stored),
        }
    }

    /// Takes a write in, unless it has a later one.
    pub(super) fn keep(&self, cell: Cell, ctx: &mut Ctx<'_>) {
        if ctx.durable().find(cell.key).is_none_or(|it| it.stamp < cell.stamp) {
            ctx.persist(Write::Store(vec![cell]));
            ctx.sync();
        }
        declare(cell.key, cell.stamp, ctx);
    }
}

/// It has this, or something later.
fn declare(key: u64, stamp: Stamp, ctx: &mut Ctx<'_>) {
    if ctx.config().rules.declares_what_it_stores {
        ctx.promise(Said::Stored { key, stamp });
    }
}
