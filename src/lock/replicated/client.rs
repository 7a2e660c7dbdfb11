//! A client: it finds the leader, keeps a session alive, and takes and gives back locks.
//!
//! It has one request of its session under way at a time, and one read, and asks again, elsewhere,
//! until it is answered. What it may believe it counts from when it *first* sent a request that was
//! answered: the servers applied it later, and count the session's time to live from then. On a
//! clock that may be slow it believes a little shorter than that
//! ([`Config::lease`](super::settings::Config::lease)). A read renews nothing.

use super::node::{Ctx, Message, Node, Said, Timer};
use super::recipe::{Recipe, Step, Wish};
use super::session::{Answer, Ask, Machine, Request, Session};
use crate::id::{Label, NodeId};
use crate::lock::errand::{self, Errand};
use crate::lock::resource;
use crate::lock::spec::{LockId, Observation, Phase, Token, View};
use crate::time::LocalTime;
use std::collections::VecDeque;

const LIFE: Label = Label::new("life");
const HOLD: Label = Label::new("hold");

/// The lock that protects the resource, if there is one.
const GUARDED: LockId = LockId(0);

/// A request that has not been answered.
#[derive(Debug)]
struct Asked<Q> {
    number: u64,
    ask: Ask<Q>,
    /// When it was first sent.
    sent: LocalTime,
}

/// A lock that it wants, holds or gives back.
#[derive(Debug)]
struct Attempt<R> {
    lock: LockId,
    request: u64,
    /// The number of the command that asked for it.
    command: u64,
    recipe: R,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waits,
    Holds,
    GivesBack,
}

/// A client.
#[derive(Debug)]
pub struct Client<R: Recipe> {
    life: u64,
    session: Session,
    /// Whether the session has begun, as far as it knows.
    is_open: bool,
    /// Which server it asks, by its position.
    server: usize,
    number: u64,
    /// What renews the session and takes effect once.
    asked: Option<Asked<<R::Machine as Machine>::Ask>>,
    /// What only looks.
    reading: Option<Asked<<R::Machine as Machine>::Ask>>,
    /// Whether the session is to be kept alive.
    is_due: bool,
    /// When the latest request that was answered was first sent.
    confirmed: LocalTime,
    requests: u64,
    attempt: Option<Attempt<R>>,
    /// What it does while it holds.
    errand: Option<Errand>,
    /// Commands that wait for the one before: which lock, and the command's number.
    commanded: VecDeque<(LockId, u64)>,
    /// The last command that came to an end, with the number of its request.
    done: Option<(u64, u64)>,
}

impl<R: Recipe> Client<R> {
    pub(super) fn boot(ctx: &mut Ctx<'_, R>) -> Self {
        let life = ctx.draw(LIFE, 0..=u64::from(u32::MAX));
        let session = Session { node: ctx.id(), life, number: 0 };
        let mut client = Client {
            life,
            session,
            is_open: false,
            server: 0,
            number: 0,
            asked: None,
            reading: None,
            is_due: false,
            confirmed: ctx.monotonic(),
            requests: 0,
            attempt: None,
            errand: None,
            commanded: VecDeque::new(),
            done: None,
        };
        ctx.set_timer(Timer::KeepAlive, ctx.config().keep_alive);
        client.go_on(ctx);
        client
    }

    /// Somebody wants it to take a lock.
    pub(super) fn acquire(&mut self, lock: LockId, command: u64, ctx: &mut Ctx<'_, R>) {
        self.commanded.push_back((lock, command));
        self.begin_if_idle(ctx);
    }

    fn begin_if_idle(&mut self, ctx: &mut Ctx<'_, R>) {
        if self.attempt.is_none() {
            if let Some((lock, command)) = self.commanded.pop_front() {
                self.requests += 1;
                // No other life of this node counts from here.
                let request = self.life << 32 | self.requests;
                ctx.observe(Said::Lock(Observation::Requested { lock, request }));
                let recipe = R::wants(Wish { session: self.session, lock, request });
                let stage = Stage::Waits;
                self.attempt = Some(Attempt { lock, request, command, recipe, stage });
            }
        }
        self.go_on(ctx);
    }

