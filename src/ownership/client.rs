//! A client: it asks the owner of a key, as it knows the owners, until it is answered.
//!
//! It asks for one thing at a time. Who is sent away, or not answered, looks for changes and asks
//! again, under the same number: whoever has applied that operation does not apply it again.

use super::keeper::{Ctx, Keeper, fetch};
use super::map::{Change, Map};
use super::message::{Message, Request};
use super::node::Timer;
use super::shard::Epoch;
use super::spec::Observation;
use super::store::{Ask, OperationId, Reply, Writer};
use crate::id::Label;
use std::collections::VecDeque;

const LIFE: Label = Label::new("life");

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
    map: Map,
    writer: Writer,
    /// The number of its latest operation.
    number: u64,
    /// What it waits for.
    wish: Option<Wish>,
    /// What comes after.
    wishes: VecDeque<Wish>,
}

impl Client {
    pub(super) fn boot<K: Keeper>(ctx: &mut Ctx<'_, K>) -> Self {
        let life = ctx.draw(LIFE, 0..=u64::from(u32::MAX));
        let map = Map::first(&ctx.config().places);
        let writer = Writer { node: ctx.id(), life };
        fetch(map.epoch(), ctx);
        Client { map, writer, number: 0, wish: None, wishes: VecDeque::new() }
    }

    pub(super) const fn map(&self) -> &Map {
        &self.map
    }

    const fn id(&self) -> OperationId {
        OperationId { writer: self.writer, number: self.number }
    }

    pub(super) fn wants<K: Keeper>(
        &mut self,
        command: u64,
        key: u64,
        ask: Ask,
        ctx: &mut Ctx<'_, K>,
    ) {
        self.wishes.push_back(Wish { command, key, ask });
        if self.wish.is_none() {
            self.next(ctx);
        }
    }

    fn next<K: Keeper>(&mut self, ctx: &mut Ctx<'_, K>) {
        ctx.cancel_timer(Timer::Retry);
        ctx.cancel_timer(Timer::Patience);
        self.wish = self.wishes.pop_front();
        let Some(Wish { key, ask, .. }) = self.wish else { return };
        self.number += 1;
        ctx.observe(Observation::Invoked { id: self.id(), key, ask });
        ctx.set_timer(Timer::Patience, ctx.config().patience);
        self.ask(ctx);
    }

    fn ask<K: Keeper>(&self, ctx: &mut Ctx<'_, K>) {
        let Some(Wish { key, ask, .. }) = self.wish else { return };
        let owner = self.map.owner(self.map.shard_of(key));
        let request = Request { id: self.id(), epoch: self.map.epoch(), key, ask };
        ctx.send(owner, Message::Request(request));
        ctx.set_timer(Timer::Retry, ctx.config().retry);
    }

    /// The answer to what it asks now; all others come late.
    pub(super) fn on_answer<K: Keeper>(
        &mut self,
        id: OperationId,
        reply: Reply,
        ctx: &mut Ctx<'_, K>,
    ) {
        let Some(Wish { command, key, .. }) = self.wish.filter(|_| id == self.id()) else { return };
        ctx.observe(Observation::Answered { id, command, key, reply });
        self.next(ctx);
    }

    pub(super) fn on_refusal<K: Keeper>(
        &self,
        id: OperationId,
        epoch: Epoch,
        ctx: &mut Ctx<'_, K>,
    ) {
        if self.wish.is_none() || id != self.id() {
            return;
        }
        if epoch > self.map.epoch() {
            fetch(self.map.epoch(), ctx);
        }
        ctx.set_timer(Timer::Retry, ctx.config().backoff);
    }

    pub(super) fn on_changes<K: Keeper>(&mut self, changes: &[Change], ctx: &mut Ctx<'_, K>) {
        let before = self.map.epoch();
        for change in changes {
            if change.epoch == self.map.epoch().next() {
                self.map.apply(change).expect("a change that was numbered can be made");
            }
        }
        if changes.last().is_some_and(|last| last.epoch > self.map.epoch()) {
            fetch(self.map.epoch(), ctx);
        }
        if self.map.epoch() > before {
            let (epoch, owners) = (self.map.epoch(), self.map.owners().to_vec());
            ctx.observe(Observation::Adopted { epoch, owners });
            self.ask(ctx);
        }
    }

    pub(super) fn on_timer<K: Keeper>(&mut self, timer: Timer, ctx: &mut Ctx<'_, K>) {
        match (timer, self.wish) {
            (Timer::Retry, Some(_)) => {
                fetch(self.map.epoch(), ctx);
                self.ask(ctx);
            }
            (Timer::Patience, Some(Wish { command, key, .. })) => {
                ctx.observe(Observation::Abandoned { id: self.id(), command, key });
                self.next(ctx);
            }
            _ => {}
        }
    }
}
