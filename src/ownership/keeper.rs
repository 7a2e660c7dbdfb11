//! A keeper: how a server keeps shards while epochs change. It is what tells the algorithms of
//! this family apart; the coordinator and the clients are the same for all.

use super::map::{Change, Map};
use super::message::{Message, Request};
use super::node::{Node, Timer};
use super::rules::Rules;
use super::settings::Config;
use super::shard::{Epoch, ShardSet};
use crate::algorithm::Mutant;
use crate::assumption::Assumptions;
use crate::id::NodeId;
use crate::protocol::{Context, Data, Durable, Words};
use std::fmt::Debug;

pub(super) type Ctx<'a, K> = Context<'a, Node<K>>;

/// A server.
pub trait Keeper: Debug + Sized + 'static {
    /// What servers say among themselves.
    type Peer: Data + Words;
    /// What a server, or a storage beneath all servers, keeps on its disk.
    type Disk: Durable;
    /// What the coordinator does besides numbering changes: `()` for nothing.
    type Office: Office<Self>;
    /// What is beneath the servers: `()` for nothing.
    type Depot: Depot<Self>;

    /// The algorithm's name.
    const NAME: &'static str;
    /// The algorithm in one line.
    const SUMMARY: &'static str;
    /// The parts that nodes may play.
    const ROLES: &'static [&'static str];
    /// Whether servers have leases, and may set how long.
    const HAS_LEASES: bool;
    /// Its known bugs.
    const MUTANTS: &'static [Mutant];

    /// The rules of a known bug.
    fn mutant(name: &str) -> Option<Rules>;

    /// What its safety rests on.
    fn assumes(config: &Config) -> Assumptions;

    /// The first start and every restart.
    fn boot(ctx: &mut Context<'_, Node<Self>>) -> Self;

    /// A client asks for something.
    fn on_request(&mut self, from: NodeId, request: Request, ctx: &mut Context<'_, Node<Self>>);

    /// The coordinator tells what has changed.
    fn on_changes(&mut self, changes: Vec<Change>, ctx: &mut Context<'_, Node<Self>>);

    /// Another server speaks.
    fn on_peer(&mut self, from: NodeId, message: Self::Peer, ctx: &mut Context<'_, Node<Self>>);

    /// A timer is due.
    fn on_timer(&mut self, timer: Timer, ctx: &mut Context<'_, Node<Self>>);

    /// The owners as it knows them.
    fn map(&self) -> &Map;

    /// What it serves.
    fn serves(&self) -> ShardSet;

    /// Whether it has shards to send, or waits for some.
    fn moves(&self) -> (bool, bool);
}

/// What the coordinator of an algorithm does besides numbering changes.
pub trait Office<K: Keeper>: Debug + Sized + 'static {
    /// The first start and every restart.
    fn boot(map: &Map, ctx: &mut Context<'_, Node<K>>) -> Self;

    /// A server speaks: the change that follows from it, if one does.
    fn on_peer(
        &mut self,
        from: NodeId,
        message: K::Peer,
        map: &Map,
        ctx: &mut Context<'_, Node<K>>,
    ) -> Option<Change>;

    /// A timer is due: the change that follows from it, if one does.
    fn on_timer(&mut self, map: &Map, ctx: &mut Context<'_, Node<K>>) -> Option<Change>;

    /// A change was made.
    fn on_change(&mut self, map: &Map, change: &Change, ctx: &mut Context<'_, Node<K>>);
}

/// Nothing besides.
impl<K: Keeper> Office<K> for () {
    fn boot(_: &Map, _: &mut Context<'_, Node<K>>) -> Self {}

    fn on_peer(
        &mut self,
        _: NodeId,
        _: K::Peer,
        _: &Map,
        _: &mut Context<'_, Node<K>>,
    ) -> Option<Change> {
        None
    }

    fn on_timer(&mut self, _: &Map, _: &mut Context<'_, Node<K>>) -> Option<Change> {
        None
    }

    fn on_change(&mut self, _: &Map, _: &Change, _: &mut Context<'_, Node<K>>) {}
}

/// What is beneath the servers of an algorithm.
pub trait Depot<K: Keeper>: Debug + Sized + 'static {
    /// The first start and every restart.
    fn boot(ctx: &mut Context<'_, Node<K>>) -> Self;

    /// A server speaks.
    fn on_peer(&mut self, from: NodeId, message: K::Peer, ctx: &mut Context<'_, Node<K>>);
}

/// Nothing beneath.
impl<K: Keeper> Depot<K> for () {
    fn boot(_: &mut Context<'_, Node<K>>) -> Self {}

    fn on_peer(&mut self, _: NodeId, _: K::Peer, _: &mut Context<'_, Node<K>>) {}
}

/// Asks the coordinator for what comes behind an epoch.
pub(super) fn fetch<K: Keeper>(after: Epoch, ctx: &mut Ctx<'_, K>) {
    ctx.send(ctx.config().coordinator, Message::Fetch { after });
}
