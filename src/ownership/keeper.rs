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
    /// What a server keeps on its disk.
    type Disk: Durable;

    /// The algorithm's name.
    const NAME: &'static str;
    /// The algorithm in one line.
    const SUMMARY: &'static str;
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

/// Asks the coordinator for what comes behind an epoch.
pub(super) fn fetch<K: Keeper>(after: Epoch, ctx: &mut Ctx<'_, K>) {
    ctx.send(ctx.config().coordinator, Message::Fetch { after });
}
