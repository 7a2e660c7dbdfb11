//! A protected resource: what a lock is for. Its holders read its state, change it, and write it.
//!
//! It serves whoever asks (*unfenced*); or only those with a token that is not behind one that it
//! has seen (*fenced*, Kleppmann 2016); or only those who hold the lock as the authority has it
//! when they are served (*checked*, as a transaction of etcd that compares the lock's key).
//!
//! A fence must see reads too. If it does not, the old holder may write between the read of the
//! new one and its write, under the highest token seen so far, and the new one writes over that.
//!
//! A checked resource serves one after another: while the authority is asked for one, the others
//! wait. Whoever has read before the question held the lock before, so that the writer does not
//! hold it any more; whoever reads later reads what was written. Its questions are numbered, and
//! each of its lives begins at a number of its own: an answer that a crash leaves behind is none to
//! what is asked after it.
//!
//! It is a part of other algorithms (`Context::embed`), each of which has its own authority.

mod contents;
mod message;

pub use contents::{Accepted, Contents, Write};
pub use message::Message;

use crate::id::{Label, NodeId};
use crate::lock::spec::{LockId, Observation, Token, Version};
use crate::protocol::{Context, Never, Protocol};
use crate::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

const LIFE: Label = Label::new("life");

/// Whom a resource serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "scenario", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Everybody.
    #[default]
    Unfenced,
    /// Nobody whose token is behind one that it has seen.
    Fenced,
    /// Who holds the lock, as the authority says when it is asked.
    Checked,
}

/// How a resource is set up.
#[derive(Clone, Copy, Debug)]
pub struct Fence {
    /// Whom it serves.
    pub mode: Mode,
    /// Whom it asks when it checks.
    pub authority: NodeId,
    /// How long it waits for the authority's answer before it asks again.
    pub timeout: Duration,
    /// Whether a token is compared with those of all clients, and not of its own alone.
    pub compares_with_all: bool,
    /// Whether who reads must show a token too.
    pub fences_reads: bool,
}

/// What a client wants of the resource.
#[derive(Clone, Copy, Debug)]
struct Wish {
    client: NodeId,
    request: u64,
    token: Option<Token>,
    /// What it had read, if it wants to write.
    read: Option<Version>,
}

/// A resource's memory: whom it serves while the others wait.
#[derive(Debug)]
pub struct Resource {
    /// Of its latest question. No other life asks under it.
    number: u64,
    waiting: VecDeque<Wish>,
}

/// It waits for the authority's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CheckAgain;

type Ctx<'a> = Context<'a, Resource>;

impl Protocol for Resource {
    type Config = Fence;
    type Message = Message;
    type Timer = CheckAgain;
    type Command = Never;
    type Observation = Observation;
    type View = ();
    type Durable = Contents;

    /// What the disk had before a crash may never have been declared: it is declared again.
    fn boot(ctx: &mut Ctx<'_>) -> Self {
        let before: Vec<Observation> =
            ctx.durable().accepted.iter().map(|accepted| accepted.declared()).collect();
        before.into_iter().for_each(|declared| ctx.promise(declared));
        let life = match ctx.config().mode {
            Mode::Checked => ctx.draw(LIFE, 0..=u64::from(u32::MAX)),
            Mode::Unfenced | Mode::Fenced => 0,
        };
        Resource { number: life << 32, waiting: VecDeque::new() }
    }

    fn on_message(&mut self, client: NodeId, message: Message, ctx: &mut Ctx<'_>) {
        match message {
            Message::Read { request, token } => {
                self.wish(Wish { client, request, token, read: None }, ctx);
            }
            Message::Write { request, token, read } => {
                self.wish(Wish { client, request, token, read: Some(read) }, ctx);
            }
            Message::Checked { number, holds } if number == self.number => {
                self.on_checked(holds, ctx);
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, _: CheckAgain, ctx: &mut Ctx<'_>) {
        self.check(ctx);
    }

    fn view(&self) {}
}

impl Resource {
    fn wish(&mut self, wish: Wish, ctx: &mut Ctx<'_>) {
        match ctx.config().mode {
            Mode::Unfenced => serve(wish, ctx),
            Mode::Fenced if is_behind(wish, ctx) => refuse(wish, ctx),
            Mode::Fenced => {
                see(wish, ctx);
                serve(wish, ctx);
            }
            Mode::Checked => {
                self.waiting.push_back(wish);
                if self.waiting.len() == 1 {
                    self.check(ctx);
                }
            }
        }
    }

    /// Asks the authority about the first of those who wait.
    fn check(&mut self, ctx: &mut Ctx<'_>) {
        let Some(&Wish { client, request, .. }) = self.waiting.front() else { return };
        self.number += 1;
        let check = Message::Check { number: self.number, client, request };
        ctx.send(ctx.config().authority, check);
        ctx.set_timer(CheckAgain, ctx.config().timeout);
    }

    fn on_checked(&mut self, holds: bool, ctx: &mut Ctx<'_>) {
        let Some(wish) = self.waiting.pop_front() else { return };
        ctx.cancel_timer(CheckAgain);
        self.number += 1;
        if holds {
            serve(wish, ctx)
        } else {
            refuse(wish, ctx)
        }
        self.check(ctx);
    }
}

fn is_behind(wish: Wish, ctx: &Ctx<'_>) -> bool {
    let of = if ctx.config().compares_with_all { None } else { Some(wish.client) };
    is_fenced(wish, ctx) && wish.token < ctx.durable().highest(of)
}

fn is_fenced(wish: Wish, ctx: &Ctx<'_>) -> bool {
    wish.read.is_some() || ctx.config().fences_reads
}

/// Remembers its token, if that is news.
fn see(wish: Wish, ctx: &mut Ctx<'_>) {
    let Some(token) = wish.token.filter(|_| is_fenced(wish, ctx)) else { return };
    if ctx.durable().highest(Some(wish.client)) < Some(token) {
        ctx.persist(Write::See(wish.client, token));
        ctx.sync();
    }
}

fn serve(wish: Wish, ctx: &mut Ctx<'_>) {
    let Wish { client, request, token, read } = wish;
    let present = ctx.durable().version();
    let Some(read) = read else {
        return ctx.send(client, Message::State { request, version: present });
    };
    // A write that comes twice is done once.
    let version = ctx.durable().written_under(client, request).unwrap_or_else(|| {
        let written = Version(present.0 + 1);
        let accepted = Accepted { client, request, token, read, written };
        ctx.persist(Write::Accept(accepted));
        ctx.sync();
        ctx.promise(accepted.declared());
        written
    });
    ctx.send(client, Message::Written { request, version });
}

fn refuse(wish: Wish, ctx: &mut Ctx<'_>) {
    let Wish { client, request, token, read } = wish;
    if read.is_some() {
        ctx.promise(Observation::WriteRefused { lock: LockId(0), client, request, token });
    }
    ctx.send(client, Message::Refused { request });
}
