//! The server: it serves what it owns, sends what it owns no more, and waits for what it is to own.

use super::disk::{Shelf, Stage, Write};
use crate::algorithm::Mutant;
use crate::assumption::Assumptions;
use crate::id::NodeId;
use crate::ownership::keeper::{Ctx, Keeper, fetch};
use crate::ownership::map::{Change, Map};
use crate::ownership::message::{Message, Request};
use crate::ownership::node::{self, Timer};
use crate::ownership::rules::{Rules, SOUND};
use crate::ownership::settings::Config;
use crate::ownership::shard::{Epoch, ShardId, ShardSet};
use crate::ownership::spec::Observation;
use crate::ownership::store::{Ask, Contents, Put, Reply, Version};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What servers say to one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Peer {
    /// A shard goes over.
    Shard {
        /// Which.
        shard: ShardId,
        /// Into which epoch.
        epoch: Epoch,
        /// All that it holds.
        contents: Contents,
    },
    /// It has come, and is on the receiver's disk.
    Received {
        /// Which.
        shard: ShardId,
        /// In which epoch.
        epoch: Epoch,
    },
}

crate::words!(Peer { Shard => "shard", Received => "received" });

/// A server of the epochs.
#[derive(Debug)]
pub struct Epochs {
    map: Map,
    /// What is to change behind the map's epoch, as far as it has been told.
    pending: Vec<Change>,
    serves: ShardSet,
    sends: ShardSet,
    receives: ShardSet,
    /// Operations that wait for those before them.
    queue: VecDeque<(NodeId, Request)>,
}

impl Keeper for Epochs {
    type Peer = Peer;
    type Disk = Shelf;
    type Office = ();
    type Depot = ();

    const NAME: &'static str = "hashing-epochs";
    const SUMMARY: &'static str = "Sharded key-value store: numbered epochs, shards handed over \
                                    whole (6.824 shardkv, Slicer)";
    const ROLES: &'static [&'static str] = &["coordinator", "servers", "clients"];
    const HAS_LEASES: bool = false;
    const MUTANTS: &'static [Mutant] = MUTANTS;

    fn mutant(name: &str) -> Option<Rules> {
        match name {
            "serves-while-receiving" => Some(Rules { waits_for_contents: false, ..SOUND }),
            "serves-while-sending" => Some(Rules { stops_before_sending: false, ..SOUND }),
            "acknowledged-before-durable" => {
                Some(Rules { acknowledges_what_is_durable: false, ..SOUND })
            }
            "answered-before-durable" => Some(Rules { answers_what_is_durable: false, ..SOUND }),
            "dedup-not-sent" => Some(Rules { sends_applied: false, ..SOUND }),
            "epochs-passed-over" => Some(Rules { passes_no_epoch: false, ..SOUND }),
            "checked-before-queueing" => Some(Rules { checks_when_it_applies: false, ..SOUND }),
            "changes-as-they-come" => Some(Rules { orders_changes: false, ..SOUND }),
            "old-contents-taken" => Some(Rules { takes_only_what_it_waits_for: false, ..SOUND }),
            "serving-not-declared" => Some(Rules { declares_what_it_serves: false, ..SOUND }),
            _ => None,
        }
    }

    fn assumes(_: &Config) -> Assumptions {
        Assumptions {
            honest_disk: true,
            ordered_writes: true,
            no_disk_errors: true,
            ..Assumptions::default()
        }
    }

    fn boot(ctx: &mut Ctx<'_, Self>) -> Self {
        if !ctx.durable().kept.is_open {
            let map = Map::first(&ctx.config().places);
            let own = ShardId::all(map.shards()).filter(|shard| map.owner(*shard) == ctx.id());
            ctx.persist(node::Write::Kept(Write::Open(own.collect())));
            ctx.sync();
        }
        let shelf = &ctx.durable().kept;
        let mut server = Epochs {
            map: Map::after(&ctx.config().places, &shelf.changes),
            pending: Vec::new(),
            serves: ShardSet::default(),
            sends: ShardSet::default(),
            receives: ShardSet::default(),
            queue: VecDeque::new(),
        };
        let stages: Vec<_> = shelf.shards.iter().map(|kept| (kept.shard, kept.stage)).collect();
        server.declare_map(ctx);
        for (shard, stage) in stages {
            match stage {
                Stage::Owned => server.serve(shard, ctx),
                Stage::Sending { to } => {
                    server.sends.insert(shard);
                    server.send(shard, to, ctx);
                }
                Stage::Receiving => server.receives.insert(shard),
            }
        }
        server.poll(ctx);
        server
    }

    fn on_request(&mut self, from: NodeId, request: Request, ctx: &mut Ctx<'_, Self>) {
        if request.epoch > self.map.epoch() {
            fetch(self.map.epoch(), ctx);
        }
        let owns = self.serves.contains(self.map.shard_of(request.key));
        if !owns && !ctx.config().rules.checks_when_it_applies {
            return self.refuse(from, &request, ctx);
        }
        if ctx.config().work == crate::time::Duration::ZERO {
            return self.work_on(from, request, ctx);
        }
        if self.queue.is_empty() {
            ctx.set_timer(Timer::Work, ctx.config().work);
        }
        self.queue.push_back((from, request));
    }

    fn on_changes(&mut self, changes: Vec<Change>, ctx: &mut Ctx<'_, Self>) {
        let made = &ctx.durable().kept.changes;
        for change in changes {
            let is_known = |other: &Change| other.epoch == change.epoch;
            if !made.iter().any(is_known) && !self.pending.iter().any(is_known) {
                self.pending.push(change);
            }
        }
        if ctx.config().rules.orders_changes {
            self.pending.sort_by_key(|change| change.epoch);
        }
        self.advance(ctx);
    }

    fn on_peer(&mut self, from: NodeId, message: Peer, ctx: &mut Ctx<'_, Self>) {
        match message {
            Peer::Shard { shard, epoch, contents } => {
                self.on_shard(from, shard, epoch, contents, ctx);
            }
            Peer::Received { shard, epoch } => self.on_received(shard, epoch, ctx),
        }
    }

    fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_, Self>) {
        match timer {
            Timer::Poll => self.poll(ctx),
            Timer::Work => {
                let Some((from, request)) = self.queue.pop_front() else { return };
                if !self.queue.is_empty() {
                    ctx.set_timer(Timer::Work, ctx.config().work);
                }
                self.work_on(from, request, ctx);
            }
            Timer::Sent(shard) => {
                let kept = ctx.durable().kept.find(shard).map(|kept| kept.stage);
                if let Some(Stage::Sending { to }) = kept {
                    self.send(shard, to, ctx);
                }
            }
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
        (!self.sends.is_empty(), !self.receives.is_empty())
    }
}

