//! The server: it serves what it owns while it has a lease, and writes through to the storage.

use super::clerk::Clerk;
use super::message::Peer;
use super::storage::{Fence, Stock, Storage};
use crate::algorithm::Mutant;
use crate::assumption::Assumptions;
use crate::id::{Label, NodeId};
use crate::ownership::keeper::{Ctx, Keeper, fetch};
use crate::ownership::map::{Change, Map};
use crate::ownership::message::{Message, Request};
use crate::ownership::node::Timer;
use crate::ownership::rules::Rules;
use crate::ownership::settings::Config;
use crate::ownership::shard::{Epoch, ShardId, ShardSet};
use crate::ownership::spec::Observation;
use crate::ownership::store::{Applied, Ask, Contents, OperationId, Put, Reply, Writer};
use crate::time::LocalTime;
use std::collections::{BTreeMap, VecDeque};

const LIFE: Label = Label::new("life");

/// A shard that a server owns by its map.
#[derive(Debug)]
struct Holding {
    /// As whom it writes.
    fence: Fence,
    /// What the shard holds, once the storage has told.
    contents: Option<Contents>,
    /// Whether the storage has been asked for it.
    is_asked_for: bool,
    /// Writes of clients. The first is on its way to the storage; the others wait for it.
    writes: VecDeque<(NodeId, OperationId, Put)>,
}

/// A server of the leases. It keeps nothing over a crash.
#[derive(Debug)]
pub struct Leases {
    map: Map,
    holdings: BTreeMap<ShardId, Holding>,
    serves: ShardSet,
    /// The latest question, and when it was asked for a lease.
    question: OperationId,
    asked: (OperationId, LocalTime),
    /// Until when it has a lease, by its own clock.
    until: LocalTime,
    /// Nobody who has a lease acts by an earlier epoch.
    settled: Epoch,
}

impl Keeper for Leases {
    type Peer = Peer;
    type Disk = Stock;
    type Office = Clerk;
    type Depot = Storage;

    const NAME: &'static str = "hashing-leases";
    const SUMMARY: &'static str = "Sharded key-value store: numbered epochs, leases, a fenced \
                                    storage (Slicer, Chubby)";
    const ROLES: &'static [&'static str] = &["coordinator", "servers", "storage", "clients"];
    const HAS_LEASES: bool = true;
    const MUTANTS: &'static [Mutant] = super::mutants::MUTANTS;

    fn mutant(name: &str) -> Option<Rules> {
        super::mutants::rules(name)
    }

    fn assumes(config: &Config) -> Assumptions {
        Assumptions {
            drift_bound: Some(config.tolerable_drift()),
            honest_disk: true,
            ordered_writes: true,
            no_disk_errors: true,
            ..Assumptions::default()
        }
    }

    fn boot(ctx: &mut Ctx<'_, Self>) -> Self {
        let writer = Writer { node: ctx.id(), life: ctx.draw(LIFE, 0..=u64::from(u32::MAX)) };
        let question = OperationId { writer, number: 0 };
        let mut server = Leases {
            map: Map::first(&ctx.config().places),
            holdings: BTreeMap::new(),
            serves: ShardSet::NONE,
            question,
            asked: (question, ctx.monotonic()),
            until: LocalTime::ZERO,
            settled: Epoch::FIRST,
        };
        let own = |shard: &ShardId| server.map.owner(*shard) == ctx.id();
        let own: Vec<ShardId> = ShardId::all(server.map.shards()).filter(own).collect();
        own.into_iter().for_each(|shard| server.hold(shard));
        server.declare_map(ctx);
        fetch(server.map.epoch(), ctx);
        server.renew(ctx);
        server
    }

    fn on_request(&mut self, from: NodeId, request: Request, ctx: &mut Ctx<'_, Self>) {
        if request.epoch > self.map.epoch() {
            fetch(self.map.epoch(), ctx);
        }
        self.look_at_clock(ctx);
        let Request { id, key, ask, .. } = request;
        let shard = self.map.shard_of(key);
        let holding = self.holdings.get_mut(&shard).filter(|_| self.serves.contains(shard));
        let Some(Holding { contents: Some(contents), writes, .. }) = holding else {
            let epoch = self.map.epoch();
            ctx.observe(Observation::Refused { id, epoch });
            return ctx.send(from, Message::NotOwner { id, epoch });
        };
        match (ask, contents.last_of(id.writer)) {
            (Ask::Get, _) => {
                let (version, value) = (contents.version(), contents.value(key));
                ctx.promise(Observation::Applied { id, shard, key, version, wrote: None });
                ctx.send(from, Message::Answer { id, reply: Reply::Value(value) });
            }
            (Ask::Put(_), Some(last)) if last.number > id.number => {} // Its client has gone on.
            (Ask::Put(_), Some(last)) if last.number == id.number => repeat(from, id, last, ctx),
            // It is on its way to the storage, or its client has gone on.
            (Ask::Put(_), _) if writes.iter().any(|(_, known, _)| is_behind(id, *known)) => {}
            (Ask::Put(value), _) => {
                writes.push_back((from, id, Put { key, value, by: id }));
                if writes.len() == 1 {
                    self.append(shard, ctx);
                }
            }
        }
    }

    fn on_changes(&mut self, changes: Vec<Change>, ctx: &mut Ctx<'_, Self>) {
        let before = self.map.epoch();
        let last = changes.last().map_or(Epoch::FIRST, |last| last.epoch);
        for change in changes {
            if change.epoch == self.map.epoch().next() {
                self.map.apply(&change).expect("a change that was numbered can be made");
                if ctx.config().rules.passes_no_epoch {
                    self.sort_out(ctx);
                }
            }
        }
        if last > self.map.epoch() {
            fetch(self.map.epoch(), ctx);
        }
        if self.map.epoch() > before {
            self.sort_out(ctx);
            self.declare_map(ctx);
            self.renew(ctx);
            self.begin(ctx);
        }
    }

    fn on_peer(&mut self, _: NodeId, message: Peer, ctx: &mut Ctx<'_, Self>) {
        match message {
            Peer::Granted { id, settled } if id == self.asked.0 => {
                let counted_from = match ctx.config().rules.counts_from_the_question {
                    true => self.asked.1,
                    false => ctx.monotonic(),
                };
                self.until = counted_from + ctx.config().validity();
                ctx.set_timer(Timer::LeaseOver, self.until.since(ctx.monotonic()));
                self.settle(settled, ctx);
            }
            Peer::Settled { epoch } => self.settle(epoch, ctx),
            Peer::Loaded { shard, fence, contents } => self.on_loaded(shard, fence, contents, ctx),
            Peer::Appended { shard, by } => self.on_appended(shard, by, ctx),
            Peer::Fenced { shard, fence } => self.on_fenced(shard, fence, ctx),
            _ => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_, Self>) {
        match timer {
            Timer::Poll => {
                fetch(self.map.epoch(), ctx);
                self.renew(ctx);
            }
            Timer::LeaseOver => self.look_at_clock(ctx),
            Timer::Sent(shard) => self.ask_again(shard, ctx),
            _ => {}
        }
    }

    fn map(&self) -> &Map {
        &self.map
    }

    fn serves(&self) -> ShardSet {
        self.serves
    }

    fn moves(&self) -> (bool, bool) {
        (false, self.holdings.values().any(|holding| holding.contents.is_none()))
    }
}

