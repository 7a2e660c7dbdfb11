//! Hand-off: what a server has and owns no more goes to the owner, as far as it knows that one.
//!
//! Nobody stops for it and nobody waits for it. Only who serves the shard takes a copy. So each
//! copy that is dropped is in one that was taken later, by a server that has dropped nothing since:
//! two that take each other to be the owner do not both drop what they have sent each other.

use super::cells::Cells;
use super::disk::Write;
use super::message::{Message, Parcel};
use super::node::{Ctx, Timer};
use super::said::Said;
use super::server::{Server, version};
use crate::id::NodeId;
use crate::ownership::shard::ShardId;
use crate::ownership::spec::Observation;
use std::collections::BTreeMap;

/// The parcels that are on their way.
#[derive(Debug)]
pub(super) struct Parcels {
    next: Parcel,
    /// Of each shard the one that has all that the copy here has.
    sent: BTreeMap<ShardId, Parcel>,
}

impl Parcels {
    pub const fn of(life: u64) -> Self {
        Parcels { next: Parcel { life, number: 0 }, sent: BTreeMap::new() }
    }

    fn number(&mut self, shard: ShardId) -> Parcel {
        let parcel = self.next;
        self.next.number += 1;
        self.sent.insert(shard, parcel);
        parcel
    }
}

impl Server {
    /// Whether it has a copy that is another's.
    pub(super) fn has_to_send(&self) -> bool {
        !self.parcels.sent.is_empty()
    }

    /// A view begins: all copies that are another's go there.
    pub(super) fn send_what_is_not_its_own(&mut self, ctx: &mut Ctx<'_>) {
        let kept: Vec<ShardId> = ctx.durable().shards.iter().map(|(shard, _)| *shard).collect();
        for shard in kept {
            match self.serves.contains(shard) {
                true => {
                    self.parcels.sent.remove(&shard);
                    ctx.cancel_timer(Timer::Sent(shard));
                }
                false => self.send(shard, ctx),
            }
        }
    }

    pub(super) fn send(&mut self, shard: ShardId, ctx: &mut Ctx<'_>) {
        let Some(cells) = ctx.durable().find(shard).filter(|_| !self.serves.contains(shard)) else {
            return;
        };
        let (cells, to, epoch) = (cells.clone(), self.ring.owner(shard), self.ring.number());
        let (bytes, parcel) = (cells.bytes(), self.parcels.number(shard));
        ctx.observe(Observation::Sent { shard, epoch, to, bytes }.into());
        ctx.send(to, Message::Shard { shard, parcel, cells });
        match ctx.config().rules.drops_what_was_taken {
            true => ctx.set_timer(Timer::Sent(shard), ctx.config().resend),
            false => self.drop(shard, ctx),
        }
    }

    pub(super) fn on_shard(
        &mut self,
        from: NodeId,
        shard: ShardId,
        parcel: Parcel,
        cells: Cells,
        ctx: &mut Ctx<'_>,
    ) {
        let rules = ctx.config().rules;
        if rules.takes_only_what_it_serves && !self.serves.contains(shard) {
            return; // It comes again, here or elsewhere, when the sender has heard who serves it.
        }
        let had = ctx.durable().find(shard).cloned();
        let met: Vec<_> = had.iter().flat_map(|had| had.meets(&cells)).collect();
        for (kept, lost) in met {
            let (key, kept, lost) = (kept.key, kept.by, lost.by);
            ctx.observe(Said::Overruled { key, kept, lost });
        }
        ctx.persist(Write::Merge(shard, cells));
        ctx.sync();
        let version = version(shard, ctx);
        ctx.promise(Said::Taken { shard, version });
        let taken = Message::Taken { shard, parcel };
        match rules.takes_what_is_durable {
            true => ctx.send(from, taken),
            false => ctx.send_now(from, taken),
        }
        match (ctx.durable().find(shard) == had.as_ref(), self.serves.contains(shard)) {
            (true, _) => {}
            (false, true) => self.serve(shard, ctx),
            (false, false) => self.send(shard, ctx),
        }
    }

    pub(super) fn on_taken(&mut self, shard: ShardId, parcel: Parcel, ctx: &mut Ctx<'_>) {
        if self.parcels.sent.get(&shard) == Some(&parcel) {
            self.drop(shard, ctx);
        }
    }

    fn drop(&mut self, shard: ShardId, ctx: &mut Ctx<'_>) {
        self.parcels.sent.remove(&shard);
        ctx.cancel_timer(Timer::Sent(shard));
        let version = version(shard, ctx);
        ctx.observe(Said::Dropped { shard, version });
        ctx.persist(Write::Drop(shard));
        ctx.sync();
    }
}