/// Operations.
impl Epochs {
    fn work_on(&mut self, from: NodeId, request: Request, ctx: &mut Ctx<'_, Self>) {
        let Request { id, key, ask, .. } = request;
        let shard = self.map.shard_of(key);
        let rules = ctx.config().rules;
        if rules.checks_when_it_applies && !self.serves.contains(shard) {
            return self.refuse(from, &request, ctx);
        }
        let contents = ctx.durable().kept.find(shard).map(|kept| &kept.contents);
        let last = contents.and_then(|contents| contents.last_of(id.writer));
        match (ask, last) {
            (Ask::Get, _) => {
                let value = contents.and_then(|contents| contents.value(key));
                let version = contents.map_or(Version::default(), Contents::version);
                ctx.promise(Observation::Applied { id, shard, key, version, wrote: None });
                ctx.send(from, Message::Answer { id, reply: Reply::Value(value) });
            }
            (Ask::Put(_), Some(last)) if last.number > id.number => {} // Its client has gone on.
            (Ask::Put(_), Some(last)) if last.number == id.number => {
                // It may never have been declared.
                ctx.promise(Observation::Repeated { id, version: last.version });
                ctx.send(from, Message::Answer { id, reply: Reply::Done });
            }
            (Ask::Put(value), _) => {
                let version = contents.map_or(Version::default(), Contents::version);
                let version = Version(version.0 + 1);
                ctx.persist(node::Write::Kept(Write::Put(shard, Put { key, value, by: id })));
                ctx.sync();
                ctx.promise(Observation::Applied { id, shard, key, version, wrote: Some(value) });
                let answer = Message::Answer { id, reply: Reply::Done };
                match rules.answers_what_is_durable {
                    true => ctx.send(from, answer),
                    false => ctx.send_now(from, answer),
                }
            }
        }
    }

