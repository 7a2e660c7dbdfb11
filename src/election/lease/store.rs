//! The store: one record, written only for who knows its latest version.

use super::message::Message;
use super::node::Lease;
use super::record::{Record, Version, Versioned};
use crate::election::spec::Observation;
use crate::id::NodeId;
use crate::protocol::{Context, Synced};

pub(super) fn answer(from: NodeId, message: Message, ctx: &mut Context<'_, Lease>) {
    match message {
        Message::Get { request } => {
            let found = *ctx.durable();
            ctx.send(from, Message::Got { request, found });
        }
        Message::Update { request, expected, record } => {
            write(from, request, expected, record, ctx);
        }
        Message::Got { .. } | Message::Updated { .. } | Message::Conflict { .. } => {}
    }
}

fn write(
    from: NodeId,
    request: u64,
    expected: Version,
    record: Record,
    ctx: &mut Context<'_, Lease>,
) {
    let stored = *ctx.durable();
    if expected != stored.version && ctx.config().rules.compares_versions {
        return ctx.send(from, Message::Conflict { request });
    }
    let written = stored.followed_by(record);
    keep(written, ctx);
    let holder = |record: Record| (record.term(), record.holder);
    if stored.record.map(holder) != Some(holder(record)) {
        grant(record, ctx);
    }
    ctx.send(from, Message::Updated { request, written });
}

fn keep(written: Versioned, ctx: &mut Context<'_, Lease>) {
    ctx.persist(written);
    ctx.sync();
}

/// A reign begins: the store's word for it is the vote that makes its holder the leader.
fn grant(record: Record, ctx: &mut Context<'_, Lease>) {
    if let Some(holder) = record.holder {
        ctx.promise(Observation::VoteGranted { candidate: holder.node, term: record.term() });
    }
}

/// What a failed sync may have lost is written again: nobody was told of it, and who asks will be.
pub(super) fn synced(synced: Synced, ctx: &mut Context<'_, Lease>) {
    let stored = *ctx.durable();
    if let (Synced::Failed, Some(record)) = (synced, stored.record) {
        keep(stored, ctx);
        grant(record, ctx);
    }
}
