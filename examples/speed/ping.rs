//! Workload w1: pings and replies.

use serde::{Deserialize, Serialize};
use stormseed::engine::{Flow, Observer, Record, Setup, Simulation, What};
use stormseed::id::{Label, NodeId};
use stormseed::protocol::{Context, Never, Protocol};
use stormseed::schedule::Schedule;
use stormseed::time::{Duration, SimTime};
use stormseed::world::World;

const TICK: Duration = Duration::from_millis(10);
const PHASE: Label = Label::new("phase");
const PARTNER: Label = Label::new("partner");

#[derive(Debug)]
pub(crate) struct Pinger;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Message {
    Ping,
    Pong,
}
stormseed::words!(Message { Ping => "ping", Pong => "pong" });

impl Protocol for Pinger {
    type Config = u32;
    type Message = Message;
    type Timer = ();
    type Command = Never;
    type Observation = Never;
    type View = ();
    type Durable = ();

    fn boot(ctx: &mut Context<'_, Self>) -> Self {
        let phase = ctx.draw_duration(PHASE, Duration::ZERO..=TICK);
        ctx.set_timer((), phase);
        Pinger
    }

    fn on_message(&mut self, from: NodeId, message: Message, ctx: &mut Context<'_, Self>) {
        if let Message::Ping = message {
            ctx.send(from, Message::Pong);
        }
    }

    fn on_timer(&mut self, (): (), ctx: &mut Context<'_, Self>) {
        ctx.set_timer((), TICK);
        let other = ctx.draw(PARTNER, 0..=u64::from(ctx.config() - 2)) as u32;
        let partner = if other >= ctx.id().number() { other + 1 } else { other };
        ctx.send(NodeId::new(partner), Message::Ping);
    }

    fn view(&self) {}
}

/// Nobody is told more than was sent; judged after every event.
pub(crate) struct Conservation {
    sent: u64,
    told: u64,
    target: u64,
}

impl Observer<Pinger> for Conservation {
    #[inline]
    fn on_record(&mut self, record: &Record<'_, Pinger>, _: &World) -> Flow {
        match record.what {
            What::Sent { .. } => self.sent += 1,
            What::Delivered { .. } => self.told += 1,
            _ => {}
        }
        assert!(self.told <= self.sent, "a message was made of nothing");
        if self.told >= self.target { Flow::Enough } else { Flow::Continue }
    }
}

/// A run of so many nodes that ends with this delivery.
pub(crate) fn run(
    nodes: u32,
    deliveries: u64,
    digests: bool,
) -> (Simulation<Pinger>, Conservation) {
    let schedule = Schedule::calm(nodes as usize, SimTime::MAX);
    let mut setup = Setup::new(nodes, schedule, 1);
    setup.conditions.budgets.events = u64::MAX;
    setup.digests = digests;
    (Simulation::new(setup), Conservation { sent: 0, told: 0, target: deliveries })
}