    fn refuse(&self, from: NodeId, request: &Request, ctx: &mut Ctx<'_, Self>) {
        let (id, epoch) = (request.id, self.map.epoch());
        ctx.observe(Observation::Refused { id, epoch });
        ctx.send(from, Message::NotOwner { id, epoch });
    }
}

/// Epochs.
impl Epochs {
    fn poll(&self, ctx: &mut Ctx<'_, Self>) {
        fetch(self.map.epoch(), ctx);
        ctx.set_timer(Timer::Poll, ctx.config().poll);
    }

    fn declare_map(&self, ctx: &mut Ctx<'_, Self>) {
        let (epoch, owners) = (self.map.epoch(), self.map.owners().to_vec());
        ctx.observe(Observation::Adopted { epoch, owners });
    }

    /// Makes the changes that are next, as long as nothing is on its way.
    fn advance(&mut self, ctx: &mut Ctx<'_, Self>) {
        let rules = ctx.config().rules;
        while self.sends.is_empty() && self.receives.is_empty() {
            let mut next = self.map.epoch().next();
            let follows = |change: &Change| {
                let is_next = change.epoch == next || !rules.orders_changes;
                next = next.next();
                is_next
            };
            let most = if rules.passes_no_epoch { 1 } else { usize::MAX };
            let count = self.pending.iter().map(follows).take(most).take_while(|it| *it).count();
            if count == 0 {
                break;
            }
            let changes = self.pending.drain(..count).collect();
            self.adopt(changes, ctx);
        }
        let is_late = |first: &Change| first.epoch > self.map.epoch().next();
        if self.pending.first().is_some_and(is_late) {
            fetch(self.map.epoch(), ctx);
        }
    }

    /// One epoch on: what it owned and owns no more it stops to serve, and then sends.
    fn adopt(&mut self, changes: Vec<Change>, ctx: &mut Ctx<'_, Self>) {
        let before = self.map.owners().to_vec();
        for change in &changes {
            self.map.apply(change).expect("a change that was numbered can be made");
        }
        let me = ctx.id();
        let of = |shard: &ShardId| (before[shard.index()], self.map.owner(*shard));
        let all = || ShardId::all(self.map.shards());
        let leaves = all().map(|shard| (shard, of(&shard)));
        let sends: Vec<(ShardId, NodeId)> = leaves
            .filter(|(_, (then, now))| *then == me && *now != me)
            .map(|(shard, (_, to))| (shard, to))
            .collect();
        let comes = |shard: &ShardId| matches!(of(shard), (then, now) if then != me && now == me);
        let receives: Vec<ShardId> = all().filter(comes).collect();
        let write = Write::Adopt { changes, sends: sends.clone(), receives: receives.clone() };
        ctx.persist(node::Write::Kept(write));
        ctx.sync();
        self.declare_map(ctx);
        for (shard, to) in sends {
            if ctx.config().rules.stops_before_sending {
                self.stop(shard, ctx);
            }
            self.sends.insert(shard);
            self.send(shard, to, ctx);
        }
        for shard in receives {
            self.receives.insert(shard);
            if !ctx.config().rules.waits_for_contents {
                self.serve(shard, ctx);
            }
        }
    }

