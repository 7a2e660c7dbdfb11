//! A court for tests: an invariant, and nodes that say to it what the test makes them say.

use super::{LockId, Observation, Phase, Stamp, Token, Version, View};
use crate::id::NodeId;
use crate::invariant::{Invariant, Verdict};
use crate::protocol::{Context, Never, Protocol};
use crate::time::Clock;
use crate::world::World;

/// An algorithm of the family that never does anything.
#[derive(Debug)]
pub(super) struct Silent;

impl Protocol for Silent {
    type Config = ();
    type Message = Never;
    type Timer = ();
    type Command = Never;
    type Observation = Observation;
    type View = View;
    type Durable = ();

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Silent
    }
    fn on_message(&mut self, _: NodeId, _: Never, _: &mut Context<'_, Self>) {}
    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
    fn view(&self) -> View {
        View::IDLE
    }
}

/// A judge and the world it sees; each hearing is an event of its own.
pub(super) struct Court {
    judge: Box<dyn Invariant<Silent>>,
    world: World,
}

impl Court {
    pub(super) fn of(judge: impl Invariant<Silent> + 'static) -> Self {
        Court { judge: Box::new(judge), world: World::new(vec![Clock::default(); 5]) }
    }

    pub(super) fn hears(&mut self, node: u32, said: Observation) -> Verdict {
        self.world.event += 1;
        self.judge.on_observation(n(node), &said, &self.world)
    }

    pub(super) fn overhears(&mut self, node: u32, claim: Observation) -> Verdict {
        self.world.event += 1;
        self.judge.on_claim(n(node), &claim, &self.world)
    }

    pub(super) fn sees(&mut self, node: u32, phase: Phase) -> Verdict {
        self.world.event += 1;
        self.judge.on_view(n(node), Some(&View::of_client(phase)), &self.world)
    }

    pub(super) fn sees_crash(&mut self, node: u32) -> Verdict {
        self.world.event += 1;
        self.judge.on_view(n(node), None, &self.world)
    }
}

pub(super) const fn n(node: u32) -> NodeId {
    NodeId::new(node)
}

pub(super) const fn acquires(request: u64) -> Observation {
    Observation::Acquired { lock: LockId(0), request, token: None }
}

pub(super) const fn releases(request: u64) -> Observation {
    Observation::Released { lock: LockId(0), request }
}

/// The node's own request, at this time of its logical clock.
pub(super) const fn stamped(request: u64, clock: u64, node: u32) -> Observation {
    let stamp = Stamp { clock, node: n(node) };
    Observation::Stamped { lock: LockId(0), request, stamp }
}

pub(super) const fn grants(client: u32, request: u64, token: Option<u64>) -> Observation {
    let token = match token {
        Some(token) => Some(Token(token)),
        None => None,
    };
    Observation::Granted { lock: LockId(0), client: n(client), request, token }
}

pub(super) const fn accepts(client: u32, token: u64, read: u64, written: u64) -> Observation {
    Observation::WriteAccepted {
        lock: LockId(0),
        client: n(client),
        request: 1,
        token: Some(Token(token)),
        read: Version(read),
        written: Version(written),
    }
}

pub(super) const fn acknowledges(written: u64) -> Observation {
    Observation::WriteAcknowledged { lock: LockId(0), request: 1, written: Version(written) }
}
