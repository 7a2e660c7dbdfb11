//! A client: it asks the replicas of a key itself, and goes by what a quorum of them says.
//!
//! The register of Attiya, Bar-Noy and Dolev (JACM 42(1), 1995) with many writers (Lynch and
//! Shvartsman, 1997): a write asks a quorum for the latest stamp and tells a quorum the next one; a
//! read asks a quorum and tells a quorum what it has found, unless so many have it already. In the
//! words of Dynamo (SOSP 2007, section 6.4) coordination is the client's.
//!
//! It does one thing at a time. The stamp of a write is chosen once: whoever is told it twice has
//! it once. All answers that make a quorum are from one epoch of the shard's replicas; when they
//! change it asks again.

use super::cell::{Cell, Stamp};
use super::layout::{Layout, Turn};
use super::message::Message;
use super::node::{Ctx, Timer};
use super::said::Said;
use super::settings::Hints;
use crate::id::{Label, NodeId};
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::spec::Observation;
use crate::ownership::store::{Ask, OperationId, Reply, Version, Writer};
use std::collections::{BTreeMap, VecDeque};

const LIFE: Label = Label::new("life");

/// What it has been told to do.
#[derive(Clone, Copy, Debug)]
struct Wish {
    command: u64,
    key: u64,
    ask: Ask,
}

/// How far it has come with it.
#[derive(Clone, Debug)]
enum Phase {
    /// It asks what there is.
    Asking(Vec<(NodeId, Option<Cell>)>),
    /// It tells this: who has it.
    Telling(Cell, Vec<NodeId>),
}

/// A client.
#[derive(Debug)]
pub struct Client {
    pub(super) layout: Layout,
    writer: Writer,
    /// The number of its latest operation.
    number: u64,
    /// What it waits for.
    doing: Option<(Wish, Phase)>,
    /// What comes after.
    wishes: VecDeque<Wish>,
    /// How often it has asked again.
    again: usize,
    /// Of operations that are done: what replicas have not said that they have.
    behind: BTreeMap<u64, Behind>,
}

/// A write that is done and that some replicas have not said that they have.
#[derive(Clone, Debug)]
struct Behind {
    cell: Cell,
    missing: Vec<NodeId>,
    /// How many servers have been asked to keep it for each.
    tries: usize,
}

impl Client {
    pub(super) fn boot(ctx: &mut Ctx<'_>) -> Self {
        let life = ctx.draw(LIFE, 0..=u64::from(u32::MAX));
        let layout = Layout::first(ctx.config());
        fetch(&layout, ctx);
        Client {
            layout,
            writer: Writer { node: ctx.id(), life },
            number: 0,
            doing: None,
            wishes: VecDeque::new(),
            again: 0,
            behind: BTreeMap::new(),
        }
    }

    const fn id(&self) -> OperationId {
        OperationId { writer: self.writer, number: self.number }
    }

    fn shard(&self, key: u64) -> ShardId {
        self.layout.map().shard_of(key)
    }

    pub(super) fn wants(&mut self, command: u64, key: u64, ask: Ask, ctx: &mut Ctx<'_>) {
        self.wishes.push_back(Wish { command, key, ask });
        if self.doing.is_none() {
            self.next(ctx);
        }
    }

    fn next(&mut self, ctx: &mut Ctx<'_>) {
        ctx.cancel_timer(Timer::Retry);
        ctx.cancel_timer(Timer::Patience);
        let wish = self.wishes.pop_front();
        self.doing = wish.map(|wish| (wish, Phase::Asking(Vec::new())));
        let Some(Wish { key, ask, .. }) = wish else { return };
        self.number += 1;
        self.again = 0;
        ctx.observe(Observation::Invoked { id: self.id(), key, ask }.into());
        ctx.set_timer(Timer::Patience, ctx.config().patience);
        self.speak(ctx);
    }

    /// Asks or tells all who have not answered.
    fn speak(&self, ctx: &mut Ctx<'_>) {
        let Some((Wish { key, .. }, phase)) = &self.doing else { return };
        let (id, key, shard) = (self.id(), *key, self.shard(*key));
        let since = self.layout.since(shard);
        match phase {
            Phase::Asking(answers) => {
                let has_said = |node: &NodeId| answers.iter().any(|(said, _)| said == node);
                for node in self.layout.reads(shard).iter().filter(|node| !has_said(node)) {
                    ctx.send(*node, Message::Ask { id, key, since });
                }
            }
            Phase::Telling(cell, has) => {
                for node in self.layout.writes(shard).iter().filter(|node| !has.contains(node)) {
                    ctx.send(*node, Message::Store { id, cell: *cell, since });
                }
            }
        }
        ctx.set_timer(Timer::Retry, ctx.config().retry);
    }

