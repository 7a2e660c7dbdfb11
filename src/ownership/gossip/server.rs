//! A server: it learns who is there, and serves what its view says.

use super::disk::Write;
use super::hand_off::Parcels;
use super::message::Message;
use super::node::{Ctx, Timer};
use super::ring::{Ring, placed};
use super::roster::{Entry, Pulse, Roster, Status};
use super::watch::Watch;
use crate::id::{Label, NodeId, NodeSet};
use crate::ownership::map::{Weighted, disagreement_ppm, ideal_move_ppm};
use crate::ownership::message::{Command, Request};
use crate::ownership::shard::{ShardId, ShardSet};
use crate::ownership::spec::Observation;
use crate::ownership::store::{Ask, Put, Reply, Version};
use std::collections::BTreeMap;

const PEER: Label = Label::new("peer");

/// A server.
#[derive(Debug)]
pub struct Server {
    pub(super) roster: Roster,
    watches: BTreeMap<NodeId, Watch>,
    suspected: NodeSet,
    pub(super) ring: Ring,
    pub(super) serves: ShardSet,
    pub(super) parcels: Parcels,
}

impl Server {
    pub(super) fn boot(ctx: &mut Ctx<'_>) -> Self {
        let config = ctx.config();
        ctx.persist(Write::Start);
        ctx.sync();
        let (now, me) = (ctx.monotonic(), ctx.id());
        let others = config.servers.iter().filter(|node| **node != me);
        let roster = Roster::first(config, &ctx.durable().statuses);
        let members = roster.members();
        let ring = match members.is_empty() {
            true => Ring::first(config),
            false => Ring::of(config, members),
        };
        let mut server = Server {
            roster,
            watches: others.map(|node| (*node, Watch::new(config, now))).collect(),
            suspected: NodeSet::new(),
            ring,
            serves: ShardSet::NONE,
            parcels: Parcels::of(ctx.durable().lives),
        };
        server.ring.declare(ctx);
        server.follow(ctx);
        server.gossip(ctx);
        server
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Gossip => self.gossip(ctx),
            Timer::Sent(shard) => self.send(shard, ctx),
            Timer::Refresh | Timer::Retry | Timer::Patience => {}
        }
    }
}

/// Who is there.
impl Server {
    /// One heartbeat on, and somebody hears of it: those who are suspected, too, or two halves that
    /// suspect each other would never meet again.
    fn gossip(&mut self, ctx: &mut Ctx<'_>) {
        let life = ctx.durable().lives;
        let entry = self.roster.of_mut(ctx.id()).expect("a server is one of the servers");
        let beats = if entry.pulse.life == life { entry.pulse.beats + 1 } else { 1 };
        entry.pulse = Pulse { life, beats };
        let (count, me) = (self.watches.len() as u64, ctx.id());
        if count > 0 {
            let drawn = ctx.draw(PEER, 0..=count - 1) as usize;
            let others = ctx.config().servers.iter().filter(|node| **node != me);
            let peer = *others.clone().nth(drawn).expect("it is one of so many");
            ctx.send(peer, Message::Gossip(self.roster.all().to_vec()));
        }
        self.look(ctx);
        ctx.set_timer(Timer::Gossip, ctx.config().gossip);
    }

    /// Another server tells all that it knows.
    pub(super) fn on_gossip(&mut self, from: NodeId, told: &[Entry], ctx: &mut Ctx<'_>) {
        let news = self.roster.news(told);
        if !news.is_empty() {
            ctx.send(from, Message::News(news));
        }
        self.on_news(told, ctx);
    }

    /// Of what it knew before and what it is told, the later.
    pub(super) fn on_news(&mut self, told: &[Entry], ctx: &mut Ctx<'_>) {
        let (now, rules) = (ctx.monotonic(), ctx.config().rules);
        for theirs in told {
            let Some(mine) = self.roster.of_mut(theirs.node) else { continue };
            let is_later = match rules.tells_lives_apart {
                true => theirs.pulse > mine.pulse,
                false => theirs.pulse.beats > mine.pulse.beats,
            };
            // Of itself a server knows best.
            if let Some(watch) = self.watches.get_mut(&theirs.node).filter(|_| is_later) {
                mine.pulse = theirs.pulse;
                watch.hear(now);
            }
            if theirs.status > mine.status {
                mine.status = theirs.status;
                ctx.persist(Write::Learn(theirs.node, theirs.status));
                ctx.sync();
            }
        }
        self.look(ctx);
    }

    /// The members whom it does not suspect. Where none is left the suspicions are of no use.
    fn present(&mut self, ctx: &Ctx<'_>) -> Vec<Weighted> {
        let now = ctx.monotonic();
        if ctx.config().rules.lifts_suspicions {
            self.suspected.clear();
        }
        for (node, watch) in &self.watches {
            if watch.suspects(now) {
                self.suspected.insert(*node);
            }
        }
        let members = self.roster.members();
        let mut present = members.clone();
        present.retain(|member| !self.suspected.contains(member.node));
        if present.is_empty() { members } else { present }
    }

    /// Goes by the view that follows from what it knows now.
    fn look(&mut self, ctx: &mut Ctx<'_>) {
        let present = self.present(ctx);
        // Two operators who remove the last two members leave none: then all stays as it was.
        if !present.is_empty() && self.ring.take(present, ctx.config()) {
            self.ring.declare(ctx);
            self.follow(ctx);
        }
    }