    /// Asks what comes next, if it does not wait for the answer to that.
    fn go_on(&mut self, ctx: &mut Ctx<'_, R>) {
        if !self.is_open {
            if self.asked.is_none() {
                self.ask(Ask::Open, ctx);
            }
            return;
        }
        let rules = &ctx.config().rules;
        let attempt = self.attempt.as_ref().filter(|attempt| attempt.stage != Stage::Holds);
        match attempt.and_then(|attempt| attempt.recipe.asks(rules)) {
            Some(ask) if R::Machine::is_read(&ask) && self.reading.is_none() => {
                self.reading = Some(self.numbered(Ask::Of(ask), ctx));
                self.transmit(Timer::Reread, ctx);
            }
            Some(ask) if !R::Machine::is_read(&ask) && self.asked.is_none() => {
                self.ask(Ask::Of(ask), ctx);
            }
            _ => {}
        }
        if self.is_due && self.asked.is_none() {
            self.ask(Ask::KeepAlive, ctx);
        }
    }

    fn ask(&mut self, ask: Ask<<R::Machine as Machine>::Ask>, ctx: &mut Ctx<'_, R>) {
        self.is_due = false;
        self.asked = Some(self.numbered(ask, ctx));
        self.transmit(Timer::Retry, ctx);
    }

    fn numbered(
        &mut self,
        ask: Ask<<R::Machine as Machine>::Ask>,
        ctx: &Ctx<'_, R>,
    ) -> Asked<<R::Machine as Machine>::Ask> {
        self.number += 1;
        Asked { number: self.number, ask, sent: ctx.monotonic() }
    }

    /// Sends what is under way, the read or the other, and waits for its answer.
    fn transmit(&self, which: Timer, ctx: &mut Ctx<'_, R>) {
        let asked = if which == Timer::Reread { &self.reading } else { &self.asked };
        let Some(Asked { number, ask, .. }) = asked else { return };
        let request = Request { session: self.session, number: *number, ask: ask.clone() };
        ctx.send(ctx.config().servers()[self.server], Message::Request(request));
        ctx.set_timer(which, ctx.config().retry);
    }

    /// No answer: asks again, and somebody else.
    fn retry(&mut self, which: Timer, ctx: &mut Ctx<'_, R>) {
        self.server = (self.server + 1) % ctx.config().servers().len();
        if !ctx.config().rules.retries_under_the_same_number {
            self.number += 1;
            if let (Timer::Retry, Some(asked)) = (which, &mut self.asked) {
                asked.number = self.number;
            }
        }
        self.transmit(which, ctx);
    }

    /// What waits for the answer of this number.
    fn waits_for(&self, session: Session, number: u64) -> Option<Timer> {
        let is_it = |asked: &Option<Asked<_>>| {
            session == self.session && asked.as_ref().is_some_and(|it| it.number == number)
        };
        match (is_it(&self.asked), is_it(&self.reading)) {
            (true, _) => Some(Timer::Retry),
            (_, true) => Some(Timer::Reread),
            _ => None,
        }
    }

    /// The server does not lead. If it knows who does, that one is asked at once.
    pub(super) fn on_refusal(
        &mut self,
        session: Session,
        number: u64,
        leader: Option<NodeId>,
        ctx: &mut Ctx<'_, R>,
    ) {
        let Some(which) = self.waits_for(session, number) else { return };
        let servers = ctx.config().servers();
        match leader.and_then(|leader| servers.binary_search(&leader).ok()) {
            Some(server) if server != self.server => {
                self.server = server;
                self.transmit(which, ctx);
            }
            _ => {}
        }
    }

    pub(super) fn on_answer(
        &mut self,
        session: Session,
        number: u64,
        answer: Answer<<R::Machine as Machine>::Answer>,
        ctx: &mut Ctx<'_, R>,
    ) {
        let Some(which) = self.waits_for(session, number) else { return };
        ctx.cancel_timer(which);
        if which == Timer::Reread {
            self.reading = None;
        } else if let Some(asked) = self.asked.take() {
            match answer {
                Answer::NoSession => return self.session_is_over(ctx),
                Answer::Lives => self.is_open = true,
                Answer::Of(_) => {}
            }
            self.confirmed = self.confirmed.max(asked.sent);
            self.watch_the_lease(ctx);
        }
        if let Answer::Of(answer) = answer {
            self.hear(answer, ctx);
        }
        self.begin_if_idle(ctx);
    }

