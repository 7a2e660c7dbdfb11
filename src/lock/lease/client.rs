//! A client: it asks until it has the lock, does its errand while it renews, and releases.

use super::message::Message;
use super::node::{Lease, Timer};
use crate::id::Label;
use crate::lock::errand::{Errand, Step};
use crate::lock::resource;
use crate::lock::spec::{LockId, Observation, Phase, Token};
use crate::protocol::Context;
use crate::time::LocalTime;
use std::collections::VecDeque;

const RETRY: Label = Label::new("retry-delay");
const WORK: Label = Label::new("work");

const LOCK: LockId = LockId(0);

type Ctx<'a> = Context<'a, Lease>;

/// How a client stands to the lock.
#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Waits,
    /// It holds the lock until then by its own clock, if it does not renew.
    Holds {
        until: LocalTime,
        errand: Errand,
    },
}

/// The state of a client.
#[derive(Debug)]
pub struct Client {
    state: State,
    /// The requests that it was told to make and has not made yet.
    requests: VecDeque<u64>,
    /// Its present or latest request: no other client and no other life has this number.
    request: u64,
    /// The number of its latest question to the server, and when it asked that.
    attempt: u64,
    asked_at: LocalTime,
}

impl Client {
    pub(super) fn boot(ctx: &mut Ctx<'_>) -> Self {
        Client {
            state: State::Idle,
            requests: VecDeque::new(),
            request: 0,
            attempt: 0,
            asked_at: ctx.monotonic(),
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
        self.state = State::Waits;
        self.request = request;
        ctx.observe(Observation::Requested { lock: LOCK, request });
        if let Some(patience) = ctx.config().patience {
            ctx.set_timer(Timer::Patience, patience);
        }
        self.ask(ctx);
    }

    fn ask(&mut self, ctx: &mut Ctx<'_>) {
        let (request, attempt) = (self.request, self.next_attempt(ctx));
        ctx.send(ctx.config().server, Message::Acquire { request, attempt });
        ctx.set_timer(Timer::Retry, ctx.config().request_timeout);
    }

    fn next_attempt(&mut self, ctx: &Ctx<'_>) -> u64 {
        self.attempt += 1;
        self.asked_at = ctx.monotonic();
        self.attempt
    }

    pub(super) fn on_message(&mut self, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Granted { request, attempt, token } => {
                self.on_granted(request, attempt, token, ctx);
            }
            Message::Busy { request, attempt } if self.is_answer(request, attempt) => {
                self.on_busy(ctx);
            }
            Message::Renewed { request, attempt } if self.is_answer(request, attempt) => {
                self.on_renewed(ctx);
            }
            Message::NotYours { request } if request == self.request => self.lose(ctx),
            Message::Resource(answer) => self.on_answer(answer, ctx),
            _ => {}
        }
    }

    /// Whether it answers the latest question.
    fn is_answer(&self, request: u64, attempt: u64) -> bool {
        (request, attempt) == (self.request, self.attempt)
    }

    fn on_busy(&self, ctx: &mut Ctx<'_>) {
        if let State::Waits = self.state {
            let (shortest, longest) = (ctx.config().retry_min, ctx.config().retry_max);
            let after = ctx.draw_duration(RETRY, shortest..=longest);
            ctx.set_timer(Timer::Retry, after);
        }
    }

    fn on_granted(&mut self, request: u64, attempt: u64, token: Token, ctx: &mut Ctx<'_>) {
        if request != self.request || matches!(self.state, State::Idle) {
            // An answer to what it no longer wants.
            return ctx.send(ctx.config().server, Message::Release { request });
        }
        if attempt != self.attempt || !matches!(self.state, State::Waits) {
            return;
        }
        let Some(until) = self.valid_until(ctx) else {
            // The answer took as long as the lease lasts: what is left of it nobody knows.
            return self.ask(ctx);
        };
        let has_resource = ctx.config().resource.is_some();
        let errand = Errand::new(request, Some(token), has_resource);
        self.state = State::Holds { until, errand };
        ctx.cancel_timer(Timer::Retry);
        ctx.cancel_timer(Timer::Patience);
        if ctx.config().rules.declares_its_hold {
            ctx.observe(Observation::Acquired { lock: LOCK, request, token: Some(token) });
        }
        self.expect_expiry(until, ctx);
        self.follow(errand.step(), ctx);
    }

