//! The critical section: what a peer does with the lock once it has it, the same in all of these
//! algorithms.
//!
//! A peer is told to acquire the lock, and what it is told while it is at it waits for its turn.
//! Each request bears the number of its command, which no other has, not even after a restart.

use super::settings::Peers;
use crate::algorithm::Arguments;
use crate::id::Label;
use crate::lock::spec::{LockId, Observation, Phase, View};
use crate::protocol::{Context, Protocol};
use crate::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// There is one lock.
pub(super) const LOCK: LockId = LockId(0);
const HOLD: Label = Label::new("hold");

/// What a peer may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// To acquire the lock, to hold it for a while, and to release it.
    Acquire {
        /// A number that no other command has.
        request: u64,
    },
}
crate::words!(Command { Acquire => "acquire" });

impl Command {
    /// What a scenario asks for by this word.
    pub(super) fn of(word: &str, arguments: &Arguments) -> Option<Result<Command, String>> {
        (word == "acquire").then_some(Ok(Command::Acquire { request: arguments.unique }))
    }

    /// Whether this was all that was asked for: that the lock be acquired.
    pub(super) fn is_answered_by(&self, said: &Observation) -> bool {
        let Command::Acquire { request: asked } = self;
        matches!(said, Observation::Acquired { request, .. } if request == asked)
    }
}

/// What a peer waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Timer {
    /// The end of its time in the critical section.
    Release,
    /// The end of its patience: only known bugs have one.
    Suspect,
}

/// A peer's way into the critical section and out of it.
#[derive(Debug)]
pub(super) struct Section {
    phase: Phase,
    /// Its latest request.
    request: u64,
    /// The requests that wait for this one to be done with.
    asked: VecDeque<u64>,
    hold: (Duration, Duration),
}

impl Section {
    pub fn new(peers: &Peers) -> Self {
        Section { phase: Phase::Idle, request: 0, asked: VecDeque::new(), hold: peers.hold }
    }

    pub const fn phase(&self) -> Phase {
        self.phase
    }

    pub const fn view(&self) -> View {
        View::of_client(self.phase)
    }

    pub fn waits(&self) -> bool {
        self.phase == Phase::Waits
    }

    pub fn holds(&self) -> bool {
        self.phase == Phase::Holds
    }

    pub const fn request(&self) -> u64 {
        self.request
    }

    /// Notes a command, and begins with it if there is nothing else to do: then the algorithm has
    /// to ask for the lock.
    pub fn is_asked<P>(&mut self, command: Command, ctx: &mut Context<'_, P>) -> bool
    where
        P: Protocol<Observation = Observation, Timer = Timer>,
    {
        let Command::Acquire { request } = command;
        self.asked.push_back(request);
        self.begins(ctx)
    }

    /// Begins with the next request, if it is idle and there is one.
    pub fn begins<P>(&mut self, ctx: &mut Context<'_, P>) -> bool
    where
        P: Protocol<Observation = Observation, Timer = Timer>,
    {
        if self.phase != Phase::Idle {
            return false;
        }
        let Some(request) = self.asked.pop_front() else { return false };
        (self.phase, self.request) = (Phase::Waits, request);
        ctx.observe(Observation::Requested { lock: LOCK, request });
        true
    }

    /// The lock is this peer's.
    pub fn enter<P>(&mut self, ctx: &mut Context<'_, P>)
    where
        P: Protocol<Observation = Observation, Timer = Timer>,
    {
        assert!(self.waits(), "only who waits for the critical section enters it");
        self.phase = Phase::Holds;
        ctx.observe(Observation::Acquired { lock: LOCK, request: self.request, token: None });
        let hold = ctx.draw_duration(HOLD, self.hold.0..=self.hold.1);
        ctx.set_timer(Timer::Release, hold);
    }

    /// The lock is this peer's no longer.
    pub fn leave<P>(&mut self, ctx: &mut Context<'_, P>)
    where
        P: Protocol<Observation = Observation, Timer = Timer>,
    {
        assert!(self.holds(), "only who is in the critical section leaves it");
        self.phase = Phase::Idle;
        ctx.observe(Observation::Released { lock: LOCK, request: self.request });
    }

    pub fn plays(&self, role: &str) -> bool {
        match self.phase {
            Phase::Idle => false,
            Phase::Waits => role == "waiter",
            Phase::Holds => role == "holder",
        }
    }
}
