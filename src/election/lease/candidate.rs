//! A candidate: it reads the record, takes it when its holder seems gone, and keeps it.

use super::message::Message;
use super::node::{Lease, Timer};
use super::record::{Holder, Record, Versioned};
use crate::election::spec::{Observation, Role, Term, View};
use crate::id::{Label, NodeId};
use crate::protocol::Context;
use crate::time::LocalTime;

const LIFE: Label = Label::new("life");
const JITTER: Label = Label::new("retry-jitter");

/// The number of a request whose answer nobody waits for.
const NO_REQUEST: u64 = 0;

type Ctx<'a> = Context<'a, Lease>;

/// The state of a candidate.
#[derive(Debug)]
pub struct Candidate {
    me: Holder,
    /// The record as it was last seen, and when on its own clock it was first seen so.
    observed: Option<(Versioned, LocalTime)>,
    /// The reign in which it acts.
    leads: Option<Term>,
    /// The number of the latest request.
    request: u64,
    /// Whether that one has not been answered yet.
    is_asking: bool,
}

impl Candidate {
    pub(super) fn boot(ctx: &mut Ctx<'_>) -> Self {
        let life = ctx.draw(LIFE, 0..=u64::from(u32::MAX));
        let me = Holder { node: ctx.id(), life };
        let mut candidate =
            Candidate { me, observed: None, leads: None, request: 0, is_asking: false };
        candidate.attempt(ctx);
        candidate
    }

    /// Reads the record, whatever became of the attempt before.
    fn attempt(&mut self, ctx: &mut Ctx<'_>) {
        let request = self.next_request();
        ctx.send(ctx.config().store, Message::Get { request });
        ctx.set_timer(Timer::Request, ctx.config().request_timeout);
        ctx.cancel_timer(Timer::Retry);
    }

    const fn next_request(&mut self) -> u64 {
        self.request += 1;
        self.is_asking = true;
        self.request
    }

    pub(super) fn on_message(&mut self, message: Message, ctx: &mut Ctx<'_>) {
        let (Message::Got { request, .. }
        | Message::Updated { request, .. }
        | Message::Conflict { request }) = message
        else {
            return;
        };
        if !self.is_asking || request != self.request {
            return;
        }
        self.is_asking = false;
        match message {
            Message::Got { found, .. } => self.on_record(found, ctx),
            Message::Updated { written, .. } => self.on_success(written, ctx),
            _ => self.fail(ctx),
        }
    }

    fn on_record(&mut self, found: Versioned, ctx: &mut Ctx<'_>) {
        if let Some(record) = found.record {
            self.see(found, record, ctx);
            if !self.may_take(record, ctx) {
                return self.fail(ctx);
            }
        }
        let record = self.written_by_me(found.record, ctx);
        let request = self.next_request();
        ctx.send(ctx.config().store, Message::Update { request, expected: found.version, record });
    }

    /// Only a change of the record says anything: what its dates say is the holder's business.
    fn see(&mut self, found: Versioned, record: Record, ctx: &mut Ctx<'_>) {
        let before = self.record();
        if before == Some(record) {
            return;
        }
        self.observed = Some((found, ctx.monotonic()));
        let Some(holder) = record.holder.filter(|holder| *holder != self.me) else { return };
        if before.is_none_or(|before| before.term() != record.term() || before.holder.is_none()) {
            let (leader, term) = (holder.node, record.term());
            ctx.observe(Observation::LeaderAccepted { leader, term });
        }
    }

    /// The record as it was last seen.
    fn record(&self) -> Option<Record> {
        self.observed.and_then(|(seen, _)| seen.record)
    }

    fn may_take(&self, record: Record, ctx: &Ctx<'_>) -> bool {
        let config = ctx.config();
        if record.holder.is_none() || record.is_held_by(self.me) {
            return true;
        }
        if !config.rules.counts_on_its_own_clock {
            return record.renew_time + config.lease_duration <= ctx.wall();
        }
        let seen_at = self.observed.map_or(ctx.monotonic(), |(_, at)| at);
        seen_at + config.lease_duration <= ctx.monotonic()
    }

