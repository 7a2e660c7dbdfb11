//! The coordinator: the one source of numbered changes.
//!
//! It writes each change down before anybody hears of it, keeps all of them, and tells them in
//! their order to whoever asks. While it is down nothing can change, and all is served as before.

use super::keeper::{Ctx, Keeper, Office as _};
use super::map::{Change, Map, Weighted, disagreement_ppm, ideal_move_ppm};
use super::message::{Command, Message};
use super::node::Write;
use super::shard::Epoch;
use super::spec::Observation;
use crate::id::NodeId;

/// So many changes go into one message.
const AT_ONCE: usize = 8;

/// The coordinator.
#[derive(Debug)]
pub struct Coordinator<K: Keeper> {
    map: Map,
    office: K::Office,
}

impl<K: Keeper> Coordinator<K> {
    pub(super) fn boot(ctx: &mut Ctx<'_, K>) -> Self {
        let map = Map::after(&ctx.config().places, &ctx.durable().changes);
        let (epoch, owners) = (map.epoch(), map.owners().to_vec());
        ctx.observe(Observation::Adopted { epoch, owners });
        let office = K::Office::boot(&map, ctx);
        Coordinator { map, office }
    }

    pub(super) const fn map(&self) -> &Map {
        &self.map
    }

    pub(super) fn on_fetch(&self, from: NodeId, after: Epoch, ctx: &mut Ctx<'_, K>) {
        let known = (after.0.saturating_sub(Epoch::FIRST.0)) as usize;
        let changes = ctx.durable().changes.get(known..).unwrap_or_default();
        let next: Vec<Change> = changes.iter().take(AT_ONCE).cloned().collect();
        if !next.is_empty() {
            ctx.send(from, Message::Changes(next));
        }
    }

    /// An operator wants a change. What cannot be done is refused, and changes nothing.
    pub(super) fn on_command(&mut self, command: Command, ctx: &mut Ctx<'_, K>) {
        if let Some(change) = asked(&self.map, command) {
            self.make(change, ctx);
        }
    }

    pub(super) fn on_peer(&mut self, from: NodeId, message: K::Peer, ctx: &mut Ctx<'_, K>) {
        if let Some(change) = self.office.on_peer(from, message, &self.map, ctx) {
            self.make(change, ctx);
        }
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx<'_, K>) {
        if let Some(change) = self.office.on_timer(&self.map, ctx) {
            self.make(change, ctx);
        }
    }

    fn make(&mut self, change: Change, ctx: &mut Ctx<'_, K>) {
        let before = self.map.members();
        let is_known = |it: &Weighted| ctx.config().servers.contains(&it.node) && it.weight > 0;
        let are_known = change.joins.iter().all(is_known);
        let mut next = Map::after(&ctx.config().places, &ctx.durable().changes);
        if !are_known || next.apply(&change).is_err() || next.members().is_empty() {
            return ctx.observe(Observation::ChangeRefused { epoch: self.map.epoch() });
        }
        let members = next.members();
        let (ideal_ppm, moved_ppm) =
            (ideal_move_ppm(&before, &members), disagreement_ppm(self.map.owners(), next.owners()));
        self.map = next;
        ctx.persist(Write::Change(change.clone()));
        ctx.sync();
        let members = members.iter().map(|member| (member.node, member.weight)).collect();
        let epoch = change.epoch;
        ctx.promise(Observation::Configured { epoch, members, moved_ppm, ideal_ppm });
        let owners = self.map.owners().to_vec();
        ctx.observe(Observation::Adopted { epoch, owners });
        let config = ctx.config();
        let everybody = config.servers.iter().chain(&config.clients).copied();
        ctx.broadcast(everybody, &Message::Changes(vec![change.clone()]));
        self.office.on_change(&self.map, &change, ctx);
    }
}

/// The change of a map that a command asks for.
pub(super) fn asked(map: &Map, command: Command) -> Option<Change> {
    let join = |node: NodeId| Weighted { node, weight: 1 };
    let weight =
        |node: NodeId| map.members().iter().find(|it| it.node == node).map_or(1, |it| it.weight);
    let (leaves, joins) = match command {
        Command::Add(nodes) => (Vec::new(), nodes.into_iter().map(join).collect()),
        Command::Remove(nodes) => (nodes, Vec::new()),
        Command::Replace { old, new } => {
            (vec![old], vec![Weighted { node: new, weight: weight(old) }])
        }
        Command::Reweight { node, weight } => (vec![node], vec![Weighted { node, weight }]),
        Command::Get { .. } | Command::Put { .. } => return None,
    };
    Some(Change { leaves, joins, ..map.change() })
}