    fn hear(&mut self, answer: <R::Machine as Machine>::Answer, ctx: &mut Ctx<'_, R>) {
        let rules = &ctx.config().rules;
        let Some(attempt) = &mut self.attempt else { return };
        match attempt.recipe.hears(answer, rules) {
            Step::Holds(token) if attempt.stage == Stage::Waits => {
                if !rules.looks_at_its_own_key {
                    self.confirmed = ctx.monotonic();
                }
                // An answer that came too late says that it held the lock, not that it holds it.
                if self.may_believe(ctx) {
                    self.hold(token, ctx);
                } else if let Some(attempt) = &mut self.attempt {
                    attempt.recipe.looks_again();
                }
            }
            Step::Released => self.end_attempt(),
            Step::GoesOn | Step::Holds(_) => {}
        }
    }

    fn end_attempt(&mut self) {
        self.reading = None;
        if let Some(attempt) = self.attempt.take() {
            self.done = Some((attempt.command, attempt.request));
        }
    }

    fn may_believe(&self, ctx: &Ctx<'_, R>) -> bool {
        let since = ctx.monotonic().since(self.confirmed);
        since < ctx.config().lease() || !ctx.config().rules.stops_when_not_answered
    }

    /// Stops believing in time, if nothing is heard until then.
    fn watch_the_lease(&self, ctx: &mut Ctx<'_, R>) {
        let holds = self.attempt.as_ref().is_some_and(|it| it.stage == Stage::Holds);
        if holds && ctx.config().rules.stops_when_not_answered {
            let passed = ctx.monotonic().since(self.confirmed);
            ctx.set_timer(Timer::Lease, ctx.config().lease().saturating_sub(passed));
        }
    }

    fn hold(&mut self, token: Token, ctx: &mut Ctx<'_, R>) {
        let Some(attempt) = &mut self.attempt else { return };
        attempt.stage = Stage::Holds;
        let (lock, request, token) = (attempt.lock, attempt.request, Some(token));
        ctx.observe(Said::Lock(Observation::Acquired { lock, request, token }));
        let is_guarded = lock == GUARDED && ctx.config().resource.is_some();
        let errand = Errand::new(request, token, is_guarded);
        self.errand = Some(errand);
        self.follow(errand.step(), ctx);
        self.watch_the_lease(ctx);
    }

    fn follow(&mut self, step: errand::Step, ctx: &mut Ctx<'_, R>) {
        match step {
            errand::Step::Ask(message) => {
                let Some(resource) = ctx.config().resource else { return };
                ctx.send(resource, Message::Resource(message));
                ctx.set_timer(Timer::Resource, ctx.config().retry);
            }
            errand::Step::Work => {
                let config = ctx.config();
                let after = ctx.draw_duration(HOLD, config.hold_min..=config.hold_max);
                ctx.set_timer(Timer::Hold, after);
            }
            errand::Step::Done => self.release(ctx),
        }
    }

    /// Whose session is over while its write is on the way learns what became of it all the same.
    pub(super) fn on_resource(&mut self, answer: resource::Message, ctx: &mut Ctx<'_, R>) {
        if let resource::Message::Written { request, version: written } = answer {
            let lock = GUARDED;
            ctx.observe(Said::Lock(Observation::WriteAcknowledged { lock, request, written }));
        }
        if let Some(step) = self.errand.as_mut().and_then(|errand| errand.on_answer(answer)) {
            ctx.cancel_timer(Timer::Resource);
            self.follow(step, ctx);
        }
    }

    fn on_worked(&mut self, ctx: &mut Ctx<'_, R>) {
        if let Some(step) = self.errand.as_mut().map(Errand::on_worked) {
            self.follow(step, ctx);
        }
    }

    fn ask_the_resource_again(&mut self, ctx: &mut Ctx<'_, R>) {
        if let Some(step) = self.errand.as_ref().map(Errand::step) {
            self.follow(step, ctx);
        }
    }

    /// It holds no more, and does nothing more with what the lock protects.
    fn stop_the_errand(&mut self, ctx: &mut Ctx<'_, R>) {
        let stopped = self.errand.take();
        if stopped.is_some_and(|errand| matches!(errand.step(), errand::Step::Ask(_))) {
            ctx.cancel_timer(Timer::Resource);
        }
    }