    fn written_by_me(&self, before: Option<Record>, ctx: &Ctx<'_>) -> Record {
        let now = ctx.wall();
        let fresh = Record {
            holder: Some(self.me),
            lease_duration: ctx.config().lease_duration,
            acquire_time: now,
            renew_time: now,
            transitions: 0,
        };
        match before {
            None => fresh,
            Some(before) if before.is_held_by(self.me) => Record { renew_time: now, ..before },
            Some(before) => Record { transitions: before.transitions + 1, ..fresh },
        }
    }

    fn on_success(&mut self, written: Versioned, ctx: &mut Ctx<'_>) {
        ctx.cancel_timer(Timer::Request);
        self.observed = Some((written, ctx.monotonic()));
        let Some(record) = written.record else { return };
        if self.leads != Some(record.term()) {
            self.stop(ctx);
            self.leads = Some(record.term());
            ctx.observe(Observation::LeaderElected { term: record.term() });
            ctx.set_timer(Timer::Act, ctx.config().act_every);
        }
        // The deadline counts from the next renewal, not from this one.
        ctx.cancel_timer(Timer::Deadline);
        ctx.set_timer(Timer::Renew, ctx.config().retry_period);
    }

    fn fail(&mut self, ctx: &mut Ctx<'_>) {
        self.is_asking = false;
        ctx.cancel_timer(Timer::Request);
        self.wait(ctx);
    }

    fn wait(&self, ctx: &mut Ctx<'_>) {
        let shortest = ctx.config().retry_period;
        let longest = if self.leads.is_some() { shortest } else { ctx.config().longest_retry() };
        let after = ctx.draw_duration(JITTER, shortest..=longest);
        ctx.set_timer(Timer::Retry, after);
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx<'_>) {
        match timer {
            Timer::Retry => self.attempt(ctx),
            Timer::Renew => {
                ctx.set_timer(Timer::Deadline, ctx.config().renew_deadline);
                self.attempt(ctx);
            }
            Timer::Request => self.fail(ctx),
            Timer::Deadline if ctx.config().rules.stops_at_its_deadline => self.give_up(ctx),
            Timer::Deadline => {}
            Timer::Act => self.act(ctx),
        }
    }

    /// It does what leaders do. Nobody looks at a clock first: what leads is stopped by its timer.
    fn act(&self, ctx: &mut Ctx<'_>) {
        if let Some(term) = self.leads {
            ctx.observe(Observation::LeaderActed { term });
            ctx.set_timer(Timer::Act, ctx.config().act_every);
        }
    }

    fn stop(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(term) = self.leads.take() {
            ctx.observe(Observation::LeaderStepped { term });
            ctx.cancel_timer(Timer::Act);
            ctx.cancel_timer(Timer::Deadline);
            ctx.cancel_timer(Timer::Renew);
        }
    }

    fn give_up(&mut self, ctx: &mut Ctx<'_>) {
        self.stop(ctx);
        self.release(ctx);
        self.fail(ctx);
    }

    /// Says in the record that nobody holds it. Nobody waits for the answer: if somebody has
    /// written since, it is no longer this candidate's to release.
    fn release(&self, ctx: &mut Ctx<'_>) {
        let Some((seen, _)) = self.observed.filter(|_| ctx.config().release_on_cancel) else {
            return;
        };
        if let Some(record) = seen.record.filter(|record| record.is_held_by(self.me)) {
            let record = Record { holder: None, renew_time: ctx.wall(), ..record };
            let update = Message::Update { request: NO_REQUEST, expected: seen.version, record };
            ctx.send(ctx.config().store, update);
        }
    }

    /// Somebody has asked it to step down. It then keeps out for a lease duration, as a process
    /// that is shut down and started anew.
    pub(super) fn step_down(&mut self, ctx: &mut Ctx<'_>) {
        if self.leads.is_none() {
            return;
        }
        self.give_up(ctx);
        ctx.set_timer(Timer::Retry, ctx.config().lease_duration);
    }

    pub(super) fn view(&self) -> View {
        let seen = self.record();
        let holder = seen.and_then(|record| record.holder).map(|holder| holder.node);
        let others = |node: &NodeId| *node != self.me.node;
        match self.leads {
            Some(term) => {
                View { role: Role::Leader, term, leader: Some(self.me.node), members: None }
            }
            None => View {
                role: Role::Follower,
                term: seen.map_or(Term(0), |record| record.term()),
                leader: holder.filter(others),
                members: None,
            },
        }
    }
}
