//! A server: Raft, the sessions that its log makes, and the clock of whoever leads.
//!
//! Only the leader counts time. It proposes that a session be ended when it has applied nothing of
//! it for its time to live, on its own clock; a new leader counts anew from the moment it leads, so
//! that a session is only ever ended later than its client thinks.

use super::node::{Ctx, Message, Node, Said, Timer};
use super::recipe::Recipe;
use super::session::{Answer, Event, Logged, Machine, Request, Session, Sessions};
use crate::election::raft::{self, Raft};
use crate::election::spec::{LogIndex, Role, Term};
use crate::id::NodeId;
use crate::lock::spec::Observation;
use crate::protocol::{Context, Effect, Protocol};
use std::collections::BTreeSet;

type Entry<R> = Logged<<<R as Recipe>::Machine as Machine>::Ask>;
type Inner<R> = Raft<Entry<R>>;

/// A server.
#[derive(Debug)]
pub struct Server<R: Recipe> {
    raft: Inner<R>,
    room: Vec<Effect<Inner<R>>>,
    /// The entry up to which the log has been applied. None of this is on disk: who restarts
    /// applies it again.
    applied: LogIndex,
    sessions: Sessions<R::Machine>,
    /// The term in which it counts the time of sessions, if it leads.
    reign: Option<Term>,
    /// Who is to be told of a change. Nobody else knows: it dies with this server.
    watches: BTreeSet<(LogIndex, NodeId)>,
    events: Vec<Event>,
}