/// Whether an operation is of the same client as another, and not later.
fn is_behind(id: OperationId, known: OperationId) -> bool {
    id.writer == known.writer && id.number <= known.number
}

fn repeat(to: NodeId, id: OperationId, last: Applied, ctx: &mut Ctx<'_, Leases>) {
    ctx.promise(Observation::Repeated { id, version: last.version });
    ctx.send(to, Message::Answer { id, reply: Reply::Done });
}

/// The lease.
impl Leases {
    fn ask(&mut self) -> OperationId {
        self.question.number += 1;
        self.question
    }

    /// Asks for a lease by the epoch that it acts by from now on.
    fn renew(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.asked = (self.ask(), ctx.monotonic());
        let (id, epoch) = (self.asked.0, self.map.epoch());
        ctx.send(ctx.config().coordinator, Message::Peer(Peer::Renew { id, epoch }));
        ctx.set_timer(Timer::Poll, ctx.config().renew_every());
    }

    fn has_lease(&self, ctx: &mut Ctx<'_, Self>) -> bool {
        self.until > ctx.monotonic() || !ctx.config().rules.looks_at_its_lease && self.was_granted()
    }

    fn was_granted(&self) -> bool {
        self.until > LocalTime::ZERO
    }

    /// Without a lease it serves nothing; what it has read stays, in case nobody else has owned it
    /// before the next lease.
    fn look_at_clock(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.has_lease(ctx) {
            ShardId::all(self.map.shards()).for_each(|shard| self.stop(shard, ctx));
        }
    }

    fn settle(&mut self, epoch: Epoch, ctx: &mut Ctx<'_, Self>) {
        self.settled = self.settled.max(epoch);
        self.begin(ctx);
    }
}

/// Shards that come and go.
impl Leases {
    fn declare_map(&self, ctx: &mut Ctx<'_, Self>) {
        let (epoch, owners) = (self.map.epoch(), self.map.owners().to_vec());
        ctx.observe(Observation::Adopted { epoch, owners });
    }

    fn hold(&mut self, shard: ShardId) {
        let epoch = self.map.epoch();
        self.hold_since(epoch, shard);
    }

    fn hold_since(&mut self, epoch: Epoch, shard: ShardId) {
        let fence = Fence { epoch, by: self.ask() };
        let writes = VecDeque::new();
        self.holdings.insert(shard, Holding { fence, contents: None, is_asked_for: false, writes });
    }

    /// Lets go of what it owns no more, and takes note of what it owns since this epoch.
    fn sort_out(&mut self, ctx: &mut Ctx<'_, Self>) {
        for shard in ShardId::all(self.map.shards()) {
            let owns = self.map.owner(shard) == ctx.id();
            match self.holdings.contains_key(&shard) {
                true if !owns => {
                    self.stop(shard, ctx);
                    self.holdings.remove(&shard);
                    ctx.cancel_timer(Timer::Sent(shard));
                }
                false if owns => self.hold(shard),
                _ => {}
            }
        }
    }

