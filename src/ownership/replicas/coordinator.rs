//! The coordinator: the one source of numbered epochs. It makes one change of the members at a
//! time, in three turns, and each turn when what it rests on is so.

use super::disk::Write;
use super::layout::{Layout, Stage, Turn};
use super::message::Message;
use super::node::Ctx;
use super::said::Said;
use crate::id::NodeId;
use crate::ownership::coordinator::asked;
use crate::ownership::map::ideal_move_ppm;
use crate::ownership::message::Command;
use crate::ownership::shard::{Epoch, ShardId};
use crate::ownership::spec::Observation;
use std::collections::{BTreeMap, VecDeque};

/// So many turns go into one message.
const AT_ONCE: usize = 8;

/// The coordinator.
#[derive(Debug)]
pub struct Coordinator {
    pub(super) layout: Layout,
    /// What operators have asked for and is not begun. A crash forgets it.
    waiting: VecDeque<Command>,
    /// How far servers have said that they are: the epoch on their disk, and whether they have all
    /// that they are to come to by it.
    reached: BTreeMap<NodeId, (Epoch, bool)>,
}

impl Coordinator {
    pub(super) fn boot(ctx: &mut Ctx<'_>) -> Self {
        let layout = Layout::after(ctx.config(), &ctx.durable().turns);
        let coordinator =
            Coordinator { layout, waiting: VecDeque::new(), reached: BTreeMap::new() };
        coordinator.declare(ctx);
        coordinator
    }

    fn declare(&self, ctx: &mut Ctx<'_>) {
        let (epoch, owners) = (self.layout.epoch(), self.layout.owners());
        ctx.observe(Observation::Adopted { epoch, owners }.into());
        ctx.promise(Said::Placed { epoch, reads: self.layout.all_reads() });
    }

    /// A node asks for turns. A server says how far it is, too.
    pub(super) fn on_fetch(
        &mut self,
        from: NodeId,
        after: Epoch,
        is_filled: bool,
        ctx: &mut Ctx<'_>,
    ) {
        let known = (after.0.saturating_sub(Epoch::FIRST.0)) as usize;
        let next = ctx.durable().turns.get(known..).unwrap_or_default();
        let turns: Vec<Turn> = next.iter().take(AT_ONCE).cloned().collect();
        if !turns.is_empty() {
            ctx.send(from, Message::Turns { first: after.next(), turns });
        }
        if ctx.config().servers.binary_search(&from).is_ok() {
            let reached = self.reached.entry(from).or_default();
            *reached = (*reached).max((after, is_filled));
            self.advance(ctx);
        }
    }

    /// An operator wants a change. It waits until those before it are made.
    pub(super) fn on_command(&mut self, command: Command, ctx: &mut Ctx<'_>) {
        self.waiting.push_back(command);
        self.advance(ctx);
    }

    /// Makes the turn that is next, if what it rests on is so.
    fn advance(&mut self, ctx: &mut Ctx<'_>) {
        loop {
            let turn = match self.layout.stage() {
                Stage::Settled => {
                    let Some(command) = self.waiting.pop_front() else { return };
                    let Some(change) = asked(self.layout.map(), command) else { continue };
                    Turn::Widen(change)
                }
                Stage::Widened if self.are_filled(ctx) => Turn::Switch,
                Stage::Switched if self.nobody_reads_the_old(ctx) => Turn::Narrow,
                Stage::Widened | Stage::Switched => return,
            };
            self.make(turn, ctx);
        }
    }

    /// Whether all who are to come have all there is. Those whom they have asked take no write of
    /// an earlier epoch any more: so none can be done that they do not have.
    fn are_filled(&self, ctx: &Ctx<'_>) -> bool {
        let is_filled = |node| self.reached.get(&node) == Some(&(self.layout.epoch(), true));
        let mut shards = ShardId::all(self.layout.map().shards());
        let all = shards.all(|shard| self.layout.pending(shard).all(is_filled));
        all || !ctx.config().rules.waits_for_streams
    }

    /// Whether too few of the old replicas are left that answer reads of an earlier epoch.
    fn nobody_reads_the_old(&self, ctx: &Ctx<'_>) -> bool {
        let epoch = self.layout.epoch();
        let has_reached =
            |node: &&NodeId| self.reached.get(node).is_some_and(|(reached, _)| *reached >= epoch);
        let enough = ctx.config().quorums.meet_reads();
        let is_over = |shard| {
            let moves = self.layout.pending(shard).next().is_some();
            !moves || self.layout.old(shard).iter().filter(has_reached).count() >= enough
        };
        let all = ShardId::all(self.layout.map().shards()).all(is_over);
        all || !ctx.config().rules.waits_for_readers
    }

    fn make(&mut self, turn: Turn, ctx: &mut Ctx<'_>) {
        let before = self.layout.map().members();
        let mut next = Layout::after(ctx.config(), &ctx.durable().turns);
        let are_known = match &turn {
            Turn::Widen(change) => {
                change.joins.iter().all(|join| ctx.config().servers.contains(&join.node))
            }
            Turn::Switch | Turn::Narrow => true,
        };
        if !are_known || next.make(&turn).is_err() {
            let epoch = self.layout.epoch();
            return ctx.observe(Observation::ChangeRefused { epoch }.into());
        }
        self.layout = next;
        ctx.persist(Write::Turn(turn.clone()));
        ctx.sync();
        let epoch = self.layout.epoch();
        if let Turn::Widen(_) = turn {
            let members = self.layout.map().members();
            let ideal_ppm = ideal_move_ppm(&before, &members);
            let moved_ppm = self.layout.moving_ppm();
            let members = members.iter().map(|member| (member.node, member.weight)).collect();
            let configured = Observation::Configured { epoch, members, moved_ppm, ideal_ppm };
            ctx.promise(configured.into());
        }
        self.declare(ctx);
        let config = ctx.config();
        let everybody = config.servers.iter().chain(&config.clients).copied();
        ctx.broadcast(everybody, &Message::Turns { first: epoch, turns: vec![turn] });
    }
}
