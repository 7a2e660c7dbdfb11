//! The server: it grants the lock to one client at a time, for a while by its own clock.

use super::disk::{Grant, Kept, Write};
use super::message::Message;
use super::node::{Lease, Timer};
use super::settings::Restart;
use crate::id::NodeId;
use crate::lock::resource;
use crate::lock::spec::{Ended, LockId, Observation, Token};
use crate::protocol::Context;
use crate::time::LocalTime;

type Ctx<'a> = Context<'a, Lease>;

const LOCK: LockId = LockId(0);

/// What a server knows while it lives.
#[derive(Debug)]
pub struct Server {
    /// The grant, and when it is over if nobody renews it.
    grant: Option<(Grant, LocalTime)>,
    /// The token of the latest grant.
    token: Token,
    /// It grants nothing before: who was granted the lock before a crash may still hold it.
    closed_until: Option<LocalTime>,
}

impl Server {
    pub(super) fn boot(ctx: &mut Ctx<'_>) -> Self {
        let Kept { token, grant } = ctx.durable().server;
        let mut server = Server { grant: None, token, closed_until: None };
        if !ctx.config().rules.tokens_are_durable {
            server.token = Token(0);
        }
        if !ctx.config().rules.outlives_its_grants {
            return server;
        }
        match ctx.config().restart {
            // Who never granted anything has nothing to wait for.
            Restart::Wait if token == Token(0) => {}
            Restart::Wait => server.closed_until = Some(ctx.monotonic() + ctx.config().ttl),
            Restart::Durable => {
                if let Some(grant) = grant {
                    // It may never have been declared; and how much of it is left nobody knows.
                    ctx.promise(granted(grant));
                    server.hold(grant, ctx);
                }
            }
        }
        server
    }

    pub(super) fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        self.expire(ctx);
        match message {
            Message::Acquire { request, attempt } => self.acquire(from, request, attempt, ctx),
            Message::Renew { request, attempt } => self.renew(from, request, attempt, ctx),
            Message::Release { request } => self.release(from, request, ctx),
            Message::Resource(resource::Message::Check { number, client, request }) => {
                let holds = self.is_held_by(client, request);
                let checked = resource::Message::Checked { number, holds };
                ctx.send(from, Message::Resource(checked));
            }
            _ => {}
        }
    }

    pub(super) fn on_expiry(&mut self, ctx: &mut Ctx<'_>) {
        self.expire(ctx);
    }

    /// Ends the grant if its time is over.
    fn expire(&mut self, ctx: &mut Ctx<'_>) {
        if self.grant.is_some_and(|(_, until)| until <= ctx.monotonic()) {
            self.end(Ended::Expiry, ctx);
        }
    }

    fn is_held_by(&self, client: NodeId, request: u64) -> bool {
        self.grant.is_some_and(|(grant, _)| grant.client == client && grant.request == request)
    }

    fn is_closed(&self, ctx: &Ctx<'_>) -> bool {
        self.closed_until.is_some_and(|until| ctx.monotonic() < until)
    }

    /// Who asks again for what it has got is told so, and holds it longer.
    fn acquire(&mut self, client: NodeId, request: u64, attempt: u64, ctx: &mut Ctx<'_>) {
        match self.grant {
            Some((grant, _)) if self.is_held_by(client, request) => {
                self.extend(client, request, ctx);
                ctx.send(client, Message::Granted { request, attempt, token: grant.token });
            }
            Some(_) => ctx.send(client, Message::Busy { request, attempt }),
            None if self.is_closed(ctx) => ctx.send(client, Message::Busy { request, attempt }),
            None => {
                self.token = Token(self.token.0 + 1);
                let grant = Grant { client, request, token: self.token };
                self.hold(grant, ctx);
                self.keep(ctx);
                ctx.promise(granted(grant));
                ctx.send(client, Message::Granted { request, attempt, token: grant.token });
            }
        }
    }

    fn hold(&mut self, grant: Grant, ctx: &mut Ctx<'_>) {
        self.grant = Some((grant, ctx.monotonic() + ctx.config().ttl));
        ctx.set_timer(Timer::GrantOver, ctx.config().ttl);
    }

    fn renew(&mut self, client: NodeId, request: u64, attempt: u64, ctx: &mut Ctx<'_>) {
        if self.owns(client, request, ctx) {
            self.extend(client, request, ctx);
            ctx.send(client, Message::Renewed { request, attempt });
        } else {
            ctx.send(client, Message::NotYours { request });
        }
    }

    fn extend(&mut self, by: NodeId, asked_for: u64, ctx: &mut Ctx<'_>) {
        let Some((grant, _)) = self.grant else { return };
        self.hold(grant, ctx);
        let Grant { client, request, .. } = grant;
        let lock = LOCK;
        ctx.promise(Observation::GrantExtended { lock, client, request, by, asked_for });
    }

    fn release(&mut self, by: NodeId, request: u64, ctx: &mut Ctx<'_>) {
        if self.owns(by, request, ctx) {
            self.end(Ended::Release { by, request }, ctx);
        }
    }

    /// Whether the grant is the one that the client means.
    fn owns(&self, client: NodeId, request: u64, ctx: &Ctx<'_>) -> bool {
        match ctx.config().rules.compares_owners {
            true => self.is_held_by(client, request),
            false => self.grant.is_some(),
        }
    }

    fn end(&mut self, ended: Ended, ctx: &mut Ctx<'_>) {
        let Some((Grant { client, request, .. }, _)) = self.grant.take() else { return };
        ctx.cancel_timer(Timer::GrantOver);
        if ctx.config().restart == Restart::Durable {
            self.keep(ctx);
        }
        ctx.promise(Observation::GrantEnded { lock: LOCK, client, request, ended });
    }

    fn keep(&self, ctx: &mut Ctx<'_>) {
        let grant = self.grant.map(|(grant, _)| grant);
        let grant = grant.filter(|_| ctx.config().restart == Restart::Durable);
        ctx.persist(Write::Server(Kept { token: self.token, grant }));
        ctx.sync();
    }

    pub(super) fn granted_to(&self) -> Option<NodeId> {
        self.grant.map(|(grant, _)| grant.client)
    }
}

const fn granted(grant: Grant) -> Observation {
    let Grant { client, request, token } = grant;
    Observation::Granted { lock: LOCK, client, request, token: Some(token) }
}