impl<R: Recipe> Server<R> {
    pub(super) fn boot(ctx: &mut Ctx<'_, R>) -> Self {
        let mut room = Vec::new();
        let raft = ctx.embed(&mut room, &Node::<R>::RAFT, Raft::boot);
        Server {
            raft,
            room,
            applied: LogIndex(0),
            sessions: Sessions::default(),
            reign: None,
            watches: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    /// Lets Raft take a step, and applies what that committed.
    fn within<T>(
        &mut self,
        ctx: &mut Ctx<'_, R>,
        step: impl FnOnce(&mut Inner<R>, &mut Context<'_, Inner<R>>) -> T,
    ) -> T {
        let raft = &mut self.raft;
        let answer = ctx.embed(&mut self.room, &Node::<R>::RAFT, |inner| step(raft, inner));
        self.see_who_leads(ctx);
        self.apply_what_is_committed(ctx);
        answer
    }

    pub(super) fn on_raft(
        &mut self,
        from: NodeId,
        message: raft::Message<Entry<R>>,
        ctx: &mut Ctx<'_, R>,
    ) {
        self.within(ctx, |raft, inner| raft.on_message(from, message, inner));
    }

    pub(super) fn on_raft_timer(&mut self, timer: raft::Timer, ctx: &mut Ctx<'_, R>) {
        self.within(ctx, |raft, inner| raft.on_timer(timer, inner));
    }

    pub(super) fn on_synced(&mut self, synced: crate::protocol::Synced, ctx: &mut Ctx<'_, R>) {
        self.within(ctx, |raft, inner| raft.on_synced(synced, inner));
    }

    /// A client asks: whoever leads puts it into the log, and answers when it is applied.
    pub(super) fn on_request(
        &mut self,
        from: NodeId,
        request: Request<<R::Machine as Machine>::Ask>,
        ctx: &mut Ctx<'_, R>,
    ) {
        let (session, number) = (request.session, request.number);
        let proposed =
            self.within(ctx, |raft, inner| raft.propose(Logged::Request(request), inner));
        if let Err(refusal) = proposed {
            let leader = refusal.leader;
            ctx.send(from, Message::Refused { session, number, leader });
        }
    }

    /// A leader starts the clocks of all sessions when its reign begins: what it knows of them may
    /// be old, and a clock that runs on from before may end early.
    fn see_who_leads(&mut self, ctx: &mut Ctx<'_, R>) {
        let reign = (self.raft.role() == Role::Leader).then(|| self.raft.term());
        if std::mem::replace(&mut self.reign, reign) == reign || reign.is_none() {
            return;
        }
        if ctx.config().rules.restarts_clocks_of_sessions {
            for session in self.sessions.live() {
                ctx.set_timer(Timer::Session(session), ctx.config().ttl);
            }
        }
    }

    fn apply_what_is_committed(&mut self, ctx: &mut Ctx<'_, R>) {
        loop {
            let next = self.raft.committed(&ctx.durable().raft, self.applied).next();
            let Some((index, entry)) = next else { return };
            let (term, logged) = (entry.term, entry.command.clone());
            self.applied = index;
            // An entry of another reign: the client has turned to somebody else since.
            let answers = self.reign == Some(term);
            match logged {
                None => self.declare(ctx),
                Some(Logged::Request(request)) => self.apply(index, &request, answers, ctx),
                Some(Logged::Expire { session, unless_renewed_after }) => {
                    let rules = &ctx.config().rules;
                    let events = &mut self.events;
                    self.sessions.expire(index, session, unless_renewed_after, rules, events);
                    self.declare(ctx);
                }
            }
        }
    }

    fn apply(
        &mut self,
        index: LogIndex,
        request: &Request<<R::Machine as Machine>::Ask>,
        answers: bool,
        ctx: &mut Ctx<'_, R>,
    ) {
        let config = ctx.config();
        let answer = self.sessions.request(index, request, &config.rules, &mut self.events);
        self.declare(ctx);
        let session = request.session;
        let counts = self.reign.is_some() || !config.rules.expires_by_the_log;
        if counts && self.sessions.renewed(session) == Some(index) {
            ctx.set_timer(Timer::Session(session), config.ttl);
        }
        if let (true, Some(answer)) = (answers, answer) {
            self.watch(request, &answer);
            ctx.send(session.node, Message::Answer { session, number: request.number, answer });
        }
    }

    fn watch(
        &mut self,
        request: &Request<<R::Machine as Machine>::Ask>,
        answer: &Answer<<R::Machine as Machine>::Answer>,
    ) {
        if let (super::session::Ask::Of(ask), Answer::Of(answer)) = (&request.ask, answer) {
            let watched = R::Machine::watched(ask, answer);
            self.watches.extend(watched.into_iter().map(|key| (key, request.session.node)));
        }
    }

    /// Says what the last entry made of the state, and tells those who watch.
    fn declare(&mut self, ctx: &mut Ctx<'_, R>) {
        ctx.promise(Said::Applied { index: self.applied, digest: self.sessions.digest() });
        for event in std::mem::take(&mut self.events) {
            match event {
                Event::Granted { lock, session, request, token } => {
                    let (client, token) = (session.node, Some(token));
                    let granted = Observation::Granted { lock, client, request, token };
                    ctx.promise(Said::Lock(granted));
                }
                Event::Ended { lock, session, request, ended } => {
                    let client = session.node;
                    let ended = Observation::GrantEnded { lock, client, request, ended };
                    ctx.promise(Said::Lock(ended));
                }
                Event::Changed(key) => self.notify(key, ctx),
            }
        }
    }

    /// A watch is told of one change, and is over.
    fn notify(&mut self, key: LogIndex, ctx: &mut Ctx<'_, R>) {
        let all = (key, NodeId::new(0))..=(key, NodeId::new(u32::MAX));
        let told: Vec<_> = self.watches.range(all).copied().collect();
        for watch in told {
            self.watches.remove(&watch);
            ctx.send(watch.1, Message::Notice { key });
        }
    }

    /// A session has been silent for its time to live.
    pub(super) fn on_silence(&mut self, session: Session, ctx: &mut Ctx<'_, R>) {
        let Some(renewed) = self.sessions.renewed(session) else { return };
        if !ctx.config().rules.expires_by_the_log {
            self.sessions.expire(
                self.applied,
                session,
                renewed,
                &ctx.config().rules,
                &mut self.events,
            );
            return self.declare(ctx);
        }
        if self.reign.is_some() {
            let expire = Logged::Expire { session, unless_renewed_after: renewed };
            // Who does not lead any more leaves it to whoever does.
            let _ = self.within(ctx, |raft, inner| raft.propose(expire, inner));
            // If it is not taken while the lead is handed over, ask again.
            ctx.set_timer(Timer::Session(session), ctx.config().ttl);
        }
    }

    pub(super) fn view(&self) -> crate::election::spec::View {
        self.raft.view()
    }

    pub(super) fn plays(&self, role: &str) -> bool {
        self.raft.plays(role)
    }

    /// What the log has made of the state so far.
    pub const fn sessions(&self) -> &Sessions<R::Machine> {
        &self.sessions
    }
}