    /// What it had to do is done: from now on it does not believe that it holds, and says so to
    /// the servers.
    fn release(&mut self, ctx: &mut Ctx<'_, R>) {
        let Some(attempt) = self.attempt.as_mut().filter(|it| it.stage == Stage::Holds) else {
            return;
        };
        let (lock, request) = (attempt.lock, attempt.request);
        attempt.stage = Stage::GivesBack;
        attempt.recipe.gives_back();
        ctx.observe(Said::Lock(Observation::Released { lock, request }));
        ctx.cancel_timer(Timer::Lease);
        self.stop_the_errand(ctx);
        self.go_on(ctx);
    }

    /// It does not hold any more, or gives nothing back: its session may be over, or is.
    fn lose(&mut self, ctx: &mut Ctx<'_, R>) {
        let Some(attempt) = self.attempt.as_ref().filter(|it| it.stage == Stage::Holds) else {
            return;
        };
        let (lock, request) = (attempt.lock, attempt.request);
        ctx.observe(Said::Lock(Observation::Lost { lock, request }));
        ctx.cancel_timer(Timer::Lease);
        ctx.cancel_timer(Timer::Hold);
        self.stop_the_errand(ctx);
    }

    /// The lease may be over on another clock. Nothing is asked in that session again.
    fn lease_is_over(&mut self, ctx: &mut Ctx<'_, R>) {
        self.lose(ctx);
        self.end_attempt();
        self.begin_session(ctx);
    }

    /// The servers say so: who waits begins anew in another session.
    fn session_is_over(&mut self, ctx: &mut Ctx<'_, R>) {
        self.lose(ctx);
        if self.attempt.as_ref().is_some_and(|attempt| attempt.stage != Stage::Waits) {
            self.end_attempt();
        }
        self.begin_session(ctx);
    }

    fn begin_session(&mut self, ctx: &mut Ctx<'_, R>) {
        self.session.number += 1;
        (self.is_open, self.asked, self.reading) = (false, None, None);
        let attempt = self.attempt.as_mut().filter(|_| ctx.config().rules.looks_at_its_own_key);
        if let Some(Attempt { lock, request, recipe, .. }) = attempt {
            *recipe = R::wants(Wish { session: self.session, lock: *lock, request: *request });
        }
        self.begin_if_idle(ctx);
    }

    /// Something that it watches has changed.
    pub(super) fn on_notice(&mut self, ctx: &mut Ctx<'_, R>) {
        self.look_again();
        self.go_on(ctx);
    }

    fn look_again(&mut self) {
        if let Some(attempt) = self.attempt.as_mut().filter(|it| it.stage == Stage::Waits) {
            attempt.recipe.looks_again();
        }
    }

    /// Keeps the session alive; whoever waits looks where it stands as well.
    fn keep_alive(&mut self, ctx: &mut Ctx<'_, R>) {
        ctx.set_timer(Timer::KeepAlive, ctx.config().keep_alive);
        let rules = &ctx.config().rules;
        self.is_due = rules.keeps_its_session_alive;
        if rules.looks_again {
            self.look_again();
        }
        self.go_on(ctx);
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_, R>) {
        match timer {
            Timer::Retry | Timer::Reread => self.retry(timer, ctx),
            Timer::KeepAlive => self.keep_alive(ctx),
            Timer::Lease => self.lease_is_over(ctx),
            Timer::Hold => self.on_worked(ctx),
            Timer::Resource => self.ask_the_resource_again(ctx),
            Timer::Raft(_) | Timer::Session(_) | Timer::Check => {}
        }
    }

    pub(super) fn view(&self) -> View {
        let Some(attempt) = &self.attempt else { return View::IDLE };
        let phase = match attempt.stage {
            Stage::Waits => Phase::Waits,
            Stage::Holds => Phase::Holds,
            Stage::GivesBack => Phase::Idle,
        };
        View { phase, lock: attempt.lock, granted_to: None }
    }

    /// Whether this ends what a command asked for.
    pub(super) fn answers(&self, command: u64, said: &Observation) -> bool {
        let (Observation::Released { request, .. } | Observation::Lost { request, .. }) = said
        else {
            return false;
        };
        let under_way = self.attempt.as_ref().map(|it| (it.command, it.request));
        [under_way, self.done].contains(&Some((command, *request)))
    }
}

impl<R: Recipe> Node<R> {
    /// The session under which a client asks; `None` for a server.
    pub fn session(&self) -> Option<Session> {
        match self {
            Node::Server(_) | Node::Resource(..) => None,
            Node::Client(client) => Some(client.session),
        }
    }
}