    /// Serves what its view says, from now on, and sends what is another's.
    fn follow(&mut self, ctx: &mut Ctx<'_>) {
        let me = ctx.id();
        for shard in ShardId::all(self.ring.map().shards()) {
            match (self.serves.contains(shard), self.ring.owner(shard) == me) {
                (false, true) => self.serve(shard, ctx),
                (true, false) => {
                    self.serves.remove(shard);
                    ctx.observe(Observation::Stops { shard, epoch: self.ring.number() }.into());
                }
                _ => {}
            }
        }
        self.send_what_is_not_its_own(ctx);
    }

    pub(super) fn serve(&mut self, shard: ShardId, ctx: &mut Ctx<'_>) {
        self.serves.insert(shard);
        if ctx.config().rules.declares_what_it_serves {
            let (epoch, version) = (self.ring.number(), version(shard, ctx));
            ctx.observe(Observation::Serves { shard, epoch, version }.into());
        }
    }
}

/// Operators.
impl Server {
    /// An operator wants a change. What cannot be done, as far as this server knows, is refused.
    pub(super) fn on_command(&mut self, command: Command, ctx: &mut Ctx<'_>) {
        let epoch = self.ring.number();
        let before = self.roster.members();
        let mut after = self.roster.clone();
        let weights = weights(command, &before);
        let is_made = weights.iter().flatten().all(|(node, weight)| {
            let Some(entry) = after.of_mut(*node) else { return false };
            let change = entry.status.change + 1;
            entry.status = Status { change, by: ctx.id(), weight: *weight };
            true
        });
        let members = after.members();
        let Some(weights) = weights.filter(|_| is_made && !members.is_empty()) else {
            return ctx.observe(Observation::ChangeRefused { epoch }.into());
        };
        for (node, _) in weights {
            let entry = after.of(node).expect("it was found just now");
            ctx.persist(Write::Learn(node, entry.status));
        }
        ctx.sync();
        self.roster = after;
        let ideal_ppm = ideal_move_ppm(&before, &members);
        let moved_ppm = match before.is_empty() {
            true => 1_000_000,
            false => {
                let [then, now] = [&before, &members].map(|it| placed(ctx.config(), it));
                disagreement_ppm(then.owners(), now.owners())
            }
        };
        let members = members.iter().map(|member| (member.node, member.weight)).collect();
        ctx.promise(Observation::Configured { epoch, members, moved_ppm, ideal_ppm }.into());
        self.look(ctx);
    }
}

/// Whom a command gives another weight; `None` if that is nobody, or makes no sense.
fn weights(command: Command, members: &[Weighted]) -> Option<Vec<(NodeId, u32)>> {
    let weight = |node: NodeId| members.iter().find(|it| it.node == node).map(|it| it.weight);
    let is_member = |node: &NodeId| weight(*node).is_some();
    let all = |nodes: Vec<NodeId>, weight| nodes.into_iter().map(|node| (node, weight)).collect();
    match command {
        Command::Add(nodes) => (!nodes.iter().any(is_member)).then(|| all(nodes, 1)),
        Command::Remove(nodes) => nodes.iter().all(is_member).then(|| all(nodes, 0)),
        Command::Replace { old, new } => {
            let weight = weight(old).filter(|_| !is_member(&new))?;
            Some(vec![(old, 0), (new, weight)])
        }
        Command::Reweight { node, weight } => is_member(&node).then(|| vec![(node, weight)]),
        Command::Get { .. } | Command::Put { .. } => None,
    }
}

/// Operations.
impl Server {
    pub(super) fn on_request(&self, from: NodeId, request: Request, ctx: &mut Ctx<'_>) {
        let Request { id, key, ask, .. } = request;
        let shard = self.ring.map().shard_of(key);
        if !self.serves.contains(shard) {
            let epoch = self.ring.number();
            ctx.observe(Observation::Refused { id, epoch }.into());
            return ctx.send(from, Message::NotOwner { id, epoch });
        }
        let cells = ctx.durable().find(shard);
        let last = cells.and_then(|cells| cells.last_of(id.writer));
        match (ask, last) {
            (Ask::Get, _) => {
                let value = cells.and_then(|cells| cells.value(key));
                let version = version(shard, ctx);
                ctx.promise(Observation::Applied { id, shard, key, version, wrote: None }.into());
                ctx.send(from, Message::Answer { id, reply: Reply::Value(value) });
            }
            (Ask::Put(_), Some(last)) if last.number > id.number => {} // Its client has gone on.
            (Ask::Put(_), Some(last)) if last.number == id.number => {
                // It may never have been declared.
                ctx.promise(Observation::Repeated { id, version: last.version }.into());
                ctx.send(from, Message::Answer { id, reply: Reply::Done });
            }
            (Ask::Put(value), _) => {
                let version = Version(version(shard, ctx).0 + 1);
                ctx.persist(Write::Put(shard, Put { key, value, by: id }));
                ctx.sync();
                ctx.promise(
                    Observation::Applied { id, shard, key, version, wrote: Some(value) }.into(),
                );
                ctx.send(from, Message::Answer { id, reply: Reply::Done });
            }
        }
    }

    /// A client asks whom to ask.
    pub(super) fn on_fetch(&self, from: NodeId, ctx: &mut Ctx<'_>) {
        ctx.send(from, Message::Ring(self.ring.members().to_vec()));
    }
}

/// The version of its copy of a shard.
pub(super) fn version(shard: ShardId, ctx: &Ctx<'_>) -> Version {
    ctx.durable().find(shard).map_or(Version::default(), super::cells::Cells::version)
}