    /// Until when it may hold the lock: the server counts from when it was asked or later. `None`
    /// if that is over.
    fn valid_until(&self, ctx: &Ctx<'_>) -> Option<LocalTime> {
        let until = self.asked_at + ctx.config().validity();
        (ctx.monotonic() < until).then_some(until)
    }

    fn expect_expiry(&self, until: LocalTime, ctx: &mut Ctx<'_>) {
        ctx.set_timer(Timer::LeaseOver, until.since(ctx.monotonic()));
        ctx.set_timer(Timer::Renew, ctx.config().renew_every());
    }

    fn renew(&mut self, ctx: &mut Ctx<'_>) {
        let (request, attempt) = (self.request, self.next_attempt(ctx));
        ctx.send(ctx.config().server, Message::Renew { request, attempt });
        ctx.set_timer(Timer::Renew, ctx.config().renew_every());
    }

    fn on_renewed(&mut self, ctx: &mut Ctx<'_>) {
        let valid_until = self.valid_until(ctx);
        if let (State::Holds { until, .. }, Some(longer)) = (&mut self.state, valid_until) {
            *until = longer;
            self.expect_expiry(longer, ctx);
        }
    }

    /// Whose lease is over while its write is on the way learns what became of it all the same.
    fn on_answer(&mut self, answer: resource::Message, ctx: &mut Ctx<'_>) {
        if let resource::Message::Written { request, version: written } = answer {
            ctx.observe(Observation::WriteAcknowledged { lock: LOCK, request, written });
        }
        let State::Holds { errand, .. } = &mut self.state else { return };
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
                ctx.set_timer(Timer::Resource, ctx.config().request_timeout);
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
            (Timer::Retry, State::Waits) => self.ask(ctx),
            (Timer::Patience, State::Waits) => self.abandon(ctx),
            (Timer::Renew, State::Holds { .. }) => self.renew(ctx),
            (Timer::LeaseOver, State::Holds { .. }) => self.lose(ctx),
            (Timer::Work, State::Holds { until, errand }) => self.write(until, errand, ctx),
            (Timer::Resource, State::Holds { errand, .. }) => self.follow(errand.step(), ctx),
            _ => {}
        }
    }

    /// It writes what it has made of what it read. A client that looks at its clock first finds out
    /// that its lease ended while it stood still; one that stands still behind that look does not.
    fn write(&mut self, until: LocalTime, mut errand: Errand, ctx: &mut Ctx<'_>) {
        if ctx.config().check_before_write && until <= ctx.monotonic() {
            return self.lose(ctx);
        }
        let step = errand.on_worked();
        self.state = State::Holds { until, errand };
        self.follow(step, ctx);
    }

    fn release(&mut self, ctx: &mut Ctx<'_>) {
        let request = self.request;
        ctx.observe(Observation::Released { lock: LOCK, request });
        self.stop(ctx);
    }

    /// The lease is over. To release it does no harm: the server compares the request.
    fn lose(&mut self, ctx: &mut Ctx<'_>) {
        if let State::Holds { .. } = self.state {
            let request = self.request;
            ctx.observe(Observation::Lost { lock: LOCK, request });
            self.stop(ctx);
        }
    }

    fn abandon(&mut self, ctx: &mut Ctx<'_>) {
        let request = self.request;
        ctx.observe(Observation::Abandoned { lock: LOCK, request });
        self.stop(ctx);
    }

    /// Ends the request, whether it holds the lock or may yet be granted it.
    fn stop(&mut self, ctx: &mut Ctx<'_>) {
        ctx.send(ctx.config().server, Message::Release { request: self.request });
        for timer in Timer::OF_REQUEST {
            ctx.cancel_timer(timer);
        }
        self.next_request(ctx);
    }

    pub(super) const fn phase(&self) -> Phase {
        match self.state {
            State::Idle => Phase::Idle,
            State::Waits => Phase::Waits,
            State::Holds { .. } => Phase::Holds,
        }
    }
}