    /// A replica tells what it has of the key.
    pub(super) fn on_found(
        &mut self,
        from: NodeId,
        (id, since): (OperationId, Epoch),
        cell: Option<Cell>,
        ctx: &mut Ctx<'_>,
    ) {
        let is_current = id == self.id();
        let Some((wish, Phase::Asking(answers))) = self.doing.as_mut().filter(|_| is_current)
        else {
            return;
        };
        let shard = self.layout.map().shard_of(wish.key);
        let is_known = answers.iter().any(|(node, _)| *node == from);
        // In a sloppy quorum whoever keeps something for a replica answers for it.
        let is_replica = self.layout.reads(shard).contains(&from) || ctx.config().counts_hints();
        let is_his = is_replica && since == self.layout.since(shard);
        if !is_his || (is_known && ctx.config().rules.counts_nodes) {
            return;
        }
        answers.push((from, cell));
        if answers.len() >= ctx.config().quorums.read as usize {
            let (wish, answers) = (*wish, std::mem::take(answers));
            self.decide(wish, &answers, ctx);
        }
    }

    /// A quorum has answered.
    fn decide(&mut self, wish: Wish, answers: &[(NodeId, Option<Cell>)], ctx: &mut Ctx<'_>) {
        let rules = ctx.config().rules;
        let found = answers.iter().filter_map(|(_, cell)| *cell).max_by_key(|cell| cell.stamp);
        let Wish { key, ask, .. } = wish;
        let cell = match (ask, found) {
            (Ask::Put(value), found) => {
                let latest = found.map_or(0, |cell| cell.stamp.version.0);
                let version = match rules.stamps_by_quorum {
                    true => Version(latest + 1),
                    false => Version(ctx.wall().as_nanos()),
                };
                let stamp = Stamp { version, by: self.id() };
                ctx.observe(Said::Stamped { id: self.id(), key, stamp });
                Cell { key, value, stamp }
            }
            (Ask::Get, None) => return self.answer(wish, None, ctx),
            (Ask::Get, Some(cell)) => cell,
        };
        let shard = self.shard(key);
        let writes = self.layout.writes(shard);
        let has = |(node, it): &&(NodeId, Option<Cell>)| {
            writes.contains(node) && it.is_some_and(|it| it.stamp == cell.stamp)
        };
        let has: Vec<NodeId> = answers.iter().filter(has).map(|(node, _)| *node).collect();
        if ask == Ask::Get && (has.len() >= self.acks(shard, ctx) || !rules.writes_back) {
            return self.answer(wish, Some(cell), ctx);
        }
        if ask == Ask::Get {
            ctx.observe(Said::WritesBack { id: self.id(), key });
        }
        self.doing = Some((wish, Phase::Telling(cell, has)));
        self.speak(ctx);
    }

    fn acks(&self, shard: ShardId, ctx: &Ctx<'_>) -> usize {
        match ctx.config().rules.counts_pending {
            true => self.layout.acks(shard),
            false => ctx.config().quorums.write as usize,
        }
    }

    /// A replica has what it has not said that it has, or somebody keeps it for it.
    pub(super) fn has_it(&mut self, node: NodeId, id: OperationId) {
        if let Some(behind) = self.behind.get_mut(&id.number) {
            behind.missing.retain(|it| *it != node);
        }
    }

    /// A replica has a write, or another server keeps it for one.
    pub(super) fn on_stored(
        &mut self,
        node: NodeId,
        (id, stamp): (OperationId, Stamp),
        since: Option<Epoch>,
        ctx: &mut Ctx<'_>,
    ) {
        self.has_it(node, id);
        let is_current = id == self.id();
        let Some((wish, Phase::Telling(cell, has))) = self.doing.as_mut().filter(|_| is_current)
        else {
            return;
        };
        let (wish, cell, shard) = (*wish, *cell, self.layout.map().shard_of(wish.key));
        let is_his = since.is_none_or(|since| since == self.layout.since(shard))
            && self.layout.writes(shard).contains(&node);
        if stamp != cell.stamp
            || !is_his
            || (has.contains(&node) && ctx.config().rules.counts_nodes)
        {
            return;
        }
        has.push(node);
        let has = has.clone();
        if has.len() >= self.acks(shard, ctx) {
            self.leave_hints(cell, &has, ctx);
            self.answer(wish, Some(cell), ctx);
        }
    }

    /// Those who have not said yet that they have it are left a hint, should they stay silent.
    fn leave_hints(&mut self, cell: Cell, has: &[NodeId], ctx: &mut Ctx<'_>) {
        let mut missing = self.layout.writes(self.shard(cell.key));
        missing.retain(|node| !has.contains(node));
        if ctx.config().hints != Hints::Off && !missing.is_empty() {
            self.behind.insert(self.number, Behind { cell, missing, tries: 0 });
            ctx.set_timer(Timer::Behind(self.number), ctx.config().retry);
        }
    }

