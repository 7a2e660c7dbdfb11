//! A client: it asks all servers at once, until a majority has stored its nonce in good time.

use super::message::{Message, Nonce};
use super::node::{Redlock, Timer};
use crate::id::{Label, NodeId};
use crate::lock::errand::{Errand, Step};
use crate::lock::resource;
use crate::lock::spec::{LockId, Observation, Phase};
use crate::protocol::Context;
use crate::time::{Duration, LocalTime};
use std::collections::VecDeque;

const RETRY: Label = Label::new("retry-delay");
const WORK: Label = Label::new("work");

const LOCK: LockId = LockId(0);

type Ctx<'a> = Context<'a, Redlock>;

/// How a client stands to the lock.
#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    /// It has asked the servers.
    Asks,
    /// It failed, and will try again.
    Rests,
    Holds(Errand),
}

/// The state of a client.
#[derive(Debug)]
pub struct Client {
    state: State,
    /// The requests that it was told to make and has not made yet.
    requests: VecDeque<u64>,
    /// The nonce of its present or latest try, and when it asked.
    nonce: Nonce,
    asked_at: LocalTime,
    tries: u32,
    /// Who has stored the nonce, and who has not.
    stored: Vec<NodeId>,
    taken: Vec<NodeId>,
}

impl Client {
    pub(super) fn boot(ctx: &mut Ctx<'_>) -> Self {
        let count = ctx.config().servers.len();
        Client {
            state: State::Idle,
            requests: VecDeque::new(),
            nonce: Nonce::default(),
            asked_at: ctx.monotonic(),
            tries: 0,
            stored: Vec::with_capacity(count),
            taken: Vec::with_capacity(count),
        }
    }

    pub(super) fn on_acquire(&mut self, request: u64, ctx: &mut Ctx<'_>) {
        self.requests.push_back(request);
        if let State::Idle = self.state {
            self.next_request(ctx);
        }
    }

    fn next_request(&mut self, ctx: &mut Ctx<'_>) {
        self.state = State::Idle;
        let Some(request) = self.requests.pop_front() else { return };
        self.nonce = Nonce { request, attempt: 0 };
        self.tries = 0;
        ctx.observe(Observation::Requested { lock: LOCK, request });
        self.ask(ctx);
    }

    fn ask(&mut self, ctx: &mut Ctx<'_>) {
        self.state = State::Asks;
        self.tries += 1;
        self.nonce.attempt += 1;
        self.asked_at = ctx.monotonic();
        self.stored.clear();
        self.taken.clear();
        ctx.broadcast(ctx.config().servers.iter().copied(), &Message::Set(self.nonce));
        ctx.set_timer(Timer::Try, ctx.config().server_timeout);
    }

