//! Hinted hand-off: a server keeps a write for a replica that does not answer, until that has it
//! (Dynamo, SOSP 2007, section 4.6).

use super::cell::{Cell, Stamp};
use super::disk::{Hint, Write};
use super::message::Message;
use super::node::{Ctx, Timer};
use super::said::Said;
use super::server::Server;
use crate::id::NodeId;
use crate::ownership::store::OperationId;

impl Server {
    pub(super) fn on_hint(&mut self, from: NodeId, id: OperationId, hint: Hint, ctx: &mut Ctx<'_>) {
        let Hint { target, cell: Cell { key, stamp, .. } } = hint;
        ctx.persist(Write::Hint(hint));
        ctx.sync();
        ctx.promise(Said::Hinted { target, key, stamp });
        ctx.send(from, Message::Hinted { id, key, target, stamp });
        if !self.has_hints {
            self.has_hints = true;
            ctx.set_timer(Timer::HandOff, ctx.config().resend);
        }
    }

    /// Hands over what it keeps for others. A target that is no replica any more has no use for it:
    /// the first that is gets it.
    pub(super) fn hand_off(&mut self, ctx: &mut Ctx<'_>) {
        let me = ctx.id();
        for Hint { target, cell } in ctx.durable().hints.clone() {
            let shard = self.shard(cell.key);
            let is_replica = self.layout.holds(target, shard);
            let to = if is_replica { target } else { self.layout.reads(shard)[0] };
            if to == me {
                self.keep(cell, ctx);
                self.release(target, cell.key, cell.stamp, ctx);
            } else {
                ctx.send(to, Message::HandOff(cell));
                if !ctx.config().rules.keeps_hints {
                    self.release(target, cell.key, cell.stamp, ctx);
                }
            }
        }
        self.has_hints = !ctx.durable().hints.is_empty();
        if self.has_hints {
            ctx.set_timer(Timer::HandOff, ctx.config().resend);
        }
    }

    /// Another server has kept something for it.
    pub(super) fn on_hand_off(&self, from: NodeId, cell: Cell, ctx: &mut Ctx<'_>) {
        if self.layout.holds(ctx.id(), self.shard(cell.key)) {
            self.keep(cell, ctx);
            ctx.send(from, Message::HandedOff { key: cell.key, stamp: cell.stamp });
        }
    }

    pub(super) fn on_handed_off(
        &mut self,
        from: NodeId,
        key: u64,
        stamp: Stamp,
        ctx: &mut Ctx<'_>,
    ) {
        // If it is not for whom it was, that one is no replica any more.
        let is_replica = |node| self.layout.holds(node, self.shard(key));
        let kept = ctx.durable().hints.iter().map(|hint| (hint.target, hint.cell.key));
        let targets =
            kept.filter(|(target, of)| *of == key && (*target == from || !is_replica(*target)));
        let targets: Vec<NodeId> = targets.map(|(target, _)| target).collect();
        for target in targets {
            self.release(target, key, stamp, ctx);
        }
        self.has_hints = !ctx.durable().hints.is_empty();
    }

    fn release(&self, target: NodeId, key: u64, stamp: Stamp, ctx: &mut Ctx<'_>) {
        ctx.persist(Write::Release { target, key, stamp });
        ctx.promise(Said::HandedOff { target, key, stamp });
    }
}