    /// Serves what it has, and asks for what it may have by now: what nobody serves any more by an
    /// earlier epoch.
    fn begin(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.has_lease(ctx) {
            return;
        }
        let waits = ctx.config().rules.waits_for_leases;
        let is_free = |holding: &Holding| holding.fence.epoch <= self.settled || !waits;
        let rests = |(shard, holding): (&ShardId, &Holding)| {
            let rests = is_free(holding) && !self.serves.contains(*shard);
            rests.then_some((*shard, holding.contents.is_some(), holding.is_asked_for))
        };
        let shards: Vec<_> = self.holdings.iter().filter_map(rests).collect();
        for (shard, has_come, is_asked_for) in shards {
            match has_come {
                true => self.serve(shard, ctx),
                false if !is_asked_for => self.ask_again(shard, ctx),
                false => {}
            }
        }
    }

    fn serve(&mut self, shard: ShardId, ctx: &mut Ctx<'_, Self>) {
        let Some(Holding { contents: Some(contents), .. }) = self.holdings.get(&shard) else {
            return;
        };
        let version = contents.version();
        self.serves.insert(shard);
        if ctx.config().rules.declares_what_it_serves {
            ctx.observe(Observation::Serves { shard, epoch: self.map.epoch(), version });
        }
    }

    fn stop(&mut self, shard: ShardId, ctx: &mut Ctx<'_, Self>) {
        if self.serves.contains(shard) {
            self.serves.remove(shard);
            ctx.observe(Observation::Stops { shard, epoch: self.map.epoch() });
        }
    }
}

/// The storage.
impl Leases {
    /// Asks the storage for what has not come, or for what it has not written.
    fn ask_again(&mut self, shard: ShardId, ctx: &mut Ctx<'_, Self>) {
        match self.holdings.get_mut(&shard) {
            Some(Holding { contents: None, fence, is_asked_for, .. }) => {
                *is_asked_for = true;
                let fence = *fence;
                self.to_storage(Peer::Load { shard, fence }, shard, ctx);
            }
            Some(Holding { contents: Some(_), .. }) => self.append(shard, ctx),
            None => {}
        }
    }

    fn append(&self, shard: ShardId, ctx: &mut Ctx<'_, Self>) {
        let Some(Holding { fence, writes, .. }) = self.holdings.get(&shard) else { return };
        if let Some((_, _, put)) = writes.front() {
            let (fence, put) = (*fence, *put);
            self.to_storage(Peer::Append { shard, fence, put }, shard, ctx);
        }
    }

    fn to_storage(&self, message: Peer, shard: ShardId, ctx: &mut Ctx<'_, Self>) {
        if let Some(storage) = ctx.config().storage {
            ctx.send(storage, Message::Peer(message));
            ctx.set_timer(Timer::Sent(shard), ctx.config().resend);
        }
    }

    fn on_loaded(
        &mut self,
        shard: ShardId,
        fence: Fence,
        contents: Contents,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let waits = |holding: &&mut Holding| holding.fence == fence && holding.contents.is_none();
        let Some(holding) = self.holdings.get_mut(&shard).filter(waits) else { return };
        holding.contents = Some(contents);
        ctx.cancel_timer(Timer::Sent(shard));
        if self.has_lease(ctx) {
            self.serve(shard, ctx);
        }
    }

    /// A write is in the storage, so that every later owner has it: its client may know, even if
    /// the lease is over by now.
    fn on_appended(&mut self, shard: ShardId, by: OperationId, ctx: &mut Ctx<'_, Self>) {
        self.look_at_clock(ctx);
        let Some(Holding { contents: Some(contents), writes, .. }) = self.holdings.get_mut(&shard)
        else {
            return;
        };
        let Some((from, id, put)) = writes.front().copied().filter(|(_, id, _)| *id == by) else {
            return;
        };
        writes.pop_front();
        contents.put(&put);
        let version = contents.version();
        match self.serves.contains(shard) {
            true => {
                let (key, wrote) = (put.key, Some(put.value));
                ctx.promise(Observation::Applied { id, shard, key, version, wrote });
            }
            false => ctx.promise(Observation::Repeated { id, version }),
        }
        ctx.send(from, Message::Answer { id, reply: Reply::Done });
        ctx.cancel_timer(Timer::Sent(shard));
        self.append(shard, ctx);
    }

    /// Somebody else has taken the shard. If it owns it all the same it takes it again.
    fn on_fenced(&mut self, shard: ShardId, fence: Fence, ctx: &mut Ctx<'_, Self>) {
        if self.holdings.get(&shard).is_none_or(|holding| holding.fence != fence) {
            return;
        }
        self.stop(shard, ctx);
        self.hold_since(fence.epoch, shard);
        ctx.set_timer(Timer::Sent(shard), ctx.config().resend);
    }
}