    fn answer(&mut self, wish: Wish, cell: Option<Cell>, ctx: &mut Ctx<'_>) {
        let Wish { command, key, ask } = wish;
        let id = self.id();
        if let Some(cell) = cell {
            ctx.observe(Said::Settled { id, key, stamp: cell.stamp });
        }
        let reply = match ask {
            Ask::Get => Reply::Value(cell.map(|cell| cell.value)),
            Ask::Put(_) => Reply::Done,
        };
        ctx.observe(Observation::Answered { id, command, key, reply }.into());
        self.next(ctx);
    }

    /// For each of these replicas a member that is none, another one at each try.
    fn stand_ins(&self, shard: ShardId, of: &[NodeId], tries: usize) -> Vec<(NodeId, NodeId)> {
        let members = self.layout.map().members();
        let others = members.iter().map(|member| member.node);
        let others: Vec<NodeId> = others.filter(|node| !self.layout.holds(*node, shard)).collect();
        let nth = of.iter().zip(others.iter().cycle().skip(tries));
        nth.map(|(node, other)| (*node, *other)).collect()
    }

    /// Others are to keep this for those who do not answer.
    fn hint(
        &self,
        id: OperationId,
        cell: Cell,
        missing: &[NodeId],
        tries: usize,
        ctx: &mut Ctx<'_>,
    ) {
        for (target, other) in self.stand_ins(self.shard(cell.key), missing, tries) {
            ctx.send(other, Message::Hint { id, target, cell });
        }
    }

    /// A server goes by other replicas, or by other epochs.
    pub(super) fn on_refusal(&self, id: OperationId, epoch: Epoch, ctx: &mut Ctx<'_>) {
        if self.doing.is_none() || id != self.id() {
            return;
        }
        if epoch > self.layout.epoch() {
            fetch(&self.layout, ctx);
        }
        ctx.set_timer(Timer::Retry, ctx.config().backoff);
    }

    pub(super) fn on_turns(&mut self, first: Epoch, turns: &[Turn], ctx: &mut Ctx<'_>) {
        let before = self.doing.as_ref().map(|(wish, _)| self.layout.since(self.shard(wish.key)));
        if first > self.layout.epoch().next() {
            fetch(&self.layout, ctx);
        }
        if self.layout.catch_up(first, turns).is_empty() {
            return;
        }
        let (epoch, owners) = (self.layout.epoch(), self.layout.owners());
        ctx.observe(Observation::Adopted { epoch, owners }.into());
        let after = self.doing.as_ref().map(|(wish, _)| self.layout.since(self.shard(wish.key)));
        if before != after {
            match &mut self.doing {
                Some((_, Phase::Asking(answers))) => answers.clear(),
                Some((_, Phase::Telling(_, has))) => has.clear(),
                None => {}
            }
            self.speak(ctx);
        }
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Retry => self.ask_again(ctx),
            Timer::Patience => {
                let Some((Wish { command, key, .. }, _)) = self.doing else { return };
                ctx.observe(Observation::Abandoned { id: self.id(), command, key }.into());
                self.next(ctx);
            }
            Timer::Behind(number) => self.hint_for(number, ctx),
            Timer::Poll | Timer::Pull | Timer::HandOff => {}
        }
    }

    /// Replicas are silent although the operation is done: as many servers as there are replicas
    /// are asked in turn to keep it for each.
    fn hint_for(&mut self, number: u64, ctx: &mut Ctx<'_>) {
        let Some(mut behind) = self.behind.remove(&number) else { return };
        if behind.missing.is_empty() || behind.tries > ctx.config().quorums.replicas as usize {
            return;
        }
        let id = OperationId { writer: self.writer, number };
        self.hint(id, behind.cell, &behind.missing, behind.tries, ctx);
        behind.tries += 1;
        self.behind.insert(number, behind);
        ctx.set_timer(Timer::Behind(number), ctx.config().retry);
    }

    fn ask_again(&mut self, ctx: &mut Ctx<'_>) {
        let Some((wish, phase)) = &self.doing else { return };
        fetch(&self.layout, ctx);
        let (id, shard) = (self.id(), self.shard(wish.key));
        match phase {
            Phase::Telling(cell, has) if ctx.config().hints != Hints::Off => {
                let mut missing = self.layout.writes(shard);
                missing.retain(|node| !has.contains(node));
                self.hint(id, *cell, &missing, self.again, ctx);
            }
            Phase::Asking(_) if ctx.config().counts_hints() => {
                let (key, since) = (wish.key, self.layout.since(shard));
                for (_, other) in self.stand_ins(shard, self.layout.reads(shard), self.again) {
                    ctx.send(other, Message::Ask { id, key, since });
                }
            }
            _ => {}
        }
        self.again += 1;
        if !ctx.config().rules.keeps_its_stamp {
            self.doing = Some((*wish, Phase::Asking(Vec::new())));
        }
        self.speak(ctx);
    }
}

/// Asks the coordinator for the turns behind the epoch that it knows.
fn fetch(layout: &Layout, ctx: &mut Ctx<'_>) {
    let after = layout.epoch();
    ctx.send(ctx.config().coordinator, Message::Fetch { after, is_filled: false });
}
