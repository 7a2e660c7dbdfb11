//! Changes of members, one server at a time, and learners (thesis, chapter 4).
//!
//! A configuration is an entry of the log. A server acts by the last one in its log as soon as it
//! is there, committed or not (4.1): so what it acts by after a restart, or after its log was cut,
//! is what the log says then. Two configurations that differ in one voter have no majorities apart;
//! three in a row may. A leader therefore makes the next one only when the last is committed, and
//! when an entry of its own term is: else the last of another leader may come back (Ongaro, 2015).
//!
//! A new server first learns: it gets the log and has no vote. Its leader promotes it once it has
//! caught up, in rounds (4.2.1): a round is over when the server has what the leader had when the
//! round began, and one that took no longer than an election timeout was short enough.

use super::log::{Entry, Log};
use super::{Raft, State};
use crate::election::spec::{Configuration, LogIndex, Members, Observation};
use crate::fingerprint::Fingerprint;
use crate::id::NodeId;
use crate::protocol::{Context, Data};
use crate::time::LocalTime;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How often a new server may try to catch up before it stays a learner (thesis 4.2.1).
const ROUNDS_MAX: u32 = 10;

/// What an operator may ask a leader to change. It makes one change at a time, and refuses others
/// in silence until that is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// Give the log to a server that has no vote.
    AddLearner(NodeId),
    /// Give a server a vote as soon as it has caught up.
    AddServer(NodeId),
    /// Take a voter or a learner out.
    RemoveServer(NodeId),
}

/// Who elects and commits, as the server's own log says.
#[derive(Clone, Debug)]
pub(super) struct Electorate {
    /// The entry that says so; 0 for the configuration that the group began with.
    pub(super) index: LogIndex,
    pub(super) members: Arc<Members>,
    /// The voters' positions among all servers.
    pub(super) places: Vec<usize>,
}

/// A learner on its way to a vote.
#[derive(Clone, Copy, Debug)]
pub(super) struct CatchUp {
    server: NodeId,
    round: u32,
    began: LocalTime,
    /// Where the log ended when the round began.
    goal: LogIndex,
}

impl Electorate {
    /// What this log says.
    fn of<C: Data>(log: &Log<C>, ctx: &Context<'_, Raft<C>>) -> Self {
        match log.members() {
            Some((index, members)) => Electorate::at(index, Arc::new(members.clone()), ctx),
            None => Electorate::at(LogIndex(0), ctx.config().members.clone(), ctx),
        }
    }

    fn at<C: Data>(index: LogIndex, members: Arc<Members>, ctx: &Context<'_, Raft<C>>) -> Self {
        let places = members.voters().iter().filter_map(|voter| ctx.config().position(*voter));
        Electorate { index, places: places.collect(), members }
    }

    /// What views show: nothing until the members have changed.
    pub(super) fn shown(&self) -> Option<Configuration> {
        let Electorate { index, members, .. } = self;
        let has_changed = *index > LogIndex(0);
        has_changed.then(|| Configuration { index: *index, members: members.clone() })
    }
}

impl<C: Data> Raft<C> {
    /// Who belongs, as this server's log says.
    pub fn members(&self) -> &Members {
        &self.electorate.members
    }

    /// How many voters elect and commit.
    pub(super) fn quorum(&self, ctx: &Context<'_, Self>) -> usize {
        (ctx.config().rules.quorum)(self.electorate.places.len())
    }

    pub(super) fn electorate_at_boot(ctx: &Context<'_, Self>) -> Electorate {
        Electorate::of(&ctx.durable().log, ctx)
    }

    /// Acts by what the log says now.
    pub(super) fn adopt_members(&mut self, ctx: &mut Context<'_, Self>) {
        let log = &ctx.durable().log;
        let (index, members) = match log.members() {
            Some((index, members)) => (index, members),
            None => (LogIndex(0), &*ctx.config().members),
        };
        if index != self.electorate.index || *members != *self.electorate.members {
            self.electorate = Electorate::of(log, ctx);
            self.declare_members(ctx);
        }
    }

    pub(super) fn declare_members(&self, ctx: &mut Context<'_, Self>) {
        let Electorate { index, members, .. } = &self.electorate;
        let mut digest = Fingerprint::EMPTY;
        digest.fold_value(&**members);
        ctx.observe(Observation::MembersAdopted {
            index: *index,
            prefix: ctx.durable().log.prefix(*index).unwrap_or(0),
            members: digest.value(),
            voters: members.voters().len() as u32,
            learners: members.learners().len() as u32,
        });
    }

