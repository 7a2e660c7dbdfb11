//! A server: it stores one nonce for a while by its wall clock, and knows nothing of the others.

use super::message::{Message, Nonce};
use super::node::{Redlock, Write};
use crate::id::NodeId;
use crate::lock::spec::{Ended, LockId, Observation};
use crate::protocol::Context;
use crate::time::{LocalTime, WallTime};

type Ctx<'a> = Context<'a, Redlock>;

const LOCK: LockId = LockId(0);

/// What is stored, by whom, and until when by the wall clock.
#[derive(Clone, Copy, Debug)]
struct Stored {
    client: NodeId,
    nonce: Nonce,
    until: WallTime,
}

/// What a server knows while it lives: nothing of it survives.
#[derive(Debug)]
pub struct Server {
    stored: Option<Stored>,
    /// It keeps out until then, for it has forgotten what it stored in its last life.
    out_until: Option<LocalTime>,
}

impl Server {
    pub(super) fn boot(ctx: &mut Ctx<'_>) -> Self {
        let is_restart = ctx.durable().has_run;
        if !is_restart {
            ctx.persist(Write::HasRun);
            ctx.sync();
        }
        let keeps_out = is_restart && ctx.config().rules.keeps_out_after_restart;
        let out_until = keeps_out.then(|| ctx.monotonic() + ctx.config().ttl);
        Server { stored: None, out_until }
    }

    pub(super) fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        if self.out_until.is_some_and(|until| ctx.monotonic() < until) {
            return;
        }
        self.expire(ctx);
        match message {
            Message::Set(nonce) => self.set(from, nonce, ctx),
            Message::Delete(nonce) => self.delete(from, nonce, ctx),
            _ => {}
        }
    }

    fn expire(&mut self, ctx: &mut Ctx<'_>) {
        if self.stored.is_some_and(|stored| stored.until <= ctx.wall()) {
            self.end(Ended::Expiry, ctx);
        }
    }

    fn set(&mut self, client: NodeId, nonce: Nonce, ctx: &mut Ctx<'_>) {
        if self.stored.is_some() {
            return ctx.send(client, Message::Taken(nonce));
        }
        self.stored = Some(Stored { client, nonce, until: ctx.wall() + ctx.config().ttl });
        let request = nonce.request;
        ctx.promise(Observation::Granted { lock: LOCK, client, request, token: None });
        ctx.send(client, Message::Stored(nonce));
    }

    fn delete(&mut self, by: NodeId, nonce: Nonce, ctx: &mut Ctx<'_>) {
        let is_it = |stored: Stored| stored.client == by && stored.nonce == nonce;
        let compares = ctx.config().rules.compares_before_delete;
        if self.stored.is_some_and(|stored| is_it(stored) || !compares) {
            self.end(Ended::Release { by, request: nonce.request }, ctx);
        }
    }

    fn end(&mut self, ended: Ended, ctx: &mut Ctx<'_>) {
        let Some(Stored { client, nonce, .. }) = self.stored.take() else { return };
        let request = nonce.request;
        ctx.promise(Observation::GrantEnded { lock: LOCK, client, request, ended });
    }

    pub(super) fn granted_to(&self) -> Option<NodeId> {
        self.stored.map(|stored| stored.client)
    }
}
