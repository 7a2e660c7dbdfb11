//! A client: it asks the owner of a key, as some server has told it the members, until it is
//! answered.
//!
//! It asks for one thing at a time, and again under the same number. It watches nobody: whom to ask
//! it knows from the servers alone, one of which it asks now and then.

use super::message::Message;
use super::node::{Ctx, Timer};
use super::ring::Ring;
use crate::id::Label;
use crate::ownership::map::Weighted;
use crate::ownership::message::Request;
use crate::ownership::spec::Observation;
use crate::ownership::store::{Ask, OperationId, Reply, Writer};
use std::collections::VecDeque;

const LIFE: Label = Label::new("life");
const SERVER: Label = Label::new("server");

/// What it has been told to do.
#[derive(Clone, Copy, Debug)]
struct Wish {
    command: u64,
    key: u64,
    ask: Ask,
}

/// A client.
#[derive(Debug)]
pub struct Client {
    pub(super) ring: Ring,
    writer: Writer,
    /// The number of its latest operation.
    number: u64,
    /// What it waits for.
    wish: Option<Wish>,
    /// What comes after.
    wishes: VecDeque<Wish>,
}

impl Client {
    pub(super) fn boot(ctx: &mut Ctx<'_>) -> Self {
        let life = ctx.draw(LIFE, 0..=u64::from(u32::MAX));
        let writer = Writer { node: ctx.id(), life };
        let ring = Ring::first(ctx.config());
        ring.declare(ctx);
        refresh(ctx);
        Client { ring, writer, number: 0, wish: None, wishes: VecDeque::new() }
    }

    const fn id(&self) -> OperationId {
        OperationId { writer: self.writer, number: self.number }
    }

    pub(super) fn wants(&mut self, command: u64, key: u64, ask: Ask, ctx: &mut Ctx<'_>) {
        self.wishes.push_back(Wish { command, key, ask });
        if self.wish.is_none() {
            self.next(ctx);
        }
    }

    fn next(&mut self, ctx: &mut Ctx<'_>) {
        ctx.cancel_timer(Timer::Retry);
        ctx.cancel_timer(Timer::Patience);
        self.wish = self.wishes.pop_front();
        let Some(Wish { key, ask, .. }) = self.wish else { return };
        self.number += 1;
        ctx.observe(Observation::Invoked { id: self.id(), key, ask }.into());
        ctx.set_timer(Timer::Patience, ctx.config().patience);
        self.ask(ctx);
    }

    fn ask(&self, ctx: &mut Ctx<'_>) {
        let Some(Wish { key, ask, .. }) = self.wish else { return };
        let owner = self.ring.owner(self.ring.map().shard_of(key));
        let request = Request { id: self.id(), epoch: self.ring.number(), key, ask };
        ctx.send(owner, Message::Request(request));
        ctx.set_timer(Timer::Retry, ctx.config().retry);
    }

    /// The answer to what it asks now; all others come late.
    pub(super) fn on_answer(&mut self, id: OperationId, reply: Reply, ctx: &mut Ctx<'_>) {
        let Some(Wish { command, key, .. }) = self.wish.filter(|_| id == self.id()) else { return };
        ctx.observe(Observation::Answered { id, command, key, reply }.into());
        self.next(ctx);
    }

    pub(super) fn on_refusal(&self, id: OperationId, ctx: &mut Ctx<'_>) {
        if self.wish.is_some() && id == self.id() {
            refresh(ctx);
            ctx.set_timer(Timer::Retry, ctx.config().backoff);
        }
    }

    /// A server tells its view.
    pub(super) fn on_ring(&mut self, members: Vec<Weighted>, ctx: &mut Ctx<'_>) {
        if self.ring.take(members, ctx.config()) {
            self.ring.declare(ctx);
        }
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match (timer, self.wish) {
            (Timer::Refresh, _) => refresh(ctx),
            (Timer::Retry, Some(_)) => {
                refresh(ctx);
                self.ask(ctx);
            }
            (Timer::Patience, Some(Wish { command, key, .. })) => {
                ctx.observe(Observation::Abandoned { id: self.id(), command, key }.into());
                self.next(ctx);
            }
            _ => {}
        }
    }
}

/// Asks some server for its view, and again after a while.
fn refresh(ctx: &mut Ctx<'_>) {
    let servers = &ctx.config().servers;
    let drawn = ctx.draw(SERVER, 0..=servers.len() as u64 - 1) as usize;
    ctx.send(servers[drawn], Message::Fetch);
    ctx.set_timer(Timer::Refresh, ctx.config().refresh);
}