    /// A mutant takes the entry that begins its reign for a configuration of the voters alone.
    pub(super) fn forget_learners_if_mutant(&mut self, ctx: &mut Context<'_, Self>) {
        let now = &self.electorate;
        if ctx.config().rules.keeps_learners_on_election || now.members.learners().is_empty() {
            return;
        }
        let voters = Members::of(now.members.voters().iter().copied());
        self.electorate = Electorate::at(now.index, Arc::new(voters), ctx);
        self.declare_members(ctx);
    }

    /// Whether this server stands when nobody leads: if it has a vote, or had one until a change
    /// that may not be committed, for then the others may need it (4.2.2). Its own log may be the
    /// only one that wins.
    pub(super) fn may_stand(&self, ctx: &Context<'_, Self>) -> bool {
        let Electorate { index, members, .. } = &self.electorate;
        if members.is_voter(self.id) {
            return true;
        }
        let before = ctx.durable().log.members_before(*index).unwrap_or(&ctx.config().members);
        *index > self.commit && before.is_voter(self.id)
    }

    /// An operator asks for a change of members. Whoever cannot make it now refuses, in silence.
    pub(super) fn change(&mut self, change: Change, ctx: &mut Context<'_, Self>) {
        let now = self.electorate.members.clone();
        if !self.may_change(ctx) {
            return;
        }
        match change {
            Change::AddLearner(server) if self.is_new(server, ctx) => {
                self.configure(now.with_learner(server), ctx);
            }
            Change::AddServer(server) if now.is_learner(server) => self.catch_up(server, 1, ctx),
            Change::AddServer(server) if self.is_new(server, ctx) => {
                self.configure(now.with_learner(server), ctx);
                self.catch_up(server, 1, ctx);
            }
            Change::RemoveServer(server) if now.may_do_without(server) => {
                self.configure(now.without(server), ctx);
            }
            _ => {}
        }
        self.promote(ctx);
    }

    /// Whether this is a server and no member yet.
    fn is_new(&self, server: NodeId, ctx: &Context<'_, Self>) -> bool {
        let now = self.members();
        let is_member = now.is_voter(server) || now.is_learner(server);
        ctx.config().position(server).is_some() && !is_member
    }

    /// Whether this server may make a new configuration: it leads and hands over to nobody, has
    /// committed an entry of its own term (Ongaro, 2015), and the last configuration (4.1).
    fn may_change(&self, ctx: &Context<'_, Self>) -> bool {
        let State::Leader(reign) = &self.state else { return false };
        let rules = &ctx.config().rules;
        let own = ctx.durable().log.term_at(self.commit) == Some(self.ballot.term);
        let is_settled = self.electorate.index <= self.commit;
        reign.hands_over_to.is_none()
            && (own || !rules.changes_after_own_commit)
            && (is_settled || !rules.changes_one_at_a_time)
    }

    fn configure(&mut self, members: Members, ctx: &mut Context<'_, Self>) {
        let term = self.ballot.term;
        let entry = Entry { term, command: None, members: Some(Box::new(members)) };
        self.append(entry, ctx);
        self.send_entries_to_all(ctx);
    }

    /// Begins a round. A second order replaces the first.
    fn catch_up(&mut self, server: NodeId, round: u32, ctx: &Context<'_, Self>) {
        let goal = ctx.durable().log.last().index;
        if let State::Leader(reign) = &mut self.state {
            reign.catch_up = Some(CatchUp { server, round, began: ctx.monotonic(), goal });
        }
    }

    /// Gives the learner that catches up its vote, if a round has shown that it keeps pace.
    pub(super) fn promote(&mut self, ctx: &mut Context<'_, Self>) {
        let State::Leader(reign) = &self.state else { return };
        let Some(CatchUp { server, round, began, goal }) = reign.catch_up else { return };
        let place = ctx.config().position(server).expect("only servers catch up");
        if reign.matched[place] < goal || !self.may_change(ctx) {
            return;
        }
        let was_short = ctx.monotonic().since(began) <= ctx.config().election_timeout_min;
        if !was_short && round < ROUNDS_MAX {
            self.catch_up(server, round + 1, ctx);
            // Where nothing has come since, the next round is over as it begins.
            return self.promote(ctx);
        }
        if let State::Leader(reign) = &mut self.state {
            reign.catch_up = None;
        }
        let now = self.electorate.members.clone();
        if was_short && now.is_learner(server) {
            self.configure(now.with_voter(server), ctx);
        }
    }

    /// A leader that is to leave leads until that is committed, and no longer (4.2.2).
    pub(super) fn leave_if_removed(&mut self, ctx: &mut Context<'_, Self>) {
        let Electorate { index, members, .. } = &self.electorate;
        let leads = matches!(self.state, State::Leader(_));
        if leads && *index <= self.commit && !members.is_voter(self.id) {
            self.step_down(ctx);
        }
    }
}