    pub(super) fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Stored(nonce) => self.on_stored(from, nonce, ctx),
            Message::Taken(nonce) => self.on_taken(from, nonce, ctx),
            Message::Resource(answer) => self.on_answer(answer, ctx),
            Message::Set(_) | Message::Delete(_) => {}
        }
    }

    fn on_stored(&mut self, from: NodeId, nonce: Nonce, ctx: &mut Ctx<'_>) {
        let is_over = matches!(self.state, State::Idle | State::Rests);
        if nonce != self.nonce || is_over {
            // An answer to a try that is over: it came behind the word to delete.
            return ctx.send(from, Message::Delete(nonce));
        }
        if !self.stored.contains(&from) {
            self.stored.push(from);
        }
        self.decide(ctx);
    }

    fn on_taken(&mut self, from: NodeId, nonce: Nonce, ctx: &mut Ctx<'_>) {
        if nonce == self.nonce && !self.taken.contains(&from) {
            self.taken.push(from);
            self.decide(ctx);
        }
    }

    /// Whether it has the lock, once that is clear.
    fn decide(&mut self, ctx: &mut Ctx<'_>) {
        let servers = ctx.config().servers.len();
        let quorum = (ctx.config().rules.quorum)(servers);
        let answers = self.stored.len() + self.taken.len();
        let waits_for_all = !ctx.config().rules.does_without_some && answers < servers;
        if !matches!(self.state, State::Asks) || waits_for_all {
            return;
        }
        if self.stored.len() >= quorum {
            self.on_quorum(ctx);
        } else if servers - self.taken.len() < quorum {
            self.fail(ctx);
        }
    }

    fn on_quorum(&mut self, ctx: &mut Ctx<'_>) {
        let elapsed = ctx.monotonic().since(self.asked_at);
        match ctx.config().rules.validity(ctx.config().ttl, elapsed) {
            Some(validity) => self.hold(validity, ctx),
            None => self.fail(ctx),
        }
    }

    fn hold(&mut self, validity: Duration, ctx: &mut Ctx<'_>) {
        let request = self.nonce.request;
        let errand = Errand::new(request, None, ctx.config().resource.is_some());
        self.state = State::Holds(errand);
        ctx.cancel_timer(Timer::Try);
        ctx.observe(Observation::Acquired { lock: LOCK, request, token: None });
        ctx.set_timer(Timer::LeaseOver, validity);
        self.follow(errand.step(), ctx);
    }

    /// It has not got the lock, though some servers may have stored its nonce.
    fn fail(&mut self, ctx: &mut Ctx<'_>) {
        if ctx.config().rules.does_without_some {
            self.unlock(ctx);
        }
        ctx.cancel_timer(Timer::Try);
        if ctx.config().tries.is_some_and(|most| self.tries >= most) {
            let request = self.nonce.request;
            ctx.observe(Observation::Abandoned { lock: LOCK, request });
            return self.next_request(ctx);
        }
        self.state = State::Rests;
        let after = ctx.draw_duration(RETRY, Duration::ZERO..=ctx.config().retry_delay);
        ctx.set_timer(Timer::Retry, after);
    }

    fn unlock(&self, ctx: &mut Ctx<'_>) {
        ctx.broadcast(ctx.config().servers.iter().copied(), &Message::Delete(self.nonce));
    }

    /// Whose lease is over while its write is on the way learns what became of it all the same.
    fn on_answer(&mut self, answer: resource::Message, ctx: &mut Ctx<'_>) {
        if let resource::Message::Written { request, version: written } = answer {
            ctx.observe(Observation::WriteAcknowledged { lock: LOCK, request, written });
        }
        let State::Holds(errand) = &mut self.state else { return };
        if let Some(step) = errand.on_answer(answer) {
            ctx.cancel_timer(Timer::Resource);
            self.follow(step, ctx);
        }
    }

    fn follow(&mut self, step: Step, ctx: &mut Ctx<'_>) {
        match step {
            Step::Ask(message) => {
                let Some(resource) = ctx.config().resource else { return };
                ctx.send(resource, Message::Resource(message));
                ctx.set_timer(Timer::Resource, ctx.config().resource_timeout);
            }
            Step::Work => {
                let (shortest, longest) = (ctx.config().work_min, ctx.config().work_max);
                let after = ctx.draw_duration(WORK, shortest..=longest);
                ctx.set_timer(Timer::Work, after);
            }
            Step::Done => self.release(ctx),
        }
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match (timer, self.state) {
            (Timer::Try, State::Asks) => self.fail(ctx),
            (Timer::Retry, State::Rests) => self.ask(ctx),
            (Timer::LeaseOver, State::Holds(_)) => self.lose(ctx),
            (Timer::Work, State::Holds(mut errand)) => {
                let step = errand.on_worked();
                self.state = State::Holds(errand);
                self.follow(step, ctx);
            }
            (Timer::Resource, State::Holds(errand)) => self.follow(errand.step(), ctx),
            _ => {}
        }
    }

    fn release(&mut self, ctx: &mut Ctx<'_>) {
        let request = self.nonce.request;
        ctx.observe(Observation::Released { lock: LOCK, request });
        self.stop(ctx);
    }

    fn lose(&mut self, ctx: &mut Ctx<'_>) {
        let request = self.nonce.request;
        ctx.observe(Observation::Lost { lock: LOCK, request });
        self.stop(ctx);
    }

    fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.unlock(ctx);
        for timer in [Timer::LeaseOver, Timer::Work, Timer::Resource] {
            ctx.cancel_timer(timer);
        }
        self.next_request(ctx);
    }

    pub(super) const fn phase(&self) -> Phase {
        match self.state {
            State::Idle => Phase::Idle,
            State::Asks | State::Rests => Phase::Waits,
            State::Holds(_) => Phase::Holds,
        }
    }
}