    fn serve(&mut self, shard: ShardId, ctx: &mut Ctx<'_, Self>) {
        self.serves.insert(shard);
        if ctx.config().rules.declares_what_it_serves {
            let kept = ctx.durable().kept.find(shard);
            let version = kept.map_or(Version::default(), |kept| kept.contents.version());
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

/// Shards on their way.
impl Epochs {
    fn send(&self, shard: ShardId, to: NodeId, ctx: &mut Ctx<'_, Self>) {
        let Some(kept) = ctx.durable().kept.find(shard) else { return };
        let contents = match ctx.config().rules.sends_applied {
            true => kept.contents.clone(),
            false => kept.contents.clone().without_applied(),
        };
        let (epoch, bytes) = (self.map.epoch(), contents.bytes());
        ctx.observe(Observation::Sent { shard, epoch, to, bytes });
        ctx.send(to, Message::Peer(Peer::Shard { shard, epoch, contents }));
        ctx.set_timer(Timer::Sent(shard), ctx.config().resend);
    }

    fn on_shard(
        &mut self,
        from: NodeId,
        shard: ShardId,
        epoch: Epoch,
        contents: Contents,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if epoch > self.map.epoch() {
            // It comes again when this server has caught up.
            return fetch(self.map.epoch(), ctx);
        }
        let rules = ctx.config().rules;
        let is_due = epoch == self.map.epoch() || !rules.takes_only_what_it_waits_for;
        if self.receives.contains(shard) && is_due {
            ctx.persist(node::Write::Kept(Write::Install(shard, contents)));
            ctx.sync();
            self.receives.remove(shard);
            self.serve(shard, ctx);
        }
        // What it does not wait for has come before; its word for that was lost.
        let has_come = Message::Peer(Peer::Received { shard, epoch });
        match rules.acknowledges_what_is_durable {
            true => ctx.send(from, has_come),
            false => ctx.send_now(from, has_come),
        }
        self.advance(ctx);
    }

    fn on_received(&mut self, shard: ShardId, epoch: Epoch, ctx: &mut Ctx<'_, Self>) {
        if !self.sends.contains(shard) || epoch != self.map.epoch() {
            return;
        }
        self.sends.remove(shard);
        self.stop(shard, ctx);
        ctx.cancel_timer(Timer::Sent(shard));
        ctx.persist(node::Write::Kept(Write::Delete(shard)));
        ctx.sync();
        self.advance(ctx);
    }
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "serves-while-receiving",
        summary: "a server serves a shard that is to come as if it were empty",
        breaks: &[
            "single-server",
            "accepted-write-seen",
            "no-lost-write",
            "applied-once",
            "linearizable",
        ],
        source: "H16; derived by leaving out the rule waits_for_contents",
    },
    Mutant {
        name: "serves-while-sending",
        summary: "a server serves a shard until it hears that it has come: what is written \
                  meanwhile stays behind",
        breaks: &[
            "single-server",
            "accepted-write-seen",
            "no-lost-write",
            "applied-once",
            "linearizable",
        ],
        source: "derived from rule 3 of the hand-off: stop first, then send",
    },
    Mutant {
        name: "acknowledged-before-durable",
        summary: "a receiver says that a shard has come before it is on its disk: if it crashes \
                  then, nobody has the shard",
        breaks: &[],
        source: "H17; derived by leaving out the rule acknowledges_what_is_durable",
    },
    Mutant {
        name: "answered-before-durable",
        summary: "a server answers a write before it is on its disk",
        breaks: &["lying-observer", "no-lost-write", "accepted-write-seen", "linearizable"],
        source: "derived from O-NOLOSS",
    },
    Mutant {
        name: "dedup-not-sent",
        summary: "a shard goes over without its dedup table: who asks again is served again",
        breaks: &["applied-once", "linearizable"],
        source: "H18; the shardkv exercise of MIT 6.824",
    },
    Mutant {
        name: "epochs-passed-over",
        summary: "a server that is behind goes to the latest epoch at once: others wait for what \
                  it would have sent in between",
        breaks: &[],
        source: "H19; derived by leaving out the rule passes_no_epoch",
    },
    Mutant {
        name: "checked-before-queueing",
        summary: "whether it owns the shard a server looks when it queues an operation, and \
                  applies it whatever has changed since",
        breaks: &[
            "single-server",
            "accepted-write-seen",
            "no-lost-write",
            "applied-once",
            "linearizable",
        ],
        source: "H20; derived by leaving out the rule checks_when_it_applies",
    },
    Mutant {
        name: "changes-as-they-come",
        summary: "servers make changes in the order in which they hear of them: with a function \
                  that has a history their maps part, and shards go to who does not wait for them",
        breaks: &["one-map-an-epoch"],
        source: "H12; derived by leaving out the rule orders_changes",
    },
    Mutant {
        name: "old-contents-taken",
        summary: "a shard that comes back is taken as it was sent long ago, from a late copy",
        breaks: &["accepted-write-seen", "no-lost-write", "applied-once", "linearizable"],
        source: "derived from rule 6 of the hand-off",
    },
    Mutant {
        name: "serving-not-declared",
        summary: "servers do not say what they serve",
        breaks: &["lying-observer"],
        source: "a control of the judges",
    },
];
