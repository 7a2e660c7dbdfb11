//! The storage: it keeps what shards hold, whoever serves them, and lets only the latest owner
//! write.
//!
//! In the real world it is a replicated log or a database beneath the servers. Here it is one node
//! whose disk is honest; while it is down nobody writes, and no new owner begins.

use super::message::Peer;
use super::server::Leases;
use crate::id::NodeId;
use crate::ownership::keeper::{Ctx, Depot};
use crate::ownership::message::Message;
use crate::ownership::node;
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::spec::Observation;
use crate::ownership::store::{Contents, OperationId, Put};
use crate::protocol::Durable;
use serde::{Deserialize, Serialize};

/// Who may write a shard: a fencing token. The latest owner, by the question by which it took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fence {
    /// The epoch since which it owns the shard.
    pub epoch: Epoch,
    /// The question by which it took the shard.
    pub by: OperationId,
}

/// A shard on the disk of the storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// Which.
    pub shard: ShardId,
    /// Who may write it.
    pub fence: Fence,
    /// What it holds.
    pub contents: Contents,
}

/// What the storage keeps: shards that somebody has owned, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stock {
    /// The shards.
    pub shards: Vec<Stored>,
}

/// A write to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Write {
    /// A shard has a new owner.
    Fence(ShardId, Fence),
    /// A shard has been written to.
    Put(ShardId, Put),
}

impl Stock {
    /// A shard that somebody has owned.
    pub fn find(&self, shard: ShardId) -> Option<&Stored> {
        let place = self.shards.binary_search_by_key(&shard, |stored| stored.shard).ok()?;
        Some(&self.shards[place])
    }
}

impl Durable for Stock {
    type Write = Write;

    fn apply(&mut self, write: &Write) {
        let (Write::Fence(shard, _) | Write::Put(shard, _)) = *write;
        let place = self.shards.binary_search_by_key(&shard, |stored| stored.shard);
        match (write, place) {
            (Write::Fence(_, fence), Ok(place)) => self.shards[place].fence = *fence,
            (Write::Fence(_, fence), Err(place)) => {
                let stored = Stored { shard, fence: *fence, contents: Contents::default() };
                self.shards.insert(place, stored);
            }
            (Write::Put(_, put), Ok(place)) => self.shards[place].contents.put(put),
            // A write behind one that the disk has lost.
            (Write::Put(..), Err(_)) => {}
        }
    }
}

/// The storage. All that it knows is on its disk.
#[derive(Debug)]
pub struct Storage;

impl Depot<Leases> for Storage {
    fn boot(_: &mut Ctx<'_, Leases>) -> Self {
        Storage
    }

    fn on_peer(&mut self, from: NodeId, message: Peer, ctx: &mut Ctx<'_, Leases>) {
        match message {
            Peer::Load { shard, fence } => load(from, shard, fence, ctx),
            Peer::Append { shard, fence, put } => append(from, shard, fence, put, ctx),
            _ => {}
        }
    }
}

/// A new owner takes the shard: from now on nobody writes it who took it before.
fn load(from: NodeId, shard: ShardId, fence: Fence, ctx: &mut Ctx<'_, Leases>) {
    let stored = ctx.durable().kept.find(shard);
    let latest = stored.map(|stored| stored.fence);
    if latest.is_some_and(|latest| is_late(fence, latest)) {
        return ctx.send(from, Message::Peer(Peer::Fenced { shard, fence }));
    }
    let contents = stored.map(|stored| stored.contents.clone()).unwrap_or_default();
    if latest != Some(fence) {
        ctx.persist(node::Write::Kept(Write::Fence(shard, fence)));
        ctx.sync();
    }
    let bytes = contents.bytes();
    ctx.observe(Observation::Sent { shard, epoch: fence.epoch, to: from, bytes });
    ctx.send(from, Message::Peer(Peer::Loaded { shard, fence, contents }));
}

/// Of an earlier epoch, or a copy of an earlier question in the same life of a server.
fn is_late(fence: Fence, latest: Fence) -> bool {
    fence.epoch < latest.epoch
        || fence.by.writer == latest.by.writer && fence.by.number < latest.by.number
}

/// What is asked for again is not written again.
fn append(from: NodeId, shard: ShardId, fence: Fence, put: Put, ctx: &mut Ctx<'_, Leases>) {
    let Some(stored) = ctx.durable().kept.find(shard) else { return };
    if stored.fence != fence && ctx.config().rules.storage_is_fenced {
        return ctx.send(from, Message::Peer(Peer::Fenced { shard, fence }));
    }
    let last = stored.contents.last_of(put.by.writer);
    if last.is_none_or(|last| last.number < put.by.number) {
        ctx.persist(node::Write::Kept(Write::Put(shard, put)));
        ctx.sync();
    }
    ctx.send(from, Message::Peer(Peer::Appended { shard, by: put.by }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::store::{Version, Writer};

    fn fence(epoch: u64, node: u32, number: u64) -> Fence {
        let writer = Writer { node: NodeId::new(node), life: 0 };
        Fence { epoch: Epoch(epoch), by: OperationId { writer, number } }
    }

    #[test]
    fn the_owner_of_a_later_epoch_and_a_later_question_of_the_same_owner_are_not_late() {
        let latest = fence(3, 1, 7);
        assert!(is_late(fence(2, 2, 9), latest), "an earlier owner");
        assert!(is_late(fence(3, 1, 6), latest), "a copy of an earlier question");
        assert!(!is_late(latest, latest), "the same question again");
        assert!(!is_late(fence(3, 1, 8), latest) && !is_late(fence(4, 2, 1), latest));
    }

    #[test]
    fn a_new_fence_leaves_the_contents_as_they_are() {
        let mut stock = Stock::default();
        let (shard, first) = (ShardId(5), fence(1, 1, 1));
        let put = Put { key: 9, value: 90, by: first.by };
        let writes = [
            Write::Put(shard, put),
            Write::Fence(shard, first),
            Write::Put(shard, put),
            Write::Fence(shard, fence(2, 2, 1)),
        ];
        writes.iter().for_each(|write| stock.apply(write));
        let stored = stock.find(shard).expect("it was owned");
        assert_eq!(stored.fence, fence(2, 2, 1));
        let contents = &stored.contents;
        assert_eq!((contents.value(9), contents.version()), (Some(90), Version(1)));
    }
}
